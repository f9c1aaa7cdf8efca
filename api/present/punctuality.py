"""How units keep their promises, for programs and pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from typing_extensions import TypedDict

from issuance.statistics.counts import Counts
from issuance.statistics.punctuality import Punctuality

from ..languages import Language
from .statistics import per_cent, unit_name


class PunctualView(TypedDict):
    """`on_time` and `on_time_per_cent` (one decimal, rounded down) are null where fewer than five cases are told of."""

    settled: int
    on_time: int | None
    on_time_per_cent: str | None


class PunctualUnitView(PunctualView):
    """Both are null also for a unit whose figures are told in `together` alone."""

    code: str
    name: str


class PunctualityView(TypedDict):
    """Days are Vietnam's, both included; a quarter `is_over` or runs still. The unit that settled most comes first.

    `together`: the sum of all units whose own share is null, or null where there is none of them. Units with fewer than
    five cases are among them, and as many others as keep theirs from being reckoned.
    """

    quarter: str
    first_day: str
    last_day: str
    is_over: bool
    total: PunctualView
    units: list[PunctualUnitView]
    together: PunctualView | None


def punctuality_view(found: Punctuality, today: date, language: Language) -> PunctualityView:
    told, last = found.told, found.quarter.last
    # A running quarter's last day may know a name that nobody bears yet.
    named_on = min(last, today)
    names = {code: unit_name(found.tree, code, named_on, language) for code in (*told.alone, *told.together)}

    def in_order(units: Mapping[str, Counts]) -> list[tuple[str, Counts]]:
        return sorted(units.items(), key=lambda one: (-one[1].settled, names[one[0]]))

    units: list[PunctualUnitView] = [
        {"code": code, "name": names[code], **_punctual(counts.settled, counts)}
        for code, counts in in_order(told.alone)
    ]
    units += [
        {"code": code, "name": names[code], **_punctual(counts.settled, None)}
        for code, counts in in_order(told.together)
    ]
    return {
        "quarter": found.quarter.name,
        "first_day": found.quarter.first.isoformat(),
        "last_day": last.isoformat(),
        "is_over": last < today,
        "total": _punctual(told.settled, told.total),
        "units": units,
        "together": _punctual(told.settled_together, told.together_total) if told.together else None,
    }


def _punctual(settled: int, told: Counts | None) -> PunctualView:
    return {
        "settled": settled,
        "on_time": None if told is None else told.on_time,
        "on_time_per_cent": None if told is None else per_cent(told),
    }
