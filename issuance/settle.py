"""The agency settles an application: the fee is in, the register has answered, an official decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from identity.citizen import VerifiedOfficial

from .application import Actor, Application, ApplicationState, Decision, DecisionOutcome, FeeDecision
from .apply import RECEIPT_TYPE, open_payment, receive
from .content import rehearse_receipt, rehearse_result
from .desk import refuse_own_case
from .documents.catalogue import Catalogue
from .errors import (
    AlreadyDecided,
    FeeNotReferred,
    FeeUndecided,
    PaymentMismatch,
    PaymentOutstanding,
    RoleMissing,
)
from .fees.assess import FeeOutcome
from .fees.document import VND
from .fees.facts import vietnam_day
from .jobs import JobKind
from .pay_back import latest_seq, pay_back
from .payments.order import PaymentOrder, ReceivedPayment
from .records import AuditEntry, Records
from .registers.consult import require_answers

PAYMENT_GATEWAY = "payment-gateway"


def approve(records: Records, catalogue: Catalogue, code: str, official: VerifiedOfficial, at: datetime) -> Application:
    """Decide that the document is issued; the issuing itself follows in the background.

    Raises ApplicationNotFound, RoleMissing, SelfDealing, AlreadyDecided, FeeUndecided, PaymentOutstanding,
    RegisterNotConsulted, RegisterAnswerStale, NotPrintable, IllegalMove.
    """
    application = _to_decide(records, catalogue, code, official)
    if application.amount_due is None:
        raise FeeUndecided("the fee of this application is not decided")
    if not application.is_fee_settled:
        raise PaymentOutstanding("the fee of this application is not paid")
    require_answers(application, catalogue.get(application.type_id), at)
    if application.state is not ApplicationState.IN_PROGRESS:
        application = application.moved_to(ApplicationState.IN_PROGRESS, at)
    decision = Decision(outcome=DecisionOutcome.APPROVED, by=Actor.from_official(official), at=at)
    rehearse_result(application, decision, catalogue.get(application.type_id), vietnam_day(at))
    application = replace(application, owner=decision.by, decision=decision)
    records.jobs.enqueue(JobKind.ISSUE_RESULT, application.id)
    _audit(records, application, official, "application_approved", at)
    return records.applications.save(application)


def refuse(
    records: Records, catalogue: Catalogue, code: str, official: VerifiedOfficial, reason: str, at: datetime
) -> Application:
    """Decide that no document is issued, with a reason that the citizen reads.

    Raises ApplicationNotFound, RoleMissing, SelfDealing, AlreadyDecided, IllegalMove.
    """
    application = _to_decide(records, catalogue, code, official)
    # Before the fee is settled the agency has not taken the application in, and refuses it at the desk.
    taken_in = application.state is not ApplicationState.NEWLY_REGISTERED
    application = application.moved_to(ApplicationState.STOPPED if taken_in else ApplicationState.REFUSED_AT_INTAKE, at)
    decision = Decision(outcome=DecisionOutcome.REFUSED, by=Actor.from_official(official), at=at, reason=reason)
    application = replace(application, owner=decision.by, decision=decision)
    _audit(records, application, official, "application_refused", at)
    refused = records.applications.save(application)
    records.quotas.release(application.id, at)
    return refused


def decide_fee(
    records: Records,
    catalogue: Catalogue,
    code: str,
    official: VerifiedOfficial,
    *,
    due: VND,
    basis: str,
    reason: str,
    at: datetime,
) -> Application:
    """Decide the fee where no rule covers the request; the act that it rests on is part of the decision.

    Raises ApplicationNotFound, RoleMissing, SelfDealing, AlreadyDecided, FeeNotReferred, NotPrintable.
    """
    application = _to_decide(records, catalogue, code, official)
    if application.fee.outcome is not FeeOutcome.REFERRED or application.fee_decision is not None:
        raise FeeNotReferred("the fee of this application is decided already")
    decision = FeeDecision(due=due, basis=basis, reason=reason, by=Actor.from_official(official), at=at)
    application = replace(application, fee_decision=decision)
    receipt_type = catalogue.get(RECEIPT_TYPE)
    rehearse_receipt(application, catalogue.get(application.type_id), receipt_type, vietnam_day(at))
    if due:
        application = application.moved_to(ApplicationState.PAYMENT_ASKED, at)
        open_payment(records, application, at)
    else:
        application = receive(records, application, at)
    _audit(records, application, official, "fee_decided", at, due=int(due), basis=basis)
    return records.applications.save(application)


def confirm_payment(records: Records, application_id: UUID, payment: ReceivedPayment, at: datetime) -> Application:
    """Take a payment that the provider confirmed; a second confirmation changes nothing.

    Money that arrives after the application ended is taken all the same, and ordered back. A second transfer for an
    order that is paid is noted, for somebody to look at.

    Raises ApplicationNotFound, PaymentMismatch when memo or amount are not those of the order as it stands now, or it
    is cancelled; the caller then notes the money in a transaction of its own (`note_unmatched_payment`).
    """
    application = records.applications.by_id(application_id)
    order = records.payments.of_application(application_id)
    if order is None or not pays(order, payment):
        raise PaymentMismatch("the payment is not the one that this application waits for")
    paid = replace(order, paid_at=payment.received_at, provider_reference=payment.provider_reference)
    if not records.payments.confirm(paid):
        note_unmatched_payment(records, application_id, payment, at)
        return application
    application = replace(application, paid=True)
    awaited = application.state is ApplicationState.PAYMENT_ASKED
    if awaited:
        application = receive(records, application, at)
    else:
        seq = latest_seq(records, application.id)
        pay_back(records, paid, due=0, cause="refused", seq=seq, by=PAYMENT_GATEWAY, at=at)
    records.audit.append(
        AuditEntry(
            at=at,
            actor=PAYMENT_GATEWAY,
            action="payment_confirmed" if awaited else "payment_to_refund",
            application_id=application.id,
            details={"amount": int(payment.amount), "reference": payment.provider_reference},
        )
    )
    return records.applications.save(application)


def pays(order: PaymentOrder, payment: ReceivedPayment) -> bool:
    """Whether this payment is the order's: its memo, and to the đồng its amount. A cancelled order takes none."""
    return order.cancelled_at is None and payment.memo == order.memo and payment.amount == order.amount


def note_unmatched_payment(records: Records, application_id: UUID, payment: ReceivedPayment, at: datetime) -> None:
    """Keep money on record that came under an application's memo but is not what it owes, for somebody to look at.

    Nothing is noted where it is what the application owes, or the transfer by which it has paid, or noted already.
    """
    order = records.payments.of_application(application_id)
    if order is not None and pays(order, payment) and order.provider_reference in (None, payment.provider_reference):
        return
    if not records.payments.note_unmatched(payment, application_id, at):
        return
    records.audit.append(
        AuditEntry(
            at=at,
            actor=PAYMENT_GATEWAY,
            action="payment_unmatched",
            application_id=application_id,
            details={"amount": int(payment.amount), "reference": payment.provider_reference},
        )
    )


def _to_decide(records: Records, catalogue: Catalogue, code: str, official: VerifiedOfficial) -> Application:
    """The application, if this official may decide it now."""
    application = records.applications.in_unit(code, official.unit)
    step = catalogue.get(application.type_id).step(application.step)
    if step.role not in official.roles:
        raise RoleMissing("this step belongs to another role")
    refuse_own_case(application, official)
    if application.decision is not None:
        raise AlreadyDecided("this application is decided already")
    return application


def _audit(
    records: Records, application: Application, official: VerifiedOfficial, action: str, at: datetime, **details: object
) -> None:
    records.audit.append(
        AuditEntry(
            at=at,
            actor=official.subject_key,
            action=action,
            application_id=application.id,
            details={"unit": official.unit, "state": application.state, **details},
        )
    )
