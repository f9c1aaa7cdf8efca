"""Fee policies in the making: written, checked, rehearsed, approved by somebody else, put into the book."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from identity.citizen import VerifiedOfficial
from issuance.errors import ConcurrentChange
from issuance.fee_policies.approve import approve_draft
from issuance.fee_policies.check import begin_check, examine, keep_check
from issuance.fee_policies.draft import PolicyDraft, RehearsalState
from issuance.fee_policies.open_draft import list_drafts, open_draft, open_rehearsal
from issuance.fee_policies.rehearse import ask_rehearsal
from issuance.fee_policies.rights import demand_author, demand_either
from issuance.fee_policies.schedule import schedule_draft
from issuance.fee_policies.withdraw import withdraw_draft
from issuance.fee_policies.write import edit_draft, write_draft

from . import examples
from .authentication import Official
from .check_document import Examinations
from .documented import SIGNED_IN, answers
from .errors import WrongContentType
from .idempotency import Answer, Once, RequestOnce, answer_once, caller_key
from .if_match import VersionMeant, etag_of
from .json_answer import json_answer
from .languages import Language, language_of
from .officials import Sentence
from .parameters import PageSize
from .present.fee_draft import (
    DraftsView,
    DraftView,
    RehearsalView,
    draft_line,
    draft_path,
    draft_view,
    rehearsal_view,
)
from .read_body import Body, body_of, described_as, media_type
from .services import Records, Services
from .state import Given
from .whole_examples import whole

router = APIRouter(prefix="/v1/fee-policies", tags=["fee policies"])

# A check looks at every case that a policy can tell apart: up to seconds, on threads that nothing else waits for.
CHECKS = Examinations(at_once=1, at_most=8, retry_after_seconds=5, of="fee-policy")
REHEARSAL_SECONDS = 2
"""After which it is worth asking for a rehearsal again."""

_STEP = answers(examples.FEE_DRAFT, *SIGNED_IN, 404, 409, 412, 422, 428)
_DOCUMENT = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "description": "A policy document, kept byte by byte as it is sent; see /v1/fee-policies/schema.",
                },
                "example": whole(examples.FEE_DOCUMENT),
            }
        },
    }
}


class PastDays(Body):
    """Days in Asia/Ho_Chi_Minh, both included."""

    first_day: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    last_day: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class RehearsalPlan(Body):
    """What a draft is rehearsed on: exactly one of the two."""

    past: PastDays | None = Field(None, description="The requests that were submitted on these days.")
    population: dict[str, Any] | None = Field(
        None,
        description="Made-up requests: size, seed, document_type, first_day, last_day; also people, shares.",
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> RehearsalPlan:
        if self.past is not None and self.population is not None:
            raise PydanticCustomError("literal_error", "one of the two")
        return self

    def stated(self) -> dict[str, Any]:
        """As a rehearsal's plan is stored."""
        past = {} if self.past is None else {"kind": "past", **self.past.model_dump()}
        return past | ({} if self.population is None else {**self.population, "kind": "population"})


class DraftEnded(Body):
    """Why the draft ends."""

    reason: Sentence


@router.get(
    "/drafts",
    summary="The drafts",
    response_model=DraftsView,
    responses=answers(examples.FEE_DRAFTS, *SIGNED_IN, 422),
)
async def show_drafts(
    request: Request,
    services: Given,
    official: Official,
    limit: PageSize = 20,
    cursor: Annotated[UUID | None, Query(description="From `next` of the page before.")] = None,
) -> Response:
    """The newest first, for fee authors and fee approvers; follow `next` until it is null."""
    language = language_of(request.scope)
    found = await services.runner.run(lambda records: list_drafts(records, official, limit + 1, cursor))
    page = found[:limit]
    view: DraftsView = {
        "drafts": [draft_line(draft, language) for draft in page],
        "next": f"/v1/fee-policies/drafts?limit={limit}&cursor={page[-1].id}" if len(found) > limit else None,
    }
    return json_answer(view, language)


@router.post(
    "/drafts",
    summary="Write a policy down",
    status_code=201,
    response_model=DraftView,
    responses=answers(examples.FEE_DRAFT, *SIGNED_IN, 409, 413, 415, 422, success=201),
    openapi_extra=_DOCUMENT,
)
async def begin_draft(request: Request, services: Given, official: Official, once: Once) -> Response:
    """Keep a policy document as a draft. One that cannot be read is refused; what else is wrong, the checks tell."""
    demand_author(official)
    at, language, source = services.clock(), language_of(request.scope), await _source_of(request)
    person = services.rules.person_index(official.personal_id.digits)

    def act(records: Records) -> Answer:
        return _answer(records, write_draft(records, official, person, source, at), language, 201)

    return await answer_once(services.runner, official, once, at, act)


@router.get(
    "/drafts/{draft_id}",
    summary="A draft",
    response_model=DraftView,
    responses=answers(examples.FEE_DRAFT, *SIGNED_IN, 404, 422),
)
async def show_draft(request: Request, services: Given, official: Official, draft_id: UUID) -> Response:
    """What is written, what the checks found, who approved it. Its `ETag` goes into the next `If-Match`."""
    language = language_of(request.scope)
    answer = await services.runner.run(
        lambda records: _answer(records, open_draft(records, official, draft_id), language, 200)
    )
    return JSONResponse(answer.body, answer.status, answer.headers)


@router.get(
    "/drafts/{draft_id}/document",
    summary="A draft's document, byte by byte",
    response_model=dict,
    responses=answers(examples.FEE_DOCUMENT, *SIGNED_IN, 404, 422),
)
async def show_draft_document(request: Request, services: Given, official: Official, draft_id: UUID) -> Response:
    """Exactly what was sent, with the draft's `ETag`: to be edited and put back."""
    draft = await services.runner.run(lambda records: open_draft(records, official, draft_id))
    return Response(draft.source, media_type="application/json", headers={"ETag": etag_of(draft.version)})


@router.put(
    "/drafts/{draft_id}",
    summary="Change what is written",
    response_model=DraftView,
    responses=answers(examples.FEE_DRAFT, *SIGNED_IN, 404, 409, 412, 413, 415, 422, 428),
    openapi_extra=_DOCUMENT,
)
async def change_draft(
    request: Request, services: Given, official: Official, version: VersionMeant, draft_id: UUID
) -> Response:
    """Replace the document. Checks, rehearsals and an approval were of another one: the draft begins anew."""
    at, language, source = services.clock(), language_of(request.scope), await _source_of(request)
    person = services.rules.person_index(official.personal_id.digits)

    def change(records: Records) -> Answer:
        draft = edit_draft(records, official, person, draft_id, version, source, at)
        return _answer(records, draft, language, 200)

    answer = await services.runner.run(change)
    return JSONResponse(answer.body, answer.status, answer.headers)


@router.post("/drafts/{draft_id}/check", summary="Check a draft", response_model=DraftView, responses=_STEP)
async def check(
    request: Request, services: Given, official: Official, once: Once, version: VersionMeant, draft_id: UUID
) -> Response:
    """Its examples, its acts, its logic over every case, and how it fits into the book. Errors keep it a draft."""
    at, language = services.clock(), language_of(request.scope)

    def begin(records: Records) -> Any:
        open_draft(records, official, draft_id)
        if records.idempotency.find(caller_key(official), once.key) is not None:
            return None
        return begin_check(records, official, draft_id, version, at)

    # Between two transactions: what takes long holds up neither the database nor the other requests.
    subject = await services.runner.run(begin)
    report = None if subject is None else await CHECKS.run(lambda: examine(subject, services.files, at))

    def act(records: Records) -> Answer:
        if subject is None or report is None:
            raise ConcurrentChange("the kept answer is gone")
        return _answer(records, keep_check(records, official, subject, report, at), language, 200)

    return await answer_once(services.runner, official, once, at, act)


@router.post(
    "/drafts/{draft_id}/rehearsal",
    summary="Rehearse a draft",
    status_code=202,
    response_model=RehearsalView,
    responses=answers(examples.FEE_REHEARSAL_ASKED, *SIGNED_IN, 404, 409, 412, 413, 415, 422, 428, success=202),
    openapi_extra=described_as(RehearsalPlan, {"past": {"first_day": "2024-01-01", "last_day": "2024-05-31"}}),
)
async def rehearse(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    version: VersionMeant,
    draft_id: UUID,
    plan: Annotated[RehearsalPlan, Depends(body_of(RehearsalPlan))],
) -> Response:
    """What it would have done to past requests, or would do to made-up ones. In the background: ask at `Location`."""
    demand_either(official)
    at, language = services.clock(), language_of(request.scope)

    def act(records: Records) -> Answer:
        view = rehearsal_view(ask_rehearsal(records, official, draft_id, version, plan.stated(), at), language)
        headers = {"Location": view["links"]["self"], "Retry-After": str(REHEARSAL_SECONDS)}
        return Answer(status=202, body={**view}, headers=headers | {"Content-Language": language})

    return await answer_once(services.runner, official, once, at, act)


@router.get(
    "/rehearsals/{rehearsal_id}",
    summary="A rehearsal, and how far it has come",
    response_model=RehearsalView,
    responses=answers(examples.FEE_REHEARSAL, *SIGNED_IN, 404, 422),
)
async def show_rehearsal(request: Request, services: Given, official: Official, rehearsal_id: UUID) -> Response:
    """Who gains, who loses, which budget pays how much in which month. `Retry-After` as long as it is not over."""
    language = language_of(request.scope)
    found = await services.runner.run(lambda records: open_rehearsal(records, official, rehearsal_id))
    answer = json_answer(rehearsal_view(found, language), language)
    if found.state in (RehearsalState.ASKED, RehearsalState.RUNNING):
        answer.headers["Retry-After"] = str(REHEARSAL_SECONDS)
    return answer


@router.post("/drafts/{draft_id}/approval", summary="Approve a draft", response_model=DraftView, responses=_STEP)
async def approve(
    request: Request, services: Given, official: Official, once: Once, version: VersionMeant, draft_id: UUID
) -> Response:
    """Approve exactly what was checked and rehearsed. Nobody approves what he or she has written at."""
    person = services.rules.person_index(official.personal_id.digits)
    return await _step(
        request,
        services,
        official,
        once,
        lambda records, at: approve_draft(records, official, person, draft_id, version, at),
    )


@router.post(
    "/drafts/{draft_id}/schedule", summary="Put a draft into the book", response_model=DraftView, responses=_STEP
)
async def schedule(
    request: Request, services: Given, official: Official, once: Once, version: VersionMeant, draft_id: UUID
) -> Response:
    """It decides from its first day on; the version before it ends on the day before."""
    return await _step(
        request,
        services,
        official,
        once,
        lambda records, at: schedule_draft(records, official, draft_id, version, at),
    )


@router.post(
    "/drafts/{draft_id}/withdrawal",
    summary="End a draft",
    response_model=DraftView,
    responses=answers(examples.FEE_DRAFT, *SIGNED_IN, 404, 409, 412, 413, 415, 422, 428),
    openapi_extra=described_as(DraftEnded, {"reason": "Nghị quyết chưa được thông qua."}),
)
async def withdraw(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    version: VersionMeant,
    draft_id: UUID,
    said: Annotated[DraftEnded, Depends(body_of(DraftEnded))],
) -> Response:
    """With a reason that stays. One that is scheduled is taken back as a version of the book."""
    return await _step(
        request,
        services,
        official,
        once,
        lambda records, at: withdraw_draft(records, official, draft_id, version, said.reason, at),
    )


async def _step(
    request: Request,
    services: Services,
    official: VerifiedOfficial,
    once: RequestOnce,
    take: Callable[[Records, datetime], PolicyDraft],
) -> Response:
    # Here as well: a kept answer is given before the use case is asked.
    demand_either(official)
    at, language = services.clock(), language_of(request.scope)
    return await answer_once(
        services.runner, official, once, at, lambda records: _answer(records, take(records, at), language, 200)
    )


def _answer(records: Records, draft: PolicyDraft, language: Language, status: int) -> Answer:
    editors = (editor.subject_key for editor in records.fee_policies.editors(draft.id))
    headers = {"ETag": etag_of(draft.version), "Content-Language": language, "Vary": "Accept-Language"}
    if status == 201:
        headers["Location"] = draft_path(draft)
    view = draft_view(draft, editors, records.fee_policies.book(), language)
    return Answer(status=status, body={**view}, headers=headers)


async def _source_of(request: Request) -> bytes:
    """The document as it was sent; whether it can be read is the use case's to say. Raises WrongContentType."""
    if media_type(request) != "application/json":
        raise WrongContentType
    return await request.body()
