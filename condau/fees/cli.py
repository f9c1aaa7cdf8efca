"""The commands of `condau fees`: read what was asked, let the neighbouring files do it, show what it found.

All exit with 0 where everything is fine, 1 where something was found, 2 where it could not be done.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from condau.console import SettingsFile, console
from condau.fees.commands import (
    FINE,
    FOUND,
    AsJson,
    DocumentType,
    InLanguage,
    day_of,
    exit_with,
    instant_of,
    known_rows,
    needed_settings,
    print_json,
    progress_bar,
    refusals,
    settings_if_any,
)
from condau.fees.rehearse_cli import population, rehearse

fees = typer.Typer(
    help="Fee policies: check, assess, rehearse, replay, explain.", no_args_is_help=True, rich_markup_mode=None
)


@fees.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Policy documents.")],
    acts: Annotated[Path | None, typer.Option(help="Where the acts' files are; else beside the policies.")] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
    language: InLanguage = "vi",
) -> None:
    """Say what is wrong with policy documents, and where; with settings, also beside the installation's policies."""
    from condau.fees.books_and_files import book_of, check_files, entries_of
    from condau.fees.show import checked_as_json, show_checked

    with refusals(language):
        read = settings_if_any(settings)
        entries = [] if read is None else entries_of(book_of(known_rows(read)))
        found = check_files(files, acts, entries, read)
        if as_json:
            print_json(checked_as_json(found, language))
        else:
            show_checked(found, language, console)
        exit_with(FOUND if any(one.is_refused for one in found) else FINE)


@fees.command()
def assess(
    document_type: DocumentType = None,
    channel: Annotated[str, typer.Option(help="vneid, portal or desk.")] = "vneid",
    copies: Annotated[int, typer.Option(help="Number of paper copies.")] = 1,
    age: Annotated[int | None, typer.Option(help="In full years on the day of submission.")] = None,
    birth_date: Annotated[str | None, typer.Option(metavar="DAY", help="Instead of the age.")] = None,
    category: Annotated[list[str] | None, typer.Option(help="As if accepted; may be given several times.")] = None,
    evidence: Annotated[list[str] | None, typer.Option(help="As if accepted; may be given several times.")] = None,
    delivery: Annotated[str, typer.Option(help="download or post.")] = "download",
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
    from condau.clock import now
    from condau.fees.asked import Asked, assess_asked
    from condau.fees.show import explained_as_json, show_assessment

    with refusals(language):
        asked = Asked(
            document_type=document_type,
            channel=channel,
            copies=copies,
            age=age,
            birth_date=day_of(birth_date, "--birth-date"),
            categories=frozenset(category or ()),
            evidence=frozenset(evidence or ()),
            delivery=delivery,
            pages=pages,
            level=level,
            residence=residence,
            on=day_of(on, "--on"),
            received_on=day_of(received, "--received"),
            known_at=instant_of(known_at),
            left=_left(left or ()),
        )
        read = None if policy is not None else settings_if_any(settings)
        found, assumed = assess_asked(asked, policy, read, now())
        if as_json:
            said = [one.in_language(language) for one in assumed]
            print_json(explained_as_json(found, language) | {"assumed": said})
        else:
            show_assessment(found, language, console)
            for one in assumed:
                _dim(one.in_language(language))
        exit_with(FOUND if found.referral is not None else FINE)


fees.command()(rehearse)
fees.command()(population)


@fees.command()
def replay(settings: SettingsFile = None, as_json: AsJson = False, language: InLanguage = "vi") -> None:
    """Take every stored decision again by the version that decided. Exits with 1 where one comes out otherwise."""
    from condau.fees.replay import replay as run
    from condau.fees.show import show_replayed
    from condau.installation import records_of

    with refusals(language), records_of(needed_settings(settings)) as ask:
        with progress_bar(ask(lambda records: records.assessments.count())) as progress:
            result = run(ask, progress)
        if as_json:
            print_json(result.to_json())
        else:
            show_replayed(result, language, console)
        exit_with(FINE if result.is_fine else FOUND)


@fees.command()
def explain(
    target: Annotated[str, typer.Argument(metavar="CODE|FILE", help="An application's code, or a stored decision.")],
    settings: SettingsFile = None,
    as_json: AsJson = False,
    language: InLanguage = "vi",
) -> None:
    """Say in plain sentences why an amount is due, for every decision about an application."""
    from condau.clock import now
    from condau.fees.books_and_files import assessment_of, stored_decisions
    from condau.fees.show import explained_as_json, show_assessment, show_stored
    from condau.installation import records_of

    with refusals(language):
        if Path(target).is_file():
            found = assessment_of(Path(target))
            if as_json:
                print_json(explained_as_json(found, language))
            else:
                show_assessment(found, language, console)
            return
        with records_of(needed_settings(settings)) as ask:
            stored = stored_decisions(ask, target, f"operator:uid-{os.getuid()}", now())
        if as_json:
            decisions = [
                {"number": one.seq, "at": one.at.isoformat(), "cause": one.cause}
                | explained_as_json(one.assessment, language)
                for one in stored
            ]
            print_json({"application": target, "decisions": decisions})
        else:
            show_stored(stored, language, console)


@fees.command()
def schema() -> None:
    """Print the JSON Schema of policy documents, for editors."""
    from issuance.fees import policy_json_schema

    print_json(policy_json_schema())


@fees.command()
def budgets(settings: SettingsFile = None, as_json: AsJson = False, language: InLanguage = "vi") -> None:
    """Show what is left of each budget's quota. Exits with 1 where one in force is used up."""
    from condau.clock import now
    from condau.fees.books_and_files import budgets as states_of
    from condau.fees.show import budgets_as_json, show_budgets
    from condau.installation import records_of
    from issuance.fees.facts import vietnam_day

    with refusals(language), records_of(needed_settings(settings)) as ask:
        states = ask(lambda records: states_of(records, vietnam_day(now())))
        if as_json:
            print_json(budgets_as_json(states))
        else:
            show_budgets(states, language, console)
        exit_with(FOUND if any(state.is_in_force and not state.left for state in states) else FINE)


def _dim(line: str) -> None:
    console.print(line, style="dim", soft_wrap=True, highlight=False, markup=False)


def _left(entries: Sequence[str]) -> dict[str, int]:
    found = {}
    for entry in entries:
        name, equals, number = entry.partition("=")
        if not equals or not number.isascii() or not number.isdigit() or len(number) > 12:
            raise typer.BadParameter(f"{entry!r} is no NAME=N, such as support_copies=20")
        found[name] = int(number)
    return found
