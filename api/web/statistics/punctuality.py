"""How units keep their promises, for everybody: a page, and the same figures as a file."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from issuance.fees.facts import vietnam_day
from issuance.statistics.ask import ask_punctuality

from ...languages import Language, language_of
from ...present.statistics import PunctualityView, decimal, punctuality_view
from ...services import Services
from ...state import Given, shared_of
from ..page import page
from ..plots import Number, Plot, Series, csv_file
from ..session import Visitor
from ..texts import translate
from .periods import PERIODS, Period, period_of, usual_period

router = APIRouter(include_in_schema=False)


@router.get("/punctuality")
async def show_punctuality(request: Request, services: Given, visitor: Visitor) -> Response:
    """Of the period that is asked for; where there is no such one, of the usual one, and it says so."""
    shared_of(request).quotes.take(request)
    today, language = vietnam_day(services.clock()), language_of(request.scope)
    asked = period_of(request.query_params, today)
    period = asked or usual_period(today)
    view = await _read(services, period, language)
    return page(
        request,
        "statistics/punctuality.html",
        account=visitor,
        view=view,
        period=period,
        periods=PERIODS,
        is_refused=asked is None,
        shares=_plot(view, period, language),
        decimal=decimal,
    )


@router.get("/punctuality.csv")
async def download_punctuality(request: Request, services: Given) -> Response:
    shared_of(request).quotes.take(request)
    language = language_of(request.scope)
    today = vietnam_day(services.clock())
    period = period_of(request.query_params, today) or usual_period(today)
    return csv_file(_plot(await _read(services, period, language), period, language))


async def _read(services: Services, period: Period, language: Language) -> PunctualityView:
    at = services.clock()
    found = await services.runner.run(lambda records: ask_punctuality(records, period.first, period.last, at))
    return punctuality_view(found, period.first, period.last, language)


def _plot(view: PunctualityView, period: Period, language: Language) -> Plot:
    told = [unit for unit in view["units"] if unit["on_time_per_cent"] is not None]

    def share(value: Number) -> str:
        return f"{decimal(f'{value:g}', language)} %"

    return Plot(
        id="punctuality",
        kind="rows",
        title=translate("Settled on time, by unit", language),
        axis=translate("Unit", language),
        places=tuple(f"{unit['name']} ({unit['on_time']}/{unit['settled']})" for unit in told),
        series=(Series(translate("On time", language), tuple(float(unit["on_time_per_cent"] or 0) for unit in told)),),
        figure=share,
        csv=f"/punctuality.csv?from={period.first}&until={period.last}",
    )
