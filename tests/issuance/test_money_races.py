"""A payment and an accepted paper, or a withdrawal, at the same moment: one of them is first, and no money vanishes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from issuance.application import Application, ApplicationState
from issuance.decide_evidence import accept
from issuance.errors import AlreadyClosed
from issuance.payments.order import PaymentOrder, PaymentSource, ReceivedPayment
from issuance.payments.take_payment import take_payment
from issuance.withdraw import withdraw
from storage.payments import SqlPayments
from storage.received_payments import SqlReceivedPayments
from storage.records import SqlRecords
from tests.issuance.money import money_comes
from tests.issuance.office import Office
from tests.issuance.quota_policies import FEE, IN_2026, STUDENT_FEE, adopt, quota_policy
from tests.issuance.test_evidence import DISABLED, at_the_kiosk, brought, order_of


@pytest.fixture
def office(office: Office) -> Office:
    office.at = IN_2026
    adopt(office, quota_policy())
    return office


def money(order: PaymentOrder, office: Office) -> ReceivedPayment:
    return ReceivedPayment(memo=order.memo, amount=order.amount, provider_reference="FT1", received_at=office.at)


def paying(office: Office, order: PaymentOrder) -> Callable[[], None]:
    """What a way in does with money that a provider reports."""
    payment = money(order, office)

    def confirm() -> None:
        office.do(lambda r: money_comes(r, office.rules, payment, office.at))

    return confirm


async def accepting(office: Office, application: Application, **paper: str) -> Callable[[], None]:
    brought_paper, official = await brought(office, application, **paper), await office.official()

    def accept_it() -> None:
        office.do(lambda r: accept(r, office.rules, official, application.code, brought_paper.id, office.at))

    return accept_it


def where_the_money_is(office: Office, application: Application) -> tuple[int, int, int]:
    """Kept for the fee, ordered back, noted for somebody to look at; in VND."""

    def read(records: SqlRecords) -> tuple[int, int, int]:
        order = records.payments.of_application(application.id)
        refunded = sum(refund.amount for refund in records.refunds.of_application(application.id))
        (balance,) = records.received_payments.balance()
        assert balance.is_even
        noted = balance.waiting
        paid = order.amount if order is not None and order.paid_at is not None else 0
        return paid - refunded, refunded, noted

    return office.database.run_blocking(read)


@pytest.mark.parametrize("paper", [{}, DISABLED], ids=["lowered", "cancelled"])
async def test_the_payment_is_first(office: Office, paper: dict[str, str]) -> None:
    application = await at_the_kiosk(office)
    accept_it = await accepting(office, application, **paper)
    paying(office, order_of(office, application))()
    accept_it()
    due = 0 if paper else STUDENT_FEE
    assert where_the_money_is(office, application) == (due, FEE - due, 0)


@pytest.mark.parametrize("paper", [{}, DISABLED], ids=["lowered", "cancelled"])
async def test_the_paper_is_first(office: Office, paper: dict[str, str]) -> None:
    application = await at_the_kiosk(office)
    pay_it, accept_it = paying(office, order_of(office, application)), await accepting(office, application, **paper)
    accept_it()
    pay_it()
    assert where_the_money_is(office, application) == (0, 0, FEE)
    state = office.do(lambda r: r.applications.by_id(application.id)).state
    assert state is (ApplicationState.RECEIVED if paper else ApplicationState.PAYMENT_ASKED)


@pytest.mark.parametrize("paper", [{}, DISABLED], ids=["lowered", "cancelled"])
@pytest.mark.parametrize("first", ["payment", "paper"])
async def test_the_order_changes_between_reading_and_writing(office: Office, paper: dict[str, str], first: str) -> None:
    """Who read before the other has written finds out at the write, and begins anew."""
    if not office.database.is_postgresql:
        pytest.skip("SQLite runs one transaction after the other")
    application = await at_the_kiosk(office)
    order = order_of(office, application)
    pay_it, accept_it = paying(office, order), await accepting(office, application, **paper)
    slow, quick = (accept_it, pay_it) if first == "payment" else (pay_it, accept_it)
    has_read, is_written = threading.Event(), threading.Event()
    # A payment finds its order by the memo, and looks again once it has locked it.
    reading = "of_application" if first == "payment" else "of_memos"
    read = getattr(SqlPayments, reading)

    def read_and_wait(payments: SqlPayments, asked: object) -> object:
        found = read(payments, asked)
        if threading.current_thread().name == "slow" and not has_read.is_set():
            has_read.set()
            assert is_written.wait(20)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqlPayments, reading, read_and_wait)
        thread = threading.Thread(target=slow, name="slow")
        thread.start()
        assert has_read.wait(20)
        quick()
        is_written.set()
        thread.join(20)
    assert not thread.is_alive()
    due = 0 if paper else STUDENT_FEE
    expected = (due, FEE - due, 0) if first == "payment" else (0, 0, FEE)
    assert where_the_money_is(office, application) == expected


@pytest.mark.parametrize("first", [PaymentSource.GATEWAY, PaymentSource.STATEMENT])
def test_the_same_nameless_money_told_twice_at_once_is_kept_once(office: Office, first: PaymentSource) -> None:
    """Provider and bank tell of it under one reference at one moment, and no order parts them."""
    if not office.database.is_postgresql:
        pytest.skip("SQLite runs one transaction after the other")
    told = {
        source: ReceivedPayment(
            memo="nộp phí", amount=FEE, provider_reference="FT1", received_at=office.at, source=source
        )
        for source in (PaymentSource.GATEWAY, PaymentSource.STATEMENT)
    }
    looked, other_is_in = threading.Event(), threading.Event()
    look = SqlReceivedPayments.twin_of

    def look_and_wait(payments: SqlReceivedPayments, *asked: Any) -> object:
        found = look(payments, *asked)
        if threading.current_thread().name == "slow" and not looked.is_set():
            looked.set()
            other_is_in.wait(0.5)
        return found

    def tell(source: PaymentSource) -> None:
        office.do(lambda r: take_payment(r, office.rules, told[source], office.at))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqlReceivedPayments, "twin_of", look_and_wait)
        slow = threading.Thread(target=tell, args=[first], name="slow")
        slow.start()
        assert looked.wait(20)
        tell(next(one for one in told if one is not first))
        other_is_in.set()
        slow.join(20)
    (balance,) = office.do(lambda r: r.received_payments.balance())
    assert (balance.came, balance.waiting) == (FEE, FEE)


@pytest.mark.parametrize("turn", range(5))
async def test_all_at_once(office: Office, turn: int) -> None:
    """A payment, a paper that makes it free, and a withdrawal: whatever the order, 200,000 VND are somewhere."""
    application = await at_the_kiosk(office)
    citizen = await office.citizen()
    pay_it, accept_it = paying(office, order_of(office, application)), await accepting(office, application)

    def take_back() -> None:
        office.do(lambda r: withdraw(r, citizen, application.code, office.at))

    running = [asyncio.to_thread(act) for act in (pay_it, accept_it, take_back)]
    outcomes = await asyncio.gather(*running, return_exceptions=True)
    assert all(outcome is None or isinstance(outcome, AlreadyClosed) for outcome in outcomes)
    kept, refunded, noted = where_the_money_is(office, application)
    assert (kept, refunded, noted) in ((0, FEE, 0), (0, 0, FEE))
