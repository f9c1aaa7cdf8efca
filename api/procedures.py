"""Internal procedures: published for everybody to read, checked and published by agencies."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from issuance.errors import InvalidCursor, NoProcedure
from issuance.fees.facts import vietnam_day
from issuance.procedure.document import Procedure
from issuance.procedure.procedure_schema import procedure_json_schema
from issuance.procedure.publish import (
    Examined,
    Publisher,
    check_for_publication,
    publish,
    read_for_publication,
    report_on,
    roles_known,
    withdraw,
)
from issuance.procedure.published import Published, PublishedProcedure

from . import examples
from .authentication import Official
from .check_document import Examinations
from .documented import SIGNED_IN, answers
from .errors import WrongContentType
from .idempotency import Answer, Once, answer_once
from .json_answer import public_answer
from .languages import Language, language_of
from .negotiation import names_etag
from .officials import Sentence
from .parameters import PageSize, ProcedureId, ProcedureVersion
from .present.procedure import (
    ProcedureCheckView,
    ProceduresView,
    ProcedureView,
    check_view,
    procedure_line,
    procedure_path,
    procedure_view,
)
from .read_body import Body, body_of, described_as, media_type
from .services import Records, Services
from .state import Given, shared_of
from .whole_examples import whole

router = APIRouter(prefix="/v1/procedures", tags=["procedures"])

# Every case that the conditions can tell apart is looked at: up to a second, on a thread that nothing else waits for.
CHECKS = Examinations(at_once=1, at_most=8, retry_after_seconds=3, of="procedure")
KEPT_SECONDS = 60
"""How long an answer may be kept by whoever asks: a change is published with days, not seconds, in mind."""

_SCHEMA_SECONDS = 3_600
_CURSOR = re.compile(r"([a-z][a-z0-9_]{1,59}):([0-9]{1,7})", re.ASCII)
_TEXT = {"max_length": 64, "pattern": "^[!-~]+$"}
_DOCUMENT = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "description": "A procedure document, kept byte by byte as it is sent; see /v1/procedures/schema.",
                },
                "example": whole(examples.PROCEDURE_DOCUMENT),
            }
        },
    }
}


class ProcedureWithdrawn(Body):
    """Why a procedure is taken back."""

    reason: Sentence = Field(description="Published with it, and kept for good.")


@router.get(
    "",
    summary="The published procedures",
    response_model=ProceduresView,
    responses={**answers(examples.PROCEDURES, 422, 429)},
)
async def list_procedures(
    request: Request,
    services: Given,
    type_id: Annotated[str | None, Query(alias="type", description="Of this document type.", **_TEXT)] = None,
    unit: Annotated[str | None, Query(description="That apply to this unit.", **_TEXT)] = None,
    on: Annotated[date | None, Query(description="With which applications of this day begin.")] = None,
    limit: PageSize = 20,
    cursor: Annotated[str | None, Query(max_length=80, description="From `next` of the page before.")] = None,
) -> Response:
    """Every version that was ever published, by id and number; open to everybody. Withdrawn ones too."""
    shared_of(request).quotes.take(request)
    language, today = language_of(request.scope), vietnam_day(services.clock())
    after = _after(cursor)
    published = await services.runner.run(lambda records: records.procedures.published())
    found = [row for row in _in_order(published) if _place(row) > after and _applies(published, row, type_id, unit, on)]
    page = found[:limit]
    more = None
    if len(found) > limit:
        asked = {"type": type_id, "unit": unit, "on": on, "limit": limit, "cursor": "{}:{}".format(*_place(page[-1]))}
        more = "/v1/procedures?" + urlencode({name: value for name, value in asked.items() if value is not None})
    view: ProceduresView = {
        "procedures": [procedure_line(published, row, today, language) for row in page],
        "next": more,
    }
    return public_answer(request, view, language, KEPT_SECONDS)


@router.get(
    "/schema",
    summary="The JSON Schema of a procedure document",
    response_class=Response,
    responses={
        200: {
            "description": "JSON Schema 2020-12.",
            "content": {"application/schema+json": {"schema": {"type": "object"}}},
        }
    },
)
async def show_procedure_schema(request: Request) -> Response:
    """Open to everybody. What it cannot say, such as whether every step can be reached, the checks tell."""
    content, etag = _schema()
    headers = {"ETag": etag, "Cache-Control": f"public, max-age={_SCHEMA_SECONDS}"}
    if names_etag(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/schema+json", headers=headers)


@router.get(
    "/{procedure_id}/{version}",
    summary="A published procedure",
    response_model=ProcedureView,
    responses={**answers(examples.PROCEDURE, 404, 422, 429)},
)
async def show_procedure(
    request: Request, services: Given, procedure_id: ProcedureId, version: ProcedureVersion
) -> Response:
    """Its steps in words, and the document as it was published. Open to everybody."""
    shared_of(request).quotes.take(request)
    language, today = language_of(request.scope), vietnam_day(services.clock())
    published = await services.runner.run(lambda records: records.procedures.published())
    row = _row(published, published.book.version(procedure_id, version))
    return public_answer(request, procedure_view(published, row, today, language), language, KEPT_SECONDS)


@router.post(
    "/checks",
    summary="Check a procedure document",
    response_model=ProcedureCheckView,
    responses=answers(examples.PROCEDURE_CHECK, *SIGNED_IN, 413, 415, 422),
    openapi_extra=_DOCUMENT,
)
async def check_procedure_document(request: Request, services: Given, official: Official) -> Response:
    """What is wrong with it and where, and what publishing it today would end, for those who publish. Nothing is kept
    or changed."""
    publisher = Publisher.of(official)
    language, source = language_of(request.scope), await _source_of(request)
    examined = await _examined(services, source)
    may_publish = examined.procedure is None or publisher.may(examined.procedure)

    def read(records: Records) -> ProcedureCheckView:
        report = report_on(records, services.rules.catalogue, publisher, examined, services.clock())
        return check_view(report, may_publish, language)

    return JSONResponse(await services.runner.run(read), headers={"Content-Language": language})


@router.post(
    "",
    summary="Publish a procedure",
    status_code=201,
    response_model=ProcedureView,
    responses=answers(examples.PROCEDURE, *SIGNED_IN, 409, 413, 415, 422, success=201),
    openapi_extra=_DOCUMENT,
)
async def publish_procedure(request: Request, services: Given, official: Official, once: Once) -> Response:
    """By a head for the own unit, or by an operator. Refused with all that the checks find; what it takes the place of
    ends the day before, and applications that began with that go on with it."""
    publisher = Publisher.of(official)
    language, source = language_of(request.scope), await _source_of(request)
    examined = await _examined(services, source)
    at = services.clock()

    def act(records: Records) -> Answer:
        row = publish(records, services.rules.catalogue, publisher, examined, at)
        return _answer(records, row.procedure, vietnam_day(at), language, 201)

    return await answer_once(services.runner, official, once, at, act)


@router.post(
    "/{procedure_id}/{version}/withdrawal",
    summary="Take a procedure back",
    response_model=ProcedureView,
    responses=answers(examples.PROCEDURE, *SIGNED_IN, 404, 409, 413, 415, 422),
    openapi_extra=described_as(ProcedureWithdrawn, {"reason": "Thủ tục đã được bãi bỏ."}),
)
async def withdraw_procedure(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    procedure_id: ProcedureId,
    version: ProcedureVersion,
    said: Annotated[ProcedureWithdrawn, Depends(body_of(ProcedureWithdrawn))],
) -> Response:
    """Nothing begins with it from today on. Refused where a unit would be left without any for what it settles."""
    publisher = Publisher.of(official)
    language, at = language_of(request.scope), services.clock()

    def act(records: Records) -> Answer:
        catalogue = services.rules.catalogue
        row = withdraw(records, catalogue, publisher, procedure_id, version, said.reason, at)
        return _answer(records, row.procedure, vietnam_day(at), language, 200)

    return await answer_once(services.runner, official, once, at, act)


@functools.cache
def _schema() -> tuple[bytes, str]:
    content = json.dumps(procedure_json_schema(), ensure_ascii=False, indent=1).encode()
    return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'


async def _source_of(request: Request) -> bytes:
    """The document as it was sent; whether it can be read, its reader says. Raises WrongContentType."""
    if media_type(request) != "application/json":
        raise WrongContentType
    return await request.body()


async def _examined(services: Services, source: bytes) -> Examined:
    """Between two transactions: what takes long holds up neither the database nor the other requests."""
    examined = await CHECKS.run(lambda: read_for_publication(source))
    roles = await services.runner.run(lambda records: roles_known(records, examined))
    return await CHECKS.run(lambda: check_for_publication(examined, services.rules.catalogue, roles))


def _answer(records: Records, procedure: Procedure, today: date, language: Language, status: int) -> Answer:
    published = records.procedures.published()
    view = procedure_view(published, _row(published, procedure), today, language)
    headers: dict[str, str] = {"Content-Language": language}
    if status == 201:
        headers["Location"] = procedure_path(procedure)
    return Answer(status=status, body={**view}, headers=headers)


def _row(published: Published, procedure: Procedure) -> PublishedProcedure:
    return next(row for row in published.rows if row.procedure.digest == procedure.digest)


def _place(row: PublishedProcedure) -> tuple[str, int]:
    return row.procedure.id, row.procedure.version


def _in_order(published: Published) -> list[PublishedProcedure]:
    return sorted(published.rows, key=_place)


def _after(cursor: str | None) -> tuple[str, int]:
    """Raises InvalidCursor."""
    if cursor is None:
        return "", 0
    named = _CURSOR.fullmatch(cursor)
    if named is None:
        raise InvalidCursor("no page of this list ends so")
    return named[1], int(named[2])


def _applies(
    published: Published, row: PublishedProcedure, type_id: str | None, unit: str | None, on: date | None
) -> bool:
    document = row.procedure.document
    if type_id is not None and type_id not in document.document_types:
        return False
    if on is None:
        return unit is None or document.units is None or unit in document.units
    days = published.days_of(row.procedure.digest)
    if days is None or not days.cover(on):
        return False
    # A unit's own goes before one for any unit.
    return unit is None or any(
        _in_force(published, one, unit, on) is row.procedure
        for one in document.document_types
        if type_id in (None, one)
    )


def _in_force(published: Published, type_id: str, unit: str, on: date) -> Procedure | None:
    try:
        return published.book.in_force(type_id, unit, on)
    except NoProcedure:
        return None
