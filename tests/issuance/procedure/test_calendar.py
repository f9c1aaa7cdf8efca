"""The working calendar: which days count, and the last day of a limit."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.procedure.calendar import WorkingCalendar

CALENDAR = WorkingCalendar()
DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))


@pytest.mark.parametrize(
    ("start", "days", "kind", "due"),
    [
        # Monday 3 June 2024, ten working days: two weekends in between.
        ("2024-06-03", 10, "working", "2024-06-17"),
        # Reunification and Labour Day 2025, and the Friday swapped for a Saturday, which the library knows.
        ("2025-04-28", 3, "working", "2025-05-06"),
        # Submitted on a Sunday: Monday is the first day.
        ("2024-06-02", 1, "working", "2024-06-03"),
        ("2024-06-03", 0, "working", "2024-06-03"),
        # Ten calendar days end on a Saturday, so on the Monday after.
        ("2024-06-05", 10, "calendar", "2024-06-17"),
        ("2024-06-03", 10, "calendar", "2024-06-13"),
    ],
)
def test_the_last_day_of_a_limit(start: str, days: int, kind: str, due: str) -> None:
    assert CALENDAR.due_date(date.fromisoformat(start), days, kind) == date.fromisoformat(due)  # type: ignore[arg-type] # from a table


@pytest.mark.parametrize(("off", "worked"), [("2024-04-29", "2024-05-04"), ("2018-12-31", "2019-01-05")])
def test_a_day_swapped_by_decree_is_worked_on_its_saturday(off: str, worked: str) -> None:
    # On a fresh calendar and the Saturday first, though its day off may lie in another year.
    calendar = WorkingCalendar()
    assert calendar.is_working_day(date.fromisoformat(worked))
    assert not calendar.is_working_day(date.fromisoformat(off))


def test_what_is_set_goes_before_what_is_known() -> None:
    off, worked = date(2024, 4, 29), date(2024, 5, 4)
    undone = WorkingCalendar(working_saturdays=[off], days_off=[worked])
    assert (undone.is_working_day(off), undone.is_working_day(worked)) == (True, False)


def test_a_day_is_not_set_both_ways() -> None:
    with pytest.raises(ValueError, match="2024-06-08"):
        WorkingCalendar([date(2024, 6, 8)], [date(2024, 6, 8)])


@pytest.mark.parametrize("day", [date(1900, 12, 31), date(2101, 1, 3)])
def test_years_without_known_holidays_have_no_working_days(day: date) -> None:
    with pytest.raises(ValueError, match="not known"):
        CALENDAR.is_working_day(day)


def test_swapped_days_are_data() -> None:
    saturday, tuesday = date(2024, 6, 8), date(2024, 6, 4)
    swapped = WorkingCalendar(working_saturdays=[saturday], days_off=[tuesday])
    assert (CALENDAR.is_working_day(saturday), CALENDAR.is_working_day(tuesday)) == (False, True)
    assert (swapped.is_working_day(saturday), swapped.is_working_day(tuesday)) == (True, False)


def test_a_limit_is_not_negative() -> None:
    with pytest.raises(ValueError, match="not negative"):
        CALENDAR.due_date(date(2024, 6, 3), -1, "working")


@given(start=DAYS, days=st.integers(0, 60))
def test_counted_day_by_day(start: date, days: int) -> None:
    due = CALENDAR.due_date(start, days, "working")
    between = [start + timedelta(days=n) for n in range(1, (due - start).days + 1)]
    assert CALENDAR.is_working_day(due)
    assert sum(CALENDAR.is_working_day(day) for day in between) == max(days, 0 if CALENDAR.is_working_day(start) else 1)


@given(start=DAYS, days=st.integers(0, 60), kind=st.sampled_from(["working", "calendar"]))
def test_a_longer_limit_never_ends_earlier(start: date, days: int, kind: str) -> None:
    shorter = CALENDAR.due_date(start, days, kind)  # type: ignore[arg-type] # from a table
    assert start <= shorter <= CALENDAR.due_date(start, days + 1, kind)  # type: ignore[arg-type] # from a table
