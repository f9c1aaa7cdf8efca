"""Numbers without gaps: the counter's row is locked from the moment it is taken until the commit."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from issuance.codes import CODE_DAYS_AHEAD, MAX_CODES_PER_UNIT_AND_DAY
from issuance.errors import DailyCodesExhausted

from .conflicts import first_one_wins
from .receipt_tables import receipt_numbers
from .settlement_tables import units
from .tables import counters as t
from .together import Together

_NO_END = 2**62

# Built once: composing a statement costs more than executing it.
_OF_IT = (
    t.c.name == sa.bindparam("of_name"),
    t.c.unit == sa.bindparam("of_unit"),
    t.c.period == sa.bindparam("of_period"),
)
# Whoever waits for the row's lock looks at its last committed value: a number that is given back is taken again.
_TAKE = sa.update(t).where(*_OF_IT, t.c.value < sa.bindparam("end")).values(value=t.c.value + 1).returning(t.c.value)
_EXISTS = sa.select(t.c.value).where(*_OF_IT)


class SqlCounters:
    __slots__ = ("_connection",)

    def __init__(self, connection: Together) -> None:
        self._connection = connection

    def next_application(self, unit: str, on: date) -> tuple[date, int]:
        for ahead in range(CODE_DAYS_AHEAD + 1):
            day = on + timedelta(days=ahead)
            number = self._next("application", unit, day.isoformat(), MAX_CODES_PER_UNIT_AND_DAY)
            if number is not None:
                return day, number
        raise DailyCodesExhausted(f"all application codes of this unit are used up, {CODE_DAYS_AHEAD} days ahead")

    def next_receipt(self, unit: str, year: int) -> int:
        number = self._next("receipt", unit, f"{year:04d}", _NO_END)
        if number is None:
            raise AssertionError("there is always one more receipt")
        return number

    def leave_room(self, a_day: int, days: int, on: date) -> None:
        """Leave out numbers that were given away and are known no more: so many of each unit for each of these days.

        on: the day from which numbers are given away again. Codes of applications begin anew each day, numbers of
        receipts each year; a period that began meanwhile is known to no counter, and gets one here.
        """
        for name, period, numbers in (
            ("application", on.isoformat(), a_day),
            ("receipt", f"{on.year:04d}", a_day * days),
        ):
            self._connection.execute(
                sa.update(t).where(t.c.name == name, t.c.period >= period).values(value=t.c.value + numbers)
            )
            begun = sa.select(t.c.unit).where(t.c.name == name, t.c.period == period)
            known = sa.union(sa.select(units.c.code), sa.select(t.c.unit)).subquery()
            missing = self._connection.execute(sa.select(known.c.code).where(known.c.code.not_in(begun))).scalars()
            rows = [{"name": name, "unit": unit, "period": period, "value": numbers} for unit in missing]
            if rows:
                self._connection.execute(sa.insert(t), rows)

    def number_receipt(self, application_id: UUID, unit: str, year: int, at: datetime) -> int:
        number = self.next_receipt(unit, year)
        noted = {"unit": unit, "year": year, "number": number, "application_id": application_id, "taken_at": at}
        with first_one_wins():
            self._connection.execute(sa.insert(receipt_numbers), noted)
        return number

    def _next(self, name: str, unit: str, period: str, end: int) -> int | None:
        """None where the last one before the end is taken."""
        which = {"of_name": name, "of_unit": unit, "of_period": period}
        while True:
            counted = self._connection.execute_about(t, _TAKE, which | {"end": end}).scalar_one_or_none()
            if counted is not None:
                return int(counted)
            last = self._connection.execute_about(t, _EXISTS, which).scalar_one_or_none()
            if last is None:
                break
            if last >= end:
                return None
            # Somebody else has begun the period between the two statements.
        # The first of its period. Two at once: one of them is run again and finds the row.
        with first_one_wins():
            self._connection.execute(sa.insert(t), {"name": name, "unit": unit, "period": period, "value": 1})
        return 1
