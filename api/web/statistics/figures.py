"""How the agency keeps its promises, for its heads: figures, plots, and each plot's table as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import VerifiedOfficial
from issuance.agencies.tree import UnitTree
from issuance.fees.facts import vietnam_day
from issuance.fees.wording import amount_in_figures, number_in_figures
from issuance.statistics.ask import Asked, Report, ask_statistics
from issuance.statistics.counts import EARLIER, By
from issuance.statistics.units_in_view import units_in_view

from ...errors import RouteNotFound
from ...languages import Language, language_of
from ...present.statistics import FiguresView, GroupView, StatisticsView, decimal, statistics_view
from ...services import Records, Services
from ...state import Given
from ..page import page
from ..plots import Number, Plot, Series, csv_file, short_figures
from ..session import OfficialSignedIn
from ..texts import translate
from .periods import PERIODS, Period, months_of, period_of, usual_period, weeks_of

router = APIRouter(include_in_schema=False)

_MAX_WORD = 64


@dataclass(frozen=True, slots=True)
class _Figures:
    """The total, and the same divided in each way that the page shows."""

    total: StatisticsView
    by_week: StatisticsView
    by_unit: StatisticsView
    by_type: StatisticsView
    by_step: StatisticsView
    units: Sequence[tuple[str, str]]


@router.get("/statistics")
async def show_figures(request: Request, services: Given, signed_in: OfficialSignedIn) -> Response:
    language, chosen = language_of(request.scope), _chosen(request)
    today = vietnam_day(services.clock())
    asked = period_of(request.query_params, today)
    period = asked or usual_period(today)
    figures = await _read(services, signed_in.official, period, chosen, language)
    plots = _plots(figures, period, _address(period, chosen), language)
    return page(
        request,
        "statistics/figures.html",
        account=signed_in.session,
        figures=figures,
        plots=plots,
        period=period,
        periods=PERIODS,
        is_refused=asked is None,
        chosen=chosen,
        types=[(one.id, one.name.in_language(language)) for one in services.rules.catalogue],
        decimal=decimal,
    )


@router.get("/statistics/{plot_id}.csv")
async def download_figures(request: Request, services: Given, signed_in: OfficialSignedIn, plot_id: str) -> Response:
    """Raises RouteNotFound where the page has no such plot."""
    language, chosen = language_of(request.scope), _chosen(request)
    period = period_of(request.query_params, vietnam_day(services.clock()))
    if period is None:
        raise RouteNotFound
    figures = await _read(services, signed_in.official, period, chosen, language)
    for plot in _plots(figures, period, "", language).values():
        if plot.id == plot_id:
            return csv_file(plot)
    raise RouteNotFound


def _chosen(request: Request) -> dict[str, str]:
    """The unit and the type asked for; no more letters than any has."""
    asked = request.query_params
    return {name: asked[name][:_MAX_WORD] for name in ("unit", "type") if asked.get(name)}


def _address(period: Period, chosen: Mapping[str, str]) -> str:
    days = {"from": period.first.isoformat(), "until": period.last.isoformat()}
    return urlencode({**days, **chosen})


async def _read(
    services: Services, official: VerifiedOfficial, period: Period, chosen: Mapping[str, str], language: Language
) -> _Figures:
    """One report, divided in each way. Raises RoleMissing, UnknownUnit."""
    at = services.clock()
    asked = Asked(
        first=period.first,
        last=period.last,
        unit=chosen.get("unit"),
        type_id=chosen.get("type"),
        by=("week", "unit", "type"),
        by_step=True,
    )

    def read(records: Records) -> tuple[Report, Sequence[tuple[str, str]]]:
        report = ask_statistics(records, official, asked, at)
        seen = units_in_view(report.tree, official, None, period.first, period.last)
        return report, _names(report.tree, seen, period.last, language)

    report, units = await services.runner.run(read)

    def view(by: By | Literal["step"] | None) -> StatisticsView:
        return statistics_view(report, by, services.rules.catalogue, language)

    return _Figures(
        total=view(None),
        by_week=view("week"),
        by_unit=view("unit"),
        by_type=view("type"),
        by_step=view("step"),
        units=units,
    )


def _names(tree: UnitTree, codes: frozenset[str] | None, day: date, language: Language) -> list[tuple[str, str]]:
    """Of the units that stand on that day, of those that may be seen."""
    seen = [unit for unit in tree.units_on(day) if codes is None or unit.code in codes]
    return sorted(((unit.code, unit.name.in_language(language)) for unit in seen), key=lambda pair: pair[1])


def _plots(figures: _Figures, period: Period, address: str, language: Language) -> dict[str, Plot]:
    return {
        "weeks": _weeks(figures.by_week["groups"], period, address, language),
        "units": _shares("units", figures.by_unit["groups"], address, language),
        "types": _shares("types", figures.by_type["groups"], address, language),
        "steps": _steps(figures.by_step, address, language),
        "waived": _waived(figures.total, period, address, language),
    }


def _weeks(weeks: Sequence[GroupView], period: Period, address: str, language: Language) -> Plot:
    told = {week["key"]: week["figures"] for week in weeks}
    is_one_year = period.first.year == period.last.year
    shown = [
        (monday.strftime("%d/%m" if is_one_year else "%d/%m/%Y"), told.get(key))
        for key, monday in weeks_of(period.first, period.last)
        if told.keys() - {EARLIER}
    ]

    def counts(figure: Literal["received", "settled", "on_time", "late"]) -> tuple[int, ...]:
        return tuple(0 if figures is None else figures[figure] for _, figures in shown)

    return Plot(
        id="weeks",
        kind="bars",
        title=translate("Week by week", language),
        axis=translate("Week from", language),
        places=tuple(name for name, _ in shown),
        series=(
            Series(translate("Received", language), counts("received")),
            Series(translate("Settled", language), counts("settled")),
            Series(translate("Late", language), counts("late")),
        ),
        columns=(
            Series(translate("On time", language), counts("on_time")),
            _on_time_per_cent([figures for _, figures in shown], language),
        ),
        figure=lambda value: number_in_figures(int(value), language),
        csv=f"/statistics/weeks.csv?{address}",
    )


def _on_time_per_cent(told: Sequence[FiguresView | None], language: Language) -> Series:
    """None where nothing was settled."""
    shares = [None if one is None else one["on_time_per_cent"] for one in told]
    return Series(
        translate("On time (%)", language),
        tuple(None if share is None else float(share) for share in shares),
        lambda value: f"{decimal(f'{value:.1f}', language)} %",
    )


def _shares(plot_id: str, groups: Sequence[GroupView], address: str, language: Language) -> Plot:
    """Also of groups that have settled nothing: what came to them, is open or overdue is told all the same."""
    told = sorted(
        (one for one in groups if any(one["figures"][name] for name in ("received", "settled", "open", "overdue"))),
        key=lambda one: (-one["figures"]["settled"], -one["figures"]["received"]),
    )
    titles = {
        "units": (translate("Settled on time, by unit", language), translate("Unit", language)),
        "types": (translate("Settled on time, by document", language), translate("Document", language)),
    }
    title, axis = titles[plot_id]

    def counts(figure: Literal["received", "settled", "on_time", "late", "open", "overdue"]) -> tuple[int, ...]:
        return tuple(one["figures"][figure] for one in told)

    return Plot(
        id=plot_id,
        kind="stacked_rows",
        title=title,
        axis=axis,
        places=tuple(one["name"] for one in told),
        series=(
            Series(translate("On time", language), counts("on_time")),
            Series(translate("Late", language), counts("late")),
        ),
        columns=(
            _on_time_per_cent([one["figures"] for one in told], language),
            Series(translate("Settled", language), counts("settled")),
            Series(translate("Received", language), counts("received")),
            Series(translate("Open at the end", language), counts("open")),
            Series(translate("Overdue now", language), counts("overdue")),
        ),
        figure=lambda value: number_in_figures(int(value), language),
        csv=f"/statistics/{plot_id}.csv?{address}",
    )


def _steps(view: StatisticsView, address: str, language: Language) -> Plot:
    told = [one for one in view["steps"] if one["figures"]["mean_minutes"] is not None]

    def duration(minutes: Number) -> str:
        if minutes < 60:
            return translate("%(minutes)s min", language) % {"minutes": int(minutes)}
        if minutes < 24 * 60:
            return translate("%(hours)s h", language) % {"hours": decimal(f"{minutes / 60:.1f}", language)}
        return translate("%(days)s days", language) % {"days": decimal(f"{minutes / 60 / 24:.1f}", language)}

    return Plot(
        id="steps",
        kind="rows",
        title=translate("Where the time is spent: mean of each step", language),
        about=translate("By the clock on the wall, with nights, holidays and waiting for the citizen.", language),
        axis=translate("Step", language),
        places=tuple(f"{one['procedure_name']}: {one['step_name']}" for one in told),
        series=(Series(translate("Mean", language), tuple(one["figures"]["mean_minutes"] or 0 for one in told)),),
        figure=duration,
        csv=f"/statistics/steps.csv?{address}",
    )


def _waived(view: StatisticsView, period: Period, address: str, language: Language) -> Plot:
    told = {month["month"]: month["sums"] for month in view["waived"]}
    budgets = {one["budget"]: one["name"] for sums in told.values() for one in sums}
    months = list(months_of(period.first, period.last)) if budgets else []

    def amounts(budget: str) -> tuple[int, ...]:
        return tuple(
            sum(one["amount_vnd"] for one in told.get(month, ()) if one["budget"] == budget) for month in months
        )

    return Plot(
        id="waived",
        kind="stacked",
        title=translate("Waived money by budget and month", language),
        axis=translate("Month", language),
        places=tuple(f"{month[5:]}/{month[:4]}" for month in months),
        series=tuple(Series(name, amounts(budget)) for budget, name in sorted(budgets.items())),
        figure=lambda value: amount_in_figures(int(value), language),
        tick=short_figures(language),
        csv=f"/statistics/waived.csv?{address}",
    )
