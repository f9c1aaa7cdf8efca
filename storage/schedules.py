"""What has become of scheduled work, a row for each name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from .conflicts import first_one_wins
from .settlement_tables import schedules as t


@dataclass(frozen=True, slots=True)
class ScheduleState:
    """period_at: begin of the newest period that was asked for. done_period_at, done_at: the newest one that was done,
    and when. failures: in a row, also over periods; failed_at and error: the last of them, a stable code or an error's
    name.
    """

    name: str
    period_at: datetime
    done_period_at: datetime | None
    done_at: datetime | None
    failures: int
    failed_at: datetime | None
    error: str | None

    @property
    def is_done(self) -> bool:
        return self.done_period_at == self.period_at

    @property
    def failed_in_this_period(self) -> bool:
        return self.failed_at is not None and self.failed_at >= self.period_at


class SqlSchedules:
    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, name: str) -> ScheduleState | None:
        row = self._connection.execute(_states().where(t.c.name == name)).one_or_none()
        return None if row is None else ScheduleState(*row)

    def all(self) -> Sequence[ScheduleState]:
        """By name."""
        return [ScheduleState(*row) for row in self._connection.execute(_states().order_by(t.c.name))]

    def begin(self, name: str, period_at: datetime) -> bool:
        """Whether it is this transaction that begins the period. Raises ConcurrentChange where the schedule itself is
        begun by two at once for the first time."""
        earlier = sa.and_(t.c.name == name, t.c.period_at < period_at)
        # What failed until now is told until a run has made up for it.
        if self._connection.execute(sa.update(t).where(earlier).values(period_at=period_at)).rowcount:
            return True
        known = sa.select(t.c.name).where(t.c.name == name)
        if self._connection.execute(known).one_or_none() is not None:
            return False
        with first_one_wins():
            self._connection.execute(sa.insert(t), {"name": name, "period_at": period_at, "failures": 0})
        return True

    def done(self, name: str, period_at: datetime, at: datetime) -> None:
        same = sa.and_(t.c.name == name, sa.or_(t.c.done_period_at.is_(None), t.c.done_period_at < period_at))
        self._connection.execute(sa.update(t).where(same).values(done_period_at=period_at, done_at=at))
        # What failed in this period, and before it, is made up for; not what a later one has failed at meanwhile.
        made_up = sa.and_(t.c.name == name, sa.or_(t.c.period_at == period_at, t.c.failed_at < period_at))
        self._connection.execute(sa.update(t).where(made_up).values(failures=0, failed_at=None, error=None))

    def fail(self, name: str, period_at: datetime, error: str, at: datetime) -> None:
        same = sa.and_(t.c.name == name, t.c.period_at == period_at)
        self._connection.execute(sa.update(t).where(same).values(failures=t.c.failures + 1, failed_at=at, error=error))


def _states() -> sa.Select[tuple[str, datetime, datetime | None, datetime | None, int, datetime | None, str | None]]:
    return sa.select(t.c.name, t.c.period_at, t.c.done_period_at, t.c.done_at, t.c.failures, t.c.failed_at, t.c.error)
