"""The commands of `condau post`: import."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from condau.console import SettingsFile, say, settings_of
from condau.fees.commands import FOUND, AsJson, InLanguage, exit_with, print_json, refusals

if TYPE_CHECKING:
    from issuance.delivery.tracking import TrackingReport

post = typer.Typer(help="Parcels: import the post's reports.", no_args_is_help=True, rich_markup_mode=None)

_AT_ONCE = 500


@post.callback()
def _group() -> None:
    """Parcels: import the post's reports."""


@post.command("import")
def bring(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Reports as CSV in UTF-8 (docs/delivery.md).")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would change, and store nothing.")] = False,
    settings: SettingsFile = None,
    as_json: AsJson = False,
    language: InLanguage = "vi",
) -> None:
    """Take the post's reports of parcels of all units. May be repeated with the same file.

    What is wrong with a line is told by its number; the others count. Exits with 1 where anything was wrong.
    """
    from condau.clock import now
    from condau.installation import records_of
    from issuance.delivery.tracking import WORDS, TrackingReport, read_tracking, track
    from issuance.errors import BrokenTracking

    with refusals(language), records_of(settings_of(settings)) as ask:
        try:
            read = read_tracking(file.read_bytes(), now())
        except BrokenTracking as broken:
            say(f"{file}: {broken}")
            raise typer.Exit(FOUND) from None
        report, by = TrackingReport(problems=read.problems), f"operator:uid-{os.getuid()}"
        for start in range(0, len(read.reports), _AT_ONCE):
            some = read.reports[start : start + _AT_ONCE]
            report = report.and_then(ask(lambda records, some=some: track(records, some, by, now(), dry_run=dry_run)))  # type: ignore[misc] # of a default
        if as_json:
            print_json(_as_json(report, dry_run))
        else:
            for one in report.problems:
                say(f"{file}:{one.line}: {WORDS[one.trouble].in_language(language)}")
            say(f"{len(report.changed)} changed, {report.unchanged} unchanged, {len(report.problems)} problems")
            if dry_run:
                say("nothing is stored: this was a preview")
        exit_with(FOUND if report.problems else 0)


def _as_json(report: TrackingReport, dry_run: bool) -> dict[str, object]:
    return {
        "preview": dry_run,
        "changed": list(report.changed),
        "unchanged": report.unchanged,
        "problems": [{"line": one.line, "problem": one.trouble} for one in report.problems],
    }
