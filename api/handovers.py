"""Documents from unit to unit: handed over at the desk of one, received at the desk of the other."""

from __future__ import annotations

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from issuance.accesses import Purpose, record_access
from issuance.delivery.to_unit import acknowledge, find_handed, hand_to_unit, inbox, note_opened
from issuance.desk import demand_desk, open_case

from . import examples_delivery as examples
from .authentication import Official
from .documented import SIGNED_IN, answers, binary
from .download import Paper, newest_paper, saved_file
from .idempotency import Answer, Once, answer_once
from .json_answer import json_answer
from .languages import language_of
from .officials import Sentence
from .parameters import Code, Cursor, PageSize
from .present.handover import HandoverView, InboxPage, handover_view, inbox_page
from .read_body import Body, body_of, described_as
from .services import Records
from .state import Given

router = APIRouter(prefix="/v1/desk", tags=["officials"])


class HandedTo(Body):
    """Which unit gets the document, and why."""

    to_unit: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z][0-9A-Za-z.-]*$")] = Field(
        description="Of /v1/units."
    )
    reason: Sentence = Field(description="The receiving unit reads it.")


class Acknowledged(Body):
    """That the unit has the document."""

    note: Sentence | None = Field(None, description="For the unit that sent it.")


@router.post(
    "/applications/{code}/handovers",
    summary="Hand the document to another unit",
    status_code=201,
    response_model=HandoverView,
    responses=answers(examples.HANDED, *SIGNED_IN, 404, 409, 413, 415, 422, success=201),
    openapi_extra=described_as(HandedTo, examples.HAND_TO),
)
async def hand_over(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    code: Code,
    said: Annotated[HandedTo, Depends(body_of(HandedTo))],
) -> Response:
    """The issued result of a case of the own unit. The other one finds it in its inbox, opens and acknowledges it."""
    at, language = services.clock(), language_of(request.scope)

    def act(records: Records) -> Answer:
        handover = hand_to_unit(records, code, official, said.to_unit, said.reason, at)
        application = open_case(records, official, code)
        body = handover_view(handover, application, services.rules.catalogue, language, to_receiver=False)
        return Answer(status=201, body={**body}, headers={"Content-Language": language})

    return await answer_once(
        services.runner, official, once, at, act, lambda records: open_case(records, official, code)
    )


@router.get(
    "/inbox",
    summary="Documents handed to the unit",
    response_model=InboxPage,
    responses=answers(examples.INBOX, *SIGNED_IN, 422),
)
async def show_inbox(
    request: Request, services: Given, official: Official, limit: PageSize = 20, cursor: Cursor = None
) -> Response:
    """Newest first; what is about a case of the official's own is left out."""
    language = language_of(request.scope)
    page = await services.runner.run(lambda records: inbox(records, official, cursor, limit))
    return json_answer(inbox_page(page, services.rules.catalogue, limit, language), language)


@router.get(
    "/inbox/{handover_id}/document",
    summary="Open a document that was handed to the unit",
    response_class=Response,
    responses=binary("application/pdf", "The signed document.", *SIGNED_IN, 404, 409, 422),
)
async def open_document(services: Given, official: Official, handover_id: UUID) -> Response:
    """Every opening is on record, and the person whose document it is can read of it."""
    at = services.clock()

    def find(records: Records) -> Paper:
        _, application, certificate = find_handed(records, handover_id, official)
        record_access(records, official, Purpose.DELIVER, "document_handed_over", [application], at)
        return newest_paper(records, certificate)

    paper = await services.runner.run(find)
    data = await asyncio.to_thread(services.files.load, paper.sha256)
    await services.runner.run(lambda records: note_opened(records, handover_id, official, at))
    return saved_file(data, paper.media_type, paper.file_name)


@router.post(
    "/inbox/{handover_id}/acknowledgement",
    summary="Acknowledge a document",
    response_model=HandoverView,
    responses=answers(examples.ACKNOWLEDGED, *SIGNED_IN, 404, 409, 413, 415, 422),
    openapi_extra=described_as(Acknowledged, {"note": "Đã nhận đủ."}),
)
async def acknowledge_document(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    handover_id: UUID,
    said: Annotated[Acknowledged, Depends(body_of(Acknowledged))],
) -> Response:
    """Once, and only after it was opened."""
    at, language = services.clock(), language_of(request.scope)

    def act(records: Records) -> Answer:
        done = acknowledge(records, handover_id, official, said.note, at)
        about = records.applications.by_id(done.application_id)
        body = handover_view(done, about, services.rules.catalogue, language, to_receiver=True)
        return Answer(status=200, body={**body}, headers={"Content-Language": language})

    def demand_sight(records: Records) -> None:
        demand_desk(official)
        records.handovers.for_unit(handover_id, official.unit)

    return await answer_once(services.runner, official, once, at, act, demand_sight)
