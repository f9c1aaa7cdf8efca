"""Backing up, looking a backup through, putting it back, upgrading: done, and told in sentences.

Each returns an exit code.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

from condau.backup.check import check_backup, found_backup
from condau.backup.make import Made, make_backup
from condau.backup.manifest import BackupUnusable, Manifest
from condau.backup.record import record_backup
from condau.backup.restore import RestoreRefused, put_back_whole
from condau.backup.upgrade import plan_upgrade, upgrade_database
from condau.clock import now
from condau.console import console, say
from condau.doctor import examine
from condau.initialise import initialise
from condau.setting_files import passphrase_of
from condau.settings import Settings, SettingsRefused

P = ParamSpec("P")


def _in_one_sentence(command: Callable[P, int]) -> Callable[P, int]:
    @wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> int:
        try:
            return command(*args, **kwargs)
        except (BackupUnusable, RestoreRefused) as refused:
            say(str(refused))
            return 1

    return told


@_in_one_sentence
def backup(settings: Settings, folder: Path | None = None, *, with_keys: bool, keep: int) -> int:
    """1 also where it was made, but registered files were missing."""
    made = _make(settings, _folder(settings, folder), with_keys=with_keys, keep=keep)
    return 1 if made.manifest.missing else 0


@_in_one_sentence
def verify(settings: Settings, folder: Path | None = None) -> int:
    passphrase: bytes | None = None
    with contextlib.suppress(SettingsRefused):
        passphrase = passphrase_of(settings, make=False)
    checked = check_backup(found_backup(_folder(settings, folder)), passphrase)
    say(_in_words("sound", checked.manifest))
    say("made by this installation" if checked.is_ours else "without the passphrase nobody can tell who made it")
    for place in checked.manifest.missing:
        say(f"was missing or damaged when the backup was made: {place}")
    return 0


@_in_one_sentence
def restore(
    settings: Settings, folder: Path, erasures: Path | None, *, nobody_was_erased: bool, replace: bool, room_a_day: int
) -> int:
    done = put_back_whole(
        settings,
        found_backup(folder),
        now(),
        erasures=erasures,
        nobody_was_erased=nobody_was_erased,
        replace=replace,
        room_a_day=room_a_day,
    )
    for place in done.set_aside:
        say(f"set aside: {place}")
    say(_in_words("restored", done.checked.manifest))
    say(f"{done.files} files brought back, {done.erased} people erased once more")
    if room_a_day:
        say(f"{room_a_day} numbers of each unit are left out for each day since then (--leave-room)")
    code = examine(settings, console, outside=False)
    if code == 0:
        say("Every part is well. Start the service; background work is asked for again by itself.")
    return code


@_in_one_sentence
def upgrade(settings: Settings, folder: Path | None, *, without_backup: bool, preview: bool) -> int:
    plan = plan_upgrade(settings)
    say(f"database: revision {plan.held or 'none, it is empty'}; this program's is {plan.wanted}")
    for step in plan.steps:
        say(f"  {step.revision}: {step.says}")
    if not plan.steps:
        say("nothing to do")
    if preview or not plan.steps:
        return 0
    if plan.held is not None and not without_backup:
        _make(settings, _folder(settings, folder), with_keys=False, keep=0)
    upgrade_database(settings)
    for line in initialise(settings):
        say(line)
    return 0


def _make(settings: Settings, root: Path, *, with_keys: bool, keep: int) -> Made:
    at = now()
    made = make_backup(settings, root, at, with_keys=with_keys, keep=keep)
    say(_in_words("backed up", made.manifest))
    say(f"{made.folder}: {made.linked} files are shared with the backup before")
    for place in made.manifest.missing:
        say(f"registered, but missing or damaged where it should be: {place}; see docs/operation.md")
    record_backup(settings, at)
    return made


def _folder(settings: Settings, given: Path | None) -> Path:
    folder = given or settings.backup_folder
    if folder is None:
        raise SettingsRefused("name a folder for the backup, or set backup_folder")
    return folder


def _in_words(done: str, manifest: Manifest) -> str:
    rows = sum(manifest.snapshot.rows.values())
    size = manifest.bytes / (1 << 20)
    made = manifest.made_at.replace(microsecond=0).isoformat()
    return f"{done}: {made}, schema {manifest.snapshot.revision}, {rows} rows, {manifest.files} files, {size:.1f} MiB"
