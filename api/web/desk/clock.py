"""How much time a case has left, ready to be shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from issuance.application import Application
from issuance.fees.facts import vietnam_day
from issuance.procedure.calendar import WorkingCalendar
from issuance.settlement.in_force import hours_of
from issuance.settlement.time_left import Standing, TimeLeft, time_left

from ...services import Records, Services

_TONES: dict[Standing, str] = {"running": "good", "today": "wait", "overdue": "bad", "paused": "blind", "over": "blind"}
_SOON_PERCENT = 75


@dataclass(frozen=True, slots=True)
class Clock:
    """left: with its parts as templates show them. state: of the application, by which a pause is explained."""

    left: TimeLeft
    state: str

    @property
    def tone(self) -> str:
        if self.left.standing == "running" and self.left.used_percent >= _SOON_PERCENT:
            return "wait"
        return _TONES[self.left.standing]

    @property
    def hours(self) -> int:
        return int(self.left.open_time.total_seconds()) // 3600

    @property
    def minutes(self) -> int:
        return int(self.left.open_time.total_seconds()) % 3600 // 60


def clocks_of(records: Records, services: Services, unit: str, now: datetime) -> Callable[[Application], Clock]:
    """For cases of one unit, by its office hours today."""
    hours = hours_of(records, unit, vietnam_day(now))
    calendar: WorkingCalendar = services.rules.calendar
    return lambda one: Clock(time_left(one, calendar, hours, now), one.state.value)
