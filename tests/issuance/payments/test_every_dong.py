"""Payments, statements, cash, decisions, withdrawals and refunds in any order, against naive books: no đồng is lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from identity.citizen import VerifiedCitizen, VerifiedOfficial
from issuance.application import Application
from issuance.errors import GatewayUnavailable, IssuanceError
from issuance.fees.document import VND
from issuance.payments.cash import take_cash
from issuance.payments.order import PaymentSource, ReceivedPayment
from issuance.payments.queue import allocate, give_back
from issuance.payments.refund import RefundWay
from issuance.payments.send_refund import send_refund
from issuance.payments.take_payment import take_payment
from issuance.withdraw import withdraw
from tests.issuance.office import Office
from tests.issuance.payments.providers import Provider, away
from tests.issuance.quota_policies import FEE

_numbers = count(1)
AMOUNTS = (FEE, FEE // 2, FEE // 4, FEE + 1)
STEPS = ("transfer", "replay", "statement", "cash", "withdraw", "allocate", "give_back", "send", "send_in_vain")


@dataclass
class NaiveBooks:
    """What must be, told without a database: by hand, for one application."""

    state: str = "open"
    waits: Counter[int] = field(default_factory=Counter)
    charged: int = 0
    ordered_back: int = 0
    came: int = 0
    told_by_one: Counter[tuple[PaymentSource, int]] = field(default_factory=Counter)

    def is_told(self, source: PaymentSource, amount: int) -> bool:
        """Whether it is new: not the same that the other of provider and bank has told of this day."""
        other = PaymentSource.STATEMENT if source is PaymentSource.GATEWAY else PaymentSource.GATEWAY
        if self.told_by_one[other, amount]:
            self.told_by_one[other, amount] -= 1
            return False
        self.told_by_one[source, amount] += 1
        self.comes(amount)
        return True

    def comes(self, amount: int) -> None:
        self.came += amount
        self.waits[amount] += 1
        if self.state != "open":
            return
        if self.waits[FEE]:
            self.pay([FEE])
        elif sum(self.waits.elements()) == FEE:
            self.pay(list(self.waits.elements()))

    def pay(self, amounts: list[int]) -> None:
        self.waits -= Counter(amounts)
        self.state, self.charged = "paid", FEE

    def withdraw(self) -> None:
        if self.state == "paid":
            self.charged, self.ordered_back = 0, self.ordered_back + FEE
        self.state = "ended"


class Day:
    """One application, its books, and what is done about it."""

    def __init__(
        self, office: Office, application: Application, people: tuple[VerifiedCitizen, VerifiedOfficial]
    ) -> None:
        self.office, self.application = office, application
        self.citizen, self.official = people
        order = office.do(lambda r: r.payments.of_application(application.id))
        assert order is not None
        self.memo = order.memo
        self.naive, self.provider = NaiveBooks(), Provider()
        self.last: ReceivedPayment | None = None

    def arrives(self, source: PaymentSource, amount: int) -> None:
        self.last = ReceivedPayment(
            memo=f"nop {self.memo}",
            amount=VND(amount),
            provider_reference=f"{source}-{next(_numbers)}",
            received_at=self.office.at,
            source=source,
        )
        assert self.takes(self.last) is self.naive.is_told(source, amount)

    def takes(self, payment: ReceivedPayment) -> bool:
        return self.office.do(lambda r: take_payment(r, self.office.rules, payment, self.office.at)).is_new

    def step(self, name: str, amount: int) -> None:
        office, rules, at = self.office, self.office.rules, self.office.at
        match name:
            case "transfer":
                self.arrives(PaymentSource.GATEWAY, amount)
            case "statement":
                self.arrives(PaymentSource.STATEMENT, amount)
            case "replay" if self.last is not None:
                assert not self.takes(self.last)
            case "cash":
                with suppress(IssuanceError):
                    office.do(lambda r: take_cash(r, rules, self.official, self.application.code, VND(FEE), at))
                    self.naive.came += FEE
                    self.naive.waits[FEE] += 1
                    self.naive.pay([FEE])
            case "withdraw":
                with suppress(IssuanceError):
                    office.do(lambda r: withdraw(r, self.citizen, self.application.code, at))
                    self.naive.withdraw()
            case "allocate" | "give_back":
                self.decide(name)
            case "send" | "send_in_vain":
                self.send(in_vain=name == "send_in_vain")

    def decide(self, name: str) -> None:
        rules, at = self.office.rules, self.office.at
        waiting = self.office.do(lambda r: r.received_payments.waiting_for(self.application.id))
        if not waiting:
            return
        one, others = waiting[0], [other.id for other in waiting[1:2]]
        with suppress(IssuanceError):
            if name == "give_back":
                self.office.do(lambda r: give_back(r, rules, self.official, one.id, "x", at))
                self.naive.waits -= Counter([one.amount])
                self.naive.ordered_back += one.amount
            else:
                code = self.application.code
                self.office.do(lambda r: allocate(r, rules, self.official, one.id, code, others, "x", at))
                self.naive.pay([one.amount, *(other.amount for other in waiting[1:2])])

    def send(self, *, in_vain: bool) -> None:
        self.provider.after = away if in_vain else lambda _: None
        for refund in self.office.do(lambda r: r.refunds.of_application(self.application.id)):
            with suppress(GatewayUnavailable):
                send_refund(self.office.do, self.provider, refund.id, lambda: self.office.at)

    def check(self) -> None:
        read = self.office.do
        order = read(lambda r: r.payments.of_application(self.application.id))
        waiting = read(lambda r: r.received_payments.waiting_for(self.application.id))
        refunds = read(lambda r: r.refunds.of_application(self.application.id))
        charged = read(lambda r: r.received_payments.charged_for(self.application.id))
        assert order is not None
        assert Counter(int(one.amount) for one in waiting) == +self.naive.waits
        assert sum(one.amount - one.refunded for one in charged) == self.naive.charged
        assert sum(one.amount for one in refunds) == self.naive.ordered_back
        assert order.is_open is (self.naive.state == "open")
        assert sum(self.naive.waits.elements()) + self.naive.charged + self.naive.ordered_back == self.naive.came
        # The provider has sent each at most once, and never more than was ordered.
        sent = Counter(key.partition("-2")[0][:36] for key in self.provider.sent_back)
        assert all(number == 1 for number in sent.values())
        through = {str(one.id): (one.amount) for one in refunds if one.way is RefundWay.GATEWAY}
        assert all(through[key] == amount for key, (_, amount) in self.provider.sent_back.items())
        assert all(one.is_even for one in read(lambda r: r.received_payments.balance()))


steps = st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from(AMOUNTS)), min_size=3, max_size=12)


def live(office: Office, drawn: list[tuple[str, int]]) -> None:
    async def begin() -> Day:
        people = await office.citizen(client_id="one-stop-kiosk"), await office.official()
        return Day(office, await office.application(client="one-stop-kiosk", copies=1), people)

    day = asyncio.run(begin())
    for name, amount in drawn:
        day.step(name, amount)
        day.check()


_SETTINGS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)


def test_no_dong_is_lost(office: Office) -> None:
    @settings(_SETTINGS, max_examples=8, database=None)
    @given(drawn=steps)
    def lives(drawn: list[tuple[str, int]]) -> None:
        live(office, drawn)

    lives()


@pytest.mark.campaign
def test_no_dong_is_lost_in_many_days(office: Office) -> None:
    @settings(_SETTINGS, max_examples=400, database=None)
    @given(drawn=steps)
    def lives(drawn: list[tuple[str, int]]) -> None:
        live(office, drawn)

    lives()
