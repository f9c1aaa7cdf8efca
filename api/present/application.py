"""An application: where it stands, who has it, why it waits, what it costs, where its papers are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from typing_extensions import TypedDict

from issuance.application import ENDED, LEGAL_MOVES, Application, ApplicationState
from issuance.delivery.post import POST
from issuance.documents.catalogue import Catalogue
from issuance.feedback.questions import may_be_asked_about
from issuance.fees.wording import Label
from issuance.records import WorkListPage
from verification.trust import TrustList

from ..dossier import Dossier
from ..languages import Language
from .apology import ApologyView, apology_view
from .evidence import EvidenceView, FeeDecidedView, RefundView, evidence_view, fee_decided_view, refund_view
from .fee import FeeView, fee_view
from .paper import PaperView, is_in_force, paper_view
from .payment_order import PaymentView, payment_view
from .question import QuestionView, question_view
from .standing import STATE_NAMES, WAITING, waiting_for
from .turn import AskedView, asked_view


class HandlerView(TypedDict):
    """Who has the application now: always a unit and a step, and a name as soon as somebody took it."""

    unit: str
    step: str
    step_name: str
    role: str
    owner: str | None


class WaitingView(TypedDict):
    """Why nothing happens at the moment: `reason` for programs, `text` for people."""

    reason: str
    text: str


class DecisionView(TypedDict):
    """How the agency settled it, `approved`, `refused` or `stopped`; all but an approval have a reason.

    `by` decided; under a delegation in the place of `acting_for`. `paid_vnd`: what had been paid by then; of an
    application that is refused or stopped it stays paid.
    """

    outcome: str
    at: str
    reason: str | None
    by: str
    acting_for: str | None
    paid_vnd: int


class FeeDecisionView(TypedDict):
    """The fee as an official decided it where no rule did, and the act that he or she rests it on."""

    due_vnd: int
    basis: str
    reason: str
    at: str


class WardView(TypedDict):
    """The child whose document it is, and what the applicant is to the child: `mother`, `father` or `guardian`."""

    full_name: str
    relation: str
    relation_name: str


class ApplicationView(TypedDict):
    """`state_number` is the national list's, 1 to 10. `on_behalf_of` is null where the document is the applicant's own.

    `amount_due_vnd` is what has still to be paid: null until the fee is decided, 0 once it was paid or the application
    ended without a document. `fee` is the decision that stands, `fee_history` has all of them; `evidence`: what was
    brought; `refunds`: money ordered back. `asked`: papers that the agency waits for. `questions`: with the agency's
    answers. `links` has `evidence`, `questions` and `withdrawal` while they are open, `document_qr` while the document
    is in force, and `survey`, a page, once a result was returned.
    """

    code: str
    type: str
    type_name: str
    channel: str
    state: str
    state_number: int
    state_name: str
    submitted_at: str
    promised_on: str
    on_behalf_of: WardView | None
    input: dict[str, Any]
    fee: FeeView
    fee_history: list[FeeDecidedView]
    fee_decision: FeeDecisionView | None
    amount_due_vnd: int | None
    payment: PaymentView | None
    refunds: list[RefundView]
    evidence: list[EvidenceView]
    questions: list[QuestionView]
    handled_by: HandlerView
    waiting_for: WaitingView | None
    asked: AskedView | None
    decision: DecisionView | None
    document: PaperView | None
    receipt: PaperView | None
    apology: ApologyView | None
    links: dict[str, str]


class ApplicationLine(TypedDict):
    """An application in a list; `links.self` shows it whole."""

    code: str
    type: str
    type_name: str
    state: str
    state_number: int
    state_name: str
    submitted_at: str
    promised_on: str
    amount_due_vnd: int | None
    links: dict[str, str]


class ApplicationPage(TypedDict):
    """`next` is the address of the next page, null on the last."""

    items: list[ApplicationLine]
    next: str | None


_ENDED_WITHOUT_DOCUMENT = frozenset(
    {ApplicationState.REFUSED_AT_INTAKE, ApplicationState.WITHDRAWN, ApplicationState.STOPPED}
)

RELATION_NAMES: Mapping[str, Label] = MappingProxyType(
    {
        "mother": Label("mẹ", "mother"),
        "father": Label("cha", "father"),
        "guardian": Label("người giám hộ", "guardian"),
    }
)


def application_view(dossier: Dossier, language: Language, trust: TrustList, now: datetime) -> ApplicationView:
    one, kind = dossier.application, dossier.document_type
    path = f"/v1/applications/{one.code}"
    step = dossier.procedure.step(one.step)
    document, receipt = (paper_view(paper, language, trust) for paper in (dossier.result, dossier.receipt))
    links = {"self": path, "timeline": f"{path}/timeline"}
    if one.state not in ENDED:
        links["evidence"] = f"{path}/evidence"
    if ApplicationState.WITHDRAWN in LEGAL_MOVES[one.state] and one.decision is None:
        links["withdrawal"] = f"{path}/withdrawal"
    if one.state is ApplicationState.MORE_PAPERS_ASKED:
        links["papers_given"] = f"{path}/papers-given"
    if document is not None:
        links["document"] = f"{path}/document"
        if dossier.result is not None and is_in_force(dossier.result, trust, now):
            links["document_qr"] = f"{path}/document/qr"
        if dossier.result is not None and dossier.result.credential_key_id is not None:
            links["credential"] = f"{path}/credential"
    if receipt is not None:
        links["receipt"] = f"{path}/receipt"
        links["receipt_xml"] = f"{path}/receipt.xml"
    if dossier.apology is not None and dossier.apology.letter_issued:
        links["apology"] = f"{path}/apology"
    if POST in kind.delivery and one.state not in _ENDED_WITHOUT_DOCUMENT and one.requested_by is None:
        links["parcels"] = f"{path}/parcels"
    if may_be_asked_about(one, now):
        links["questions"] = f"{path}/questions"
    if dossier.survey is not None:
        links["survey"] = f"/s/{dossier.survey}"
    waiting = waiting_for(one)
    return {
        "code": one.code,
        "type": one.type_id,
        "type_name": kind.name.in_language(language),
        "channel": one.channel,
        "state": one.state.value,
        "state_number": one.state.number,
        "state_name": STATE_NAMES[one.state].in_language(language),
        "submitted_at": one.submitted_at.isoformat(),
        "promised_on": one.promised_on.isoformat(),
        "on_behalf_of": _ward(one, language),
        "input": dict(one.input),
        "fee": fee_view(one.fee, language),
        "fee_history": [fee_decided_view(stored, language) for stored in dossier.assessments],
        "fee_decision": _fee_decision(one),
        "amount_due_vnd": _still_due(one),
        "payment": payment_view(dossier, path, language),
        "refunds": [refund_view(refund, language) for refund in dossier.refunds],
        "evidence": [evidence_view(paper, language, kind) for paper in dossier.evidence],
        "questions": [question_view(question, now) for question in dossier.questions],
        "handled_by": {
            "unit": one.unit,
            "step": one.step,
            "step_name": step.name.in_language(language),
            "role": step.role,
            "owner": None if one.owner is None else one.owner.full_name,
        },
        "waiting_for": None if waiting is None else {"reason": waiting, "text": WAITING[waiting].in_language(language)},
        "asked": asked_view(one.asked),
        "decision": _decision(dossier),
        "document": document,
        "receipt": receipt,
        "apology": apology_view(dossier.apology),
        "links": links,
    }


def application_page(
    page: WorkListPage, catalogue: Catalogue, path: str, limit: int, language: Language, *, filters: str = ""
) -> ApplicationPage:
    """One page of a list. path: the list's address, such as `/v1/applications`; limit: the lines on a page.

    filters: what else the address of the next page says, as a query."""
    more = f"{filters}&" if filters else ""
    return {
        "items": [application_line(one, catalogue, path, language) for one in page.applications],
        "next": page.next_cursor and f"{path}?{more}limit={limit}&cursor={page.next_cursor}",
    }


def application_line(one: Application, catalogue: Catalogue, path: str, language: Language) -> ApplicationLine:
    return {
        "code": one.code,
        "type": one.type_id,
        "type_name": catalogue.get(one.type_id).name.in_language(language),
        "state": one.state.value,
        "state_number": one.state.number,
        "state_name": STATE_NAMES[one.state].in_language(language),
        "submitted_at": one.submitted_at.isoformat(),
        "promised_on": one.promised_on.isoformat(),
        "amount_due_vnd": _still_due(one),
        "links": {"self": f"{path}/{one.code}"},
    }


def _ward(one: Application, language: Language) -> WardView | None:
    ward = one.on_behalf_of
    if ward is None:
        return None
    name = RELATION_NAMES[ward.relation].in_language(language)
    return {"full_name": ward.full_name, "relation": ward.relation, "relation_name": name}


def _still_due(one: Application) -> int | None:
    if one.amount_due is None:
        return None
    return 0 if one.paid or one.state in _ENDED_WITHOUT_DOCUMENT else one.amount_due


def _decision(dossier: Dossier) -> DecisionView | None:
    decision, order = dossier.application.decision, dossier.order
    if decision is None:
        return None
    return {
        "outcome": decision.outcome.value,
        "at": decision.at.isoformat(),
        "reason": decision.reason,
        "by": decision.by.full_name,
        "acting_for": None if decision.acting_for is None else decision.acting_for.full_name,
        "paid_vnd": 0 if order is None or order.paid_at is None else order.amount,
    }


def _fee_decision(one: Application) -> FeeDecisionView | None:
    decision = one.fee_decision
    if decision is None:
        return None
    return {
        "due_vnd": decision.due,
        "basis": decision.basis,
        "reason": decision.reason,
        "at": decision.at.isoformat(),
    }
