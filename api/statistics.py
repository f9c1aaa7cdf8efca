"""How the agency keeps its promises, for officials: own unit and those below, operators all."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from issuance.statistics.ask import Asked, ask_statistics

from . import examples
from .authentication import Official
from .documented import SIGNED_IN, answers
from .errors import InvalidRequest
from .json_answer import json_answer
from .languages import language_of
from .negotiation import preferred_type
from .parameters import writable
from .present.statistics import StatisticsView, statistics_csv, statistics_view
from .state import Given

router = APIRouter(prefix="/v1", tags=["officials"])

MAX_DAYS = 1_830
_CSV = "text/csv"
_Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2999, 12, 31))]
_Word = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(writable)]
_ANSWERS = answers(examples.STATISTICS, *SIGNED_IN, 404, 422)
_ANSWERS[200]["content"][_CSV] = {"schema": {"type": "string"}}


class AskedStatistics(BaseModel):
    """What the address says. Unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    first: Annotated[_Day, Field(alias="from", description="The first day, in Vietnam.")]
    until: Annotated[_Day, Field(description="The last day, included; five years after the first at the latest.")]
    unit: Annotated[_Word | None, Field(description="A unit's code; with those below it.")] = None
    type: Annotated[_Word | None, Field(description="A type of /v1/services.")] = None
    by: Annotated[Literal["unit", "type", "week", "step"] | None, Field(description="How the total is divided.")] = None


@router.get(
    "/statistics",
    summary="Received, settled, on time",
    response_model=StatisticsView,
    responses=_ANSWERS,
)
async def show_statistics(
    request: Request, services: Given, official: Official, asked: Annotated[AskedStatistics, Query()]
) -> Response:
    """Caseworkers and heads see their unit and those below it, operators all; JSON, or CSV for spreadsheets (`Accept`).

    A unit out of sight is as unknown as none at all.
    """
    days = (asked.until - asked.first).days
    if not 0 <= days < MAX_DAYS:
        raise InvalidRequest([("/query/until", "too_small" if days < 0 else "too_big")])
    form = preferred_type(request.headers.get("accept"), ("application/json", _CSV)) or "application/json"
    question = Asked(
        first=asked.first,
        last=asked.until,
        unit=asked.unit,
        type_id=asked.type,
        by=() if asked.by is None or asked.by == "step" else (asked.by,),
        by_step=asked.by == "step",
    )
    at, language = services.clock(), language_of(request.scope)
    report = await services.runner.run(lambda records: ask_statistics(records, official, question, at))
    view = statistics_view(report, asked.by, services.rules.catalogue, language)
    if form == _CSV:
        name = f"thong-ke-{asked.first}-{asked.until}.csv"
        headers = {"Content-Language": language, "Content-Disposition": f'attachment; filename="{name}"'}
        return Response(statistics_csv(view, language), media_type=_CSV, headers=headers)
    return json_answer(view, language)
