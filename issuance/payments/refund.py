"""Money that goes back to a citizen: ordered once, sent once, and looked after until it is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol
from uuid import UUID

from ..fees.document import VND

RefundCause = Literal["evidence_accepted", "withdrawn", "refused", "unmatched"]


class RefundState(StrEnum):
    """SENT: the provider has been told, or may have been. FAILED: it refuses, and somebody has to look at it."""

    ORDERED = "ordered"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"


class RefundWay(StrEnum):
    """GATEWAY: through the provider that the money came by. DESK: an official hands it out, or transfers it."""

    GATEWAY = "gateway"
    DESK = "desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundOrder:
    """An order to pay back a received payment or a part of it; `amount` in the payment's currency, above zero.

    application_id and assessment_seq: of the assessment by which the money is not due (see `StoredAssessment`); none
    for a payment that was never charged (`unmatched`). attempt: counts what the provider has refused and was tried
    again. failure: a short code of the provider's refusal. done_by: the official who handed it out.
    """

    id: UUID
    payment_id: UUID
    amount: VND
    cause: RefundCause
    opened_by: str
    opened_at: datetime
    way: RefundWay
    application_id: UUID | None = None
    assessment_seq: int | None = None
    state: RefundState = RefundState.ORDERED
    attempt: int = 1
    sent_at: datetime | None = None
    done_at: datetime | None = None
    done_by: str | None = None
    failure: str | None = None

    @property
    def key(self) -> str:
        """By which the provider knows it again. Another one only after a refusal: until then it may have been sent."""
        return str(self.id) if self.attempt == 1 else f"{self.id}-{self.attempt}"

    @property
    def is_at_the_desk(self) -> bool:
        """Whether an official has to do something about it."""
        return self.state is RefundState.FAILED or (self.way is RefundWay.DESK and self.state is not RefundState.DONE)


@dataclass(frozen=True, slots=True)
class RefundPage:
    refunds: Sequence[RefundOrder]
    next_cursor: str | None


class Refunds(Protocol):
    def order(self, refund: RefundOrder) -> None:
        """Raises ConcurrentChange where this assessment of the application has led to one of this payment and cause."""

    def of_application(self, application_id: UUID) -> Sequence[RefundOrder]:
        """Those in đồng of its charges and of payments that carry its memo, oldest first."""

    def by_id(self, refund_id: UUID) -> RefundOrder:
        """Raises RefundNotFound."""

    def in_unit(self, refund_id: UUID, unit: str) -> RefundOrder:
        """The unit that has to look after its payment is part of the query. Raises RefundNotFound."""

    def move(self, refund: RefundOrder, *, of: RefundOrder) -> None:
        """Store the next state. Raises ConcurrentChange where the stored one is in another state or attempt."""

    def at_the_desk(self, unit: str, cursor: str | None, limit: int) -> RefundPage:
        """Those of the unit that an official has to do something about, oldest first. Raises InvalidCursor."""
