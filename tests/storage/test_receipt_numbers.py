"""Numbers of receipts: of which year those of earlier releases are, and which are left out after a restore."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from storage.migrations.receipts import numbers_of_before
from storage.records import SqlRecords
from storage.runner import Database

UNIT = "000.00.15.H26"


def row(number: str, day: date, application: int) -> dict[str, Any]:
    return {
        "unit": UNIT,
        "content": json.dumps({"receipt_number": number}),
        "issued_on": day,
        "intended_at": datetime(day.year, day.month, day.day, tzinfo=UTC),
        "application_id": UUID(int=application),
    }


def told(rows: list[dict[str, Any]], **last: int) -> dict[int, tuple[int, int]]:
    """Year and number, by application. rows: the newest first. last: of each year's counter, as y2024=7."""
    counters = {(UNIT, year.removeprefix("y")): value for year, value in last.items()}
    return {one["application_id"].int: (one["year"], one["number"]) for one in numbers_of_before(iter(rows), counters)}


def test_a_number_is_of_the_year_that_is_printed() -> None:
    rows = [row("0000002", date(2025, 3, 1), 2), row("0000001", date(2024, 6, 3), 1)]
    assert told(rows, y2024=1, y2025=2) == {2: (2025, 2), 1: (2024, 1)}


def test_one_that_the_new_year_has_not_given_is_of_the_year_before() -> None:
    assert told([row("0000007", date(2025, 1, 1), 1)], y2024=7, y2025=3) == {1: (2024, 7)}


def test_of_two_with_one_number_the_earlier_has_it_from_the_year_before() -> None:
    rows = [row("0000001", date(2025, 1, 2), 2), row("0000001", date(2025, 1, 1), 1)]
    assert told(rows, y2024=1, y2025=1) == {2: (2025, 1), 1: (2024, 1)}


def test_what_no_counter_has_given_is_left_out() -> None:
    assert told([row("0000009", date(2025, 1, 2), 1), row("-", date(2025, 1, 2), 2)], y2024=1, y2025=1) == {}


async def test_numbers_that_may_have_been_given_away_are_left_out(database: Database) -> None:
    """After a restore: also of a unit and of a day that were begun after the backup was made."""
    backed_up, today = date(2024, 6, 10), date(2024, 6, 12)

    def before(records: SqlRecords) -> None:
        assert records.counters.next_application("H29.1", backed_up) == (backed_up, 1)
        assert records.counters.next_receipt("H29.1", 2024) == 1
        assert records.counters.next_application("H29.2", backed_up) == (backed_up, 1)

    await database.run(before)
    await database.run(lambda records: records.counters.leave_room(5, 3, today))

    def after(records: SqlRecords) -> list[int]:
        codes = [records.counters.next_application(unit, today)[1] for unit in ("H29.1", "H29.2")]
        return codes + [records.counters.next_receipt(unit, 2024) for unit in ("H29.1", "H29.2")]

    assert await database.run(after) == [6, 6, 17, 16]
