"""An application: where it stands, who has it, why it waits, what it costs, where its papers are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, NotRequired

from typing_extensions import TypedDict

from issuance.application import ENDED, LEGAL_MOVES, Application, ApplicationState
from issuance.assessed import StoredAssessment
from issuance.certificate import Certificate, CertificateKind, CertificateState, Revocation, Suspension
from issuance.deadlines.apology import Apology
from issuance.delivery.post import POST
from issuance.documents.catalogue import Catalogue, DocumentType
from issuance.evidence import Evidence
from issuance.feedback.question import Question
from issuance.feedback.questions import may_be_asked_about
from issuance.fees.facts import vietnam_day
from issuance.fees.wording import Label, amount_in_figures
from issuance.payments.order import PaymentOrder
from issuance.payments.refund import RefundOrder, RefundState
from issuance.payments.vietqr import BankAccount, order_in_vietqr
from issuance.procedure.document import Procedure
from issuance.records import WorkListPage
from issuance.rules import Rules
from issuance.settlement.in_force import procedure_of
from issuance.settlement.stop import last_day_to_pay
from verification.check_issuer import check_compromise
from verification.register import DocumentStatus
from verification.trust import TrustList, first_instant
from verification.verdict import Outcome

from ..languages import Language
from ..services import Records
from .apology import ApologyView, apology_view
from .evidence import EvidenceView, FeeDecidedView, RefundView, evidence_view, fee_decided_view, refund_view
from .fee import FeeView, fee_view
from .question import QuestionView, question_view
from .standing import KEY_COMPROMISED, KEY_COMPROMISED_NAME, REASONS, STATE_NAMES, STATUS_NAMES, WAITING, waiting_for
from .turn import AskedView, asked_view


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """An application with its order and papers, read in one transaction.

    evidence, assessments, refunds, questions: oldest first. survey: the token of the one that is open, for its owner.
    pay_by: the last day in Vietnam on which the order's money may come; account: where to. waiting_vnd: what came under
    the order's memo and fits no order.
    """

    application: Application
    document_type: DocumentType
    procedure: Procedure
    order: PaymentOrder | None
    pay_by: date | None
    result: Certificate | None
    receipt: Certificate | None
    apology: Apology | None
    evidence: Sequence[Evidence]
    assessments: Sequence[StoredAssessment]
    refunds: Sequence[RefundOrder]
    questions: Sequence[Question] = ()
    survey: str | None = None
    waiting_vnd: int = 0
    account: BankAccount | None = None


class TransferView(TypedDict):
    """Where to transfer it. `vietqr` is the text of the code that a bank's application reads, and `picture` its
    address, as SVG or PNG; both are null where the memo is too long for a code."""

    bank_bin: str
    account: str
    holder: str
    vietqr: str | None
    picture: str | None


class PaymentView(TypedDict):
    """The order to pay: exactly `amount_vnd`, transferred with `memo`. `to_transfer_vnd`: what is still to come, less
    where a part waits; 0 once nothing is asked for. `paid_at`: once it arrived.

    `state` is `open`, `paid`, or `cancelled` where nothing is asked for any more. `instructions` and `pay_by` are null
    unless the application waits for the payment; after the day `pay_by` it ends. `transfer` is null then too, and
    where no account is set up. `confirm`, the address that has the
    provider asked, is null once it was paid: money on its way when the application ended can still be found, and be
    paid back. Of what came: `paid_vnd` paid for the application, `waiting_vnd` fits no order and waits for an official,
    `refunding_vnd` is ordered to go back, and `refunded_vnd` has gone back.
    """

    state: str
    amount_vnd: int
    to_transfer_vnd: int
    paid_vnd: int
    waiting_vnd: int
    refunding_vnd: int
    refunded_vnd: int
    memo: str
    instructions: str | None
    transfer: TransferView | None
    pay_by: str | None
    paid_at: str | None
    confirm: str | None


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


class StatusChange(TypedDict):
    """`reason` for programs, `reason_text` for people; both are public."""

    reason: str
    reason_text: str
    at: str


class PaperView(TypedDict):
    """An issued document. `revoked`, `suspended`: reason and time, once it was taken back, while it is not in force.

    `status` is `valid`, `suspended`, `revoked` or `key_compromised`: sealed with a key that somebody else may have had
    by then, so that nobody accepts it and a new one is due. `status_name` is the same in words.
    """

    number: str
    issued_at: str
    size_bytes: int | None
    sha256: str | None
    status: str
    status_name: str
    revoked: NotRequired[StatusChange]
    suspended: NotRequired[StatusChange]


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

_PAY = Label(
    "Chuyển khoản đúng {amount} với nội dung “{memo}”, rồi bấm xác nhận thanh toán.",
    "Transfer exactly {amount} with the memo “{memo}”, then confirm the payment.",
)


def open_dossier(records: Records, rules: Rules, application: Application) -> Dossier:
    """Read what belongs to an application that the caller may see."""
    order = records.payments.of_application(application.id)
    return Dossier(
        application=application,
        document_type=rules.catalogue.get(application.type_id),
        procedure=procedure_of(records, application),
        order=order,
        pay_by=None if order is None else last_day_to_pay(rules, order),
        result=records.certificates.of_application(application.id, CertificateKind.RESULT),
        receipt=records.certificates.of_application(application.id, CertificateKind.RECEIPT),
        apology=records.apologies.of_application(application.id),
        evidence=records.evidence.of_application(application.id),
        assessments=records.assessments.of_application(application.id),
        refunds=records.refunds.of_application(application.id),
        questions=records.questions.of_application(application.id),
        waiting_vnd=0 if order is None else records.received_payments.sum_waiting_for(application.id),
        account=rules.account,
    )


def open_new_dossier(records: Records, rules: Rules, application: Application) -> Dossier:
    """The same for one registered in this transaction: it has no papers yet, and an order only where money is due.

    Not asked for, because everybody else's submission to the unit waits for this transaction: it holds the counter.
    """
    asked_to_pay = application.state is ApplicationState.PAYMENT_ASKED
    order = records.payments.of_application(application.id) if asked_to_pay else None
    return Dossier(
        application=application,
        document_type=rules.catalogue.get(application.type_id),
        procedure=procedure_of(records, application),
        order=order,
        pay_by=None if order is None else last_day_to_pay(rules, order),
        result=None,
        receipt=None,
        apology=None,
        evidence=(),
        assessments=(
            StoredAssessment(
                application_id=application.id,
                seq=1,
                at=application.submitted_at,
                cause="submitted",
                assessment=application.fee,
            ),
        ),
        refunds=(),
        account=rules.account,
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
        "payment": _payment(dossier, path, language),
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


def paper_view(certificate: Certificate | None, language: Language, trust: TrustList) -> PaperView | None:
    """None until it is issued: an intended document has a number that nobody may know yet.

    trust: as it is now, by which everybody else checks the document.
    """
    if certificate is None or certificate.state is CertificateState.INTENDED or certificate.issued_at is None:
        return None
    view: PaperView = {
        "number": certificate.number,
        "issued_at": certificate.issued_at.isoformat(),
        "size_bytes": certificate.size_bytes,
        "sha256": None if certificate.sha256 is None else certificate.sha256.hex(),
        "status": certificate.status.value,
        "status_name": STATUS_NAMES[certificate.status].in_language(language),
    }
    # What was taken back for good is so whatever key sealed it.
    if certificate.status is not DocumentStatus.REVOKED and _has_compromised_key(certificate, trust):
        view["status"] = KEY_COMPROMISED
        view["status_name"] = KEY_COMPROMISED_NAME.in_language(language)
    if certificate.revocation is not None:
        view["revoked"] = _change(certificate.revocation, language)
    if certificate.suspension is not None:
        view["suspended"] = _change(certificate.suspension, language)
    return view


def is_in_force(certificate: Certificate, trust: TrustList, at: datetime) -> bool:
    """Whether nobody has a reason to refuse it now: that it was taken back, has expired, or its key is in doubt."""
    if certificate.expires_on is not None and certificate.expires_on < vietnam_day(at):
        return False
    return certificate.status is DocumentStatus.VALID and not _has_compromised_key(certificate, trust)


def _has_compromised_key(certificate: Certificate, trust: TrustList) -> bool:
    """Whether one of its bodies is refused by everybody who checks it (`check_compromise`)."""
    keys = [key for key in trust.keys if key.key_id in certificate.key_ids]
    claimed = first_instant(certificate.issued_on)
    findings = (check_compromise(key, trust, claimed, certificate.issued_at) for key in keys)
    return any(finding.outcome is Outcome.FAILED for finding in findings)


def _change(change: Revocation | Suspension, language: Language) -> StatusChange:
    return {
        "reason": change.reason.value,
        "reason_text": REASONS[change.reason].in_language(language),
        "at": change.at.isoformat(),
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


def _payment(dossier: Dossier, path: str, language: Language) -> PaymentView | None:
    order = dossier.order
    if order is None:
        return None
    awaited = dossier.application.state is ApplicationState.PAYMENT_ASKED
    to_transfer = order.to_transfer(dossier.waiting_vnd) if awaited else 0
    amount = amount_in_figures(to_transfer, language)
    return {
        "state": "open" if order.is_open else "cancelled" if order.paid_at is None else "paid",
        "amount_vnd": order.amount,
        "to_transfer_vnd": to_transfer,
        "paid_vnd": 0 if order.paid_at is None else order.amount,
        "waiting_vnd": dossier.waiting_vnd,
        "refunding_vnd": sum(one.amount for one in dossier.refunds if one.state is not RefundState.DONE),
        "refunded_vnd": sum(one.amount for one in dossier.refunds if one.state is RefundState.DONE),
        "memo": order.memo,
        "instructions": _PAY.in_language(language).format(amount=amount, memo=order.memo) if awaited else None,
        "transfer": _transfer(dossier, order, path) if awaited else None,
        "pay_by": dossier.pay_by.isoformat() if awaited and dossier.pay_by is not None else None,
        "paid_at": None if order.paid_at is None else order.paid_at.isoformat(),
        "confirm": f"{path}/payment-confirmations" if order.paid_at is None else None,
    }


def _transfer(dossier: Dossier, order: PaymentOrder, path: str) -> TransferView | None:
    account = dossier.account
    if account is None:
        return None
    code = order_in_vietqr(order, account, dossier.waiting_vnd)
    return {
        "bank_bin": account.bank_bin,
        "account": account.number,
        "holder": account.holder,
        "vietqr": code,
        "picture": None if code is None else f"{path}/payment-order/qr",
    }


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
