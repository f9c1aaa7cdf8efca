"""A question is asked, is due at a certain time, and is answered once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from identity.errors import LevelTooLow
from issuance.errors import (
    AlreadyClosed,
    ApplicationNotFound,
    InvalidCursor,
    QuestionAnswered,
    QuestionNotFound,
    RoleMissing,
    SelfDealing,
    TooManyQuestions,
)
from issuance.feedback.question import Question
from issuance.feedback.questions import AFTER_THE_END, answer, ask, open_questions, questions_overdue
from issuance.withdraw import withdraw
from tests.issuance.office import Office

TEXT = "Khi nào tôi nhận được kết quả?"
FRIDAY = datetime(2024, 6, 7, 4, 0, tzinfo=UTC)


async def asked(office: Office, code: str, text: str = TEXT, **claims: object) -> Question:
    citizen = await office.citizen(**claims)
    return office.do(lambda r: ask(r, office.rules, citizen, code, text, office.at))[1]


async def answered(office: Office, code: str, question_id: object, **claims: object) -> Question:
    official = await office.official(**claims)
    return office.do(lambda r: answer(r, official, code, question_id, "Tuần sau.", office.at))  # type: ignore[arg-type]  # a UUID


async def test_an_answer_is_due_in_two_working_days(office: Office) -> None:
    office.at = FRIDAY
    application = await office.application()
    question = await asked(office, application.code)

    # Saturday and Sunday are none: at the end of Tuesday, 17:00 in Hanoi.
    assert question.due_at == datetime(2024, 6, 11, 10, 0, tzinfo=UTC)
    assert office.do(lambda r: r.questions.of_application(application.id)) == [question]
    for at, overdue in ((question.due_at, []), (question.due_at + timedelta(microseconds=1), [question])):
        assert office.do(lambda r, at=at: questions_overdue(r, at, 10)) == overdue
    given = await answered(office, application.code, question.id)
    assert (given.answer, given.answered_at) == ("Tuần sau.", office.at)
    assert given.answered_by is not None
    assert office.do(lambda r: r.questions.of_application(application.id)) == [given]
    assert office.do(lambda r: questions_overdue(r, office.at + timedelta(days=30), 10)) == []
    entries = office.do(lambda r: r.audit.of_application(application.id))
    assert [one.action for one in entries][-2:] == ["question_asked", "question_answered"]
    assert TEXT not in str(entries)
    assert TEXT not in repr(question)


async def test_only_so_many_wait_at_once(office: Office) -> None:
    application = await office.application()
    first, *_ = [await asked(office, application.code) for _ in range(office.rules.feedback.open_questions)]
    with pytest.raises(TooManyQuestions):
        await asked(office, application.code)
    await answered(office, application.code, first.id)
    await asked(office, application.code)


async def test_what_has_ended_can_be_asked_about_for_a_while(office: Office) -> None:
    application, citizen = await office.application(), await office.citizen()
    office.do(lambda r: withdraw(r, citizen, application.code, office.at))
    office.at += AFTER_THE_END
    await asked(office, application.code)
    office.at += timedelta(seconds=1)
    with pytest.raises(AlreadyClosed):
        await asked(office, application.code)


async def test_who_may_ask_and_answer(office: Office) -> None:
    application, other = await office.application(), await office.application()
    for error, claims in ((ApplicationNotFound, {"sub": "somebody-else"}), (LevelTooLow, {"acr": "level-1"})):
        with pytest.raises(error):
            await asked(office, application.code, **claims)
    question = await asked(office, application.code)
    for error, code, question_id, claims in (
        (SelfDealing, application.code, question.id, {"personal_id": "001194000001"}),
        (RoleMissing, application.code, question.id, {"roles": ["operator"]}),
        (ApplicationNotFound, application.code, question.id, {"unit": "000.00.99.H26"}),
        (QuestionNotFound, other.code, question.id, {}),
        (QuestionNotFound, application.code, uuid4(), {}),
    ):
        with pytest.raises(error):
            await answered(office, code, question_id, **claims)
    await answered(office, application.code, question.id)
    with pytest.raises(QuestionAnswered):
        await answered(office, application.code, question.id)


async def test_the_unit_sees_what_waits_the_earliest_due_first(office: Office) -> None:
    application, official = await office.application(), await office.official()
    late = await asked(office, application.code)
    office.at -= timedelta(days=7)
    early = [await asked(office, application.code) for _ in range(2)]
    office.at += timedelta(days=7)

    found, cursor = [], None
    for _ in range(3):
        page = office.do(lambda r, c=cursor: open_questions(r, official, c, 1))
        found += [one.question for one in page.questions]
        cursor = page.next_cursor
    assert cursor is None
    assert found == [*sorted(early, key=lambda one: one.id), late]
    assert {one.application.code for one in page.questions} == {application.code}
    herself = await office.official(personal_id="001194000001")
    assert office.do(lambda r: open_questions(r, herself, None, 10)).questions == []
    elsewhere = await office.official(unit="000.00.99.H26")
    assert office.do(lambda r: open_questions(r, elsewhere, None, 10)).questions == []
    operator = await office.official(roles=["operator"])
    with pytest.raises(RoleMissing):
        office.do(lambda r: open_questions(r, operator, None, 10))
    with pytest.raises(InvalidCursor):
        office.do(lambda r: open_questions(r, official, "x", 10))
