"""`condau backup`, `condau restore`, `condau upgrade`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from condau.backup.check import check_backup, found_backup
from condau.backup.make import Made, make_backup
from condau.backup.manifest import BackupUnusable, Manifest
from condau.backup.record import record_backup
from condau.backup.restore import RestoreRefused, restore
from condau.backup.upgrade import plan_upgrade, upgrade_database
from condau.clock import now
from condau.console import SettingsFile, console, explained, say, settings_of
from condau.setting_files import passphrase_of
from condau.settings import Settings, SettingsRefused

VERIFY = "verify"


def backup_command(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar=f"[{VERIFY}] [FOLDER]", help="By default backup_folder of the settings."),
    ] = None,
    with_keys: Annotated[bool, typer.Option("--keys", help="The folder of keys too, encrypted as it is.")] = False,
    keep: Annotated[int, typer.Option(min=0, help="Remove all but so many; 0 keeps all.")] = 0,
    settings: SettingsFile = None,
) -> None:
    """Back up rows and files while the service works; with `verify`, read a backup through."""
    given = list(words or ())
    verify = given[:1] == [VERIFY]
    places = given[1:] if verify else given
    if len(places) > 1:
        raise typer.BadParameter("name one folder")
    read = settings_of(settings)
    with explained(), _told():
        root = _folder(read, Path(places[0]) if places else None)
        if verify:
            _verify(read, root)
            return
        made = _make(read, root, with_keys=with_keys, keep=keep)
    if made.manifest.missing:
        raise typer.Exit(1)


def restore_command(
    folder: Annotated[Path, typer.Argument(help="A backup, or a folder of backups: the newest.")],
    erasures: Annotated[
        Path | None, typer.Option(help="The newest erasures.jsonl, so that nobody who was erased comes back.")
    ] = None,
    nobody_was_erased_since: Annotated[
        bool, typer.Option("--nobody-was-erased-since", help="There is no newer list than the backup's own.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Set aside what is there; PostgreSQL's rows are lost.")
    ] = False,
    room: Annotated[
        int, typer.Option("--leave-room", min=0, help="Leave out so many numbers, given away after the backup.")
    ] = 0,
    settings: SettingsFile = None,
) -> None:
    """Put a backup back on an empty machine, then look at everything. Stop the service and its workers first."""
    from condau.doctor import examine

    read = settings_of(settings)
    with explained(), _told():
        done = restore(
            read,
            found_backup(folder),
            now(),
            erasures=erasures,
            nobody_was_erased=nobody_was_erased_since,
            replace=replace,
            room=room,
        )
        for place in done.set_aside:
            say(f"set aside: {place}")
        say(_in_words("restored", done.checked.manifest))
        say(f"{done.files} files brought back, {done.erased} people erased once more")
    code = examine(read, console, outside=False)
    if code == 0:
        say("Every part is well. Start the service; background work is asked for again by itself.")
    raise typer.Exit(code)


def upgrade_command(
    folder: Annotated[
        Path | None, typer.Option("--backup", help="Where the backup before goes; by default backup_folder.")
    ] = None,
    without_backup: Annotated[bool, typer.Option("--without-backup", help="There is another way back.")] = False,
    preview: Annotated[bool, typer.Option("--preview", help="Only say what would be done.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Bring the database up to date: says what is done, backs up before."""
    from condau.initialise import initialise

    read = settings_of(settings)
    with explained(), _told():
        plan = plan_upgrade(read)
        say(f"database: revision {plan.held or 'none, it is empty'}; this program's is {plan.wanted}")
        for step in plan.steps:
            say(f"  {step.revision}: {step.says}")
        if not plan.steps:
            say("nothing to do")
            return
        if preview:
            return
        if plan.held is not None and not without_backup:
            _make(read, _folder(read, folder), with_keys=False, keep=0)
        upgrade_database(read)
        for line in initialise(read):
            say(line)


def _make(settings: Settings, root: Path, *, with_keys: bool, keep: int) -> Made:
    at = now()
    made = make_backup(settings, root, at, with_keys=with_keys, keep=keep)
    say(_in_words("backed up", made.manifest))
    say(f"{made.folder}: {made.linked} files are shared with the backup before")
    for place in made.manifest.missing:
        say(f"registered, but missing or damaged where it should be: {place}; `condau doctor` and docs/operation.md")
    record_backup(settings, at)
    return made


def _verify(settings: Settings, root: Path) -> None:
    try:
        passphrase = passphrase_of(settings, make=False)
    except SettingsRefused:
        passphrase = None
    checked = check_backup(found_backup(root), passphrase)
    say(_in_words("sound", checked.manifest))
    say("made by this installation" if checked.is_ours else "without the passphrase nobody can tell who made it")
    for place in checked.manifest.missing:
        say(f"was missing or damaged when the backup was made: {place}")


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


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """A refusal ends in one sentence."""
    try:
        yield
    except (BackupUnusable, RestoreRefused) as refused:
        say(str(refused))
        raise typer.Exit(1) from None
