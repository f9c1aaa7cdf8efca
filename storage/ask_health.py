"""The installation's health for whoever asks from outside a transaction; and a failed job tried once more by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from issuance.jobs import JobKind
from issuance.operation import Health, JobState
from verification.register import RegisterUnavailable

from .jobs import job_id
from .operation import JobSeen
from .runner import Database
from .sweeps import is_ended, start_over


def reachable_health(database: Database) -> Health | None:
    """None where the database can't be asked."""
    try:
        return database.run_blocking(lambda records: records.operation.health(database.clock()))
    except (SQLAlchemyError, RegisterUnavailable):
        return None


def reachable_jobs(
    database: Database, kind: str | None, states: Sequence[JobState], asked_before: datetime | None, limit: int
) -> Sequence[JobSeen] | None:
    """The oldest first; None where the database can't be asked."""
    try:
        return database.run_blocking(
            lambda records: records.operation.jobs(kind=kind, states=states, asked_before=asked_before, limit=limit)
        )
    except (SQLAlchemyError, RegisterUnavailable):
        return None


def try_again(database: Database, kind: JobKind, about: UUID) -> bool:
    """Run a job that ended once more from its first step; its steps are harmless when repeated.

    Whether it was: a job that waits or runs is left alone, one that nobody knows any more is begun by the sweep.
    """
    client = database.queue.client
    known = client.list_workflows(workflow_ids=[job_id(kind, about)], load_input=False, load_output=False)
    return any(is_ended(job) and start_over(client, (kind, about)) for job in known)
