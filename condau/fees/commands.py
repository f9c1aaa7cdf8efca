"""What the commands of `condau fees` have in common: refusals, the book they ask, days, progress."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from condau.console import explained, settings_of
from issuance.fees.wording import Label, Language

if TYPE_CHECKING:
    from condau.settings import Settings
    from issuance.fee_policies.draft import BookRow

FINE, FOUND, COULD_NOT = 0, 1, 2
_PREFIX = "CONDAU_"

_FILES: Mapping[type[OSError], Label] = {
    FileNotFoundError: Label("không có tệp này", "there is no such file"),
    IsADirectoryError: Label("đây là thư mục, không phải tệp", "this is a folder and no file"),
    PermissionError: Label("không có quyền mở tệp này", "this may not be opened"),
    FileExistsError: Label("đã có tệp mang tên này", "there is a file of this name already"),
}

InLanguage = Annotated[Language, typer.Option("--language", help="vi or en.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
DocumentType = Annotated[str | None, typer.Option("--type", help="The code of the document type.")]


@contextlib.contextmanager
def refusals(language: Language) -> Iterator[None]:
    """What can't be done ends in one sentence, or in the list of what is wrong with a file."""
    from condau.fees.books_and_files import FeesRefused
    from condau.installation import RecordsUnavailable
    from condau.refusals import CANNOT_START, reason
    from condau.settings import SettingsRefused
    from issuance.errors import ApplicationNotFound
    from issuance.fees.errors import FactsRefused, PolicyRefused
    from issuance.fees.rehearsal.population import PopulationRefused

    with explained():
        try:
            yield
        except SettingsRefused:
            raise
        except BrokenPipeError:
            # Whoever reads our output has read enough, as `head` does; what is left to flush goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return
        except (FeesRefused, FactsRefused) as refused:
            said = [refused.text.in_language(language)]
        except PopulationRefused as refused:
            said = [problem.in_language(language) for problem in refused.problems]
        except PolicyRefused as refused:
            said = [problem.in_language(language) for problem in refused.problems]
        except ApplicationNotFound:
            said = [Label("không có hồ sơ nào mang mã này", "no application has this code").in_language(language)]
        except RecordsUnavailable as unavailable:
            said = [str(unavailable)]
        except (FileNotFoundError, IsADirectoryError, PermissionError, FileExistsError) as error:
            named = isinstance(error.filename, str)
            said = [f"{error.filename}: {_FILES[type(error)].in_language(language)}" if named else reason(error)]
        except CANNOT_START as error:
            said = [reason(error)]
        else:
            return
    for line in said:
        Console(stderr=True).print(f"fees: {line}", soft_wrap=True, highlight=False, markup=False)
    raise typer.Exit(COULD_NOT)


def exit_with(code: int) -> None:
    if code:
        raise typer.Exit(code)


def print_json(content: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def settings_if_any(file: Path | None) -> Settings | None:
    """None on a machine without an installation, where the shipped policies stand for its book."""
    if file is None and not any(name.startswith(_PREFIX) for name in os.environ):
        return None
    return settings_of(file)


def needed_settings(file: Path | None) -> Settings:
    """Raises FeesRefused on a machine without an installation."""
    from condau.fees.books_and_files import FeesRefused

    if (found := settings_if_any(file)) is None:
        raise FeesRefused(
            Label(
                "lệnh này hỏi một hệ thống đã cài đặt: cần --settings TỆP hoặc biến CONDAU_SETTINGS",
                "this asks an installation: --settings FILE or the variable CONDAU_SETTINGS is needed",
            )
        )
    return found


def known_rows(settings: Settings | None) -> Sequence[BookRow]:
    """What the book knows now; the shipped policies where there is no installation."""
    from condau.fees.books_and_files import rows_of, shipped_book
    from condau.installation import records_of

    if settings is None:
        return rows_of(shipped_book())
    with records_of(settings) as ask:
        return ask(lambda records: [row for row in records.fee_policies.rows() if row.known_to is None])


@contextlib.contextmanager
def progress_bar(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on the error stream while there is a terminal to see it."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    errors = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("", total=total)
        yield lambda done: bar.update(task, completed=done)


def day_of(text: str | None, option: str) -> date | None:
    return None if text is None else needed_day(text, option)


def needed_day(text: str | None, option: str) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        raise typer.BadParameter(f"{option}: a day such as 2026-04-01 is needed") from None


def instant_of(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise typer.BadParameter(f"{text!r} is no instant with an offset, such as 2026-11-20T08:00:00+07:00")
    return moment
