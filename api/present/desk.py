"""An application as the unit that settles it sees it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from issuance.application import NOT_TOLD, Application, Ward
from issuance.records import AuditEntry
from verification.trust import TrustList

from ..dossier import Dossier
from ..languages import Language
from .application import ApplicationView, application_view
from .body_request import SubjectView, subject_view
from .evidence import evidence_view
from .question import question_view
from .registers import ContradictionView, RegisterStateView, contradictions_view, registers_view
from .turn import TurnView


class ApplicantView(TypedDict):
    """The person as the token proved her at submission; for a body its official, whose birth date nobody tells."""

    full_name: str
    personal_id: str
    birth_date: str | None
    sex: str | None
    level: int


class ConcernedChildView(TypedDict):
    """The child for whom the applicant acts, and the population register's answer that shows the relation."""

    full_name: str
    personal_id: str
    birth_date: str
    sex: str | None
    relation: str
    reference: str
    answered_at: str


class RequestedByView(TypedDict):
    """The body, its proceedings, the act by which it asks, and the person whom it asks about."""

    unit: str
    name: str
    case_number: str
    basis: str
    subject: SubjectView | None


class HistoryEntry(TypedDict):
    """One entry of the audit trail: who did what. `details` holds no personal data."""

    at: str
    actor: str
    action: str
    details: dict[str, Any]


class DeskView(TypedDict):
    """`register_answer` is the judicial register's, null until it has answered; `history` is the audit trail.

    `turn`: whose turn it is, until when, and what may be done now. `on_behalf_of` is the person concerned, null where
    that is the applicant; `requested_by` a body that conducts proceedings, with the person whom it asks about.
    `registers`: all that are asked, with their answers; `contradictions`: where these differ from what was stated.
    """

    application: ApplicationView
    turn: TurnView
    applicant: ApplicantView
    on_behalf_of: ConcernedChildView | None
    requested_by: RequestedByView | None
    register_answer: dict[str, Any] | None
    registers: list[RegisterStateView]
    contradictions: list[ContradictionView]
    history: list[HistoryEntry]


def desk_view(
    dossier: Dossier,
    turn: TurnView,
    history: Sequence[AuditEntry],
    language: Language,
    trust: TrustList,
    now: datetime,
) -> DeskView:
    one = dossier.application
    view = application_view(dossier, language, trust, now)
    # The citizen's addresses are closed to officials.
    path = f"/v1/desk/applications/{one.code}"
    view["links"] = {"self": path}
    view["evidence"] = [evidence_view(paper, language, dossier.document_type, path) for paper in dossier.evidence]
    view["questions"] = [question_view(question, now, path) for question in dossier.questions]
    return {
        "application": view,
        "turn": turn,
        "applicant": {
            "full_name": one.applicant.full_name,
            "personal_id": one.applicant.personal_id,
            "birth_date": None if one.applicant.birth_date == NOT_TOLD else one.applicant.birth_date.isoformat(),
            "sex": one.applicant.sex,
            "level": one.applicant.level,
        },
        "on_behalf_of": None if one.on_behalf_of is None else _child(one.on_behalf_of),
        "requested_by": _requested_by(one),
        "register_answer": None if one.register_answer is None else one.register_answer.to_json(),
        "registers": registers_view(one, language),
        "contradictions": contradictions_view(one, language),
        "history": [
            {
                "at": entry.at.isoformat(),
                "actor": entry.actor,
                "action": entry.action,
                "details": dict(entry.details),
            }
            for entry in history
        ],
    }


def _requested_by(one: Application) -> RequestedByView | None:
    body = one.requested_by
    if body is None:
        return None
    return {
        "unit": body.unit,
        "name": body.name,
        "case_number": body.case_number,
        "basis": body.basis,
        "subject": subject_view(one),
    }


def _child(ward: Ward) -> ConcernedChildView:
    return {
        "full_name": ward.full_name,
        "personal_id": ward.personal_id,
        "birth_date": ward.birth_date.isoformat(),
        "sex": ward.sex,
        "relation": ward.relation,
        "reference": ward.reference,
        "answered_at": ward.answered_at.isoformat(),
    }
