"""How units keep their promises, for everybody: a page, and the same figures as a file."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from issuance.fees.facts import vietnam_day
from issuance.fees.wording import number_in_figures
from issuance.statistics.quarter import Quarter, quarter_named, quarter_of, told_quarters

from ...errors import RouteNotFound
from ...languages import Language, language_of
from ...present.punctuality import PunctualityView, punctuality_view
from ...present.statistics import decimal
from ...state import Given, shared_of
from ..page import page
from ..plots import Number, Plot, Series, csv_file
from ..session import Visitor
from ..texts import translate

router = APIRouter(include_in_schema=False)


@router.get("/punctuality")
async def show_punctuality(request: Request, services: Given, visitor: Visitor) -> Response:
    """Of the quarter that is asked for; where there is no such one, of the one that runs, and it says so."""
    today, language = vietnam_day(services.clock()), language_of(request.scope)
    asked = _asked(request, today)
    view = await _read(request, asked or quarter_of(today), today, language)
    return page(
        request,
        "statistics/punctuality.html",
        account=visitor,
        view=view,
        quarters=told_quarters(today),
        is_refused=asked is None,
        shares=_plot(view, language),
        few=[unit for unit in view["units"] if unit["on_time"] is None],
        decimal=decimal,
    )


@router.get("/punctuality.csv")
async def download_punctuality(request: Request, services: Given) -> Response:
    """Raises RouteNotFound for a quarter that is not told."""
    today, language = vietnam_day(services.clock()), language_of(request.scope)
    asked = _asked(request, today)
    if asked is None:
        raise RouteNotFound
    return csv_file(_plot(await _read(request, asked, today, language), language))


def _asked(request: Request, today: date) -> Quarter | None:
    """The one that runs where none is named; None for one that is not told."""
    named = request.query_params.get("quarter")
    if named is None:
        return quarter_of(today)
    quarter = quarter_named(named)
    return quarter if quarter in told_quarters(today) else None


async def _read(request: Request, quarter: Quarter, today: date, language: Language) -> PunctualityView:
    shared = shared_of(request)
    shared.quotes.take(request)
    return punctuality_view(await shared.punctuality.of(quarter), today, language)


def _plot(view: PunctualityView, language: Language) -> Plot:
    told = [(unit["name"], unit) for unit in view["units"] if unit["on_time"] is not None]
    shares = [(name, unit["settled"], unit["on_time"], unit["on_time_per_cent"]) for name, unit in told]
    together = view["together"]
    if together is not None and together["on_time"] is not None and told:
        name = translate("All other units together", language)
        shares.append((name, together["settled"], together["on_time"], together["on_time_per_cent"]))

    def share(value: Number) -> str:
        return f"{decimal(f'{value:.1f}', language)} %"

    def count(value: Number) -> str:
        return number_in_figures(int(value), language)

    return Plot(
        id="punctuality",
        kind="rows",
        title=translate("Settled on time, by unit", language),
        axis=translate("Unit", language),
        places=tuple(name for name, *_ in shares),
        series=(Series(translate("On time (%)", language), tuple(float(one or 0) for *_, one in shares), share),),
        columns=(
            Series(translate("On time", language), tuple(one for _, _, one, _ in shares), count),
            Series(translate("Settled", language), tuple(one for _, one, _, _ in shares), count),
        ),
        figure=share,
        csv=f"/punctuality.csv?quarter={view['quarter']}",
    )
