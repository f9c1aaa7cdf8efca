"""What waits beside cases: questions, apologies for a head to sign off, and what an official was told of deadlines."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from issuance.accesses import Purpose, record_access
from issuance.deadlines.read import see, unseen_follow_ups
from issuance.deadlines.sign_off import waiting_apologies
from issuance.delegations.authority import HEAD
from issuance.errors import RoleMissing
from issuance.feedback.questions import open_questions

from ...idempotency import Answer, answer_once
from ...languages import language_of
from ...present.apology import drafted_apology_page, follow_up_page
from ...present.question import question_page
from ...services import Records
from ...state import Given
from ..page import page
from ..session import OfficialForm, OfficialSession, OfficialSignedIn
from .refused import closed

router = APIRouter(include_in_schema=False)

_ADDRESS = "/desk/waiting"
SHOWN = 50


@router.get(_ADDRESS)
async def show_waiting(request: Request, services: Given, session: OfficialSignedIn) -> Response:
    """Questions show what citizens write: it is noted as an access to each application."""
    language, official, at = language_of(request.scope), session.official, services.clock()
    catalogue = services.rules.catalogue

    def read(records: Records) -> dict[str, Any]:
        questions = open_questions(records, official, None, SHOWN)
        asked_about = [one.question.application_id for one in questions.questions]
        record_access(records, official, Purpose.ANSWER_QUESTION, "questions", asked_about, at)
        told = unseen_follow_ups(records, official, None, SHOWN)
        apologies = waiting_apologies(records, official, None, SHOWN) if HEAD in official.roles else None
        return {
            "questions": question_page(questions, catalogue, at, SHOWN, language)["items"],
            "told": follow_up_page(told, catalogue, SHOWN, language)["items"],
            "apologies": None
            if apologies is None
            else drafted_apology_page(apologies, catalogue, SHOWN, language)["items"],
        }

    try:
        values = await services.runner.run(read)
    except RoleMissing as refused:
        return await closed(request, session, refused)
    return page(request, "desk/waiting.html", account=session.session, forms=True, most=SHOWN, **values)


@router.get(f"{_ADDRESS}/{{follow_up_id}}/seen")
async def come_back(session: OfficialSignedIn, follow_up_id: UUID) -> Response:
    return RedirectResponse(_ADDRESS, 303)


@router.post(f"{_ADDRESS}/{{follow_up_id}}/seen")
async def note_seen(request: Request, services: Given, form: OfficialForm, follow_up_id: UUID) -> Response:
    """It is shown no more, to nobody."""
    at = services.clock()

    def act(records: Records) -> Answer:
        see(records, form.official, follow_up_id, at)
        return Answer(status=200, body={}, headers={})

    try:
        await answer_once(services.runner, form.official, form.once, at, act)
    except RoleMissing as refused:
        return await closed(request, OfficialSession(session=form.session, official=form.official), refused)
    return RedirectResponse(_ADDRESS, 303)
