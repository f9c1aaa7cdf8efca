"""Numbers without gaps: the counter's row is locked from the moment it is taken until the commit."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy import Connection

from .conflicts import first_one_wins
from .tables import counters as t

# Built once: composing a statement costs more than executing it.
_TAKE = (
    sa.update(t)
    .where(t.c.name == sa.bindparam("of_name"), t.c.unit == sa.bindparam("of_unit"))
    .where(t.c.period == sa.bindparam("of_period"))
    .values(value=t.c.value + 1)
    .returning(t.c.value)
)


class SqlCounters:
    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def next_application(self, unit: str, on: date) -> int:
        return self._next("application", unit, on.isoformat())

    def next_receipt(self, unit: str, year: int) -> int:
        return self._next("receipt", unit, f"{year:04d}")

    def _next(self, name: str, unit: str, period: str) -> int:
        counted = self._connection.execute(
            _TAKE, {"of_name": name, "of_unit": unit, "of_period": period}
        ).scalar_one_or_none()
        if counted is not None:
            return int(counted)
        # The first of its period. Two at once: one of them is run again and finds the row.
        with first_one_wins():
            self._connection.execute(sa.insert(t), {"name": name, "unit": unit, "period": period, "value": 1})
        return 1
