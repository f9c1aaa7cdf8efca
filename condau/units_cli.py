"""The commands of `condau units`: list, import, export, merge-progress."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from condau.console import SettingsFile, say, settings_of
from condau.fees.commands import FOUND, AsJson, InLanguage, exit_with, print_json, refusals

if TYPE_CHECKING:
    from issuance.agencies.import_units import ImportReport
    from issuance.agencies.unit import Unit
    from issuance.fees.wording import Language

units = typer.Typer(
    help="The units of the administration: list, import, export, merge-progress.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_NEWEST = 20


@units.command("list")
def list_them(
    on: Annotated[str | None, typer.Option(help="As on this day, such as 2025-07-01; today where left out.")] = None,
    words: Annotated[str | None, typer.Option("--words", help="Of a name or a code, with or without signs.")] = None,
    settings: SettingsFile = None,
    language: InLanguage = "vi",
) -> None:
    """Show the units of a day."""
    from condau.clock import now
    from condau.installation import records_of
    from issuance.agencies.find_units import UnitsWanted, find_units
    from issuance.fees.facts import vietnam_day

    with _refusals(language), records_of(settings_of(settings)) as ask:
        day = vietnam_day(now()) if on is None else _day(on)
        tree = ask(lambda records: records.units.tree())
        for unit in find_units(tree, UnitsWanted(on=day, words=words)):
            say(f"{unit.code}  {unit.name.in_language(language)}{'  *' if unit.is_synthetic else ''}")


@units.command("export")
def export(settings: SettingsFile = None, language: InLanguage = "vi") -> None:
    """Write the whole list as CSV to the standard output, as `import` reads it."""
    from condau.installation import records_of
    from issuance.agencies.read_units import write_units

    with _refusals(language), records_of(settings_of(settings)) as ask:
        sys.stdout.write(write_units(ask(lambda records: records.units.tree()).rows))


@units.command("import")
def bring(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The whole list, as CSV in UTF-8.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference and store nothing.")] = False,
    settings: SettingsFile = None,
    language: InLanguage = "vi",
) -> None:
    """Let this be the list of units. What is wrong with it is told by line; then nothing is stored, and the exit code
    is 1."""
    from condau.clock import now
    from condau.installation import records_of
    from issuance.agencies.import_units import import_units
    from issuance.agencies.read_units import read_units
    from issuance.agencies.tree import UnitTree

    with _refusals(language), records_of(settings_of(settings)) as ask:
        tree = UnitTree(read_units(file.read_bytes()))
        by = f"operator:uid-{os.getuid()}"
        report = ask(lambda records: import_units(records, tree, by, now(), dry_run=dry_run))
        for line in _lines(report, language):
            say(line)
        if dry_run:
            say("nothing is stored: this was a preview")
        for one in report.carry_overs:
            say(f"{one.from_unit} -> {one.to_unit}: applications go over; see `condau units merge-progress`")


@units.command("merge-progress")
def merge_progress(settings: SettingsFile = None, as_json: AsJson = False, language: InLanguage = "vi") -> None:
    """Show how far applications have gone over from units that have ended. Exits with 1 while some are under way."""
    from condau.clock import now
    from condau.installation import records_of
    from issuance.agencies.carry_over import total_of

    with _refusals(language), records_of(settings_of(settings)) as ask:
        at = now()
        found = ask(lambda records: [(one, total_of(records, one, at)) for one in records.carry_overs.newest(_NEWEST)])
        if as_json:
            shown = [
                {
                    "from": one.from_unit,
                    "to": one.to_unit,
                    "moved": one.moved,
                    "total": total,
                    "done": bool(one.done_at),
                }
                for one, total in found
            ]
            print_json({"carry_overs": shown})
        else:
            for one, total in found:
                said = f"done {one.done_at:%Y-%m-%d %H:%M} UTC" if one.done_at else "under way"
                say(f"{one.from_unit} -> {one.to_unit}  {one.moved}/{total}  {said}")
        exit_with(FOUND if any(one.done_at is None for one, _ in found) else 0)


def _lines(report: ImportReport, language: Language) -> Iterator[str]:
    def told(sign: str, listed: Sequence[Unit]) -> Iterator[str]:
        for unit in listed:
            until = "" if unit.valid_until is None else unit.valid_until.isoformat()
            heir = "" if unit.successor is None else f" -> {unit.successor}"
            yield f"{sign} {unit.code}  {unit.valid_from}..{until}{heir}  {unit.name.in_language(language)}"

    yield from told("+", report.added)
    yield from told("-", report.removed)
    yield from told("~", [one.after for one in report.changed])
    yield from told("x", [one.after for one in report.ended])
    yield (
        f"{len(report.added)} added, {len(report.changed)} changed, {len(report.ended)} ended, "
        f"{len(report.removed)} removed, {report.unchanged} unchanged"
    )
    for code, count in report.to_carry.items():
        yield f"{code}: {count} open applications go to its successor"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("a day is written like 2025-07-01") from None


@contextlib.contextmanager
def _refusals(language: Language) -> Iterator[None]:
    """As the commands of fees, with what only units refuse: every problem with its place."""
    from issuance.errors import BrokenUnits, UnitsInUse

    try:
        with refusals(language):
            yield
        return
    except (BrokenUnits, UnitsInUse) as refused:
        said = [problem.in_language(language) for problem in refused.problems]
    for line in said:
        Console(stderr=True).print(f"units: {line}", soft_wrap=True, highlight=False, markup=False)
    raise typer.Exit(FOUND)
