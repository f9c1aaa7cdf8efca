"""A provider has announced a payment: it is asked about it, and its answer decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from ..errors import PaymentUnknown
from ..jobs import JobKind
from ..records import AuditEntry, Records, Transact
from ..rules import Rules
from .notice import NoticeOutcome, PaymentNotice
from .order import PaymentProvider, ReceivedPayment
from .take_payment import PAYMENT_GATEWAY, take_payment

_UNKNOWN_AFTER = timedelta(days=1)


def keep_notice(records: Records, event_id: str, reference: str, at: datetime) -> bool:
    """Store a notice whose signature was verified, and have the provider asked in the background.

    reference: of the payment that it announces. Nothing else of it is kept, since nothing else of it counts.
    Returns False for an event that is on record.
    """
    notice = PaymentNotice(id=uuid4(), event_id=event_id, reference=reference, received_at=at)
    if not records.payment_notices.add(notice):
        return False
    records.jobs.enqueue(JobKind.CONFIRM_PAYMENT, notice.id)
    return True


def confirm_notice(
    transact: Transact, rules: Rules, provider: PaymentProvider, notice_id: UUID, clock: Callable[[], datetime]
) -> None:
    """Ask the provider about the announced payment, outside of any transaction, and take in what it says.

    A payment that the provider does not know, a day after it was announced, was none. Harmless when repeated.
    Raises GatewayUnavailable, PaymentUnknown (not yet): it is asked for again.
    """
    notice = transact(lambda records: records.payment_notices.by_id(notice_id))
    if notice is None or notice.done_at is not None:
        return
    payment = provider.received_as(notice.reference)
    if payment is None and clock() - notice.received_at < _UNKNOWN_AFTER:
        raise PaymentUnknown("the provider does not know the payment that it has announced")
    transact(lambda records: _conclude(records, rules, notice, payment, clock()))


def _conclude(
    records: Records, rules: Rules, notice: PaymentNotice, payment: ReceivedPayment | None, at: datetime
) -> None:
    outcome: NoticeOutcome = "unknown"
    application_id = None
    if payment is not None:
        taken = take_payment(records, rules, payment, at)
        outcome, application_id = "taken" if taken.is_new else "known", taken.payment.meant_for
    if records.payment_notices.conclude(replace(notice, done_at=at, outcome=outcome)):
        records.audit.append(
            AuditEntry(
                at=at,
                actor=PAYMENT_GATEWAY,
                action="payment_notice_confirmed",
                application_id=application_id,
                details={"notice": str(notice.id), "reference": notice.reference, "outcome": outcome},
            )
        )
