"""`condau backup`, `condau restore`, `condau upgrade`: what they are told. What they do stands in `commands`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from condau.backup.room import ROOM_A_DAY
from condau.console import SettingsFile, explained, settings_of

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
    from condau.backup import commands

    given = list(words or ())
    verify = given[:1] == [VERIFY]
    places = [Path(one) for one in (given[1:] if verify else given)]
    if len(places) > 1:
        raise typer.BadParameter("name one folder")
    read = settings_of(settings)
    with explained():
        if verify:
            code = commands.verify(read, *places)
        else:
            code = commands.backup(read, *places, with_keys=with_keys, keep=keep)
    raise typer.Exit(code)


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
    room_a_day: Annotated[
        int,
        typer.Option(
            "--leave-room",
            min=0,
            help="Leave out so many numbers of each unit for each day since the backup; 0 where none was given away.",
        ),
    ] = ROOM_A_DAY,
    settings: SettingsFile = None,
) -> None:
    """Put a backup back on an empty machine, then look at everything. Stop the service and its workers first."""
    from condau.backup import commands

    read = settings_of(settings)
    with explained():
        code = commands.restore(
            read, folder, erasures, nobody_was_erased=nobody_was_erased_since, replace=replace, room_a_day=room_a_day
        )
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
    from condau.backup import commands

    read = settings_of(settings)
    with explained():
        code = commands.upgrade(read, folder, without_backup=without_backup, preview=preview)
    raise typer.Exit(code)
