"""Published procedures, for everybody: which steps a request goes through, who takes them, and by when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from issuance.documents.catalogue import DocumentType
from issuance.fees.facts import vietnam_day
from issuance.procedure.published import Published, PublishedProcedure
from issuance.procedure.time_sums import limit_in_words

from ...languages import Language, language_of
from ...parameters import ProcedureId, ProcedureVersion
from ...present.procedure import ProcedureView, procedure_view
from ...state import Given, shared_of
from ..page import page
from ..session import Visitor

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class _Service:
    """A document with the procedures that new applications begin with: the one for any unit, then units' own."""

    name: str
    promised_within: str
    procedures: Sequence[ProcedureView]


@router.get("/procedures")
async def list_procedures(request: Request, services: Given, visitor: Visitor) -> Response:
    shared_of(request).quotes.take(request)
    language, today = language_of(request.scope), vietnam_day(services.clock())
    published = await services.runner.run(lambda records: records.procedures.published())
    offered = [
        _service(published, one, today, language)
        for one in services.rules.catalogue
        if one.in_force is not None and one.in_force.covers(today)
    ]
    return page(request, "statistics/procedures.html", account=visitor, services=offered)


@router.get("/procedures/{procedure_id}/{version}")
async def show_procedure(
    request: Request, services: Given, visitor: Visitor, procedure_id: ProcedureId, version: ProcedureVersion
) -> Response:
    """One version, also of yesterday: an application goes on with the version it began with."""
    shared_of(request).quotes.take(request)
    language, today = language_of(request.scope), vietnam_day(services.clock())
    published = await services.runner.run(lambda records: records.procedures.published())
    wanted = published.book.version(procedure_id, version)
    row = next(row for row in published.rows if row.procedure.digest == wanted.digest)
    view = procedure_view(published, row, today, language)
    step_names = {step["id"]: step["name"] for step in view["steps"]}
    types = [services.rules.catalogue.get(type_id).name.in_language(language) for type_id in view["document_types"]]
    return page(
        request, "statistics/procedure.html", account=visitor, procedure=view, step_names=step_names, types=types
    )


def _service(published: Published, one: DocumentType, today: date, language: Language) -> _Service:
    rows = [row for row in published.rows if _begins_today(published, row, one.id, today)]
    rows.sort(key=lambda row: (row.procedure.document.units is not None, row.procedure.id))
    return _Service(
        name=one.name.in_language(language),
        promised_within=limit_in_words(one.time_limit).in_language(language),
        procedures=[procedure_view(published, row, today, language) for row in rows],
    )


def _begins_today(published: Published, row: PublishedProcedure, type_id: str, today: date) -> bool:
    """Whether new applications begin with it: a version may be published and have none of its days left."""
    days = published.days_of(row.procedure.digest)
    return type_id in row.procedure.document.document_types and days is not None and days.cover(today)
