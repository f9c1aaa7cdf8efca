"""What is outside of a process that dies, and goes on: a bank with its provider, a register, what DBOS remembers."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from issuance.errors import GatewayUnavailable, RegisterUnavailable
from issuance.fees.document import VND
from issuance.jobs import JobKind
from issuance.payments.order import ReceivedPayment, RefundAnswer
from issuance.registers.judicial import RegisterAnswer
from tests.issuance.office import clean_record


@dataclass
class Bank:
    """The provider's own books. sent: refunds by key, each once however often it is told."""

    reached: Callable[[str], None]
    is_away: bool = False
    came: list[ReceivedPayment] = field(default_factory=list)
    sent: dict[str, tuple[str, int]] = field(default_factory=dict)

    def receive(self, memo: str, amount: int, at: datetime) -> ReceivedPayment:
        payment = ReceivedPayment(
            memo=memo, amount=VND(amount), provider_reference=f"FT{len(self.came)}", received_at=at
        )
        self.came.append(payment)
        return payment

    def received_under(self, memo: str) -> Sequence[ReceivedPayment]:
        self._answer()
        return [one for one in self.came if one.memo == memo]

    def received_as(self, reference: str) -> ReceivedPayment | None:
        self._answer()
        return next((one for one in self.came if one.provider_reference == reference), None)

    def refund(self, key: str, reference: str, amount: int) -> RefundAnswer:
        self._answer()
        known = self.sent.setdefault(key, (reference, amount))
        assert known == (reference, amount), "one key, and another refund"
        self.reached("refund sent")
        return "done"

    def _answer(self) -> None:
        self.reached("asking the provider")
        if self.is_away:
            raise GatewayUnavailable("away")


@dataclass
class Register:
    clock: Callable[[], datetime]
    reached: Callable[[str], None]
    is_away: bool = False

    def look_up(self, *, personal_id: str, full_name: str, birth_date: date) -> RegisterAnswer:
        self.reached("asking the register")
        if self.is_away:
            raise RegisterUnavailable("away")
        return clean_record(self.clock())


@dataclass
class Remembered:
    """What a step of a job came to, as DBOS keeps it: JSON, and only once the step is done."""

    reached: Callable[[str], None]
    of: dict[tuple[JobKind, UUID], dict[str, str]] = field(default_factory=dict)

    def step(self, kind: JobKind, concerned: UUID) -> Callable[[str, Callable[[], Any]], Any]:
        done = self.of.setdefault((kind, concerned), {})

        def step(name: str, act: Callable[[], Any]) -> Any:
            if name not in done:
                result = json.dumps(act())
                self.reached(f"before {name} is remembered")
                done[name] = result
            return json.loads(done[name])

        return step

    def forget(self, kind: JobKind, concerned: UUID) -> None:
        """The job has ended; asked for again, it begins anew."""
        self.of.pop((kind, concerned), None)
