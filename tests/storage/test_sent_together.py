"""The jobs that a transaction asks for go to the database as one statement, and only with its commit."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
import sqlalchemy as sa

from issuance.jobs import JobKind
from storage.jobs import job_id
from storage.records import SqlRecords
from storage.runner import Database

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
