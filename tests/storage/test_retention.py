"""What the ways in remember is forgotten in time: it is personal data, or of no use any more."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage import tables
from storage.records import SqlRecords
from storage.runner import Database
from tests.storage.people import CITIZEN, NOW

A_MOMENT = timedelta(microseconds=1)


async def test_answers_kept_before_a_time_are_forgotten_and_no_later_ones(database: Database) -> None:
    def keep(records: SqlRecords) -> None:
        for key, at in (("old", NOW - A_MOMENT), ("new", NOW)):
            records.idempotency.keep(CITIZEN, key, body_sha256=b"\x01" * 32, status=201, body="{}", headers={}, at=at)

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


async def test_a_security_event_tells_whose_evidence_and_how_often(database: Database) -> None:
    def note(records: SqlRecords) -> None:
        records.security.record(code="token_expired", route="/v1/x", issuer="citizens", at=NOW)
        records.security.record(code="not_written", route="", issuer=None, times=12_345, at=NOW)

    await database.run(note)
    t = tables.security_events
    query = sa.select(t.c.code, t.c.route, t.c.issuer, t.c.times).order_by(t.c.id)
    rows = await database.run(lambda records: [tuple(row) for row in records._connection.execute(query)])
    assert rows == [("token_expired", "/v1/x", "citizens", 1), ("not_written", "", None, 12_345)]


@pytest.mark.parametrize(("keep_newest", "left"), [(0, 0), (1, 1), (6, 6), (7, 7), (8, 7), (100_000, 7)])
async def test_of_security_events_the_newest_stay(database: Database, keep_newest: int, left: int) -> None:
    codes = [f"code-{number}" for number in range(7)]

    def note(records: SqlRecords) -> None:
        for code in codes:
            records.security.record(code=code, route="/v1/x", at=NOW)

    await database.run(note)
    assert await database.run(lambda records: records.security.trim(keep_newest)) == 7 - left
    query = sa.select(tables.security_events.c.code).order_by(tables.security_events.c.id)
    kept = await database.run(lambda records: list(records._connection.execute(query).scalars()))
    assert kept == codes[7 - left :]
