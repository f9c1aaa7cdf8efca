"""An application is taken back: nothing is asked for any more, and what was paid goes back."""

from __future__ import annotations

import pytest

from identity.errors import LevelTooLow
from issuance.application import Application, ApplicationState
from issuance.errors import AlreadyDecided, ApplicationNotFound, IllegalMove
from issuance.settlement.act import refuse
from issuance.withdraw import withdraw
from tests.issuance.money import waiting
from tests.issuance.office import Office
from tests.issuance.quota_policies import FEE, IN_2026, STUDENT_FEE, adopt, quota_policy
from tests.issuance.test_evidence import accepted, at_the_kiosk, brought, order_of, pay
from tests.storage.quota_books import assert_books_balance


@pytest.fixture
def office(office: Office) -> Office:
    office.at = IN_2026
    adopt(office, quota_policy())
    return office


async def withdrawn(office: Office, application: Application, **claims: object) -> Application:
    citizen = await office.citizen(**claims)
    return office.do(lambda r: withdraw(r, citizen, application.code, office.at))


async def test_an_open_order_is_cancelled(office: Office) -> None:
    application = await at_the_kiosk(office)
    after = await withdrawn(office, application)

    assert after.state is ApplicationState.WITHDRAWN
    order = order_of(office, application)
    assert (order.cancelled_at, order.is_open) == (office.at, False)
    assert office.do(lambda r: r.refunds.of_application(application.id)) == []
    assert office.audit(application.id) == ["application_submitted", "application_withdrawn"]
    pay(office, order)
    assert waiting(office) == [("FT1", FEE)]


async def test_what_was_paid_is_ordered_back(office: Office) -> None:
    application = await at_the_kiosk(office)
    pay(office, order_of(office, application))
    after = await withdrawn(office, application)

    (refund,) = office.do(lambda r: r.refunds.of_application(application.id))
    assert (refund.amount, refund.cause, refund.assessment_seq) == (FEE, "withdrawn", 1)
    assert refund.opened_by == application.applicant.subject_key
    assert after.paid


async def test_what_was_ordered_back_before_is_not_ordered_back_again(office: Office) -> None:
    application = await at_the_kiosk(office)
    pay(office, order_of(office, application))
    await accepted(office, application, await brought(office, application))
    await withdrawn(office, application)

    refunds = office.do(lambda r: r.refunds.of_application(application.id))
    assert [(one.amount, one.cause, one.assessment_seq) for one in refunds] == [
        (FEE - STUDENT_FEE, "evidence_accepted", 2),
        (STUDENT_FEE, "withdrawn", 2),
    ]


async def test_who_may_withdraw(office: Office) -> None:
    application = await at_the_kiosk(office)
    with pytest.raises(ApplicationNotFound):
        await withdrawn(office, application, sub="somebody-else")
    with pytest.raises(LevelTooLow):
        await withdrawn(office, application, acr="level-1")
    assert office.audit(application.id) == ["application_submitted"]


async def test_what_is_decided_or_ended_is_not_withdrawn(office: Office) -> None:
    approved, refused, official = await office.approved(), await at_the_kiosk(office), await office.official()
    office.do(lambda r: refuse(r, office.rules, refused.code, official, "Hồ sơ trùng", office.at))
    with pytest.raises(AlreadyDecided):
        await withdrawn(office, approved)
    with pytest.raises(IllegalMove):
        await withdrawn(office, refused)
    office.issue(approved.id)
    with pytest.raises(IllegalMove):
        await withdrawn(office, approved)
    once = await at_the_kiosk(office)
    await withdrawn(office, once)
    with pytest.raises(IllegalMove):
        await withdrawn(office, once)
    assert_books_balance(office.database)
