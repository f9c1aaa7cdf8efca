"""A citizen asks: what is registered, what it costs, when it is promised, and what is refused without a trace."""

from datetime import UTC, date, datetime

import pytest

from identity.errors import LevelTooLow
from issuance.application import ApplicationState
from issuance.apply import apply
from issuance.assess_fee import fee_facts
from issuance.documents.errors import InvalidInput, UnknownDocumentType
from issuance.errors import DailyCodesExhausted, WrongChannel
from issuance.fees.assess import FeeOutcome
from issuance.quote import quote
from tests.issuance.office import INPUT, TYPE, UNIT, Office
from tests.storage.used_up_codes import use_up_codes


async def test_nothing_due_is_received_at_once_with_code_and_promised_date(office: Office) -> None:
    application = await office.application()

    assert application.code == "000.00.15.H26-240603-0001"
    assert application.state is ApplicationState.RECEIVED
    assert (application.fee.gross, application.fee.due) == (205_000, 0)
    # Ten working days after Monday 3 June 2024.
    assert application.promised_on == date(2024, 6, 17)
    assert office.do(lambda r: r.payments.of_application(application.id)) is None
    assert office.audit(application.id) == ["application_submitted"]
    stored = office.do(lambda r: r.applications.of_citizen(application.code, application.applicant.subject_key))
    assert stored == application


async def test_codes_count_up_per_unit_and_day(office: Office) -> None:
    codes = [(await office.application()).code for _ in range(3)]
    office.at = datetime(2024, 6, 3, 17, 0, tzinfo=UTC)  # already 4 June in Hanoi
    codes.append((await office.application()).code)

    assert [code[-11:] for code in codes] == ["240603-0001", "240603-0002", "240603-0003", "240604-0001"]


async def test_from_the_ten_thousandth_of_a_day_on_codes_carry_the_next_day(office: Office) -> None:
    use_up_codes(office.database, UNIT, date(2024, 6, 3), days=1, but=3)
    codes = []
    for _ in range(8):
        application = await office.application()
        codes.append(application.code[-11:])
        # What counts is when it came.
        assert (application.submitted_at, application.promised_on) == (office.at, date(2024, 6, 17))

    assert codes == [*(f"240603-{n}" for n in (9997, 9998, 9999)), *(f"240604-{n:04d}" for n in range(1, 6))]
    office.at = datetime(2024, 6, 3, 18, 0, tzinfo=UTC)  # already 4 June in Hanoi
    assert (await office.application()).code.endswith("240604-0006")


async def test_without_a_code_for_thirty_days_an_application_is_refused_and_leaves_nothing(office: Office) -> None:
    use_up_codes(office.database, UNIT, date(2024, 6, 3), days=31, but=1)
    assert (await office.application()).code.endswith("240703-9999")

    with pytest.raises(DailyCodesExhausted):
        await office.application()
    citizen = await office.citizen()
    assert len(office.do(lambda r: r.applications.list_of_citizen(citizen.subject_key, None, 10)).applications) == 1
    office.at = datetime(2024, 6, 3, 18, 0, tzinfo=UTC)
    assert (await office.application()).code.endswith("240704-0001")


async def test_money_due_opens_one_order_and_waits(office: Office) -> None:
    application = await office.application(client="one-stop-kiosk")
    order = office.do(lambda r: r.payments.of_application(application.id))

    assert application.state is ApplicationState.PAYMENT_ASKED
    assert application.amount_due == 205_000
    assert order is not None
    assert (order.amount, order.memo, order.paid_at) == (205_000, "0000015H262406030001", None)


async def test_where_no_rule_applies_an_official_has_to_decide(office: Office) -> None:
    office.at = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    application = await office.application()

    assert application.fee.outcome is FeeOutcome.REFERRED
    assert application.state is ApplicationState.NEWLY_REGISTERED
    assert application.amount_due is None


async def test_refusals_write_nothing(office: Office) -> None:
    level_1 = await office.citizen(acr="level-1")
    stray = await office.citizen(client_id="somebody-elses-app")
    citizen = await office.citizen()
    refusals = [
        (LevelTooLow, level_1, TYPE, INPUT),
        (WrongChannel, stray, TYPE, INPUT),
        (UnknownDocumentType, citizen, "passport", INPUT),
        (InvalidInput, citizen, TYPE, INPUT | {"copies": 0}),
        (InvalidInput, citizen, TYPE, INPUT | {"copies": 10_000}),
        (InvalidInput, citizen, TYPE, {name: value for name, value in INPUT.items() if name != "nationality"}),
        (InvalidInput, citizen, TYPE, INPUT | {"admin": True}),
    ]
    for error, who, type_id, data in refusals:
        with pytest.raises(error):
            office.do(lambda r, w=who, t=type_id, d=data: apply(r, office.rules, w, t, d, office.at))

    assert not office.do(lambda r: r.applications.list_of_citizen(citizen.subject_key, None, 10)).applications
    assert office.do(lambda r: r.counters.next_application("000.00.15.H26", date(2024, 6, 3))) == (date(2024, 6, 3), 1)


@pytest.mark.parametrize(("day", "due"), [("2024-05-31", 205_000), ("2024-06-03", 0), ("2025-06-01", 175_000)])
async def test_quotes_follow_the_timeline(office: Office, day: str, due: int) -> None:
    facts = fee_facts(
        office.catalogue.get(TYPE),
        INPUT,
        channel="vneid",
        birth_date=date(1995, 2, 3),
        level=2,
        submitted_on=date.fromisoformat(day),
    )
    for person in (None, "a" * 64):
        quoted = office.do(lambda r, whose=person: quote(r, facts, person=whose, at=office.at))
        assert quoted.due == due
