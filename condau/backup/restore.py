"""Put a backup back on an empty machine: files first, then the rows in one transaction, then a look at both.

Killed anywhere it can be begun again: until the rows are there, the database is empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from condau.backup.check import Checked, check_backup
from condau.backup.erasures import FILE, apply_erasures, keep_list, knows_all_of, newest_erasures
from condau.backup.make import DOCUMENTS, KEYS, PAPERS, STATE, STATE_FILES, lines_of
from condau.backup.manifest import FILE_LIST
from condau.backup.room import ROOM_A_DAY
from condau.clock import now
from condau.setting_files import passphrase_of
from condau.settings import Settings
from issuance.fees.facts import vietnam_day
from signing.keyring_file import KEYRING_FILE
from storage.durable_files import copy_durably
from storage.engines import Address
from storage.migrate import revision_of
from storage.records import SqlRecords
from storage.runner import Database
from storage.snapshot import put_back, require_fitting


class RestoreRefused(Exception):
    """Nothing of the installation was changed; the message says what to do first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """erased: how many people were erased once more. set_aside: what was there before, under its new names."""

    checked: Checked
    files: int
    erased: int
    set_aside: tuple[Path, ...]


def put_back_whole(
    settings: Settings,
    folder: Path,
    at: datetime,
    *,
    erasures: Path | None = None,
    nobody_was_erased: bool = False,
    replace: bool = False,
    room_a_day: int = ROOM_A_DAY,
) -> Restored:
    """Bring rows and files, and keys where the backup has them, to the places that the settings name.

    erasures: the newest list of who was erased, so that nobody comes back; without one, the list that this machine has.
    nobody_was_erased: that there is no newer one than the backup's own. replace: what is there already is set aside
    (folders, an SQLite file) or lost (rows of a PostgreSQL database). room_a_day: so many
    numbers of each counter are left out for each day that has begun since the backup, for those given away in it.
    Raises RestoreRefused, BackupUnusable, StorageError, OSError, SettingsRefused.
    """
    address = Address.parse(settings.database)
    checked = check_backup(folder, passphrase_of(settings, make=False))
    _require_keys(settings, checked)
    require_fitting(address, checked.manifest.snapshot)
    newest = newest_erasures(settings, folder, erasures, nobody_was_erased=nobody_was_erased)
    if newest is None:
        raise RestoreRefused(
            "people may have been erased since this backup was made: give the newest list with --erasures "
            "(erasures.jsonl of the lost installation), or say --nobody-was-erased-since"
        )
    set_aside = _make_room(settings, address, folder, newest, at, replace=replace)
    if checked.manifest.with_keys:
        _copy_all(folder, KEYS, settings.keys_folder)
    files = _copy_all(folder, DOCUMENTS, settings.documents_folder)
    files += _copy_all(folder, PAPERS, settings.papers_folder)
    # Not its list of erasures: this machine's may know more, and is replaced at once by the newest or not at all.
    _copy_all(folder, STATE, settings.state_folder, without=FILE)
    keep_list(settings, newest)
    put_back(address, folder, checked.manifest.snapshot)
    if room_a_day:
        _leave_room(settings, room_a_day, checked.manifest.made_at, at)
    erased = apply_erasures(settings, newest, at)
    return Restored(checked=checked, files=files, erased=erased, set_aside=set_aside)


def _require_keys(settings: Settings, checked: Checked) -> None:
    if not checked.manifest.with_keys and not (settings.keys_folder / KEYRING_FILE).exists():
        raise RestoreRefused(
            f"the backup has no keys, and {settings.keys_folder} has none: put the folder of keys there first"
        )


def _make_room(
    settings: Settings, address: Address, folder: Path, newest: tuple[str, ...], at: datetime, *, replace: bool
) -> tuple[Path, ...]:
    """Raises RestoreRefused where something is there that the backup does not have."""
    held = revision_of(address) is not None
    known = {line.partition("  ")[2] for line in lines_of(folder / FILE_LIST)}
    strange = [one for one in (DOCUMENTS, PAPERS) if _has_others(settings.state_folder / one, one, known)]
    if (held or strange) and not replace:
        what = " and ".join(
            [*(["a database"] if held else []), *(f"{one} that the backup does not have" for one in strange)]
        )
        raise RestoreRefused(f"this machine is not empty, it has {what}: --replace sets it aside")
    aside = [settings.state_folder / one for one in strange]
    # What this machine remembers beside the database may know more than the backup: it is not written over.
    aside += [
        place
        for name in STATE_FILES
        if _differs(place := settings.state_folder / name, folder / STATE / name)
        and not (name == FILE and knows_all_of(newest, place))
    ]
    if held and not address.is_postgresql:
        aside.append(Path(str(address.url.database)))
    return tuple(_set_aside(aside, at))


def _differs(place: Path, kept: Path) -> bool:
    return place.is_file() and kept.is_file() and place.read_bytes() != kept.read_bytes()


def _set_aside(places: list[Path], at: datetime) -> Iterator[Path]:
    for place in places:
        new = place.with_name(f"{place.name}.before-{at:%Y-%m-%dT%H%M%SZ}")
        place.rename(new)
        for left in ("-wal", "-shm"):
            beside = place.with_name(place.name + left)
            if beside.exists():
                beside.rename(new.with_name(new.name + left))
        yield new


def _has_others(folder: Path, name: str, known: set[str]) -> bool:
    return folder.is_dir() and any(
        file.is_file() and f"{name}/{file.relative_to(folder)}" not in known for file in folder.rglob("*")
    )


def _copy_all(folder: Path, name: str, target: Path, without: str | None = None) -> int:
    """Each file of that part of the backup but one of this name; returns how many."""
    copied = 0
    for file in sorted(one for one in (folder / name).rglob("*") if one.is_file() and one.name != without):
        place = target / file.relative_to(folder / name)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        copy_durably(file, place)
        copied += 1
    return copied


def _leave_room(settings: Settings, a_day: int, made_at: datetime, at: datetime) -> None:
    today = vietnam_day(at)
    days = max(0, (today - vietnam_day(made_at)).days) + 1

    def leave_room(records: SqlRecords) -> None:
        records.counters.leave_room(a_day, days, today)
        # Entries of the list that was filled may have been given away, too.
        records.certificates.begin_status_list()

    database = Database(settings.database, clock=now)
    try:
        database.run_blocking(leave_room)
    finally:
        database.dispose_blocking()
