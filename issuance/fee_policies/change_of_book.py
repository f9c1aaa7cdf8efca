"""How a version enters the book and leaves it: what is closed, what is opened, on both axes of time. Nothing is stored.

A version of a policy ends the version before it, on the day before its own first. Policies of other ids are never
touched. What is closed stays readable as it was known; every change has a moment of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from issuance.errors import FeePolicyNotFound, NothingToWithdraw
from issuance.fees.book import BookEntry, PolicyBook, name_of
from issuance.fees.document import Days, FeePolicy
from issuance.fees.facts import vietnam_day
from issuance.fees.wording import Label, day_in_words

from .draft import BookRow, Standing, standing_of
from .given_back import days_without, free_part
from .moment import moment_of_change

_DAY = timedelta(days=1)
_SUPERSEDED = "superseded by version "


class BookRefuses(Exception):
    """A version can't enter the book as it is; `reasons` say why. Becomes a finding, never an answer by itself."""

    def __init__(self, *reasons: Label) -> None:
        super().__init__("; ".join(reason.en for reason in reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class BookChange:
    """Rows as they are after the change: those to close, which carry their closing, and those to open."""

    closed: tuple[BookRow, ...]
    opened: tuple[BookRow, ...]

    def made_to(self, book: PolicyBook) -> PolicyBook:
        """The book after the change. Raises PolicyRefused where it would be ambiguous."""
        closings = {(row.policy.digest, row.valid, row.known_from): row.known_to for row in self.closed}
        kept = (
            replace(entry, known_to=closings[key])
            if entry.known_to is None and (key := (entry.policy.digest, entry.valid, entry.known_from)) in closings
            else entry
            for entry in book.entries
        )
        new = (BookEntry(row.policy, row.valid, row.known_from) for row in self.opened)
        return PolicyBook((*kept, *new))


def superseded_by(closing_reason: str | None) -> int | None:
    """The version that took over, where an entry was closed for one; None for a reason that somebody gave."""
    number = (closing_reason or "").removeprefix(_SUPERSEDED)
    return int(number) if number != closing_reason and re.fullmatch(r"[0-9]{1,9}", number, re.ASCII) else None


def book_of(rows: Sequence[BookRow]) -> PolicyBook:
    """The book of these very rows: one read a moment later may be another one already."""
    return PolicyBook(tuple(BookEntry(row.policy, row.valid, row.known_from, row.known_to) for row in rows))


def entering(rows: Sequence[BookRow], policy: FeePolicy, by: str, at: datetime) -> BookChange:
    """Let a version decide on its days, and end the version that decides until then. Raises BookRefuses."""
    valid, known = policy.document.effective, moment_of_change(_times(rows), at)
    closed, opened, reasons = [], [BookRow(id=uuid4(), policy=policy, valid=valid, known_from=known, opened_by=by)], []
    for row in _open_rows(rows):
        if not _meet(row, policy, valid):
            continue
        if row.policy.id != policy.id:
            reasons.append(_decided_by_another(row, policy))
        elif row.valid.first_day > valid.first_day:
            reasons.append(_later_version(row))
        else:
            closed.append(_closed(row, known, by, f"{_SUPERSEDED}{policy.version}"))
            if row.valid.first_day < valid.first_day:
                opened.append(_again(row, replace(row.valid, last_day=valid.first_day - _DAY), known, by))
    if reasons:
        raise BookRefuses(*reasons)
    return BookChange(tuple(closed), tuple(opened))


def leaving(
    rows: Sequence[BookRow], policy_id: str, policy_version: int, by: str, reason: str, at: datetime
) -> BookChange:
    """Take a version back. Not in force yet: its days go back to the version before it. In force: today is its last.

    Raises FeePolicyNotFound; NothingToWithdraw where it has ended or ends today anyway.
    """
    of_version = [row for row in rows if (row.policy.id, row.policy.version) == (policy_id, policy_version)]
    if not of_version:
        raise FeePolicyNotFound("no such version of a policy")
    today, known = vietnam_day(at), moment_of_change(_times(rows), at)
    row = next((row for row in _open_rows(of_version)), None)
    if row is None or standing_of(row.valid, today) is Standing.SUPERSEDED or row.valid.last_day == today:
        raise NothingToWithdraw("this version decides nothing from tomorrow on")
    closed, opened = [_closed(row, known, by, reason)], []
    if standing_of(row.valid, today) is Standing.ACTIVE:
        opened.append(_again(row, replace(row.valid, last_day=today), known, by))
        return BookChange(tuple(closed), tuple(opened))
    for now, again, days in _given_back(rows, row):
        if now is not None:
            closed.append(_closed(now, known, by, f"version {policy_version} was withdrawn"))
        opened.append(_again(again, days, known, by))
    return BookChange(tuple(closed), tuple(opened))


def _given_back(rows: Sequence[BookRow], leaves: BookRow) -> Iterator[tuple[BookRow | None, BookRow, Days]]:
    """The version that gets the days: its open row if it has one, a row of it, and its days from now on."""
    of_policy = [row for row in rows if row.policy.id == leaves.policy.id]
    versions = {row.policy.digest: row for row in of_policy}
    for digest, days in days_without(of_policy, leaves.policy.digest).items():
        now = next((row for row in _open_rows(of_policy) if row.policy.digest == digest), None)
        begin = days.first_day if now is None else None if now.valid.last_day is None else now.valid.last_day + _DAY
        # Only from where this version would have begun: whatever else ended a version is not its to undo.
        if begin != leaves.valid.first_day:
            continue
        free = free_part(rows, versions[digest], days, begin)
        if free is not None and (now is None or free != now.valid):
            yield now, versions[digest], free


def _open_rows(rows: Sequence[BookRow]) -> Sequence[BookRow]:
    return [row for row in rows if row.known_to is None]


def _times(rows: Sequence[BookRow]) -> Sequence[datetime]:
    return [moment for row in rows for moment in (row.known_from, row.known_to) if moment is not None]


def _meet(row: BookRow, policy: FeePolicy, valid: Days) -> bool:
    shared = set(row.policy.document.document_types) & set(policy.document.document_types)
    # Versions of one policy follow each other even where a later one is about other documents.
    return row.valid.overlap(valid) and (bool(shared) or row.policy.id == policy.id)


def _closed(row: BookRow, known_to: datetime, by: str, reason: str) -> BookRow:
    return replace(row, known_to=known_to, closed_by=by, closing_reason=reason)


def _again(row: BookRow, valid: Days, known_from: datetime, by: str) -> BookRow:
    return BookRow(id=uuid4(), policy=row.policy, valid=valid, known_from=known_from, opened_by=by)


def _decided_by_another(row: BookRow, policy: FeePolicy) -> Label:
    shared = sorted(set(row.policy.document.document_types) & set(policy.document.document_types))[0]
    first = max(row.valid.first_day, policy.document.effective.first_day)
    return Label(
        f"từ ngày {day_in_words(first, 'vi')}, “{shared}” đã do chính sách {row.policy.id} phiên bản "
        f"{row.policy.version} quyết định; hai chính sách không được cùng quyết định",
        f"from {day_in_words(first, 'en')} on '{shared}' is decided by {name_of(row.policy)} already; two policies "
        "must not decide together",
    )


def _later_version(row: BookRow) -> Label:
    day = row.valid.first_day
    return Label(
        f"phiên bản {row.policy.version} bắt đầu từ ngày {day_in_words(day, 'vi')}: hãy để phiên bản này kết thúc "
        "trước ngày đó, hoặc thu hồi phiên bản kia trước",
        f"version {row.policy.version} begins on {day_in_words(day, 'en')}: end this version before that day, or "
        "withdraw the other one first",
    )
