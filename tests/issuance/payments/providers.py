"""A payment provider in memory, with books that a test writes and moments at which it fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from issuance.errors import GatewayUnavailable
from issuance.payments.order import ReceivedPayment, RefundAnswer


def _nothing(_: str) -> None: ...


@dataclass
class Provider:
    """refuses: whether refunds are refused. before, after: called with what is asked, before and after its effect."""

    received: dict[str, ReceivedPayment] = field(default_factory=dict)
    sent_back: dict[str, tuple[str, int]] = field(default_factory=dict)
    refuses: bool = False
    before: Callable[[str], None] = _nothing
    after: Callable[[str], None] = _nothing
    asked: list[str] = field(default_factory=list)

    def received_under(self, memo: str) -> Sequence[ReceivedPayment]:
        self.asked.append(memo)
        self.before(memo)
        return [one for one in self.received.values() if memo in one.memo]

    def received_as(self, reference: str) -> ReceivedPayment | None:
        self.asked.append(reference)
        self.before(reference)
        return self.received.get(reference)

    def refund(self, key: str, reference: str, amount: int) -> RefundAnswer:
        self.asked.append(key)
        self.before(key)
        if key not in self.sent_back:
            if self.refuses:
                return "refused"
            self.sent_back[key] = (reference, amount)
        self.after(key)
        return "done"


def away(_: str) -> None:
    raise GatewayUnavailable("away")
