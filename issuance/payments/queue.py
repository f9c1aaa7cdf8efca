"""Money that waits for somebody: who sees it, who has it, and what may become of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from identity.citizen import VerifiedOfficial

from ..accesses import Purpose, record_access
from ..application import Application
from ..delegations.authority import HEAD
from ..delegations.self_dealing import people_concerned, refuse_the_concerned
from ..desk import DESK_ROLES, demand_desk
from ..errors import AssignmentRefused, NotYours, PaymentMismatch, PaymentNotAsked, PaymentNotWaiting, RoleMissing
from ..records import AuditEntry, Records
from ..rules import Rules
from .charge import charge
from .order import PaymentOrder
from .order_back import order_back, way_back
from .owner import application_of
from .received import KeptPayment, PaymentAction, PaymentDecision, PaymentState
from .refund import RefundOrder

WaitsBecause = Literal["currency", "unknown", "paid", "over", "part", "too_much"]
"""currency: it is no đồng. unknown: its memo names no application. paid: the application is paid already. over: nothing
is asked for any more. part, too_much: it is less or more than the order asks for."""


@dataclass(frozen=True, slots=True)
class WaitingPayment:
    """application: the one whose memo it carries, and its order. for_order: what waits in đồng with this memo."""

    payment: KeptPayment
    application: Application | None
    order: PaymentOrder | None
    for_order: int = 0

    @property
    def because(self) -> WaitsBecause:
        if not self.payment.is_dong:
            return "currency"
        if self.order is None:
            return "unknown"
        if not self.order.is_open:
            return "over" if self.order.paid_at is None else "paid"
        return "part" if self.payment.amount < self.order.amount else "too_much"

    @property
    def missing(self) -> int:
        """How much more with the same memo would pay the order; 0 where no more money helps."""
        return 0 if self.order is None or not self.order.is_open else max(0, self.order.amount - self.for_order)


@dataclass(frozen=True, slots=True)
class WaitingPage:
    entries: Sequence[WaitingPayment]
    next_cursor: str | None


def waiting_payments(
    records: Records, official: VerifiedOfficial, cursor: str | None, limit: int, at: datetime, *, own: bool = False
) -> WaitingPage:
    """What waits for the official's unit, the longest waiting first; own: what waits for the official alone.

    Money for an own or a child's application is left out. Raises RoleMissing, InvalidCursor.
    """
    demand_desk(official)
    page = records.received_payments.waiting(official.unit, official.subject_key if own else None, cursor, limit)
    entries = [_with_order(records, one, application_of(records, one.meant_for)) for one in page.payments]
    number = official.personal_id.digits
    shown = [one for one in entries if one.application is None or number not in people_concerned(one.application)]
    named = [one.application for one in shown if one.application is not None]
    # A memo names its payer, also where it names no application.
    of_unknown = len(named) < len(shown)
    record_access(records, official, Purpose.PAYMENTS, "waiting_payments", named, at, of_unknown=of_unknown)
    return WaitingPage(shown, page.next_cursor)


def open_waiting(
    records: Records, rules: Rules, official: VerifiedOfficial, payment_id: UUID, at: datetime
) -> WaitingPayment:
    """One of them, for an official who may do something about it.

    Raises PaymentNotFound, RoleMissing, SelfDealing, NotYours, PaymentNotWaiting.
    """
    demand_desk(official)
    payment, application = _to_resolve(records, rules, official, payment_id)
    named = [] if application is None else [application]
    record_access(records, official, Purpose.PAYMENTS, "waiting_payments", named, at, of_unknown=application is None)
    return _with_order(records, payment, application)


def joinable(
    records: Records, official: VerifiedOfficial, found: WaitingPayment, limit: int, at: datetime
) -> Sequence[WaitingPayment]:
    """Other payments in đồng that this official may let pay an order together with one: first those with the same memo,
    then what has waited longest, `limit` at most of these. Raises RoleMissing."""
    same = [] if found.application is None else records.received_payments.waiting_for(found.application.id)
    entries = {one.id: _with_order(records, one, found.application) for one in same if one.unit == official.unit}
    for entry in waiting_payments(records, official, None, limit, at).entries:
        entries.setdefault(entry.payment.id, entry)
    return [
        one
        for one in entries.values()
        if one.payment.id != found.payment.id
        and one.payment.is_dong
        and (HEAD in official.roles or one.payment.owner_key in (None, official.subject_key))
    ]


def assign_payment(
    records: Records, rules: Rules, official: VerifiedOfficial, payment_id: UUID, to_key: str, reason: str, at: datetime
) -> KeptPayment:
    """A head gives a waiting payment to an official of the unit who is registered for its desk.

    Raises PaymentNotFound, RoleMissing, SelfDealing, PaymentNotWaiting, AssignmentRefused.
    """
    if HEAD not in official.roles:
        raise RoleMissing("payments are assigned by heads")
    payment, application = _to_resolve(records, rules, official, payment_id)
    chosen = records.officials.find(to_key)
    if chosen is None or not chosen.is_active or chosen.unit != payment.unit or not chosen.roles & DESK_ROLES:
        raise AssignmentRefused("no active official of this unit's desk")
    if application is not None and to_key == application.applicant.subject_key:
        raise AssignmentRefused("this official is concerned")
    records.received_payments.assign(payment, to_key)
    _audit(records, official, payment, "assigned", reason, at, to=to_key)
    return replace(payment, owner_key=to_key)


def allocate(
    records: Records,
    rules: Rules,
    official: VerifiedOfficial,
    payment_id: UUID,
    code: str,
    others: Sequence[UUID],
    reason: str,
    at: datetime,
) -> Application:
    """Let a waiting payment, with others that are named, pay the open order of an application of the unit; to the đồng.

    Raises ApplicationNotFound, PaymentNotFound, RoleMissing, SelfDealing, NotYours, PaymentNotWaiting, PaymentNotAsked,
    PaymentMismatch (the sum is another, or it is no đồng).
    """
    demand_desk(official)
    application = records.applications.in_unit(code, official.unit)
    refuse_the_concerned(records, rules, application, official)
    if records.payments.of_application(application.id) is None:
        raise PaymentNotAsked("this application has no order")
    order = records.payments.lock(application.id)
    if not order.is_open:
        raise PaymentNotAsked("nothing is asked for any more")
    ids = dict.fromkeys((payment_id, *others))
    payments = [_to_resolve(records, rules, official, one)[0] for one in ids]
    if not all(one.is_dong for one in payments):
        raise PaymentMismatch("fees are paid in đồng")
    given = sum(one.amount for one in payments)
    if given != order.amount:
        raise PaymentMismatch("the sum is not the order's amount", asked=order.amount, given=given)
    # As it is now: somebody else may have changed it before the order was locked.
    application = records.applications.by_id(application.id)
    application = charge(records, rules, application, order, payments, by=official.subject_key, at=at)
    for payment in payments:
        _audit(records, official, replace(payment, meant_for=application.id), "allocated", reason, at)
    return records.applications.save(application)


def give_back(
    records: Records, rules: Rules, official: VerifiedOfficial, payment_id: UUID, reason: str, at: datetime
) -> RefundOrder:
    """Order a waiting payment back, all of it, the way it came.

    Raises PaymentNotFound, RoleMissing, SelfDealing, NotYours, PaymentNotWaiting.
    """
    demand_desk(official)
    payment, _ = _to_resolve(records, rules, official, payment_id)
    records.received_payments.give_back(payment)
    refund = RefundOrder(
        id=uuid4(),
        payment_id=payment.id,
        amount=payment.amount,
        cause="unmatched",
        opened_by=official.subject_key,
        opened_at=at,
        way=way_back(payment),
    )
    order_back(records, refund)
    _audit(records, official, payment, "given_back", reason, at, refund=refund)
    return refund


def _with_order(records: Records, payment: KeptPayment, application: Application | None) -> WaitingPayment:
    if application is None:
        return WaitingPayment(payment, None, None)
    order = records.payments.of_application(application.id)
    is_open = order is not None and order.is_open
    for_order = records.received_payments.sum_waiting_for(application.id) if is_open else 0
    return WaitingPayment(payment, application, order, for_order)


def _to_resolve(
    records: Records, rules: Rules, official: VerifiedOfficial, payment_id: UUID
) -> tuple[KeptPayment, Application | None]:
    """A payment that waits, and that this official may do something about: as its owner, as a head, or where nobody
    has it."""
    payment = records.received_payments.in_unit(payment_id, official.unit)
    application = application_of(records, payment.meant_for)
    if application is not None:
        refuse_the_concerned(records, rules, application, official)
    if HEAD not in official.roles and payment.owner_key not in (None, official.subject_key):
        owner = records.officials.find(payment.owner_key)
        raise NotYours(None if owner is None else owner.full_name)
    if payment.state is not PaymentState.WAITING:
        raise PaymentNotWaiting("this payment waits no more")
    return payment, application


def _audit(
    records: Records,
    official: VerifiedOfficial,
    payment: KeptPayment,
    action: PaymentAction,
    reason: str,
    at: datetime,
    *,
    refund: RefundOrder | None = None,
    to: str | None = None,
) -> None:
    refund_id = None if refund is None else refund.id
    decided_about(records, official, payment.id, refund_id, action, reason, at)
    records.audit.append(
        AuditEntry(
            at=at,
            actor=official.subject_key,
            action=f"payment_{action}",
            application_id=payment.meant_for,
            details={
                "payment": str(payment.id),
                "unit": payment.unit,
                "refund": None if refund_id is None else str(refund_id),
                "to": to,
            },
        )
    )


def decided_about(
    records: Records,
    official: VerifiedOfficial,
    payment_id: UUID,
    refund_id: UUID | None,
    action: PaymentAction,
    reason: str,
    at: datetime,
) -> None:
    """Keep the official's own words apart from the audit trail, which is for ever."""
    decision = PaymentDecision(
        id=uuid4(),
        payment_id=payment_id,
        refund_id=refund_id,
        action=action,
        reason=reason,
        by_key=official.subject_key,
        at=at,
    )
    records.received_payments.add_decision(decision)
