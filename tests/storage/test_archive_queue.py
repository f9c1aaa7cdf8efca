"""Archives wait for each other, documents don't wait for archives."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from issuance.jobs import JobKind, StepRunner
from storage.jobs import job_id
from storage.runner import Database
from tests.storage.workers import wait_until, working


@pytest.fixture
def opened(database_url: str) -> Iterator[Database]:
    """For tests without an event loop."""
    database = Database(database_url, clock=lambda: datetime.now(UTC))
    yield database
    database.dispose_blocking()


def test_a_backlog_of_archives_does_not_hold_up_issuing(opened: Database) -> None:
    at_work, issued, go_on = set[UUID](), threading.Event(), threading.Event()
    most = 0

    def archive(application_id: UUID, step: StepRunner) -> None:
        nonlocal most
        at_work.add(application_id)
        most = max(most, len(at_work))
        go_on.wait(20)
        at_work.discard(application_id)

    def issue(application_id: UUID, step: StepRunner) -> None:
        issued.set()

    backlog = [(kind, uuid4()) for kind in (JobKind.ARCHIVE_RESULT, JobKind.ARCHIVE_RECEIPT) for _ in range(6)]
    for kind, application_id in backlog:
        opened.run_blocking(lambda r, k=kind, a=application_id: r.jobs.enqueue(k, a))
    handlers = {JobKind.ARCHIVE_RESULT: archive, JobKind.ARCHIVE_RECEIPT: archive, JobKind.ISSUE_RESULT: issue}
    with working(opened, handlers):
        wait_until(lambda: len(at_work) == 2)
        opened.run_blocking(lambda r: r.jobs.enqueue(JobKind.ISSUE_RESULT, uuid4()))
        assert issued.wait(20)
        go_on.set()
        names = [job_id(*job) for job in backlog]
        wait_until(lambda: all(j.status == "SUCCESS" for j in opened.queue.client.list_workflows(workflow_ids=names)))
    assert most == 2
