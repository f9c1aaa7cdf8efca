"""Background jobs, asked for inside the transaction that causes them, through DBOS in the same database.

A job's id says what it is about (`issue-result-<application>`), so asking twice for the same one changes nothing.
"""

from __future__ import annotations

import json
import logging
from typing import Any, cast
from uuid import UUID

from dbos import DBOSClient
from dbos import Serializer as DbosSerializer
from dbos import error as dbos_error
from sqlalchemy import Connection

from issuance.jobs import JobKind

from .compile_once import CompiledStatements, CompilingOnce

APPLICATION_NAME = "condau"
APPLICATION_VERSION = "1"
"""Pinned: DBOS's default is a hash of the code, and then jobs of yesterday's code would silently wait for ever."""

QUEUE = "documents"
WORKFLOW = "job"
SCHEMA = "dbos"
"""Where DBOS's tables stand on PostgreSQL; SQLite has them in the same file as ours."""


def job_id(kind: JobKind, application_id: UUID) -> str:
    return f"{kind.value}-{application_id}"


class JobFailed(Exception):
    """A step's failure as DBOS remembers it: the name of the error, never its message."""


def cause_of(error: BaseException) -> BaseException:
    """What made a job fail: behind the news that all attempts are used up, the error of the last attempt."""
    if isinstance(error, dbos_error.DBOSMaxStepRetriesExceeded) and error.errors:
        return error.errors[-1]
    return error


class JobSerializer(DbosSerializer):
    """JSON for what DBOS stores. Its default is pickle, which would run whatever somebody wrote into its tables."""

    def serialize(self, data: Any) -> str:
        if isinstance(data, BaseException):
            # Messages could carry anything; a class name or a stable code cannot.
            cause = cause_of(data)
            data = {"failed": getattr(cause, "code", None) or type(cause).__name__}
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

    def enqueue(self, connection: Connection, kind: JobKind, application_id: UUID) -> None:
        """In the connection's transaction; harmless where the job is known, in whatever state."""
        self.client.enqueue_in_transaction(
            cast("Connection", CompilingOnce(connection, self._statements)),
            {
                "workflow_name": WORKFLOW,
                "queue_name": QUEUE,
                "workflow_id": job_id(kind, application_id),
                "app_version": APPLICATION_VERSION,
            },
            kind.value,
            str(application_id),
        )

    def close(self) -> None:
        self.client.destroy()


class BoundJobs:
    """The port of issuance, bound to one transaction."""

    __slots__ = ("_connection", "_queue")

    def __init__(self, queue: JobQueue, connection: Connection) -> None:
        self._queue = queue
        self._connection = connection

    def enqueue(self, kind: JobKind, application_id: UUID) -> None:
        self._queue.enqueue(self._connection, kind, application_id)


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
