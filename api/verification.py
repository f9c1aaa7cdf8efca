"""The public routes that check documents: no sign-in, nothing stored."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import Field
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict

from verification.verdict import Verdict
from verification.verify_file import Examined

from . import examples
from .check_document import check_file, check_number, check_pdf, check_qr
from .documented import answers, binary
from .errors import MalformedRequest, NotAcceptable, WrongContentType
from .json_answer import json_answer
from .languages import language_of
from .negotiation import accepts_gzip, names_etag, preferred_type
from .present.verdict import Method, VerdictView, verdict_view
from .publish_status_lists import CWT_MEDIA_TYPE, MEDIA_TYPES
from .publish_status_lists import MEDIA_TYPE as STATUS_LIST_MEDIA_TYPE
from .read_body import Body, body_of, described_as, media_type
from .services import Services
from .state import COUNTED_CHECK, Given, shared_of

router = APIRouter(prefix="/v1", tags=["verification"])
FILE_TYPES = ("application/pdf", "image/png", "image/jpeg", "application/xml")


class QrText(Body):
    """A scanned code."""

    text: str = Field(description="What the QR code says: the whole link, or its digits.")


class NumberAndCode(Body):
    """What is printed on the document, as it is typed: blanks, hyphens and small letters do no harm."""

    number: Annotated[str, Field(max_length=100)] = Field(description="The document number as printed.")
    check_code: Annotated[str, Field(max_length=32)] = Field(
        description="The ten letters and digits printed below the number, such as `7K3M9-QW2XD`."
    )


class StatusListAddresses(TypedDict):
    """Where the status lists are, one address for each."""

    status_lists: list[str]


_STATUS_LIST = binary(
    STATUS_LIST_MEDIA_TYPE, "The list as a signed token (IETF Token Status List).", 404, 406, 422, 503
)
_STATUS_LIST[200]["content"][CWT_MEDIA_TYPE] = {"schema": {"type": "string", "format": "binary"}}
_OPEN_TO_ALL = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


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


_BINARY = {"type": "string", "format": "binary"}
_FORM = {"type": "object", "required": ["file"], "properties": {"file": _BINARY}}


@router.post(
    "/verifications/file",
    summary="Check a PDF file, or a photo of the paper",
    dependencies=[COUNTED_CHECK],
    response_model=VerdictView,
    responses=answers(examples.VERDICT, 400, 413, 415, 422, 429),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                **{kind: {"schema": _BINARY} for kind in FILE_TYPES},
                "multipart/form-data": {"schema": _FORM},
            },
        }
    },
)
async def verify_any_file(request: Request, services: Given) -> Response:
    """Whether a sealed PDF, or a receipt in XML, is exactly the file that was issued; or what the QR code says on a
    photo or scan.

    In a PNG, a JPEG, and a PDF that bears no seal, the code is looked for, and the verdict is the code's: then
    `examined` is `code_in_file`, and whatever else the file shows is unchecked. At most 5 MB, as the body or as the
    form field `file`; its first bytes say what it is.
    """
    checked = await check_file(services, await uploaded(request, FILE_TYPES))
    return _answer(request, services, checked.verdict, method_of(checked.examined))


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
    """Whether exactly this file was issued and is in force, whatever code it shows.

    At most 5 MB, as the body or as the form field `file`.
    """
    return _answer(request, services, await check_pdf(services, await uploaded(request, FILE_TYPES[:1])), "pdf")


@router.get(
    "/status-lists",
    summary="The addresses of all status lists",
    response_model=StatusListAddresses,
    responses=answers({"status_lists": ["https://condau.example/v1/status-lists/1"]}, 503),
)
async def status_lists(request: Request, services: Given) -> Response:
    """For whoever takes them all along before the connection is gone (draft-ietf-oauth-status-list, section 9)."""
    numbers = await shared_of(request).status_lists.numbers()
    addresses = [f"{services.public_url}/v1/status-lists/{number}" for number in numbers]
    headers = _OPEN_TO_ALL | {"Cache-Control": f"public, max-age={services.status_list_seconds}"}
    return JSONResponse({"status_lists": addresses}, headers=headers)


@router.get(
    "/status-lists/{number}",
    summary="A signed status list",
    response_class=Response,
    responses=_STATUS_LIST,
)
async def status_list(request: Request, services: Given, number: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> Response:
    """Which documents are revoked or suspended, for those who check without a connection.

    As a JWT, or a CWT where `Accept` says so. Relied on until its `exp`, fetched anew after `ttl` seconds.
    """
    media_type = preferred_type(request.headers.get("accept"), tuple(MEDIA_TYPES))
    if media_type is None:
        raise NotAcceptable
    published = await shared_of(request).status_lists.get(number, MEDIA_TYPES[media_type])
    headers = _OPEN_TO_ALL | {
        "ETag": published.etag,
        "Cache-Control": f"public, max-age={published.max_age_seconds(services.clock())}",
        "Vary": "Accept, Accept-Encoding",
    }
    if names_etag(request.headers.get("if-none-match"), published.etag):
        return Response(status_code=304, headers=headers)
    if published.zipped is not None and accepts_gzip(request.headers.get("accept-encoding")):
        return Response(published.zipped, media_type=media_type, headers=headers | {"Content-Encoding": "gzip"})
    return Response(published.body, media_type=media_type, headers=headers)


async def uploaded(request: Request, kinds: tuple[str, ...]) -> bytes:
    """The file of a request: its body of one of these types, or the form field `file`.

    Raises WrongContentType, MalformedRequest.
    """
    match media_type(request):
        case kind if kind in kinds:
            return await request.body()
        case "multipart/form-data":
            async with request.form(max_files=1, max_fields=4) as form:
                upload = form.get("file")
                if not isinstance(upload, UploadFile):
                    raise MalformedRequest
                return await upload.read()
        case _:
            raise WrongContentType


def method_of(examined: Examined) -> Method:
    """How the document in a file was found."""
    return "code_in_file" if examined is Examined.CODE_IN_FILE else "pdf"


def _answer(request: Request, services: Services, verdict: Verdict, method: Method) -> Response:
    language = language_of(request.scope)
    view = verdict_view(verdict, method, services.rules.catalogue, language)
    return json_answer(view, language)
