"""Payments pay an order: exactly its amount, to the đồng."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ..application import Application, ApplicationState
from ..apply import receive
from ..errors import ConcurrentChange
from ..pay_back import latest_seq, pay_back
from ..records import AuditEntry, Records
from ..rules import Rules
from .order import PaymentOrder
from .received import KeptPayment


def fitting(records: Records, order: PaymentOrder, first: KeptPayment | None = None) -> Sequence[KeptPayment]:
    """What waits for the order and pays it: one payment of its amount (`first` before others), or all of them where
    their sum is exactly that. None of them where the order is not open."""
    if not order.is_open:
        return ()
    waiting = records.received_payments.waiting_for(order.application_id)
    for one in sorted(waiting, key=lambda one: one != first):
        if one.amount == order.amount:
            return (one,)
    return waiting if sum(one.amount for one in waiting) == order.amount else ()


def charge(
    records: Records,
    rules: Rules,
    application: Application,
    order: PaymentOrder,
    payments: Sequence[KeptPayment],
    *,
    by: str,
    at: datetime,
) -> Application:
    """Let these payments, whose sum is the order's amount, pay it. The application is received, or, where it has ended,
    the money is ordered back. Not yet saved.

    Raises ConcurrentChange where the order or one of the payments has changed meanwhile.
    """
    if not payments or sum(one.amount for one in payments) != order.amount or not all(one.is_dong for one in payments):
        raise ValueError("an order is paid by exactly its amount")
    last = max(payments, key=lambda one: (one.received_at, one.noted_at))
    reference = last.gateway_reference or str(last.id)
    paid = replace(order, paid_at=last.received_at, provider_reference=reference)
    if not records.payments.confirm(paid):
        raise ConcurrentChange("this order was paid meanwhile")
    for one in payments:
        records.received_payments.charge(one, application.id)
    application = replace(application, paid=True)
    awaited = application.state is ApplicationState.PAYMENT_ASKED
    if awaited:
        application = receive(records, rules, application, at)
    else:
        pay_back(records, paid, due=0, cause="refused", seq=latest_seq(records, application.id), by=by, at=at)
    records.audit.append(
        AuditEntry(
            at=at,
            actor=by,
            action="payment_confirmed" if awaited else "payment_to_refund",
            application_id=application.id,
            details={
                "amount": int(order.amount),
                "reference": last.reference,
                "payments": [str(one.id) for one in payments],
            },
        )
    )
    return application


def charge_what_waits(
    records: Records, rules: Rules, application: Application, order: PaymentOrder, *, by: str, at: datetime
) -> Application:
    """The same with what waits, where it fits the order as it stands now. Not yet saved."""
    chosen = fitting(records, order)
    return charge(records, rules, application, order, chosen, by=by, at=at) if chosen else application
