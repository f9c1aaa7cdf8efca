"""Receipts of earlier releases have the number alone: the migration tells which year it is of."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from storage.migrations.receipts import numbers_of_before

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
