"""A payment order, and the port through which a provider says that it was paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from ..fees.document import VND


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentOrder:
    """What the citizen has to pay, once per application. memo: what the transfer carries, ASCII, 25 letters at most.

    cancelled_at: since when nothing is asked for any more; such an order is never paid.
    """

    id: UUID
    application_id: UUID
    amount: VND
    memo: str
    opened_at: datetime
    paid_at: datetime | None = None
    provider_reference: str | None = None
    cancelled_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.paid_at is None and self.cancelled_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedPayment:
    memo: str
    amount: VND
    provider_reference: str
    received_at: datetime


class PaymentGateway(Protocol):
    async def find(self, memo: str) -> ReceivedPayment | None:
        """The payment received under this memo, asked from the provider itself. Raises GatewayUnavailable."""


def payment_memo(application_code: str) -> str:
    """The application code without its signs: `000.00.15.H26-240601-0001` → `0000015H262406010001`."""
    return "".join(letter for letter in application_code if letter.isalnum())
