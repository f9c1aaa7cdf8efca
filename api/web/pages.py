"""The pages that belong to no group: the start, the API's problem types and description, refusals; and `/v`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from identity.errors import LevelTooLow
from identity.sign_in import sign_in_issuers

from ..audience import is_for_machines
from ..check_document import check_file, check_number
from ..errors import MalformedRequest, RouteNotFound
from ..languages import language_of
from ..present.verdict import verdict_view
from ..problem_table import BY_SLUG, problem_of
from ..problems import as_own_error, problem_headers
from ..read_body import media_type
from ..state import COUNTED_CHECK, Given
from ..verification import method_of
from .page import DOCS_POLICY, page
from .refused_sign_in import is_for_experts, language_path, way_on
from .session import Visitor, refuse_other_sites

router = APIRouter(include_in_schema=False)

_MAX_TYPED_CHARACTERS = 100


@router.get("/")
async def start(request: Request, services: Given, visitor: Visitor) -> Response:
    if sign_in_issuers(services.issuers):
        return page(request, "start.html", account=visitor)
    return page(request, "start.html")


@router.get("/v")
async def open_check(request: Request) -> Response:
    """The page that a document's QR code opens; the code's digits stay behind the `#`, in the browser."""
    return page(request, "verify/check.html", verdict=None)


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
    return page(request, "verify/check.html", verdict=view)


@router.get("/problems")
async def list_problems(request: Request) -> Response:
    return page(request, "problems.html", problems=sorted(BY_SLUG.values(), key=lambda one: one.slug), only=None)


@router.get("/problems/{slug}")
async def show_problem(request: Request, slug: str) -> Response:
    """What stands behind the `type` of a problem document."""
    if slug not in BY_SLUG:
        raise RouteNotFound
    return page(request, "problems.html", problems=[BY_SLUG[slug]], only=slug)


@router.get("/docs")
async def docs(request: Request) -> Response:
    """The interface to try the API in, all from this host."""
    response = page(request, "docs.html", policy=DOCS_POLICY)
    response.headers["Content-Language"] = "en"
    return response


def wants_page(request: Request) -> bool:
    """Whether a person looks at the answer: no address of the API, asked by something that reads HTML."""
    return not is_for_machines(request.url.path) and "text/html" in request.headers.get("accept", "")


def problem_page(request: Request, error: Exception) -> Response:
    """A refusal as a page, where there are forms with them to try again."""
    own = as_own_error(error, request)
    kind = problem_of(own)
    template = "verify/check.html" if request.url.path == "/v" else "refused.html"
    values: dict[str, Any] = {"verdict": None, "problem": kind}
    if template == "refused.html":
        values |= {"spoken_at": language_path(request)}
        values |= {"way_on": way_on(request, own), "unexplained": is_for_experts(request, own)}
        values |= {"has_low_level": isinstance(own, LevelTooLow)}
    response = page(request, template, status=kind.status, **values)
    response.headers.update(problem_headers(own, kind))
    return response


def _typed(value: object) -> str:
    return value[: _MAX_TYPED_CHARACTERS + 1] if isinstance(value, str) else ""
