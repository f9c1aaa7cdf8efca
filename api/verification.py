"""The public routes that check documents: no sign-in, nothing stored."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import Field
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from verification.verdict import Verdict

from . import examples
from .check_document import check_number, check_pdf, check_qr
from .documented import answers, binary
from .errors import MalformedRequest, WrongContentType
from .json_answer import json_answer
from .languages import language_of
from .present.verdict import Method, VerdictView, verdict_view
from .publish_status_lists import MEDIA_TYPE as STATUS_LIST_MEDIA_TYPE
from .read_body import Body, body_of, described_as, media_type
from .services import Services
from .state import COUNTED_CHECK, Given, shared_of

router = APIRouter(prefix="/v1", tags=["verification"])


class QrText(Body):
    """A scanned code."""

    text: str = Field(description="What the QR code says: the whole link, or its digits.")


class NumberAndCode(Body):
    """What is printed on the document, as it is typed: blanks, hyphens and small letters do no harm."""

    number: Annotated[str, Field(max_length=100)] = Field(description="The document number as printed.")
    check_code: Annotated[str, Field(max_length=32)] = Field(
        description="The ten letters and digits printed below the number, such as `7K3M9-QW2XD`."
    )


@router.post(
    "/verifications/qr",
    summary="Check a document by its QR code",
    dependencies=[COUNTED_CHECK],
    response_model=VerdictView,
    responses=answers(examples.VERDICT, 400, 413, 415, 422, 429),
    openapi_extra=described_as(QrText, {"text": "https://verify.example/v#00123456789012345"}),
)
async def verify_qr_text(
    request: Request, services: Given, asked: Annotated[QrText, Depends(body_of(QrText))]
) -> Response:
    """Whether the document behind a QR code is genuine and in force now; also a forged one is an answer (200)."""
    return _answer(request, services, await check_qr(services, asked.text), "qr")


@router.post(
    "/verifications/number",
    summary="Check a document by its number and check code",
    dependencies=[COUNTED_CHECK],
    response_model=VerdictView,
    responses=answers(examples.VERDICT, 400, 413, 415, 422, 429),
    openapi_extra=described_as(NumberAndCode, {"number": "4821 0937 5560", "check_code": "7K3M9-QW2XD"}),
)
async def verify_printed_number(
    request: Request, services: Given, asked: Annotated[NumberAndCode, Depends(body_of(NumberAndCode))]
) -> Response:
    """Look a document up by what is printed on it; compare the answer with the paper."""
    return _answer(request, services, await check_number(services, asked.number, asked.check_code), "number")


@router.post(
    "/verifications/pdf",
    summary="Check a PDF file",
    dependencies=[COUNTED_CHECK],
    response_model=VerdictView,
    responses=answers(examples.VERDICT, 400, 413, 415, 422, 429),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/pdf": {"schema": {"type": "string", "format": "binary"}},
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {"file": {"type": "string", "format": "binary"}},
                    }
                },
            },
        }
    },
)
async def verify_pdf_file(request: Request, services: Given) -> Response:
    """Whether exactly this file was issued and is in force. At most 5 MB, as the body or as the form field `file`."""
    return _answer(request, services, await check_pdf(services, await uploaded_pdf(request)), "pdf")


@router.get(
    "/status-lists/{number}",
    summary="A signed status list",
    response_class=Response,
    responses=binary(STATUS_LIST_MEDIA_TYPE, "The list as a signed token (IETF Token Status List).", 404, 422, 503),
)
async def status_list(request: Request, services: Given, number: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> Response:
    """Which documents are revoked, for those who check without a connection. May be kept for max-age seconds."""
    published = await shared_of(request).status_lists.get(number)
    max_age = published.max_age_seconds(services.clock())
    headers = {
        "ETag": published.etag,
        "Cache-Control": f"public, max-age={max_age}",
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if request.headers.get("if-none-match") == published.etag:
        return Response(status_code=304, headers=headers)
    return Response(published.token, media_type=STATUS_LIST_MEDIA_TYPE, headers=headers)


async def uploaded_pdf(request: Request) -> bytes:
    """The file of a request: its body, or the form field `file`. Raises WrongContentType, MalformedRequest."""
    match media_type(request):
        case "application/pdf":
            return await request.body()
        case "multipart/form-data":
            async with request.form(max_files=1, max_fields=4) as form:
                upload = form.get("file")
                if not isinstance(upload, UploadFile):
                    raise MalformedRequest
                return await upload.read()
        case _:
            raise WrongContentType


def _answer(request: Request, services: Services, verdict: Verdict, method: Method) -> Response:
    language = language_of(request.scope)
    view = verdict_view(verdict, method, services.rules.catalogue, language)
    return json_answer(view, language)
