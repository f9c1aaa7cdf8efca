"""Office hours as one line of text: `mon-fri 08:00-12:00 13:30-17:00; sat 08:00-12:00`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import time
from itertools import groupby

from issuance.procedure.working_time import OfficeHours

MAX_HOURS_CHARACTERS = 500
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = "|".join(_DAYS)
_PART = re.compile(rf"({_DAY})(?:-({_DAY}))?((?: +[0-9]{{2}}:[0-9]{{2}}-[0-9]{{2}}:[0-9]{{2}})+)")

Ranges = tuple[tuple[time, time], ...]


def read_hours(text: str) -> OfficeHours:
    """Raises ValueError for anything but the form above: each weekday once, its times in order, none overlapping."""
    if len(text) > MAX_HOURS_CHARACTERS:
        raise ValueError("these office hours are too long")
    opening: dict[int, Ranges] = {}
    for part in text.split(";"):
        found = _PART.fullmatch(part.strip())
        if found is None:
            raise ValueError("office hours are written like mon-fri 08:00-12:00 13:30-17:00; sat 08:00-12:00")
        first, last, times = found.groups()
        ranges = tuple(_range(one) for one in times.split())
        for weekday in range(_DAYS.index(first), _DAYS.index(last or first) + 1):
            if weekday in opening:
                raise ValueError("a weekday stands twice in the office hours")
            opening[weekday] = ranges
        if last is not None and _DAYS.index(last) < _DAYS.index(first):
            raise ValueError("weekdays run from mon to sun")
    return OfficeHours(opening)


def write_hours(hours: OfficeHours) -> str:
    """The shortest text that reads back as these hours."""
    return "; ".join(_parts(hours))


def _range(text: str) -> tuple[time, time]:
    begin, end = text.split("-")
    return time.fromisoformat(begin), time.fromisoformat(end)


def _parts(hours: OfficeHours) -> Iterator[str]:
    open_days = sorted((weekday, tuple(ranges)) for weekday, ranges in hours.opening.items() if ranges)
    # Neighbouring weekdays with the same times differ from their place in the list by the same number.
    for _, group in groupby(enumerate(open_days), key=lambda item: (item[1][0] - item[0], item[1][1])):
        days = [weekday for _, (weekday, _) in group]
        ranges = dict(open_days)[days[0]]
        named = _DAYS[days[0]] if len(days) == 1 else f"{_DAYS[days[0]]}-{_DAYS[days[-1]]}"
        yield " ".join((named, *(f"{begin:%H:%M}-{end:%H:%M}" for begin, end in ranges)))
