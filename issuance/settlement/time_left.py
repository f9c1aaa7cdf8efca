"""How much of its time a case has left, as somebody reads it who works in office hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ..application import Application
from ..fees.facts import vietnam_day
from ..procedure.calendar import WorkingCalendar
from ..procedure.working_time import OfficeHours, working_days_between, working_time_between

Standing = Literal["running", "today", "overdue", "paused", "over"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLeft:
    """standing: `today` when the promised time is still to come and falls on this day; `over` when nothing is promised
    any more.

    working_days: those after today up to the promised day; of an overdue case, those since. open_time: office hours up
    to the promised time; of an overdue case, since. used_percent: of the promise, 0 to 100. since: when it was halted.
    """

    standing: Standing
    due_at: datetime
    working_days: int
    open_time: timedelta
    used_percent: int
    since: datetime | None = None


def time_left(application: Application, calendar: WorkingCalendar, hours: OfficeHours, now: datetime) -> TimeLeft:
    """By the promise as it stands: a pause moves it when the pause ends.

    Raises ValueError for years of which no holidays are known.
    """
    halted = application.halted_at
    at = now if halted is None else min(halted, now)
    due = application.promised_at
    first, last = sorted((at, due))
    open_time = working_time_between(first, last, calendar, hours)
    days = working_days_between(vietnam_day(first), vietnam_day(last), calendar)
    if application.closed_at is not None:
        standing: Standing = "over"
    elif application.is_paused:
        standing = "paused"
    elif due < now:
        standing = "overdue"
    else:
        standing = "today" if vietnam_day(due) == vietnam_day(now) else "running"
    left = open_time if due > at else timedelta()
    whole = working_time_between(application.submitted_at, due, calendar, hours)
    used = 100 if not whole else round(100 * (1 - left / whole))
    return TimeLeft(
        standing=standing,
        due_at=due,
        working_days=days,
        open_time=open_time,
        used_percent=min(100, max(0, used)),
        since=halted,
    )
