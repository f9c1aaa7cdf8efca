"""The command line: demo, serve, worker, init, doctor, verify, officials, keys, fees, procedures, units, ledger."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

# A page is too small to share among threads, and many documents scale over processes; read when typst starts.
os.environ.setdefault("RAYON_NUM_THREADS", "1")

from condau.backup.cli import backup_command, restore_command, upgrade_command
from condau.batches.cli import issue
from condau.console import SettingsFile, console
from condau.console import explained as _explained
from condau.console import say as _say
from condau.console import settings_of as _settings
from condau.fees.cli import fees
from condau.keys_cli import keys
from condau.ledger_cli import ledger
from condau.operation_cli import health_command, jobs
from condau.payments_cli import payments
from condau.person_cli import person
from condau.post_cli import post
from condau.procedures_cli import procedures
from condau.settings import Settings
from condau.units_cli import units
from condau.webhooks_cli import webhooks
from identity.citizen import ROLES

app = typer.Typer(
    help="Condau: from a verified identity to a signed document that anyone can check.", no_args_is_help=True
)
officials = typer.Typer(help="The register of officials: who acts for which unit in which roles.", no_args_is_help=True)
app.add_typer(officials, name="officials")
app.add_typer(keys, name="keys")
app.add_typer(fees, name="fees")
app.add_typer(issue, name="issue")
app.add_typer(procedures, name="procedures")
app.add_typer(units, name="units")
app.add_typer(post, name="post")
app.add_typer(webhooks, name="webhooks")
app.add_typer(payments, name="payments")
app.add_typer(ledger, name="ledger")
app.add_typer(jobs, name="jobs")
app.add_typer(person, name="person")
app.command("health")(health_command)
app.command("backup")(backup_command)
app.command("restore")(restore_command)
app.command("upgrade")(upgrade_command)

DemoFolder = Annotated[Path, typer.Option("--folder", help="Where the demonstration keeps its files.")]
SubjectKey = Annotated[
    str, typer.Argument(metavar="SUBJECT_KEY", help="'ISSUER|SUBJECT', quoted: a shell reads the bar itself.")
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
        run(read, say_first_run=_say_first_run)


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
    from condau.initialise import initialise

    read = _settings(settings)
    with _explained():
        for line in initialise(read):
            console.print(line, soft_wrap=True, highlight=False)
        _say_first_run(read)


def _say_first_run(read: Settings) -> None:
    """Where nobody stands in the register of officials: how the first operator gets in. To the console alone."""
    from condau.first_run import first_run_link

    if link := first_run_link(read):
        console.print("Nobody is in the register of officials yet. Become the first operator, within 24 hours:")
        console.print(f"  {link}", soft_wrap=True, highlight=False)


@app.command()
def doctor(settings: SettingsFile = None) -> None:
    """Check keys, database, fonts, a trial seal, clock, disk; say what is wrong and how to mend it."""
    from condau.doctor import examine

    sys.exit(examine(_settings(settings), console))


@app.command()
def verify(
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE|QR-TEXT]",
            help="A PDF, PNG, JPEG or text file, the text of a QR code or a credential, or - for standard input.",
        ),
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="Where the downloaded lists are kept; by default in this user's data folder.")
    ] = None,
    update: Annotated[
        str | None, typer.Option(metavar="URL|FILE", help="Bring the lists up to date first, from https://host.")
    ] = None,
    anchor: Annotated[
        str | None, typer.Option(metavar="HEX", help="The digest of the trust-list key that you were told, to pin it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    language: Annotated[Literal["vi", "en"], typer.Option(help="vi or en.")] = "vi",
) -> None:
    """Check a document here, with the lists downloaded before and no network.

    Exits with 0 if it is valid, 1 for every other verdict, 2 where none could be reached.
    """
    from condau.verify import Request, run

    if target is None and update is None:
        raise typer.BadParameter("name what to check, or --update to fetch the lists")
    asked = Request(target=target, bundle=bundle, update=update, anchor=anchor, as_json=as_json, language=language)
    sys.exit(run(asked, datetime.now(UTC), console, Console(stderr=True)))


@officials.command("list")
def list_them(settings: SettingsFile = None) -> None:
    """Show all of them, those dismissed too."""
    from condau.officials import list_officials

    read = _settings(settings)
    with _explained():
        known = list_officials(read)
        if not known:
            _say("the register of officials is empty")
        for one in known:
            said = f"{one.unit} {','.join(sorted(one.roles))}" if one.is_active else "dismissed"
            _say(f"{one.subject_key} {said}")


@officials.command()
def put(
    subject_key: SubjectKey,
    unit: Annotated[str, typer.Option(help="The unit's code, such as 000.00.15.H26.")],
    role: Annotated[list[str], typer.Option(help=f"One of {', '.join(sorted(ROLES))}; may be given several times.")],
    name: Annotated[str | None, typer.Option(help="The full name, by which cases name their owner.")] = None,
    personal_id: Annotated[
        str | None, typer.Option(help="The own personal number: no case of his or her own comes to this account.")
    ] = None,
    settings: SettingsFile = None,
) -> None:
    """Let an account act for a unit in these roles and no others; one dismissed acts again."""
    from condau.officials import put_official

    read = _settings(settings)
    with _explained():
        put_official(read, subject_key, unit, role, name, personal_id)
        _say(f"{subject_key} acts for {unit} as {', '.join(sorted(set(role)))}")


@officials.command()
def dismiss(subject_key: SubjectKey, settings: SettingsFile = None) -> None:
    """Let an account act for no unit any more."""
    from condau.officials import dismiss_official

    read = _settings(settings)
    with _explained():
        known = dismiss_official(read, subject_key)
        _say(f"{subject_key} may not act any more" + ("" if known else "; the register did not know this account"))
