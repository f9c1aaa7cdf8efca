"""Units for tests: made by hand, and random ones."""

from __future__ import annotations

from datetime import date, time, timedelta

from hypothesis import strategies as st

from issuance.agencies.unit import Unit, UnitKind
from issuance.fees.wording import Label
from issuance.procedure.working_time import OfficeHours

FIRST = date(2024, 1, 1)
BEFORE, MERGED = date(2025, 6, 30), date(2025, 7, 1)


def unit(
    code: str,
    *,
    since: date = FIRST,
    until: date | None = None,
    parent: str | None = None,
    successor: str | None = None,
    hours: OfficeHours | None = None,
) -> Unit:
    return Unit(
        code=code,
        name=Label(f"Đơn vị {code}", f"Unit {code}"),
        kind=UnitKind.COMMUNE,
        parent=parent,
        valid_from=since,
        valid_until=until,
        successor=successor,
        hours=hours,
    )


_CODES = st.sampled_from("ABCDEF")
days = st.integers(0, 30).map(lambda number: FIRST + timedelta(days=number))


@st.composite
def _units(draw: st.DrawFn) -> Unit:
    since = draw(days)
    until = draw(st.none() | days.filter(lambda day: day >= since))
    maybe = st.none() | _CODES
    return unit(
        draw(_CODES), since=since, until=until, parent=draw(maybe), successor=draw(maybe) if until is not None else None
    )


any_units = st.lists(_units(), min_size=1, max_size=7)
"""Mostly no trees at all: they overlap, hang in the air and succeed each other in circles."""


@st.composite
def _histories(draw: st.DrawFn) -> list[Unit]:
    """Each code lives in periods without gaps, mostly under a root that always is, and is followed by one alive."""
    rows = [unit("ROOT")]
    codes = draw(st.lists(_CODES, min_size=1, max_size=6, unique=True))
    lives = {code: sorted(draw(st.lists(days, min_size=1, max_size=4, unique=True))) for code in codes}
    ends = {code: draw(st.booleans()) and len(cuts) > 1 for code, cuts in lives.items()}
    for code, cuts in lives.items():
        starts = cuts[:-1] if ends[code] else cuts
        for number, since in enumerate(starts):
            until = cuts[number + 1] - timedelta(days=1) if number + 1 < len(cuts) else None
            heirs = [
                other
                for other, (first, *rest) in lives.items()
                if ends[code] and number == len(starts) - 1 and other != code
                if first <= cuts[-1] and (not ends[other] or cuts[-1] < rest[-1])
            ]
            successor = draw(st.none() | st.sampled_from(heirs)) if heirs else None
            rows.append(unit(code, since=since, until=until, parent="ROOT", successor=successor))
    return draw(st.permutations(rows))


histories = _histories()
"""Units that make a tree on every day: begun, renamed, merged and ended."""

_TIMES = st.lists(st.integers(0, 23 * 60 + 59), min_size=2, max_size=6, unique=True).map(
    lambda minutes: sorted(minutes)[: len(minutes) // 2 * 2]
)


def _as_ranges(minutes: list[int]) -> tuple[tuple[time, time], ...]:
    moments = [time(one // 60, one % 60) for one in minutes]
    return tuple(zip(moments[::2], moments[1::2], strict=True))


office_hours = st.dictionaries(st.integers(0, 6), _TIMES.map(_as_ranges), min_size=1).map(OfficeHours)
