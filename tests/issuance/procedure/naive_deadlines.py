"""Deadlines calculated a second time, the slow way: day by day and minute by minute, from the texts of the law.

Nothing here comes from the product, not the holidays either: they stand below as they were announced each year. All
moments are Vietnam's, without a time zone, and fall on whole minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

# Days off for civil servants, weekends among them where the announcement names them. Labour Code 2019, art. 111-112.
ANNOUNCED_DAYS_OFF = {
    2023: "01-01 01-02  01-20 01-21 01-22 01-23 01-24 01-25 01-26  04-29 04-30 05-01 05-02 05-03  "
    "09-01 09-02 09-03 09-04",
    2024: "01-01  02-08 02-09 02-10 02-11 02-12 02-13 02-14  04-18  04-27 04-28 04-29 04-30 05-01  "
    "08-31 09-01 09-02 09-03",
    2025: "01-01  01-25 01-26 01-27 01-28 01-29 01-30 01-31 02-01 02-02  04-07  04-30 05-01 05-02 05-03 05-04  "
    "08-30 08-31 09-01 09-02",
    2026: "01-01 01-02  02-14 02-15 02-16 02-17 02-18 02-19 02-20 02-21 02-22  04-26 04-27  04-30 05-01  "
    "08-29 08-30 08-31 09-01 09-02  11-24",
    # Not announced yet: what the law gives, with the choices of 2024, whose Tet fell on the same days of the week.
    2027: "01-01  02-04 02-05 02-06 02-07 02-08 02-09 02-10  04-16  04-30 05-01 05-03  09-02 09-03  11-24",
}
DAYS_OFF = {date.fromisoformat(f"{year}-{day}") for year, days in ANNOUNCED_DAYS_OFF.items() for day in days.split()}

# Worked in exchange for 29 April 2024, 2 May 2025, 2 January 2026 and 31 August 2026.
WORKED_SATURDAYS = {date(2024, 5, 4), date(2025, 4, 26), date(2026, 1, 10), date(2026, 8, 22)}

Week = dict[int, list[tuple[str, str]]]
STANDARD_WEEK: Week = {weekday: [("08:00", "12:00"), ("13:30", "17:00")] for weekday in range(5)}


@dataclass(frozen=True)
class Office:
    """A week's hours, and what its settings swap beside what was announced (here: take back)."""

    week: Week
    days_off: frozenset[date] = frozenset(DAYS_OFF)
    worked_saturdays: frozenset[date] = frozenset(WORKED_SATURDAYS)

    def works_on(self, day: date) -> bool:
        if day.year not in ANNOUNCED_DAYS_OFF:
            raise LookupError(f"no announcement for {day.year}")
        if day in self.worked_saturdays:
            return True
        return day.weekday() not in (5, 6) and day not in self.days_off

    def hours_on(self, day: date) -> list[tuple[str, str]]:
        if day.weekday() in self.week:
            return self.week[day.weekday()]
        return self.week[[weekday for weekday in range(7) if weekday in self.week][-1]]

    def closing(self, day: date) -> datetime:
        if day.weekday() not in self.week and not self.works_on(day):
            return datetime.combine(day, time(17, 0))
        return datetime.combine(day, time.fromisoformat(self.hours_on(day)[-1][1]))

    def is_open(self, minute: datetime) -> bool:
        clock = f"{minute.hour:02}:{minute.minute:02}"
        return self.works_on(minute.date()) and any(a <= clock < b for a, b in self.hours_on(minute.date()))


Stops = Sequence[tuple[datetime, datetime | None]]


def naive_due(start: datetime, amount: int, unit: str, office: Office, stops: Stops) -> datetime | None:
    def stands_still(at: datetime) -> bool:
        return any(began <= at and (ended is None or at < ended) for began, ended in stops)

    def for_ever(at: datetime) -> bool:
        return any(ended is None and began <= at for began, ended in stops)

    if unit in ("hours", "working_hours"):
        now, minutes = start, 60 * amount
        while minutes > 0:
            if for_ever(now):
                return None
            if not stands_still(now) and (unit == "hours" or office.is_open(now)):
                minutes -= 1
            now += MINUTE
        return now

    day = start.date()
    for _ in range(amount):
        day += DAY
        while stands_still(office.closing(day)) or (unit == "working_days" and not office.works_on(day)):
            if for_ever(office.closing(day)):
                return None
            day += DAY
    closed_already = amount == 0 and start > office.closing(day)
    if closed_already and office.works_on(day):
        day += DAY
    while stands_still(office.closing(day)) or not office.works_on(day):
        if for_ever(office.closing(day)):
            return None
        day += DAY
    return office.closing(day)
