"""The officials' routes: one application of the unit, and the decisions about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import VerifiedOfficial
from issuance.certificate import RevocationReason, SuspensionReason
from issuance.decide_fee import decide_fee
from issuance.fees.document import VND
from issuance.revoke import revoke
from issuance.settlement.act import approve, refuse
from issuance.suspend import reinstate, suspend

from . import examples
from .application_answers import case_of, decided
from .authentication import Official
from .documented import SIGNED_IN, answers
from .idempotency import Once, RequestOnce
from .if_match import CaseVersion, etag_of
from .json_answer import json_answer
from .languages import language_of
from .parameters import Code
from .present.desk import DeskView
from .read_body import Body, body_of, described_as
from .services import Records, Services
from .state import Given, shared_of

router = APIRouter(prefix="/v1/desk", tags=["officials"])

MAX_FEE_VND = 1_000_000_000
Sentence = Annotated[str, Field(min_length=1, max_length=1_000, pattern=r"\S")]
_DECISION = answers(examples.DESK, *SIGNED_IN, 404, 409, 412, 413, 415, 422)


class Refusal(Body):
    """Why no document is issued."""

    reason: Sentence = Field(description="The citizen reads it.")


class FeeDecided(Body):
    """The fee that an official decides, with the act that it rests on."""

    due: Annotated[int, Field(ge=0, le=MAX_FEE_VND)] = Field(description="VND.")
    basis: Sentence = Field(description="The act that the decision rests on.")
    reason: Sentence


class Revoked(Body):
    """Why the document is taken back."""

    # Written out, because a strict body takes words and not members of an enumeration; a test holds the two together.
    reason: Literal["issued_in_error", "facts_changed", "obtained_by_deception", "replaced"]


class Suspended(Body):
    """Why the document is out of force for now."""

    reason: Literal["under_review", "key_in_doubt"]


@router.get(
    "/applications/{code}",
    summary="An application of the unit",
    response_model=DeskView,
    responses=answers(examples.DESK, *SIGNED_IN, 404, 422),
)
async def show_case(request: Request, services: Given, official: Official, code: Code) -> Response:
    """Facts, fee, the register's answer and the history. Another unit's is as unknown as none at all."""
    language = language_of(request.scope)
    view = await services.runner.run(lambda records: case_of(records, services, official, code, language))
    answer = json_answer(view, language)
    answer.headers["ETag"] = etag_of(view["turn"]["version"])
    return answer


@router.post("/applications/{code}/approval", summary="Approve", response_model=DeskView, responses=_DECISION)
async def approve_application(
    request: Request, services: Given, official: Official, once: Once, code: Code, meant: CaseVersion
) -> Response:
    """The short way to the present step's outcome by which the document is issued; that follows in the background."""
    return await decided(
        request,
        services,
        official,
        once,
        code,
        lambda records, at: approve(records, services.rules, code, official, at),
        meant,
    )


@router.post(
    "/applications/{code}/refusal",
    summary="Refuse",
    response_model=DeskView,
    responses=_DECISION,
    openapi_extra=described_as(Refusal, {"reason": "Thông tin khai không khớp với giấy khai sinh."}),
)
async def refuse_application(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    code: Code,
    meant: CaseVersion,
    said: Annotated[Refusal, Depends(body_of(Refusal))],
) -> Response:
    """The short way to the present step's outcome by which no document is issued."""
    return await decided(
        request,
        services,
        official,
        once,
        code,
        lambda records, at: refuse(records, services.rules, code, official, said.reason, at),
        meant,
    )


@router.post(
    "/applications/{code}/fee-decision",
    summary="Decide a referred fee",
    response_model=DeskView,
    responses=_DECISION,
    openapi_extra=described_as(FeeDecided, examples.FEE_DECISION),
)
async def decide_application_fee(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    code: Code,
    said: Annotated[FeeDecided, Depends(body_of(FeeDecided))],
) -> Response:
    """Decide the fee where no rule covers the request."""
    return await decided(
        request,
        services,
        official,
        once,
        code,
        lambda records, at: decide_fee(
            records,
            services.rules,
            code,
            official,
            due=VND(said.due),
            basis=said.basis,
            reason=said.reason,
            at=at,
        ),
    )


@router.post(
    "/applications/{code}/revocation",
    summary="Revoke the issued document",
    response_model=DeskView,
    responses=_DECISION,
    openapi_extra=described_as(Revoked, {"reason": "issued_in_error"}),
)
async def revoke_document(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    code: Code,
    said: Annotated[Revoked, Depends(body_of(Revoked))],
) -> Response:
    """Take the document back, for good. The reason is shown in public, so it is one of a fixed list."""
    reason = RevocationReason(said.reason)
    return await restated(
        request, services, official, once, code, lambda records, at: revoke(records, code, official, reason, at)
    )


@router.post(
    "/applications/{code}/suspension",
    summary="Suspend the issued document",
    response_model=DeskView,
    responses=_DECISION,
    openapi_extra=described_as(Suspended, {"reason": "under_review"}),
)
async def suspend_document(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    code: Code,
    said: Annotated[Suspended, Depends(body_of(Suspended))],
) -> Response:
    """Take the document out of force until it is reinstated or revoked. The reason is shown in public."""
    reason = SuspensionReason(said.reason)
    return await restated(
        request, services, official, once, code, lambda records, at: suspend(records, code, official, reason, at)
    )


@router.post(
    "/applications/{code}/reinstatement",
    summary="Reinstate the suspended document",
    response_model=DeskView,
    responses=_DECISION,
)
async def reinstate_document(request: Request, services: Given, official: Official, once: Once, code: Code) -> Response:
    """Let the suspended document be in force again. What is revoked stays so."""
    return await restated(
        request, services, official, once, code, lambda records, at: reinstate(records, code, official, at)
    )


async def restated(
    request: Request,
    services: Services,
    official: VerifiedOfficial,
    once: RequestOnce,
    code: str,
    decide: Callable[[Records, datetime], object],
    version_meant: int | None = None,
) -> Response:
    """As `decided`, for what the status lists tell: those signed before are served no more."""
    try:
        return await decided(request, services, official, once, code, decide, version_meant)
    finally:
        # Also after a failure: whether the database has kept the change is not always known.
        shared_of(request).status_lists.changed()
