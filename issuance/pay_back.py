"""Money that a citizen has paid and does not owe, ordered to go back the way it came."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from .fees.document import VND
from .payments.order import PaymentOrder
from .payments.order_back import order_back, way_back
from .payments.refund import RefundCause, RefundOrder
from .records import Records


def pay_back(
    records: Records, order: PaymentOrder, *, due: int, cause: RefundCause, seq: int, by: str, at: datetime
) -> VND:
    """Order back what was paid above `due` (VND) and was not ordered back before; returns how much that is.

    Each payment goes back by itself, as far as it is needed, the newest first.
    seq: of the assessment by which no more is due. Raises ConcurrentChange.
    """
    if order.paid_at is None:
        return VND(0)
    payments = records.received_payments.charged_for(order.application_id)
    left = amount = max(0, sum(one.amount - one.refunded for one in payments) - due)
    for payment in reversed(payments):
        part = min(left, payment.amount - payment.refunded)
        if part:
            left -= part
            records.received_payments.give_back_part(payment, part)
            refund = RefundOrder(
                id=uuid4(),
                payment_id=payment.id,
                application_id=order.application_id,
                assessment_seq=seq,
                amount=VND(part),
                cause=cause,
                opened_by=by,
                opened_at=at,
                way=way_back(payment),
            )
            order_back(records, refund)
    return VND(amount)


def latest_seq(records: Records, application_id: UUID) -> int:
    """The number of the application's latest assessment."""
    return max((stored.seq for stored in records.assessments.of_application(application_id)), default=0)
