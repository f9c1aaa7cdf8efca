"""A JSON answer that says which language its words are in."""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .languages import Language
from .negotiation import names_etag


def json_answer(body: object, language: Language) -> Response:
    return JSONResponse(body, headers={"Content-Language": language})


def revalidated_answer(request: Request, body: object, language: Language) -> Response:
    """The same with an entity tag of all that it says; without a body for whoever has it (RFC 9110 section 13.1.2)."""
    answer = json_answer(body, language)
    answer.headers["ETag"] = f'"{hashlib.sha256(language.encode() + bytes(answer.body)).hexdigest()[:32]}"'
    answer.headers["Vary"] = "Accept-Language, Authorization"
    if names_etag(request.headers.get("if-none-match"), answer.headers["ETag"]):
        kept = {name: answer.headers[name] for name in ("ETag", "Content-Language", "Vary")}
        return Response(status_code=304, headers=kept)
    return answer


def public_answer(request: Request, body: object, language: Language, kept_seconds: int) -> Response:
    """The same for everybody, to be kept for so long, with its tag: whoever has it already gets none."""
    answer = json_answer(body, language)
    headers = {
        "ETag": f'"{hashlib.sha256(bytes(answer.body)).hexdigest()[:32]}"',
        "Cache-Control": f"public, max-age={kept_seconds}",
        "Content-Language": language,
        "Vary": "Accept-Language",
    }
    if names_etag(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    answer.headers.update(headers)
    return answer
