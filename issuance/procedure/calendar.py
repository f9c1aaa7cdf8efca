"""The working calendar: weekends and national holidays, with local overrides for swapped days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from typing import Literal

import holidays

DayKind = Literal["working", "calendar"]


class WorkingCalendar:
    """Which days are worked: Monday to Friday without the national holidays, and swapped Saturdays.

    What the library `holidays` knows is taken as it is, the days swapped by decree included. `working_saturdays` and
    `days_off` go before it: they hold the swaps that it doesn't know (yet), and undo those that it has wrong.
    Raises ValueError for a day that is in both.
    """

    def __init__(self, working_saturdays: Iterable[date] = (), days_off: Iterable[date] = ()) -> None:
        self._working = frozenset(day.toordinal() for day in working_saturdays)
        self._off = frozenset(day.toordinal() for day in days_off)
        if both := self._working & self._off:
            days = ", ".join(date.fromordinal(day).isoformat() for day in sorted(both))
            raise ValueError(f"set both as a working day and as a day off: {days}")
        self._years: dict[int, frozenset[int]] = {}
        holidays.country_holidays("VN")  # loads in half a second: now, at start, and not in somebody's request

    def is_working_day(self, day: date) -> bool:
        """Raises ValueError for a year whose holidays nobody knows (before 1901, after 2100)."""
        worked = self._years.get(day.year)
        if worked is None:
            worked = self._years[day.year] = (_worked_in(day.year) | self._working) - self._off
        return day.toordinal() in worked

    def due_date(self, start: date, days: int, kind: DayKind) -> date:
        """The last day of a limit of `days` that starts the day after `start`.

        A limit in calendar days that ends on a day off ends on the next working day (Civil Code 2015, art. 148.5).
        """
        if days < 0:
            raise ValueError("a time limit is not negative")
        if kind == "calendar":
            return self._next_working(start + timedelta(days=days))
        day, left = start, days
        while left:
            day += timedelta(days=1)
            left -= self.is_working_day(day)
        return self._next_working(day)

    def _next_working(self, day: date) -> date:
        while not self.is_working_day(day):
            day += timedelta(days=1)
        return day


@cache
def _worked_in(year: int) -> frozenset[int]:
    """The ordinals of a year's working days, as the library tells them; made once in a process."""
    known = holidays.country_holidays("VN", years=year)
    if not known.start_year <= year <= known.end_year:
        raise ValueError(f"the holidays of {year} are not known")
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    return frozenset(day for day in range(first, last + 1) if known.is_working_day(date.fromordinal(day)))
