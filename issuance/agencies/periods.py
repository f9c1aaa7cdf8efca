"""The rows of each code in the order of time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date

from .unit import Unit


class Periods:
    """Which row of a code holds on a day. Where periods overlap, which no tree allows, the one that began last."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._rows: dict[str, list[Unit]] = {}
        for unit in sorted(units, key=lambda unit: unit.valid_from):
            self._rows.setdefault(unit.code, []).append(unit)

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
