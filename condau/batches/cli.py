"""The commands of `condau issue`: read what was asked, do it, say what came of it."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from condau.console import SettingsFile, say, settings_of
from condau.fees.commands import COULD_NOT, FINE, FOUND, InLanguage, exit_with, refusals

if TYPE_CHECKING:
    from condau.batches.run import Summary
    from issuance.batches.batch import Batch
    from issuance.fees.wording import Language

STOPPED = 130
issue = typer.Typer(
    help="Issue documents by the thousand, from one file: prepared by one official, approved by another.",
    rich_markup_mode=None,
)


@issue.callback(invoke_without_command=True)
def of_file(
    context: typer.Context,
    batch: Annotated[Path | None, typer.Option("--batch", metavar="FILE", help="CSV or JSON Lines.")] = None,
    prepare: Annotated[bool, typer.Option("--prepare", help="Check, count and fix the file; issue nothing.")] = False,
    approve: Annotated[str | None, typer.Option("--approve", metavar="CODE", help="Approve a prepared batch.")] = None,
    document_type: Annotated[str | None, typer.Option("--type", help="The code of the document type.")] = None,
    official: Annotated[
        str | None,
        typer.Option(metavar="SUBJECT_KEY", help="Who prepares or approves, by the register of officials; quoted."),
    ] = None,
    processes: Annotated[int | None, typer.Option(min=1, max=256, help="By default one for each core.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Put a copy of each PDF here too.")] = None,
    settings: SettingsFile = None,
    language: InLanguage = "vi",
) -> None:
    """Prepare, approve, issue; started again, it goes on where it was.

    Exits with 0 where every line is issued, 1 where lines are refused or left, 2 where nothing could be done, 130 where
    it was stopped.
    """
    if context.invoked_subcommand is not None:
        return
    if approve is not None:
        if official is None:
            raise typer.BadParameter("--approve needs --official")
        with _refusals(language):
            _approve(settings, approve, official, language)
    elif batch is None:
        raise typer.BadParameter("name the file: --batch FILE")
    elif prepare:
        if official is None or document_type is None:
            raise typer.BadParameter("--prepare needs --type and --official")
        with _refusals(language):
            _prepare(settings, batch, document_type, official, language)
    else:
        with _refusals(language):
            _issue(settings, batch, document_type, processes or _cores(), out, language)


@issue.command()
def template(
    document_type: Annotated[str, typer.Argument(metavar="TYPE")],
    as_jsonl: Annotated[bool, typer.Option("--jsonl", help="A line of JSON and not of CSV.")] = False,
) -> None:
    """Print the head of a file for this type, and a made-up line."""
    from issuance.batches.read_lines import cells_of, columns_of, example_line
    from issuance.documents.catalogue import load_catalogue, shipped_types_folder
    from issuance.documents.errors import UnknownDocumentType

    try:
        found = load_catalogue(shipped_types_folder()).get(document_type)
    except UnknownDocumentType:
        raise typer.BadParameter("there is no such document type") from None
    line = example_line(found)
    if as_jsonl:
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        return
    columns = columns_of(found)
    csv.writer(sys.stdout).writerows((columns, cells_of(line, columns)))


@issue.command("list")
def list_them(settings: SettingsFile = None, language: InLanguage = "vi") -> None:
    """Show the newest batches and how far they are."""
    from condau.installation import records_of

    with _refusals(language), records_of(settings_of(settings)) as ask:
        for one in ask(lambda records: records.batches.newest(50)):
            say(f"{one.code}  {one.type_id}  {one.state.value}  {one.lines}  {one.file_sha256.hex()[:16]}")


def _prepare(settings: Path | None, file: Path, type_id: str, official: str, language: Language) -> None:
    from condau.batches.refused_file import refused_file
    from condau.batches.works import open_works
    from issuance.batches.prepare_batch import PrepareWorks, prepare_batch
    from issuance.batches.read_lines import form_of

    form = form_of(file)
    with open_works(settings_of(settings)) as opened, file.open("rb") as source:
        works = PrepareWorks(
            transact=opened.works.workshop.transact,
            rules=opened.works.rules,
            key_of=opened.works.key_of,
            clock=opened.works.workshop.clock,
        )
        with refused_file(file, language) as refused, _bar(None) as advance:
            prepared = prepare_batch(
                works, source, form, type_id, official, entered_by=_operator(), refuse=refused.note, done=advance
            )
            # Nothing was checked anew: the list of the first time stands.
            refused.is_new = prepared.is_new
    batch, vi = prepared.batch, language == "vi"
    say(f"{batch.code}  {batch.type_id}  {batch.unit}  SHA-256 {batch.file_sha256.hex()}")
    if not prepared.is_new:
        say("tệp này đã được lập thành lô trước đây" if vi else "this file was prepared before")
    good = batch.lines - batch.refused
    counted = "{} dòng: {} cấp được, {} bị từ chối" if vi else "{} lines: {} to be issued, {} refused"
    say(counted.format(batch.lines, good, batch.refused))
    exit_with(FINE if not batch.refused else FOUND)


def _approve(settings: Path | None, code: str, official: str, language: Language) -> None:
    from condau.clock import now
    from condau.installation import records_of
    from issuance.batches.prepare_batch import approve_batch

    with records_of(settings_of(settings)) as ask:
        at = now()
        batch = ask(lambda records: approve_batch(records, code, official, at, entered_by=_operator()))
    good = batch.lines - batch.refused
    say(f"{batch.code}: {good}/{batch.lines}  SHA-256 {batch.file_sha256.hex()}  {batch.state.value}")


def _issue(
    settings: Path | None, file: Path, type_id: str | None, processes: int, out: Path | None, language: Language
) -> None:
    from condau.batches.refused_file import refused_file
    from condau.batches.run import run_batch, stopped_by_signals
    from condau.batches.works import open_works
    from issuance.batches.batch import BatchState
    from issuance.batches.errors import BatchRefused
    from issuance.batches.issue_block import BlockReport
    from issuance.batches.prepare_batch import finish_batch
    from issuance.batches.read_lines import digest_of_file
    from issuance.batches.standing import standing_of
    from storage.errors import SlotTaken

    read = settings_of(settings)
    with open_works(read) as here, file.open("rb") as source:
        workshop = here.works.workshop
        sha256 = digest_of_file(source)
        batch = _the_batch(workshop.transact(lambda records: records.batches.of_file(type_id, sha256)))
        workshop.transact(lambda records: standing_of(records, batch, workshop.clock()))
        try:
            let_go = here.database.hold_batch(batch.code)
        except SlotTaken:
            raise BatchRefused("at_work", batch=batch.code) from None
        try:
            with (
                stopped_by_signals() as stop,
                refused_file(file, language) as refused,
                _bar(batch.lines) as advance,
            ):
                through = 0

                def told(report: BlockReport) -> None:
                    nonlocal through
                    through += report.lines
                    for number, why in (*report.refused_before, *report.refused):
                        refused.note(number, why)
                    advance(through)

                summary = run_batch(
                    here,
                    batch,
                    source,
                    told=told,
                    stop=stop,
                    processes=processes,
                    opener=open_works,
                    arguments=(read,),
                    out=out,
                )
            at, by = workshop.clock(), _operator()
            finished = batch.state is BatchState.FINISHED or workshop.transact(
                lambda records: finish_batch(records, batch, at, entered_by=by)
            )
        finally:
            let_go()
    _show(batch, summary, finished, language)
    if summary.stopped and not finished:
        raise typer.Exit(STOPPED)
    exit_with(FINE if finished and not summary.refused else FOUND)


def _the_batch(found: Sequence[Batch]) -> Batch:
    from issuance.batches.errors import BatchRefused

    if not found:
        raise BatchRefused("not_prepared")
    if len(found) > 1:
        raise BatchRefused("several_batches")
    return found[0]


def _show(batch: Batch, summary: Summary, finished: bool, language: Language) -> None:
    from condau.batches.words import LINES

    vi = language == "vi"
    mib = summary.peak_bytes / (1 << 20)
    rate = f"{summary.documents_per_second:.1f}"
    figures = (
        "{}: đã cấp {}, đã xong từ trước {}, {} giấy/giây, bộ nhớ cao nhất {:.0f} MiB"
        if vi
        else "{}: {} issued, {} done before, {} documents/s, {:.0f} MiB at most"
    )
    say(figures.format(batch.code, summary.issued, summary.again, rate, mib))
    for code, count in sorted(summary.refused.items()):
        say(f"  {'bị từ chối' if vi else 'refused'}  {count}  {LINES[code].in_language(language)} ({code})")
    for code, count in sorted(summary.failed.items()):
        say(f"  {'chưa làm được' if vi else 'not made'}  {count}  {code}")
    if not finished:
        say("lô chưa xong: chạy lại lệnh này để tiếp tục" if vi else "not finished: start it again to go on")


@contextlib.contextmanager
def _bar(total: int | None) -> Iterator[Callable[[int], None]]:
    """Lines done, how many a second, and the time that is left; on the error stream while there is a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    errors = Console(stderr=True)
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("", total=total, rate="")

        def advance(done: int) -> None:
            speed = bar.tasks[0].speed
            bar.update(task, completed=done, rate=f"{speed:.0f}/s" if speed else "")

        yield advance


@contextlib.contextmanager
def _refusals(language: Language) -> Iterator[None]:
    from condau.batches.words import said
    from issuance.batches.errors import BatchRefused
    from issuance.documents.errors import DocumentError

    with refusals(language):
        try:
            yield
            return
        except BatchRefused as refused:
            sentence = said(refused, language)
        except DocumentError as error:
            sentence = str(error)
        Console(stderr=True).print(f"issue: {sentence}", soft_wrap=True, highlight=False, markup=False)
        raise typer.Exit(COULD_NOT)


def _operator() -> str:
    # The user's number is all that a command line knows about whoever sits before it.
    return f"operator:uid-{os.getuid()}"


def _cores() -> int:
    return len(os.sched_getaffinity(0))
