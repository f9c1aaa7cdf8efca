"""The commands of `condau ledger`: verify, show, seal."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from condau.console import SettingsFile, explained, say, settings_of

ledger = typer.Typer(
    help="Who did what, and who was shown whose data: check it, show it, seal it.", no_args_is_help=True
)
AsJson = Annotated[bool, typer.Option("--json", help="For programs: a line for each finding, and one at the end.")]
COULD_NOT, FOUND = 2, 1


@ledger.command()
def verify(as_json: AsJson = False, settings: SettingsFile = None) -> None:
    """Look for whatever was changed with full rights on the database. 0: nothing was, 1: something was."""
    from condau.ledger import opened_check, seal_file_of

    read = settings_of(settings)
    found = 0
    with _refusals(), _progress() as progress, opened_check(read, progress) as check:
        for one in check.findings():
            found += 1
            where = {name: value for name, value in asdict(one).items() if value is not None}
            say_line = json.dumps(where, ensure_ascii=False) if as_json else _in_words(where)
            sys.stdout.write(say_line + "\n")
        checked = asdict(check.checked)
        has_file = seal_file_of(read).is_file()
        if as_json:
            sys.stdout.write(json.dumps({"findings": found, **checked, "file_outside": has_file}) + "\n")
        else:
            say(", ".join(f"{value} {name.replace('_', ' ')}" for name, value in checked.items()))
            if not has_file:
                say(f"{seal_file_of(read)} is not there: a database set back as a whole would not be noticed")
            say(f"{found} findings" if found else "nothing was changed")
    if found:
        raise typer.Exit(FOUND)


@ledger.command()
def show(
    application: Annotated[str, typer.Argument(metavar="APPLICATION", help="Its code.")],
    as_json: AsJson = False,
    settings: SettingsFile = None,
) -> None:
    """Show what was done with an application and who was shown it. Accounts, no names."""
    from condau.clock import now
    from condau.installation import records_of
    from condau.ledger import history_of

    read = settings_of(settings)
    with _refusals(), records_of(read) as ask:
        history = history_of(ask, application, f"operator:uid-{os.getuid()}", now())
    lines = [(one.at, one.actor, "did", one.action) for one in history.entries]
    lines += [(one.at, one.reader, "was shown", f"{one.shown} ({one.purpose}, {one.unit})") for one in history.accesses]
    for at, who, verb, what in sorted(lines, key=lambda line: line[0]):
        if as_json:
            told = {"at": at.isoformat(), "who": who, "verb": verb.replace(" ", "_"), "what": what}
            sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
        else:
            say(f"{at:%Y-%m-%d %H:%M:%S} UTC  {who}  {verb}  {what}")


@ledger.command("seal")
def seal_now(settings: SettingsFile = None) -> None:
    """Seal at once what waits for the next minute, such as before a backup."""
    from condau.clock import now
    from condau.ledger import opened_database, sealing

    read = settings_of(settings)
    with _refusals(), opened_database(read) as database:
        sealing(database, read, now)()
    say("sealed")


def _in_words(where: dict[str, object]) -> str:
    place = " ".join(f"{name} {where[name]}" for name in ("stream", "seq", "seal") if name in where)
    return f"{where['code']}: {place or 'everywhere'}: {where['said']}"


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    from condau.installation import RecordsUnavailable
    from issuance.errors import ApplicationNotFound
    from storage.errors import LedgerBroken

    with explained():
        try:
            yield
        except RecordsUnavailable as unavailable:
            said = str(unavailable)
        except ApplicationNotFound:
            said = "no application has this code"
        except LedgerBroken as broken:
            said = f"{broken}: run `condau ledger verify`"
        else:
            return
    Console(stderr=True).print(f"ledger: {said}", soft_wrap=True, highlight=False, markup=False)
    raise typer.Exit(COULD_NOT)


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str, int], None]]:
    """What is being looked at, on the error stream while there is a terminal to see it."""
    errors = Console(stderr=True)
    with errors.status("") as status:
        yield lambda what, number: status.update(f"{number:,} {what}")
