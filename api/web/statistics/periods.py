"""Which days a page of figures is about: a choice of periods, or a first and a last day in the address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from ..texts import N_

LONGEST_DAYS = 1_830
_USUAL = "30-days"
PERIODS: Mapping[str, str] = {
    "30-days": N_("the last 30 days"),
    "quarter": N_("this quarter"),
    "year": N_("this year"),
    "last-year": N_("last year"),
}
"""Names in addresses, and texts for a template to translate."""


@dataclass(frozen=True, slots=True)
class Period:
    """name: of PERIODS, or empty for days that somebody chose. first, last: both included."""

    name: str
    first: date
    last: date


def weeks_of(first: date, last: date) -> Iterator[tuple[str, date]]:
    """Every ISO week that the days touch, as `2026-W47`, with its Monday."""
    monday = first - timedelta(days=first.weekday())
    while monday <= last:
        year, week, _ = monday.isocalendar()
        yield f"{year}-W{week:02d}", monday
        monday += timedelta(days=7)


def months_of(first: date, last: date) -> Iterator[str]:
    """Every month that the days touch, as `2026-11`."""
    month = first.replace(day=1)
    while month <= last:
        yield month.strftime("%Y-%m")
        month = (month + timedelta(days=31)).replace(day=1)


def usual_period(today: date) -> Period:
    """The last 30 days: where an address asks for none, or for one that there is not."""
    return Period(_USUAL, today - timedelta(days=29), today)


def period_of(asked: Mapping[str, str], today: date) -> Period | None:
    """What an address asks for: `period`, or `from` and `until`; the last 30 days without either. None where its days
    are none, or more than five years."""
    if asked.get("from") or asked.get("until"):
        try:
            first, last = date.fromisoformat(asked.get("from", "")), date.fromisoformat(asked.get("until", ""))
        except ValueError:
            return None
        is_asked = date(2000, 1, 1) <= first <= last <= date(2999, 12, 31) and (last - first).days < LONGEST_DAYS
        return Period("", first, last) if is_asked else None
    name = asked.get("period", _USUAL)
    match name:
        case "30-days":
            return usual_period(today)
        case "quarter":
            return Period(name, date(today.year, (today.month - 1) // 3 * 3 + 1, 1), today)
        case "year":
            return Period(name, date(today.year, 1, 1), today)
        case "last-year":
            return Period(name, date(today.year - 1, 1, 1), date(today.year - 1, 12, 31))
        case _:
            return None
