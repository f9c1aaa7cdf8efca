"""A question about an application, and the unit's open ones as a list."""

from __future__ import annotations

from datetime import datetime

from typing_extensions import TypedDict

from issuance.documents.catalogue import Catalogue
from issuance.feedback.question import Question, QuestionsPage

from ..languages import Language


class QuestionView(TypedDict):
    """`answer_due_at`: until when the agency has to answer. `answered_by` names the official who did.

    `links` has `answer`, at the desk, while it waits.
    """

    id: str
    text: str
    asked_at: str
    answer_due_at: str
    is_overdue: bool
    answer: str | None
    answered_by: str | None
    answered_at: str | None
    links: dict[str, str]


class QuestionLine(TypedDict):
    """A question that waits, and the application that it is about."""

    application: str
    type: str
    type_name: str
    question: QuestionView


class QuestionPage(TypedDict):
    """`next` is the address of the next page, null on the last."""

    items: list[QuestionLine]
    next: str | None


def question_view(question: Question, now: datetime, desk_path: str | None = None) -> QuestionView:
    """desk_path: the application's address at the desk, where an official may answer."""
    waits = question.answered_at is None
    by = question.answered_by
    links = {}
    if desk_path is not None and waits:
        links["answer"] = f"{desk_path}/questions/{question.id}/answer"
    return {
        "id": str(question.id),
        "text": question.text,
        "asked_at": question.asked_at.isoformat(),
        "answer_due_at": question.due_at.isoformat(),
        "is_overdue": (question.answered_at or now) > question.due_at,
        "answer": question.answer,
        "answered_by": None if by is None else by.full_name,
        "answered_at": None if question.answered_at is None else question.answered_at.isoformat(),
        "links": links,
    }


def question_page(
    page: QuestionsPage, catalogue: Catalogue, now: datetime, limit: int, language: Language
) -> QuestionPage:
    path = "/v1/desk/questions"
    return {
        "items": [
            {
                "application": one.application.code,
                "type": one.application.type_id,
                "type_name": catalogue.get(one.application.type_id).name.in_language(language),
                "question": question_view(one.question, now, f"/v1/desk/applications/{one.application.code}"),
            }
            for one in page.questions
        ],
        "next": page.next_cursor and f"{path}?limit={limit}&cursor={page.next_cursor}",
    }
