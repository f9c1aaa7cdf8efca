"""What a transaction writes goes to the database together, before anything else and with its commit, and so do jobs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from issuance.errors import ApplicationNotFound, ConcurrentChange
from issuance.jobs import JobKind
from issuance.records import AuditEntry
from issuance.settlement.step_visit import StepVisit
from storage.enqueued import Enqueued
from storage.jobs import job_id
from storage.records import SqlRecords
from storage.runner import Database
from tests.storage.people import NOW, an_application
from tests.storage.test_step_visits import VISIT

KINDS = (JobKind.ISSUE_RECEIPT, JobKind.CONSULT_REGISTER)


@pytest.fixture
def written() -> Iterator[list[str]]:
    """The statements about DBOS's tables."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "workflow_status" in statement:
            seen.append(statement)

    sa.event.listen(sa.engine.Engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(sa.engine.Engine, "before_cursor_execute", note)


async def test_two_jobs_are_one_statement_where_statements_travel(database: Database, written: list[str]) -> None:
    case = uuid4()

    def ask(records: SqlRecords) -> None:
        for kind in (*KINDS, *KINDS):
            records.jobs.enqueue(kind, case)
        # One statement could not write it a second time.
        records.jobs.enqueue_found(KINDS[0], case)

    await database.run(ask)
    assert len(written) == (1 if database.is_postgresql else len(KINDS))
    await database.run(ask)
    known = database.queue.client.list_workflows(workflow_ids=[job_id(kind, case) for kind in KINDS])
    assert sorted((job.workflow_id, job.status, list((job.input or {"args": ()})["args"])) for job in known) == sorted(
        (job_id(kind, case), "ENQUEUED", [kind.value, str(case)]) for kind in KINDS
    )


async def test_a_use_case_that_fails_leaves_no_job(database: Database) -> None:
    case = uuid4()

    def ask(records: SqlRecords) -> None:
        records.jobs.enqueue(JobKind.ISSUE_RECEIPT, case)
        raise LookupError

    with pytest.raises(LookupError):
        await database.run(ask)
    assert database.queue.client.list_workflows(workflow_ids=[job_id(JobKind.ISSUE_RECEIPT, case)]) == []


@pytest.fixture
def statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    sa.event.listen(sa.engine.Engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(sa.engine.Engine, "before_cursor_execute", note)


async def test_what_begins_in_a_transaction_is_one_statement(database: Database, statements: list[str]) -> None:
    application = an_application()

    def submit(records: SqlRecords) -> None:
        records.begin(application.id)
        records.step_visits.open(visit_of(application.id))
        records.audit.append(entry(application.id, 1))
        records.jobs.enqueue(JobKind.CONSULT_REGISTER, application.id)
        records.applications.add(application)

    await database.run(submit)
    writes = [one for one in statements if "INSERT" in one]
    # On PostgreSQL ids of entries are drawn ahead, many at once.
    assert (len(writes) == 1 and len(statements) <= 2) if database.is_postgresql else len(writes) > 4

    def read(records: SqlRecords) -> tuple[Any, ...]:
        found = records.audit.of_application(application.id), records.step_visits.of_application(application.id)
        return records.applications.by_id(application.id), *found

    assert await database.run(read) == (
        application,
        [entry(application.id, 1)],
        [visit_of(application.id)],
    )


async def test_whoever_reads_sees_what_was_written_before(database: Database) -> None:
    application = an_application()

    def write_and_read(records: SqlRecords) -> object:
        records.begin(application.id)
        for n in (1, 2, 3):
            records.audit.append(entry(application.id, n))
        records.applications.add(application)
        assert records.applications.by_id(application.id) == application
        saved = records.applications.save(application)
        return records.applications.by_id(saved.id).version, [
            one.action for one in records.audit.of_application(application.id)
        ]

    assert await database.run(write_and_read) == (application.version + 1, ["n1", "n2", "n3"])


@pytest.mark.parametrize("reads", [False, True])
async def test_who_comes_second_learns_it_before_the_commit(database: Database, reads: bool) -> None:
    application = an_application()
    await database.run(lambda records: records.applications.add(application))
    entries = uuid4()

    def add_again(records: SqlRecords) -> None:
        records.begin(entries)
        records.audit.append(entry(entries, 1))
        records.applications.add(application)
        if reads:
            records.applications.by_id(application.id)

    with pytest.raises(ConcurrentChange):
        await database.run(add_again)
    assert await database.run(lambda records: records.audit.of_application(entries)) == []


async def test_what_is_wrongly_said_to_begin_is_not_kept(database: Database) -> None:
    application = an_application()
    await database.run(lambda records: records.applications.add(application))
    await database.run(lambda records: records.audit.append(entry(application.id, 1)))
    await database.run(lambda records: records.step_visits.open(visit_of(application.id)))

    def audit_anew(records: SqlRecords) -> None:
        records.begin(application.id)
        records.audit.append(entry(application.id, 9))

    def visit_anew(records: SqlRecords) -> None:
        records.begin(application.id)
        records.step_visits.open(visit_of(application.id))

    if database.is_postgresql:  # SQLite looks all the same, which costs nothing there
        with pytest.raises(ConcurrentChange):
            await database.run(audit_anew)
    with pytest.raises(ConcurrentChange):
        await database.run(visit_anew)
    actions = [one.action for one in await database.run(lambda records: records.audit.of_application(application.id))]
    assert actions == ["n1"] if database.is_postgresql else actions[:1] == ["n1"]


async def test_a_use_case_that_fails_writes_nothing(database: Database) -> None:
    application = an_application()

    def add(records: SqlRecords) -> None:
        records.applications.add(application)
        raise LookupError

    with pytest.raises(LookupError):
        await database.run(add)
    with pytest.raises(ApplicationNotFound):
        await database.run(lambda records: records.applications.by_id(application.id))


async def test_jobs_are_written_as_dbos_writes_them(database: Database) -> None:
    """On PostgreSQL requests send rows of ours, and threads have DBOS write them: the same but for ids and moments."""
    ours, theirs = uuid4(), uuid4()
    await database.run(lambda records: records.jobs.enqueue(JobKind.ISSUE_RECEIPT, ours))
    database.run_blocking(lambda records: records.jobs.enqueue(JobKind.ISSUE_RECEIPT, theirs))
    schema = "dbos." if database.is_postgresql else ""

    def rows(records: SqlRecords, about: UUID) -> list[dict[str, Any]]:
        found = []
        for table in ("workflow_status", "workflow_input"):
            query = sa.text(f"SELECT * FROM {schema}{table} WHERE workflow_uuid = :id")
            wanted = {"id": job_id(JobKind.ISSUE_RECEIPT, about)}
            row = dict(records._connection.execute(query, wanted).mappings().one())
            found.append({name: str(value).replace(str(about), "…") for name, value in row.items()})
        return found

    one = await database.run(lambda records: rows(records, ours))
    other = await database.run(lambda records: rows(records, theirs))
    drawn = {"creator_xid", "created_at", "updated_at", "retention_timestamp"}
    assert [{**row, **dict.fromkeys(drawn & row.keys())} for row in one] == [
        {**row, **dict.fromkeys(drawn & row.keys())} for row in other
    ]
    assert one[0]["creator_xid"] != other[0]["creator_xid"]


async def test_a_thousand_jobs_of_one_transaction_are_more_than_one_statement_takes(database: Database) -> None:
    cases = [uuid4() for _ in range(1000)]
    await database.run(lambda records: [records.jobs.enqueue(JobKind.ISSUE_RECEIPT, one) for one in cases])
    ids = [job_id(JobKind.ISSUE_RECEIPT, one) for one in (cases[0], cases[500], cases[-1])]
    assert {job.workflow_id for job in database.queue.client.list_workflows(workflow_ids=ids)} == set(ids)


def test_another_way_of_enqueueing_is_noticed(database: Database) -> None:
    table = sa.table("workflow_status", sa.column("workflow_uuid"), sa.column("created"))

    def enqueue(noting: Any, workflow_id: str, _: UUID) -> None:
        noting.execute(sa.insert(table), {"workflow_uuid": workflow_id, "created": str(uuid4())})

    with pytest.raises(RuntimeError, match="another way"):
        Enqueued.noted(database._blocking.dialect, enqueue)


def entry(application_id: UUID, n: int) -> AuditEntry:
    at = NOW + timedelta(seconds=n)
    return AuditEntry(at=at, actor="k", action=f"n{n}", application_id=application_id, details={"n": n, "Đ": [None]})


def visit_of(application_id: UUID) -> StepVisit:
    return replace(VISIT, application_id=application_id)
