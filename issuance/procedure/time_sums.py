"""Time limits of steps one after the other, added up on the safe side and compared with a legal limit.

What each unit counts, by the unit of the legal limit:

- working_days: eight working hours are a day. Hours of neighbouring steps are added; before a step in days, what is
  begun of a day counts whole, because days count from the day after. A calendar day counts as a working day (it can be
  one), and clock hours as so many working hours (they can be), never more than a day in twenty-four.
- working_hours: working and clock hours as they are. Days can't be compared: one can take nearly two.
- calendar_days: calendar days as they are, clock hours as above with twenty-four a day. Working time can't be compared:
  how many days a holiday adds depends on the year.
- hours: clock hours only.
"""

from __future__ import annotations

from issuance.fees.wording import Label
from issuance.procedure.limit import Limit, LimitUnit
from issuance.procedure.problems import complain

WORKING_HOURS_IN_A_DAY = 8
HOURS_IN_A_DAY = 24


def hours_in_unit(unit: LimitUnit) -> int:
    """How many of a sum's hours are one of the legal limit's unit."""
    return {"working_days": WORKING_HOURS_IN_A_DAY, "calendar_days": HOURS_IN_A_DAY}.get(unit, 1)


def can_compare(own: LimitUnit, legal: LimitUnit) -> bool:
    """Whether time in one unit can be held against a legal limit in another."""
    return (
        own
        in {
            "working_days": ("working_days", "calendar_days", "working_hours", "hours"),
            "calendar_days": ("calendar_days", "hours"),
            "working_hours": ("working_hours", "hours"),
            "hours": ("hours",),
        }[legal]
    )


def add(hours: int, own: Limit, legal: LimitUnit) -> int:
    """The sum after one more step, in hours of the legal limit's kind. Never falls when `hours` rises."""
    day = hours_in_unit(legal)
    if own.unit in ("working_days", "calendar_days"):
        return _whole_days(hours, day) + own.amount * day
    if own.unit == "hours" and legal == "working_days":
        return hours + min(own.amount, _whole_days(own.amount, HOURS_IN_A_DAY) // HOURS_IN_A_DAY * day)
    return hours + own.amount


def _whole_days(hours: int, day: int) -> int:
    return -(-hours // day) * day


def sum_in_words(hours: int, legal: LimitUnit) -> Label:
    """`9 working days and 4 hours`."""
    whole, rest = divmod(hours, hours_in_unit(legal))
    days = complain(legal, amount=whole).in_words()
    return complain("and_hours", days=days, hours=rest).in_words() if rest else days


def limit_in_words(limit: Limit) -> Label:
    """`8 working days`."""
    return complain(limit.unit, amount=limit.amount).in_words()
