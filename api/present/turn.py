"""Whose turn a case is, until when, and what the official who looks at it may do now."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import TypedDict

from issuance.application import Actor, Application, AskedOfCitizen
from issuance.delegations.delegation import Delegation
from issuance.procedure.document import Outcome, Procedure, Step
from issuance.settlement.possible import Possible
from issuance.settlement.step_visit import StepVisit

from ..languages import Language


class OfficialView(TypedDict):
    """`account` names the official's account in other requests."""

    name: str
    account: str


class OutcomeView(TypedDict):
    """What can come of the step: it leads to another step (`to`) or ends (`approved`, `refused`).

    `needs`: what has to be there first; with `reason` among them the request says why.
    """

    id: str
    name: str
    to: str | None
    ends: str | None
    needs: list[str]


class VisitView(TypedDict):
    """A step that the application is or was in. `outcome` is null as long as it is."""

    step: str
    step_name: str
    role: str
    unit: str
    entered_at: str
    due_at: str | None
    left_at: str | None
    outcome: str | None
    by: str | None
    acting_for: str | None


class AskedView(TypedDict):
    """The papers that the citizen was asked for, until which day, and since when the clock stands still for it."""

    text: str
    until: str
    at: str


class ActingView(TypedDict):
    """In whose place the official who looks at this would act, under which delegation, by which act."""

    name: str
    delegation: str
    act: str


class TurnView(TypedDict):
    """`owner` is null where everybody of the unit in this role may act. `procedure`: the version that the application
    began with. `paused_since`: since when the clock stands still; the due times stay as they were until it goes on.

    `links`: what the official who looks at this may do now, by name; `outcomes`: what can be brought about by
    `links.outcomes`. `not_possible`: the code of the refusal where nothing may be done. `version`: the entity tag's.
    """

    version: int
    step: str
    step_name: str
    role: str
    owner: OfficialView | None
    promised_at: str
    step_due_at: str | None
    paused_since: str | None
    asked: AskedView | None
    procedure: str
    procedure_version: int
    acting_for: ActingView | None
    outcomes: list[OutcomeView]
    not_possible: str | None
    links: dict[str, str]
    steps: list[VisitView]


_ADDRESSES = {
    "ownership": "ownership",
    "assignment": "assignment",
    "papers_request": "papers-request",
    "resumption": "resumption",
    "stop": "stop",
    "register_questions": "register-questions",
}


def turn_view(
    one: Application, procedure: Procedure, possible: Possible, visits: Sequence[StepVisit], language: Language
) -> TurnView:
    step = procedure.step(one.step)
    path = f"/v1/desk/applications/{one.code}"
    links = {name: f"{path}/{_ADDRESSES[name]}" for name in sorted(possible.actions)}
    if possible.outcomes:
        links["outcomes"] = f"{path}/outcomes"
    right = possible.right
    return {
        "version": one.version,
        "step": step.id,
        "step_name": step.name.in_language(language),
        "role": step.role,
        "owner": _official(one.owner),
        "promised_at": one.promised_at.isoformat(),
        "step_due_at": None if one.step_due_at is None else one.step_due_at.isoformat(),
        "paused_since": one.pauses[-1].began_at.isoformat() if one.is_paused else None,
        "asked": asked_view(one.asked),
        "procedure": procedure.id,
        "procedure_version": procedure.version,
        "acting_for": None if right is None or right.delegation is None else _acting(right.delegation),
        "outcomes": [_outcome(outcome, language) for outcome in possible.outcomes],
        "not_possible": possible.why_not,
        "links": links,
        "steps": [_visit(visit, procedure, language) for visit in visits],
    }


def asked_view(asked: AskedOfCitizen | None) -> AskedView | None:
    if asked is None:
        return None
    return {"text": asked.text, "until": asked.until.isoformat(), "at": asked.at.isoformat()}


def _official(owner: Actor | None) -> OfficialView | None:
    return None if owner is None else {"name": owner.full_name, "account": owner.subject_key}


def _acting(delegation: Delegation) -> ActingView:
    return {"name": delegation.delegator.full_name, "delegation": str(delegation.id), "act": delegation.act}


def _outcome(outcome: Outcome, language: Language) -> OutcomeView:
    return {
        "id": outcome.id,
        "name": outcome.name.in_language(language),
        "to": outcome.to,
        "ends": outcome.ends,
        "needs": list(outcome.needs),
    }


def _visit(visit: StepVisit, procedure: Procedure, language: Language) -> VisitView:
    step: Step | None = next((step for step in procedure.steps if step.id == visit.step), None)
    return {
        "step": visit.step,
        "step_name": visit.step if step is None else step.name.in_language(language),
        "role": visit.role,
        "unit": visit.unit,
        "entered_at": visit.entered_at.isoformat(),
        "due_at": None if visit.due_at is None else visit.due_at.isoformat(),
        "left_at": None if visit.left_at is None else visit.left_at.isoformat(),
        "outcome": visit.outcome,
        "by": visit.by_key,
        "acting_for": visit.acting_for_key,
    }
