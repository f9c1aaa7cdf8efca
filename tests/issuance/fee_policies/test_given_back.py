"""Versions that are taken back before their day: the book is as if they had never been in it, whatever the order."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from issuance.errors import NothingToWithdraw
from issuance.fee_policies.change_of_book import BookChange, BookRefuses, entering, leaving
from issuance.fee_policies.draft import BookRow
from issuance.fees.book import BookEntry, PolicyBook
from issuance.fees.reading.read_policy import read_policy
from tests.issuance.fee_policies.drafts import HANOI, document

BEGIN, FIRST = datetime(2025, 11, 3, 2, tzinfo=UTC), date(2026, 1, 1)
ACT = st.one_of(
    st.tuples(st.just("enter"), st.integers(0, 30), st.one_of(st.none(), st.integers(0, 20))),
    st.tuples(st.just("leave"), st.integers(0, 9), st.none()),
)


class Book:
    def __init__(self) -> None:
        self.rows: Sequence[BookRow] = ()
        self.at = BEGIN

    def change(self, change: BookChange) -> None:
        closed = {row.id: row for row in change.closed}
        self.rows = [*(closed.get(row.id, row) for row in self.rows), *change.opened]
        # Raises where two versions would decide one day.
        PolicyBook(tuple(BookEntry(row.policy, row.valid, row.known_from, row.known_to) for row in self.rows))

    def enter(self, version: int, first_day: date, last_day: date | None) -> None:
        self.at += timedelta(seconds=1)
        source = document(version, first_day.isoformat(), None if last_day is None else last_day.isoformat())
        self.change(entering(self.rows, read_policy(source, "test"), "author", self.at))

    def leave(self, version: int) -> None:
        self.at += timedelta(seconds=1)
        self.change(leaving(self.rows, HANOI, version, "approver", "repealed", self.at))

    def days(self) -> list[tuple[int, date, date | None]]:
        known = [row for row in self.rows if row.known_to is None]
        return sorted((row.policy.version, row.valid.first_day, row.valid.last_day) for row in known)


@settings(max_examples=150, deadline=None)
@given(acts=st.lists(ACT, max_size=12))
def test_the_book_is_as_if_they_had_never_been_in_it(acts: list[tuple[str, int, int | None]]) -> None:
    book, entered = Book(), dict[int, tuple[date, date | None]]()
    for what, number, length in acts:
        if what == "leave":
            version = list(entered)[number % len(entered)] if entered else 0
            # One that a correction has replaced decides nothing, and stays in the book's history.
            if any(row.policy.version == version and row.known_to is None for row in book.rows):
                with contextlib.suppress(NothingToWithdraw):
                    book.leave(version)
                    del entered[version]
            continue
        first_day = FIRST + timedelta(days=number)
        days = first_day, None if length is None else first_day + timedelta(days=length)
        version = len(book.rows) + 1
        with contextlib.suppress(BookRefuses):
            book.enter(version, *days)
            entered[version] = days
    reference = Book()
    for version, (first_day, last_day) in entered.items():
        reference.enter(version, first_day, last_day)
    assert book.days() == reference.days()
