"""Refunds are sent once, notices are asked about, and orders are asked about without any notice."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest

from issuance.application import Application, ApplicationState
from issuance.errors import GatewayUnavailable, PaymentUnknown
from issuance.fees.document import VND
from issuance.jobs import JobKind
from issuance.payments.ask_again import ask_about_orders
from issuance.payments.confirm_notice import confirm_notice, keep_notice
from issuance.payments.desk_refunds import hand_out, open_refunds, send_again
from issuance.payments.order import ReceivedPayment
from issuance.payments.refund import RefundState, RefundWay
from issuance.payments.send_refund import send_refund
from issuance.withdraw import withdraw
from tests.issuance.money import waiting
from tests.issuance.office import Office
from tests.issuance.payments.conftest import Arrive
from tests.issuance.payments.providers import Provider, away
from tests.issuance.quota_policies import FEE
from tests.issuance.test_evidence import at_the_kiosk, order_of


class Killed(BaseException):
    """The process ends here."""


def killed(_: str) -> None:
    raise Killed


async def withdrawn(office: Office, arrive: Arrive) -> UUID:
    """A paid application is taken back; the id of its refund."""
    application, citizen = await at_the_kiosk(office), await office.citizen()
    arrive(application, "FT1", FEE)
    office.do(lambda r: withdraw(r, citizen, application.code, office.at))
    (refund,) = office.do(lambda r: r.refunds.of_application(application.id))
    return refund.id


def send(office: Office, provider: Provider, refund_id: UUID) -> None:
    send_refund(office.do, provider, refund_id, lambda: office.at)


def state_of(office: Office, refund_id: UUID) -> RefundState:
    return office.do(lambda r: r.refunds.by_id(refund_id)).state


async def test_a_refund_is_sent_once_wherever_the_process_dies(
    office: Office, arrive: Arrive, provider: Provider
) -> None:
    refund_id = await withdrawn(office, arrive)
    for moment in ("before", "after"):
        setattr(provider, moment, killed)
        with pytest.raises(Killed):
            send(office, provider, refund_id)
        assert state_of(office, refund_id) is RefundState.SENT
        setattr(provider, moment, lambda _: None)
    for _ in range(2):
        send(office, provider, refund_id)
    assert provider.sent_back == {str(refund_id): ("FT1", FEE)}
    assert state_of(office, refund_id) is RefundState.DONE


async def test_it_waits_for_a_provider_that_is_away(office: Office, arrive: Arrive, provider: Provider) -> None:
    refund_id = await withdrawn(office, arrive)
    provider.before = away
    with pytest.raises(GatewayUnavailable):
        send(office, provider, refund_id)
    overdue = office.database.run_blocking(lambda r: r.overdue_jobs(changed_before=office.at + timedelta(seconds=1)))
    assert (JobKind.SEND_REFUND, refund_id) in overdue


async def test_a_refusal_comes_to_the_desk(office: Office, arrive: Arrive, provider: Provider) -> None:
    refund_id, official = await withdrawn(office, arrive), await office.official()
    provider.refuses = True
    send(office, provider, refund_id)
    (entry,) = office.do(lambda r: open_refunds(r, official, None, 10, office.at)).entries
    assert (entry.refund.id, entry.refund.failure) == (refund_id, "refused_by_provider")
    office.do(lambda r: send_again(r, office.rules, official, refund_id, "Tài khoản đã mở lại", office.at))
    send(office, provider, refund_id)
    assert len({*provider.asked}) == 2  # a refusal was final, so this was another request
    office.at += timedelta(seconds=1)
    done = office.do(lambda r: hand_out(r, office.rules, official, refund_id, "Tiền mặt", office.at))
    assert (done.state, done.way, done.done_by) == (RefundState.DONE, RefundWay.DESK, official.subject_key)
    send(office, provider, refund_id)
    assert provider.sent_back == {}
    words = office.do(lambda r: r.received_payments.decisions_about(done.payment_id))
    assert [(one.action, one.reason) for one in words] == [
        ("sent_again", "Tài khoản đã mở lại"),
        ("handed_out", "Tiền mặt"),
    ]


def announced(office: Office, reference: str, event: str = "evt_1") -> UUID:
    assert office.do(lambda r: keep_notice(r, event, reference, office.at))
    overdue = office.database.run_blocking(lambda r: r.overdue_jobs(changed_before=office.at + timedelta(seconds=1)))
    (notice_id,) = [one for kind, one in overdue if kind is JobKind.CONFIRM_PAYMENT]
    return notice_id


def paid_at(provider: Provider, office: Office, application: Application, reference: str, amount: int) -> None:
    provider.received[reference] = ReceivedPayment(
        memo=order_of(office, application).memo,
        amount=VND(amount),
        provider_reference=reference,
        received_at=office.at,
    )


async def test_a_notice_is_asked_about_until_the_provider_answers(office: Office, provider: Provider) -> None:
    application = await at_the_kiosk(office)
    notice_id = announced(office, "FT1")
    provider.before = away
    with pytest.raises(GatewayUnavailable):
        confirm_notice(office.do, office.rules, provider, notice_id, lambda: office.at)
    provider.before = lambda _: None
    with pytest.raises(PaymentUnknown):
        confirm_notice(office.do, office.rules, provider, notice_id, lambda: office.at)
    paid_at(provider, office, application, "FT1", FEE)
    for _ in range(2):
        confirm_notice(office.do, office.rules, provider, notice_id, lambda: office.at)
    assert office.do(lambda r: r.applications.by_id(application.id)).state is ApplicationState.RECEIVED
    assert office.audit(application.id).count("payment_confirmed") == 1
    notice = office.do(lambda r: r.payment_notices.by_id(notice_id))
    assert notice is not None
    assert notice.outcome == "taken"


async def test_what_the_provider_never_knows_of_was_nothing(office: Office, provider: Provider) -> None:
    notice_id = announced(office, "FT404")
    office.at += timedelta(days=1)
    confirm_notice(office.do, office.rules, provider, notice_id, lambda: office.at)
    notice = office.do(lambda r: r.payment_notices.by_id(notice_id))
    assert notice is not None
    assert notice.outcome == "unknown"
    assert office.do(lambda r: r.received_payments.balance()) == []


def ask(office: Office, provider: Provider) -> int:
    return ask_about_orders(office.do, office.rules, provider, lambda: office.at, 100)


async def test_a_lost_notice_loses_nothing(office: Office, provider: Provider) -> None:
    application = await at_the_kiosk(office)
    paid_at(provider, office, application, "FT1", FEE)
    assert ask(office, provider) == 0  # not at once: a notice may be on its way
    office.at += timedelta(minutes=15)
    assert ask(office, provider) == 1
    assert office.do(lambda r: r.applications.by_id(application.id)).paid
    # Money that comes twice is found too, for some time, and asked for less and less often.
    paid_at(provider, office, application, "FT2", FEE)
    office.at += timedelta(minutes=15)
    assert ask(office, provider) == 1
    assert waiting(office) == [("FT2", FEE)]
    provider.asked.clear()
    for _ in range(100):
        office.at += timedelta(days=1)
        ask(office, provider)
    assert 3 <= len(provider.asked) <= 12


async def test_one_order_that_cannot_be_answered_holds_up_no_other(office: Office, provider: Provider) -> None:
    first, second = await at_the_kiosk(office), await at_the_kiosk(office)
    paid_at(provider, office, second, "FT1", FEE)
    memo = order_of(office, first).memo

    def spoil(asked: str) -> None:
        if asked == memo:
            raise GatewayUnavailable("garbage")

    provider.before = spoil
    office.at += timedelta(minutes=15)
    with pytest.raises(GatewayUnavailable):
        ask(office, provider)
    assert office.do(lambda r: r.applications.by_id(second.id)).paid


async def test_one_order_that_cannot_be_taken_in_holds_up_no_other_for_long(office: Office, provider: Provider) -> None:
    both = [await at_the_kiosk(office), await at_the_kiosk(office)]
    for number, application in enumerate(both):
        paid_at(provider, office, application, f"FT{number}", FEE)

    def break_down(asked: str) -> None:
        if asked == provider.asked[0]:
            raise ValueError("nobody has thought of this")

    provider.before = break_down
    office.at += timedelta(minutes=15)
    for _ in range(2):
        with suppress(ValueError):
            ask(office, provider)
    assert sum(not order_of(office, one).is_open for one in both) == 1
