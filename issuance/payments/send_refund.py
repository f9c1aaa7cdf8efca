"""A refund goes to the provider, once, however often the process dies in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ..errors import ConcurrentChange
from ..records import AuditEntry, Records, Transact
from .order import PaymentProvider, RefundAnswer
from .refund import RefundOrder, RefundState, RefundWay
from .take_payment import PAYMENT_GATEWAY

REFUSED = "refused_by_provider"


def send_refund(transact: Transact, provider: PaymentProvider, refund_id: UUID, clock: Callable[[], datetime]) -> None:
    """Note that it is being sent, have the provider send it, note what it answered.

    Whoever dies after the first note sends it again, under the key by which the provider knows it: that of the refund.
    Harmless when repeated. Raises GatewayUnavailable: it stays noted as sent, and is asked for again.
    """
    begun = transact(lambda records: _begin(records, refund_id, clock()))
    if begun is None:
        return
    refund, reference = begun
    answer = provider.refund(refund.key, reference, refund.amount)
    transact(lambda records: _conclude(records, refund, answer, clock()))


def _begin(records: Records, refund_id: UUID, at: datetime) -> tuple[RefundOrder, str] | None:
    """None where nothing is to be sent any more."""
    refund = records.refunds.by_id(refund_id)
    if refund.way is not RefundWay.GATEWAY or refund.state not in (RefundState.ORDERED, RefundState.SENT):
        return None
    payment = records.received_payments.by_id(refund.payment_id)
    if payment.gateway_reference is None:
        raise ValueError("a refund through the provider needs the provider's reference")
    if refund.state is RefundState.ORDERED:
        sent = replace(refund, state=RefundState.SENT, sent_at=at)
        records.refunds.move(sent, of=refund)
        _audit(records, sent, "refund_sent", at)
        refund = sent
    return refund, payment.gateway_reference


def _conclude(records: Records, refund: RefundOrder, answer: RefundAnswer, at: datetime) -> None:
    if answer == "done":
        ended = replace(refund, state=RefundState.DONE, done_at=at)
    else:
        ended = replace(refund, state=RefundState.FAILED, failure=REFUSED)
    try:
        records.refunds.move(ended, of=refund)
    except ConcurrentChange:
        # Two workers had it, and the provider has sent it once; the other one's note stands.
        if records.refunds.by_id(refund.id).state is ended.state:
            return
        raise
    _audit(records, ended, "refund_done" if answer == "done" else "refund_failed", at)


def _audit(records: Records, refund: RefundOrder, action: str, at: datetime) -> None:
    records.audit.append(
        AuditEntry(
            at=at,
            actor=PAYMENT_GATEWAY,
            action=action,
            application_id=refund.application_id,
            details={"refund": str(refund.id), "payment": str(refund.payment_id), "amount": int(refund.amount)},
        )
    )
