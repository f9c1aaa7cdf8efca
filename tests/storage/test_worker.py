"""Jobs: enqueued with their cause or not at all, done in steps that are not repeated, found again after failures."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from issuance.application import Application, ApplicationState
from issuance.certificate import CertificateKind
from issuance.errors import NotApproved, RegisterUnavailable
from issuance.jobs import JobKind, StepRunner
from storage.jobs import AGAIN_SUFFIX, QUEUES, job_id
from storage.records import SqlRecords
from storage.runner import Database
from storage.sweeps import SweepOptions, sweep
from storage.worker import Worker
from tests.storage.people import NOW, an_answer, an_application, approved, issue_now
from tests.storage.workers import QUICK, options_of, quick, wait_until, working


@pytest.fixture
def opened(database_url: str) -> Iterator[Database]:
    """For tests without an event loop."""
    database = Database(database_url, clock=lambda: datetime.now(UTC))
    yield database
    database.dispose_blocking()


def job_status(database: Database, kind: JobKind, application_id: UUID) -> str | None:
    found = database.queue.client.list_workflows(workflow_ids=[job_id(kind, application_id)])
    return found[0].status if found else None


def count_jobs(database: Database) -> int:
    return len(database.queue.client.list_workflows())


def ask(database: Database, application_id: UUID, kind: JobKind = JobKind.ISSUE_RESULT) -> None:
    database.run_blocking(lambda records: records.jobs.enqueue(kind, application_id))


async def test_a_job_is_there_after_the_commit_of_its_cause(database: Database) -> None:
    application = an_application()

    def submit(records: SqlRecords) -> None:
        records.applications.add(application)
        records.jobs.enqueue(JobKind.CONSULT_REGISTER, application.id)

    await database.run(submit)
    assert job_status(database, JobKind.CONSULT_REGISTER, application.id) == "ENQUEUED"


async def test_a_job_is_gone_with_its_cause(database: Database) -> None:
    def fail(records: SqlRecords) -> None:
        records.jobs.enqueue(JobKind.CONSULT_REGISTER, uuid4())
        raise LookupError("planted")

    with pytest.raises(LookupError):
        await database.run(fail)
    with pytest.raises(LookupError):
        database.run_blocking(fail)
    assert count_jobs(database) == 0


def test_steps_run_in_order_and_hand_on_their_results(opened: Database) -> None:
    seen: list[object] = []

    def handler(application_id: UUID, step: StepRunner) -> None:
        digest, size = step("produce", lambda: ("ab" * 32, 7))
        step("conclude", lambda: seen.append((application_id, digest, size)))

    application_id = uuid4()
    ask(opened, application_id)
    with working(opened, {JobKind.ISSUE_RESULT: handler}):
        wait_until(lambda: job_status(opened, JobKind.ISSUE_RESULT, application_id) == "SUCCESS")
    assert seen == [(application_id, "ab" * 32, 7)]


def test_asking_twice_changes_nothing_also_when_it_is_done(opened: Database) -> None:
    done: Counter[UUID] = Counter()
    application_id = uuid4()
    ask(opened, application_id)
    ask(opened, application_id)
    with working(opened, {JobKind.ISSUE_RESULT: lambda found, step: done.update([found])}):
        wait_until(lambda: job_status(opened, JobKind.ISSUE_RESULT, application_id) == "SUCCESS")
        ask(opened, application_id)
        other = uuid4()
        ask(opened, other)
        wait_until(lambda: job_status(opened, JobKind.ISSUE_RESULT, other) == "SUCCESS")
    assert done == {application_id: 1, other: 1}


def test_who_is_waited_for_comes_first(opened: Database) -> None:
    """Asked for in the opposite order, and done by one at a time."""
    order: list[str] = []
    found = uuid4()
    opened.run_blocking(lambda records: records.jobs.enqueue_found(JobKind.ISSUE_RESULT, found))
    kinds = (JobKind.ISSUE_APOLOGY, JobKind.ISSUE_RECEIPT, JobKind.ISSUE_RESULT)
    for kind in kinds:
        ask(opened, uuid4(), kind)
    handlers = {
        kind: lambda one, step, kind=kind: order.append("found" if one == found else kind.value) for kind in kinds
    }
    with working(opened, handlers, replace(QUICK, concurrency=1)):
        wait_until(lambda: len(order) == 4)
    assert order == ["issue-result", "issue-receipt", "issue-apology", "found"]


def test_other_queues_are_looked_into_less_often_than_that_of_documents(opened: Database) -> None:
    with working(opened, {}):
        known = {one.name: one for one in opened.queue.client.list_queues()}
    assert set(QUEUES.values()) < known.keys()
    intervals = {name: one.polling_interval_sec for name, one in known.items()}
    assert min(intervals.values()) == intervals["documents"] == QUICK.polling_interval_seconds
    slow = {"notices", "rehearsals", "carry-overs", *(f"{name}{AGAIN_SUFFIX}" for name in QUEUES.values())}
    assert all(intervals[name] >= 5 * intervals["documents"] for name in slow)


def test_a_failing_step_is_tried_again_and_finished_steps_are_not(opened: Database) -> None:
    runs: Counter[str] = Counter()

    def handler(application_id: UUID, step: StepRunner) -> None:
        def first() -> None:
            runs["first"] += 1

        def second() -> None:
            runs["second"] += 1
            if runs["second"] == 1:
                raise RegisterUnavailable("planted")

        step("first", first)
        step("second", second)

    application_id = uuid4()
    ask(opened, application_id)
    with working(opened, {JobKind.ISSUE_RESULT: handler}):
        wait_until(lambda: job_status(opened, JobKind.ISSUE_RESULT, application_id) == "SUCCESS")
    assert runs == {"first": 1, "second": 2}


def test_a_refusal_of_the_domain_is_not_tried_again_and_is_seen(
    opened: Database, caplog: pytest.LogCaptureFixture
) -> None:
    runs: Counter[str] = Counter()

    def handler(application_id: UUID, step: StepRunner) -> None:
        def refuse() -> None:
            runs["refuse"] += 1
            raise NotApproved("a message that stays here")

        step("refuse", refuse)

    application_id = uuid4()
    ask(opened, application_id)
    with caplog.at_level(logging.WARNING), working(opened, {JobKind.ISSUE_RESULT: handler}):
        wait_until(lambda: job_status(opened, JobKind.ISSUE_RESULT, application_id) == "ERROR")
    assert runs["refuse"] == 1
    assert "NotApproved" in caplog.text
    assert "a message that stays here" not in caplog.text


def stored(database: Database, application: Application) -> Application:
    database.run_blocking(lambda records: records.applications.add(application))
    return application


def test_what_the_domain_waits_for_is_asked_for_again(opened: Database) -> None:
    """An approved application whose job is lost, one whose job failed, and one whose job ended without its effect."""
    lost, failed, vanished = (stored(opened, approved(an_application())) for _ in range(3))
    failures = Counter({failed.id: QUICK.step_attempts})
    effects: Counter[UUID] = Counter()

    def issue(application_id: UUID, step: StepRunner) -> None:
        def act() -> None:
            if failures[application_id]:
                failures[application_id] -= 1
                raise RegisterUnavailable("planted")
            effects[application_id] += 1
            if application_id == vanished.id and effects[application_id] == 1:
                return
            opened.run_blocking(lambda records: settle(records, application_id))

        step("act", act)

    def settle(records: SqlRecords, application_id: UUID) -> None:
        application = records.applications.by_id(application_id)
        issue_now(records, application)
        records.applications.save(application.moved_to(ApplicationState.SETTLED, NOW))

    ask(opened, failed.id)
    ask(opened, vanished.id)
    handlers = {
        JobKind.ISSUE_RESULT: issue,
        JobKind.ISSUE_RECEIPT: lambda application_id, step: None,
    }
    with working(opened, handlers, quick(patience_seconds=0.3)):
        wait_until(lambda: effects[lost.id] == 1 and effects[failed.id] == 1 and effects[vanished.id] == 2)
        wait_until(lambda: job_status(opened, JobKind.ISSUE_RESULT, vanished.id) == "SUCCESS")
        time.sleep(0.5)
    assert effects == {lost.id: 1, failed.id: 1, vanished.id: 2}


def test_a_sweep_run_twice_changes_nothing_the_second_time(opened: Database) -> None:
    stored(opened, approved(an_application(answers=(an_answer(),))))
    stored(opened, an_application())
    options = SweepOptions(patience_seconds=0)
    later = datetime.now(UTC) + timedelta(seconds=1)
    first = sweep(opened, options, later)
    assert first.asked_again == 4  # the result, the register's answer, two receipts
    second = sweep(opened, options, later)
    assert (second.taken_over, second.asked_again, second.forgotten) == (0, 0, 0)


def test_only_what_waits_is_overdue(opened: Database) -> None:
    later = datetime.now(UTC) + timedelta(seconds=1)

    def overdue() -> set[tuple[JobKind, UUID]]:
        return set(opened.run_blocking(lambda records: records.overdue_jobs(changed_before=later)))

    received = stored(opened, an_application())
    assert overdue() == {(JobKind.CONSULT_REGISTER, received.id), (JobKind.ISSUE_RECEIPT, received.id)}
    answered = opened.run_blocking(lambda r: r.applications.save(replace(received, answers=(an_answer(),))))
    assert overdue() == {(JobKind.ISSUE_RECEIPT, received.id)}
    opened.run_blocking(lambda r: issue_now(r, received, kind=CertificateKind.RECEIPT))
    assert overdue() == set()
    opened.run_blocking(lambda r: r.applications.save(replace(approved(answered), version=answered.version)))
    assert overdue() == {(JobKind.ISSUE_RESULT, received.id)}
    opened.run_blocking(lambda r: issue_now(r, received))
    opened.run_blocking(
        lambda r: r.applications.save(r.applications.by_id(received.id).moved_to(ApplicationState.SETTLED, NOW))
    )
    assert overdue() == set()


def test_one_sweep_at_a_time(opened: Database) -> None:
    if not opened.is_postgresql:
        pytest.skip("an SQLite file has one process, and it has one sweeper")
    stored(opened, an_application())
    later = datetime.now(UTC) + timedelta(minutes=5)
    with opened.alone(0x7377_6565_70) as is_alone:
        assert is_alone
        assert sweep(opened, SweepOptions(), later).asked_again == 0
    assert sweep(opened, SweepOptions(), later).asked_again == 2


def test_jobs_of_a_dead_worker_are_taken_over_and_those_of_a_living_one_are_not(opened: Database) -> None:
    now = datetime.now(UTC)
    dead, alive = uuid4(), uuid4()
    for executor, application_id, seen_at in (
        ("dead", dead, now - timedelta(seconds=31)),
        ("alive", alive, now - timedelta(seconds=29)),
    ):
        ask(opened, application_id)
        opened.run_blocking(lambda r, executor=executor, at=seen_at: r.heartbeats.beat(executor, at))
        _take(opened, executor, application_id)
    report = sweep(opened, SweepOptions(), now)
    assert report.taken_over == 1
    assert job_status(opened, JobKind.ISSUE_RESULT, dead) == "ENQUEUED"
    assert job_status(opened, JobKind.ISSUE_RESULT, alive) == "PENDING"


def test_a_worker_whose_heart_is_late_takes_nothing_over_from_itself(opened: Database) -> None:
    begun, go_on = list[UUID](), threading.Event()

    def handler(application_id: UUID, step: StepRunner) -> None:
        begun.append(application_id)
        go_on.wait(20)

    job = uuid4()
    ask(opened, job)
    late = replace(quick(dead_after_seconds=0.05), heartbeat_seconds=600, sweep_interval_seconds=0.2)
    with working(opened, {JobKind.ISSUE_RESULT: handler}, late):
        wait_until(lambda: bool(begun))
        time.sleep(1)  # for some sweeps
        go_on.set()
        wait_until(lambda: job_status(opened, JobKind.ISSUE_RESULT, job) == "SUCCESS")
    assert begun == [job]


def test_jobs_that_ended_long_ago_are_forgotten(opened: Database) -> None:
    application_id = uuid4()
    ask(opened, application_id)
    with working(opened, {JobKind.ISSUE_RESULT: lambda application_id, step: None}):
        wait_until(lambda: job_status(opened, JobKind.ISSUE_RESULT, application_id) == "SUCCESS")
    waiting = uuid4()
    ask(opened, waiting)
    now = datetime.now(UTC)
    assert sweep(opened, SweepOptions(), now + timedelta(days=6)).forgotten == 0
    assert sweep(opened, SweepOptions(), now + timedelta(days=8)).forgotten == 1
    assert job_status(opened, JobKind.ISSUE_RESULT, application_id) is None
    assert job_status(opened, JobKind.ISSUE_RESULT, waiting) == "ENQUEUED"


def test_stopping_lets_the_running_job_end(opened: Database) -> None:
    begun, ended = threading.Event(), threading.Event()

    def slow(application_id: UUID, step: StepRunner) -> None:
        def act() -> None:
            begun.set()
            time.sleep(0.5)

        step("act", act)
        ended.set()

    application_id = uuid4()
    ask(opened, application_id)
    with working(opened, {JobKind.ISSUE_RESULT: slow}):
        assert begun.wait(20)
    assert ended.is_set()
    assert job_status(opened, JobKind.ISSUE_RESULT, application_id) == "SUCCESS"


def test_what_does_not_end_in_time_is_resumed_by_another(opened: Database) -> None:
    begun, released = threading.Event(), threading.Event()

    def stuck(_: UUID, step: StepRunner) -> None:
        step("act", lambda: begun.set() or (released.wait(60) and None))

    application_id = uuid4()
    ask(opened, application_id)
    with working(opened, {JobKind.ISSUE_RESULT: stuck}, replace(options_of("first"), drain_seconds=1)):
        assert begun.wait(20)
    assert job_status(opened, JobKind.ISSUE_RESULT, application_id) == "PENDING"
    try:
        with working(opened, {JobKind.ISSUE_RESULT: lambda _, step: step("act", lambda: None)}, options_of("second")):
            wait_until(lambda: job_status(opened, JobKind.ISSUE_RESULT, application_id) == "SUCCESS")
    finally:
        released.set()


def test_a_worker_is_known_to_live_from_its_start_and_signs_off_at_its_stop(opened: Database) -> None:
    def alive() -> frozenset[str]:
        long_ago = datetime.now(UTC) - timedelta(hours=1)
        return opened.run_blocking(lambda records: records.heartbeats.alive_since(long_ago))

    with working(opened, {}, replace(QUICK, heartbeat_seconds=600)):
        assert alive() == {QUICK.executor_id}
    assert alive() == frozenset()


def test_a_process_has_one_worker_after_the_other(opened: Database) -> None:
    with working(opened, {}), pytest.raises(RuntimeError, match="a worker already"):
        Worker(opened, {}, QUICK).start()
    with working(opened, {}):
        pass


def test_what_is_stored_with_a_job_is_json_and_names_no_message(opened: Database) -> None:
    """DBOS's default would be pickle: whoever can write into its tables could run code in the worker."""
    application_id = uuid4()

    def handler(application_id: UUID, step: StepRunner) -> None:
        step("fail", lambda: int("Nguyễn Thị Minh Anh"))

    ask(opened, application_id)
    with working(opened, {JobKind.ISSUE_RESULT: handler}):
        wait_until(lambda: job_status(opened, JobKind.ISSUE_RESULT, application_id) == "ERROR")
    kept = opened.queue.client.list_workflows(workflow_ids=[job_id(JobKind.ISSUE_RESULT, application_id)])[0]
    assert str(kept.error) == "ValueError"
    assert kept.input == {"args": [JobKind.ISSUE_RESULT.value, str(application_id)], "kwargs": {}}


def _take(database: Database, executor_id: str, application_id: UUID) -> None:
    """What a worker does to a job that it takes from the queue."""
    table = "dbos.workflow_status" if database.is_postgresql else "workflow_status"
    statement = sa.text(
        f"UPDATE {table} SET status = 'PENDING', executor_id = :executor "
        "WHERE workflow_uuid = :job AND queue_name = :queue"
    )
    values = {
        "executor": executor_id,
        "job": job_id(JobKind.ISSUE_RESULT, application_id),
        "queue": QUEUES[JobKind.ISSUE_RESULT],
    }
    database.run_blocking(lambda records: records._connection.execute(statement, values))
