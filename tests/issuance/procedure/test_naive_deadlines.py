"""Deadlines beside a second calculation that shares nothing with the first."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from random import Random

import pytest

from issuance.procedure.calendar import WorkingCalendar
from issuance.procedure.limit import Limit, LimitUnit
from issuance.procedure.working_time import OfficeHours, Pause, due_at

from .naive_deadlines import (
    ANNOUNCED_DAYS_OFF,
    DAY,
    DAYS_OFF,
    MINUTE,
    STANDARD_WEEK,
    WORKED_SATURDAYS,
    Office,
    Week,
    naive_due,
)

# Announced on 25 December 2025; the library `holidays` doesn't know it, so it is for the settings.
UNKNOWN_DAY_OFF, UNKNOWN_SATURDAY = date(2026, 1, 2), date(2026, 1, 10)

HANOI = timezone(timedelta(hours=7))
ZONES = (UTC, HANOI, timezone(timedelta(hours=-11)), timezone(timedelta(hours=5, minutes=45)))
WEEKS: tuple[Week, ...] = (
    STANDARD_WEEK,
    {**STANDARD_WEEK, 5: [("08:00", "11:30")]},
    {0: [("07:00", "11:00"), ("11:00", "18:45")], 2: [("13:00", "20:00")], 3: [("09:15", "09:45"), ("10:00", "16:10")]},
    {weekday: [("00:00", "12:00"), ("12:01", "23:59")] for weekday in range(7)},
)
# Around these something happens: a year's end, a leap day, Tet, and the swapped days.
TURNS = [date(2023, 12, 31), date(2024, 2, 29), date(2025, 2, 28), date(2026, 12, 31), *DAYS_OFF, *WORKED_SATURDAYS]
LATEST_START = date(2027, 3, 1)


def test_the_library_s_days_are_the_announced_ones_but_for_one_swap() -> None:
    calendar, announced = WorkingCalendar(), Office(STANDARD_WEEK)
    days = [date(min(ANNOUNCED_DAYS_OFF), 1, 1) + n * DAY for n in range(365 * 5 + 1)]
    assert days[-1] == date(max(ANNOUNCED_DAYS_OFF), 12, 31)
    assert {day for day in days if calendar.is_working_day(day) != announced.works_on(day)} == {
        UNKNOWN_DAY_OFF,
        UNKNOWN_SATURDAY,
    }
    told = WorkingCalendar([UNKNOWN_SATURDAY], [UNKNOWN_DAY_OFF])
    assert all(told.is_working_day(day) == announced.works_on(day) for day in days)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("unit", "cases", "largest"),
    [("working_days", 1_000, 60), ("calendar_days", 1_000, 90), ("working_hours", 100, 24), ("hours", 150, 96)],
)
def test_the_same_deadline_calculated_naively(unit: LimitUnit, cases: int, largest: int, seed: int) -> None:
    random = Random(f"{unit} {seed}")
    told = WorkingCalendar([UNKNOWN_SATURDAY], [UNKNOWN_DAY_OFF])
    swapped_back = WorkingCalendar([UNKNOWN_SATURDAY, date(2025, 5, 2)], [UNKNOWN_DAY_OFF, date(2025, 4, 26)])
    never_due = 0
    for _ in range(cases):
        week = random.choice(WEEKS)
        calendar, office = random.choice(
            [
                (told, Office(week)),
                (
                    swapped_back,
                    Office(
                        week,
                        frozenset(DAYS_OFF - {date(2025, 5, 2)}),
                        frozenset(WORKED_SATURDAYS - {date(2025, 4, 26)}),
                    ),
                ),
            ]
        )
        start = _some_start(random)
        limit = Limit(min(int(random.expovariate(4 / largest)), largest), unit)
        stops = _some_stops(random, start)
        expected = naive_due(start, limit.amount, unit, office, stops)
        never_due += expected is None
        found = due_at(
            start.replace(tzinfo=HANOI).astimezone(random.choice(ZONES)), limit, calendar, _hours(week), _pauses(stops)
        )
        assert found == (expected and expected.replace(tzinfo=HANOI)), (start, limit, week, stops)
    assert 0 < never_due < cases / 2


def _some_start(random: Random) -> datetime:
    if random.random() < 0.7:
        day = random.choice(TURNS) + random.randint(-9, 3) * DAY
    else:
        day = date(2023, 1, 1) + random.randrange(365 * 4) * DAY
    day = min(max(day, date(2023, 1, 1)), LATEST_START)
    clock = random.choice(["00:00", "08:00", "12:00", "16:59", "17:00", "17:01", "23:59", None])
    if clock is None:
        return datetime.combine(day, time()) + random.randrange(24 * 60) * MINUTE
    return datetime.combine(day, time.fromisoformat(clock))


def _some_stops(random: Random, start: datetime) -> list[tuple[datetime, datetime | None]]:
    """Up to four, apart, overlapping or touching; some last no time, now and then one has no end."""
    stops: list[tuple[datetime, datetime | None]] = []
    for _ in range(random.choice([0, 0, 1, 2, 4])):
        began = start + random.randint(-3_000, 20_000) * MINUTE
        if random.random() < 0.3:
            began = datetime.combine(began.date(), time(17))
        if stops and random.random() < 0.3:
            began = stops[-1][1] or began
        lasting = random.choice([0, 1, 60, 1_440, 10_080, random.randrange(20_000)])
        stops.append((began, None if random.random() < 0.1 else began + lasting * MINUTE))
    random.shuffle(stops)
    return stops


def _hours(week: Week) -> OfficeHours:
    return OfficeHours(
        {
            weekday: tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in periods)
            for weekday, periods in week.items()
        }
    )


def _pauses(stops: list[tuple[datetime, datetime | None]]) -> list[Pause]:
    return [
        Pause(began.replace(tzinfo=HANOI), ended and ended.replace(tzinfo=HANOI), "papers") for began, ended in stops
    ]
