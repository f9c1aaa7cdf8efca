"""Every transfer is in one place: it pays the order, goes back by an order, or is noted for somebody to look at."""

from __future__ import annotations

import pytest

from issuance.application import Application, ApplicationState
from issuance.confirm_payment import confirm_payment, note_unmatched_payment
from issuance.errors import PaymentMismatch
from issuance.fees.document import VND
from issuance.payments.order import PaymentOrder, ReceivedPayment
from issuance.settlement.act import refuse
from storage.records import SqlRecords
from storage.tables import unmatched_payments
from tests.issuance.office import Office
from tests.issuance.quota_policies import FEE, IN_2026, STUDENT_FEE, adopt, quota_policy
from tests.issuance.test_evidence import accepted, at_the_kiosk, brought, order_of, pay


@pytest.fixture
def office(office: Office) -> Office:
    office.at = IN_2026
    adopt(office, quota_policy())
    return office


def noted(office: Office) -> list[tuple[str, int]]:
    """What somebody has to look at: references and amounts in VND."""

    def read(records: SqlRecords) -> list[tuple[str, int]]:
        rows = records._connection.execute(unmatched_payments.select())
        return sorted((row.provider_reference, row.amount) for row in rows)

    return office.database.run_blocking(read)


def arrive(office: Office, order: PaymentOrder, reference: str, amount: int) -> Application:
    """As a way in does it with money that a provider reports under the order's memo."""
    payment = ReceivedPayment(memo=order.memo, amount=VND(amount), provider_reference=reference, received_at=office.at)
    try:
        return office.do(lambda r: confirm_payment(r, office.rules, order.application_id, payment, office.at))
    except PaymentMismatch:
        office.do(lambda r: note_unmatched_payment(r, order.application_id, payment, office.at))
        return office.do(lambda r: r.applications.by_id(order.application_id))


async def test_a_second_transfer_of_the_same_amount_is_noted(office: Office) -> None:
    """Somebody has tapped twice: the provider tells of another transfer, of the right amount, for a paid order."""
    application = await at_the_kiosk(office)
    order = order_of(office, application)
    first = arrive(office, order, "FT1", FEE)
    for _ in range(2):
        assert arrive(office, order, "FT2", FEE) == first
    assert arrive(office, order, "FT1", FEE) == first

    assert noted(office) == [("FT2", FEE)]
    assert order_of(office, application).provider_reference == "FT1"
    assert office.audit(application.id).count("payment_unmatched") == 1


async def test_what_was_noted_and_fits_later_is_noted_no_more(office: Office) -> None:
    """She pays what a student pays before her card is looked at: the same money is not booked and noted at once."""
    application = await at_the_kiosk(office)
    paper, order = await brought(office, application), order_of(office, application)
    for _ in range(2):
        arrive(office, order, "FT1", STUDENT_FEE)
    assert noted(office) == [("FT1", STUDENT_FEE)]
    assert office.audit(application.id).count("payment_unmatched") == 1
    await accepted(office, application, paper)
    assert arrive(office, order, "FT1", STUDENT_FEE).state is ApplicationState.RECEIVED

    assert order_of(office, application).provider_reference == "FT1"
    assert noted(office) == []
    assert office.audit(application.id)[-1] == "payment_confirmed"


async def test_money_that_comes_after_a_refusal_is_ordered_back(office: Office) -> None:
    application, official = await at_the_kiosk(office), await office.official()
    order = order_of(office, application)
    office.do(lambda r: refuse(r, office.rules, application.code, official, "Hồ sơ trùng", office.at))
    for _ in range(2):
        arrive(office, order, "FT1", FEE)

    (refund,) = office.do(lambda r: r.payments.refunds_of(application.id))
    assert (refund.amount, refund.cause, refund.assessment_seq) == (FEE, "refused", 1)
    assert office.audit(application.id).count("payment_to_refund") == 1
    assert noted(office) == []


async def test_what_was_paid_before_a_refusal_is_not_ordered_back_by_itself(office: Office) -> None:
    """The fee is for the service, which was given."""
    application, official = await at_the_kiosk(office), await office.official()
    pay(office, order_of(office, application))
    office.do(lambda r: refuse(r, office.rules, application.code, official, "Hồ sơ trùng", office.at))
    pay(office, order_of(office, application))
    assert office.do(lambda r: r.payments.refunds_of(application.id)) == []
