"""The commands of `condau procedures`: list, check, publish, show. Read what was asked, ask the installation, print."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from condau.console import SettingsFile, say
from condau.fees.commands import (
    COULD_NOT,
    FINE,
    FOUND,
    AsJson,
    InLanguage,
    exit_with,
    needed_settings,
    print_json,
    refusals,
    settings_if_any,
)

if TYPE_CHECKING:
    from issuance.fees.wording import Language
    from issuance.procedure.problems import Problem
    from issuance.procedure.publish import Publisher
    from issuance.procedure.published import Published

procedures = typer.Typer(
    help="Internal procedures: list, check, publish, show.", no_args_is_help=True, rich_markup_mode=None
)


@procedures.command("list")
def list_them(settings: SettingsFile = None, as_json: AsJson = False, language: InLanguage = "vi") -> None:
    """Show every published version, and on which days new applications begin with it."""
    from condau.clock import now
    from issuance.fees.facts import vietnam_day
    from issuance.procedure.publish import standing_of
    from issuance.procedure.words import STANDINGS

    with _refusals(language):
        published = _published(settings)
        today, shown = vietnam_day(now()), []
        for row in sorted(published.rows, key=lambda row: (row.procedure.id, row.procedure.version)):
            days = published.days_of(row.procedure.digest)
            first = "" if days is None else days.first_day.isoformat()
            last = "" if days is None or days.last_day is None else days.last_day.isoformat()
            standing = standing_of(days, today)
            shown.append({"id": row.procedure.id, "version": row.procedure.version, "first_day": first or None})
            shown[-1] |= {"last_day": last or None, "standing": standing, "digest": row.procedure.digest}
            if not as_json:
                units = ", ".join(row.procedure.document.units or ("*",))
                words = STANDINGS[standing].in_language(language)
                say(f"{row.procedure.id} {row.procedure.version}  {first}..{last}  {units}  {words}")
        if as_json:
            print_json({"procedures": shown})


@procedures.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Procedure documents.")],
    settings: SettingsFile = None,
    as_json: AsJson = False,
    language: InLanguage = "vi",
) -> None:
    """Say what is wrong with documents, and where; with settings, also beside what the installation has published.

    Exits with 1 where something would keep one from being published.
    """
    from issuance.documents.catalogue import load_catalogue, shipped_types_folder
    from issuance.procedure.publish import check_for_publication, read_for_publication

    with _refusals(language):
        read = settings_if_any(settings)
        catalogue = load_catalogue(shipped_types_folder())
        found: dict[str, Sequence[Problem]] = {}
        for file in files:
            source = file.read_bytes()
            if read is None:
                examined = check_for_publication(read_for_publication(source, file.name), catalogue, None, file.name)
                found[str(file)] = examined.problems
            else:
                found[str(file)] = _report(settings, source, file.name)
        if as_json:
            print_json({"files": [{"file": name, "problems": _as_json(one, language)} for name, one in found.items()]})
        else:
            for name, problems in found.items():
                _show(name, problems, language)
        exit_with(FOUND if any(not one.is_note for problems in found.values() for one in problems) else FINE)


@procedures.command()
def publish(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The procedure document.")],
    settings: SettingsFile = None,
    language: InLanguage = "vi",
) -> None:
    """Publish a document as the operator. Exits with 1 where something speaks against it; then nothing has changed."""
    from condau.clock import now
    from condau.installation import records_of
    from issuance.documents.catalogue import load_catalogue, shipped_types_folder
    from issuance.errors import ProcedureRefused
    from issuance.procedure.book import name_of
    from issuance.procedure.publish import examine
    from issuance.procedure.publish import publish as publish_examined

    with _refusals(language), records_of(needed_settings(settings)) as ask:
        source, at = file.read_bytes(), now()
        catalogue = load_catalogue(shipped_types_folder())
        examined = ask(lambda records: examine(records, catalogue, source, file.name))
        try:
            row = ask(lambda records: publish_examined(records, catalogue, _operator(), examined, at))
        except ProcedureRefused as refused:
            _show(str(file), refused.problems, language)
            exit_with(FOUND)
        else:
            say(f"{name_of(row.procedure)}: {row.procedure.digest}")


@procedures.command()
def show(
    procedure_id: Annotated[str, typer.Argument(metavar="ID")],
    version: Annotated[int | None, typer.Option(help="The newest when left out.")] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
    language: InLanguage = "vi",
) -> None:
    """Print a published version: its steps in words, or with --json the document."""
    from issuance.procedure.book import name_of
    from issuance.procedure.words import step_in_words

    with _refusals(language):
        published = _published(settings)
        numbers = [row.procedure.version for row in published.of_id(procedure_id)]
        procedure = published.book.version(procedure_id, version or max(numbers, default=1))
        if as_json:
            print_json(procedure.to_json())
            return
        say(f"{name_of(procedure)}: {procedure.name.in_language(language)} ({procedure.document.reference})")
        for number, step in enumerate(procedure.steps, start=1):
            say(f"{number}. {step_in_words(procedure, step).in_language(language)}")


def _operator() -> Publisher:
    from issuance.procedure.publish import Publisher

    return Publisher(f"operator:uid-{os.getuid()}", None)


def _published(settings: Path | None) -> Published:
    """Those that come with the program where there is no installation."""
    from condau.installation import records_of
    from issuance.procedure.book import EVER
    from issuance.procedure.publish import BY_THE_SOFTWARE
    from issuance.procedure.published import Published, PublishedProcedure
    from issuance.procedure.shipped import shipped_procedures

    read = settings_if_any(settings)
    if read is None:
        return Published.of(
            PublishedProcedure(procedure=one, published_at=EVER, published_by=BY_THE_SOFTWARE)
            for one in shipped_procedures()
        )
    with records_of(read) as ask:
        return ask(lambda records: records.procedures.published())


def _report(settings: Path | None, source: bytes, name: str) -> Sequence[Problem]:
    from condau.clock import now
    from condau.installation import records_of
    from issuance.documents.catalogue import load_catalogue, shipped_types_folder
    from issuance.procedure.publish import examine, report_on

    catalogue = load_catalogue(shipped_types_folder())
    with records_of(needed_settings(settings)) as ask:
        examined = ask(lambda records: examine(records, catalogue, source, name))
        return ask(lambda records: report_on(records, catalogue, _operator(), examined, now(), name)).problems


def _as_json(problems: Sequence[Problem], language: Language) -> list[dict[str, object]]:
    return [
        {"code": one.code, "place": one.place, "text": one.text.in_language(language), "is_note": one.is_note}
        for one in problems
    ]


def _show(name: str, problems: Sequence[Problem], language: Language) -> None:
    if not any(not one.is_note for one in problems):
        say(f"{name}: ✓")
    for one in problems:
        say(f"{'·' if one.is_note else '✗'} {one.in_language(language)}")


@contextlib.contextmanager
def _refusals(language: Language) -> Iterator[None]:
    """As the commands of fees, with what only procedures refuse."""
    from issuance.errors import ProcedureNotFound
    from issuance.fees.wording import Label

    try:
        with refusals(language):
            yield
    except ProcedureNotFound:
        words = Label("không có quy trình này", "there is no such procedure").in_language(language)
        Console(stderr=True).print(f"procedures: {words}", soft_wrap=True, highlight=False, markup=False)
        raise typer.Exit(COULD_NOT) from None
