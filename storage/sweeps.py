"""Mending: jobs of workers that died are taken over, and what the domain still waits for is asked for again.

DBOS by itself leaves the jobs of a dead worker PENDING for ever, and a job that failed for good stays failed. A sweep
looks at both sides. Run twice in a row it changes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from dbos import DBOSClient, WorkflowStatus, error

from issuance.jobs import JobKind

from .jobs import APPLICATION_VERSION, job_id, queue_for_another_attempt
from .records import SqlRecords
from .runner import Database

T = TypeVar("T")
Job = tuple[JobKind, UUID]

_LOCK = 0x7377_6565_70
"""The number under which sweeps exclude each other on PostgreSQL."""

_BATCH = 500
_RUNNING = frozenset({"ENQUEUED", "PENDING", "DELAYED"})
_ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepOptions:
    """Times in seconds, except keep_finished_days.

    dead_after: a worker not seen for so long is dead. patience: how long a job may take before it is asked for again;
    after each attempt that failed it is twice as long, up to longest_pause.
    """

    dead_after_seconds: float = 30
    patience_seconds: float = 60
    longest_pause_seconds: float = 3_600
    keep_finished_days: float = 7


@dataclass(frozen=True, slots=True)
class SweepReport:
    """How many jobs were taken over from dead workers, asked for (again), and forgotten because they ended long ago."""

    taken_over: int = 0
    asked_again: int = 0
    forgotten: int = 0


def sweep(database: Database, options: SweepOptions, at: datetime) -> SweepReport:
    """Mend what got stuck. Where another worker sweeps already, nothing is done."""
    with database.alone(_LOCK) as is_alone:
        if not is_alone:
            return SweepReport()
        return SweepReport(
            taken_over=_take_over(database, at - timedelta(seconds=options.dead_after_seconds)),
            asked_again=_ask_again(database, options, at),
            forgotten=_forget(database.queue.client, at - timedelta(days=options.keep_finished_days)),
        )


def _take_over(database: Database, seen_since: datetime) -> int:
    client = database.queue.client
    pending = client.list_workflows(status="PENDING", load_input=False, load_output=False)
    # After the list, so that a worker which took a job meanwhile has said that it is alive.
    alive = database.run_blocking(lambda records: records.heartbeats.alive_since(seen_since))
    stuck: dict[str, list[str]] = {}
    for job in pending:
        if job.executor_id not in alive and job.queue_name is not None:
            stuck.setdefault(job.queue_name, []).append(job.workflow_id)
    for queue, names in stuck.items():
        client.resume_workflows(names, queue_name=queue)
    return sum(map(len, stuck.values()))


def _ask_again(database: Database, options: SweepOptions, at: datetime) -> int:
    changed_before = at - timedelta(seconds=options.patience_seconds)

    def overdue() -> Sequence[Job]:
        return database.run_blocking(lambda records: records.overdue_jobs(changed_before=changed_before))

    client = database.queue.client
    database.run_blocking(lambda records: records.forget_overcome_failures())
    waiting = {job_id(*job): job for job in overdue()}
    known = {
        job.workflow_id: job
        for batch in _batches(list(waiting))
        for job in client.list_workflows(workflow_ids=batch, load_input=False, load_output=False)
    }
    missing = [job for name, job in waiting.items() if name not in known]
    if missing:
        database.run_blocking(lambda records: _enqueue_all(records, missing))
    ended = {waiting[name]: _ended_at(job) for name, job in known.items() if is_ended(job)}
    if not ended:
        return len(missing)
    attempts = database.run_blocking(lambda records: records.failures.attempts())
    due = {job for job, end in ended.items() if end + _pause(options, attempts.get(job, 0)) <= at}
    if due:
        # Read once more: a job that ended between the two readings has had its effect, and is left alone.
        due &= set(overdue())
    return len(missing) + sum(start_over(client, job) for job in due)


def is_ended(job: WorkflowStatus) -> bool:
    return job.status not in _RUNNING


def _ended_at(job: WorkflowStatus) -> datetime:
    return datetime.fromtimestamp((job.completed_at or 0) / 1000, UTC)


def _pause(options: SweepOptions, failures: int) -> timedelta:
    """How long to wait after a job ended before it is asked for again."""
    doubled = min(max(failures - 1, 0), 32)  # further on it is the longest one anyway, and a float has an end
    return timedelta(seconds=min(options.patience_seconds * 2**doubled, options.longest_pause_seconds))


def _enqueue_all(records: SqlRecords, jobs: Sequence[Job]) -> None:
    for kind, application_id in jobs:
        records.jobs.enqueue_found(kind, application_id)


def start_over(client: DBOSClient, job: Job) -> bool:
    """Run a job that ended once more from its first step, under its own id: its steps are harmless when repeated."""
    try:
        client.rewind_workflow(
            job_id(*job), queue_name=queue_for_another_attempt(job[0]), application_version=APPLICATION_VERSION
        )
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
