"""How units keep their promises, for everybody: in no answer anything that could be reckoned back to a few cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

from issuance.agencies.tree import UnitTree
from issuance.records import Records

from .counts import Counts, Scope
from .quarter import Quarter

LEAST_TOLD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """By unit code, each unit once. alone: of whom it is told how many of the settled were on time. together: of whom
    only their sum is told, if that is of at least five cases: units with few cases, and as many others as they need to
    hide among."""

    alone: Mapping[str, Counts]
    together: Mapping[str, Counts]

    @property
    def together_total(self) -> Counts | None:
        """None where they are too few even so."""
        return _told(self.together)

    @property
    def settled_together(self) -> int:
        return _settled(self.together)

    @property
    def settled(self) -> int:
        return _settled(self.alone) + self.settled_together

    @property
    def total(self) -> Counts | None:
        """Of all units; None of fewer than five cases."""
        return _told({**self.alone, **self.together})


@dataclass(frozen=True, slots=True, kw_only=True)
class Punctuality:
    """tree: knows the units' names."""

    quarter: Quarter
    told: Told
    tree: UnitTree


def ask_punctuality(records: Records, quarter: Quarter, at: datetime) -> Punctuality:
    """Of the applications that were settled in the quarter, with its first and its last day."""
    scope = Scope(units=None, type_id=None, first=quarter.first, last=quarter.last, now=at)
    units = records.statistics.applications(scope, "unit")
    return Punctuality(quarter=quarter, told=what_is_told(units), tree=records.units.tree())


def what_is_told(units: Mapping[str, Counts]) -> Told:
    """What is told of whom, so that no difference of one answer's figures says how fewer than five cases went.

    A single unit that is kept back could be reckoned from the total: so those with few cases stand together, and the
    smallest of the others with them, until they are two units and five cases at least.
    """
    by_size = sorted(((code, counts) for code, counts in units.items() if counts.settled), key=_size)
    few = sum(counts.settled < LEAST_TOLD for _, counts in by_size)
    hidden = few
    while few and hidden < len(by_size) and (hidden < 2 or _settled(dict(by_size[:hidden])) < LEAST_TOLD):
        hidden += 1
    return Told(alone=dict(by_size[hidden:]), together=dict(by_size[:hidden]))


def _size(unit: tuple[str, Counts]) -> tuple[int, str]:
    return unit[1].settled, unit[0]


def _settled(units: Mapping[str, Counts]) -> int:
    return sum(counts.settled for counts in units.values())


def _told(units: Mapping[str, Counts]) -> Counts | None:
    total = reduce(Counts.__add__, units.values(), Counts())
    return total if total.settled >= LEAST_TOLD else None
