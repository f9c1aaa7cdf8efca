"""The commands of `condau person`: requests, erase, decline, export.

The personal number is asked for, never an argument: those stand in logs.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from condau.console import SettingsFile, explained, say, settings_of

if TYPE_CHECKING:
    from condau.installation import Ask
    from condau.settings import Settings
    from issuance.privacy.persons import HeldApplication

person = typer.Typer(
    help="What is kept about a person: requests, erase, decline, export.", no_args_is_help=True, rich_markup_mode=None
)

HELD = 1


@person.command()
def requests(settings: SettingsFile = None) -> None:
    """List who asks to be erased and waits for an answer, the earliest due first: by number of the request."""
    from condau.clock import now
    from condau.installation import records_of
    from issuance.privacy.erase import plan_erasure

    with _explained(), records_of(settings_of(settings)) as ask:
        waiting = ask(lambda records: records.erasure_requests.waiting())
        for one in waiting:
            late = ", OVERDUE" if one.due_at < now() else ""
            say(f"{one.id}: asked {one.asked_at.isoformat()}, to be answered by {one.due_at.isoformat()}{late}")
            index = one.person_index
            _list(ask(lambda records, index=index: plan_erasure(records, index, now())))  # type: ignore[misc] # of a default
        if not waiting:
            say("nobody waits to be erased")


@person.command()
def decline(request: UUID, settings: SettingsFile = None) -> None:
    """Close a request that may not be granted; why not, the person is to be told elsewhere."""
    from condau.clock import now
    from condau.installation import records_of
    from issuance.privacy.ask_for_erasure import decline_erasure

    with _explained(), records_of(settings_of(settings)) as ask:
        done = ask(lambda records: decline_erasure(records, request, f"operator:uid-{os.getuid()}", now()))
        say("declined" if done else "no such request waits")
        if not done:
            raise typer.Exit(HELD)


@person.command()
def erase(
    request: Annotated[UUID | None, typer.Option("--request", help="Whoever asked so, instead of a number.")] = None,
    is_sure: Annotated[bool, typer.Option("--yes", help="Do it; without, only say what would be done.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Erase what is kept about a person, whose number is asked for or read from the standard input."""
    from condau.clock import now
    from condau.erasures import keep_erasures
    from condau.installation import records_of
    from issuance.errors import ErasureHeld
    from issuance.privacy.erase import erase_person, plan_erasure

    read = settings_of(settings)
    with _explained(), records_of(read) as ask:
        index = _index(read) if request is None else _asking(ask, request)
        found = ask(lambda records: plan_erasure(records, index, now()))
        _preview(found)
        if not is_sure or any(one.holds for one in found):
            say("nothing was erased" if any(one.holds for one in found) else "nothing was erased yet: --yes does it")
            raise typer.Exit(HELD if any(one.holds for one in found) else 0)
        actor = f"operator:uid-{os.getuid()}"
        try:
            erasure = ask(lambda records: erase_person(records, index, actor, now()))
        except ErasureHeld:
            say("nothing was erased: something has begun meanwhile")
            raise typer.Exit(HELD) from None
        keep_erasures(ask, read.state_folder, now())
        say(f"erased: {erasure.applications} applications; their files go with the next sweep")


@person.command()
def export(
    to: Annotated[
        Path | None, typer.Option("--to", help="A file that is not there yet; else the standard output.")
    ] = None,
    settings: SettingsFile = None,
) -> None:
    """Write everything that is kept about a person as JSON; her number is asked for or read from the standard input."""
    from condau.clock import now
    from condau.installation import records_of
    from issuance.privacy.export import export_person
    from issuance.records import AuditEntry, Records

    read = settings_of(settings)
    with _explained(), records_of(read) as ask:
        index, actor = _index(read), f"operator:uid-{os.getuid()}"

        def act(records: Records) -> dict[str, Any]:
            told = export_person(records, index, None, now())
            counted = {"applications": len(told["applications"])}
            records.audit.append(
                AuditEntry(at=now(), actor=actor, action="person_exported", application_id=None, details=counted)
            )
            return told

        text = json.dumps(ask(act), ensure_ascii=False, indent=2) + "\n"
        if to is None:
            sys.stdout.write(text)
            return
        with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            stream.write(text)


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    from condau.installation import RecordsUnavailable

    with explained():
        try:
            yield
        except RecordsUnavailable as away:
            say(f"person: {away}")
            raise typer.Exit(2) from None


def _index(settings: Settings) -> str:
    """Raises SettingsRefused, BadParameter."""
    from condau.person_index import person_index
    from condau.setting_files import passphrase_of
    from identity.errors import IdentityError
    from identity.personal_id import PersonalId

    typed = typer.prompt("personal number", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    try:
        number = PersonalId(typed.strip())
    except IdentityError:
        # Not what was typed: it may be somebody's number all the same.
        raise typer.BadParameter("this is no personal number") from None
    return person_index(passphrase_of(settings, make=False))(number.digits)


def _asking(ask: Ask, request_id: UUID) -> str:
    """By whose request it is. Raises BadParameter."""
    from issuance.privacy.ask_for_erasure import waiting_request

    request = ask(lambda records: waiting_request(records, request_id))
    if request is None:
        raise typer.BadParameter("no such request waits")
    return request.person_index


def _preview(found: Sequence[HeldApplication]) -> None:
    _list(found)
    say("goes: names, numbers, contents, papers, document files, sessions, kept answers")
    say("stays: states, dates, amounts, document numbers and status, the audit trail; none names the person")


def _list(found: Sequence[HeldApplication]) -> None:
    for one in found:
        whose = "all of it" if one.is_concerned else "the applicant's own facts"
        say(f"{one.code}: {whose}" + (f", held by {', '.join(one.holds)}" if one.holds else ""))
    if not found:
        say("no application of this person is kept")
