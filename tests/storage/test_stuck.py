"""Jobs that fail: they hold up nobody else, are asked for again less and less often, and somebody can see them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

import storage.worker
from issuance.application import ApplicationState
from issuance.certificate import CertificateKind
from issuance.documents.errors import LintRefused
from issuance.errors import ConcurrentChange, GatewayUnavailable, NotApproved, RegisterUnavailable
from issuance.jobs import JobKind, StepRunner
from issuance.records import FailuresAlike, IssuingFailure
from signing.errors import KeyUnavailable
from storage.overdue import waiting_queries
from storage.records import SqlRecords
from storage.runner import Database
from storage.schedule import Schedule
from storage.sweeps import SweepOptions, sweep
from storage.worker import Worker
from tests.storage.people import NOW, OFFICIAL, a_certificate, an_answer, an_application, approved, fee, issued
from tests.storage.test_worker import ask, job_status, opened, stored
from tests.storage.workers import QUICK, quick, wait_until, working

__all__ = ["opened"]

MANY = 3 * QUICK.concurrency
RESULT, RECEIPT, REGISTER = JobKind.ISSUE_RESULT, JobKind.ISSUE_RECEIPT, JobKind.CONSULT_REGISTER
MINUTE = timedelta(minutes=1)


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """Whatever hangs in a test ends with it."""
    event = threading.Event()
    yield event
    event.set()


def test_a_register_that_hangs_holds_up_no_issuing(opened: Database, released: threading.Event) -> None:
    done: list[UUID] = []
    handlers = {
        REGISTER: lambda application_id, step: step("consult", lambda: released.wait(60) and None),
        RESULT: lambda application_id, step: step("issue", lambda: done.append(application_id)),
    }
    for _ in range(MANY):
        ask(opened, uuid4(), REGISTER)
    with working(opened, handlers):
        time.sleep(0.5)  # until the look-ups have taken every slot that they get
        fresh = uuid4()
        ask(opened, fresh)
        wait_until(lambda: done == [fresh])
        released.set()


def test_jobs_asked_for_again_do_not_come_before_new_ones(opened: Database, released: threading.Event) -> None:
    runs: Counter[UUID] = Counter()

    def issue(application_id: UUID, step: StepRunner) -> None:
        def act() -> None:
            runs[application_id] += 1
            if application_id == fresh:
                return
            if runs[application_id] > 1:
                released.wait(60)
            raise NotApproved("planted")

        step("act", act)

    fresh = uuid4()
    failing = [stored(opened, approved(an_application(fee=fee(UNPAID)))).id for _ in range(MANY)]
    for application_id in failing:
        ask(opened, application_id)
    with working(opened, {RESULT: issue}, quick(patience_seconds=0.2)):
        wait_until(lambda: any(runs[application_id] > 1 for application_id in failing))
        time.sleep(0.5)  # until the second attempts have taken every slot that they get
        ask(opened, fresh)
        wait_until(lambda: runs[fresh] == 1)
        released.set()


UNPAID = (NOW - timedelta(days=10)).date()
"""A day on which a fee was due, so that nothing waits for a receipt."""


@pytest.mark.parametrize(
    ("fault", "attempts"),
    [
        (ConcurrentChange("planted"), 2),
        (RegisterUnavailable("planted"), 2),
        (GatewayUnavailable("planted"), 2),
        (KeyUnavailable("planted"), 2),
        (OSError(28, "planted"), 2),
        (ConnectionResetError("planted"), 2),
        (sa.exc.OperationalError("SELECT", {}, Exception("planted")), 2),
        (sa.exc.TimeoutError("planted"), 2),
        (sa.exc.IntegrityError("INSERT", {}, Exception("planted")), 1),
        (NotApproved("planted"), 1),
        (LintRefused([]), 1),
        (LookupError("planted"), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_only_passing_faults_are_tried_again_at_once(sqlite_url: str, fault: Exception, attempts: int) -> None:
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    runs: Counter[str] = Counter()

    def handler(application_id: UUID, step: StepRunner) -> None:
        def fail() -> None:
            runs["fail"] += 1
            raise fault

        step("fail", fail)

    # One that waits for its document: a failure that nothing waits for is forgotten by the worker's first sweep, which
    # comes after the failure on a busy machine.
    application_id = stored(database, approved(an_application(fee=fee(UNPAID)))).id
    ask(database, application_id)
    try:
        with working(database, {RESULT: handler}, replace(QUICK, sweep_interval_seconds=600)):
            wait_until(lambda: job_status(database, RESULT, application_id) == "ERROR")
        (failure,) = database.run_blocking(lambda records: records.failures.list(10))
        named = getattr(fault, "code", None) if not isinstance(fault, sa.exc.SQLAlchemyError) else None
        assert failure.error == (named or type(fault).__name__)
    finally:
        database.dispose_blocking()
    assert runs["fail"] == attempts


def test_a_failed_job_is_asked_for_again_after_pauses_that_double(opened: Database) -> None:
    application = stored(opened, approved(an_application(fee=fee(UNPAID))))
    ask(opened, application.id)

    def fail(application_id: UUID, step: StepRunner) -> None:
        step("fail", lambda: int("x"))

    with working(opened, {RESULT: fail}, replace(QUICK, sweep_interval_seconds=600)):
        wait_until(lambda: job_status(opened, RESULT, application.id) == "ERROR")
    options = SweepOptions(patience_seconds=60, longest_pause_seconds=300)
    asked_after = []
    for _ in range(5):
        ended = datetime.now(UTC)
        minutes = next(
            n for n in range(1, 100) if sweep(opened, options, ended + n * MINUTE + timedelta(seconds=5)).asked_again
        )
        asked_after.append(minutes)
        with working(opened, {RESULT: fail}, replace(QUICK, sweep_interval_seconds=600)):
            wait_until(lambda: job_status(opened, RESULT, application.id) == "ERROR")
    assert asked_after == [1, 2, 4, 5, 5]


def failures(database: Database) -> list[IssuingFailure]:
    return list(database.run_blocking(lambda records: records.failures.list(10)))


def test_a_failure_is_noted_counted_and_cleared_by_success(opened: Database) -> None:
    application_id = stored(opened, approved(an_application(fee=fee(UNPAID)))).id
    well = threading.Event()

    def handler(application_id: UUID, step: StepRunner) -> None:
        def act() -> None:
            if not well.is_set():
                raise NotApproved("a message that stays here")
            application = opened.run_blocking(lambda records: records.applications.by_id(application_id))
            settled = application.moved_to(ApplicationState.SETTLED, NOW)
            opened.run_blocking(lambda records: records.applications.save(settled))

        step("act", act)

    ask(opened, application_id)
    with working(opened, {RESULT: handler}, quick(patience_seconds=0.1)):
        wait_until(lambda: bool(failures(opened)) and failures(opened)[0].attempts > 1)
        (failure,) = failures(opened)
        assert (failure.kind, failure.application_id, failure.error) == (RESULT, application_id, "not_approved")
        assert failure.since < failure.last_at
        well.set()
        wait_until(lambda: job_status(opened, RESULT, application_id) == "SUCCESS")
    assert failures(opened) == []


def test_failures_are_listed_longest_first(opened: Database) -> None:
    first, second = uuid4(), uuid4()
    for application_id, kind, error, at in (
        (second, RECEIPT, "lint_refused", NOW + MINUTE),
        (first, RESULT, "key_unavailable", NOW),
        (first, RESULT, "lint_refused", NOW + 2 * MINUTE),
    ):
        opened.run_blocking(lambda r, i=application_id, k=kind, e=error, at=at: r.failures.note(k, i, e, at))
    of_first = IssuingFailure(
        kind=RESULT, application_id=first, error="lint_refused", since=NOW, last_at=NOW + 2 * MINUTE, attempts=2
    )
    assert [failure.application_id for failure in failures(opened)] == [first, second]
    assert failures(opened)[0] == of_first
    assert opened.run_blocking(lambda records: records.failures.list(1)) == [of_first]
    opened.run_blocking(lambda records: records.failures.clear(RESULT, first))
    assert [failure.application_id for failure in failures(opened)] == [second]


def test_failures_for_one_reason_are_counted_together(opened: Database) -> None:
    for kind, error, at in (
        (RECEIPT, "key_unavailable", NOW),
        (RESULT, "lint_refused", NOW + 2 * MINUTE),
        (RESULT, "lint_refused", NOW + MINUTE),
        (RESULT, "key_unavailable", NOW + MINUTE),
    ):
        opened.run_blocking(lambda r, k=kind, e=error, at=at: r.failures.note(k, uuid4(), e, at))
    assert opened.run_blocking(lambda records: records.failures.by_error()) == [
        FailuresAlike(kind=RESULT, error="lint_refused", number=2, since=NOW + MINUTE),
        FailuresAlike(kind=RECEIPT, error="key_unavailable", number=1, since=NOW),
        FailuresAlike(kind=RESULT, error="key_unavailable", number=1, since=NOW + MINUTE),
    ]


def test_failures_that_nothing_waits_for_any_more_are_forgotten(opened: Database) -> None:
    waiting = stored(opened, an_application())
    refused = stored(opened, an_application(state=ApplicationState.STOPPED))
    for kind in JobKind:
        for application_id in (waiting.id, refused.id, uuid4()):
            opened.run_blocking(lambda r, k=kind, i=application_id: r.failures.note(k, i, "x", NOW))
    sweep(opened, SweepOptions(), datetime.now(UTC))
    assert {(failure.kind, failure.application_id) for failure in failures(opened)} == {
        (REGISTER, waiting.id),
        (RECEIPT, waiting.id),
    }


def test_old_work_is_not_forgotten(database_url: str) -> None:
    """By any sweep, not by a worker's first one alone, which does nothing while another worker sweeps."""
    now = datetime.now(UTC)
    long_ago = Database(database_url, clock=lambda: now - timedelta(days=400))
    try:
        application = stored(long_ago, an_application())
        assert sweep(long_ago, SweepOptions(), now).asked_again == 2
        assert job_status(long_ago, REGISTER, application.id) == "ENQUEUED"
    finally:
        long_ago.dispose_blocking()


@pytest.mark.parametrize(
    "state", [ApplicationState.STOPPED, ApplicationState.REFUSED_AT_INTAKE, ApplicationState.WITHDRAWN]
)
def test_money_that_comes_after_the_end_gets_no_receipt(opened: Database, state: ApplicationState) -> None:
    late = stored(opened, an_application(state=state, fee=fee(UNPAID), paid=True, answers=(an_answer(),)))
    later = datetime.now(UTC) + timedelta(seconds=1)
    assert opened.run_blocking(lambda records: records.overdue_jobs(changed_before=later)) == []
    # But one whose number is taken is finished.
    receipt = a_certificate(late.id, kind=CertificateKind.RECEIPT)
    opened.run_blocking(lambda records: records.certificates.intend(receipt))
    assert opened.run_blocking(lambda records: records.overdue_jobs(changed_before=later)) == [(RECEIPT, late.id)]
    opened.run_blocking(lambda records: records.certificates.conclude(issued(receipt)))
    assert opened.run_blocking(lambda records: records.overdue_jobs(changed_before=later)) == []


def test_saving_an_application_keeps_that_its_receipt_is_issued(opened: Database) -> None:
    application = stored(opened, an_application(answers=(an_answer(),)))
    receipt = a_certificate(application.id, kind=CertificateKind.RECEIPT)
    opened.run_blocking(lambda records: records.certificates.intend(receipt))
    opened.run_blocking(lambda records: records.certificates.conclude(issued(receipt)))
    opened.run_blocking(lambda records: records.applications.save(replace(application, owner=OFFICIAL)))
    later = datetime.now(UTC) + timedelta(seconds=1)
    assert opened.run_blocking(lambda records: records.overdue_jobs(changed_before=later)) == []


def test_asking_what_waits_reads_only_what_waits(opened: Database) -> None:
    """Each question is answered from the partial index that holds its rows, so it may be asked every few seconds."""
    before: sa.ColumnElement[Any] = sa.literal_column("'2024-06-03'")
    indices = [
        "waiting_for_register",
        "waiting_for_result",
        "waiting_for_receipt",
        "certificates_intended",
        "apologies_wanted",
        "certificates_archive_wanted",
        "certificates_archive_wanted",
        "certificates_archive_wanted",
        "fee_rehearsals_wanted",
        "carry_overs_open",
        "notices_waiting",
        "payment_notices_open",
        "refund_orders_to_send",
    ]

    def plan(records: SqlRecords, query: sa.Select[Any]) -> str:
        connection = records._connection
        if opened.is_postgresql:
            # The tables of a test are so small that reading them whole is cheaper.
            connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN" if opened.is_postgresql else "EXPLAIN QUERY PLAN"
        asked = query.compile(connection, compile_kwargs={"literal_binds": True})
        return str(connection.exec_driver_sql(f"{explain} {asked}").all())

    plans = [opened.run_blocking(partial(plan, query=query)) for _, query in waiting_queries(before)]
    assert [index for index, text in zip(indices, plans, strict=True) if index not in text] == [], plans


def test_whatever_goes_wrong_the_sweeper_and_the_heart_go_on(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    happened: Counter[str] = Counter()

    def fail(what: str) -> None:
        happened[what] += 1
        raise LookupError("a message that stays here")

    monkeypatch.setattr(storage.worker, "sweep", lambda *_: fail("sweep"))
    worker = Worker(database, {}, QUICK, [Schedule(name="tidy", every_seconds=1, act=lambda: fail("run"))])
    worker.start()
    monkeypatch.setattr(worker, "_beat", lambda: fail("beat"))
    try:
        wait_until(lambda: all(happened[what] > 1 for what in ("sweep", "run", "beat")))
    finally:
        worker.stop()
        database.dispose_blocking()
    assert "LookupError at" in caplog.text
    assert "a message that stays here" not in caplog.text
