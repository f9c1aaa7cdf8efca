"""Days that rules and conditions can tell apart within the days of a version: one of each class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from issuance.fees.analysis.subject import Ruled
from issuance.fees.conditions import Compare, evaluate
from issuance.fees.document import Days, PolicyDocument

MAX_DAYS = 5_000
_MAX_SIGNATURES = 200_000
_DAY = timedelta(days=1)


class TooManyCases(Exception):
    """More cases than are looked at: nothing is proven about them."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} cases")
        self.count = count


@dataclass(frozen=True, slots=True)
class DayPoint:
    """The days of one case; `on` is the deciding one."""

    on: date
    submitted_on: date
    received_on: date | None


def day_points(document: PolicyDocument, rules: Sequence[Ruled]) -> list[DayPoint]:
    """Deciding days within the version, each with the other day of the request as conditions can tell it apart.

    Raises TooManyCases for more than `MAX_DAYS`.
    """
    compares = list(dict.fromkeys(compare for ruled in rules for compare in ruled.comparisons))
    deciding = "submitted_on" if document.deciding_date == "submitted" else "received_on"
    other = "received_on" if deciding == "submitted_on" else "submitted_on"
    other_compares = [compare for compare in compares if compare.fact == other]
    starts = {document.effective.first_day, *_starts(compare for compare in compares if compare.fact == deciding)}
    dates = list(dict.fromkeys(ruled.rule.dates for ruled in rules if ruled.rule.dates is not None))
    for days in dates:
        starts |= {days.first_day} | ({days.last_day + _DAY} if days.last_day not in (None, date.max) else set())
    other_starts = {date.min, *_starts(other_compares)}
    if other_compares:
        # What is received in a class of days may be submitted on any of them: cut where the other day's classes begin.
        starts |= other_starts
    inside = sorted(start for start in starts if document.effective.cover(start))
    if len(inside) * len(other_starts) > MAX_DAYS:
        raise TooManyCases(len(inside) * len(other_starts))
    found = [point for on in inside for point in _with_other(document, on, sorted(other_starts), bool(other_compares))]
    return _one_of_each(found, [compare for compare in compares if compare.fact in (deciding, other)], dates)


def _starts(compares: Iterable[Compare]) -> Iterator[date]:
    for compare in compares:
        days = [operand for operand in compare.operands if isinstance(operand, date)]
        if compare.operator != "lte":
            yield days[0]
        if compare.operator != "gte" and days[-1] != date.max:
            yield days[-1] + _DAY


def _with_other(document: PolicyDocument, on: date, starts: Sequence[date], is_mentioned: bool) -> Iterator[DayPoint]:
    if document.deciding_date == "submitted":
        yield DayPoint(on, on, None)
        if is_mentioned:
            received = {max(start, on) for start in starts}
            yield from (DayPoint(on, on, day) for day in sorted(received))
    else:
        ends = [*(start - _DAY for start in starts[1:]), date.max]
        submitted = {min(end, on) for end in ends} if is_mentioned else {on}
        yield from (DayPoint(on, day, on) for day in sorted(submitted, reverse=True))


def _one_of_each(found: list[DayPoint], compares: Sequence[Compare], dates: Sequence[Days]) -> list[DayPoint]:
    if len(found) * (len(compares) + len(dates)) > _MAX_SIGNATURES:
        return found  # classes may then stand here twice, which costs time but proves the same
    first: dict[tuple[bool | None, ...], DayPoint] = {}
    for point in found:
        values = {"submitted_on": point.submitted_on, "received_on": point.received_on}
        signature = (
            *(evaluate(compare, values) for compare in compares),
            *(days.cover(point.on) for days in dates),
        )
        first.setdefault(signature, point)
    return list(first.values())
