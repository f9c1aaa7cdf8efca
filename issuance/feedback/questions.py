"""What a citizen asks about an application, and the agency's answer, which is due at a certain time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from identity.citizen import VerifiedCitizen, VerifiedOfficial

from ..application import Actor, Application
from ..bring_evidence import own_application
from ..desk import demand_desk, is_own_case, open_case
from ..errors import (
    AlreadyClosed,
    ConcurrentChange,
    QuestionAnswered,
    QuestionNotFound,
    TooManyQuestions,
)
from ..fees.facts import vietnam_day
from ..procedure.working_time import NoWorkingDay, due_at
from ..records import AuditEntry, Records
from ..rules import Rules
from ..settlement.in_force import hours_of
from .question import Question, QuestionsPage

MAX_QUESTION_LETTERS = 2_000
AFTER_THE_END = timedelta(days=30)
"""So long an application may still be asked about."""


def ask(
    records: Records, rules: Rules, citizen: VerifiedCitizen, code: str, text: str, at: datetime
) -> tuple[Application, Question]:
    """Ask about an own application, also for some time after it has ended.

    Raises ApplicationNotFound, LevelTooLow, AlreadyClosed, TooManyQuestions.
    """
    terms = rules.feedback
    application = own_application(records, citizen, code)
    if not may_be_asked_about(application, at):
        raise AlreadyClosed("this application ended too long ago")
    waiting = [one for one in records.questions.of_application(application.id) if one.answered_at is None]
    if len(waiting) >= terms.open_questions:
        raise TooManyQuestions(f"at most {terms.open_questions} questions wait for an answer at once")
    question = Question(
        id=uuid4(),
        application_id=application.id,
        text=text,
        asked_at=at,
        due_at=_due(records, rules, application, at),
    )
    records.questions.add(question)
    records.audit.append(_entry(citizen.subject_key, "question_asked", question, at))
    # Nothing in it has changed, but its version has: of two questions asked at once one is counted after the other.
    return records.applications.save(application), question


def may_be_asked_about(application: Application, at: datetime) -> bool:
    return application.closed_at is None or at <= application.closed_at + AFTER_THE_END


def answer(
    records: Records, official: VerifiedOfficial, code: str, question_id: UUID, text: str, at: datetime
) -> Question:
    """Answer for the unit. Raises ApplicationNotFound, RoleMissing, SelfDealing, QuestionNotFound, QuestionAnswered."""
    application = open_case(records, official, code)
    asked = {one.id: one for one in records.questions.of_application(application.id)}
    question = asked.get(question_id)
    if question is None:
        raise QuestionNotFound("no such question about this application")
    if question.answered_at is not None:
        raise QuestionAnswered("this question is answered already")
    answered = replace(question, answer=text, answered_by=Actor.from_official(official), answered_at=at)
    if not records.questions.answer(answered):
        raise ConcurrentChange("this question was answered at the same moment")
    records.audit.append(_entry(official.subject_key, "question_answered", answered, at))
    return answered


def open_questions(records: Records, official: VerifiedOfficial, cursor: str | None, limit: int) -> QuestionsPage:
    """What waits for an answer of the official's unit, the earliest due first; what is about an own application is left
    out. Raises RoleMissing, InvalidCursor."""
    demand_desk(official)
    page = records.questions.open_of_unit(official.unit, cursor, limit)
    return QuestionsPage(
        [one for one in page.questions if not is_own_case(one.application, official)], page.next_cursor
    )


def questions_overdue(records: Records, at: datetime, limit: int) -> Sequence[Question]:
    """Those whose answer was due before `at` and is not there, the earliest first."""
    return records.questions.overdue(at, limit)


def _due(records: Records, rules: Rules, application: Application, at: datetime) -> datetime:
    hours = hours_of(records, application.unit, vietnam_day(at))
    due = due_at(at, rules.feedback.answer_within, rules.calendar, hours)
    if due is None:
        raise NoWorkingDay("without pauses every limit ends")
    return due


def _entry(actor: str, action: str, question: Question, at: datetime) -> AuditEntry:
    return AuditEntry(
        at=at,
        actor=actor,
        action=action,
        application_id=question.application_id,
        details={"question": str(question.id)},
    )
