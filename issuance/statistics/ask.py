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
    """first, last: days in Vietnam, both included. unit: with those below it. by: in which ways the total is divided.
    by_step: also the steps."""

    first: date
    last: date
    unit: str | None = None
    type_id: str | None = None
    by: Sequence[By] = ()
    by_step: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """groups: for each way that was asked for; steps and names: by procedure and step, empty unless asked for. waived:
    by month; budgets: their names, as the newest policy that has them says. survey: of the ISO weeks that the period
    touches. tree: knows the units' names."""

    asked: Asked
    at: datetime
    total: Counts
    groups: Mapping[By, Mapping[str, Counts]]
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
    groups = {by: records.statistics.applications(scope, by) for by in asked.by}
    # Added up from one of them where there is one, so that the page's sums are the page's total.
    whole = groups[asked.by[0]] if asked.by else records.statistics.applications(scope, None)
    procedures = _procedures(records) if asked.by_step else ()
    return Report(
        asked=asked,
        at=at,
        total=reduce(Counts.__add__, whole.values(), Counts()),
        groups=groups,
        steps=records.statistics.steps(scope) if asked.by_step else {},
        waived=records.statistics.waived(scope),
        budgets=_budgets(records),
        waiting=records.statistics.waiting(scope),
        step_names=_step_names(procedures),
        procedure_names={one.id: one.document.name for one in procedures},
        survey=records.surveys.summary(scope.units, asked.type_id, week_of(asked.first), week_of(asked.last)),
        tree=tree,
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
