"""Which days a published procedure has beside all others: later ones take them, nothing is rewritten."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.errors import NoProcedure, ProceduresOverlap
from issuance.fees.document import Days
from issuance.procedure.book import ProcedureBook
from issuance.procedure.published import Gap, Published, PublishedProcedure, left_without
from tests.issuance.procedure.test_procedure_book import A, B, procedure

BEGIN = datetime(2025, 1, 1, 2, tzinfo=UTC)
JANUARY = date(2025, 1, 1)


def row(
    version: int, first: str, last: str | None = None, *, units: list[str] | None = None, at: datetime | None = None
) -> PublishedProcedure:
    """at: of the publication; each version an hour after the one before when not given."""
    made = procedure(version, first, last, units=units)
    return PublishedProcedure(
        procedure=made, published_at=at or BEGIN + timedelta(hours=version), published_by="https://officials.example|h"
    )


def days_of(published: Published, one: PublishedProcedure) -> tuple[str, str | None] | None:
    days = published.days_of(one.procedure.digest)
    if days is None:
        return None
    return days.first_day.isoformat(), None if days.last_day is None else days.last_day.isoformat()


def withdrawn(one: PublishedProcedure, at: datetime) -> PublishedProcedure:
    return replace(one, withdrawn_at=at, withdrawn_by="x", withdrawal_reason="y")


def test_a_later_one_ends_the_one_before_the_day_before() -> None:
    first, second = row(1, "2025-01-01"), row(2, "2025-03-01")
    published = Published.of([second, first])
    assert published.rows == (first, second)
    assert days_of(published, first) == ("2025-01-01", "2025-02-28")
    assert days_of(published, second) == ("2025-03-01", None)


def test_one_that_comes_sooner_than_a_scheduled_one_takes_its_place() -> None:
    first, scheduled, sooner = row(1, "2025-01-01"), row(2, "2025-06-01"), row(3, "2025-03-01")
    published = Published.of([first, scheduled, sooner])
    assert days_of(published, first) == ("2025-01-01", "2025-02-28")
    assert days_of(published, scheduled) is None
    # Taken back before it began, all is as it was.
    gone = published.with_row(withdrawn(sooner, BEGIN + timedelta(days=5)))
    assert days_of(gone, first) == ("2025-01-01", "2025-05-31")
    assert days_of(gone, scheduled) == ("2025-06-01", None)
    assert days_of(gone, sooner) is None


def test_units_apart_take_nothing_from_each_other() -> None:
    one, other, general = row(1, "2025-01-01", units=[A]), row(2, "2025-01-01", units=[B]), row(3, "2025-01-01")
    published = Published.of([one, other, general])
    assert [days_of(published, each) for each in (one, other, general)] == [("2025-01-01", None)] * 3


def test_one_version_stands_once() -> None:
    with pytest.raises(ProceduresOverlap):
        Published.of([row(1, "2025-01-01"), row(1, "2026-01-01", at=BEGIN)])


def test_what_is_published_now_comes_after_all_that_was() -> None:
    first = row(1, "2025-01-01")
    published = Published.of([first])
    assert published.moment_after(BEGIN) == first.published_at + timedelta(microseconds=1)
    later = BEGIN + timedelta(days=1)
    assert published.moment_after(later) == later


def gaps(before: ProcedureBook, after: ProcedureBook, taken_until: date = date.max) -> list[Gap]:
    return left_without(before, after, JANUARY, lambda _, day: day <= taken_until)


def test_a_gap_is_told_with_its_first_day() -> None:
    before = Published.of([row(1, "2025-01-01", units=[A, B])])
    after = before.with_row(row(2, "2025-03-01", "2025-03-31", units=[A]))
    assert gaps(before.book, after.book) == [
        Gap("permit", B, date(2025, 3, 1)),
        Gap("permit", A, date(2025, 4, 1)),
    ]
    assert gaps(before.book, after.book, date(2025, 2, 28)) == []
    assert gaps(before.book, before.book) == []


def test_a_general_one_fills_what_an_own_one_leaves() -> None:
    own = row(1, "2025-01-01", units=[A])
    general = row(2, "2025-01-01")
    before = Published.of([own, general])
    assert gaps(before.book, before.with_row(withdrawn(own, BEGIN + timedelta(hours=9))).book) == []
    lost = gaps(before.book, before.with_row(withdrawn(general, BEGIN + timedelta(hours=9))).book)
    assert lost == [Gap("permit", "", JANUARY)]


STARTS = st.integers(0, 40)


@st.composite
def histories(draw: st.DrawFn) -> list[PublishedProcedure]:
    rows = []
    for version in range(1, draw(st.integers(1, 7)) + 1):
        first = JANUARY + timedelta(days=draw(STARTS))
        last = draw(st.none() | st.integers(0, 30).map(lambda more, first=first: first + timedelta(days=more)))
        units = draw(st.sampled_from([None, [A], [B], [A, B]]))
        made = row(version, first.isoformat(), last and last.isoformat(), units=units)
        gone = draw(st.none() | st.integers(0, 60))
        rows.append(made if gone is None else withdrawn(made, made.published_at + timedelta(days=gone)))
    return rows


def naively(rows: list[PublishedProcedure], unit: str, day: date) -> int | None:
    """The last published one, own before general, that would be in force on that day if it stood alone, unless it was
    already cut off: what has lost a day to a later one has lost all days after that."""
    ends: dict[int, date] = {}
    for index in reversed(range(len(rows))):
        one = rows[index]
        own = _alone(one)
        if own is None:
            continue
        for later in range(index + 1, len(rows)):
            theirs = _alone(rows[later])
            same = _units(one) & _units(rows[later])
            if theirs is None or not same:
                continue
            theirs = _until(theirs, ends.get(later))
            if theirs is not None and theirs.overlap(own):
                ends[index] = min(ends.get(index, date.max), theirs.first_day)
    found = None
    for index, one in enumerate(rows):
        own = _alone(one)
        left = None if own is None else _until(own, ends.get(index))
        if left is not None and left.cover(day):
            if unit in _units(one):
                return one.procedure.version
            if "any" in _units(one):
                found = one.procedure.version
    return found


def _alone(one: PublishedProcedure) -> Days | None:
    days = one.procedure.document.effective
    first = max(days.first_day, one.published_at.date())
    last = days.last_day or date.max
    if one.withdrawn_at is not None:
        last = min(last, one.withdrawn_at.date() - timedelta(days=1))
    return None if last < first else Days(first, last)


def _until(days: Days, end: date | None) -> Days | None:
    if end is None or days.last_day is None:
        return days
    last = min(days.last_day, end - timedelta(days=1))
    return None if last < days.first_day else Days(days.first_day, last)


def _units(one: PublishedProcedure) -> set[str]:
    return set(one.procedure.document.units or ("any",))


@given(histories())
def test_one_at_most_is_in_force_and_it_is_the_naive_one(rows: list[PublishedProcedure]) -> None:
    published = Published.of(rows)
    for offset in range(0, 80, 3):
        for unit in (A, B, "001.99.H26"):
            day = JANUARY + timedelta(days=offset)
            try:
                found: int | None = published.book.in_force("permit", unit, day).version
            except NoProcedure:
                found = None
            assert found == naively(rows, unit, day)
