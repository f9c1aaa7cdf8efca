"""The command `condau payments`: import a bank's statement, and see whether all money is somewhere."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from condau.console import SettingsFile, say, settings_of
from condau.fees.commands import FOUND, InLanguage, exit_with, refusals

if TYPE_CHECKING:
    from issuance.fees.wording import Language
    from issuance.payments.import_statement import StatementReport
    from issuance.records import Records

payments = typer.Typer(
    help="Money that came: import, balance.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@payments.command("import")
def bring(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A bank's statement, as CSV in UTF-8.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what it would come to and store nothing.")] = False,
    settings: SettingsFile = None,
    language: InLanguage = "vi",
) -> None:
    """Take in the payments of a statement. What is wrong with it is told by line; then nothing is stored, and the exit
    code is 1. Brought again it changes nothing."""
    from condau.assembly import rules_of
    from condau.clock import now
    from condau.installation import records_of
    from issuance.payments.import_statement import Previewed, import_statement, previewing
    from issuance.payments.read_statement import read_statement

    read = settings_of(settings)
    with _refusals(language), records_of(read) as ask:
        rules, at = rules_of(read), now()
        statement = read_statement(file.read_bytes(), rules.payments.columns, at)
        by = f"operator:uid-{os.getuid()}"

        def take_in(records: Records) -> StatementReport:
            return import_statement(records, rules, statement, by, at)

        try:
            report = ask(previewing(take_in) if dry_run else take_in)
        except Previewed as seen:
            report = seen.report
        for line in _lines(report):
            say(line)
        if dry_run:
            say("nothing is stored: this was a preview")


@payments.command("balance")
def balance(settings: SettingsFile = None) -> None:
    """Show for each currency what came, and whether all of it is a charge, a refund, or waits. Exits with 1 if not."""
    from condau.installation import records_of

    with records_of(settings_of(settings)) as ask:
        found = ask(lambda records: records.received_payments.balance())
    for one in found:
        sign = "=" if one.is_even else "is not"
        parts = f"{one.charged} charged + {one.refunded} refunded + {one.waiting} waiting"
        say(f"{one.currency}: {one.came} came {sign} {parts}")
    exit_with(0 if all(one.is_even for one in found) else FOUND)


def _lines(report: StatementReport) -> Iterator[str]:
    for line in report.lines_of("waiting"):
        yield f"line {line}: fits no order, and waits for an official"
    yield (
        f"{report.count('charged')} charged, {report.count('waiting')} waiting, {report.count('known')} known before, "
        f"{report.outgoing} outgoing"
    )


@contextlib.contextmanager
def _refusals(language: Language) -> Iterator[None]:
    """As the commands of fees, with what only statements refuse: every problem with its line."""
    from issuance.errors import BrokenStatement

    try:
        with refusals(language):
            yield
        return
    except BrokenStatement as refused:
        said = [problem.in_language(language) for problem in refused.problems]
    for line in said:
        Console(stderr=True).print(f"statement: {line}", soft_wrap=True, highlight=False, markup=False)
    raise typer.Exit(FOUND)
