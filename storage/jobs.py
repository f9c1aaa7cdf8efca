"""Background jobs, asked for inside the transaction that causes them, through DBOS in the same database.

A job's id says what it is about (`issue-result-<application>`), so asking twice for the same one changes nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID, uuid4

from dbos import DBOSClient
from dbos import Serializer as DbosSerializer
from dbos import error as dbos_error
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from issuance.jobs import JobKind

from .compile_once import CompiledStatements, CompilingOnce
from .enqueued import Enqueued
from .together import Together

APPLICATION_NAME = "condau"
APPLICATION_VERSION = "1"
"""Pinned: DBOS's default is a hash of the code, and then jobs of yesterday's code would silently wait for ever."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where jobs of a kind wait. priority: within the queue, the lowest first; alike, who was asked for first."""

    queue: str
    priority: int


# A queue for everything outside that can be away, so that it holds up nothing else; within it, who is waited for first.
PLACES: Mapping[JobKind, Place] = {
    JobKind.CONSULT_REGISTER: Place("register", 1),
    JobKind.ISSUE_RESULT: Place("documents", 1),
    JobKind.ISSUE_RECEIPT: Place("documents", 2),
    JobKind.ISSUE_APOLOGY: Place("documents", 3),
    JobKind.ARCHIVE_RESULT: Place("archive", 1),
    JobKind.ARCHIVE_RECEIPT: Place("archive", 2),
    JobKind.ARCHIVE_APOLOGY: Place("archive", 3),
    JobKind.REHEARSE_POLICY: Place("rehearsals", 1),
    JobKind.CARRY_OVER: Place("carry-overs", 1),
    JobKind.SEND_NOTICES: Place("notices", 1),
    JobKind.CONFIRM_PAYMENT: Place("payments", 1),
    JobKind.SEND_REFUND: Place("payments", 2),
}
QUEUES: Mapping[JobKind, str] = {kind: place.queue for kind, place in PLACES.items()}
FOUND_BY_SWEEP = 10
"""So much later comes what nobody asked for but a sweep: after a batch that was killed it finds documents by the
thousand, and whoever applies today shall not wait for them."""
AGAIN_SUFFIX = "-again"
WORKFLOW = "job"
SCHEDULED_WORKFLOW = "scheduled"
SCHEDULED_QUEUE = "scheduled"
SCHEMA = "dbos"
"""Where DBOS's tables stand on PostgreSQL; SQLite has them in the same file as ours."""


def job_id(kind: JobKind, application_id: UUID) -> str:
    return f"{kind.value}-{application_id}"


def scheduled_id(name: str, period_at: datetime, attempt: int = 0) -> str:
    """attempt: how often the run of this period has failed."""
    return f"scheduled-{name}-{period_at.isoformat()}-{attempt}"


def queue_for_another_attempt(kind: JobKind) -> str:
    """Where a job that ended waits when it is asked for again.

    DBOS takes from a queue what was created first, and a job asked for again keeps that time: in its first queue it
    would come before all new ones, again and again.
    """
    return f"{QUEUES[kind]}{AGAIN_SUFFIX}"


class JobFailed(Exception):
    """A step's failure as DBOS remembers it: the name of the error, never its message."""


def cause_of(error: BaseException) -> BaseException:
    """What made a job fail: behind the news that all attempts are used up, the error of the last attempt."""
    if isinstance(error, dbos_error.DBOSMaxStepRetriesExceeded) and error.errors:
        return error.errors[-1]
    return error


def name_of(error: BaseException) -> str:
    """The stable code of what made a job fail, or its class's name. Messages could carry anything; these cannot."""
    cause = type(cause_of(error))
    # SQLAlchemy's codes are places in its documentation, and say less than its names.
    code = None if issubclass(cause, SQLAlchemyError) else getattr(cause, "code", None)
    return code if isinstance(code, str) else cause.__name__


class JobSerializer(DbosSerializer):
    """JSON for what DBOS stores. Its default is pickle, which would run whatever somebody wrote into its tables."""

    def serialize(self, data: Any) -> str:
        if isinstance(data, BaseException):
            data = {"failed": name_of(data)}
        return json.dumps(data, allow_nan=False)

    def deserialize(self, serialized_data: str) -> Any:
        data = json.loads(serialized_data)
        if isinstance(data, dict) and data.keys() == {"failed"}:
            return JobFailed(data["failed"])
        return data

    def name(self) -> str:
        return "condau_json"


class JobQueue:
    """Enqueues jobs on a caller's connection, and mends jobs that got stuck."""

    def __init__(self, url: str) -> None:
        quieten_dbos()
        self._statements = CompiledStatements()
        self._enqueued: dict[tuple[JobKind, int], Enqueued] = {}
        self.client = DBOSClient(
            system_database_url=url,
            dbos_system_schema=SCHEMA,
            serializer=JobSerializer(),
            application_name=APPLICATION_NAME,
            lazy=True,
            retry_connection_errors=False,
        )

    def enqueue(
        self,
        connection: Together,
        kind: JobKind,
        application_id: UUID,
        turn: UUID | None = None,
        later_by: int = 0,
    ) -> None:
        """In the connection's transaction, each job once; harmless where it is known, in whatever state.

        turn: of a further job about the same. later_by: so much is added to the kind's priority.
        """

        def enqueue(on: object, workflow_id: str, about: UUID) -> None:
            self._enqueue(cast("Connection", on), kind, workflow_id, about, later_by)

        workflow_id = job_id(kind, application_id) + ("" if turn is None else f"-{turn}")
        if not connection.waits:
            enqueue(CompilingOnce(connection.plain(), self._statements), workflow_id, application_id)
            return
        enqueued = self._enqueued.get((kind, later_by))
        if enqueued is None:
            enqueued = self._enqueued[kind, later_by] = Enqueued.noted(connection.dialect, enqueue)
        for prepared, values in enqueued.rows(workflow_id, application_id):
            connection.insert_job(prepared, values)

    def _enqueue(
        self, connection: Connection, kind: JobKind, workflow_id: str, application_id: UUID, later_by: int
    ) -> None:
        self.client.enqueue_in_transaction(
            connection,
            {
                "workflow_name": WORKFLOW,
                "queue_name": PLACES[kind].queue,
                "priority": PLACES[kind].priority + later_by,
                "workflow_id": workflow_id,
                "app_version": APPLICATION_VERSION,
            },
            kind.value,
            str(application_id),
        )

    def enqueue_scheduled(self, connection: Together, name: str, period_at: datetime, attempt: int) -> None:
        """The run of a period, in the connection's transaction; harmless where it is known."""
        self.client.enqueue_in_transaction(
            cast("Connection", CompilingOnce(connection.plain(), self._statements)),
            {
                "workflow_name": SCHEDULED_WORKFLOW,
                "queue_name": SCHEDULED_QUEUE,
                "workflow_id": scheduled_id(name, period_at, attempt),
                "app_version": APPLICATION_VERSION,
            },
            name,
            period_at.isoformat(),
        )

    def close(self) -> None:
        self.client.destroy()


class BoundJobs:
    """The port of issuance, bound to one transaction."""

    __slots__ = ("_connection", "_queue", "_wanted")

    def __init__(self, queue: JobQueue, connection: Together) -> None:
        self._queue = queue
        self._connection = connection
        self._wanted: set[tuple[JobKind, UUID]] = set()

    def enqueue(self, kind: JobKind, application_id: UUID) -> None:
        self._enqueue_once(kind, application_id)

    def enqueue_found(self, kind: JobKind, application_id: UUID) -> None:
        """What a sweep has found missing."""
        self._enqueue_once(kind, application_id, FOUND_BY_SWEEP)

    def enqueue_further(self, kind: JobKind, application_id: UUID) -> None:
        """A job of its own, also where one about the same has ended."""
        self._queue.enqueue(self._connection, kind, application_id, uuid4())

    def enqueue_scheduled(self, name: str, period_at: datetime, attempt: int) -> None:
        self._queue.enqueue_scheduled(self._connection, name, period_at, attempt)

    def _enqueue_once(self, kind: JobKind, application_id: UUID, later_by: int = 0) -> None:
        # One statement cannot write the same job twice.
        if (kind, application_id) not in self._wanted:
            self._wanted.add((kind, application_id))
            self._queue.enqueue(self._connection, kind, application_id, later_by=later_by)


def quieten_dbos() -> None:
    """Send DBOS's log where ours goes. By itself it prints to the console, at level INFO, with addresses to visit."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        # With a handler in place DBOS adds none of its own and leaves propagation on.
        logger.addHandler(logging.NullHandler())
        logger.addFilter(_name_errors_only)
        logger.setLevel(logging.WARNING)


def _name_errors_only(record: logging.LogRecord) -> bool:
    # DBOS logs a failed step's traceback, whose last line is the error's message: it could carry anything.
    if record.exc_info and record.exc_info[0] is not None:
        record.msg, record.args = f"{record.getMessage()} ({record.exc_info[0].__name__})", None
    record.exc_info = record.exc_text = None
    return True
