"""The units of the administration: open to everybody; the list is brought by an operator."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AfterValidator, Field
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import VerifiedOfficial
from issuance.agencies.carry_over import progress_of
from issuance.agencies.find_units import UnitsWanted, find_units
from issuance.agencies.import_units import demand_operator, import_units
from issuance.agencies.read_units import read_units
from issuance.agencies.tree import UnitTree
from issuance.agencies.unit import UnitKind
from issuance.errors import UnknownUnit
from issuance.fees.facts import vietnam_day

from . import examples
from .authentication import Official
from .check_document import Examinations
from .documented import SIGNED_IN, answers
from .errors import WrongContentType
from .idempotency import Answer, Once, answer_once
from .json_answer import json_answer
from .languages import language_of
from .parameters import PageSize, writable
from .present.units import (
    ImportProgressView,
    UnitHistoryView,
    UnitImportView,
    UnitsView,
    import_path,
    import_view,
    progress_view,
    unit_history_view,
    unit_view,
)
from .read_body import media_type
from .services import Records
from .state import Given, shared_of
from .whole_examples import whole

router = APIRouter(prefix="/v1/units", tags=["units"])

# Twenty thousand rows take half a second to check, on a thread that nothing else waits for.
CHECKS = Examinations(at_once=1, at_most=4, retry_after_seconds=3, of="units")

_CODE = {"max_length": 64, "pattern": "^[0-9A-Za-z][0-9A-Za-z.-]*$"}
_Code = Annotated[str, Path(description="The unit's code.", **_CODE)]
_Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2999, 12, 31))]
_On = Annotated[_Day | None, Query(description="As it is on this day; today where it is left out.")]
_CSV = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {
                "schema": {"type": "string", "description": "The whole list, in UTF-8; see docs/units.md."},
                "example": examples.UNITS_CSV,
            }
        },
    }
}


async def _operator(official: Official) -> VerifiedOfficial:
    demand_operator(official)
    return official


Operator = Annotated[VerifiedOfficial, Depends(_operator)]
"""Before the key of the request, which reads the body: nobody else's megabytes are taken in."""


@router.get("", summary="The units of a day", response_model=UnitsView, responses=answers(examples.UNITS, 422, 429))
async def list_units(
    request: Request,
    services: Given,
    on: _On = None,
    parent: Annotated[str | None, Query(description="Directly below this unit.", **_CODE)] = None,
    kind: Annotated[UnitKind | None, Query(description="Of this kind.")] = None,
    q: Annotated[
        str | None,
        Query(max_length=100, description="Words of the name or the code, with or without signs."),
        AfterValidator(lambda text: text if text is None else writable(text)),
    ] = None,
    limit: PageSize = 20,
    cursor: Annotated[str | None, Query(description="From `next` of the page before.", **_CODE)] = None,
) -> Response:
    """By code. A unit may have ended, or not have begun: the day decides."""
    shared_of(request).quotes.take(request)
    language, day = language_of(request.scope), on or vietnam_day(services.clock())
    wanted = UnitsWanted(on=day, parent=parent, kind=kind, words=q, after=cursor)
    found = await services.runner.run(lambda records: find_units(records.units.tree(), wanted))
    page, more = found[:limit], None
    if len(found) > limit:
        asked = {"on": day, "parent": parent, "kind": kind, "q": q, "limit": limit, "cursor": page[-1].code}
        more = "/v1/units?" + urlencode({name: value for name, value in asked.items() if value is not None})
    view: UnitsView = {"on": day.isoformat(), "units": [unit_view(one, language) for one in page], "next": more}
    return json_answer(view, language)


@router.get(
    "/{code}", summary="A unit", response_model=UnitHistoryView, responses=answers(examples.UNIT, 404, 422, 429)
)
async def show_unit(request: Request, services: Given, code: _Code, on: _On = None) -> Response:
    """All its periods, what stands above it that day, and who answers for it where it has ended."""
    shared_of(request).quotes.take(request)
    language, day = language_of(request.scope), on or vietnam_day(services.clock())
    tree = await services.runner.run(lambda records: records.units.tree())
    if not tree.is_known(code):
        raise UnknownUnit
    return json_answer(unit_history_view(tree, code, day, language), language)


@router.post(
    "/imports",
    summary="Bring the list of units",
    response_model=UnitImportView,
    responses={
        **answers(examples.UNIT_IMPORT, *SIGNED_IN, 409, 413, 415, 422),
        202: {
            "description": "Applications are on their way to other units; `Location` says how far they are.",
            "model": UnitImportView,
            "content": {"application/json": {"example": whole(examples.UNIT_IMPORT)}},
            "headers": {
                "Location": {"description": "Where to ask how far they are.", "schema": {"type": "string"}},
                "Retry-After": {"description": "Ask again after so many seconds.", "schema": {"type": "integer"}},
            },
        },
    },
    openapi_extra=_CSV,
)
async def bring_units(
    request: Request,
    services: Given,
    official: Operator,
    once: Once,
    dry_run: Annotated[bool, Query(description="Show the difference and store nothing.")] = False,
) -> Response:
    """The whole list as CSV: what it leaves out vanishes, where that is allowed. Operators only.

    What has begun is not rewritten: units end, get a successor, or have their names corrected. All problems are told at
    once, by line, or by code and first day.
    """
    if media_type(request) != "text/csv":
        raise WrongContentType
    content = await request.body()
    tree = await CHECKS.run(lambda: UnitTree(read_units(content)))
    at, language = services.clock(), language_of(request.scope)

    def act(records: Records) -> Answer:
        report = import_units(records, tree, official.subject_key, at, dry_run=dry_run)
        headers: dict[str, str] = {"Content-Language": language}
        if report.carry_overs:
            headers |= {"Location": import_path(report), "Retry-After": "5"}
        status = 202 if report.carry_overs else 200
        return Answer(status=status, body={**import_view(report, language, is_preview=dry_run)}, headers=headers)

    return await answer_once(services.runner, official, once, at, act)


@router.get(
    "/imports/{import_id}",
    summary="How far applications have gone over",
    response_model=ImportProgressView,
    responses=answers(examples.UNIT_IMPORT_PROGRESS, *SIGNED_IN, 404, 422),
)
async def show_import(request: Request, services: Given, _: Operator, import_id: UUID) -> Response:
    """Of an import by which units ended with open applications; any other is unknown. Operators only."""
    carried = await services.runner.run(lambda records: progress_of(records, import_id, services.clock()))
    return json_answer(progress_view(str(import_id), carried), language_of(request.scope))
