"""How units keep their promises, open to everybody."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from issuance.fees.facts import vietnam_day
from issuance.statistics.quarter import quarter_named, quarter_of, told_quarters

from . import examples
from .documented import answers
from .errors import InvalidRequest
from .json_answer import public_answer
from .known_punctuality import FRESH_SECONDS
from .languages import language_of
from .present.punctuality import PunctualityView, punctuality_view
from .state import Given, shared_of

router = APIRouter(prefix="/v1", tags=["procedures"])


@router.get(
    "/punctuality",
    summary="How units keep their promises",
    response_model=PunctualityView,
    responses=answers(examples.PUNCTUALITY, 422, 429),
)
async def show_punctuality(
    request: Request,
    services: Given,
    named: Annotated[
        str | None,
        Query(
            alias="quarter",
            pattern=r"^[12][0-9]{3}-Q[1-4]$",
            max_length=7,
            description="Such as `2026-Q3`: the one that runs, which it is by itself, or one of the seven before it.",
        ),
    ] = None,
) -> Response:
    """Of the applications that were settled in a quarter, how many were by the date promised; open to everybody.

    Of fewer than five cases no share is told, nor anything in the same answer that it could be reckoned from. A running
    quarter is told anew each minute: whoever compares its answers sees what was settled in between.
    """
    shared = shared_of(request)
    shared.quotes.take(request)
    language, today = language_of(request.scope), vietnam_day(services.clock())
    quarter = quarter_of(today) if named is None else quarter_named(named)
    if quarter is None or quarter not in told_quarters(today):
        raise InvalidRequest([("/query/quarter", "not_allowed")])
    view = punctuality_view(await shared.punctuality.of(quarter), today, language)
    return public_answer(request, view, language, int(FRESH_SECONDS))
