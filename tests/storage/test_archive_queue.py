"""Archives wait for each other, documents don't wait for archives."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from issuance.jobs import JobKind, StepRunner
from storage.jobs import QUEUES, job_id
from storage.runner import Database
from tests.storage.workers import QUICK, wait_until, working


@pytest.fixture
def opened(database_url: str) -> Iterator[Database]:
    """For tests without an event loop."""
    database = Database(database_url, clock=lambda: datetime.now(UTC))
    yield database
    database.dispose_blocking()


def test_a_backlog_of_archives_does_not_hold_up_issuing(opened: Database) -> None:
    begun, issued, go_on = set[UUID](), threading.Event(), threading.Event()

    def archive(application_id: UUID, step: StepRunner) -> None:
        begun.add(application_id)
        go_on.wait(20)

    def issue(application_id: UUID, step: StepRunner) -> None:
        issued.set()

    backlog = [(kind, uuid4()) for kind in (JobKind.ARCHIVE_RESULT, JobKind.ARCHIVE_RECEIPT) for _ in range(6)]
    for kind, application_id in backlog:
        opened.run_blocking(lambda r, k=kind, a=application_id: r.jobs.enqueue(k, a))
    handlers = {JobKind.ARCHIVE_RESULT: archive, JobKind.ARCHIVE_RECEIPT: archive, JobKind.ISSUE_RESULT: issue}
    jobs = opened.queue.client
    with working(opened, handlers):
        wait_until(lambda: len(begun) >= 2)
        opened.run_blocking(lambda r: r.jobs.enqueue(JobKind.ISSUE_RESULT, uuid4()))
        assert issued.wait(20)
        taken = len(jobs.list_workflows(status="PENDING", queue_name=QUEUES[JobKind.ARCHIVE_RESULT]))
        go_on.set()
        names = [job_id(*job) for job in backlog]
        wait_until(lambda: all(job.status == "SUCCESS" for job in jobs.list_workflows(workflow_ids=names)), seconds=60)
    # Two, and rarely more: DBOS counts a job it has taken once its thread has begun, and may look again before.
    assert 2 <= taken <= QUICK.concurrency // 2
