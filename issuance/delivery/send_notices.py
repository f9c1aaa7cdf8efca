"""Send what waits for one application of citizens, one notice after the other, until it is delivered or given up.

Whoever is down, slow or gone holds up nobody else: each client has one sender at a time, and while it rests nothing is
tried. A notice is delivered at least once; its id tells receivers what they have had.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid4

from ..records import Records, Transact
from .notice import Endpoint, Notice, NoticeState
from .webhook_post import Reply
from .webhook_signature import WebhookSecrets

_PAGE = 20
_HELD_FOR = timedelta(seconds=90)
"""Longer than one attempt takes; a process that dies while it sends is relieved after it."""

_IN_A_ROW = 5
"""So many errors of different notices in a row mean that the whole address is in trouble."""

_GONE = 410
_TRY_LATER = frozenset({429, 503})


class Post(Protocol):
    def __call__(self, address: str, headers: Mapping[str, str], body: bytes) -> Reply: ...


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where a client's notices go. address_digest: of the address, in hex."""

    address: str = field(repr=False)
    address_digest: str
    secrets: WebhookSecrets


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingRules:
    """When an attempt is repeated, and when no more.

    The pause after the first failure is `first_pause`, doubled after each further one up to `longest_pause`, less a
    random part of up to half. give_up_after: counted from the event, or from when it was sent again. at_once: how long
    one job goes on before another one takes over.
    """

    first_pause: timedelta = timedelta(seconds=30)
    longest_pause: timedelta = timedelta(hours=6)
    give_up_after: timedelta = timedelta(days=3)
    longest_rest: timedelta = timedelta(hours=1)
    at_once: timedelta = timedelta(seconds=10)
    draw: Callable[[float, float], float] = random.uniform

    def pause(self, failures: int, longest: timedelta) -> timedelta:
        whole = min(self.first_pause * 2 ** min(max(failures - 1, 0), 32), longest)
        return timedelta(seconds=whole.total_seconds() * self.draw(0.5, 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """receivers: by client key; whoever is not among them gets nothing any more."""

    transact: Transact
    post: Post
    receivers: Mapping[str, Receiver]
    clock: Callable[[], datetime]
    rules: SendingRules = field(default_factory=SendingRules)


def send_notices(sender: Sender, notice_id: UUID) -> None:
    """Send what waits for the client of this notice. Nothing happens where another process does so already.

    Harmless when repeated: what was delivered is not sent again, except where the process died before it could note so.
    """
    notice = sender.transact(lambda records: records.notices.find(notice_id))
    if notice is None or notice.state is not NoticeState.WAITING:
        return
    client, holder, until = notice.client, uuid4(), sender.clock() + sender.rules.at_once
    while True:
        page = sender.transact(lambda records: _take(records, sender, client, holder))
        for number, one in enumerate(page):
            if not _send(sender, one, holder):
                sender.transact(lambda records: records.notices.let_go(client, holder))
                return
            if sender.clock() >= until and number + 1 < len(page):
                # Another job goes on, so that this one ends before a worker that stops loses its patience.
                left = page[number + 1].id
                sender.transact(lambda records: _hand_on(records, client, holder, left))  # noqa: B023 - runs here
                return
        if len(page) < _PAGE and sender.transact(lambda records: _end(records, sender, client, holder)):
            return


def _take(records: Records, sender: Sender, client: str, holder: UUID) -> list[Notice]:
    """The next ones to send; none where the client gets nothing, or rests: they are then given up, or put off."""
    at = sender.clock()
    if not records.notices.hold(client, holder, at, at + _HELD_FOR):
        return []
    receiver, endpoint = sender.receivers.get(client), records.notices.endpoint(client)
    why = "not_subscribed" if receiver is None else None
    if receiver is not None and endpoint.disabled_address == receiver.address_digest:
        why = "disabled"
    if why is not None:
        records.notices.give_up(client, why, at)
        return []
    if endpoint.paused_until is not None and endpoint.paused_until > at:
        records.notices.postpone(client, endpoint.paused_until)
        return []
    return list(records.notices.due(client, at, _PAGE))


def _send(sender: Sender, notice: Notice, holder: UUID) -> bool:
    """Whether the next one may follow."""
    receiver = sender.receivers[notice.client]
    headers = receiver.secrets.headers(str(notice.id), sender.clock(), notice.body)
    reply = sender.post(receiver.address, headers, notice.body)
    return sender.transact(lambda records: _note(records, sender, notice, reply, holder))


def _note(records: Records, sender: Sender, notice: Notice, reply: Reply, holder: UUID) -> bool:
    """What came of one attempt, for the notice and for the address."""
    at, rules = sender.clock(), sender.rules
    # Whoever took so long that another process has taken over leaves the rest to it.
    held = records.notices.hold(notice.client, holder, at, at + _HELD_FOR)
    endpoint, attempts = records.notices.endpoint(notice.client), notice.attempts + 1
    if reply.status is not None and 200 <= reply.status < 300:
        delivered = replace(
            notice, state=NoticeState.DELIVERED, attempts=attempts, next_at=None, last_error=None, done_at=at
        )
        records.notices.save(delivered)
        if endpoint.failures or endpoint.paused_until is not None:
            records.notices.save_endpoint(Endpoint(client=notice.client))
        return held
    error = reply.error or f"http_{reply.status}"
    tried = replace(notice, attempts=attempts, last_error=error)
    if reply.status == _GONE:
        # Whoever says so wants nothing any more: an operator enables it again, or another address does.
        disabled = replace(endpoint, disabled_at=at, disabled_address=sender.receivers[notice.client].address_digest)
        records.notices.save_endpoint(disabled)
        records.notices.save(_given_up(tried, error, at))
        return False
    next_at = at + rules.pause(attempts, rules.longest_pause)
    if notice.give_up_at is not None and next_at > notice.give_up_at:
        records.notices.save(_given_up(tried, error, at))
    else:
        records.notices.save(replace(tried, next_at=next_at))
    return _rest(records, rules, endpoint, reply, at) and held


def _rest(records: Records, rules: SendingRules, endpoint: Endpoint, reply: Reply, at: datetime) -> bool:
    """Whether the address may be asked for the next one now, or rests."""
    failures = endpoint.failures + 1
    if reply.status is not None and reply.status not in _TRY_LATER and failures < _IN_A_ROW:
        records.notices.save_endpoint(replace(endpoint, failures=failures))
        return True
    rest = rules.pause(failures, rules.longest_rest)
    if reply.retry_after_seconds is not None:
        rest = max(rest, min(timedelta(seconds=reply.retry_after_seconds), rules.longest_rest))
    records.notices.save_endpoint(replace(endpoint, failures=failures, paused_until=at + rest))
    records.notices.postpone(endpoint.client, at + rest)
    return False


def _given_up(notice: Notice, why: str, at: datetime) -> Notice:
    return replace(notice, state=NoticeState.DEAD, next_at=None, last_error=why, done_at=at)


def _end(records: Records, sender: Sender, client: str, holder: UUID) -> bool:
    """Let go, unless something came meanwhile whose own job has found the client held."""
    at = sender.clock()
    if not records.notices.hold(client, holder, at, at + _HELD_FOR):
        return True
    if records.notices.due(client, at, 1):
        return False
    records.notices.let_go(client, holder)
    return True


def _hand_on(records: Records, client: str, holder: UUID, notice_id: UUID) -> None:
    records.notices.let_go(client, holder)
    records.notices.enqueue(notice_id)
