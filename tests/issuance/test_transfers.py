"""Every transfer is in one place: it pays the order, goes back by an order, or is noted for somebody to look at."""

from __future__ import annotations

import pytest

from issuance.application import Application, ApplicationState
from issuance.fees.document import VND
from issuance.payments.order import PaymentOrder, ReceivedPayment
from issuance.settlement.act import refuse
from tests.issuance.money import money_comes, waiting
from tests.issuance.office import Office
from tests.issuance.quota_policies import FEE, IN_2026, STUDENT_FEE, adopt, quota_policy
from tests.issuance.test_evidence import accepted, at_the_kiosk, brought, order_of, pay


@pytest.fixture
def office(office: Office) -> Office:
    office.at = IN_2026
    adopt(office, quota_policy())
    return office


def arrive(office: Office, order: PaymentOrder, reference: str, amount: int) -> Application:
    """Money that a provider reports under the order's memo."""
    payment = ReceivedPayment(memo=order.memo, amount=VND(amount), provider_reference=reference, received_at=office.at)
    return office.do(lambda r: money_comes(r, office.rules, payment, office.at))


async def test_a_second_transfer_of_the_same_amount_is_noted(office: Office) -> None:
    """Somebody has tapped twice: the provider tells of another transfer, of the right amount, for a paid order."""
    application = await at_the_kiosk(office)
    order = order_of(office, application)
    first = arrive(office, order, "FT1", FEE)
    for _ in range(2):
        assert arrive(office, order, "FT2", FEE) == first
    assert arrive(office, order, "FT1", FEE) == first

    assert waiting(office) == [("FT2", FEE)]
    assert order_of(office, application).provider_reference == "FT1"
    assert office.audit(application.id).count("payment_unmatched") == 1


async def test_what_waits_and_fits_later_pays_by_itself(office: Office) -> None:
    """She pays what a student pays before her card is looked at: once it is accepted, nobody need do anything."""
    application = await at_the_kiosk(office)
    paper, order = await brought(office, application), order_of(office, application)
    for _ in range(2):
        arrive(office, order, "FT1", STUDENT_FEE)
    assert waiting(office) == [("FT1", STUDENT_FEE)]
    assert office.audit(application.id).count("payment_unmatched") == 1
    assert (await accepted(office, application, paper)).state is ApplicationState.RECEIVED
    assert arrive(office, order, "FT1", STUDENT_FEE).state is ApplicationState.RECEIVED

    assert order_of(office, application).provider_reference == "FT1"
    assert waiting(office) == []
    assert office.audit(application.id).count("payment_confirmed") == 1


async def test_money_that_comes_after_a_refusal_is_ordered_back(office: Office) -> None:
    application, official = await at_the_kiosk(office), await office.official()
    order = order_of(office, application)
    office.do(lambda r: refuse(r, office.rules, application.code, official, "Hồ sơ trùng", office.at))
    for _ in range(2):
        arrive(office, order, "FT1", FEE)

    (refund,) = office.do(lambda r: r.refunds.of_application(application.id))
    assert (refund.amount, refund.cause, refund.assessment_seq) == (FEE, "refused", 1)
    assert office.audit(application.id).count("payment_to_refund") == 1
    assert waiting(office) == []


async def test_what_was_paid_before_a_refusal_is_not_ordered_back_by_itself(office: Office) -> None:
    """The fee is for the service, which was given."""
    application, official = await at_the_kiosk(office), await office.official()
    pay(office, order_of(office, application))
    office.do(lambda r: refuse(r, office.rules, application.code, official, "Hồ sơ trùng", office.at))
    pay(office, order_of(office, application))
    assert office.do(lambda r: r.refunds.of_application(application.id)) == []
