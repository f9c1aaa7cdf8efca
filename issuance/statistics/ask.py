"""An official asks how applications fare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce

from identity.citizen import VerifiedOfficial
from issuance.agencies.tree import UnitTree
from issuance.procedure.document import Procedure
from issuance.records import Records

from ..application import ApplicationState
from ..feedback.survey import week_of
from ..feedback.survey_book import SurveySummary
from ..fees.wording import Label
from .counts import By, Counts, Scope, StepCounts, WaivedSums
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
    """groups: empty unless asked for; steps and names: by procedure and step, the same. waived: by month;
    budgets: their names, as the newest policy that has them says. survey: of the ISO weeks that the period touches.
    tree: knows the units' names."""

    asked: Asked
    at: datetime
    total: Counts
    groups: Mapping[str, Counts]
    steps: Mapping[tuple[str, str], StepCounts]
    waived: Mapping[str, WaivedSums]
    budgets: Mapping[str, Label]
    waiting: Mapping[ApplicationState, int]
    step_names: Mapping[tuple[str, str], Label]
    procedure_names: Mapping[str, Label]
    survey: SurveySummary
    tree: UnitTree

    @property
    def steps_total(self) -> StepCounts:
        return reduce(StepCounts.__add__, self.steps.values(), StepCounts())


@dataclass(frozen=True, slots=True, kw_only=True)
class Punctuality:
    """units: those that settled something in the period, by code; of everything that is counted, only that is told."""

    units: Mapping[str, Counts]
    total: Counts
    tree: UnitTree


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
    procedures = _procedures(records) if asked.by_step else ()
    return Report(
        asked=asked,
        at=at,
        total=reduce(Counts.__add__, groups.values(), Counts()),
        groups=groups if asked.by is not None else {},
        steps=records.statistics.steps(scope) if asked.by_step else {},
        waived=records.statistics.waived(scope),
        budgets=_budgets(records),
        waiting=records.statistics.waiting(scope),
        step_names=_step_names(procedures),
        procedure_names={one.id: one.document.name for one in procedures},
        survey=records.surveys.summary(scope.units, asked.type_id, week_of(asked.first), week_of(asked.last)),
        tree=tree,
    )


def ask_punctuality(records: Records, first: date, last: date, at: datetime) -> Punctuality:
    """How all units keep their promises, for everybody to see."""
    scope = Scope(units=None, type_id=None, first=first, last=last, now=at)
    groups = records.statistics.applications(scope, "unit")
    settled = {unit: counts for unit, counts in groups.items() if counts.settled}
    return Punctuality(
        units=settled, total=reduce(Counts.__add__, settled.values(), Counts()), tree=records.units.tree()
    )


def _budgets(records: Records) -> Mapping[str, Label]:
    stages = [stage for policy in records.fee_policies.book().policies for stage in policy.document.stages]
    rules = [rule for stage in stages for rule in stage.rules]
    return {rule.funding.budget: rule.funding.label for rule in rules if rule.funding is not None}


def _procedures(records: Records) -> Sequence[Procedure]:
    """The newest version last, whose words are shown."""
    rows = records.procedures.published().rows
    return sorted((row.procedure for row in rows), key=lambda procedure: procedure.version)


def _step_names(procedures: Sequence[Procedure]) -> Mapping[tuple[str, str], Label]:
    return {(one.id, step.id): step.name for one in procedures for step in one.steps}
