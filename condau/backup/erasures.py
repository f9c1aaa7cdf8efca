"""Who was erased since a backup was made is erased again when it is put back: nobody returns by a restore."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from condau.backup.make import STATE
from condau.backup.manifest import BackupUnusable
from condau.clock import now
from condau.erasures import reapply_erasures
from condau.ledger_key import ledger_key_of
from condau.personal_vault import vault_of
from condau.settings import Settings
from storage.durable_files import put
from storage.runner import Database

FILE = "erasures.jsonl"


def newest_erasures(
    settings: Settings, folder: Path, given: Path | None, *, nobody_was_erased: bool
) -> tuple[str, ...] | None:
    """The lines of the newest list: the one that is given, or what this machine has where nothing is given or it goes
    on where that ends; None where there is neither.

    nobody_was_erased: take the backup's own list, which knows nobody who was erased since. Raises BackupUnusable.
    """
    own = folder / STATE / FILE
    here = settings.state_folder / FILE
    if here.is_file() and (given is None or knows_all_of(_lines(here), given)):
        given = here
    if given is None:
        if not nobody_was_erased:
            return None
        return _lines(own) if own.is_file() else ()
    newest, known = _lines(given), _lines(own) if own.is_file() else ()
    if newest[: len(known)] != known:
        raise BackupUnusable(f"{given}: this list of erasures lacks some that the backup knows: it is not the newest")
    return newest


def knows_all_of(lines: tuple[str, ...], other: Path) -> bool:
    """Whether the other list is this one, or an earlier state of it. Raises BackupUnusable."""
    known = _lines(other)
    return lines[: len(known)] == known


def _lines(file: Path) -> tuple[str, ...]:
    lines = tuple(line for line in file.read_text(encoding="utf-8").splitlines() if line.strip())
    for line in lines:
        try:
            json.loads(line)
        except ValueError:
            raise BackupUnusable(f"{file}: is no list of erasures") from None
    return lines


def keep_list(settings: Settings, lines: tuple[str, ...]) -> None:
    """Put the newest list beside the database. Before the rows are there: starting a program erases by it too, so a
    restore that is killed in between brings nobody back."""
    if lines:
        settings.state_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        put(settings.state_folder / FILE, "".join(f"{line}\n" for line in lines).encode(), settings.state_folder)


def apply_erasures(settings: Settings, lines: tuple[str, ...], at: datetime) -> int:
    """Erase once more whom the rows do not know as erased; returns how many people."""
    if not lines:
        return 0
    database = Database(settings.database, clock=now, vault=vault_of(settings), ledger_key=ledger_key_of(settings))
    try:
        return reapply_erasures(database.run_blocking, lines, at)
    finally:
        database.dispose_blocking()
