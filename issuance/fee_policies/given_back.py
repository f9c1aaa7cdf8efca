"""The days that a policy's versions have in the book if one of them had never entered it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from issuance.fees.document import Days

from .draft import BookRow

_DAY = timedelta(days=1)


def days_without(rows: Sequence[BookRow], digest: str) -> Mapping[str, Days]:
    """By digest: the days of each version that would still have some.

    What has happened is done again without that version: the others enter in their order, each ending those before it,
    and what was withdrawn while it was in force ends where it ended. So it doesn't matter in which order versions that
    were never in force are taken back.
    rows: all of one policy, also those known no more. digest: of a version whose first day has not come.
    """
    entered: dict[str, BookRow] = {}
    for row in sorted(rows, key=lambda row: (row.known_from, row.valid.first_day)):
        entered.setdefault(row.policy.digest, row)
    never, ended = _withdrawn(rows, {row.known_from for row in entered.values()})
    never.add(digest)
    standing: dict[str, Days] = {}
    events = [(row.known_from, row, False) for row in entered.values()] + [(at, row, True) for at, row in ended]
    for _, row, is_ending in sorted(events, key=lambda event: (event[0], event[1].valid.first_day)):
        version, days = row.policy.digest, row.valid
        if version in never:
            continue
        if not is_ending:
            standing = _ended_by(standing, days) | {version: days}
        elif version in standing:
            standing[version] = replace(standing[version], last_day=earlier(standing[version].last_day, days.last_day))
    return standing


def free_part(rows: Sequence[BookRow], row: BookRow, days: Days, begin: date) -> Days | None:
    """As much of the days, from `begin` on, as no other policy decides by now; what lies before stays.

    rows: of the whole book. Returns None where nothing is left.
    """
    last_day = days.last_day
    for other in rows:
        shared = set(other.policy.document.document_types) & set(row.policy.document.document_types)
        if other.known_to is not None or other.policy.id == row.policy.id or not shared:
            continue
        if (last_day is None or begin <= last_day) and other.valid.overlap(Days(begin, last_day)):
            last_day = max(other.valid.first_day, begin) - _DAY
    return None if last_day is not None and last_day < days.first_day else replace(days, last_day=last_day)


def earlier(one: date | None, other: date | None) -> date | None:
    """None is a day that never comes."""
    days = [day for day in (one, other) if day is not None]
    return min(days) if days else None


def _withdrawn(rows: Sequence[BookRow], entries: set[datetime]) -> tuple[set[str], Sequence[tuple[datetime, BookRow]]]:
    """Versions that were withdrawn before their first day; and those in force, when and as they stood afterwards.

    entries: the moments at which versions entered. Whatever was closed at another one was closed by a withdrawal.
    """
    never: set[str] = set()
    ended: list[tuple[datetime, BookRow]] = []
    for row in rows:
        if row.known_to is None or row.known_to in entries:
            continue
        again = [one for one in rows if one.policy.digest == row.policy.digest and one.known_from == row.known_to]
        if not again:
            never.add(row.policy.digest)
        elif _ends_sooner(again[0].valid, row.valid):
            ended.append((row.known_to, again[0]))
    return never, ended


def _ends_sooner(one: Days, other: Days) -> bool:
    """Else it was given days back."""
    return one.last_day != other.last_day and earlier(one.last_day, other.last_day) == one.last_day


def _ended_by(standing: Mapping[str, Days], days: Days) -> dict[str, Days]:
    left = {}
    for version, one in standing.items():
        if not one.overlap(days):
            left[version] = one
        elif one.first_day < days.first_day:
            left[version] = replace(one, last_day=days.first_day - _DAY)
    return left
