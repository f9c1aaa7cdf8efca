"""Which procedure is in force: by type, unit and day, with publications and withdrawals."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.errors import NoProcedure, ProcedureNotFound, ProceduresOverlap
from issuance.procedure.book import EVER, BookEntry, ProcedureBook
from issuance.procedure.document import Procedure
from issuance.procedure.reading import read_procedure
from tests.issuance.procedure.made_up import made_up

A, B = "000.00.15.H26", "000.00.14.H26"


def procedure(
    version: int, first: str, last: str | None = None, *, units: Any = None, own_id: str = "own"
) -> Procedure:
    document = made_up(1).document | {
        "id": own_id,
        "version": version,
        "document_types": ["permit"],
        "units": units,
        "effective": {"first_day": first, "last_day": last},
    }
    return read_procedure(json.dumps(document).encode())


def in_force(book: ProcedureBook, day: date, unit: str = A) -> int | None:
    try:
        return book.in_force("permit", unit, day).version
    except NoProcedure:
        return None


def test_first_and_last_day_are_included() -> None:
    book = ProcedureBook.of([procedure(1, "2025-01-01", "2025-06-30"), procedure(2, "2025-07-01")])
    found = [in_force(book, date(*day)) for day in ((2024, 12, 31), (2025, 1, 1), (2025, 6, 30), (2025, 7, 1))]
    assert found == [None, 1, 1, 2]


def test_nobody_begins_with_one_before_it_is_published_or_after_it_is_withdrawn() -> None:
    """Days are days in Vietnam: 17:00 UTC is midnight there."""
    entry = BookEntry(
        procedure(1, "2025-01-01"),
        datetime(2025, 1, 9, 17, tzinfo=UTC),
        datetime(2025, 1, 20, 16, 59, tzinfo=UTC),
    )
    book = ProcedureBook((entry,))
    found = {day: in_force(book, date(2025, 1, day)) for day in (9, 10, 19, 20, 21)}
    assert found == {9: None, 10: 1, 19: 1, 20: None, 21: None}
    assert book.version("own", 1) is entry.procedure
    assert book.by_digest(entry.procedure.digest) is entry.procedure


def test_a_withdrawal_makes_room_on_the_same_day() -> None:
    at = datetime(2025, 3, 3, 5, tzinfo=UTC)
    book = ProcedureBook((BookEntry(procedure(1, "2025-01-01"), EVER, at), BookEntry(procedure(2, "2025-01-01"), at)))
    assert [in_force(book, date(2025, 3, day)) for day in (2, 3)] == [1, 2]


def test_a_unit_s_own_goes_before_the_general_one() -> None:
    book = ProcedureBook.of([procedure(1, "2025-01-01"), procedure(2, "2025-06-01", units=[B], own_id="theirs")])
    assert in_force(book, date(2025, 6, 1), A) == 1
    assert in_force(book, date(2025, 6, 1), B) == 2
    assert in_force(book, date(2025, 5, 31), B) == 1


def test_overlaps_are_refused_and_named() -> None:
    with pytest.raises(ProceduresOverlap) as refused:
        ProcedureBook.of([procedure(1, "2025-01-01"), procedure(2, "2025-07-01")])
    [problem] = refused.value.problems
    assert problem.place == "own version 2"
    assert "own version 1" in problem.text.en
    with pytest.raises(ProceduresOverlap):
        ProcedureBook.of([procedure(1, "2025-01-01", units=[A, B]), procedure(2, "2025-07-01", units=[B])])
    ProcedureBook.of([procedure(1, "2025-01-01", units=[A]), procedure(2, "2025-07-01", units=[B])])


def test_a_version_stands_once() -> None:
    with pytest.raises(ProceduresOverlap) as refused:
        ProcedureBook.of([procedure(1, "2025-01-01", "2025-01-31"), procedure(1, "2025-07-01")])
    assert [problem.code for problem in refused.value.problems] == ["version_twice"]


def test_what_was_never_published_is_not_found() -> None:
    book = ProcedureBook.of([procedure(1, "2025-01-01")])
    with pytest.raises(ProcedureNotFound):
        book.version("own", 2)
    with pytest.raises(ProcedureNotFound):
        book.by_digest("0" * 64)
    with pytest.raises(NoProcedure):
        book.in_force("passport", A, date(2025, 1, 1))


def test_moments_have_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        BookEntry(procedure(1, "2025-01-01"), datetime(2025, 1, 1))  # noqa: DTZ001 - what is refused


DAYS = st.dates(date(2025, 1, 1), date(2025, 1, 31))
SPANS = st.tuples(DAYS, st.one_of(st.none(), DAYS), st.sampled_from([None, (A,), (B,), (A, B)])).filter(
    lambda span: span[1] is None or span[0] <= span[1]
)


@given(st.lists(SPANS, min_size=1, max_size=4))
def test_two_never_apply_at_once(spans: list[tuple[date, date | None, tuple[str, ...] | None]]) -> None:
    """Naively, day by day: an accepted book has one at most for each unit and rank, a refused one has two somewhere."""
    procedures = [
        procedure(version, first.isoformat(), None if last is None else last.isoformat(), units=units and [*units])
        for version, (first, last, units) in enumerate(spans, 1)
    ]
    clash = any(
        sum(
            first <= day and (last is None or day <= last) and one in (units or (None,)) for first, last, units in spans
        )
        > 1
        for day in (date(2025, 1, number) for number in range(1, 32))
        for one in (None, A, B)
    )
    try:
        ProcedureBook.of(procedures)
    except ProceduresOverlap:
        assert clash
    else:
        assert not clash
