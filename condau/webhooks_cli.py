"""The commands of `condau webhooks`: list, replay, enable."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from condau.console import SettingsFile, say, settings_of
from condau.fees.commands import FOUND, AsJson, exit_with, print_json, refusals

if TYPE_CHECKING:
    from condau.settings import Settings

webhooks = typer.Typer(
    help="Events for citizens' applications: list what was given up, replay it, enable an address.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Client = Annotated[str | None, typer.Option("--client", help="Of this client_id of the settings alone.")]
_SHOWN = 50


@webhooks.command("list")
def list_them(client: Client = None, settings: SettingsFile = None, as_json: AsJson = False) -> None:
    """Show how each application that is told stands, and the newest dead letters. Exits with 1 where there are any."""
    from condau.installation import records_of
    from condau.webhooks import names_of
    from issuance.delivery.notice import NoticeState

    read = settings_of(settings)
    with refusals("en"), records_of(read) as ask:
        names, chosen = names_of(read), _key(read, client)
        counts = ask(lambda records: records.notices.counts())
        endpoints = ask(lambda records: {key: records.notices.endpoint(key) for key in {*names, *counts}})
        dead = ask(lambda records: records.notices.dead(chosen, _SHOWN))
        shown = [
            {
                "client": names.get(key, key[:12]),
                "waiting": counts.get(key, {}).get(NoticeState.WAITING, 0),
                "dead": counts.get(key, {}).get(NoticeState.DEAD, 0),
                "failures_in_a_row": endpoints[key].failures,
                "disabled": endpoints[key].disabled_at is not None,
            }
            for key in sorted({*names, *counts}, key=lambda key: names.get(key, key))
            if chosen in (None, key) and (key in counts or endpoints[key].failures or endpoints[key].disabled_at)
        ]
        letters = [
            {
                "id": str(one.id),
                "client": names.get(one.client, one.client[:12]),
                "type": one.type,
                "application": one.data.get("application"),
                "at": one.created_at.isoformat(),
                "attempts": one.attempts,
                "last_error": one.last_error,
            }
            for one in dead
        ]
        if as_json:
            print_json({"clients": shown, "dead": letters})
        else:
            for line in shown:
                said = "  disabled" if line["disabled"] else ""
                say(f"{line['client']}  {line['waiting']} waiting, {line['dead']} dead{said}")
            for letter in letters:
                say(f"{letter['at']}  {letter['client']}  {letter['type']}  {letter['last_error']}  {letter['id']}")
        exit_with(FOUND if letters else 0)


@webhooks.command("replay")
def send_again(client: Client = None, settings: SettingsFile = None) -> None:
    """Have dead letters sent again, under their old ids: receivers know what they have had."""
    from datetime import timedelta

    from condau.clock import now
    from condau.installation import records_of
    from issuance.delivery.dead_letters import replay

    read = settings_of(settings)
    with refusals("en"), records_of(read) as ask:
        chosen, days, sent = _key(read, client), timedelta(days=read.webhooks.give_up_days), 0
        while done := ask(lambda records: replay(records, chosen, _by(), now(), days)):
            sent += done
        say(f"{sent} events are sent again")


@webhooks.command("enable")
def enable_them(
    client: Annotated[str, typer.Argument(metavar="CLIENT_ID", help="As the settings name it.")],
    settings: SettingsFile = None,
) -> None:
    """Send to an address again that answered 410 Gone, or that rests after failures."""
    from condau.clock import now
    from condau.installation import records_of
    from issuance.delivery.dead_letters import enable

    read = settings_of(settings)
    with refusals("en"), records_of(read) as ask:
        key = _key(read, client)
        was = key is not None and ask(lambda records: enable(records, key, _by(), now()))
        say(f"{client}: {'events go there again' if was else 'nothing kept events from going there'}")


def _by() -> str:
    return f"operator:uid-{os.getuid()}"


def _key(settings: Settings, client: str | None) -> str | None:
    """Raises BadParameter for a client that the settings do not know."""
    from condau.webhooks import names_of

    if client is None:
        return None
    for key, name in names_of(settings).items():
        if name == client:
            return key
    raise typer.BadParameter(f"the settings know no client {client!r}")
