"""Was everybody told: citizens' applications of each event, and the service of each payment that was announced?"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from condau.clock import now
from condau.settings import Settings
from condau.webhooks import names_of
from issuance.delivery.dead_letters import enable, replay
from issuance.delivery.notice import PAYMENT_ASKED, STATE_CHANGED, events_of
from storage.engines import blocking_engine
from tests.campaign.kills.announcer import Announcer
from tests.campaign.kills.figures import Figures
from tests.campaign.kills.hooks import FICKLE, Hooks, Receiver
from tests.campaign.kills.opened import opened
from tests.campaign.kills.town import Outside, Town

_PAUSE_SECONDS = 0.1
_OPERATOR = "operator:uid-0"
_GONE = frozenset({"http_410", "disabled"})


@dataclass(frozen=True, slots=True)
class Event:
    """As the database has it."""

    id: str
    client: str
    application_id: str
    seq: int
    type: str
    state: str
    last_error: str | None


def wait_for(town: Town, outside: Outside, seconds: float) -> list[str]:
    """Until batches are through and payments announced; what never was."""
    end = time.monotonic() + seconds
    while town.batches or not outside.announcer.is_done:
        if time.monotonic() > end:
            return [f"never issued: {file.name}" for file in town.batches] or ["a payment could not be announced"]
        time.sleep(_PAUSE_SECONDS)
    return []


def dead_letters(settings: Settings, hooks: Hooks) -> Sequence[Event]:
    """What was given up by now. Then receivers get well, and an operator has all of it sent again."""
    hooks.get_well()
    with opened(settings) as database:
        dead = [one for one in _events(database.address, settings) if one.state == "dead"]
        (gone,) = (key for key, name in names_of(settings).items() if name == FICKLE)
        again = timedelta(days=settings.webhooks.give_up_days)
        database.run_blocking(lambda records: enable(records, gone, _OPERATOR, now()))
        while database.run_blocking(lambda records: replay(records, None, _OPERATOR, now(), again)):
            pass
    return dead


def told(settings: Settings, outside: Outside, dead: Sequence[Event]) -> Figures:
    with opened(settings) as database:
        events = _events(database.address, settings)
        engine = blocking_engine(database.address)
        with engine.connect() as connection:
            audited = _told_by_the_trail(connection)
            notices = dict(connection.execute(sa.text("SELECT event_id, outcome FROM payment_notices")).all())
            connection.rollback()
        engine.dispose()
    figures = Figures(events=len(events), dead=len(dead), payment_notices=len(notices))
    receivers = outside.hooks.receivers
    figures.told_again = sum(sum(one.acknowledged.values()) - len(one.acknowledged) for one in receivers.values())
    figures.wrong += [f"given up, and nobody was gone: {one}" for one in dead if not _was_gone(one)]
    figures.wrong += [*wrong_events(events, receivers), *wrong_trail(events, audited)]
    figures.wrong += wrong_notices(notices, outside.announcer)
    return figures


def wrong_events(events: Sequence[Event], receivers: Mapping[str, Receiver]) -> Iterator[str]:
    """Delivered, each under its id, to whom it concerns; of each case without a gap. And what receivers complain of."""
    yield from (fault for one in receivers.values() for fault in one.wrong)
    by_case: dict[str, list[int]] = {}
    for one in events:
        by_case.setdefault(one.application_id, []).append(one.seq)
        if one.state != "delivered":
            yield f"an event that is neither delivered nor to be: {one}"
        elif not receivers[one.client].acknowledged[one.id]:
            yield f"delivered, and its receiver knows nothing of it: {one}"
    for case, numbers in by_case.items():
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            yield f"events of a case with a gap: {case} has {sorted(numbers)}"
    known = {(one.client, one.id) for one in events}
    for client, receiver in receivers.items():
        yield from (f"{client} heard what never was: {one}" for one in receiver.heard if (client, one) not in known)


def wrong_trail(events: Sequence[Event], audited: Mapping[str, Counter[str]]) -> Iterator[str]:
    """What the trail of a case has, its application is told as often. audited: by case."""
    said: dict[str, Counter[str]] = {case: Counter() for case in audited}
    for one in events:
        if one.type not in (STATE_CHANGED, PAYMENT_ASKED):
            said.setdefault(one.application_id, Counter())[one.type] += 1
    for case in said:
        if said[case] != audited.get(case, Counter()):
            yield f"told other than the trail says: {case}: {dict(said[case])} and {dict(audited.get(case, Counter()))}"


def wrong_notices(kept: Mapping[str, str | None], announcer: Announcer) -> Iterator[str]:
    """Of payments. kept: outcome by event id."""
    yield from announcer.wrong
    lost, unknown = sorted(announcer.accepted - kept.keys()), sorted(kept.keys() - announcer.sent)
    yield from (f"a notice of a payment was accepted and is lost: {one}" for one in lost)
    yield from (f"a notice that the provider never sent: {one}" for one in unknown)
    for event, outcome in kept.items():
        if outcome not in ("taken", "known"):
            yield f"a payment was announced, and nothing came of it: {event} ({outcome})"


def _was_gone(one: Event) -> bool:
    return one.client == FICKLE and one.last_error in _GONE


def _events(address: Any, settings: Settings) -> list[Event]:
    names, engine = names_of(settings), blocking_engine(address)
    try:
        with engine.connect() as connection:
            rows = connection.execute(
                sa.text("SELECT id, client, application_id, seq, type, state, last_error FROM notices")
            ).all()
            connection.rollback()
    finally:
        engine.dispose()
    return [Event(_id(one_id), names.get(client, client), _id(case), *more) for one_id, client, case, *more in rows]


def _told_by_the_trail(connection: sa.Connection) -> Mapping[str, Counter[str]]:
    """Of each case of which somebody is told."""
    found: dict[str, Counter[str]] = {}
    for case, action, details in connection.execute(
        sa.text(
            "SELECT a.application_id, a.action, a.details FROM audit a"
            " JOIN notice_targets t ON t.application_id = a.application_id"
        )
    ):
        told_of = json.loads(details) if isinstance(details, str) else details
        found.setdefault(_id(case), Counter()).update(event for event, _ in events_of(action, told_of))
    return found


def _id(value: object) -> str:
    """SQLite keeps ids without hyphens; events bear them with."""
    text = str(value).replace("-", "")
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
