"""A request of a body that conducts proceedings, as the body sees it."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from issuance.application import LEGAL_MOVES, Application, ApplicationState
from issuance.certificate import Certificate
from issuance.documents.catalogue import Catalogue
from issuance.records import WorkListPage
from verification.trust import TrustList

from ..languages import Language
from .paper import PaperView, paper_view
from .standing import STATE_NAMES


class SubjectView(TypedDict):
    """The person whom the request is about, as the body named her."""

    full_name: str
    personal_id: str
    birth_date: str
    sex: str | None


class BodyDecisionView(TypedDict):
    """How the agency settled it, `approved` or `refused`; a refusal always has a reason."""

    outcome: str
    at: str
    reason: str | None


class BodyRequestView(TypedDict):
    """`case_number` is of the proceedings, `basis` the act by which the body asks. Nothing is due from bodies."""

    code: str
    type: str
    type_name: str
    state: str
    state_number: int
    state_name: str
    submitted_at: str
    promised_on: str
    subject: SubjectView | None
    case_number: str
    basis: str
    input: dict[str, Any]
    unit: str
    decision: BodyDecisionView | None
    document: PaperView | None
    links: dict[str, str]


class BodyRequestLine(TypedDict):
    """A request in a list, without the person; `links.self` shows it whole."""

    code: str
    type: str
    type_name: str
    state: str
    state_name: str
    case_number: str
    submitted_at: str
    promised_on: str
    links: dict[str, str]


class BodyRequestPage(TypedDict):
    """`next` is the address of the next page, null on the last."""

    items: list[BodyRequestLine]
    next: str | None


PATH = "/v1/bodies/applications"


def body_request_view(
    one: Application, result: Certificate | None, catalogue: Catalogue, language: Language, trust: TrustList
) -> BodyRequestView:
    document = paper_view(result, language, trust)
    links = {"self": f"{PATH}/{one.code}"}
    if document is not None:
        links["document"] = f"{PATH}/{one.code}/document"
    decision = one.decision
    if ApplicationState.WITHDRAWN in LEGAL_MOVES[one.state] and decision is None:
        links["withdrawal"] = f"{PATH}/{one.code}/withdrawal"
    return {
        "code": one.code,
        "type": one.type_id,
        "type_name": catalogue.get(one.type_id).name.in_language(language),
        "state": one.state.value,
        "state_number": one.state.number,
        "state_name": STATE_NAMES[one.state].in_language(language),
        "submitted_at": one.submitted_at.isoformat(),
        "promised_on": one.promised_on.isoformat(),
        "subject": subject_view(one),
        "case_number": _case_number(one),
        "basis": "" if one.requested_by is None else one.requested_by.basis,
        "input": dict(one.input),
        "unit": one.unit,
        "decision": None
        if decision is None
        else {"outcome": decision.outcome.value, "at": decision.at.isoformat(), "reason": decision.reason},
        "document": document,
        "links": links,
    }


def subject_view(one: Application) -> SubjectView | None:
    if one.subject is None:
        return None
    return {
        "full_name": one.subject.full_name,
        "personal_id": one.subject.personal_id,
        "birth_date": one.subject.birth_date.isoformat(),
        "sex": one.subject.sex,
    }


def body_request_page(page: WorkListPage, catalogue: Catalogue, limit: int, language: Language) -> BodyRequestPage:
    """limit: the lines on a page."""
    return {
        "items": [
            {
                "code": one.code,
                "type": one.type_id,
                "type_name": catalogue.get(one.type_id).name.in_language(language),
                "state": one.state.value,
                "state_name": STATE_NAMES[one.state].in_language(language),
                "case_number": _case_number(one),
                "submitted_at": one.submitted_at.isoformat(),
                "promised_on": one.promised_on.isoformat(),
                "links": {"self": f"{PATH}/{one.code}"},
            }
            for one in page.applications
        ],
        "next": page.next_cursor and f"{PATH}?limit={limit}&cursor={page.next_cursor}",
    }


def _case_number(one: Application) -> str:
    return "" if one.requested_by is None else one.requested_by.case_number
