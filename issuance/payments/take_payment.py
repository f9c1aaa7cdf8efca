"""Money has come: it is on record once, whoever reports it how often, and pays what it fits or waits for somebody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from uuid import uuid4

from verification.verdict import VIETNAM

from ..application import Application
from ..fees.facts import vietnam_day
from ..records import AuditEntry, Records
from ..rules import Rules
from .charge import charge, fitting
from .find_memo import order_of_memo
from .order import PaymentOrder, PaymentSource, ReceivedPayment
from .owner import application_of, owner_of, unit_in_charge_of
from .received import KeptPayment, PaymentState

PAYMENT_GATEWAY = "payment-gateway"


@dataclass(frozen=True, slots=True)
class Taken:
    """application: the one whose memo the payment carries, as stored. is_new: False where it was on record."""

    payment: KeptPayment
    application: Application | None
    is_new: bool


def take_payment(
    records: Records,
    rules: Rules,
    reported: ReceivedPayment,
    at: datetime,
    *,
    by: str = PAYMENT_GATEWAY,
    taken_by: str | None = None,
) -> Taken:
    """Keep money that its source reports, and charge it where it is what an open order asks for.

    The order is the one whose memo stands in the payment's text. It is paid by one payment of exactly its amount, or by
    all that wait for it when their sum is exactly that; everything else waits, and has an owner. Money that comes for
    an application that was refused is charged and ordered back. The same money is never kept twice: neither the same
    reference, nor what the bank's statement tells of a payment that the provider has told of, or the other way round.

    by: who brought the news, for the audit trail. taken_by: the official who took it in cash.
    Raises ConcurrentChange.
    """
    order = order_of_memo(records, reported.memo)
    # Of a statement only what no order parts from the provider's news: a lock for each of its lines would be too many.
    if reported.source is PaymentSource.GATEWAY or (reported.source is PaymentSource.STATEMENT and order is None):
        records.received_payments.hold(reported.provider_reference)
    if order is not None:
        # Whoever brings other money for this order at the same moment waits here, and sees this payment then.
        order = records.payments.lock(order.application_id)
    known = records.received_payments.find(reported.source, reported.provider_reference)
    if known is None:
        known = _reported_by_the_other(records, reported, order, by, at)
    application = None if order is None else application_of(records, order.application_id)
    if known is not None:
        return Taken(known, application, False)
    payment = _keep(records, rules, reported, application, taken_by, at)
    chosen = () if order is None or application is None else fitting(records, order, first=payment)
    if order is None or application is None or payment not in chosen:
        return Taken(_let_wait(records, payment, application, by, at), application, True)
    application = records.applications.save(charge(records, rules, application, order, chosen, by=by, at=at))
    kept = records.received_payments.find(payment.source, payment.reference)
    return Taken(kept or payment, application, True)


def _keep(
    records: Records,
    rules: Rules,
    reported: ReceivedPayment,
    application: Application | None,
    taken_by: str | None,
    at: datetime,
) -> KeptPayment:
    payment = KeptPayment(
        id=uuid4(),
        source=reported.source,
        reference=reported.provider_reference,
        amount=reported.amount,
        currency=reported.currency,
        memo=reported.memo,
        received_at=reported.received_at,
        noted_at=at,
        state=PaymentState.WAITING,
        unit=unit_in_charge_of(records, rules, application, at),
        meant_for=None if application is None else application.id,
        taken_by=taken_by,
    )
    records.received_payments.add(payment)
    return payment


def _reported_by_the_other(
    records: Records, reported: ReceivedPayment, order: PaymentOrder | None, by: str, at: datetime
) -> KeptPayment | None:
    """The payment that provider and bank both tell of."""
    if reported.source is PaymentSource.COUNTER:
        return None
    meant_for = None if order is None else order.application_id
    begins = datetime.combine(vietnam_day(reported.received_at), time(), VIETNAM)
    twin = records.received_payments.twin_of(reported, meant_for, (begins, begins + timedelta(days=1)))
    if twin is None:
        return None
    records.received_payments.also_reported(twin, reported.provider_reference)
    twin = replace(twin, also_reference=reported.provider_reference)
    _audit(records, twin, "payment_reported_again", by, at)
    return twin


def _let_wait(
    records: Records, payment: KeptPayment, application: Application | None, by: str, at: datetime
) -> KeptPayment:
    owner = owner_of(records, payment.unit, application)
    records.received_payments.assign(payment, owner)
    _audit(records, payment, "payment_unmatched", by, at, unit=payment.unit, to=owner)
    return replace(payment, owner_key=owner)


def _audit(records: Records, payment: KeptPayment, action: str, by: str, at: datetime, **details: str | None) -> None:
    records.audit.append(
        AuditEntry(
            at=at,
            actor=by,
            action=action,
            application_id=payment.meant_for,
            details={
                "payment": str(payment.id),
                "source": payment.source.value,
                "amount": int(payment.amount),
                "currency": payment.currency,
                "reference": payment.reference,
                **details,
            },
        )
    )
