"""The tree of units on any day, and who answers for a unit that is no more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from issuance.errors import BrokenUnits, NoSuccessor, UnknownUnit

from .check_units import problems_of
from .periods import Periods
from .unit import Unit


class UnitTree:
    """The book of all units in all their periods. Made from rows that were checked, it never changes."""

    def __init__(self, units: Iterable[Unit]) -> None:
        """Raises BrokenUnits with all problems: see check_units."""
        rows = tuple(units)
        found = problems_of(rows)
        if found:
            raise BrokenUnits(found)
        self._keep(rows)

    @classmethod
    def empty(cls) -> UnitTree:
        """The book of an installation that keeps none."""
        tree = cls.__new__(cls)
        tree._keep(())
        return tree

    def _keep(self, rows: Sequence[Unit]) -> None:
        self._rows = tuple(sorted(rows, key=lambda unit: (unit.code, unit.valid_from)))
        self._periods = Periods(self._rows)
        below: dict[str, dict[str, None]] = {}
        for unit in self._rows:
            if unit.parent is not None:
                below.setdefault(unit.parent, {})[unit.code] = None
        self._below = {code: tuple(codes) for code, codes in below.items()}

    @property
    def rows(self) -> Sequence[Unit]:
        """Every period of every unit, by code and first day."""
        return self._rows

    def is_known(self, code: str) -> bool:
        """Has there been, is there, or will there be such a unit?"""
        return bool(self._periods.of(code))

    def periods(self, code: str) -> Sequence[Unit]:
        """All periods of a code, by first day; none for one that never was."""
        return self._periods.of(code)

    def on(self, code: str, day: date) -> Unit:
        """The unit as it is on that day. Raises UnknownUnit, also when it has ended or has not begun."""
        unit = self._periods.on(code, day)
        if unit is None:
            raise UnknownUnit
        return unit

    def units_on(self, day: date) -> Sequence[Unit]:
        """All units of a day, by code."""
        return tuple(unit for unit in self._rows if unit.is_open_on(day))

    def roots(self, day: date) -> Sequence[Unit]:
        """The units of a day that stand below no other, by code."""
        return tuple(unit for unit in self.units_on(day) if unit.parent is None)

    def children(self, code: str, day: date) -> Sequence[Unit]:
        """The units directly below, by code. Raises UnknownUnit."""
        self.on(code, day)
        found = (self._periods.on(child, day) for child in self._below.get(code, ()))
        return tuple(unit for unit in found if unit is not None and unit.parent == code)

    def ancestors(self, code: str, day: date) -> Sequence[Unit]:
        """The units above, the nearest first. Raises UnknownUnit."""
        found = []
        unit = self.on(code, day)
        while unit.parent is not None:
            unit = self.on(unit.parent, day)
            found.append(unit)
        return tuple(found)

    def is_within(self, code: str, ancestor: str, day: date) -> bool:
        """Is the unit this ancestor itself, or below it? Raises UnknownUnit when either does not exist that day."""
        self.on(ancestor, day)
        return code == ancestor or any(unit.code == ancestor for unit in self.ancestors(code, day))

    def taking_over(self, code: str, day: date) -> str:
        """The code of the unit that answers on `day` for what `code` had: itself while it exists, else its successor,
        or that one's, and so on.

        Raises UnknownUnit for a code that never was, NoSuccessor where it had not begun, or nobody has taken over.
        """
        if not self.is_known(code):
            raise UnknownUnit
        # Each turn goes to a unit that exists on a later day than the last one's end, so there is an end to it.
        while self._periods.on(code, day) is None:
            ended = self._periods.last_begun(code, day)
            if ended is None or ended.successor is None:
                raise NoSuccessor
            code = ended.successor
        return code

    def in_charge(self, code: str, day: date) -> str:
        """The code of the unit that answers on `day` for what `code` had, as `taking_over` says.

        A code of which the book says nothing until then counts as itself: an installation may keep no book, or one that
        begins later. Raises NoSuccessor.
        """
        return self.taking_over(code, day) if self._periods.last_begun(code, day) else code

    def heir_of(self, ended: Unit, day: date) -> str:
        """The code of the unit that has on `day` what was open at the end of this period, passed on at each end.

        Not the same as `taking_over` where a unit was founded anew since: what its heir holds stays there.
        Raises NoSuccessor, also where the period has not ended by then.
        """
        unit = ended
        while unit.last_day < day:
            after = unit.last_day + timedelta(days=1)
            # A code that goes on under another name or parent is its own heir.
            heir = self._periods.on(unit.code, after)
            if heir is None and unit.successor is not None:
                heir = self._periods.on(unit.successor, after)
            if heir is None:
                raise NoSuccessor
            unit = heir
        if unit is ended:
            raise NoSuccessor
        return unit.code

    def ended_before(self, day: date) -> Sequence[Unit]:
        """Periods that ended before that day and name a successor, the earliest end first, then by code: what was open
        at each now belongs to `taking_over(code, day)`."""
        ended = (unit for unit in self._rows if unit.last_day < day and unit.successor is not None)
        return tuple(sorted(ended, key=lambda unit: (unit.last_day, unit.code)))
