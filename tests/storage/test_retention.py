"""What the ways in remember is forgotten in time: it is personal data, or of no use any more."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from storage import tables
from storage.records import SqlRecords
from storage.runner import Database
from tests.storage.people import CITIZEN, NOW

A_MOMENT = timedelta(microseconds=1)


async def test_answers_kept_before_a_time_are_forgotten_and_no_later_ones(database: Database) -> None:
    def keep(records: SqlRecords) -> None:
        for key, at in (("old", NOW - A_MOMENT), ("new", NOW)):
            records.idempotency.keep(CITIZEN, key, body_sha256=b"\x01" * 32, status=201, body={}, headers={}, at=at)

    await database.run(keep)
    assert await database.run(lambda records: records.idempotency.forget(NOW)) == 1
    assert await database.run(lambda records: records.idempotency.find(CITIZEN, "old")) is None
    assert await database.run(lambda records: records.idempotency.find(CITIZEN, "new")) is not None


async def test_security_events_before_a_time_are_forgotten_and_no_later_ones(database: Database) -> None:
    for code, at in (("old", NOW - A_MOMENT), ("new", NOW)):
        await database.run(lambda r, code=code, at=at: r.security.record(code=code, route="/v1/x", at=at))
    assert await database.run(lambda records: records.security.forget(NOW)) == 1
    query = sa.select(tables.security_events.c.code)
    assert await database.run(lambda r: list(r._connection.execute(query).scalars())) == ["new"]
