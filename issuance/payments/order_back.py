"""A refund is ordered, and, where the provider can send it, asked for in the background."""

from __future__ import annotations

from ..jobs import JobKind
from ..records import Records
from .received import KeptPayment
from .refund import RefundOrder, RefundWay


def order_back(records: Records, refund: RefundOrder) -> None:
    """Raises ConcurrentChange."""
    records.refunds.order(refund)
    if refund.way is RefundWay.GATEWAY:
        records.jobs.enqueue(JobKind.SEND_REFUND, refund.id)


def way_back(payment: KeptPayment) -> RefundWay:
    """Through the provider where it knows the payment; cash and what only the bank told of goes back over the desk."""
    return RefundWay.DESK if payment.gateway_reference is None else RefundWay.GATEWAY
