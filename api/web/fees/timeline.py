"""Which version of a policy decides when, as bars over one axis of days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from issuance.fee_policies.draft import BookRow, standing_of
from issuance.fees.document import Days

_DAY = timedelta(days=1)
_YEAR = timedelta(days=365)
_BEFORE, _AFTER, _LATEST = 3 * _YEAR, _YEAR, 6 * _YEAR
_LETTERS_NEED_PER_CENT = 6


@dataclass(frozen=True, slots=True)
class Gap:
    """Days on which no version decides, so that officials decide each case by themselves. No last day: for good."""

    first_day: date
    last_day: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A bar. kind: how it is coloured; x, width: per cent of the axis; begins_earlier, goes_on: beyond its ends."""

    kind: Literal["scheduled", "active", "superseded", "gap"]
    x: str
    width: str
    middle: str
    version: int | None
    first_day: date
    last_day: date | None
    has_room: bool


@dataclass(frozen=True, slots=True)
class Year:
    x: str
    number: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """spans: in the order of their days. today: where it lies, in per cent."""

    spans: Sequence[Span]
    gaps: Sequence[Gap]
    years: Sequence[Year]
    today: str


def gaps_of(rows: Sequence[BookRow], others: Sequence[BookRow] = ()) -> list[Gap]:
    """rows: of one policy, as they are known. others: of policies that decide the same documents meanwhile."""
    days = sorted((row.valid for row in (*rows, *others)), key=lambda span: span.first_day)
    if not rows:
        return []
    gaps, decided_to = [], min(row.valid.first_day for row in rows) - _DAY
    for span in days:
        if span.first_day > decided_to + _DAY:
            gaps.append(Gap(decided_to + _DAY, span.first_day - _DAY))
        if span.last_day is None:
            return gaps
        decided_to = max(decided_to, span.last_day)
    return [*gaps, Gap(decided_to + _DAY, None)]


def timeline(rows: Sequence[BookRow], gaps: Sequence[Gap], today: date) -> Timeline:
    """rows: the entries of one policy as they are known at one time, at least one."""
    first, last = _window([row.valid for row in rows], today)
    spans = [
        span
        for row in rows
        for span in _span(standing_of(row.valid, today).value, row.valid, row.policy.version, first, last)
    ]
    spans += [span for gap in gaps for span in _span("gap", Days(gap.first_day, gap.last_day), None, first, last)]
    return Timeline(
        spans=sorted(spans, key=lambda span: span.first_day),
        gaps=gaps,
        years=[*_years(first, last)],
        today=_share(today, first, last),
    )


def _window(spans: Iterable[Days], today: date) -> tuple[date, date]:
    """From three years ago, or when it all began, to a year from now, or a while after the last change."""
    ends = [day for span in spans for day in (span.first_day, span.last_day) if day is not None]
    first = max(min([*ends, today - _YEAR]), today - _BEFORE)
    last = min(max(*ends, today) + _YEAR / 2, today + _LATEST)
    return first, max(last, today + _AFTER)


def _span(
    kind: Literal["scheduled", "active", "superseded", "gap"], days: Days, version: int | None, first: date, last: date
) -> Iterator[Span]:
    begin, end = max(days.first_day, first), last if days.last_day is None else min(days.last_day + _DAY, last)
    if begin >= end:
        return
    share = (end - begin) / (last - first) * 100
    yield Span(
        kind=kind,
        x=_share(begin, first, last),
        width=f"{round(share, 2):g}%",
        middle=_share(begin + (end - begin) / 2, first, last),
        version=version,
        first_day=days.first_day,
        last_day=days.last_day,
        has_room=share >= _LETTERS_NEED_PER_CENT,
    )


def _years(first: date, last: date) -> Iterator[Year]:
    for number in range(first.year + 1, last.year + 1):
        day = date(number, 1, 1)
        # A number at the very edge would hang out of the picture.
        if first + _YEAR / 8 <= day <= last - _YEAR / 8:
            yield Year(_share(day, first, last), number)


def _share(day: date, first: date, last: date) -> str:
    return f"{round((day - first) / (last - first) * 100, 2):g}%"
