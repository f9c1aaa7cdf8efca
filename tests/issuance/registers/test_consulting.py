"""What registers answer is kept once and with its time; silence, errors and old answers never turn into a decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.application import Actor, Application, Decision, DecisionOutcome
from issuance.apply import apply
from issuance.content import rehearse_result
from issuance.errors import NotPrintable, RegisterAnswerStale, RegisterNotConsulted, RegisterUnavailable
from issuance.registers.consult import ask_again, consult, keep_register_answer, require_answers, stale_sources
from issuance.registers.contradictions import contradictions
from issuance.registers.judicial import CompleteRecord, RegisterAnswer
from issuance.registers.population import PopulationAnswer
from issuance.registers.source import SourceAnswer
from issuance.settlement.act import approve
from tests.issuance.office import Office, clean_record, shipped_catalogue

JUDICIAL, POPULATION = RegisterAnswer.source, PopulationAnswer.source


def known(at: datetime, **changed: Any) -> PopulationAnswer:
    facts: dict[str, Any] = {
        "reference": "CSDLDC-1",
        "answered_at": at,
        "full_name": "Nguyễn Thị Minh Anh",
        "birth_date": date(1994, 3, 8),
        "sex": "female",
        "birth_place": None,
        "nationality": "Việt Nam",
        "permanent_residence": None,
        "temporary_residence": None,
        "marital_status": "single",
        "spouse_name": None,
    }
    return PopulationAnswer(**facts | changed)


class Answering:
    def __init__(self, answer: SourceAnswer | None) -> None:
        self.answer, self.asked = answer, 0

    def look_up(self, *, personal_id: str, full_name: str, birth_date: date) -> SourceAnswer:
        self.asked += 1
        if self.answer is None:
            raise RegisterUnavailable("away")
        return self.answer


async def waiting_for_both(office: Office) -> Application:
    application = await office.application()
    return office.do(
        lambda r: r.applications.save(replace(r.applications.by_id(application.id), sources=(JUDICIAL, POPULATION)))
    )


def stored(office: Office, application: Application) -> Application:
    return office.do(lambda r: r.applications.by_id(application.id))


async def test_one_silent_register_does_not_lose_what_another_said(office: Office) -> None:
    application = await waiting_for_both(office)
    silent, speaking = Answering(None), Answering(known(office.at))
    for _ in range(2):
        with pytest.raises(RegisterUnavailable):
            consult(
                office.database.run_blocking,
                {JUDICIAL: silent, POPULATION: speaking},
                application.id,
                lambda: office.at,
            )
    assert (silent.asked, speaking.asked) == (2, 1)
    assert stored(office, application).missing_sources == (JUDICIAL,)
    assert office.audit(application.id).count("register_answered") == 1


async def test_a_register_without_an_address_is_waited_for(office: Office) -> None:
    application = await office.application()
    with pytest.raises(RegisterUnavailable):
        consult(office.database.run_blocking, {}, application.id, lambda: office.at)
    assert stored(office, application).missing_sources == (JUDICIAL,)
    official = await office.official()
    with pytest.raises(RegisterNotConsulted):
        office.do(lambda r: approve(r, office.rules, application.code, official, office.at))


async def test_an_answer_of_a_time_to_come_is_none(office: Office) -> None:
    application = await office.application()
    answer = replace(clean_record(office.at), answered_at=office.at + timedelta(minutes=6))
    with pytest.raises(RegisterUnavailable, match="time to come"):
        consult(office.database.run_blocking, {JUDICIAL: Answering(answer)}, application.id, lambda: office.at)
    assert stored(office, application).missing_sources == (JUDICIAL,)
    lately = replace(answer, answered_at=office.at + timedelta(minutes=5))
    consult(office.database.run_blocking, {JUDICIAL: Answering(lately)}, application.id, lambda: office.at)
    assert stored(office, application).answers == (lately,)


async def test_the_first_answer_stands(office: Office) -> None:
    application = await office.application()
    first, second = clean_record(office.at), replace(clean_record(office.at), reference="TTLLTP-2")
    for answer in (first, second):
        office.do(lambda r, answer=answer: keep_register_answer(r, application.id, answer, office.at))
    assert stored(office, application).answers == (first,)


async def test_an_answer_of_a_register_that_nobody_asked_is_refused(office: Office) -> None:
    application = await office.application()
    complete = CompleteRecord(reference="x", answered_at=office.at, convictions=(), business_bans=())
    with pytest.raises(ValueError, match="register"):
        office.do(lambda r: keep_register_answer(r, application.id, complete, office.at))


async def test_an_old_answer_is_asked_for_again_before_anything_is_approved(office: Office) -> None:
    application = await office.application()
    official = await office.official()
    office.do(lambda r: keep_register_answer(r, application.id, clean_record(office.at), office.at))
    first_at = office.at
    office.at += timedelta(days=31)
    with pytest.raises(RegisterAnswerStale):
        office.do(lambda r: approve(r, office.rules, application.code, official, office.at))

    office.do(lambda r: r.applications.save(ask_again(r.applications.by_id(application.id))))
    assert stored(office, application).missing_sources == (JUDICIAL,)
    with pytest.raises(RegisterNotConsulted):
        office.do(lambda r: approve(r, office.rules, application.code, official, office.at))
    consult(
        office.database.run_blocking,
        {JUDICIAL: Answering(clean_record(office.at))},
        application.id,
        lambda: office.at,
    )
    answers = stored(office, application).answers
    assert [answer.answered_at for answer in answers] == [first_at, office.at]
    assert office.do(lambda r: approve(r, office.rules, application.code, official, office.at)).decision is not None


@given(age=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=90)))
def test_an_answer_is_stale_exactly_after_the_days_of_its_type(age: timedelta) -> None:
    form_1 = shipped_catalogue().get("criminal_record_form_1")
    assert form_1.answers_valid_days == 30
    now = datetime(2024, 6, 3, tzinfo=UTC)
    application = _application(answers=(clean_record(now - age),))
    assert bool(stale_sources(application, form_1, now)) == (age > timedelta(days=30))
    if age <= timedelta(days=30):
        require_answers(application, form_1, now)


async def test_contradictions_are_told_and_spelling_is_not_one(office: Office) -> None:
    application = await waiting_for_both(office)
    assert contradictions(application) == ()
    answer = known(
        office.at,
        full_name="NGUYỄN  THỊ MINH ÁNH",
        nationality="việt nam",
        sex="male",
        permanent_residence="Số 12 Phố Đội Cấn, phường Ngọc Hà, thành phố Hà Nội",
        birth_place="Phường Cửa Nam, thành phố Hà Nội",
    )
    office.do(lambda r: keep_register_answer(r, application.id, answer, office.at))
    record = replace(clean_record(office.at), birth_date=date(1994, 8, 3), full_name="Nguyễn Thị Minh Anh")
    office.do(lambda r: keep_register_answer(r, application.id, record, office.at))

    found = contradictions(stored(office, application))
    assert [(one.source, one.field) for one in found] == [
        (JUDICIAL, "birth_date"),
        (POPULATION, "full_name"),
        (POPULATION, "sex"),
        (POPULATION, "birth_place"),
    ]
    assert (found[0].stated, found[0].answered) == ("1994-03-08", "1994-08-03")
    assert "1994" not in repr(found)


async def test_what_the_register_leaves_open_is_not_taken_for_single(office: Office) -> None:
    """The marital status confirmation cannot be approved while the register knows no status."""
    citizen = await office.citizen()
    asked = {"copies": 1, "purpose": "Đăng ký kết hôn"}
    application = office.do(lambda r: apply(r, office.rules, citizen, "marital_status_confirmation", asked, office.at))
    assert (application.sources, application.amount_due) == ((POPULATION,), 15_000)
    marital = office.catalogue.get(application.type_id)
    decision = Decision(
        outcome=DecisionOutcome.APPROVED,
        by=Actor(subject_key="x", full_name="Trần Văn Mẫu", unit=application.unit),
        at=office.at,
    )
    unknown, widowed = known(office.at, marital_status=None), known(office.at, marital_status="widowed")
    with pytest.raises(NotPrintable) as refused:
        rehearse_result(replace(application, answers=(unknown,)), decision, marital, office.at.date())
    assert ("/result_line", "missing") in refused.value.problems
    rehearse_result(replace(application, answers=(widowed,)), decision, marital, office.at.date())


def _application(**changed: Any) -> Application:
    """Only what is looked at counts."""
    application = object.__new__(Application)
    for name, value in ({"sources": (JUDICIAL,), "asked_again": ()} | changed).items():
        object.__setattr__(application, name, value)
    return application
