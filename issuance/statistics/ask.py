"""An official asks how applications fare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce

from identity.citizen import VerifiedOfficial
from issuance.agencies.tree import UnitTree
from issuance.records import Records

from ..feedback.survey import week_of
from ..feedback.survey_book import SurveySummary
from .counts import By, Counts, Scope, StepCounts
from .units_in_view import units_in_view


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """first, last: days in Vietnam, both included. unit: with those below it. by_step: also the steps."""

    first: date
    last: date
    unit: str | None = None
    type_id: str | None = None
    by: By | None = None
    by_step: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """groups: empty unless asked for; steps: by procedure and step, the same. survey: of the ISO weeks that the period
    touches. tree: knows the units' names."""

    asked: Asked
    at: datetime
    total: Counts
    groups: Mapping[str, Counts]
    steps: Mapping[tuple[str, str], StepCounts]
    survey: SurveySummary
    tree: UnitTree

    @property
    def steps_total(self) -> StepCounts:
        return reduce(StepCounts.__add__, self.steps.values(), StepCounts())


def ask_statistics(records: Records, official: VerifiedOfficial, asked: Asked, at: datetime) -> Report:
    """What the official may see of it. Raises RoleMissing; UnknownUnit also for a unit that is not in sight."""
    tree = records.units.tree()
    scope = Scope(
        units=units_in_view(tree, official, asked.unit, asked.first, asked.last),
        type_id=asked.type_id,
        first=asked.first,
        last=asked.last,
        now=at,
    )
    groups = records.statistics.applications(scope, asked.by)
    return Report(
        asked=asked,
        at=at,
        total=reduce(Counts.__add__, groups.values(), Counts()),
        groups=groups if asked.by is not None else {},
        steps=records.statistics.steps(scope) if asked.by_step else {},
        survey=records.surveys.summary(scope.units, asked.type_id, week_of(asked.first), week_of(asked.last)),
        tree=tree,
    )
