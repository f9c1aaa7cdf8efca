"""Questions about an application: a citizen asks, the unit answers by a certain time."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from issuance.accesses import Purpose, record_access
from issuance.bring_evidence import own_application
from issuance.feedback.question import QuestionsPage
from issuance.feedback.questions import MAX_QUESTION_LETTERS, answer, ask, open_questions

from . import examples
from .application_answers import decided, shown
from .authentication import CitizenWrites, Official
from .documented import SIGNED_IN, answers
from .dossier import open_dossier
from .idempotency import Answer, Once, answer_once
from .json_answer import json_answer
from .languages import language_of
from .parameters import Code, Cursor, PageSize
from .present.application import ApplicationView
from .present.desk import DeskView
from .present.question import QuestionPage, question_page
from .read_body import Body, body_of, described_as
from .services import Records
from .state import Given

citizens = APIRouter(prefix="/v1", tags=["citizen"])
desk = APIRouter(prefix="/v1/desk", tags=["officials"])

_Text = Annotated[str, Field(min_length=1, max_length=MAX_QUESTION_LETTERS, pattern=r"\S")]


class Asked(Body):
    """What the citizen would like to know."""

    text: _Text = Field(description="At most 2,000 letters; officials of the unit read it.")


class Answered(Body):
    """What the agency says to it."""

    text: _Text = Field(description="At most 2,000 letters; the citizen reads it, and who gave the answer.")


@citizens.post(
    "/applications/{code}/questions",
    summary="Ask about the application",
    status_code=201,
    response_model=ApplicationView,
    responses=answers(examples.APPLICATION_WITH_QUESTION, *SIGNED_IN, 404, 409, 413, 415, 422, success=201),
    openapi_extra=described_as(Asked, {"text": "Khi nào tôi nhận được kết quả?"}),
)
async def ask_about_application(
    request: Request,
    services: Given,
    citizen: CitizenWrites,
    once: Once,
    code: Code,
    said: Annotated[Asked, Depends(body_of(Asked))],
) -> Response:
    """The unit answers within two working days, in the application itself. Up to three questions wait at once.

    An application can still be asked about for 30 days after it has ended.
    """
    at, language = services.clock(), language_of(request.scope)
    # Here as well: a kept answer shows what only this level may see.
    await services.runner.run(lambda records: own_application(records, citizen, code))

    def act(records: Records) -> Answer:
        application, _ = ask(records, services.rules, citizen, code, said.text, at)
        return shown(services, open_dossier(records, services.rules, application), language, 201)

    return await answer_once(services.runner, citizen, once, at, act)


@desk.get(
    "/questions",
    summary="The unit's open questions",
    response_model=QuestionPage,
    responses=answers(examples.QUESTIONS, *SIGNED_IN, 422),
)
async def list_questions(
    request: Request, services: Given, official: Official, limit: PageSize = 20, cursor: Cursor = None
) -> Response:
    """What citizens wait for an answer to, the earliest due first. A page may be shorter than its limit: what is about
    an application of the official's own is left out."""
    language, at = language_of(request.scope), services.clock()

    def read(records: Records) -> QuestionsPage:
        found = open_questions(records, official, cursor, limit)
        asked_about = [one.question.application_id for one in found.questions]
        record_access(records, official, Purpose.ANSWER_QUESTION, "questions", asked_about, at)
        return found

    page = await services.runner.run(read)
    return json_answer(question_page(page, services.rules.catalogue, at, limit, language), language)


@desk.post(
    "/applications/{code}/questions/{question_id}/answer",
    summary="Answer a question",
    response_model=DeskView,
    responses=answers(examples.DESK, *SIGNED_IN, 404, 409, 413, 415, 422),
    openapi_extra=described_as(Answered, {"text": "Kết quả sẽ có trước ngày hẹn."}),
)
async def answer_question(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    code: Code,
    question_id: UUID,
    said: Annotated[Answered, Depends(body_of(Answered))],
) -> Response:
    """Once, and for the unit: the citizen sees who answered. Nobody answers about an application of his or her own."""
    return await decided(
        request,
        services,
        official,
        once,
        code,
        lambda records, at: answer(records, official, code, question_id, said.text, at),
    )
