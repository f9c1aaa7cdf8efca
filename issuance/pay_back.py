"""Money that a citizen has paid and does not owe, ordered to go back; whoever pays it back works from these orders."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from .fees.document import VND
from .payments.order import PaymentOrder
from .payments.refund import RefundCause, RefundOrder
from .records import Records


def pay_back(
    records: Records, order: PaymentOrder, *, due: int, cause: RefundCause, seq: int, by: str, at: datetime
) -> VND:
    """Order back what was paid above `due` (VND) and was not ordered back before; returns how much that is.

    seq: of the assessment by which no more is due. Raises ConcurrentChange.
    """
    if order.paid_at is None:
        return VND(0)
    ordered = sum(refund.amount for refund in records.payments.refunds_of(order.application_id))
    amount = VND(max(0, order.amount - ordered - due))
    if amount:
        refund = RefundOrder(
            id=uuid4(),
            application_id=order.application_id,
            assessment_seq=seq,
            amount=amount,
            cause=cause,
            opened_by=by,
            opened_at=at,
        )
        records.payments.refund(refund)
    return amount


def latest_seq(records: Records, application_id: UUID) -> int:
    """The number of the application's latest assessment."""
    return max((stored.seq for stored in records.assessments.of_application(application_id)), default=0)
