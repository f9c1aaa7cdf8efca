"""The command line: demo, serve, worker, init, doctor."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

# A page is too small to share among threads, and many documents scale over processes; read when typst starts.
os.environ.setdefault("RAYON_NUM_THREADS", "1")

from condau.settings import Settings, SettingsRefused, read_settings

app = typer.Typer(
    help="Condau: from a verified identity to a signed document that anyone can check.", no_args_is_help=True
)
console = Console()

DemoFolder = Annotated[Path, typer.Option("--folder", help="Where the demonstration keeps its files.")]
SettingsFile = Annotated[
    Path | None, typer.Option("--settings", envvar="CONDAU_SETTINGS", help="TOML file with the settings.")
]


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="Where the demonstration keeps its files.")] = Path("var/demo"),
) -> None:
    """Start everything on loopback, play the main job over real HTTP, show where the files are, stop."""
    from condau.demo import run_demo

    with _explained():
        sys.exit(run_demo(folder, console))


@app.command()
def serve(
    settings: SettingsFile = None,
    demo: Annotated[bool, typer.Option("--demo", help="With simulated outside world and seed data.")] = False,
    folder: DemoFolder = Path("var/demo"),
) -> None:
    """Serve until stopped."""
    if demo:
        from condau.demo import serve_demo

        with _explained():
            sys.exit(serve_demo(folder, console))
    from condau.serve import serve as run

    read = _settings(settings)
    with _explained():
        run(read)


@app.command()
def worker(settings: SettingsFile = None) -> None:
    """Do background work until stopped (PostgreSQL; on SQLite the service does its own)."""
    from condau.serve import work

    read = _settings(settings)
    with _explained():
        work(read)


@app.command()
def init(settings: SettingsFile = None) -> None:
    """Make keys and database at first run; what is there already stays."""
    from condau.assembly import initialise

    read = _settings(settings)
    with _explained():
        for line in initialise(read):
            console.print(line, soft_wrap=True, highlight=False)


@app.command()
def doctor(settings: SettingsFile = None) -> None:
    """Check keys, database, fonts, a trial seal, clock, disk; say what is wrong and how to mend it."""
    from condau.doctor import examine

    sys.exit(examine(_settings(settings), console))


def _settings(file: Path | None) -> Settings:
    with _explained():
        return read_settings(file)


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """What an operator can mend ends in one sentence; anything else is our fault and keeps its traceback."""
    from condau.assembly import CANNOT_START

    try:
        yield
    except SettingsRefused as refused:
        console.print(f"[red]settings refused:[/red] {refused}", highlight=False)
    except CANNOT_START as error:
        console.print(f"[red]cannot start:[/red] {type(error).__name__}: {error}", highlight=False)
        console.print("`condau doctor` looks at every part.", highlight=False)
    else:
        return
    raise typer.Exit(2)
