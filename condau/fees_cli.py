"""The commands of `condau fees`: read what was asked, let condau.fees do it, show what it found.

All exit with 0 where everything is fine, 1 where something was found, 2 where it could not be done.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from condau.console import SettingsFile, console, explained, settings_of
from issuance.fees.wording import Label, Language

if TYPE_CHECKING:
    from condau.settings import Settings
    from issuance.fee_policies.draft import BookRow
    from issuance.fees.document import FeePolicy
    from issuance.fees.population import PopulationPlan
    from issuance.fees.rehearsal import RehearsalCase

FINE, FOUND, COULD_NOT = 0, 1, 2
_PREFIX = "CONDAU_"

fees = typer.Typer(
    help="Fee policies: check, assess, rehearse, replay, explain.", no_args_is_help=True, rich_markup_mode=None
)

InLanguage = Annotated[Language, typer.Option("--language", help="vi or en.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
PolicyFile = Annotated[Path, typer.Argument(metavar="FILE", help="A policy document.")]
Size = Annotated[int | None, typer.Option("--population", metavar="N", help="How many made-up requests.")]
Seed = Annotated[int, typer.Option(help="The same seed makes the same requests.")]
FirstDay = Annotated[str | None, typer.Option("--first-day", metavar="DAY", help="Such as 2026-04-01.")]
LastDay = Annotated[str | None, typer.Option("--last-day", metavar="DAY", help="Included.")]
DocumentType = Annotated[str | None, typer.Option("--type", help="The code of the document type.")]
PlanFile = Annotated[Path | None, typer.Option("--plan", metavar="FILE", help="JSON: the plan of a population.")]


@fees.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Policy documents.")],
    acts: Annotated[Path | None, typer.Option(help="Where the acts' files are; else beside the policies.")] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
    language: InLanguage = "vi",
) -> None:
    """Say what is wrong with policy documents, and where; with settings, also beside the installation's policies."""
    from condau.fees import book_of, check_files, entries_of
    from condau.show_fees import checked_as_json, show_checked

    with _refusals(language):
        read = _settings_if_any(settings)
        entries = [] if read is None else entries_of(book_of(_rows(read)))
        found = check_files(files, acts, entries, read)
        if as_json:
            _print_json(checked_as_json(found, language))
        else:
            show_checked(found, language, console)
        _exit(FOUND if any(one.is_refused for one in found) else FINE)


@fees.command()
def assess(
    document_type: DocumentType = None,
    channel: Annotated[str, typer.Option(help="vneid, portal or desk.")] = "vneid",
    copies: Annotated[int, typer.Option(help="Number of paper copies.")] = 1,
    age: Annotated[int | None, typer.Option(help="In full years on the day of submission.")] = None,
    birth_date: Annotated[str | None, typer.Option(metavar="DAY", help="Instead of the age.")] = None,
    category: Annotated[list[str] | None, typer.Option(help="As if accepted; may be given several times.")] = None,
    evidence: Annotated[list[str] | None, typer.Option(help="As if accepted; may be given several times.")] = None,
    delivery: Annotated[str, typer.Option(help="download, desk or post.")] = "download",
    pages: Annotated[int | None, typer.Option(help="Of the document; unknown if not given.")] = None,
    level: Annotated[int, typer.Option(help="Identity level, 1 or 2.")] = 2,
    residence: Annotated[str | None, typer.Option(help="Province code.")] = None,
    on: Annotated[str | None, typer.Option(metavar="DAY", help="Day of submission; today if not given.")] = None,
    received: Annotated[str | None, typer.Option(metavar="DAY", help="Day of receipt; else the same day.")] = None,
    known_at: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="By the policies known then: 2026-11-20T08:00:00+07:00.")
    ] = None,
    left: Annotated[
        list[str] | None, typer.Option(metavar="NAME=N", help="What is left of a quota; with --policy.")
    ] = None,
    policy: Annotated[Path | None, typer.Option(help="By this document instead of the policies in force.")] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
    language: InLanguage = "vi",
) -> None:
    """Say what a request costs, and why. Exits with 1 where no policy decides."""
    from condau.ask_fees import Asked, assess_asked
    from condau.clock import now
    from condau.show_fees import explained_as_json, show_assessment

    with _refusals(language):
        asked = Asked(
            document_type=document_type,
            channel=channel,
            copies=copies,
            age=age,
            birth_date=_day(birth_date, "--birth-date"),
            categories=frozenset(category or ()),
            evidence=frozenset(evidence or ()),
            delivery=delivery,
            pages=pages,
            level=level,
            residence=residence,
            on=_day(on, "--on"),
            received_on=_day(received, "--received"),
            known_at=_instant(known_at),
            left=_left(left or ()),
        )
        read = None if policy is not None else _settings_if_any(settings)
        found, assumed = assess_asked(asked, policy, read, now())
        if as_json:
            said = [one.in_language(language) for one in assumed]
            _print_json(explained_as_json(found, language) | {"assumed": said})
        else:
            show_assessment(found, language, console)
            for one in assumed:
                _dim(one.in_language(language))
        _exit(FOUND if found.referral is not None else FINE)


@fees.command()
def rehearse(
    file: PolicyFile,
    size: Size = None,
    seed: Seed = 1,
    plan_file: PlanFile = None,
    past: Annotated[
        tuple[str, str] | None, typer.Option(metavar="FIRST_DAY LAST_DAY", help="The requests of those days instead.")
    ] = None,
    before: Annotated[
        list[Path] | None, typer.Option(help="Compare with these documents instead of the policies in force.")
    ] = None,
    document_type: DocumentType = None,
    first_day: FirstDay = None,
    last_day: LastDay = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
    language: InLanguage = "vi",
) -> None:
    """Show what a version would change: money by month and budget, who gains, who loses, examples."""
    from condau.fees import book_of, book_with, default_plan, read_policy_file, rows_of_files
    from condau.show_rehearsal import show_rehearsal
    from issuance.fees.rehearsal import rehearse as run

    with _refusals(language):
        if past is not None and (size is not None or plan_file is not None):
            raise typer.BadParameter("--past or a population, not both")
        read = settings_of(settings) if past is not None else _settings_if_any(settings)
        policy = read_policy_file(file)
        rows = rows_of_files(before) if before else _rows(read)
        was, becomes = book_of(rows), book_with(rows, policy)
        if past is not None and read is not None:
            days = _needed_day(past[0], "--past"), _needed_day(past[1], "--past")
            with _past(read, policy, *days) as (cases, total), _progress(total, as_json) as progress:
                result = run(cases, was, becomes, progress, source=_past_source(policy, *days))
        else:
            plan = _plan(
                plan_file,
                lambda: default_plan(policy, size or 100_000, seed),
                size=size,
                document_type=document_type,
                first_day=_day(first_day, "--first-day"),
                last_day=_day(last_day, "--last-day"),
            )
            from issuance.fees.population import make_population

            with _progress(plan.size, as_json) as progress:
                result = run(make_population(plan), was, becomes, progress, source=plan.to_json())
        if as_json:
            _print_json(result.to_json())
        else:
            show_rehearsal(result, language, console)


@fees.command()
def population(
    size: Size = None,
    seed: Seed = 1,
    plan_file: PlanFile = None,
    document_type: DocumentType = None,
    first_day: FirstDay = None,
    last_day: LastDay = None,
    show_plan: Annotated[bool, typer.Option("--show-plan", help="Print the plan alone, to be edited.")] = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A new file; else the screen.")] = None,
    language: InLanguage = "vi",
) -> None:
    """Write a made-up population as JSON lines: its plan first, then a request on each line."""
    from condau.population_lines import lines_of
    from issuance.fees.population import PopulationPlan

    with _refusals(language):

        def from_options() -> PopulationPlan:
            first, last = _needed_day(first_day, "--first-day"), _needed_day(last_day, "--last-day")
            if document_type is None:
                raise typer.BadParameter("--type is needed, or --plan FILE")
            return PopulationPlan(
                size=size or 1_000, seed=seed, document_type=document_type, first_day=first, last_day=last
            )

        plan = _plan(
            plan_file,
            from_options,
            size=size,
            document_type=document_type,
            first_day=_day(first_day, "--first-day"),
            last_day=_day(last_day, "--last-day"),
        )
        if show_plan:
            _print_json(plan.to_json())
            return
        with contextlib.nullcontext(sys.stdout) if output is None else output.open("x", encoding="utf-8") as stream:
            for line in lines_of(plan):
                stream.write(line + "\n")


@fees.command()
def replay(settings: SettingsFile = None, as_json: AsJson = False, language: InLanguage = "vi") -> None:
    """Take every stored decision again by the version that decided. Exits with 1 where one comes out otherwise."""
    from condau.installation import records_of
    from condau.replay_fees import replay as run
    from condau.show_fees import show_replayed

    with _refusals(language), records_of(settings_of(settings)) as ask:
        with _progress(ask(lambda records: records.assessments.count()), as_json) as progress:
            result = run(ask, progress)
        if as_json:
            _print_json(result.to_json())
        else:
            show_replayed(result, language, console)
        _exit(FINE if result.is_fine else FOUND)


@fees.command()
def explain(
    target: Annotated[str, typer.Argument(metavar="CODE|FILE", help="An application's code, or a stored decision.")],
    settings: SettingsFile = None,
    as_json: AsJson = False,
    language: InLanguage = "vi",
) -> None:
    """Say in plain sentences why an amount is due, for every decision about an application."""
    from condau.clock import now
    from condau.fees import assessment_of, stored_decisions
    from condau.installation import records_of
    from condau.show_fees import explained_as_json, show_assessment, show_stored

    with _refusals(language):
        if Path(target).is_file():
            found = assessment_of(Path(target))
            if as_json:
                _print_json(explained_as_json(found, language))
            else:
                show_assessment(found, language, console)
            return
        with records_of(settings_of(settings)) as ask:
            stored = stored_decisions(ask, target, f"operator:uid-{os.getuid()}", now())
        if as_json:
            decisions = [
                {"number": one.seq, "at": one.at.isoformat(), "cause": one.cause}
                | explained_as_json(one.assessment, language)
                for one in stored
            ]
            _print_json({"application": target, "decisions": decisions})
        else:
            show_stored(stored, language, console)


@fees.command()
def schema() -> None:
    """Print the JSON Schema of policy documents, for editors."""
    from issuance.fees import policy_json_schema

    _print_json(policy_json_schema())


@fees.command()
def budgets(settings: SettingsFile = None, as_json: AsJson = False, language: InLanguage = "vi") -> None:
    """Show what is left of each budget's quota. Exits with 1 where one in force is used up."""
    from condau.clock import now
    from condau.fees import budgets as states_of
    from condau.installation import records_of
    from condau.show_fees import budgets_as_json, show_budgets
    from issuance.fees.facts import vietnam_day

    with _refusals(language), records_of(settings_of(settings)) as ask:
        states = ask(lambda records: states_of(records, vietnam_day(now())))
        if as_json:
            _print_json(budgets_as_json(states))
        else:
            show_budgets(states, language, console)
        _exit(FOUND if any(state.is_in_force and not state.left for state in states) else FINE)


@contextlib.contextmanager
def _refusals(language: Language) -> Iterator[None]:
    """What can't be done ends in one sentence, or in the list of what is wrong with a file."""
    from condau.fees import FeesRefused
    from condau.installation import RecordsUnavailable
    from condau.refusals import CANNOT_START, reason
    from condau.settings import SettingsRefused
    from issuance.errors import ApplicationNotFound
    from issuance.fees.errors import PolicyRefused
    from issuance.fees.population import PopulationRefused

    with explained():
        try:
            yield
        except SettingsRefused:
            raise
        except FeesRefused as refused:
            said = [refused.text.in_language(language)]
        except PopulationRefused as refused:
            said = [problem.in_language(language) for problem in refused.problems]
        except PolicyRefused as refused:
            said = [problem.in_language(language) for problem in refused.problems]
        except ApplicationNotFound:
            said = [Label("không có hồ sơ nào mang mã này", "no application has this code").in_language(language)]
        except RecordsUnavailable as unavailable:
            said = [str(unavailable)]
        except CANNOT_START as error:
            said = [reason(error)]
        else:
            return
    for line in said:
        Console(stderr=True).print(f"fees: {line}", soft_wrap=True, highlight=False, markup=False)
    raise typer.Exit(COULD_NOT)


def _exit(code: int) -> None:
    if code:
        raise typer.Exit(code)


def _dim(line: str) -> None:
    console.print(line, style="dim", soft_wrap=True, highlight=False, markup=False)


def _print_json(content: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def _settings_if_any(file: Path | None) -> Settings | None:
    """None on a machine without an installation, where the shipped policies stand for its book."""
    if file is None and not any(name.startswith(_PREFIX) for name in os.environ):
        return None
    return settings_of(file)


def _rows(settings: Settings | None) -> Sequence[BookRow]:
    """What the book knows now; the shipped policies where there is no installation."""
    from condau.fees import rows_of, shipped_book
    from condau.installation import records_of

    if settings is None:
        return rows_of(shipped_book())
    with records_of(settings) as ask:
        return ask(lambda records: [row for row in records.fee_policies.rows() if row.known_to is None])


@contextlib.contextmanager
def _progress(total: int, as_json: bool) -> Iterator[Callable[[int], None]]:
    """A bar on the error stream while there is a terminal to see it."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    errors = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("", total=total)
        yield lambda done: bar.update(task, completed=done)


@contextlib.contextmanager
def _past(
    settings: Settings, policy: FeePolicy, first_day: date, last_day: date
) -> Iterator[tuple[Iterator[RehearsalCase], int]]:
    """The requests of those days, and how many they are."""
    from condau.installation import records_of
    from condau.past_requests import rules_for_past
    from issuance.fee_policies.past import count_past, past_cases

    types = policy.document.document_types
    with records_of(settings) as ask:
        total = ask(lambda records: count_past(records, types, first_day, last_day))
        yield past_cases(ask, rules_for_past(settings), types, first_day, last_day), total


def _past_source(policy: FeePolicy, first_day: date, last_day: date) -> dict[str, Any]:
    return {
        "kind": "past",
        "document_types": list(policy.document.document_types),
        "first_day": first_day.isoformat(),
        "last_day": last_day.isoformat(),
    }


def _plan(
    file: Path | None,
    otherwise: Callable[[], PopulationPlan],
    *,
    size: int | None,
    document_type: str | None,
    first_day: date | None,
    last_day: date | None,
) -> PopulationPlan:
    """The plan of the file, or another, with what the options say instead. Raises PopulationRefused, FeesRefused."""
    from condau.fees import read_json
    from issuance.fees.population import PopulationPlan

    plan = otherwise() if file is None else PopulationPlan.from_json(read_json(file))
    return replace(
        plan,
        size=plan.size if size is None else size,
        document_type=document_type or plan.document_type,
        first_day=first_day or plan.first_day,
        last_day=last_day or plan.last_day,
    )


def _day(text: str | None, option: str) -> date | None:
    return None if text is None else _needed_day(text, option)


def _needed_day(text: str | None, option: str) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        raise typer.BadParameter(f"{option}: a day such as 2026-04-01 is needed") from None


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise typer.BadParameter(f"{text!r} is no instant with an offset, such as 2026-11-20T08:00:00+07:00")
    return moment


def _left(entries: Sequence[str]) -> dict[str, int]:
    found = {}
    for entry in entries:
        name, equals, number = entry.partition("=")
        if not equals or not number.isascii() or not number.isdigit() or len(number) > 12:
            raise typer.BadParameter(f"{entry!r} is no NAME=N, such as support_copies=20")
        found[name] = int(number)
    return found
