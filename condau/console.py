"""What all commands have in common: where the settings are, and refusals that end in one sentence."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from condau.settings import Settings, SettingsRefused, read_settings

console = Console()

SettingsFile = Annotated[
    Path | None, typer.Option("--settings", envvar="CONDAU_SETTINGS", help="TOML file with the settings.")
]


def say(line: str) -> None:
    """As it is: what looks like markup in an account's name is not."""
    console.print(line, soft_wrap=True, highlight=False, markup=False)


def settings_of(file: Path | None) -> Settings:
    """The settings; a sentence and the end of the command where they cannot be used."""
    with explained():
        return read_settings(file)


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """What an operator can mend ends in one sentence; anything else is our fault and keeps its traceback."""
    from condau.officials import OfficialRefused
    from condau.refusals import CANNOT_START, reason

    try:
        yield
    except OfficialRefused as refused:
        say(f"officials: {refused}")
    except SettingsRefused as refused:
        console.print(f"[red]settings refused:[/red] {escape(reason(refused))}", highlight=False, soft_wrap=True)
    except CANNOT_START as error:
        console.print(f"[red]cannot start:[/red] {escape(reason(error))}", highlight=False, soft_wrap=True)
        console.print("`condau doctor` looks at every part.", highlight=False)
    else:
        return
    raise typer.Exit(2)
