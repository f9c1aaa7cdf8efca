"""The provider confirms that money came: for an application that waits for it, for one that has ended, or for none."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from .application import Application, ApplicationState
from .apply import receive
from .errors import PaymentMismatch
from .pay_back import latest_seq, pay_back
from .payments.order import PaymentOrder, ReceivedPayment
from .records import AuditEntry, Records
from .rules import Rules

PAYMENT_GATEWAY = "payment-gateway"


def confirm_payment(
    records: Records, rules: Rules, application_id: UUID, payment: ReceivedPayment, at: datetime
) -> Application:
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
        application = receive(records, rules, application, at)
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
