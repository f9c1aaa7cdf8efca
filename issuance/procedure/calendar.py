"""The working calendar: weekends and national holidays, with local overrides for swapped days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal

import holidays

_SATURDAY = 5

DayKind = Literal["working", "calendar"]


class WorkingCalendar:
    """Which days count. `working_saturdays` and `days_off` hold what the government swaps by decree in a year."""

    def __init__(self, working_saturdays: Iterable[date] = (), days_off: Iterable[date] = ()) -> None:
        self._holidays = holidays.country_holidays("VN")
        self._working = frozenset(working_saturdays)
        self._off = frozenset(days_off)

    def is_working_day(self, day: date) -> bool:
        if day in self._working:
            return True
        return day.weekday() < _SATURDAY and day not in self._off and day not in self._holidays

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
