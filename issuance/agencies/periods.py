"""The rows of each code in the order of time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from .unit import Unit


class Periods:
    """Which row of a code holds on a day. Where periods overlap, which no tree allows, the one that began last."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._rows: dict[str, list[Unit]] = {}
        for unit in sorted(units, key=lambda unit: unit.valid_from):
            self._rows.setdefault(unit.code, []).append(unit)
        self._lives = {code: _without_seams(rows) for code, rows in self._rows.items()}

    def of(self, code: str) -> Sequence[Unit]:
        """All periods of a code, by first day; none for one that never was."""
        return self._rows.get(code, ())

    def last_begun(self, code: str, day: date) -> Unit | None:
        """The period that began last, on that day or before. It may have ended."""
        rows = self.of(code)
        begun = bisect_right(rows, day, key=lambda unit: unit.valid_from)
        return rows[begun - 1] if begun else None

    def on(self, code: str, day: date) -> Unit | None:
        unit = self.last_begun(code, day)
        return unit if unit is not None and unit.is_open_on(day) else None

    def exists(self, code: str, day: date) -> bool:
        """Is there any row of that code for the day?"""
        return self.first_day_without(code, day, day) is None

    def first_day_without(self, code: str, since: date, until: date) -> date | None:
        """The first of these days on which no such unit exists; None when it does on all of them."""
        lives = self._lives.get(code, ())
        begun = bisect_right(lives, since, key=lambda life: life[0])
        last = lives[begun - 1][1] if begun else date.min
        if not begun or last < since:
            return since
        return None if last >= until else last + timedelta(days=1)


def _without_seams(rows: Iterable[Unit]) -> list[tuple[date, date]]:
    """First and last day of each stretch of time in which the unit existed without a gap."""
    lives: list[tuple[date, date]] = []
    for unit in rows:
        if lives and (unit.valid_from - lives[-1][1]).days <= 1:
            first, last = lives.pop()
            lives.append((first, max(last, unit.last_day)))
        else:
            lives.append((unit.valid_from, unit.last_day))
    return lives
