"""Background jobs, asked for inside the transaction that causes them, through DBOS in the same database.

A job's id says what it is about (`issue-result-<application>`), so asking twice for the same one changes nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID, uuid4

from dbos import DBOSClient
from dbos import Serializer as DbosSerializer
from dbos import error as dbos_error
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from issuance.jobs import JobKind

from .compile_once import CompiledStatements, CompilingOnce, SentTogether

APPLICATION_NAME = "condau"
APPLICATION_VERSION = "1"
"""Pinned: DBOS's default is a hash of the code, and then jobs of yesterday's code would silently wait for ever."""

# The register has a queue of its own: while it is down, issuing goes on.
QUEUES: Mapping[JobKind, str] = {
    JobKind.CONSULT_REGISTER: "register",
    JobKind.ISSUE_RESULT: "documents",
    JobKind.ISSUE_RECEIPT: "documents",
    JobKind.ISSUE_APOLOGY: "documents",
    JobKind.ARCHIVE_RESULT: "archive",
    JobKind.ARCHIVE_RECEIPT: "archive",
    JobKind.ARCHIVE_APOLOGY: "archive",
    JobKind.REHEARSE_POLICY: "rehearsals",
    JobKind.CARRY_OVER: "carry-overs",
    JobKind.SEND_NOTICES: "notices",
    JobKind.CONFIRM_PAYMENT: "payments",
    JobKind.SEND_REFUND: "payments",
}
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
        connection: Connection,
        kind: JobKind,
        application_id: UUID,
        together: SentTogether | None = None,
        turn: UUID | None = None,
    ) -> None:
        """In the connection's transaction; harmless where the job is known, in whatever state.

        together: where the statements wait until they are sent, each job once. turn: of a further job about the same.
        """
        self.client.enqueue_in_transaction(
            cast("Connection", CompilingOnce(connection, self._statements, together)),
            {
                "workflow_name": WORKFLOW,
                "queue_name": QUEUES[kind],
                "workflow_id": job_id(kind, application_id) + ("" if turn is None else f"-{turn}"),
                "app_version": APPLICATION_VERSION,
            },
            kind.value,
            str(application_id),
        )

    def enqueue_scheduled(self, connection: Connection, name: str, period_at: datetime, attempt: int) -> None:
        """The run of a period, in the connection's transaction; harmless where it is known."""
        self.client.enqueue_in_transaction(
            cast("Connection", CompilingOnce(connection, self._statements)),
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

    __slots__ = ("_connection", "_queue", "_together", "_wanted")

    def __init__(self, queue: JobQueue, connection: Connection) -> None:
        self._queue = queue
        self._connection = connection
        self._together = SentTogether(connection) if SentTogether.suits(connection) else None
        self._wanted: set[tuple[JobKind, UUID]] = set()

    def enqueue(self, kind: JobKind, application_id: UUID) -> None:
        if (kind, application_id) not in self._wanted:
            self._wanted.add((kind, application_id))
            self._queue.enqueue(self._connection, kind, application_id, self._together)

    def enqueue_further(self, kind: JobKind, application_id: UUID) -> None:
        """A job of its own, also where one about the same has ended."""
        self._queue.enqueue(self._connection, kind, application_id, self._together, uuid4())

    def send(self) -> None:
        """Before the commit: write what waits to be written."""
        if self._together is not None:
            self._together.send()

    def enqueue_scheduled(self, name: str, period_at: datetime, attempt: int) -> None:
        self._queue.enqueue_scheduled(self._connection, name, period_at, attempt)


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
