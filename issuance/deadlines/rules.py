"""What a deadline is judged by beside the law: how early people are told of it, and how long a late case gets anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from issuance.desk import DUE_SOON
from issuance.fees.facts import vietnam_day
from issuance.procedure.calendar import WorkingCalendar
from issuance.procedure.limit import Limit
from issuance.procedure.working_time import STANDARD_HOURS, OfficeHours, due_at

HEAD_AFTER = Limit(1, "working_days")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRules:
    """due_soon: so long before the promised moment the owner is told. head_after: so long after the owner was told that
    something is late, the owner's head is. new_time_divisor: a late case is proposed the legal limit divided by this
    (rounded up, and at least one) as new time.
    """

    calendar: WorkingCalendar
    due_soon: Limit = DUE_SOON
    head_after: Limit = HEAD_AFTER
    new_time_divisor: int = 2

    def __post_init__(self) -> None:
        if self.new_time_divisor < 1:
            raise ValueError("new_time_divisor is a whole number from 1 on")

    def soon_until(self, now: datetime, hours: OfficeHours = STANDARD_HOURS) -> datetime:
        """Up to which promised moment a case is due soon now."""
        return due_at(now, self.due_soon, self.calendar, hours) or now

    def escalates_at(self, told_at: datetime, hours: OfficeHours = STANDARD_HOURS) -> datetime:
        """When the head is told of what its owner was told at `told_at`."""
        return due_at(told_at, self.head_after, self.calendar, hours) or told_at

    def proposed_date(self, now: datetime, limit: Limit, hours: OfficeHours = STANDARD_HOURS) -> date:
        """The day until which a late case of this legal limit could be settled; whoever signs off may set another."""
        anew = Limit(max(1, -(-limit.amount // self.new_time_divisor)), limit.unit)
        due = due_at(now, anew, self.calendar, hours)
        return vietnam_day(due or now)
