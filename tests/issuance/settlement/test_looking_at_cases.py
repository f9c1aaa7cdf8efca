"""What the desk is told of a case before anything is done: time left, who may have it, whether it is clean."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from issuance.application import Application
from issuance.errors import ApplicationChanged
from issuance.feedback.questions import ask
from issuance.procedure.working_time import STANDARD_HOURS
from issuance.registers.consult import keep_register_answer
from issuance.registers.judicial import BusinessBan, RegisterAnswer
from issuance.settlement.act import act
from issuance.settlement.ask_papers import ask_papers
from issuance.settlement.ask_register_again import ask_register_again
from issuance.settlement.assign import possible_owners
from issuance.settlement.clean_cases import Looked, approve_clean, look_at
from issuance.settlement.resume import resume
from issuance.settlement.time_left import TimeLeft, time_left
from tests.issuance.office import Office, clean_record
from tests.issuance.settlement.people import TWO_STEPS, key_of, new_case, register, signed_in


@pytest.fixture
def office(office: Office) -> Office:
    office.at = TWO_STEPS
    return office


def left(office: Office, application: Application) -> TimeLeft:
    return time_left(application, office.rules.calendar, STANDARD_HOURS, office.at)


async def test_the_time_left_of_a_case(office: Office) -> None:
    case = await new_case(office)
    told = left(office, case)
    assert (told.standing, told.working_days, told.used_percent, told.due_at) == ("running", 10, 0, case.promised_at)
    office.at += timedelta(days=7)
    assert (left(office, case).working_days, left(office, case).used_percent) == (5, 46)
    office.at = case.promised_at - timedelta(hours=2)
    told = left(office, case)
    assert (told.standing, told.working_days, told.open_time) == ("today", 0, timedelta(hours=2))
    office.at = case.promised_at + timedelta(minutes=1)
    told = left(office, case)
    assert (told.standing, told.used_percent, told.open_time) == ("overdue", 100, timedelta())
    office.at = case.promised_at + timedelta(days=7)
    assert (left(office, case).standing, left(office, case).working_days) == ("overdue", 5)


async def test_the_clock_of_a_paused_case_stands(office: Office) -> None:
    register(office, "an")
    case, official = await new_case(office), await signed_in(office, "an")
    began = office.at
    office.do(lambda r: ask_papers(r, office.rules, case.code, official, "Giấy tờ.", date(2025, 6, 20), office.at))
    office.at += timedelta(days=3)
    paused = office.do(lambda r: r.applications.in_unit(case.code, case.unit))
    told = left(office, paused)
    assert (told.standing, told.since, told.working_days) == ("paused", began, 10)
    office.do(lambda r: resume(r, office.rules, case.code, official, office.at))
    assert left(office, office.do(lambda r: r.applications.in_unit(case.code, case.unit))).standing == "running"


async def test_who_may_have_a_case(office: Office) -> None:
    register(office, "an", "binh", "cuong")
    register(office, "dung", unit="000.00.16.H26")
    case = await new_case(office)
    assert case.owner is not None

    def names(application: Application) -> list[str]:
        found = office.do(lambda r: possible_owners(r, office.rules, application, office.at))
        return [one.subject_key for one in found]

    assert names(case) == [key_of("cuong"), key_of("binh")]  # by name: Nguyễn, Trần; An has it
    relative = office.rules.person_index(case.applicant.personal_id)
    office.do(lambda r: r.relatives.declare(key_of("binh"), relative, office.at))
    assert names(case) == [key_of("cuong")]
    assert names(replace(case, owner=None)) == [key_of("an"), key_of("cuong")]


async def test_only_clean_cases_are_approved_together(office: Office) -> None:
    register(office, "an", "cuong")
    an, head = await signed_in(office, "an"), await signed_in(office, "cuong")
    case = await new_case(office)

    def looked() -> Looked:
        return office.do(
            lambda r: look_at(r, office.rules, head, r.applications.in_unit(case.code, case.unit), office.at)
        )

    def version() -> int:
        return office.do(lambda r: r.applications.in_unit(case.code, case.unit)).version

    assert looked().why_not == ("not_offered", "register_awaited")
    office.do(lambda r: keep_register_answer(r, case.id, clean_record(office.at), office.at))
    office.do(lambda r: act(r, office.rules, case.code, an, "propose", None, office.at))
    assert looked() == Looked(outcome="approve", why_not=())
    assert looked().is_clean

    citizen = await office.citizen()
    office.do(lambda r: ask(r, office.rules, citizen, case.code, "Khi nào?", office.at))
    assert looked().why_not == ("question_open",)
    now = version()
    with pytest.raises(ApplicationChanged):
        office.do(lambda r: approve_clean(r, office.rules, case.code, head, now, office.at))
    asked = office.do(lambda r: r.questions.of_application(case.id))[0]
    answered = replace(asked, answer="Mai.", answered_by=case.owner, answered_at=office.at)
    assert office.do(lambda r: r.questions.answer(answered))

    ban = BusinessBan(court="Tòa", decision_number="1", decided_on=office.at.date(), barred_from="Việc", term="1 năm")
    office.do(lambda r: ask_register_again(r, office.rules, case.code, head, office.at))
    assert looked().why_not == ("register_awaited",)
    office.at += timedelta(minutes=1)
    found = replace(clean_record(office.at), reference="TTLLTP-2", business_bans=(ban,))
    office.do(lambda r: keep_register_answer(r, case.id, found, office.at))
    assert looked().why_not == ("found_in_register",)
    office.do(lambda r: ask_register_again(r, office.rules, case.code, head, office.at))
    office.at += timedelta(minutes=1)
    another = RegisterAnswer(
        reference="TTLLTP-3", answered_at=office.at, convictions=(), business_bans=(), full_name="Người Khác"
    )
    office.do(lambda r: keep_register_answer(r, case.id, another, office.at))
    assert looked().why_not == ("contradiction",)
    office.do(lambda r: ask_register_again(r, office.rules, case.code, head, office.at))
    office.at += timedelta(minutes=1)
    clean = replace(clean_record(office.at), reference="TTLLTP-4")
    office.do(lambda r: keep_register_answer(r, case.id, clean, office.at))
    assert looked().is_clean

    seen = version()
    with pytest.raises(ApplicationChanged):
        office.do(lambda r: approve_clean(r, office.rules, case.code, head, seen - 1, office.at))
    office.do(lambda r: approve_clean(r, office.rules, case.code, head, seen, office.at))
    assert looked().outcome is None
