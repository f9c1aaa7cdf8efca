"""A payment order, what a provider reports, and the ports through which it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol
from uuid import UUID

from ..fees.document import VND

CURRENCY = "VND"
"""The only money in which fees are paid. What comes in another currency waits to go back, and is never converted."""

MAX_AMOUNT = 10**15
MAX_MEMO_CHARACTERS = 1_000


class PaymentSource(StrEnum):
    """Who says that money came: a payment provider, the bank's statement, or an official who took it in cash."""

    GATEWAY = "gateway"
    STATEMENT = "statement"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentOrder:
    """What the citizen has to pay, once per application. memo: what the transfer carries, capitals and digits of ASCII.

    provider_reference: of the payment that completed it, or, where that was no provider's, the id of the payment.
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

    def to_transfer(self, waiting: int) -> VND:
        """What pays it by itself from now on: the rest where a part has come, else all of it; 0 where it is not open.

        waiting: what waits in đồng with its memo.
        """
        if not self.is_open:
            return VND(0)
        return VND(self.amount - waiting) if 0 < waiting < self.amount else self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedPayment:
    """Money as its source reports it. amount: in the currency's smallest unit. memo: as the payer or the bank wrote it.

    provider_reference: unique for the source.
    """

    memo: str
    amount: VND
    provider_reference: str
    received_at: datetime
    currency: str = CURRENCY
    source: PaymentSource = PaymentSource.GATEWAY

    def __repr__(self) -> str:
        # People write names into a memo.
        return f"ReceivedPayment({self.source}, {self.provider_reference!r}, {self.amount} {self.currency})"


class PaymentGateway(Protocol):
    """A payment provider, asked while a citizen waits."""

    async def find(self, memo: str) -> Sequence[ReceivedPayment]:
        """All that was received under this memo, asked from the provider itself. Raises GatewayUnavailable."""


RefundAnswer = Literal["done", "refused"]


class PaymentProvider(Protocol):
    """The same provider, asked in the background."""

    def received_under(self, memo: str) -> Sequence[ReceivedPayment]:
        """All that was received under this memo. Raises GatewayUnavailable."""

    def received_as(self, reference: str) -> ReceivedPayment | None:
        """The payment of this reference; None where the provider knows none. Raises GatewayUnavailable."""

    def refund(self, key: str, reference: str, amount: int) -> RefundAnswer:
        """Have a payment, or a part of it, sent back. However often it is called with one key, it is sent once.

        amount: in the payment's currency. Raises GatewayUnavailable: it may have been sent or not."""


def payment_memo(application_code: str) -> str:
    """The application code in capitals, without its signs: `000.00.15.H26-240601-0001` → `0000015H262406010001`."""
    return "".join(letter for letter in application_code if letter.isalnum()).upper()
