"""The commands of `condau keys`: read what was asked, let condau.keys do it, print what it says."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from condau.console import SettingsFile, console, explained, say, settings_of
from condau.settings import SettingsRefused
from verification.trust import KeyPurpose

keys = typer.Typer(
    help="The keys that seal: which there are, rotation, certificates, compromise.", no_args_is_help=True
)

KeyId = Annotated[str, typer.Argument(metavar="KEY_ID", help="As `condau keys list` shows it.")]
Type = Literal["p256", "rsa2048", "rsa3072", "ed25519"]
_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
_PERIOD = re.compile(r"([0-9]{1,6})([dhm])", re.ASCII)
_LEAD_HELP = (
    "When it takes over, such as 1d, 12h, 0d. The default leaves a day for downloaded trust lists to learn of the key "
    "before it seals anything: whoever checks offline with an older list would meet an unknown key. A trust-list key "
    "waits as long as such lists last (trust_list_lifetime_hours), at least."
)


@keys.command()
def init(settings: SettingsFile = None) -> None:
    """Make keys at first run, and those that an older ring lacks; what is there already stays."""
    read = settings_of(settings)
    from condau.initialise import initialise_keys

    with _refusals():
        for line in initialise_keys(read):
            say(line)


@keys.command("list")
def list_keys(
    settings: SettingsFile = None, as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False
) -> None:
    """Show every key, what it does now, and what has to be seen to. No private key is opened."""
    read = settings_of(settings)
    from condau.clock import now
    from condau.keys import ring_of
    from condau.show_keys import anchors_of, as_record, table_of
    from signing.describe_keys import describe_keys, warnings_about

    with _refusals():
        at = now()
        described, warnings = describe_keys(read.keys_folder, at), warnings_about(ring_of(read), at)
        if as_json:
            shown: dict[str, Any] = {"sequence": ring_of(read).sequence, "keys": [as_record(one) for one in described]}
            print(json.dumps(shown | {"warnings": list(warnings)}, ensure_ascii=False, indent=2))  # noqa: T201 - for programs
            return
        console.print(table_of(described))
        for line in anchors_of(described):
            say(line)
        for line in warnings:
            say(f"warning: {line}")


@keys.command()
def rotate(
    purpose: Annotated[KeyPurpose, typer.Argument(help="What the key is for.", metavar="PURPOSE")],
    settings: SettingsFile = None,
    key_type: Annotated[
        Type | None, typer.Option("--type", help="p256, rsa2048, rsa3072 or ed25519; by default as the key before it.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="The code of a unit with keys of its own.")] = None,
    starts_in: Annotated[str | None, typer.Option(metavar="PERIOD", help=_LEAD_HELP)] = None,
    period: Annotated[str, typer.Option("--for", metavar="PERIOD", help="How long it signs, such as 90d.")] = "1825d",
    uri: Annotated[
        str | None,
        typer.Option(metavar="URI", help="Where it lives already: pkcs11:…, remote:…; its backend is asked."),
    ] = None,
    outside_ca: Annotated[
        bool, typer.Option("--outside-ca", help="Let it wait for a certificate from an authority outside.")
    ] = False,
    another: Annotated[bool, typer.Option("--another", help="Even when one waits already to take over.")] = False,
    shorter: Annotated[
        bool, typer.Option("--shorter", help="Even when it ends before those would that hand over to it.")
    ] = False,
    unpublished: Annotated[
        bool, typer.Option("--unpublished", help="Nobody holds a trust list of this installation yet: no need to wait.")
    ] = False,
) -> None:
    """Let another key take over; the one before it signs until then, and what it sealed stays valid."""
    wished, lasts = None if starts_in is None else _period(starts_in), _period(period)
    read = settings_of(settings)
    from condau.clock import now
    from condau.keys import lead_of
    from condau.keys import rotate as run
    from signing.rotate_key import Wish

    with _refusals():
        wish = Wish(
            purpose=purpose,
            starts_at=now() + lead_of(read, purpose, wished, unpublished=unpublished),
            lasts=lasts,
            unit=unit,
            uri=uri,
            outside_ca=outside_ca,
            another=another,
            shorter=shorter,
        )
        for line in run(read, wish, key_type):
            say(line)


@keys.command()
def csr(
    key_id: KeyId,
    settings: SettingsFile = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A new file; by default the screen.")] = None,
) -> None:
    """Write the certificate request (PKCS#10) of a key that waits for its certificate, signed by that key."""
    read = settings_of(settings)
    from condau.keys import request
    from signing.errors import KeyChangeRefused

    with _refusals():
        text = request(read, key_id).decode()
        if output is None:
            say(text.rstrip())
            return
        try:
            with output.open("x", encoding="ascii") as file:
                file.write(text)
        except FileExistsError:
            raise KeyChangeRefused(f"{output} is there already") from None
        except OSError as error:
            raise KeyChangeRefused(f"{output}: cannot be written ({error.strerror})") from None
        say(f"the request stands in {output}")


@keys.command("import-certificate")
def import_certificate(
    key_id: KeyId,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="PEM: its certificate and its issuers'.")],
    settings: SettingsFile = None,
    root: Annotated[Path | None, typer.Option(help="PEM: the root, when the ring does not trust it yet.")] = None,
    starts_in: Annotated[
        str | None, typer.Option(metavar="PERIOD", help="When it takes over; by default as planned, in a day at least.")
    ] = None,
) -> None:
    """Put a waiting key into service with the certificate that an authority issued for it."""
    lead = None if starts_in is None else _period(starts_in)
    read = settings_of(settings)
    from condau.keys import bring_certificate

    with _refusals():
        for line in bring_certificate(read, key_id, files, root, lead):
            say(line)


@keys.command()
def compromise(
    key_id: KeyId,
    since: Annotated[str, typer.Option(metavar="INSTANT", help="Since when, such as 2026-11-20T08:00:00+07:00.")],
    settings: SettingsFile = None,
    replacement: Annotated[
        bool, typer.Option("--replacement/--no-replacement", help="Let another key take over.")
    ] = True,
    uri: Annotated[str | None, typer.Option(metavar="URI", help="Where the replacement lives already.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="For programs: the applications of all documents affected; with --yes.")
    ] = False,
) -> None:
    """Mark a key that somebody else may have: what it sealed since then is not valid any more. For good."""
    moment = _instant(since)
    if as_json and not yes:
        raise typer.BadParameter("--json asks nothing: say --yes as well")
    read = settings_of(settings)
    from condau.keys import before_compromise
    from condau.keys import compromise as run

    with _refusals():
        record = before_compromise(read, key_id, moment)
        if not yes:
            question = (
                f"Everything that the {record.purpose.value} key {key_id} sealed since {since} becomes invalid. Go on?"
            )
            typer.confirm(question, abort=True)
        told = run(read, key_id, moment, replace_it=replacement, uri=uri)
        if as_json:
            shown = {"key": key_id, "since": moment.isoformat(), "applications": told.codes, "said": told.said}
            print(json.dumps(shown, ensure_ascii=False, indent=2))  # noqa: T201 - for programs
            return
        for line in told.said:
            say(line)


def _period(text: str) -> timedelta:
    found = _PERIOD.fullmatch(text)
    if found is None or int(found[1]) * _UNITS[found[2]] > timedelta(days=36_500):
        raise typer.BadParameter(f"{text!r} is no period: a number with d, h or m, such as 90d")
    return int(found[1]) * _UNITS[found[2]]


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise typer.BadParameter(f"{text!r} is no instant with an offset, such as 2026-11-20T08:00:00+07:00")
    return moment


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """A refusal is one sentence, and then nothing has changed."""
    from condau.refusals import CANNOT_START, reason

    with explained():
        try:
            yield
        except SettingsRefused:
            raise
        except CANNOT_START as refused:
            say(f"keys: {reason(refused)}")
        else:
            return
        raise typer.Exit(2)
