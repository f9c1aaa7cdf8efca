"""Refunds that an official has to do something about: those over the desk, and those that the provider refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from identity.citizen import VerifiedOfficial

from ..accesses import Purpose, record_access
from ..application import Application
from ..delegations.self_dealing import people_concerned, refuse_the_concerned
from ..desk import demand_desk
from ..errors import RefundNotOpen
from ..jobs import JobKind
from ..records import AuditEntry, Records
from ..rules import Rules
from .owner import application_of
from .queue import decided_about
from .received import KeptPayment, PaymentAction
from .refund import RefundOrder, RefundState, RefundWay


@dataclass(frozen=True, slots=True)
class DeskRefund:
    """application: the one whose money goes back, or whose memo the payment carries."""

    refund: RefundOrder
    payment: KeptPayment
    application: Application | None


@dataclass(frozen=True, slots=True)
class DeskRefundPage:
    entries: Sequence[DeskRefund]
    next_cursor: str | None


def open_refunds(
    records: Records, official: VerifiedOfficial, cursor: str | None, limit: int, at: datetime
) -> DeskRefundPage:
    """Those of the unit, oldest first, without the official's own. Raises RoleMissing, InvalidCursor."""
    demand_desk(official)
    page = records.refunds.at_the_desk(official.unit, cursor, limit)
    entries = [_whole(records, one) for one in page.refunds]
    number = official.personal_id.digits
    shown = [one for one in entries if one.application is None or number not in people_concerned(one.application)]
    named = [one.application for one in shown if one.application is not None]
    record_access(records, official, Purpose.PAYMENTS, "open_refunds", named, at)
    return DeskRefundPage(shown, page.next_cursor)


def open_refund(
    records: Records, rules: Rules, official: VerifiedOfficial, refund_id: UUID, at: datetime
) -> DeskRefund:
    """One of them. Raises RefundNotFound, RoleMissing, SelfDealing, RefundNotOpen."""
    found = _whole(records, _open_refund(records, rules, official, refund_id))
    named = [] if found.application is None else [found.application]
    # The memo that it shows names its payer.
    record_access(records, official, Purpose.PAYMENTS, "open_refunds", named, at, of_unknown=not named)
    return found


def hand_out(
    records: Records, rules: Rules, official: VerifiedOfficial, refund_id: UUID, reason: str, at: datetime
) -> RefundOrder:
    """The official has handed the money out, or transferred it; also where the provider refuses to send it.

    reason: how, and who got it against what. Raises RefundNotFound, RoleMissing, SelfDealing, RefundNotOpen.
    """
    refund = _open_refund(records, rules, official, refund_id)
    done = replace(
        refund, way=RefundWay.DESK, state=RefundState.DONE, done_at=at, done_by=official.subject_key, failure=None
    )
    records.refunds.move(done, of=refund)
    _audit(records, official, done, "handed_out", reason, at)
    return done


def send_again(
    records: Records, rules: Rules, official: VerifiedOfficial, refund_id: UUID, reason: str, at: datetime
) -> RefundOrder:
    """Have the provider asked once more, after it has refused: its refusal was final, so this is another request.

    Raises RefundNotFound, RoleMissing, SelfDealing, RefundNotOpen.
    """
    refund = _open_refund(records, rules, official, refund_id)
    if refund.way is not RefundWay.GATEWAY or refund.state is not RefundState.FAILED:
        raise RefundNotOpen("this refund does not go through the provider")
    again = replace(refund, state=RefundState.ORDERED, attempt=refund.attempt + 1, sent_at=None, failure=None)
    records.refunds.move(again, of=refund)
    # A job of this refund has ended; the sweep begins it anew where that is remembered still.
    records.jobs.enqueue(JobKind.SEND_REFUND, refund.id)
    _audit(records, official, again, "sent_again", reason, at)
    return again


def _open_refund(records: Records, rules: Rules, official: VerifiedOfficial, refund_id: UUID) -> RefundOrder:
    demand_desk(official)
    refund = records.refunds.in_unit(refund_id, official.unit)
    application = _whole(records, refund).application
    if application is not None:
        refuse_the_concerned(records, rules, application, official)
    if not refund.is_at_the_desk:
        raise RefundNotOpen("nothing is to be done about this refund at the desk")
    return refund


def _whole(records: Records, refund: RefundOrder) -> DeskRefund:
    payment = records.received_payments.by_id(refund.payment_id)
    return DeskRefund(refund, payment, application_of(records, refund.application_id or payment.meant_for))


def _audit(
    records: Records, official: VerifiedOfficial, refund: RefundOrder, action: PaymentAction, reason: str, at: datetime
) -> None:
    decided_about(records, official, refund.payment_id, refund.id, action, reason, at)
    records.audit.append(
        AuditEntry(
            at=at,
            actor=official.subject_key,
            action=f"refund_{action}",
            application_id=refund.application_id,
            details={"refund": str(refund.id), "payment": str(refund.payment_id), "amount": int(refund.amount)},
        )
    )
