"""The agency decides: what has to be there first, who may, and what happens only once."""

from datetime import UTC, datetime

import pytest

from issuance.application import ApplicationState, DecisionOutcome
from issuance.decide_fee import decide_fee
from issuance.errors import (
    AlreadyDecided,
    ApplicationNotFound,
    FeeNotReferred,
    FeeUndecided,
    IllegalMove,
    PaymentOutstanding,
    RegisterNotConsulted,
    RoleMissing,
    SelfDealing,
)
from issuance.fees.document import VND
from issuance.payments.order import ReceivedPayment
from issuance.payments.take_payment import take_payment
from issuance.registers.consult import keep_register_answer
from issuance.settlement.act import act, approve, refuse
from tests.issuance.money import money_comes, waiting
from tests.issuance.office import Office, clean_record


async def test_approval_takes_ownership_and_asks_for_the_document(office: Office) -> None:
    approved = await office.approved()

    assert approved.state is ApplicationState.IN_PROGRESS
    assert approved.decision is not None
    assert approved.decision.outcome is DecisionOutcome.APPROVED
    assert approved.owner is not None
    assert approved.owner.full_name == "Phạm Thu Hà"
    assert office.audit(approved.id) == ["application_submitted", "register_answered", "application_approved"]


async def test_nothing_is_approved_before_the_register_has_answered(office: Office) -> None:
    application, official = await office.application(), await office.official()
    with pytest.raises(RegisterNotConsulted):
        office.do(lambda r: approve(r, office.rules, application.code, official, office.at))


async def test_a_decision_is_taken_once(office: Office) -> None:
    approved, official = await office.approved(), await office.official()
    with pytest.raises(AlreadyDecided):
        office.do(lambda r: approve(r, office.rules, approved.code, official, office.at))
    with pytest.raises(AlreadyDecided):
        office.do(lambda r: refuse(r, office.rules, approved.code, official, "Không đủ điều kiện", office.at))


async def test_who_may_decide(office: Office) -> None:
    application = await office.application()
    office.do(lambda r: keep_register_answer(r, application.id, clean_record(office.at), office.at))
    herself = await office.official(personal_id="001194000001")
    operator = await office.official(roles=["operator"])
    elsewhere = await office.official(unit="000.00.99.H26")
    for error, who in ((SelfDealing, herself), (RoleMissing, operator), (ApplicationNotFound, elsewhere)):
        with pytest.raises(error):
            office.do(lambda r, w=who: approve(r, office.rules, application.code, w, office.at))
        with pytest.raises(error):
            office.do(lambda r, w=who: refuse(r, office.rules, application.code, w, "Lý do", office.at))
    assert office.audit(application.id) == ["application_submitted", "register_answered"]


async def test_a_refusal_gives_its_reason(office: Office) -> None:
    application, official = await office.application(), await office.official()
    refused = office.do(lambda r: refuse(r, office.rules, application.code, official, "Hồ sơ trùng", office.at))
    assert refused.state is ApplicationState.STOPPED
    assert refused.decision is not None
    assert refused.decision.reason == "Hồ sơ trùng"


async def test_payment_lets_the_application_go_on_once(office: Office) -> None:
    application, official = await office.application(client="one-stop-kiosk"), await office.official()
    with pytest.raises(PaymentOutstanding):
        office.do(lambda r: approve(r, office.rules, application.code, official, office.at))
    order = office.do(lambda r: r.payments.of_application(application.id))
    assert order is not None

    def paid(reference: str = "SIM1", amount: int = 205_000, memo: str = order.memo) -> ReceivedPayment:
        return ReceivedPayment(memo=memo, amount=VND(amount), provider_reference=reference, received_at=office.at)

    for wrong in (paid("SIM2", amount=204_999), paid("SIM3", amount=205_001)):
        assert not office.do(lambda r, w=wrong: money_comes(r, office.rules, w, office.at)).paid
    elsewhere = paid("SIM4", memo="0000015H262406039999")
    assert office.do(lambda r: take_payment(r, office.rules, elsewhere, office.at)).application is None
    first = office.do(lambda r: money_comes(r, office.rules, paid(), office.at))
    second = office.do(lambda r: money_comes(r, office.rules, paid(), office.at))

    assert first.state is ApplicationState.RECEIVED
    assert first == second
    assert waiting(office) == [("SIM2", 204_999), ("SIM3", 205_001), ("SIM4", 205_000)]
    assert office.audit(application.id).count("payment_confirmed") == 1


async def test_money_that_comes_after_a_refusal_is_on_record_to_be_paid_back(office: Office) -> None:
    application, official = await office.application(client="one-stop-kiosk"), await office.official()
    office.do(lambda r: refuse(r, office.rules, application.code, official, "Hồ sơ trùng", office.at))
    order = office.do(lambda r: r.payments.of_application(application.id))
    assert order is not None
    late = ReceivedPayment(memo=order.memo, amount=order.amount, provider_reference="SIM1", received_at=office.at)

    after = office.do(lambda r: money_comes(r, office.rules, late, office.at))

    assert (after.state, after.paid) == (ApplicationState.STOPPED, True)
    assert office.audit(application.id)[-1] == "payment_to_refund"
    paid = office.do(lambda r: r.payments.of_application(application.id))
    assert paid is not None
    assert paid.paid_at == office.at


@pytest.mark.parametrize(("due", "state"), [(0, ApplicationState.RECEIVED), (170_000, ApplicationState.PAYMENT_ASKED)])
async def test_an_official_decides_the_fee_where_no_rule_does(
    office: Office, due: int, state: ApplicationState
) -> None:
    office.at = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    application, official = await office.application(), await office.official()
    office.do(lambda r: keep_register_answer(r, application.id, clean_record(office.at), office.at))
    with pytest.raises(FeeUndecided):
        office.do(lambda r: act(r, office.rules, application.code, official, "propose", None, office.at))

    def decide() -> object:
        return office.do(
            lambda r: decide_fee(
                r,
                office.rules,
                application.code,
                official,
                due=VND(due),
                basis="Thông tư 16/2025/TT-BTC",
                reason="Chưa có quy định hỗ trợ",
                at=office.at,
            )
        )

    decided = decide()
    assert decided.state is state
    assert decided.amount_due == due
    order = office.do(lambda r: r.payments.of_application(application.id))
    assert (order.amount if order else 0) == due
    with pytest.raises(FeeNotReferred):
        decide()


async def test_a_fee_that_follows_from_the_rules_is_not_decided_by_hand(office: Office) -> None:
    application, official = await office.application(), await office.official()
    with pytest.raises(FeeNotReferred):
        office.do(
            lambda r: decide_fee(
                r, office.rules, application.code, official, due=VND(0), basis="x", reason="x", at=office.at
            )
        )


async def test_a_stopped_application_cannot_be_moved(office: Office) -> None:
    application, official = await office.application(), await office.official()
    stopped = office.do(lambda r: refuse(r, office.rules, application.code, official, "Hồ sơ trùng", office.at))
    with pytest.raises(IllegalMove) as refused:
        stopped.moved_to(ApplicationState.SETTLED, office.at)
    assert refused.value.legal == ()
