"""The walk of one case at the desk: take it, give it to somebody, act on it, ask for papers, stop it."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from issuance.settlement.act import act
from issuance.settlement.ask_papers import ask_papers
from issuance.settlement.ask_register_again import ask_register_again
from issuance.settlement.assign import assign
from issuance.settlement.resume import resume
from issuance.settlement.stop import stop
from issuance.settlement.take import take

from . import examples
from .application_answers import decided
from .authentication import Official
from .documented import SIGNED_IN, answers
from .errors import InvalidRequest
from .idempotency import Once
from .if_match import CaseVersion
from .officials import Sentence
from .parameters import Code
from .present.desk import DeskView
from .read_body import Body, body_of, described_as
from .state import Given

router = APIRouter(prefix="/v1/desk", tags=["officials"])

_STEP = answers(examples.DESK, *SIGNED_IN, 404, 409, 412, 413, 415, 422)
Account = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[!-~]+\|[!-~]+$")]


class Assigned(Body):
    """To whom a case is given."""

    official: Account = Field(description="The account, as `turn.owner.account` and the register of officials name it.")


class BroughtAbout(Body):
    """What comes of the present step."""

    outcome: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,59}$")] = Field(description="Of `turn.outcomes`.")
    reason: Sentence | None = Field(None, description="Of a refusal always; the citizen reads it.")


class PapersAsked(Body):
    """What the citizen has to bring, and by when."""

    text: Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"\S")] = Field(
        description="The citizen reads it."
    )
    until: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] = Field(
        description="The last day in Asia/Ho_Chi_Minh, at most 90 days ahead."
    )


class Stopped(Body):
    """Why the application ends without a decision on its matter."""

    reason: Sentence = Field(description="The citizen reads it.")


@router.post("/applications/{code}/ownership", summary="Take a case", response_model=DeskView, responses=_STEP)
async def take_case(
    request: Request, services: Given, official: Official, once: Once, code: Code, meant: CaseVersion
) -> Response:
    """One that nobody owns; a colleague's too for a head, and for whoever acts in that colleague's place."""
    return await decided(
        request,
        services,
        official,
        once,
        code,
        lambda records, at: take(records, services.rules, code, official, at),
        meant,
    )


@router.post(
    "/applications/{code}/assignment",
    summary="Give a case to an official",
    response_model=DeskView,
    responses=_STEP,
    openapi_extra=described_as(Assigned, {"official": "https://officials.example|can-bo-2"}),
)
async def assign_case(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    code: Code,
    meant: CaseVersion,
    said: Annotated[Assigned, Depends(body_of(Assigned))],
) -> Response:
    """A head gives it to an active official of the unit who may act in the present step."""
    return await decided(
        request,
        services,
        official,
        once,
        code,
        lambda records, at: assign(records, services.rules, code, official, said.official, at),
        meant,
    )


@router.post(
    "/applications/{code}/outcomes",
    summary="Bring about an outcome of the present step",
    response_model=DeskView,
    responses=_STEP,
    openapi_extra=described_as(BroughtAbout, {"outcome": "propose"}),
)
async def bring_about(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    code: Code,
    meant: CaseVersion,
    said: Annotated[BroughtAbout, Depends(body_of(BroughtAbout))],
) -> Response:
    """The application enters the step that the outcome leads to, or is approved or refused by it."""
    return await decided(
        request,
        services,
        official,
        once,
        code,
        lambda records, at: act(records, services.rules, code, official, said.outcome, said.reason, at),
        meant,
    )


@router.post(
    "/applications/{code}/papers-request",
    summary="Ask the citizen for papers",
    response_model=DeskView,
    responses=_STEP,
    openapi_extra=described_as(
        PapersAsked, {"text": "Bản chụp giấy xác nhận cư trú còn giá trị.", "until": "2024-06-20"}
    ),
)
async def ask_for_papers(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    code: Code,
    meant: CaseVersion,
    said: Annotated[PapersAsked, Depends(body_of(PapersAsked))],
) -> Response:
    """The clock stands still until they are there. If they don't come in time, a person decides what follows."""
    try:
        until = date.fromisoformat(said.until)
    except ValueError:
        raise InvalidRequest([("/until", "wrong_format")]) from None
    return await decided(
        request,
        services,
        official,
        once,
        code,
        lambda records, at: ask_papers(records, services.rules, code, official, said.text, until, at),
        meant,
    )


@router.post(
    "/applications/{code}/resumption",
    summary="Go on without waiting for papers any longer",
    response_model=DeskView,
    responses=_STEP,
)
async def resume_case(
    request: Request, services: Given, official: Official, once: Once, code: Code, meant: CaseVersion
) -> Response:
    """The clock goes on, and both due times move by the pause."""
    return await decided(
        request,
        services,
        official,
        once,
        code,
        lambda records, at: resume(records, services.rules, code, official, at),
        meant,
    )


@router.post(
    "/applications/{code}/stop",
    summary="Stop an application",
    response_model=DeskView,
    responses=_STEP,
    openapi_extra=described_as(Stopped, {"reason": "Công dân không bổ sung giấy tờ trong thời hạn đã thông báo."}),
)
async def stop_case(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    code: Code,
    meant: CaseVersion,
    said: Annotated[Stopped, Depends(body_of(Stopped))],
) -> Response:
    """It ends without a decision on its matter, such as when papers never came."""
    return await decided(
        request,
        services,
        official,
        once,
        code,
        lambda records, at: stop(records, services.rules, code, official, said.reason, at),
        meant,
    )


@router.post(
    "/applications/{code}/register-questions",
    summary="Have the registers asked again",
    response_model=DeskView,
    responses=_STEP,
)
async def ask_registers(
    request: Request, services: Given, official: Official, once: Once, code: Code, meant: CaseVersion
) -> Response:
    """Nothing is approved until they have answered anew. What they said before stays on record."""
    return await decided(
        request,
        services,
        official,
        once,
        code,
        lambda records, at: ask_register_again(records, services.rules, code, official, at),
        meant,
    )
