"""`condau fees rehearse` and `population`: what a version would change, for past requests or made-up ones."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from condau.console import SettingsFile, console
from condau.fees.commands import (
    AsJson,
    DocumentType,
    InLanguage,
    day_of,
    known_rows,
    needed_day,
    needed_settings,
    print_json,
    progress_bar,
    refusals,
    settings_if_any,
)

if TYPE_CHECKING:
    from condau.settings import Settings
    from issuance.fee_policies.rehearse import PastPlan
    from issuance.fees.document import FeePolicy
    from issuance.fees.rehearsal.population import PopulationPlan
    from issuance.fees.rehearsal.rehearse import RehearsalCase

PolicyFile = Annotated[Path, typer.Argument(metavar="FILE", help="A policy document.")]
Size = Annotated[int | None, typer.Option("--population", metavar="N", help="How many made-up requests.")]
Seed = Annotated[int, typer.Option(help="The same seed makes the same requests.")]
FirstDay = Annotated[str | None, typer.Option("--first-day", metavar="DAY", help="Such as 2026-04-01.")]
LastDay = Annotated[str | None, typer.Option("--last-day", metavar="DAY", help="Included.")]
PlanFile = Annotated[Path | None, typer.Option("--plan", metavar="FILE", help="JSON: the plan of a population.")]


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
    from condau.fees.books_and_files import book_of, book_with, default_plan, read_policy_file, rows_of_files
    from condau.fees.show_rehearsal import show_rehearsal
    from issuance.fee_policies.rehearse import PastPlan, read_plan
    from issuance.fees.rehearsal.population import make_population
    from issuance.fees.rehearsal.rehearse import rehearse as run

    with refusals(language):
        if past is not None and (size is not None or plan_file is not None):
            raise typer.BadParameter("--past or a population, not both")
        read = needed_settings(settings) if past is not None else settings_if_any(settings)
        policy = read_policy_file(file)
        rows = rows_of_files(before) if before else known_rows(read)
        was, becomes = book_of(rows), book_with(rows, policy)
        if past is not None and read is not None:
            wanted = PastPlan(needed_day(past[0], "--past"), needed_day(past[1], "--past"))
            read_plan(wanted.to_json())
            with _past(read, policy, wanted) as (cases, total), progress_bar(total) as progress:
                result = run(cases, was, becomes, progress, source=wanted.to_json())
        else:
            plan = _plan(
                plan_file,
                lambda: default_plan(policy, size or 100_000, seed),
                size=size,
                document_type=document_type,
                first_day=day_of(first_day, "--first-day"),
                last_day=day_of(last_day, "--last-day"),
            )
            with progress_bar(plan.size) as progress:
                result = run(make_population(plan), was, becomes, progress, source=plan.to_json())
        if as_json:
            print_json(result.to_json())
        else:
            show_rehearsal(result, language, console)


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
    from issuance.fees.rehearsal.population import PopulationPlan

    with refusals(language):

        def from_options() -> PopulationPlan:
            first, last = needed_day(first_day, "--first-day"), needed_day(last_day, "--last-day")
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
            first_day=day_of(first_day, "--first-day"),
            last_day=day_of(last_day, "--last-day"),
        )
        if show_plan:
            print_json(plan.to_json())
            return
        with contextlib.nullcontext(sys.stdout) if output is None else output.open("x", encoding="utf-8") as stream:
            for line in lines_of(plan):
                stream.write(line + "\n")


@contextlib.contextmanager
def _past(settings: Settings, policy: FeePolicy, plan: PastPlan) -> Iterator[tuple[Iterator[RehearsalCase], int]]:
    """The requests of those days, and how many they are."""
    from condau.installation import records_of
    from condau.past_requests import rules_for_past
    from issuance.fee_policies.past import count_past, past_cases

    types = policy.document.document_types
    with records_of(settings) as ask:
        total = ask(lambda records: count_past(records, types, plan.first_day, plan.last_day))
        yield past_cases(ask, rules_for_past(settings), types, plan.first_day, plan.last_day), total


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
    from condau.fees.books_and_files import read_json
    from issuance.fees.rehearsal.population import PopulationPlan

    plan = otherwise() if file is None else PopulationPlan.from_json(read_json(file))
    return replace(
        plan,
        size=plan.size if size is None else size,
        document_type=document_type or plan.document_type,
        first_day=first_day or plan.first_day,
        last_day=last_day or plan.last_day,
    )
