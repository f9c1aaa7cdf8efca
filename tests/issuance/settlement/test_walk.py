"""A case walks by its procedure: whose turn, until when, what has to be there, where it goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from issuance.application import Application, ApplicationState, DecisionOutcome
from issuance.errors import (
    ActionNotOffered,
    AlreadyDecided,
    AssignmentRefused,
    IllegalMove,
    NotYours,
    OutcomeNotOffered,
    PapersOutstanding,
    PapersRequestRefused,
    PaymentOutstanding,
    ReasonMissing,
    RegisterNotConsulted,
    RoleMissing,
)
from issuance.payments.order import ReceivedPayment
from issuance.registers.consult import keep_register_answer
from issuance.settlement.act import act, approve, refuse
from issuance.settlement.ask_papers import ask_papers, papers_overdue
from issuance.settlement.ask_register_again import ask_register_again
from issuance.settlement.assign import assign
from issuance.settlement.resume import papers_given, resume
from issuance.settlement.stop import expire_unpaid, stop
from issuance.settlement.take import take
from storage.applications import SqlApplications
from storage.records import SqlRecords
from tests.issuance.money import money_comes
from tests.issuance.office import Office, clean_record
from tests.issuance.settlement.people import TWO_STEPS, key_of, new_case, register, signed_in


@pytest.fixture
def office(office: Office) -> Office:
    office.at = TWO_STEPS
    return office


def answered(office: Office, application: Application) -> None:
    office.do(lambda r: keep_register_answer(r, application.id, clean_record(office.at), office.at))


def steps(office: Office, application: Application) -> list[tuple[str, str | None, str | None]]:
    visits = office.do(lambda r: r.step_visits.of_application(application.id))
    return [(visit.step, visit.owner_key, visit.outcome) for visit in visits]


async def test_a_new_application_is_in_its_first_step_and_somebodys(office: Office) -> None:
    register(office, "an", "binh", "cuong")
    first, second, third = [await new_case(office) for _ in range(3)]

    owners = [one.owner.subject_key if one.owner else None for one in (first, second, third)]
    assert owners == [key_of("an"), key_of("binh"), key_of("an")]
    assert (first.step, first.role, first.state) == ("review", "caseworker", ApplicationState.RECEIVED)
    assert first.procedure.version == 2
    assert first.owner is not None
    assert first.owner.full_name == "Lê Thị An"
    # Ten and six working days from a Monday.
    assert first.promised_at == datetime(2025, 6, 16, 10, tzinfo=UTC)
    assert first.step_due_at == datetime(2025, 6, 10, 10, tzinfo=UTC)


async def test_with_nobody_registered_it_is_everybodys_in_the_role(office: Office) -> None:
    application = await new_case(office)
    assert application.owner is None
    official = await signed_in(office, "an")
    taken = office.do(lambda r: take(r, office.rules, application.code, official, office.at))
    assert taken.owner is not None
    assert taken.owner.subject_key == key_of("an")
    assert taken.state is ApplicationState.IN_PROGRESS


async def test_two_steps_lead_to_the_decision_and_back(office: Office) -> None:
    register(office, "an", "cuong")
    application, an, cuong = await new_case(office), await signed_in(office, "an"), await signed_in(office, "cuong")
    with pytest.raises(RegisterNotConsulted):
        office.do(lambda r: act(r, office.rules, application.code, an, "propose", None, office.at))
    answered(office, application)

    office.at += timedelta(days=1)
    proposed = office.do(lambda r: act(r, office.rules, application.code, an, "propose", None, office.at))
    assert (proposed.step, proposed.role, proposed.state) == ("decision", "head", ApplicationState.IN_PROGRESS)
    assert proposed.owner is not None
    assert proposed.owner.subject_key == key_of("cuong")
    assert proposed.step_due_at == datetime(2025, 6, 5, 10, tzinfo=UTC)
    with pytest.raises(RoleMissing):
        office.do(lambda r: approve(r, office.rules, application.code, an, office.at))
    with pytest.raises(ReasonMissing):
        office.do(lambda r: act(r, office.rules, application.code, cuong, "return", None, office.at))

    returned = office.do(lambda r: act(r, office.rules, application.code, cuong, "return", "Thiếu", office.at))
    assert (returned.step, returned.owner) == ("review", application.owner)
    office.do(lambda r: act(r, office.rules, application.code, an, "propose", None, office.at))
    approved = office.do(lambda r: act(r, office.rules, application.code, cuong, "approve", None, office.at))

    assert approved.decision is not None
    assert (approved.decision.outcome, approved.decision.by.full_name) == (
        DecisionOutcome.APPROVED,
        "Nguyễn Văn Cường",
    )
    assert approved.step_due_at is None
    assert [(step, outcome) for step, _, outcome in steps(office, application)] == [
        ("review", "propose"),
        ("decision", "return"),
        ("review", "propose"),
        ("decision", "approve"),
    ]
    office.issue(application.id)
    with pytest.raises(AlreadyDecided):
        office.do(lambda r: stop(r, office.rules, application.code, cuong, "x", office.at))


async def test_a_step_says_what_it_offers(office: Office) -> None:
    register(office, "an", "cuong")
    application, an, cuong = await new_case(office), await signed_in(office, "an"), await signed_in(office, "cuong")
    answered(office, application)
    with pytest.raises(OutcomeNotOffered) as refused:
        office.do(lambda r: approve(r, office.rules, application.code, an, office.at))
    assert (refused.value.step, refused.value.outcomes) == ("review", ("propose", "refuse"))
    office.do(lambda r: act(r, office.rules, application.code, an, "propose", None, office.at))
    with pytest.raises(ActionNotOffered) as not_offered:
        office.do(lambda r: ask_papers(r, office.rules, application.code, cuong, "Giấy", date(2025, 6, 20), office.at))
    assert set(not_offered.value.actions) == {"ask_register_again", "stop"}


async def test_a_case_is_its_owners_its_heads_and_nobody_elses(office: Office) -> None:
    register(office, "an")
    application = await new_case(office)
    register(office, "binh", "cuong")
    an, binh, cuong = [await signed_in(office, name) for name in ("an", "binh", "cuong")]
    with pytest.raises(NotYours) as refused:
        office.do(lambda r: take(r, office.rules, application.code, binh, office.at))
    assert refused.value.owner == "Lê Thị An"
    with pytest.raises(NotYours):
        office.do(lambda r: refuse(r, office.rules, application.code, binh, "x", office.at))
    with pytest.raises(RoleMissing):
        office.do(lambda r: assign(r, office.rules, application.code, an, key_of("binh"), office.at))

    given = office.do(lambda r: assign(r, office.rules, application.code, cuong, key_of("binh"), office.at))
    assert given.owner is not None
    assert given.owner.full_name == "Trần Văn Bình"
    with pytest.raises(NotYours):
        office.do(lambda r: take(r, office.rules, application.code, an, office.at))
    for nobody in ("stranger", "dung"):
        with pytest.raises(AssignmentRefused):
            office.do(lambda r, n=nobody: assign(r, office.rules, application.code, cuong, key_of(n), office.at))
    taken = office.do(lambda r: take(r, office.rules, application.code, cuong, office.at))
    assert taken.owner is not None
    assert taken.owner.subject_key == key_of("cuong")
    assert steps(office, application) == [("review", key_of("cuong"), None)]


async def test_the_clock_stands_still_while_papers_are_asked(office: Office) -> None:
    register(office, "an")
    application, an = await new_case(office), await signed_in(office, "an")
    for until in (date(2025, 6, 2), date(2025, 9, 1)):
        with pytest.raises(PapersRequestRefused):
            office.do(lambda r, u=until: ask_papers(r, office.rules, application.code, an, "Giấy", u, office.at))
    asked = office.do(
        lambda r: ask_papers(r, office.rules, application.code, an, "Giấy xác nhận", date(2025, 6, 5), office.at)
    )
    assert (asked.state, asked.is_paused) == (ApplicationState.MORE_PAPERS_ASKED, True)
    assert (asked.promised_at, asked.step_due_at) == (application.promised_at, application.step_due_at)
    with pytest.raises(PapersOutstanding):
        office.do(lambda r: act(r, office.rules, application.code, an, "propose", None, office.at))

    office.at += timedelta(days=2)
    assert office.do(lambda r: papers_overdue(r, office.at, 10)) == ()
    citizen = await office.citizen()
    given = office.do(lambda r: papers_given(r, office.rules, citizen, application.code, office.at))
    assert (given.state, given.asked) == (ApplicationState.IN_PROGRESS, None)
    # The pause held the closings of Monday and Tuesday; the day of submission does not count anyway.
    assert given.promised_at == datetime(2025, 6, 17, 10, tzinfo=UTC)
    assert given.step_due_at == datetime(2025, 6, 11, 10, tzinfo=UTC)
    with pytest.raises(IllegalMove):
        office.do(lambda r: resume(r, office.rules, application.code, an, office.at))


async def test_papers_that_do_not_come_are_told_of_and_a_person_stops(office: Office) -> None:
    register(office, "an")
    application, an = await new_case(office), await signed_in(office, "an")
    office.do(lambda r: ask_papers(r, office.rules, application.code, an, "Giấy", date(2025, 6, 3), office.at))
    office.at += timedelta(days=2)
    (found,) = office.do(lambda r: papers_overdue(r, office.at, 10))
    assert found.id == application.id
    stopped = office.do(lambda r: stop(r, office.rules, application.code, an, "Không bổ sung giấy tờ", office.at))
    assert stopped.state is ApplicationState.STOPPED
    assert stopped.decision is not None
    assert stopped.decision.outcome is DecisionOutcome.STOPPED
    assert stopped.promised_at == application.promised_at
    assert steps(office, application) == [("review", key_of("an"), "stopped")]
    assert office.do(lambda r: papers_overdue(r, office.at, 10)) == ()


async def test_registers_are_asked_anew(office: Office) -> None:
    register(office, "an")
    application, an = await new_case(office), await signed_in(office, "an")
    answered(office, application)
    asked = office.do(lambda r: ask_register_again(r, office.rules, application.code, an, office.at))
    assert asked.missing_sources == ("judicial_register",)
    assert len(asked.answers) == 1
    with pytest.raises(RegisterNotConsulted):
        office.do(lambda r: act(r, office.rules, application.code, an, "propose", None, office.at))
    answered(office, application)
    office.do(lambda r: act(r, office.rules, application.code, an, "propose", None, office.at))


async def test_money_that_never_comes_ends_the_application(office: Office) -> None:
    register(office, "an")
    application, an = await office.application(client="one-stop-kiosk"), await signed_in(office, "an")
    assert application.state is ApplicationState.PAYMENT_ASKED
    with pytest.raises(PaymentOutstanding):
        office.do(lambda r: act(r, office.rules, application.code, an, "propose", None, office.at))
    # The thirtieth day after the order's is the last one, in Vietnam.
    last_moment = datetime(2025, 7, 2, 16, 59, 59, tzinfo=UTC)
    assert office.do(lambda r: expire_unpaid(r, office.rules, last_moment, 10)) == 0
    after = last_moment + timedelta(seconds=1)
    assert office.do(lambda r: expire_unpaid(r, office.rules, after, 10)) == 1
    assert office.do(lambda r: expire_unpaid(r, office.rules, after, 10)) == 0

    stored = office.do(lambda r: r.applications.by_id(application.id))
    order = office.do(lambda r: r.payments.of_application(application.id))
    assert (stored.state, stored.closed_at) == (ApplicationState.STOPPED, after)
    assert order is not None
    assert order.cancelled_at == after
    assert steps(office, application) == [("review", key_of("an"), "unpaid")]
    assert office.audit(application.id)[-1] == "application_unpaid"


async def test_money_that_comes_while_it_is_looked_for_is_taken(office: Office) -> None:
    paid, unpaid = [await office.application(client="one-stop-kiosk") for _ in range(2)]
    after = office.at + timedelta(days=31)

    def expire(records: SqlRecords) -> int:
        class Meanwhile(SqlApplications):
            """Who has not paid was read, and one of them pays."""

            def unpaid(self, asked_before: datetime, limit: int) -> Sequence[UUID]:
                found = super().unpaid(asked_before, limit)
                order = records.payments.of_application(paid.id)
                assert order is not None
                money = ReceivedPayment(
                    memo=order.memo, amount=order.amount, provider_reference="FT-1", received_at=after
                )
                money_comes(records, office.rules, money, after)
                return found

        records.applications = Meanwhile(records._connection, records.applications._cells, lambda: after)
        return expire_unpaid(records, office.rules, after, 10)

    assert office.database.run_blocking(expire) == 1
    assert office.do(lambda r: r.applications.by_id(paid.id)).state is ApplicationState.RECEIVED
    assert office.do(lambda r: r.applications.by_id(unpaid.id)).state is ApplicationState.STOPPED
