"""What officials are told of deadlines, and the apologies for those that were missed."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypedDict

from issuance.deadlines.read import see, unseen_follow_ups
from issuance.deadlines.sign_off import sign_off, waiting_apologies

from . import examples
from .application_answers import decided
from .authentication import Official
from .documented import SIGNED_IN, answers
from .errors import InvalidRequest
from .idempotency import Answer, Once, answer_once
from .json_answer import json_answer
from .languages import language_of
from .officials import Sentence
from .parameters import Code, Cursor, PageSize
from .present.apology import DraftedApologyPage, FollowUpsPage, drafted_apology_page, follow_up_page
from .present.desk import DeskView
from .read_body import Body, body_of, described_as
from .services import Records
from .state import Given

router = APIRouter(prefix="/v1/desk", tags=["officials"])


class SignedOff(Body):
    """Why it was late, and until when it will be settled."""

    reason: Sentence = Field(description="The citizen reads it.")
    new_date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] = Field(
        description="Today or later (Vietnam's time), within a year."
    )


class SeenView(TypedDict):
    """It is shown no more."""

    seen: bool


@router.get(
    "/follow-ups",
    summary="What I was told of deadlines",
    response_model=FollowUpsPage,
    responses=answers(examples.FOLLOW_UPS, *SIGNED_IN, 422),
)
async def list_follow_ups(
    request: Request, services: Given, official: Official, limit: PageSize = 20, cursor: Cursor = None
) -> Response:
    """Of my own applications and of those that are nobody's yet, newest first, until I have seen it; a head reads the
    whole unit's."""
    page = await services.runner.run(lambda records: unseen_follow_ups(records, official, cursor, limit))
    language = language_of(request.scope)
    return json_answer(follow_up_page(page, services.rules.catalogue, limit, language), language)


@router.post(
    "/follow-ups/{follow_up_id}/seen",
    summary="I have seen a follow-up",
    response_model=SeenView,
    responses=answers({"seen": True}, *SIGNED_IN, 404, 422),
)
async def see_follow_up(
    request: Request, services: Given, official: Official, once: Once, follow_up_id: UUID
) -> Response:
    """It is shown no more, to nobody."""
    at, language = services.clock(), language_of(request.scope)

    def act(records: Records) -> Answer:
        see(records, official, follow_up_id, at)
        return Answer(status=200, body={"seen": True}, headers={"Content-Language": language})

    return await answer_once(services.runner, official, once, at, act)


@router.get(
    "/apologies",
    summary="Apologies that wait for a head",
    response_model=DraftedApologyPage,
    responses=answers(examples.APOLOGIES, *SIGNED_IN, 422),
)
async def list_apologies(
    request: Request, services: Given, official: Official, limit: PageSize = 20, cursor: Cursor = None
) -> Response:
    """Drafted when the promised time passed, the longest waiting first; also of what has been settled since."""
    page = await services.runner.run(lambda records: waiting_apologies(records, official, cursor, limit))
    language = language_of(request.scope)
    return json_answer(drafted_apology_page(page, services.rules.catalogue, limit, language), language)


@router.post(
    "/applications/{code}/apology",
    summary="Sign off an apology",
    response_model=DeskView,
    responses=answers(examples.DESK, *SIGNED_IN, 404, 409, 413, 415, 422),
    openapi_extra=described_as(SignedOff, examples.APOLOGY_SIGNED_OFF),
)
async def sign_off_apology(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    code: Code,
    said: Annotated[SignedOff, Depends(body_of(SignedOff))],
) -> Response:
    """The letter is sealed in the background; the application itself waits for nothing."""
    new_date = _day(said.new_date)
    return await decided(
        request,
        services,
        official,
        once,
        code,
        lambda records, at: sign_off(records, services.rules, code, official, said.reason, new_date, at),
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidRequest([("/new_date", "wrong_format")]) from None
