"""When a time limit ends: on working days, within office hours, and not while the clock stands still."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType

from verification.verdict import VIETNAM

from .calendar import WorkingCalendar
from .limit import Limit

Hours = tuple[time, time]
"""From the first moment to the last (not included), in Vietnam's time."""

_Span = tuple[datetime, datetime]
_DAYS_IN_A_WEEK = 7
_DAY = timedelta(days=1)
_LONGEST_REST = timedelta(days=3_653)
_NEVER = datetime.max.replace(tzinfo=VIETNAM)


class NoWorkingDay(ValueError):
    """The calendar has no working day for ten years: it is wrong, and no limit would ever end."""


def _require_in_order(weekday: int, periods: Sequence[Hours]) -> None:
    if not periods:
        raise ValueError(f"weekday {weekday} has no hours: leave it out")
    if any(moment.tzinfo is not None for period in periods for moment in period):
        raise ValueError("opening hours are in Vietnam's time and name no zone")
    moments = [moment for period in periods for moment in period]
    if any(opens >= closes for opens, closes in periods) or moments != sorted(moments):
        raise ValueError(f"the hours of weekday {weekday} are not in order, or overlap")


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """When an office is open in a week. opening: from the weekday (0 Monday to 6 Sunday) to its hours, in order.

    Hours make no day a working day, the calendar does. A day that it has worked though its weekday has no hours (a
    swapped Saturday) has those of the week's last day that has some, Friday as a rule. Raises ValueError.
    """

    opening: Mapping[int, tuple[Hours, ...]] = field(hash=False)
    _week: tuple[tuple[Hours, ...], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.opening:
            raise ValueError("an office without opening hours never opens")
        for weekday, periods in self.opening.items():
            if type(weekday) is not int or not 0 <= weekday < _DAYS_IN_A_WEEK:
                raise ValueError("a weekday is a number from 0, Monday, to 6, Sunday")
            _require_in_order(weekday, periods)
        opening = MappingProxyType({weekday: tuple(self.opening[weekday]) for weekday in sorted(self.opening)})
        borrowed = opening[max(opening)]
        object.__setattr__(self, "opening", opening)
        object.__setattr__(self, "_week", tuple(opening.get(day, borrowed) for day in range(_DAYS_IN_A_WEEK)))

    def periods(self, day: date) -> tuple[Hours, ...]:
        """The opening hours on a day that is worked."""
        return self._week[day.weekday()]

    def closing(self, day: date) -> datetime:
        """The moment at which the office closes on a day that is worked, in Vietnam's time."""
        return datetime.combine(day, self._week[day.weekday()][-1][1], VIETNAM)


_STANDARD_DAY: tuple[Hours, ...] = ((time(8), time(12)), (time(13, 30), time(17)))
_STANDARD_CLOSING = time(17)

STANDARD_HOURS = OfficeHours(dict.fromkeys(range(5), _STANDARD_DAY))
"""Monday to Friday, 08:00-12:00 and 13:30-17:00, for offices of which nothing else is known."""


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stands still from began_at on, until ended_at (not included; None: it still does). why: a short code.

    Raises ValueError for moments without a time zone, and for an end before the beginning.
    """

    began_at: datetime
    ended_at: datetime | None
    why: str

    def __post_init__(self) -> None:
        _require_aware(self.began_at)
        if self.ended_at is not None:
            _require_aware(self.ended_at)
            if self.ended_at < self.began_at:
                raise ValueError("a pause doesn't end before it begins")


def due_at(
    start: datetime, limit: Limit, calendar: WorkingCalendar, hours: OfficeHours, pauses: Sequence[Pause] = ()
) -> datetime | None:
    """The moment (UTC) until which what began at `start` is on time; None while a pause without an end holds it up.

    Days are those of Vietnam's time. `docs/deadlines.md` has the same in words and examples:

    - working_days: counted from the day after the start's. A day counts when it is worked and no pause holds its
      closing. Due at the closing of the last one; with 0, at the first closing of a day that counts, not before start.
    - calendar_days: every day counts whose closing no pause holds (17:00 where the day has no hours). When the last
      one is not worked, the next that is worked and not paused takes its place (Civil Code 2015, art. 148.5).
    - working_hours: only opening hours of days that are worked run, outside of pauses. With 0 due at once.
    - hours: all hours run, outside of pauses.

    Raises ValueError for a start without a time zone, for years of which no holidays are known, and NoWorkingDay.
    """
    _require_aware(start)
    began = start.astimezone(VIETNAM)
    stops = _merged(pauses)
    match limit.unit:
        case "working_days" | "calendar_days":
            due = _end_of_days(began, limit, calendar, hours, stops)
        case "working_hours":
            due = _end_of_hours(began, limit, _open_periods(began, calendar, hours), stops)
        case "hours":
            due = _end_of_hours(began, limit, ((began, _NEVER),), stops)
    return None if due is None else due.astimezone(UTC)


def working_days_between(first: date, last: date, calendar: WorkingCalendar) -> int:
    """How many working days follow `first`, up to `last` (included): 0 when last is not later."""
    return sum(calendar.is_working_day(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))


def working_time_between(first: datetime, last: datetime, calendar: WorkingCalendar, hours: OfficeHours) -> timedelta:
    """How long the office is open between two moments; none when the last is not later.

    Raises ValueError for moments without a time zone, and for years of which no holidays are known.
    """
    _require_aware(first)
    _require_aware(last)
    found = timedelta()
    if last <= first:
        return found
    for opens, closes in _open_periods(first.astimezone(VIETNAM), calendar, hours):
        if opens >= last:
            break
        found += min(closes, last) - opens
    return found


def _end_of_days(
    began: datetime, limit: Limit, calendar: WorkingCalendar, hours: OfficeHours, stops: Sequence[_Span]
) -> datetime | None:
    left = limit.amount
    for day, is_worked in _days_from(began.date() + _DAY if left else began.date(), calendar):
        has_hours = is_worked or day.weekday() in hours.opening
        closing = hours.closing(day) if has_hours else datetime.combine(day, _STANDARD_CLOSING, VIETNAM)
        stopped_until = next((ends for begins, ends in stops if begins <= closing < ends), None)
        if stopped_until == _NEVER:
            return None
        if stopped_until is not None:
            continue
        if is_worked or limit.unit == "calendar_days":
            left -= 1
        # With no day at all, what begins after the closing would be late before anybody could do it.
        if left <= 0 and is_worked and closing >= began:
            return closing
    raise NoWorkingDay("the calendar has no working day for ten years")


def _end_of_hours(began: datetime, limit: Limit, periods: Iterable[_Span], stops: Sequence[_Span]) -> datetime | None:
    if not limit.amount:
        return began
    left = timedelta(hours=limit.amount)
    for begins, ends in _running(periods, stops):
        if left <= ends - begins:
            return begins + left
        left -= ends - begins
    return None


def _running(periods: Iterable[_Span], stops: Sequence[_Span]) -> Iterator[_Span]:
    """The periods without the stops; it ends where a stop without end is reached."""
    for opens, closes in periods:
        runs_from = opens
        for stops_at, goes_on_at in stops:
            if goes_on_at <= runs_from:
                continue
            if stops_at >= closes:
                break
            if runs_from < stops_at:
                yield runs_from, stops_at
            if goes_on_at == _NEVER:
                return
            runs_from = goes_on_at
        if runs_from < closes:
            yield runs_from, closes


def _open_periods(began: datetime, calendar: WorkingCalendar, hours: OfficeHours) -> Iterator[_Span]:
    for day, is_worked in _days_from(began.date(), calendar):
        for opens, closes in hours.periods(day) if is_worked else ():
            closes_at = datetime.combine(day, closes, VIETNAM)
            if closes_at > began:
                yield max(began, datetime.combine(day, opens, VIETNAM)), closes_at
    raise NoWorkingDay("the calendar has no working day for ten years")


def _days_from(day: date, calendar: WorkingCalendar) -> Iterator[tuple[date, bool]]:
    """One day after the other, and whether it is worked; it ends after ten years in which none was."""
    last_worked = day
    while day - last_worked < _LONGEST_REST:
        is_worked = calendar.is_working_day(day)
        if is_worked:
            last_worked = day
        yield day, is_worked
        day += _DAY


def _merged(pauses: Iterable[Pause]) -> list[_Span]:
    """When the clock stands still, in order and apart from one another."""
    # In the zone of the closings: comparing moments of different zones costs three times as much.
    stops = sorted(
        (one.began_at.astimezone(VIETNAM), _NEVER if one.ended_at is None else one.ended_at.astimezone(VIETNAM))
        for one in pauses
    )
    merged: list[_Span] = []
    for begins, ends in stops:
        if merged and begins <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], ends)
        else:
            merged.append((begins, ends))
    return merged


def _require_aware(moment: datetime) -> None:
    if moment.utcoffset() is None:
        raise ValueError("a moment without a time zone falls on no certain day")
