"""When a limit ends: worked examples, and what holds for every limit, start and pause."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from issuance.procedure.calendar import WorkingCalendar
from issuance.procedure.limit import MAX_LIMIT, Limit, LimitUnit
from issuance.procedure.working_time import (
    STANDARD_HOURS,
    NoWorkingDay,
    OfficeHours,
    Pause,
    due_at,
    working_days_between,
    working_time_between,
)

HANOI = timezone(timedelta(hours=7))
CALENDAR = WorkingCalendar()
SATURDAYS_TOO = OfficeHours({**STANDARD_HOURS.opening, 5: ((time(8), time(11)),)})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HANOI)


def paused(*spans: tuple[str, str | None]) -> list[Pause]:
    return [Pause(at(began), None if ended is None else at(ended), "papers") for began, ended in spans]


def due(start: str, amount: int, unit: LimitUnit, *spans: tuple[str, str | None]) -> str | None:
    found = due_at(at(start), Limit(amount, unit), CALENDAR, STANDARD_HOURS, paused(*spans))
    return None if found is None else found.astimezone(HANOI).replace(tzinfo=None).isoformat(" ", "minutes")


@pytest.mark.parametrize(
    ("start", "amount", "unit", "expected"),
    [
        # Monday 3 June 2024; two weekends in between.
        ("2024-06-03 09:10", 10, "working_days", "2024-06-17 17:00"),
        ("2024-06-03 23:59", 10, "working_days", "2024-06-17 17:00"),
        ("2024-06-02 09:00", 1, "working_days", "2024-06-03 17:00"),
        ("2024-06-03 09:00", 0, "working_days", "2024-06-03 17:00"),
        ("2024-06-02 09:00", 0, "working_days", "2024-06-03 17:00"),
        ("2024-06-03 17:00", 0, "working_days", "2024-06-03 17:00"),
        ("2024-06-03 17:01", 0, "working_days", "2024-06-04 17:00"),
        ("2024-06-07 20:00", 0, "working_days", "2024-06-10 17:00"),
        ("2024-06-07 20:00", 0, "calendar_days", "2024-06-10 17:00"),
        # Reunification and Labour Day 2025, and Friday 2 May swapped for Saturday 26 April.
        ("2025-04-28 09:00", 3, "working_days", "2025-05-06 17:00"),
        ("2025-04-25 09:00", 1, "working_days", "2025-04-26 17:00"),
        # Tet 2026 takes the five days from Monday 16 February on.
        ("2026-02-13 16:00", 1, "working_days", "2026-02-23 17:00"),
        ("2024-06-03 09:00", 10, "calendar_days", "2024-06-13 17:00"),
        ("2024-06-05 09:00", 10, "calendar_days", "2024-06-17 17:00"),
        ("2024-06-01 09:00", 0, "calendar_days", "2024-06-03 17:00"),
        ("2024-02-28 09:00", 1, "calendar_days", "2024-02-29 17:00"),
        # Opening hours: over the midday break, to its very beginning, overnight, over a weekend.
        ("2024-06-03 11:00", 2, "working_hours", "2024-06-03 14:30"),
        ("2024-06-03 11:00", 1, "working_hours", "2024-06-03 12:00"),
        ("2024-06-03 12:10", 1, "working_hours", "2024-06-03 14:30"),
        ("2024-06-07 16:00", 2, "working_hours", "2024-06-10 09:00"),
        ("2024-06-08 16:00", 0, "working_hours", "2024-06-08 16:00"),
        # The worked Saturday 4 May 2024 has Friday's hours.
        ("2024-05-03 17:00", 5, "working_hours", "2024-05-04 14:30"),
        ("2024-06-07 16:00", 48, "hours", "2024-06-09 16:00"),
        ("2024-06-07 16:00", 0, "hours", "2024-06-07 16:00"),
    ],
)
def test_a_limit_ends(start: str, amount: int, unit: LimitUnit, expected: str) -> None:
    assert due(start, amount, unit) == expected


@pytest.mark.parametrize(
    ("unit", "amount", "began", "ended", "expected"),
    [
        # All from Monday 3 June 2024, 09:00. Closed again before a closing: no day is lost.
        ("working_days", 3, "2024-06-04 08:00", "2024-06-04 17:00", "2024-06-06 17:00"),
        ("working_days", 3, "2024-06-04 17:00", "2024-06-04 17:01", "2024-06-07 17:00"),
        ("working_days", 3, "2024-06-04 16:00", "2024-06-06 16:00", "2024-06-10 17:00"),
        ("working_days", 0, "2024-06-03 10:00", "2024-06-04 18:00", "2024-06-05 17:00"),
        ("working_days", 3, "2024-06-06 17:01", None, "2024-06-06 17:00"),
        ("working_days", 3, "2024-06-06 17:00", None, None),
        ("calendar_days", 3, "2024-06-04 16:00", "2024-06-05 18:00", "2024-06-10 17:00"),
        ("calendar_days", 7, "2024-06-08 16:59", "2024-06-08 17:01", "2024-06-11 17:00"),
        ("calendar_days", 5, "2024-06-10 09:00", "2024-06-10 18:00", "2024-06-11 17:00"),
        ("calendar_days", 5, "2024-06-10 09:00", None, None),
        ("working_hours", 2, "2024-06-03 09:30", "2024-06-03 13:45", "2024-06-03 15:15"),
        ("working_hours", 2, "2024-06-03 11:00", None, "2024-06-03 11:00"),
        ("working_hours", 2, "2024-06-03 10:59", None, None),
        ("working_hours", 8, "2024-06-03 19:00", None, None),
        ("hours", 2, "2024-06-03 08:00", "2024-06-03 20:00", "2024-06-03 22:00"),
        ("hours", 2, "2024-06-03 10:59", None, None),
        ("hours", 0, "2024-06-03 08:00", None, "2024-06-03 09:00"),
    ],
)
def test_the_clock_stands_still_in_a_pause(
    unit: LimitUnit, amount: int, began: str, ended: str | None, expected: str | None
) -> None:
    assert due("2024-06-03 09:00", amount, unit, (began, ended)) == expected


def test_an_office_with_saturday_hours_works_them_only_on_worked_saturdays() -> None:
    friday = at("2024-05-03 16:00")
    assert due_at(friday, Limit(1, "working_days"), CALENDAR, SATURDAYS_TOO) == at("2024-05-04 11:00")
    assert due_at(friday, Limit(5, "working_hours"), CALENDAR, SATURDAYS_TOO) == at("2024-05-06 09:00")
    assert due_at(at("2024-06-07 16:00"), Limit(1, "working_days"), CALENDAR, SATURDAYS_TOO) == at("2024-06-10 17:00")


def test_the_zone_of_a_moment_changes_nothing_but_its_name() -> None:
    # 18:00 on 2 June in London's winter is already Monday in Hanoi.
    sunday_evening = datetime(2024, 6, 2, 18, tzinfo=UTC)
    found = due_at(sunday_evening, Limit(1, "working_days"), CALENDAR, STANDARD_HOURS)
    assert found == at("2024-06-04 17:00")
    assert found.tzinfo is UTC


def test_a_calendar_without_working_days_is_refused() -> None:
    for_ever = [date(2024, 1, 1) + timedelta(days=n) for n in range(11 * 366)]
    for unit in ("working_days", "calendar_days", "working_hours"):
        with pytest.raises(NoWorkingDay):
            due_at(at("2024-06-03 09:00"), Limit(1, unit), WorkingCalendar(days_off=for_ever), STANDARD_HOURS)


def test_a_pause_of_many_years_is_sat_out() -> None:
    assert due("2024-06-03 09:00", 1, "working_days", ("2024-06-03 10:00", "2044-06-03 10:00")) == "2044-06-03 17:00"


@pytest.mark.parametrize(
    ("opening", "complaint"),
    [
        ({}, "never opens"),
        ({7: ((time(8), time(12)),)}, "weekday"),
        ({True: ((time(8), time(12)),)}, "weekday"),
        ({0: ()}, "leave it out"),
        ({0: ((time(12), time(12)),)}, "in order"),
        ({0: ((time(13), time(17)), (time(8), time(12)))}, "in order"),
        ({0: ((time(8), time(12)), (time(11), time(17)))}, "in order"),
        ({0: ((time(8, tzinfo=UTC), time(12, tzinfo=UTC)),)}, "no zone"),
    ],
)
def test_hours_that_mean_nothing_are_refused(opening: dict[int, tuple[tuple[time, time], ...]], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        OfficeHours(opening)


def test_moments_without_a_zone_are_refused() -> None:
    naive, aware = datetime(2024, 6, 3, 9), at("2024-06-03 09:00")  # noqa: DTZ001 - what is to be refused
    for began, ended in ((naive, None), (aware, naive)):
        with pytest.raises(ValueError, match="time zone"):
            Pause(began, ended, "papers")
    with pytest.raises(ValueError, match="before it begins"):
        Pause(aware, aware - timedelta(seconds=1), "papers")
    with pytest.raises(ValueError, match="time zone"):
        due_at(naive, Limit(1, "hours"), CALENDAR, STANDARD_HOURS)


@pytest.mark.parametrize("amount", [-1, MAX_LIMIT + 1, True, 1.0, "1"])
def test_a_limit_has_bounds(amount: object) -> None:
    with pytest.raises(ValueError, match="whole number"):
        Limit(amount, "hours")  # type: ignore[arg-type] # what is to be refused
    with pytest.raises(ValidationError):
        TypeAdapter(Limit).validate_python({"amount": amount, "unit": "hours"})


def test_a_limit_is_read_strictly() -> None:
    read = TypeAdapter(Limit).validate_json
    assert read('{"amount": 3650, "unit": "working_hours"}') == Limit(3_650, "working_hours")
    for text in ('{"amount": 1}', '{"amount": 1, "unit": "days"}', '{"amount": 1, "unit": "hours", "more": 1}'):
        with pytest.raises(ValidationError):
            read(text)
    with pytest.raises(ValueError, match="counted in"):
        Limit(1, "days")  # type: ignore[arg-type] # what is to be refused


def test_late_by_so_many_working_days() -> None:
    friday, monday = date(2024, 6, 7), date(2024, 6, 10)
    assert working_days_between(friday, monday, CALENDAR) == 1
    assert working_days_between(friday, date(2024, 6, 9), CALENDAR) == 0
    assert working_days_between(friday, friday, CALENDAR) == working_days_between(monday, friday, CALENDAR) == 0
    assert working_days_between(date(2026, 2, 13), date(2026, 2, 24), CALENDAR) == 2


# --- what holds always ---

MOMENTS = st.datetimes(datetime(2023, 12, 1), datetime(2026, 3, 1), timezones=st.just(HANOI))  # noqa: DTZ001 - made aware by it
OFFICES = st.sampled_from(
    [STANDARD_HOURS, SATURDAYS_TOO, OfficeHours({0: ((time(7), time(11)),), 3: ((time(9), time(9, 1)),)})]
)
LIMITS = st.builds(
    Limit, st.integers(0, 40), st.sampled_from(["working_days", "calendar_days", "working_hours", "hours"])
)
DAY_LIMITS = st.builds(Limit, st.integers(0, 40), st.sampled_from(["working_days", "calendar_days"]))


@st.composite
def pauses_near(draw: st.DrawFn, start: datetime) -> list[Pause]:
    drawn = []
    for _ in range(draw(st.integers(0, 3))):
        began = start + timedelta(minutes=draw(st.integers(-5_000, 60_000)))
        if draw(st.booleans()):
            began = began.replace(hour=17, minute=0, second=0, microsecond=0)
        lasting = draw(st.one_of(st.none(), st.integers(0, 20_000)))
        drawn.append(Pause(began, None if lasting is None else began + timedelta(minutes=lasting), "papers"))
    return drawn


def _due(start: datetime, limit: Limit, office: OfficeHours, pauses: Sequence[Pause]) -> datetime:
    """Never is later than any moment."""
    return due_at(start, limit, CALENDAR, office, pauses) or datetime.max.replace(tzinfo=UTC)


@given(st.data(), MOMENTS, st.timedeltas(timedelta(), timedelta(days=20)), LIMITS, OFFICES)
def test_a_later_start_is_never_due_earlier(
    data: st.DataObject, start: datetime, later: timedelta, limit: Limit, office: OfficeHours
) -> None:
    pauses = data.draw(pauses_near(start))
    assert _due(start, limit, office, pauses) <= _due(start + later, limit, office, pauses)


@given(st.data(), MOMENTS, LIMITS, st.integers(0, 10), OFFICES)
def test_a_longer_limit_is_never_due_earlier(
    data: st.DataObject, start: datetime, limit: Limit, more: int, office: OfficeHours
) -> None:
    pauses = data.draw(pauses_near(start))
    longer = Limit(limit.amount + more, limit.unit)
    assert _due(start, limit, office, pauses) <= _due(start, longer, office, pauses)


@given(st.data(), MOMENTS, LIMITS, OFFICES)
def test_a_pause_never_makes_it_due_earlier(
    data: st.DataObject, start: datetime, limit: Limit, office: OfficeHours
) -> None:
    pauses, more = data.draw(pauses_near(start)), data.draw(pauses_near(start))
    assert _due(start, limit, office, pauses) <= _due(start, limit, office, pauses + more)


@given(st.data(), MOMENTS, LIMITS, OFFICES)
def test_how_pauses_are_told_changes_nothing(
    data: st.DataObject, start: datetime, limit: Limit, office: OfficeHours
) -> None:
    pauses = data.draw(pauses_near(start))
    expected = _due(start, limit, office, pauses)
    for order in permutations(pauses):
        assert _due(start, limit, office, order) == expected
    no_time = start + timedelta(minutes=data.draw(st.integers(-5_000, 60_000)))
    assert _due(start, limit, office, [*pauses, Pause(no_time, no_time, "papers")]) == expected
    for pause in pauses:
        rest = [one for one in pauses if one is not pause]
        latest = pause.ended_at or pause.began_at + timedelta(days=40)
        cut = data.draw(st.datetimes(pause.began_at.replace(tzinfo=None), latest.replace(tzinfo=None))).replace(
            tzinfo=HANOI
        )
        halves = [Pause(pause.began_at, cut, "papers"), Pause(cut, pause.ended_at, "payment")]
        assert _due(start, limit, office, rest + halves) == expected


@given(st.data(), MOMENTS, DAY_LIMITS, OFFICES)
def test_days_end_at_a_closing_that_no_pause_holds(
    data: st.DataObject, start: datetime, limit: Limit, office: OfficeHours
) -> None:
    pauses = data.draw(pauses_near(start))
    found = due_at(start, limit, CALENDAR, office, pauses)
    if found is None:
        assert any(one.ended_at is None for one in pauses)
        return
    day = found.astimezone(HANOI).date()
    assert CALENDAR.is_working_day(day)
    assert found == office.closing(day)
    assert not any(one.began_at <= found and (one.ended_at is None or found < one.ended_at) for one in pauses)
    assert day >= start.date() + timedelta(days=min(limit.amount, 1))


@given(MOMENTS, st.integers(0, 40), OFFICES)
def test_working_days_are_counted_exactly(start: datetime, amount: int, office: OfficeHours) -> None:
    found = due_at(start, Limit(amount, "working_days"), CALENDAR, office)
    assert found is not None
    counted = working_days_between(start.date(), found.astimezone(HANOI).date(), CALENDAR)
    # With no day at all, the day of the start is enough when it is worked and its closing is yet to come.
    is_today = CALENDAR.is_working_day(start.date()) and office.closing(start.date()) >= start
    assert counted == (amount or not is_today)


@given(MOMENTS, st.integers(0, 60), st.integers(0, 60), OFFICES)
def test_working_hours_add_up(start: datetime, first: int, second: int, office: OfficeHours) -> None:
    between = due_at(start, Limit(first, "working_hours"), CALENDAR, office)
    assert between is not None
    whole = due_at(start, Limit(first + second, "working_hours"), CALENDAR, office)
    if second:
        assert due_at(between, Limit(second, "working_hours"), CALENDAR, office) == whole
    else:
        assert between == whole


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [
        ("2024-06-03 09:00", "2024-06-03 11:30", 2.5),
        ("2024-06-03 11:00", "2024-06-03 14:30", 2),  # an hour on both sides of the break at noon
        ("2024-06-07 16:00", "2024-06-10 09:00", 2),  # over a weekend
        ("2024-06-03 18:00", "2024-06-04 07:00", 0),
        ("2024-06-03 09:00", "2024-06-03 09:00", 0),
        ("2024-06-04 09:00", "2024-06-03 09:00", 0),
        ("2024-06-03 00:00", "2024-06-08 00:00", 37.5),
    ],
)
def test_time_between_two_moments_is_that_of_open_offices(first: str, last: str, hours: float) -> None:
    assert working_time_between(at(first), at(last), CALENDAR, STANDARD_HOURS) == timedelta(hours=hours)


@given(st.integers(0, 200_000), st.integers(1, 200))
def test_what_is_due_after_some_working_hours_is_that_far_away(minutes: int, amount: int) -> None:
    start = at("2024-06-03 09:10") + timedelta(minutes=minutes)
    ends = due_at(start, Limit(amount, "working_hours"), CALENDAR, STANDARD_HOURS)
    assert ends is not None
    assert working_time_between(start, ends, CALENDAR, STANDARD_HOURS) == timedelta(hours=amount)
