"""The desk's post: copies are printed, batches handed over, labels drawn, the post's reports taken."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import VerifiedOfficial
from issuance.accesses import Purpose, record_access
from issuance.delivery.batch import BatchList, as_csv, batches, close_batch, open_batch, sender_of, waiting
from issuance.delivery.parcel import ParcelLine
from issuance.delivery.post import send_again
from issuance.delivery.print_copies import note_print_loaded, open_print, print_copies
from issuance.delivery.tracking import ReadTracking, TrackingReport, read_tracking, track_for_unit
from issuance.desk import demand_desk, open_case

from . import examples_delivery as examples
from .authentication import Official
from .check_document import Examinations
from .documented import SIGNED_IN, answers, binary
from .download import Paper, newest_paper, saved_file
from .errors import WrongContentType
from .idempotency import Answer, Once, RequestOnce, answer_once
from .json_answer import json_answer
from .languages import Language, language_of
from .parameters import Code, PageSize
from .present.parcel import (
    BatchesView,
    BatchView,
    PrintView,
    TrackingView,
    WaitingParcel,
    WaitingParcels,
    batch_head,
    batch_view,
    print_view,
    tracking_view,
    waiting_parcel,
)
from .read_body import Body, body_of, described_as, media_type
from .services import Records, Services
from .state import Given

router = APIRouter(prefix="/v1/desk", tags=["officials"])

# A batch's labels take up to a second of a processor, on a thread that nothing else waits for.
DRAWING = Examinations(at_once=1, at_most=4, retry_after_seconds=3, of="labels")


async def _at_the_desk(official: Official) -> VerifiedOfficial:
    demand_desk(official)
    return official


AtTheDesk = Annotated[VerifiedOfficial, Depends(_at_the_desk)]


class Printed(Body):
    """How many copies are printed now."""

    copies: Annotated[int, Field(ge=1, le=100)] = Field(description="Not more than `left`.")


@router.get(
    "/parcels",
    summary="Parcels that wait at the unit",
    response_model=WaitingParcels,
    responses=answers(examples.WAITING, *SIGNED_IN, 422),
)
async def list_waiting(request: Request, services: Given, official: Official, limit: PageSize = 20) -> Response:
    """Those whose copies are still to be printed, and those that lie ready."""
    language = language_of(request.scope)
    found = await services.runner.run(lambda records: waiting(records, official, limit))
    view: WaitingParcels = {"items": [waiting_parcel(one, language) for one in found]}
    return json_answer(view, language)


@router.post(
    "/applications/{code}/prints",
    summary="Print copies",
    status_code=201,
    response_model=PrintView,
    responses=answers(examples.PRINT, *SIGNED_IN, 404, 409, 413, 415, 422, success=201),
    openapi_extra=described_as(Printed, {"copies": 2}),
)
async def note_print(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    code: Code,
    said: Annotated[Printed, Depends(body_of(Printed))],
) -> Response:
    """Counted against the copies that were decided; the file to print is at `links.file`, for an hour."""
    at, language = services.clock(), language_of(request.scope)

    def act(records: Records) -> Answer:
        noted = print_copies(records, code, official, said.copies, at)
        application = open_case(records, official, code)
        body = print_view(noted, code, application.copies - records.paper_copies.printed(application.id))
        return Answer(status=201, body={**body}, headers={"Content-Language": language})

    return await answer_once(
        services.runner, official, once, at, act, lambda records: open_case(records, official, code)
    )


@router.get(
    "/applications/{code}/prints/{print_id}/file",
    summary="The file to print",
    response_class=Response,
    responses=binary("application/pdf", "The signed document.", *SIGNED_IN, 404, 409, 422),
)
async def load_print(services: Given, official: Official, code: Code, print_id: UUID) -> Response:
    """For whoever noted the print, within the hour; every loading is on record."""
    at = services.clock()

    def find(records: Records) -> Paper:
        certificate = open_print(records, code, official, print_id, at)
        # Before it is shown: where this cannot be written, nothing is.
        record_access(records, official, Purpose.DELIVER, "document_to_print", [certificate.application_id], at)
        return newest_paper(records, certificate)

    paper = await services.runner.run(find)
    data = await asyncio.to_thread(services.files.load, paper.sha256)
    await services.runner.run(lambda records: note_print_loaded(records, code, official, print_id, at))
    return saved_file(data, paper.media_type, paper.file_name)


@router.post(
    "/applications/{code}/parcel-resending",
    summary="Send what came back once more",
    status_code=201,
    response_model=WaitingParcel,
    responses=answers(examples.WAITING["items"][0], *SIGNED_IN, 404, 409, 422, success=201),
)
async def resend(request: Request, services: Given, official: Official, once: Once, code: Code) -> Response:
    """To the same address, and without printing anything again. The citizen may name another one instead."""
    at, language = services.clock(), language_of(request.scope)

    def act(records: Records) -> Answer:
        parcel = send_again(records, code, official, at)
        body = waiting_parcel(ParcelLine(parcel, code), language)
        return Answer(status=201, body={**body}, headers={"Content-Language": language})

    return await answer_once(
        services.runner, official, once, at, act, lambda records: open_case(records, official, code)
    )


@router.post(
    "/postal-batches",
    summary="Hand the printed parcels to the post",
    status_code=201,
    response_model=BatchView,
    responses=answers(examples.BATCH, *SIGNED_IN, 409, 422, success=201),
)
async def close(request: Request, services: Given, official: AtTheDesk, once: Once) -> Response:
    """Closes a list of all printed parcels of the unit, 500 at most; it never changes after."""
    at, language = services.clock(), language_of(request.scope)

    def act(records: Records) -> Answer:
        body = batch_view(close_batch(records, official, at))
        return Answer(status=201, body={**body}, headers={"Content-Language": language})

    return await answer_once(services.runner, official, once, at, act)


@router.get(
    "/postal-batches",
    summary="The unit's batches",
    response_model=BatchesView,
    responses=answers(examples.BATCHES, *SIGNED_IN, 422),
)
async def list_batches(request: Request, services: Given, official: Official, limit: PageSize = 20) -> Response:
    """Newest first."""
    found = await services.runner.run(lambda records: batches(records, official, limit))
    view: BatchesView = {"items": [batch_head(one) for one in found]}
    return json_answer(view, language_of(request.scope))


@router.get(
    "/postal-batches/{batch_id}",
    summary="One batch",
    response_model=BatchView,
    responses=answers(examples.BATCH, *SIGNED_IN, 404, 422),
)
async def show_batch(request: Request, services: Given, official: Official, batch_id: UUID) -> Response:
    """With its parcels, and where they are by now."""
    found = await services.runner.run(lambda records: open_batch(records, official, batch_id))
    return json_answer(batch_view(found), language_of(request.scope))


@router.get(
    "/postal-batches/{batch_id}/list",
    summary="The list for the post",
    response_class=Response,
    responses=binary("text/csv", "Line, number, address and copies of each parcel.", *SIGNED_IN, 404, 422),
)
async def load_list(services: Given, official: Official, batch_id: UUID) -> Response:
    """CSV in UTF-8. It has addresses: whoever loads it is on record with each of them."""
    at = services.clock()
    found = await services.runner.run(lambda records: _with_addresses(records, official, batch_id, "postal_list", at))
    return saved_file(as_csv(found), "text/csv", f"{_name(found)}.csv")


@router.get(
    "/postal-batches/{batch_id}/labels",
    summary="The labels of a batch",
    response_class=Response,
    responses=binary("application/pdf", "Sheets of eight labels on A4.", *SIGNED_IN, 404, 422),
)
async def load_labels(services: Given, official: Official, batch_id: UUID) -> Response:
    """An address and the parcel's number as a QR code on each. Whoever loads them is on record with each address."""
    at = services.clock()

    def read(records: Records) -> tuple[BatchList, str]:
        listed = _with_addresses(records, official, batch_id, "labels", at)
        return listed, sender_of(records, listed.batch)

    found, sender = await services.runner.run(read)
    pdf = await DRAWING.run(lambda: services.labels.draw(found, sender))
    return saved_file(pdf, "application/pdf", f"{_name(found)}.pdf")


@router.post(
    "/parcel-reports",
    summary="Bring the post's reports",
    response_model=TrackingView,
    responses=answers(examples.TRACKING, *SIGNED_IN, 413, 415, 422),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "text/csv": {
                    "schema": {"type": "string", "description": "Reports, one a line, in UTF-8; docs/delivery.md."},
                    "example": examples.TRACKING_CSV,
                }
            },
        }
    },
)
async def bring_reports(
    request: Request,
    services: Given,
    official: AtTheDesk,
    once: Once,
    dry_run: Annotated[bool, Query(description="Tell what would change, and store nothing.")] = False,
) -> Response:
    """States only go forward, and what is known already changes nothing: the same file may come again.

    Lines that are wrong, or about parcels that the unit does not have, are told by number; the others count.
    """
    if media_type(request) != "text/csv":
        raise WrongContentType
    content, language = await request.body(), language_of(request.scope)
    return await take_reports(services, official, once, content, language, dry_run=dry_run)


async def take_reports(
    services: Services,
    official: VerifiedOfficial,
    once: RequestOnce,
    content: bytes,
    language: Language,
    *,
    dry_run: bool,
) -> Response:
    """The answer is that of the API, also of a preview. Raises BrokenTracking, RoleMissing, ConcurrentChange."""
    at = services.clock()
    read = read_tracking(content, at)

    def act(records: Records) -> Answer:
        report = _taken(records, official, read, at, dry_run)
        body = tracking_view(report, language, is_preview=dry_run)
        return Answer(status=200, body={**body}, headers={"Content-Language": language})

    return await answer_once(services.runner, official, once, at, act)


def _taken(
    records: Records, official: VerifiedOfficial, read: ReadTracking, at: datetime, dry_run: bool
) -> TrackingReport:
    taken = track_for_unit(records, official, read.reports, at, dry_run=dry_run)
    return taken.and_then(TrackingReport(problems=read.problems))


def _with_addresses(
    records: Records, official: VerifiedOfficial, batch_id: UUID, shown: str, at: datetime
) -> BatchList:
    found = open_batch(records, official, batch_id)
    seen = [one.parcel.application_id for one in found.lines]
    record_access(records, official, Purpose.DELIVER, shown, seen, at)
    return found


def _name(found: BatchList) -> str:
    return f"post-{found.batch.on.isoformat()}-{found.batch.number}"
