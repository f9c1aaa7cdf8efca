"""One use case, one transaction: committed before `run` returns, undone when it raises, run again after a conflict."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace

import pytest
import sqlalchemy as sa

from issuance.application import ApplicationState
from issuance.errors import ApplicationNotFound, ConcurrentChange
from storage.errors import UnsupportedDatabase
from storage.records import SqlRecords
from storage.runner import Database, DatabaseOptions
from tests.storage.databases import PostgresServer
from tests.storage.people import CITIZEN, NOW, UNIT, an_application
from verification.register import RegisterUnavailable


async def test_what_a_use_case_did_is_there_when_run_returns(database: Database) -> None:
    application = an_application()
    await database.run(lambda records: records.applications.add(application))
    assert database.run_blocking(lambda records: records.applications.by_id(application.id)) == application


async def test_nothing_of_a_use_case_that_raises_stays(database: Database) -> None:
    application = an_application()

    def fail(records: SqlRecords) -> None:
        records.applications.add(application)
        raise LookupError("planted")

    with pytest.raises(LookupError, match="planted"):
        await database.run(fail)
    with pytest.raises(LookupError, match="planted"):
        database.run_blocking(fail)
    with pytest.raises(ApplicationNotFound):
        await database.run(lambda records: records.applications.by_id(application.id))


async def test_a_use_case_that_meets_another_change_is_run_again_from_its_start(database: Database) -> None:
    application = an_application()
    await database.run(lambda records: records.applications.add(application))
    attempts: list[int] = []

    def move(records: SqlRecords) -> int:
        found = records.applications.by_id(application.id)
        attempts.append(found.version)
        if len(attempts) < 3:
            raise ConcurrentChange("planted")
        return records.applications.save(found.moved_to(ApplicationState.IN_PROGRESS, NOW)).version

    assert await database.run(move) == 1
    assert attempts == [0, 0, 0]


@pytest.mark.parametrize("attempts", [1, 4])
async def test_in_the_end_the_conflict_reaches_the_caller(database_url: str, attempts: int) -> None:
    database = Database(database_url, clock=lambda: NOW, options=DatabaseOptions(attempts=attempts))
    met = 0

    def conflict(records: SqlRecords) -> None:
        nonlocal met
        met += 1
        raise ConcurrentChange("planted")

    try:
        with pytest.raises(ConcurrentChange):
            await database.run(conflict)
        assert met == attempts
        with pytest.raises(ConcurrentChange):
            database.run_blocking(conflict)
    finally:
        await database.dispose()


async def test_other_errors_are_not_tried_again(database: Database) -> None:
    met = 0

    def fail(records: SqlRecords) -> None:
        nonlocal met
        met += 1
        raise KeyError("planted")

    with pytest.raises(KeyError):
        await database.run(fail)
    assert met == 1


async def test_a_cancelled_caller_leaves_the_whole_transaction_or_none_of_it(database: Database) -> None:
    """Cancelled at many instants: of each pair of rows both are there or neither, and the database goes on working."""
    pairs = [(an_application(), an_application()) for _ in range(40)]

    def add_pair(records: SqlRecords, number: int) -> None:
        records.applications.add(pairs[number][0])
        records.applications.add(pairs[number][1])

    async def cancelled_after(number: int) -> None:
        task = asyncio.ensure_future(database.run(lambda records: add_pair(records, number)))
        await asyncio.sleep(number * 0.0005)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    for number in range(len(pairs)):
        await cancelled_after(number)

    def stored(records: SqlRecords) -> set[object]:
        return {a.id for a in records.applications.list_of_citizen(CITIZEN, None, 1000).applications}

    # Whatever was still running has ended once as many use cases as there are connections have run after it.
    await asyncio.gather(*(database.run(stored) for _ in range(20)))
    found = await database.run(stored)
    for first, second in pairs:
        assert (first.id in found) == (second.id in found)


async def test_cancelled_while_its_transaction_runs_it_still_ends_in_one_piece(database: Database) -> None:
    application, started = an_application(), threading.Event()

    def slow(records: SqlRecords) -> None:
        records.applications.add(application)
        started.set()
        if database.is_postgresql:
            records._connection.execute(sa.text("SELECT pg_sleep(0.3)"))
        else:
            time.sleep(0.3)

    task = asyncio.ensure_future(database.run(slow))
    await asyncio.to_thread(started.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await database.dispose()
    reopened = Database(database.address.dbos_url, clock=lambda: NOW)
    try:
        assert reopened.run_blocking(lambda records: records.applications.by_id(application.id)) == application
    finally:
        await reopened.dispose()


async def test_fifty_changes_of_one_application_each_see_the_one_before(database_url: str) -> None:
    database = Database(database_url, clock=lambda: NOW, options=DatabaseOptions(attempts=200))
    application = an_application(input={"count": 0})
    await database.run(lambda records: records.applications.add(application))

    def count(records: SqlRecords) -> None:
        found = records.applications.by_id(application.id)
        records.applications.save(replace(found, input={"count": found.input["count"] + 1}))

    try:
        await asyncio.gather(*(database.run(count) for _ in range(50)))
        counted = await database.run(lambda records: records.applications.in_unit(application.code, UNIT))
        assert (counted.input["count"], counted.version) == (50, 50)
    finally:
        await database.dispose()


async def test_a_migrated_database_is_ready(database: Database) -> None:
    assert await database.is_ready()


async def test_a_database_with_another_schema_is_not_ready(database: Database) -> None:
    def age(records: SqlRecords) -> None:
        records._connection.execute(sa.text("UPDATE alembic_version SET version_num = 'older'"))

    await database.run(age)
    assert not await database.is_ready()


async def test_a_database_that_does_not_answer_is_not_ready() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/nothing", clock=lambda: NOW)
    try:
        assert not await database.is_ready()
    finally:
        await database.dispose()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://root:secret@host/x", "secret", ""])
def test_other_addresses_are_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(UnsupportedDatabase) as refused:
        Database(url, clock=lambda: NOW)
    assert "secret" not in str(refused.value)


async def test_errors_do_not_carry_what_the_query_carried(database: Database) -> None:
    """An error of the database may reach a log; the values of a row must not come with it."""
    application = replace(an_application(), unit=None)  # type: ignore[arg-type] # no NULL is allowed there
    with pytest.raises(sa.exc.IntegrityError) as refused:
        await database.run(lambda records: records.applications.add(application))
    assert "Minh Anh" not in str(refused.value)


async def test_a_database_that_does_not_answer_is_told_from_a_refusal() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/nothing", clock=lambda: NOW)
    try:
        with pytest.raises(RegisterUnavailable):
            await database.run(lambda records: records.revision())
    finally:
        await database.dispose()


async def test_a_connection_that_breaks_is_told_and_the_next_one_works(
    postgres: PostgresServer, postgresql_url: str
) -> None:
    database = Database(postgresql_url, clock=lambda: NOW)
    await database.run(lambda records: records.revision())
    postgres.break_connections(postgresql_url)
    with pytest.raises(RegisterUnavailable):
        await database.run(lambda records: records.revision())
    assert await database.run(lambda records: records.revision())
    await database.dispose()


async def test_what_a_use_case_cannot_do_is_not_taken_for_an_absent_database(database: Database) -> None:
    def fail(records: SqlRecords) -> None:
        raise FileNotFoundError

    with pytest.raises(FileNotFoundError):
        await database.run(fail)
    with pytest.raises(sa.exc.DBAPIError):
        await database.run(lambda records: records._connection.execute(sa.text("SELECT * FROM nothing")))
