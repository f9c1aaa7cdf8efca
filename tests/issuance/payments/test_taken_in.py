"""Money comes by three ways; what fits is charged, what is known is not doubled, and the rest waits with an owner."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from identity.officials_register import RegisteredOfficial
from issuance.application import ApplicationState
from issuance.errors import BrokenStatement, PaymentMismatch, PaymentNotAsked
from issuance.fees.document import VND
from issuance.payments.cash import close_day, take_cash
from issuance.payments.desk_refunds import hand_out
from issuance.payments.import_statement import import_statement
from issuance.payments.order import PaymentSource, ReceivedPayment
from issuance.payments.owner import rehome
from issuance.payments.queue import give_back
from issuance.payments.read_statement import Statement
from issuance.payments.received import PaymentState
from issuance.settlement.act import refuse
from tests.issuance.money import waiting
from tests.issuance.office import UNIT, Office
from tests.issuance.payments.conftest import Arrive
from tests.issuance.quota_policies import FEE
from tests.issuance.test_evidence import at_the_kiosk, order_of

STATEMENT = {"source": PaymentSource.STATEMENT}


def is_even(office: Office) -> bool:
    return all(one.is_even for one in office.do(lambda r: r.received_payments.balance()))


async def test_parts_pay_when_their_sum_is_exact(office: Office, arrive: Arrive) -> None:
    application = await at_the_kiosk(office)
    first = arrive(application, "FT1", 150_000)
    assert first.application is not None
    assert not first.application.paid
    assert waiting(office) == [("FT1", 150_000)]
    second = arrive(application, "FT2", 50_000)
    assert second.application is not None
    assert second.application.state is ApplicationState.RECEIVED
    assert waiting(office) == []
    assert is_even(office)


async def test_one_of_the_right_amount_pays_and_the_part_before_it_waits(office: Office, arrive: Arrive) -> None:
    application = await at_the_kiosk(office)
    arrive(application, "FT1", 50_000)
    arrive(application, "FT2", FEE)
    assert order_of(office, application).provider_reference == "FT2"
    assert waiting(office) == [("FT1", 50_000)]


async def test_another_currency_is_never_charged(office: Office, arrive: Arrive) -> None:
    application = await at_the_kiosk(office)
    taken = arrive(application, "FT1", FEE, currency="USD")
    assert taken.payment.state is PaymentState.WAITING
    assert order_of(office, application).is_open
    arrive(application, "FT2", FEE)
    assert waiting(office) == [("FT1", FEE)]
    assert is_even(office)


async def test_what_the_bank_tells_of_the_same_money_is_known(office: Office, arrive: Arrive) -> None:
    application = await at_the_kiosk(office)
    memo = order_of(office, application).memo
    arrive(application, "FT1", FEE)
    by_day = arrive(f"ck {memo.lower()} NGUYEN VAN A", "B1", FEE, **STATEMENT)
    again = arrive(memo, "B1", FEE, **STATEMENT)
    assert (by_day.is_new, again.is_new) == (False, False)
    # A second one of the same day is a second payment.
    assert arrive(memo, "B2", FEE, **STATEMENT).is_new
    assert waiting(office) == [("B2", FEE)]
    assert is_even(office)


async def test_the_other_way_round_and_by_reference(office: Office, arrive: Arrive) -> None:
    application = await at_the_kiosk(office)
    arrive("no memo at all", "FT9", 7_000, **STATEMENT)
    assert not arrive("still none", "FT9", 7_000).is_new
    arrive(application, "B1", FEE, **STATEMENT)
    known = arrive(application, "FT1", FEE)
    assert (known.is_new, known.payment.gateway_reference) == (False, "FT1")
    assert waiting(office) == [("FT9", 7_000)]


async def test_another_day_is_another_payment(office: Office, arrive: Arrive) -> None:
    application = await at_the_kiosk(office)
    arrive(application, "FT1", FEE)
    assert arrive(application, "B1", FEE, received_at=office.at - timedelta(days=2), **STATEMENT).is_new


async def test_cash_pays_to_the_dong_and_is_counted(office: Office) -> None:
    application, official = await at_the_kiosk(office), await office.official()
    due = order_of(office, application).amount
    taken = office.do(lambda r: take_cash(r, office.rules, official, application.code, due, office.at))
    assert taken.application is not None
    assert taken.application.state is ApplicationState.RECEIVED
    (line,) = office.do(lambda r: close_day(r, official, office.at.date())).officials
    assert (line.official, line.payments, line.taken) == (official.subject_key, 1, FEE)
    entry = office.do(lambda r: r.audit.of_application(application.id))[-1]
    assert (entry.action, entry.actor) == ("payment_confirmed", official.subject_key)
    assert is_even(office)


async def test_the_rest_of_what_came_in_part_is_taken_in_cash(office: Office, arrive: Arrive) -> None:
    application, official = await at_the_kiosk(office), await office.official()
    arrive(application, "FT1", FEE - 5_000)
    for wrong in (FEE - 5_000, 4_999):
        with pytest.raises(PaymentMismatch):
            office.do(
                lambda r, taken=wrong: take_cash(r, office.rules, official, application.code, VND(taken), office.at)
            )  # type: ignore[misc] # of a default
    taken = office.do(lambda r: take_cash(r, office.rules, official, application.code, VND(5_000), office.at))
    assert taken.application is not None
    assert taken.application.state is ApplicationState.RECEIVED
    assert waiting(office) == []
    assert is_even(office)


async def test_no_cash_is_taken_for_what_is_refused(office: Office) -> None:
    application, official = await at_the_kiosk(office), await office.official()
    due = order_of(office, application).amount
    office.do(lambda r: refuse(r, office.rules, application.code, official, "Hồ sơ trùng", office.at))
    with pytest.raises(PaymentNotAsked):
        office.do(lambda r: take_cash(r, office.rules, official, application.code, due, office.at))
    assert office.do(lambda r: r.received_payments.balance()) == []


async def test_the_cash_of_a_day_is_counted_in_dong(office: Office, arrive: Arrive) -> None:
    official = await office.official()
    for reference, currency in (("B1", "USD"), ("B2", "VND")):
        payment = arrive("x", reference, 7_000, currency=currency, **STATEMENT).payment
        refund = office.do(lambda r, one=payment.id: give_back(r, office.rules, official, one, "x", office.at))  # type: ignore[misc] # of a default
        office.do(lambda r, one=refund.id: hand_out(r, office.rules, official, one, "x", office.at))  # type: ignore[misc] # of a default
    (line,) = office.do(lambda r: close_day(r, official, office.at.date())).officials
    assert (line.refunds, line.handed_out) == (1, 7_000)


@pytest.mark.parametrize("changed", ["amount", "currency", "day"])
async def test_other_money_under_a_known_reference_is_never_taken_for_known(
    office: Office, arrive: Arrive, changed: str
) -> None:
    arrive("x", "B1", 7_000, received_at=office.at - timedelta(days=2), **STATEMENT)
    other = ReceivedPayment(
        memo="x",
        amount=VND(8_000 if changed == "amount" else 7_000),
        currency="USD" if changed == "currency" else "VND",
        provider_reference="B1",
        received_at=office.at - timedelta(days=1 if changed == "day" else 2),
        source=PaymentSource.STATEMENT,
    )
    statement = Statement(incoming={2: replace(other, provider_reference="B2"), 3: other}, outgoing=0)
    with pytest.raises(BrokenStatement) as refused:
        office.do(lambda r: import_statement(r, office.rules, statement, "x", office.at))
    assert [one.place for one in refused.value.problems] == ["3"]
    assert waiting(office) == [("B1", 7_000)]


async def test_waiting_money_has_an_owner_and_goes_to_another_one(office: Office, arrive: Arrive) -> None:
    def put(key: str, **changed: object) -> None:
        one = RegisteredOfficial(subject_key=key, unit=UNIT, roles=frozenset({"caseworker"}), **changed)  # type: ignore[arg-type] # its own fields
        office.database.run_blocking(lambda r: r.officials.put(one, office.at))

    assert arrive("x", "FT0", 1).payment.owner_key is None
    put("a|1")
    put("a|2")
    owners = [arrive("x", f"FT{number}", 1).payment.owner_key for number in (1, 2, 3)]
    assert owners == ["a|1", "a|2", "a|1"]
    put("a|1", is_active=False)
    assert office.do(lambda r: rehome(r, office.rules, office.at, 10)) == 2
    assert office.do(lambda r: r.received_payments.owned(["a|1", "a|2"])) == {"a|2": 3}
    assert office.do(lambda r: rehome(r, office.rules, office.at, 10)) == 0
