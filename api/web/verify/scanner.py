"""The page `/v`, where anybody checks documents: by camera, photo, file or number, and without a network.

Without scripts its forms are answered by the page itself. With them it asks the API, or verifies in the browser with
lists that it has kept; then it is one page for everybody, without a name on it, for browsers keep it.
"""

from __future__ import annotations

import gzip
from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from ...check_document import check_file, check_number
from ...errors import MalformedRequest
from ...languages import language_of
from ...negotiation import accepts_gzip
from ...present.offline_words import offline_words
from ...present.verdict import VerdictView, verdict_view
from ...problem_table.entry import ProblemType
from ...read_body import media_type
from ...state import COUNTED_CHECK, Given, shared_of
from ...verification import method_of
from ..page import page
from ..session import refuse_other_sites
from .release import RELEASE_HEADER, release_of

router = APIRouter(include_in_schema=False)

SCANNER_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SCANNER_PERMISSIONS = "camera=(self), geolocation=(), microphone=()"
_MAX_TYPED_CHARACTERS = 100


@router.get("/v")
async def open_scanner(request: Request) -> Response:
    """The page that a document's QR code opens; the code's digits stay behind the `#`, in the browser.

    In gzip for who takes it: it is the same for everybody, so no secret can be guessed by its length.
    """
    response = scanner_page(request)
    response.headers["Vary"] += ", Accept-Encoding"
    if accepts_gzip(request.headers.get("accept-encoding")):
        response.body = gzip.compress(response.body, 6, mtime=0)
        response.headers.update({"Content-Encoding": "gzip", "Content-Length": str(len(response.body))})
    return response


async def _from_our_page(request: Request, services: Given) -> None:
    refuse_other_sites(request, services)


# The page first: another site's forms must not use up what its visitors may ask.
@router.post("/v", dependencies=[Depends(_from_our_page), COUNTED_CHECK])
async def check(request: Request, services: Given) -> Response:
    """Check what was typed or uploaded."""
    language = language_of(request.scope)
    if media_type(request) not in ("multipart/form-data", "application/x-www-form-urlencoded"):
        raise MalformedRequest
    async with request.form(max_files=1, max_fields=4) as form:
        upload = form.get("file")
        if upload is not None and not isinstance(upload, str):
            checked = await check_file(services, await upload.read())
            view = verdict_view(checked.verdict, method_of(checked.examined), services.rules.catalogue, language)
        else:
            number, code = (_typed(form.get(name)) for name in ("number", "check_code"))
            verdict = await check_number(services, number, code)
            view = verdict_view(verdict, "number", services.rules.catalogue, language)
    return scanner_page(request, verdict=view)


def scanner_page(
    request: Request, *, verdict: VerdictView | None = None, problem: ProblemType | None = None, status: int = 200
) -> Response:
    """The scanner with a verdict, or with what was refused, or as it opens."""
    catalogue = shared_of(request).services.rules.catalogue
    values: dict[str, Any] = {"words": offline_words(catalogue, language_of(request.scope)), "verdict": verdict}
    if problem is not None:
        values["problem"] = problem
    response = page(request, "verify/check.html", status=status, policy=SCANNER_POLICY, **values)
    response.headers["Permissions-Policy"] = SCANNER_PERMISSIONS
    response.headers[RELEASE_HEADER] = release_of(catalogue).version
    return response


def _typed(value: object) -> str:
    return value[: _MAX_TYPED_CHARACTERS + 1] if isinstance(value, str) else ""
