"""An application comes into a step and leaves it: one step at every moment, until it is decided or has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ..application import Application
from ..delegations.authority import Authority
from ..errors import UnknownStep
from ..fees.facts import vietnam_day
from ..procedure.conditions import FactValue
from ..procedure.document import Ended, Procedure, Step
from ..records import Records
from ..rules import Rules
from .assign_owner import owner_for
from .clock import step_due_at
from .in_force import hours_of
from .step_visit import StepVisit

NOBODY_DECIDES = "a procedure that ends before anybody decided settles nothing"


def first_step(procedure: Procedure, facts: Mapping[str, FactValue]) -> Step:
    """Where an application with these facts begins. Raises UnknownStep for a procedure that ends before it begins."""
    step = procedure.start_for(facts)
    if isinstance(step, Ended):
        raise UnknownStep(NOBODY_DECIDES)
    return step


def enter_step(records: Records, rules: Rules, application: Application, step: Step, at: datetime) -> Application:
    """The application in this step, with the official whose turn it is and the step's due time. Not yet saved; the
    visit of the step is, and the one before must be closed.

    A step is entered at submission already, so that a fee that nobody has decided, and a payment that does not come,
    are somebody's too.
    """
    hours = hours_of(records, application.unit, vietnam_day(at))
    due = step_due_at(application, at, step.time_limit, rules.calendar, hours)
    owner = owner_for(records, rules, application, step.role)
    records.step_visits.open(
        StepVisit(
            application_id=application.id,
            seq=1,
            unit=application.unit,
            type_id=application.type_id,
            procedure_id=application.procedure.id,
            step=step.id,
            role=step.role,
            owner_key=None if owner is None else owner.subject_key,
            entered_at=at,
            due_at=due,
        )
    )
    return replace(application, step=step.id, role=step.role, owner=owner, step_due_at=due)


def leave_step(records: Records, application: Application, outcome: str, by: Authority, at: datetime) -> Application:
    """The step is over, with this outcome. Not yet saved; the visit is."""
    acting_for = None if by.acting_for is None else by.acting_for.subject_key
    records.step_visits.close(
        application.id, at=at, outcome=outcome, by_key=by.actor.subject_key, acting_for_key=acting_for
    )
    return replace(application, step_due_at=None)


def end_step(records: Records, application: Application, outcome: str, by_key: str, at: datetime) -> None:
    """The application ends without an outcome of its step: `withdrawn`, `unpaid`. by_key: who or what ends it."""
    records.step_visits.close(application.id, at=at, outcome=outcome, by_key=by_key)
