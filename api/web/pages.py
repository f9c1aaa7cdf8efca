"""The pages that belong to no group: the start, the API's problem types and description, refusals."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from identity.errors import LevelTooLow
from identity.sign_in import sign_in_issuers

from ..audience import is_for_machines
from ..errors import RouteNotFound
from ..languages import language_of
from ..problem_table import BY_SLUG, problem_of
from ..problems import as_own_error, problem_headers
from ..state import Given
from .citizen.at_home import at_home
from .citizen.costs import citizen_of
from .page import DOCS_POLICY, page
from .refused_sign_in import OF_THE_CATALOGUE, is_for_experts, language_path, way_on
from .session import Visitor
from .verify.scanner import scanner_page

router = APIRouter(include_in_schema=False)


@router.get("/")
async def start(request: Request, services: Given, visitor: Visitor) -> Response:
    citizen = citizen_of(visitor)
    if citizen is not None:
        home = await at_home(services, citizen, language_of(request.scope))
        return page(request, "citizen/at_home.html", account=visitor, **home)
    if sign_in_issuers(services.issuers):
        return page(request, "start.html", account=visitor)
    return page(request, "start.html")


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
    if request.url.path == "/v":
        response = scanner_page(request, problem=kind, status=kind.status)
    else:
        values: dict[str, Any] = {"verdict": None, "problem": kind, "spoken_at": language_path(request)}
        values |= {"way_on": way_on(request, own), "unexplained": is_for_experts(request, own)}
        values |= {"has_low_level": isinstance(own, LevelTooLow)}
        values |= {"advice": None if isinstance(own, OF_THE_CATALOGUE) else kind.advice}
        response = page(request, "refused.html", status=kind.status, **values)
    response.headers.update(problem_headers(own, kind))
    return response
