"""Notices to citizens' applications: written in the transaction of what they tell, sent by background work.

They hang where every effect passes: at the saving of an application and at the audit trail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from issuance.application import Application, ApplicationState
from issuance.delivery.notice import (
    PAYMENT_ASKED,
    STATE_CHANGED,
    Endpoint,
    Notice,
    NoticeState,
    Subscriptions,
    client_key,
    events_of,
)
from issuance.jobs import JobKind
from issuance.records import AuditEntry

from .applications import SqlApplications
from .audit import SqlAuditTrail
from .cells import Cells
from .conflicts import first_one_wins
from .delivery_tables import NOTICE_IS_DEAD, NOTICE_WAITS, notice_endpoints, notice_targets
from .delivery_tables import notices as t
from .fresh import Fresh
from .jobs import BoundJobs
from .ledger_chain import Chain
from .tables import applications as a
from .together import Together

_WAITS, _DEAD = sa.text(f"({NOTICE_WAITS})"), sa.text(f"({NOTICE_IS_DEAD})")
_TARGET = (
    sa.select(notice_targets.c.client, a.c.code, a.c.state)
    .join(a, a.c.id == notice_targets.c.application_id)
    .where(notice_targets.c.application_id == sa.bindparam("of_application"))
)
_NEXT_SEQ = sa.select(sa.func.coalesce(sa.func.max(t.c.seq), 0) + 1).where(
    t.c.application_id == sa.bindparam("of_application")
)
# Of plain text, since SQLAlchemy caches no INSERT with ON CONFLICT of its own.
_KNOW = sa.text("INSERT INTO notice_endpoints (client, failures) VALUES (:client, 0) ON CONFLICT (client) DO NOTHING")


class SqlNotices:
    __slots__ = ("_asked_for", "_clock", "_connection", "_jobs", "_subscriptions")

    def __init__(
        self, connection: Connection, jobs: BoundJobs, subscriptions: Subscriptions, clock: Callable[[], datetime]
    ) -> None:
        self._connection = connection
        self._jobs = jobs
        self._subscriptions = subscriptions
        self._clock = clock
        self._asked_for: set[str] = set()

    # -- written with the effect

    def tell_of_new(self, application: Application) -> None:
        """Whoever brought it is told of it from now on."""
        if not self._subscriptions.clients or application.requested_by is not None:
            return
        issuer = application.applicant.subject_key.partition("|")[0]
        client = client_key(issuer, application.applicant.client_id)
        if client not in self._subscriptions.clients:
            return
        self._connection.execute(sa.insert(notice_targets), {"application_id": application.id, "client": client})
        self._tell_of_state(client, application, application.submitted_at, 1)

    def state_told(self, application: Application) -> tuple[str, str] | None:
        """Who is told of it, and in which state it stands before it is saved; None where nobody is."""
        if not self._subscriptions.clients:
            return None
        query = _TARGET.where(a.c.version == application.version)
        row = self._connection.execute(query, {"of_application": application.id}).one_or_none()
        return None if row is None or row.client not in self._subscriptions.clients else (row.client, row.state)

    def tell_of_saved(self, application: Application, told: tuple[str, str], at: datetime) -> None:
        client, before = told
        if application.state.value != before:
            self._tell_of_state(client, application, at)

    def tell_of_entry(self, entry: AuditEntry) -> None:
        """What stands in the audit trail, where it is anything that citizens are told."""
        if not self._subscriptions.clients or entry.application_id is None:
            return
        events = events_of(entry.action, entry.details)
        if not events:
            return
        row = self._connection.execute(_TARGET, {"of_application": entry.application_id}).one_or_none()
        if row is None or row.client not in self._subscriptions.clients:
            return
        for event, more in events:
            self._add(row.client, entry.application_id, row.code, event, more, entry.at)

    def _tell_of_state(self, client: str, application: Application, at: datetime, seq: int | None = None) -> None:
        state = {"state": application.state.value}
        self._add(client, application.id, application.code, STATE_CHANGED, state, at, seq)
        if application.state is ApplicationState.PAYMENT_ASKED:
            following = None if seq is None else seq + 1
            self._add(client, application.id, application.code, PAYMENT_ASKED, {}, at, following)

    def _add(
        self,
        client: str,
        application_id: UUID,
        code: str,
        event: str,
        more: Mapping[str, str],
        at: datetime,
        seq: int | None = None,
    ) -> None:
        """seq: where it is known, as of a new application, on which everybody's submission waits."""
        if seq is None:
            seq = self._connection.execute(_NEXT_SEQ, {"of_application": application_id}).scalar_one()
        now, notice_id = self._clock(), uuid4()
        row = {
            "id": notice_id,
            "client": client,
            "application_id": application_id,
            "seq": seq,
            "type": event,
            "data": {"application": code, "application_id": str(application_id), "sequence": seq, **more},
            "created_at": at,
            "state": NoticeState.WAITING.value,
            "attempts": 0,
            # Of one clock, while a request knows when it began: in this order they are sent.
            "next_at": now,
            "give_up_at": now + self._subscriptions.give_up_after,
        }
        with first_one_wins():
            self._connection.execute(sa.insert(t), row)
        if client not in self._asked_for:
            # One job sends all that waits for a client.
            self._asked_for.add(client)
            self._connection.execute(_KNOW, {"client": client})
            self._jobs.enqueue(JobKind.SEND_NOTICES, notice_id)

    # -- sending

    def find(self, notice_id: UUID) -> Notice | None:
        row = self._connection.execute(sa.select(t).where(t.c.id == notice_id)).mappings().one_or_none()
        return None if row is None else _from_row(row)

    def hold(self, client: str, holder: UUID, at: datetime, until: datetime) -> bool:
        e = notice_endpoints.c
        self._connection.execute(_KNOW, {"client": client})
        free = sa.or_(e.held_by.is_(None), e.held_by == holder, e.held_until <= at)
        taken = sa.update(notice_endpoints).where(e.client == client, free).values(held_by=holder, held_until=until)
        return self._connection.execute(taken).rowcount == 1

    def let_go(self, client: str, holder: UUID) -> None:
        e = notice_endpoints.c
        mine = sa.update(notice_endpoints).where(e.client == client, e.held_by == holder)
        self._connection.execute(mine.values(held_by=None, held_until=None))

    def endpoint(self, client: str) -> Endpoint:
        query = sa.select(notice_endpoints).where(notice_endpoints.c.client == client)
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            return Endpoint(client=client)
        return Endpoint(
            client=client,
            failures=row["failures"],
            paused_until=row["paused_until"],
            disabled_at=row["disabled_at"],
            disabled_address=row["disabled_address"],
        )

    def save_endpoint(self, endpoint: Endpoint) -> None:
        self._connection.execute(_KNOW, {"client": endpoint.client})
        self._connection.execute(
            sa.update(notice_endpoints)
            .where(notice_endpoints.c.client == endpoint.client)
            .values(
                failures=endpoint.failures,
                paused_until=endpoint.paused_until,
                disabled_at=endpoint.disabled_at,
                disabled_address=endpoint.disabled_address,
            )
        )

    def due(self, client: str, at: datetime, limit: int) -> Sequence[Notice]:
        query = sa.select(t).where(_WAITS, t.c.client == client, t.c.next_at <= at)
        return self._read(query.order_by(t.c.next_at, t.c.seq).limit(limit))

    def save(self, notice: Notice) -> None:
        self._connection.execute(
            sa.update(t)
            .where(t.c.id == notice.id)
            .values(
                state=notice.state.value,
                attempts=notice.attempts,
                next_at=notice.next_at,
                give_up_at=notice.give_up_at,
                last_error=notice.last_error,
                done_at=notice.done_at,
            )
        )

    def postpone(self, client: str, until: datetime) -> None:
        waiting = sa.update(t).where(_WAITS, t.c.client == client, t.c.next_at < until)
        self._connection.execute(waiting.values(next_at=until))

    def hasten(self, client: str, at: datetime) -> None:
        later = sa.update(t).where(_WAITS, t.c.client == client, t.c.next_at > at)
        self._connection.execute(later.values(next_at=at))

    def give_up(self, client: str, why: str, at: datetime) -> None:
        waiting = sa.update(t).where(_WAITS, t.c.client == client)
        self._connection.execute(waiting.values(state=NoticeState.DEAD.value, next_at=None, last_error=why, done_at=at))

    def dead(self, client: str | None, limit: int) -> Sequence[Notice]:
        query = sa.select(t).where(_DEAD)
        if client is not None:
            query = query.where(t.c.client == client)
        return self._read(query.order_by(t.c.done_at.desc(), t.c.id.desc()).limit(limit))

    def counts(self) -> Mapping[str, Mapping[NoticeState, int]]:
        undelivered = sa.text(f"({NOTICE_WAITS} OR {NOTICE_IS_DEAD})")
        query = sa.select(t.c.client, t.c.state, sa.func.count()).where(undelivered).group_by(t.c.client, t.c.state)
        found: dict[str, dict[NoticeState, int]] = {}
        for client, state, count in self._connection.execute(query):
            found.setdefault(client, {})[NoticeState(state)] = count
        return found

    def enqueue(self, notice_id: UUID) -> None:
        # The notice's own job has ended, perhaps because another one was sending: asking for it would change nothing.
        self._jobs.enqueue_further(JobKind.SEND_NOTICES, notice_id)

    def forget(self, done_before: datetime, limit: int) -> int:
        later = t.alias("later")
        not_the_last = sa.exists().where(later.c.application_id == t.c.application_id, later.c.seq > t.c.seq)
        old = sa.select(t.c.id).where(t.c.done_at < done_before, not_the_last).limit(limit)
        ids = self._connection.execute(old).scalars().all()
        if ids:
            self._connection.execute(sa.delete(t).where(t.c.id.in_(ids)))
        return len(ids)

    def _read(self, query: sa.Select[Any]) -> Sequence[Notice]:
        return [_from_row(row) for row in self._connection.execute(query).mappings()]


class TellingApplications(SqlApplications):
    """Applications whose changes of state are told."""

    __slots__ = ("_notices",)

    def __init__(
        self,
        connection: Together,
        cells: Cells,
        clock: Callable[[], datetime],
        notices: SqlNotices,
    ) -> None:
        super().__init__(connection, cells, clock)
        self._notices = notices

    def add(self, application: Application) -> None:
        super().add(application)
        self._notices.tell_of_new(application)

    def save(self, application: Application) -> Application:
        told = self._notices.state_told(application)
        stored = super().save(application)
        if told is not None:
            self._notices.tell_of_saved(stored, told, self._clock())
        return stored


class TellingAudit(SqlAuditTrail):
    """The audit trail, of which citizens' applications are told what concerns them."""

    __slots__ = ("_notices",)

    def __init__(self, connection: Together, chain: Chain, fresh: Fresh, notices: SqlNotices) -> None:
        super().__init__(connection, chain, fresh)
        self._notices = notices

    def append(self, entry: AuditEntry) -> None:
        super().append(entry)
        self._notices.tell_of_entry(entry)


def _from_row(row: RowMapping) -> Notice:
    return Notice(
        id=row["id"],
        client=row["client"],
        application_id=row["application_id"],
        seq=row["seq"],
        type=row["type"],
        data=row["data"],
        created_at=row["created_at"],
        state=NoticeState(row["state"]),
        attempts=row["attempts"],
        next_at=row["next_at"],
        give_up_at=row["give_up_at"],
        last_error=row["last_error"],
        done_at=row["done_at"],
    )
