"""Mending: jobs of workers that died are taken over, and what the domain still waits for is asked for again.

DBOS by itself leaves the jobs of a dead worker PENDING for ever, and a job that failed for good stays failed. A sweep
looks at both sides. Run twice in a row it changes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from dbos import DBOSClient, error

from issuance.jobs import JobKind

from .jobs import APPLICATION_VERSION, QUEUE, job_id
from .records import SqlRecords
from .runner import Database

T = TypeVar("T")

_LOCK = 0x7377_6565_70
"""The number under which sweeps exclude each other on PostgreSQL."""

_BATCH = 500
_RUNNING = frozenset({"ENQUEUED", "PENDING", "DELAYED"})
_ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepOptions:
    """Times in seconds, except keep_finished_days.

    dead_after: a worker not seen for so long is dead. patience: how long a job may take before it is asked for again.
    look_back: a sweep reads the applications changed since; only a worker's first one reads all.
    """

    dead_after_seconds: float = 30
    patience_seconds: float = 60
    look_back_seconds: float = 3 * 86_400
    keep_finished_days: float = 7


@dataclass(frozen=True, slots=True)
class SweepReport:
    """How many jobs were taken over from dead workers, asked for (again), and forgotten because they ended long ago."""

    taken_over: int = 0
    asked_again: int = 0
    forgotten: int = 0


def sweep(database: Database, options: SweepOptions, at: datetime, *, look_at_all: bool = False) -> SweepReport:
    """Mend what got stuck. Where another worker sweeps already, nothing is done."""
    with database.alone(_LOCK) as is_alone:
        if not is_alone:
            return SweepReport()
        return SweepReport(
            taken_over=_take_over(database, at - timedelta(seconds=options.dead_after_seconds)),
            asked_again=_ask_again(
                database,
                None if look_at_all else at - timedelta(seconds=options.look_back_seconds),
                at - timedelta(seconds=options.patience_seconds),
            ),
            forgotten=_forget(database.queue.client, at - timedelta(days=options.keep_finished_days)),
        )


def _take_over(database: Database, seen_since: datetime) -> int:
    client = database.queue.client
    pending = client.list_workflows(status="PENDING", load_input=False, load_output=False)
    # After the list, so that a worker which took a job meanwhile has said that it is alive.
    alive = database.run_blocking(lambda records: records.heartbeats.alive_since(seen_since))
    stuck = [job.workflow_id for job in pending if job.executor_id not in alive]
    if stuck:
        client.resume_workflows(stuck, queue_name=QUEUE)
    return len(stuck)


def _ask_again(database: Database, changed_after: datetime | None, changed_before: datetime) -> int:
    def overdue() -> Sequence[tuple[JobKind, UUID]]:
        return database.run_blocking(
            lambda records: records.overdue_jobs(changed_after=changed_after, changed_before=changed_before)
        )

    client = database.queue.client
    waiting = {job_id(*job): job for job in overdue()}
    known = {
        job.workflow_id: job.status
        for batch in _batches(list(waiting))
        for job in client.list_workflows(workflow_ids=batch, load_input=False, load_output=False)
    }
    missing = [job for name, job in waiting.items() if name not in known]
    if missing:
        database.run_blocking(lambda records: _enqueue_all(records, missing))
    ended = {name for name, status in known.items() if status not in _RUNNING}
    if ended:
        # Read once more: a job that ended between the two readings has had its effect, and is left alone.
        ended &= {job_id(*job) for job in overdue()}
    return len(missing) + sum(_start_over(client, name) for name in ended)


def _enqueue_all(records: SqlRecords, jobs: Sequence[tuple[JobKind, UUID]]) -> None:
    for kind, application_id in jobs:
        records.jobs.enqueue(kind, application_id)


def _start_over(client: DBOSClient, name: str) -> bool:
    """Run a job that ended once more from its first step, under its own id: its steps are harmless when repeated."""
    try:
        client.rewind_workflow(name, queue_name=QUEUE, application_version=APPLICATION_VERSION)
    except error.DBOSException:
        # Refused because it runs again, or is gone: the next sweep sees which.
        return False
    return True


def _forget(client: DBOSClient, ended_before: datetime) -> int:
    """Remove jobs that ended long ago from DBOS's tables, which nobody else does."""
    forgotten = 0
    while True:
        ended = client.list_workflows(
            status=_ENDED,
            completed_before=ended_before.isoformat(),
            limit=_BATCH,
            load_input=False,
            load_output=False,
        )
        if ended:
            client.delete_workflows([job.workflow_id for job in ended])
        forgotten += len(ended)
        if len(ended) < _BATCH:
            return forgotten


def _batches(items: list[T]) -> Iterator[list[T]]:
    return (items[start : start + _BATCH] for start in range(0, len(items), _BATCH))
