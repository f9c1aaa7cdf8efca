"""Routes of bodies that conduct proceedings: what they ask for about somebody, and the documents they get."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, Field
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import VerifiedOfficial
from issuance.accesses import Purpose, record_access
from issuance.application import Application, Subject
from issuance.certificate import CertificateKind
from issuance.request_for_body import (
    apply_for_body,
    find_document,
    note_download,
    open_request,
    requests_of_body,
    withdraw_request,
)

from . import examples
from .authentication import Official
from .documented import SIGNED_IN, answers, binary
from .download import Paper, newest_paper
from .guard import method_sent
from .idempotency import Answer, Once, answer_once
from .json_answer import json_answer
from .languages import Language, language_of
from .negotiation import names_etag
from .parameters import Code, Cursor, PageSize, writable
from .present.body_request import (
    BodyRequestPage,
    BodyRequestView,
    body_request_page,
    body_request_view,
)
from .read_body import Body, body_of, described_as
from .services import Records, Services
from .state import Given

router = APIRouter(prefix="/v1/bodies", tags=["bodies"])

_Line = Annotated[str, Field(min_length=1, max_length=250, pattern=r"\S"), AfterValidator(writable)]


class AboutWhom(Body):
    """The person whom the document is about."""

    personal_id: Annotated[str, Field(pattern=r"^[0-9]{12}$")]
    full_name: Annotated[str, Field(min_length=1, max_length=80, pattern=r"\S"), AfterValidator(writable)]
    birth_date: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(lambda day: _day(day))]
    sex: Literal["male", "female"] | None = None


class NewBodyRequest(Body):
    """Which document a body asks for, about whom, in which proceedings and by which act."""

    type: Annotated[str, Field(max_length=60)] = Field(description="A type whose `who_may_ask` has `procedural_body`.")
    input: dict[str, Any] = Field(description="What the type's `input_schema` asks for, about this person.")
    subject: AboutWhom
    case_number: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S"), AfterValidator(writable)]
    basis: _Line = Field(description="The act, with its article, by which the body may ask.")


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


@router.post(
    "/applications",
    summary="A body asks for a document about somebody",
    status_code=201,
    response_model=BodyRequestView,
    responses=answers(examples.BODY_REQUEST, *SIGNED_IN, 404, 409, 413, 415, 422, success=201),
    openapi_extra=described_as(NewBodyRequest, examples.NEW_BODY_REQUEST),
)
async def submit_body_request(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    asked: Annotated[NewBodyRequest, Depends(body_of(NewBodyRequest))],
) -> Response:
    """For officials of bodies that conduct proceedings. The document goes to the body; the person does not see it."""
    at, language = services.clock(), language_of(request.scope)
    about = asked.subject
    subject = Subject(
        personal_id=about.personal_id,
        full_name=about.full_name,
        birth_date=date.fromisoformat(about.birth_date),
        sex=about.sex,
    )

    def act(records: Records) -> Answer:
        # Also a retry's kept answer is for whoever may ask now; nothing else is checked before it is looked for.
        application = apply_for_body(
            records,
            services.rules,
            official,
            asked.type,
            asked.input,
            subject,
            asked.case_number,
            asked.basis,
            at,
        )
        body = _shown(records, services, official, application, language)
        headers = {"Content-Language": language, "Location": body["links"]["self"]}
        return Answer(status=201, body={**body}, headers=headers)

    await services.runner.run(lambda records: requests_of_body(records, official, None, 1, at))
    return await answer_once(services.runner, official, once, at, act)


@router.get(
    "/applications",
    summary="What the body has asked for",
    response_model=BodyRequestPage,
    responses=answers(examples.BODY_REQUESTS, *SIGNED_IN, 422),
)
async def list_body_requests(
    request: Request, services: Given, official: Official, limit: PageSize = 20, cursor: Cursor = None
) -> Response:
    """Newest first; follow `next` until it is null."""
    at, language = services.clock(), language_of(request.scope)
    page = await services.runner.run(lambda records: requests_of_body(records, official, cursor, limit, at))
    return json_answer(body_request_page(page, services.rules.catalogue, limit, language), language)


@router.get(
    "/applications/{code}",
    summary="One of the body's requests",
    response_model=BodyRequestView,
    responses=answers(examples.BODY_REQUEST, *SIGNED_IN, 404, 422),
)
async def show_body_request(request: Request, services: Given, official: Official, code: Code) -> Response:
    """Another body's is as unknown as none at all."""
    at, language = services.clock(), language_of(request.scope)

    def read(records: Records) -> BodyRequestView:
        return _shown(records, services, official, open_request(records, official, code, at), language)

    return json_answer(await services.runner.run(read), language)


@router.post(
    "/applications/{code}/withdrawal",
    summary="The body takes a request back",
    response_model=BodyRequestView,
    responses=answers(examples.BODY_REQUEST_WITHDRAWN, *SIGNED_IN, 404, 409, 422),
)
async def withdraw_body_request(
    request: Request, services: Given, official: Official, once: Once, code: Code
) -> Response:
    """End it before it is decided; any official of the body may."""
    at, language = services.clock(), language_of(request.scope)

    # Here as well: a retry's kept answer is for whoever may see the request now.
    def see(records: Records) -> None:
        application = open_request(records, official, code, at)
        record_access(records, official, Purpose.PROCEEDINGS, "body_request", [application], at)

    await services.runner.run(see)

    def act(records: Records) -> Answer:
        body = _view(records, services, withdraw_request(records, official, code, at), language)
        return Answer(status=200, body={**body}, headers={"Content-Language": language})

    return await answer_once(services.runner, official, once, at, act)


@router.get(
    "/applications/{code}/document",
    summary="Download the document that the body asked for",
    response_class=Response,
    responses=binary("application/pdf", "The signed document.", *SIGNED_IN, 404, 409, 422),
)
async def download_for_body(request: Request, services: Given, official: Official, code: Code) -> Response:
    """The signed PDF, to officials of the body alone. Each download is kept on record."""
    at = services.clock()
    paper = await services.runner.run(lambda records: _paper(records, official, code, services))
    headers = {
        "ETag": f'"{paper.sha256.hex()}"',
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{paper.file_name}"',
    }
    if names_etag(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if method_sent(request) == "HEAD":
        return Response(headers=headers | {"Content-Length": str(paper.size_bytes)}, media_type=paper.media_type)
    data = await asyncio.to_thread(services.files.load, paper.sha256)
    await services.runner.run(lambda records: note_download(records, official, code, at))
    return Response(data, media_type=paper.media_type, headers=headers)


def _paper(records: Records, official: VerifiedOfficial, code: str, services: Services) -> Paper:
    at = services.clock()
    certificate = find_document(records, official, code, at)
    record_access(records, official, Purpose.PROCEEDINGS, "document", [certificate.application_id], at)
    return newest_paper(records, certificate)


def _shown(
    records: Records, services: Services, official: VerifiedOfficial, application: Application, language: Language
) -> BodyRequestView:
    """Noted as an access, which the person is not told of: the body's proceedings may not be known yet."""
    record_access(records, official, Purpose.PROCEEDINGS, "body_request", [application], services.clock())
    return _view(records, services, application, language)


def _view(records: Records, services: Services, application: Application, language: Language) -> BodyRequestView:
    result = records.certificates.of_application(application.id, CertificateKind.RESULT)
    trust = services.trust(services.clock())
    return body_request_view(application, result, services.rules.catalogue, language, trust)
