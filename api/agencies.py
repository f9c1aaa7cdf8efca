"""The routes of agencies' machines: where the unit's applications stand, and nothing about the people who asked."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from issuance.agency import follow, look_up

from . import examples
from .authentication import AgencyUnit
from .documented import SIGNED_IN, answers
from .json_answer import json_answer
from .languages import language_of
from .parameters import Code, Cursor, PageSize
from .present.agency import AgencyPage, AgencyView, agency_page, agency_view
from .state import Given

router = APIRouter(prefix="/v1/agency", tags=["agencies"])


@router.get(
    "/applications",
    summary="The unit's applications",
    response_model=AgencyPage,
    responses=answers(examples.AGENCY_PAGE, *SIGNED_IN, 422),
)
async def list_unit(
    request: Request, services: Given, unit: AgencyUnit, limit: PageSize = 20, cursor: Cursor = None
) -> Response:
    """Newest first, of any state; follow `next` until it is null. The unit is that of the machine's registration."""
    page = await services.runner.run(lambda records: follow(records, unit, cursor, limit))
    language = language_of(request.scope)
    return json_answer(agency_page(page, limit, language), language)


@router.get(
    "/applications/{code}",
    summary="One of the unit's applications",
    response_model=AgencyView,
    responses=answers(examples.AGENCY, *SIGNED_IN, 404, 422),
)
async def show_to_agency(request: Request, services: Given, unit: AgencyUnit, code: Code) -> Response:
    """Its state, its promised day and whether its fee is settled. Another unit's is as unknown as none at all."""
    language = language_of(request.scope)
    application = await services.runner.run(lambda records: look_up(records, unit, code))
    return json_answer(agency_view(application, language), language)
