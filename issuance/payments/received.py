"""Money that came, one row for each payment, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, Protocol
from uuid import UUID

from ..fees.document import VND
from .order import CURRENCY, PaymentSource, ReceivedPayment


class PaymentState(StrEnum):
    """WAITING: nobody knows yet what it is for, and somebody has to look at it. RETURNED: ordered back as a whole."""

    WAITING = "waiting"
    CHARGED = "charged"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPayment:
    """A payment on record. Source, reference, amount, memo and times never change.

    also_reference: under which the other of provider and bank has reported the same money. meant_for: the application
    whose memo stands in the text; application_id: the one that it has paid for. refunded: how much of it was ordered
    back. unit, owner_key: who has to look at it while it waits; a unit always, an account where the register of
    officials has somebody. taken_by: the official's account who took it in cash.
    """

    id: UUID
    source: PaymentSource
    reference: str
    amount: VND
    currency: str
    memo: str
    received_at: datetime
    noted_at: datetime
    state: PaymentState
    unit: str
    also_reference: str | None = None
    meant_for: UUID | None = None
    application_id: UUID | None = None
    refunded: int = 0
    owner_key: str | None = None
    taken_by: str | None = None

    def __repr__(self) -> str:
        return f"KeptPayment({self.id}, {self.source}, {self.amount} {self.currency}, {self.state})"

    @property
    def is_dong(self) -> bool:
        return self.currency == CURRENCY

    @property
    def gateway_reference(self) -> str | None:
        """Under which the provider knows it; None where it never told of it."""
        return {PaymentSource.GATEWAY: self.reference, PaymentSource.STATEMENT: self.also_reference}.get(self.source)


PaymentAction = Literal["assigned", "allocated", "given_back", "handed_out", "sent_again"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDecision:
    """What an official did about a payment or its refund, and why; the words are the official's own."""

    id: UUID
    payment_id: UUID
    refund_id: UUID | None
    action: PaymentAction
    reason: str
    by_key: str
    at: datetime

    def __repr__(self) -> str:
        return f"PaymentDecision({self.action}, of {self.payment_id})"


@dataclass(frozen=True, slots=True)
class PaymentPage:
    payments: Sequence[KeptPayment]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyBalance:
    """All money of one currency. charged: what paid orders asked for, less what went back of it."""

    currency: str
    came: int
    charged: int
    refunded: int
    waiting: int

    @property
    def is_even(self) -> bool:
        """Whether every đồng that came is a charge, a refund, or waits."""
        return self.came == self.charged + self.refunded + self.waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class CashDay:
    """What one official took at the counter on a day and handed out, in VND."""

    official: str
    payments: int
    taken: int
    refunds: int
    handed_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CashEntry:
    """One payment that an official took, or one refund that was handed out (`amount` below zero), in VND. code: of the
    application, where there is one."""

    official: str
    at: datetime
    amount: int
    code: str | None


class ReceivedPayments(Protocol):
    def hold(self, reference: str) -> None:
        """Until the transaction ends, whoever holds the same reference waits: provider and bank may tell of the same
        money at one moment, where no order is locked that would part them."""

    def add(self, payment: KeptPayment) -> None:
        """Raises ConcurrentChange where a payment of this source and reference is on record."""

    def find(self, source: PaymentSource, reference: str) -> KeptPayment | None:
        """By the reference under which this source has reported it, first or later."""

    def by_id(self, payment_id: UUID) -> KeptPayment:
        """Raises PaymentNotFound."""

    def in_unit(self, payment_id: UUID, unit: str) -> KeptPayment:
        """The unit that has to look at it is part of the query. Raises PaymentNotFound."""

    def twin_of(
        self, reported: ReceivedPayment, meant_for: UUID | None, between: tuple[datetime, datetime]
    ) -> KeptPayment | None:
        """The same money as the other of provider and bank has reported it: with the same reference, else of the same
        application, amount and day; none that was reported by both already."""

    def also_reported(self, payment: KeptPayment, reference: str) -> None:
        """Raises ConcurrentChange where both have reported it by now."""

    def waiting_for(self, application_id: UUID) -> Sequence[KeptPayment]:
        """What waits in đồng and carries the memo of this application, oldest first."""

    def sum_waiting_for(self, application_id: UUID) -> int:
        """In đồng, of all that `waiting_for` finds: what `PaymentOrder.to_transfer` takes."""

    def charged_for(self, application_id: UUID) -> Sequence[KeptPayment]:
        """What this application was paid with, oldest first."""

    def charge(self, payment: KeptPayment, application_id: UUID) -> None:
        """WAITING → CHARGED. Raises ConcurrentChange where it does not wait any more."""

    def give_back(self, payment: KeptPayment) -> None:
        """WAITING → RETURNED, all of it refunded. Raises ConcurrentChange where it does not wait any more."""

    def give_back_part(self, payment: KeptPayment, amount: int) -> None:
        """So much more of a charged payment is refunded. Raises ConcurrentChange where no such part is left."""

    def assign(self, payment: KeptPayment, owner_key: str | None, *, unit: str | None = None) -> None:
        """unit: the one that has to look at it from now on. Raises ConcurrentChange where it waits no more."""

    def homeless(self, ended_units: Collection[str], limit: int) -> Sequence[KeptPayment]:
        """What waits at a unit that is not the application's any more, at one of these where it names no application,
        or with an owner who does not act for the unit."""

    def waiting(self, unit: str, owner_key: str | None, cursor: str | None, limit: int) -> PaymentPage:
        """What waits for the unit, or one owner in it, the longest waiting first. Raises InvalidCursor."""

    def add_decision(self, decision: PaymentDecision) -> None: ...

    def decisions_about(self, payment_id: UUID) -> Sequence[PaymentDecision]:
        """Oldest first."""

    def owned(self, owner_keys: Collection[str]) -> Mapping[str, int]:
        """How many waiting payments each of these accounts owns; those without any are left out."""

    def cash_day(self, unit: str, between: tuple[datetime, datetime]) -> Sequence[CashDay]:
        """For each official of the unit who took or handed out cash in the time, by account."""

    def cash_entries(self, unit: str, between: tuple[datetime, datetime]) -> Sequence[CashEntry]:
        """What `cash_day` adds up, in the order of time."""

    def balance(self) -> Sequence[MoneyBalance]:
        """Over everything that ever came, by currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayClosing:
    """The cash of a unit on a day in Vietnam, by official. entries: each payment and refund of theirs."""

    unit: str
    on: date
    officials: Sequence[CashDay]
    entries: Sequence[CashEntry]
