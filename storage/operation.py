"""How the installation is, read from the tables of jobs, workers, money and the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.jobs import JobKind
from issuance.operation import Health, JobCount, JobState, ScheduleSeen, WorkerSeen

from .delivery_tables import NOTICE_IS_DEAD, notices
from .jobs import AGAIN_SUFFIX, SCHEDULED_WORKFLOW, SCHEMA
from .ledger_tables import UNSEALED, ledger_heads, ledger_seals
from .payment_tables import PAYMENT_WAITS, REFUND_AT_DESK, received_payments, refund_orders
from .schedules import SqlSchedules
from .tables import issuing_failures, worker_heartbeats

BACKUP = "backup"
"""Its name among the schedules; no timer asks for it."""

_AGAIN = "AGAIN"
_STATES = {
    "ENQUEUED": JobState.WAITING,
    "DELAYED": JobState.WAITING,
    _AGAIN: JobState.WAITING_AGAIN,
    "PENDING": JobState.RUNNING,
    "SUCCESS": JobState.DONE,
    "ERROR": JobState.FAILED,
    "CANCELLED": JobState.FAILED,
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": JobState.FAILED,
}
_UUID_CHARS = 36


@dataclass(frozen=True, slots=True)
class JobSeen:
    """job: its id, which says kind and subject. worker: that has it or had it. error: a stable code or an error's name.

    attempts: how often it has failed, as somebody is told of it.
    """

    job: str
    kind: str
    state: JobState
    asked_at: datetime
    worker: str | None
    error: str | None
    attempts: int


class SqlOperation:
    __slots__ = ("_connection", "_jobs", "_outputs")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        schema = SCHEMA if connection.dialect.name == "postgresql" else None
        columns = ("workflow_uuid", "status", "name", "queue_name", "executor_id", "created_at")
        self._jobs = sa.table("workflow_status", *map(sa.column, columns), schema=schema)
        self._outputs = sa.table("workflow_output", *map(sa.column, ("workflow_uuid", "error")), schema=schema)

    def health(self, at: datetime) -> Health:
        schedules = SqlSchedules(self._connection).all()
        backup = next((one for one in schedules if one.name == BACKUP), None)
        seen = self._connection.execute(sa.select(worker_heartbeats).order_by(worker_heartbeats.c.executor_id))
        sealed_at = self._connection.execute(sa.select(sa.func.max(ledger_seals.c.at))).scalar_one()
        return Health(
            at=at,
            workers=[WorkerSeen(row.executor_id, row.seen_at) for row in seen],
            jobs=self.counts(),
            failures=self._count(issuing_failures),
            schedules=[ScheduleSeen(one.name, one.done_at, one.failures) for one in schedules if one.name != BACKUP],
            payments_waiting=self._count(received_payments, PAYMENT_WAITS),
            refunds_waiting=self._count(refund_orders, REFUND_AT_DESK),
            notices_dead=self._count(notices, NOTICE_IS_DEAD),
            sealed_at=sealed_at,
            unsealed=self._connection.execute(
                sa.select(sa.literal(1)).where(sa.exists().where(sa.text(UNSEALED)).select_from(ledger_heads))
            ).scalar_one_or_none()
            is not None,
            backed_up_at=None if backup is None else backup.done_at,
        )

    def counts(self) -> Sequence[JobCount]:
        """By kind and state; of ended ones those that are remembered still."""
        t = self._jobs
        kind = self._kind().label("kind")
        status = self._status().label("state")
        query = sa.select(kind, status, sa.func.count(), sa.func.min(t.c.created_at)).group_by(kind, status)
        found: dict[tuple[str, JobState], tuple[int, int]] = {}
        for name, held, number, oldest in self._connection.execute(query):
            state = _STATES.get(held, JobState.FAILED)
            so_far = found.get((name, state), (0, oldest))
            found[name, state] = (so_far[0] + number, min(so_far[1], oldest))
        return [JobCount(*which, number, _at(oldest)) for which, (number, oldest) in sorted(found.items())]

    def jobs(
        self, *, kind: str | None, states: Sequence[JobState], asked_before: datetime | None, limit: int
    ) -> Sequence[JobSeen]:
        """The oldest first."""
        t = self._jobs
        query = (
            sa.select(t, self._kind().label("kind"), self._status().label("state"))
            .order_by(t.c.created_at, t.c.workflow_uuid)
            .limit(limit)
        )
        query = query.where(self._status().in_([name for name, state in _STATES.items() if state in states]))
        if kind is not None:
            query = query.where(self._kind() == kind)
        if asked_before is not None:
            query = query.where(t.c.created_at < int(asked_before.timestamp() * 1000))
        rows = self._connection.execute(query).all()
        names = [row.workflow_uuid for row in rows]
        failures = dict(self._ended_with(names)) | dict(self._failures(names))
        return [_seen(row, failures.get(row.workflow_uuid)) for row in rows]

    def _ended_with(self, jobs: Sequence[str]) -> Iterator[tuple[str, tuple[str, int]]]:
        t = self._outputs
        for row in self._connection.execute(sa.select(t).where(t.c.workflow_uuid.in_(jobs), t.c.error.is_not(None))):
            yield row.workflow_uuid, (_error_of(row.error), 1)

    def _failures(self, jobs: Sequence[str]) -> Iterator[tuple[str, tuple[str, int]]]:
        f = issuing_failures
        ids = {UUID(job[-_UUID_CHARS:]) for job in jobs if not job.startswith(f"{SCHEDULED_WORKFLOW}-")}
        for row in self._connection.execute(sa.select(f).where(f.c.application_id.in_(ids))):
            yield f"{row.kind}-{row.application_id}", (row.error, row.attempts)

    def _kind(self) -> sa.ColumnElement[str]:
        """A job's id is its kind, a hyphen and a UUID; scheduled work has ids of another form."""
        t = self._jobs
        own = sa.func.substr(t.c.workflow_uuid, 1, sa.func.length(t.c.workflow_uuid) - _UUID_CHARS - 1)
        return sa.case((t.c.name == SCHEDULED_WORKFLOW, sa.literal(SCHEDULED_WORKFLOW)), else_=own)

    def _status(self) -> sa.ColumnElement[str]:
        waits = self._jobs.c.status.in_([name for name, state in _STATES.items() if state is JobState.WAITING])
        again = sa.and_(waits, self._jobs.c.queue_name.like(f"%{AGAIN_SUFFIX}"))
        return sa.case((again, sa.literal(_AGAIN)), else_=self._jobs.c.status)

    def _count(self, table: sa.Table, condition: str | None = None) -> int:
        query = sa.select(sa.func.count()).select_from(table)
        return int(self._connection.execute(query.where(sa.text(condition)) if condition else query).scalar_one())


def parted(job: str) -> tuple[JobKind, UUID]:
    """A job's kind and what it is about. Raises ValueError for what is no job's id."""
    return JobKind(job[: -_UUID_CHARS - 1]), UUID(job[-_UUID_CHARS:])


def _seen(row: Any, failure: tuple[str, int] | None) -> JobSeen:
    state = _STATES.get(row.state, JobState.FAILED)
    error, attempts = failure or (None, 0)
    return JobSeen(row.workflow_uuid, row.kind, state, _at(row.created_at), row.executor_id, error, attempts)


def _error_of(stored: str) -> str:
    """As JobSerializer has written it; whatever else stands there is not shown."""
    try:
        failed = json.loads(stored)["failed"]
    except (ValueError, KeyError, TypeError):
        failed = None
    return failed if isinstance(failed, str) else "unknown"


def _at(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
