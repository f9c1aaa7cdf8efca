"""What a provider says by itself: that something came. It is never believed, only a reason to ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

NoticeOutcome = Literal["taken", "known", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentNotice:
    """event_id: the provider's, counts once. reference: of the payment that the provider is to be asked about.

    outcome: what asking came to: money that was taken in, money that was on record, or nothing at all.
    """

    id: UUID
    event_id: str
    reference: str
    received_at: datetime
    done_at: datetime | None = None
    outcome: NoticeOutcome | None = None


class PaymentNotices(Protocol):
    def add(self, notice: PaymentNotice) -> bool:
        """False where a notice of this event is on record, and then nothing changes."""

    def by_id(self, notice_id: UUID) -> PaymentNotice | None: ...

    def conclude(self, notice: PaymentNotice) -> bool:
        """Store what came of it; False where that is stored already."""
