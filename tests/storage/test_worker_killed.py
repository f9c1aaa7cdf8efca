"""kill -9 between and inside steps: the job is finished by whoever comes next, and no finished step is run again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from issuance.jobs import JobKind
from storage import slots
from storage.errors import SlotTaken
from storage.jobs import job_id
from storage.runner import Database
from storage.worker import Worker
from tests.processes import Forked
from tests.storage.killed_worker import STEPS, work
from tests.storage.workers import options_of, wait_until, working

# Inside a step and between two, and finished by each, in every run; all pairs in a campaign.
ALWAYS = {("produce", "slot-1"), ("after produce", "slot-2")}
DEATHS = [
    pytest.param(point, following, marks=() if (point, following) in ALWAYS else pytest.mark.campaign)
    for step in STEPS
    for point in (step, f"after {step}")
    for following in ("slot-1", "slot-2")
]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@contextmanager
def worker_process(url: str, journal: Path, executor_id: str, stand_still_at: str) -> Iterator[Forked]:
    process = Forked(work, url, str(journal), executor_id, stand_still_at)
    try:
        yield process
    finally:
        process.close()


def lines(journal: Path) -> list[str]:
    return journal.read_text().splitlines() if journal.exists() else []


@pytest.mark.parametrize(("point", "next_executor"), DEATHS)
def test_a_killed_job_is_finished_by_the_next_worker(
    database_url: str, journal: Path, point: str, next_executor: str
) -> None:
    """slot-1 again: it finds its own job when it starts. slot-2: the sweep takes it over from the dead."""
    database = Database(database_url, clock=lambda: datetime.now(UTC))
    application_id = uuid4()
    database.run_blocking(lambda records: records.jobs.enqueue(JobKind.ISSUE_RESULT, application_id))
    try:
        with worker_process(database_url, journal, "slot-1", point) as first:
            wait_until(lambda: f"slot-1 {point}" in lines(journal), 60)
            first.kill()
        with worker_process(database_url, journal, next_executor, "never"):
            wait_until(lambda: is_done(database, application_id), 60)
    finally:
        database.dispose_blocking()
    reached = [line.split(" ", 1)[1] for line in lines(journal)]
    # Only the step in which it died has run twice.
    expected = list(STEPS) if point.startswith("after") else sorted([*STEPS, point], key=STEPS.index)
    assert [name for name in reached if not name.startswith("after")] == expected


def test_a_slot_that_another_process_works_in_is_refused(
    database_url: str, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else each would take the other's running jobs for its own leftovers."""
    database = Database(database_url, clock=lambda: datetime.now(UTC))
    database.run_blocking(lambda records: records.jobs.enqueue(JobKind.ISSUE_RESULT, uuid4()))
    try:
        with worker_process(database_url, journal, "slot-1", "produce"):
            wait_until(lambda: "slot-1 produce" in lines(journal), 60)
            with monkeypatch.context() as patch:
                patch.setattr(slots, "_PATIENCE_SECONDS", 0.5)
                for _ in range(2):
                    with pytest.raises(SlotTaken, match="slot-1"):
                        Worker(database, {}, options_of("slot-1")).start()
            if database.is_postgresql:
                with working(database, {}, options_of("slot-2")):
                    pass
        with working(database, {}, options_of("slot-1")):
            pass
    finally:
        database.dispose_blocking()
    assert lines(journal).count("slot-1 produce") == 1


def is_done(database: Database, application_id: UUID) -> bool:
    found = database.queue.client.list_workflows(workflow_ids=[job_id(JobKind.ISSUE_RESULT, application_id)])
    return bool(found) and found[0].status == "SUCCESS"
