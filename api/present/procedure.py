"""Internal procedures as they are published: steps in words, and on which days which version begins what."""

from __future__ import annotations

from datetime import date
from typing import Any

from typing_extensions import TypedDict

from issuance.procedure.book import EVER
from issuance.procedure.document import Procedure, Step
from issuance.procedure.problems import Problem
from issuance.procedure.publish import Report, standing_of
from issuance.procedure.published import Published, PublishedProcedure
from issuance.procedure.time_sums import limit_in_words
from issuance.procedure.words import (
    ACTIONS,
    NEEDS,
    ROLES,
    STANDINGS,
    condition_in_words,
    step_in_words,
)

from ..languages import Language
from .fee_policy import DaysView


class ProcedureLine(TypedDict):
    """A version of a procedure. `days` are those on which new applications begin with it: its own, without those that a
    later one has taken; null where there are none. `units` is null for any unit that has none of its own.

    `standing` is scheduled, in_force or over. `published_at` is null for what came with the first installation.
    """

    id: str
    version: int
    name: str
    reference: str
    document_types: list[str]
    units: list[str] | None
    days: DaysView | None
    standing: str
    standing_name: str
    digest: str
    published_at: str | None
    links: dict[str, str]


class ProceduresView(TypedDict):
    """Procedures by id and number; `next` is null on the last page."""

    procedures: list[ProcedureLine]
    next: str | None


class NamedView(TypedDict):
    """A word of the schema with what it means."""

    id: str
    name: str


class ProcedureLimitView(TypedDict):
    """How long a step may take."""

    amount: int
    unit: str
    words: str


class ProcedureOutcomeView(TypedDict):
    """What can be decided in a step: either `to` (the next step) or `ends` (approved, refused)."""

    id: str
    name: str
    to: str | None
    ends: str | None
    returns: bool
    needs: list[NamedView]


class ProcedureStepView(TypedDict):
    """A step; `words` says all of it in sentences. `when` is null where every application takes it."""

    id: str
    name: str
    words: str
    role: NamedView
    time_limit: ProcedureLimitView
    when: str | None
    actions: list[NamedView]
    outcomes: list[ProcedureOutcomeView]


class ProcedureBasisView(TypedDict):
    """A legal act on which the procedure rests."""

    number: str
    title: str
    article: str | None


class WithdrawnView(TypedDict):
    """When it was taken back, and why."""

    at: str
    reason: str


class ProcedureView(ProcedureLine):
    """A version with its steps, and the document as it was published."""

    basis: list[ProcedureBasisView]
    start: str
    steps: list[ProcedureStepView]
    withdrawn: WithdrawnView | None
    document: dict[str, Any]


class ProcedureProblemView(TypedDict):
    """One thing about a document; a note stops nothing."""

    code: str
    place: str
    text: str
    is_note: bool


class ProcedureEndingView(TypedDict):
    """A published version that this one would end; no last day: nothing would begin with it any more."""

    id: str
    version: int
    last_day: str | None


class ProcedureCheckView(TypedDict):
    """What publishing the document now would do. `may_publish` is about whoever asks."""

    is_publishable: bool
    may_publish: bool
    problems: list[ProcedureProblemView]
    ends: list[ProcedureEndingView]


def procedure_line(published: Published, row: PublishedProcedure, today: date, language: Language) -> ProcedureLine:
    document, days = row.procedure.document, published.days_of(row.procedure.digest)
    standing = standing_of(days, today)
    return {
        "id": document.id,
        "version": document.version,
        "name": document.name.in_language(language),
        "reference": document.reference,
        "document_types": [*document.document_types],
        "units": None if document.units is None else [*document.units],
        "days": None
        if days is None
        else {
            "first_day": days.first_day.isoformat(),
            "last_day": None if days.last_day is None else days.last_day.isoformat(),
        },
        "standing": standing,
        "standing_name": STANDINGS[standing].in_language(language),
        "digest": row.procedure.digest,
        "published_at": None if row.published_at == EVER else row.published_at.isoformat(),
        "links": {"self": procedure_path(row.procedure)},
    }


def procedure_view(published: Published, row: PublishedProcedure, today: date, language: Language) -> ProcedureView:
    procedure = row.procedure
    return {
        **procedure_line(published, row, today, language),
        "basis": [
            {"number": one.number, "title": one.title.in_language(language), "article": one.article}
            for one in procedure.document.basis
        ],
        "start": procedure.document.start,
        "steps": [_step(procedure, step, language) for step in procedure.steps],
        "withdrawn": None
        if row.withdrawn_at is None
        else {"at": row.withdrawn_at.isoformat(), "reason": row.withdrawal_reason or ""},
        "document": procedure.to_json(),
    }


def procedure_path(procedure: Procedure) -> str:
    return f"/v1/procedures/{procedure.id}/{procedure.version}"


def check_view(report: Report, may_publish: bool, language: Language) -> ProcedureCheckView:
    return {
        "is_publishable": report.is_publishable,
        "may_publish": may_publish,
        "problems": [problem_view(problem, language) for problem in report.problems],
        "ends": [
            {
                "id": one.id,
                "version": one.version,
                "last_day": None if one.last_day is None else one.last_day.isoformat(),
            }
            for one in report.ends
        ],
    }


def problem_view(problem: Problem, language: Language) -> ProcedureProblemView:
    return {
        "code": problem.code,
        "place": problem.place,
        "text": problem.text.in_language(language),
        "is_note": problem.is_note,
    }


def _step(procedure: Procedure, step: Step, language: Language) -> ProcedureStepView:
    return {
        "id": step.id,
        "name": step.name.in_language(language),
        "words": step_in_words(procedure, step).in_language(language),
        "role": {"id": step.role, "name": ROLES[step.role].in_language(language)},
        "time_limit": {
            "amount": step.time_limit.amount,
            "unit": step.time_limit.unit,
            "words": limit_in_words(step.time_limit).in_language(language),
        },
        "when": None if step.when is None else condition_in_words(step.when).in_language(language),
        "actions": [{"id": one, "name": ACTIONS[one].in_language(language)} for one in step.actions],
        "outcomes": [
            {
                "id": one.id,
                "name": one.name.in_language(language),
                "to": one.to,
                "ends": one.ends,
                "returns": one.returns,
                "needs": [{"id": need, "name": NEEDS[need].in_language(language)} for need in one.needs],
            }
            for one in step.outcomes
        ],
    }
