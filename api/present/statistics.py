"""Statistics for programs, for pages and for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Literal

from typing_extensions import TypedDict

from issuance.agencies.tree import UnitTree
from issuance.application import ApplicationState
from issuance.documents.catalogue import Catalogue
from issuance.errors import UnknownUnit
from issuance.feedback.survey_book import SCORES, SurveySummary
from issuance.fees.wording import Label
from issuance.statistics.ask import Report
from issuance.statistics.counts import EARLIER, By, Counts, StepCounts

from ..languages import Language
from .standing import STATE_NAMES


class FiguresView(TypedDict):
    """Of applications. `open` when the period ended; `overdue`: of these, late now. `on_time` and `late` are of the
    `settled`; `on_time_per_cent` has one decimal, is rounded down and null where nothing was settled."""

    received: int
    settled: int
    on_time: int
    late: int
    on_time_per_cent: str | None
    refused: int
    stopped: int
    withdrawn: int
    open: int
    overdue: int
    apologies: int


class GroupView(TypedDict):
    """One unit, type or ISO week; all groups add up to the total. `earlier`: open, and from before the period."""

    key: str
    name: str
    figures: FiguresView


class StepFiguresView(TypedDict):
    """Of visits to a step. `left_on_time`, `left_late`: by its time limit or after it; `overdue`: of the open, late
    now. `mean_minutes`: that one took which was left, by the clock on the wall; null without any."""

    visits: int
    left_on_time: int
    left_late: int
    open: int
    overdue: int
    mean_minutes: int | None


class StepView(TypedDict):
    """One step of one procedure; all steps add up to the total."""

    procedure: str
    procedure_name: str
    step: str
    step_name: str
    figures: StepFiguresView


class AspectView(TypedDict):
    """How many said that it was good, and how many that it was not."""

    yes: int
    no: int


class SurveyView(TypedDict):
    """What people said after they had their result, in the ISO weeks that the period touches; `mean` of the scores from
    1 to 5, with two decimals. Of fewer than five answers nothing is told but how many. `comments`: up to 100, in no
    order."""

    answers: int
    mean: str | None
    scores: dict[str, int]
    aspects: dict[str, AspectView]
    comments: list[str]


class WaivedView(TypedDict):
    """What one budget was asked to pay; `budget` is empty for what an act takes off without a budget that pays it."""

    budget: str
    name: str
    amount_vnd: int
    applications: int


class WaivedMonthView(TypedDict):
    """Of applications submitted in a month and not withdrawn; `not_known`: how many of an earlier release are not in
    the sums."""

    month: str
    sums: list[WaivedView]
    not_known: int


class WaitingStateView(TypedDict):
    """How many applications are in a state at this moment, whenever they came."""

    state: str
    state_name: str
    number: int


class StatisticsView(TypedDict):
    """Days are Vietnam's, both included. `unit`: with those below it; null for all that the official may see.

    `groups` has something with `by=unit`, `type` or `week`; `steps` and `steps_total` with `by=step`. An application
    counts at the unit that has it now.
    """

    first_day: str
    last_day: str
    at: str
    unit: str | None
    type: str | None
    by: str | None
    total: FiguresView
    groups: list[GroupView]
    steps: list[StepView]
    steps_total: StepFiguresView | None
    waived: list[WaivedMonthView]
    waiting: list[WaitingStateView]
    survey: SurveyView


_COLUMNS = {
    "received": Label("Tiếp nhận", "Received"),
    "settled": Label("Đã giải quyết", "Settled"),
    "on_time": Label("Đúng hạn", "On time"),
    "late": Label("Quá hạn", "Late"),
    "on_time_per_cent": Label("Tỷ lệ đúng hạn (%)", "On time (%)"),
    "refused": Label("Từ chối", "Refused"),
    "stopped": Label("Dừng xử lý", "Stopped"),
    "withdrawn": Label("Người nộp rút", "Withdrawn"),
    "open": Label("Chưa giải quyết xong", "Open"),
    "overdue": Label("Đang quá hạn", "Overdue now"),
    "apologies": Label("Thư xin lỗi", "Letters of apology"),
}
_STEP_COLUMNS = {
    "visits": Label("Lượt xử lý", "Visits"),
    "left_on_time": Label("Xong đúng hạn", "Left on time"),
    "left_late": Label("Xong quá hạn", "Left late"),
    "open": Label("Đang xử lý", "Open"),
    "overdue": Label("Đang quá hạn", "Overdue now"),
    "mean_minutes": Label("Trung bình (phút)", "Mean (minutes)"),
}
_BY_LAW = Label("miễn, giảm theo luật", "exempt or reduced by law")
_KEY, _NAME, _TOTAL = Label("Mã", "Key"), Label("Tên", "Name"), Label("Tổng cộng", "Total")
_PROCEDURE, _STEP = Label("Quy trình", "Procedure"), Label("Bước", "Step")
_EARLIER = Label("Trước kỳ báo cáo", "Before the period")
_STARTS_A_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20\t\r\n")
"""Also in the full width of East Asian letters, which some spreadsheets take for the same."""
BYTE_ORDER_MARK = "\ufeff"


def statistics_view(
    report: Report, by: By | Literal["step"] | None, catalogue: Catalogue, language: Language
) -> StatisticsView:
    """by: which of the ways that the report was asked for the view shows."""
    asked = report.asked
    return {
        "first_day": asked.first.isoformat(),
        "last_day": asked.last.isoformat(),
        "at": report.at.isoformat(),
        "unit": asked.unit,
        "type": asked.type_id,
        "by": by,
        "total": _figures(report.total),
        "groups": [] if by is None or by == "step" else _groups(report, by, catalogue, language),
        "steps": [
            {
                "procedure": procedure,
                "procedure_name": report.procedure_names.get(procedure, Label(procedure, procedure)).in_language(
                    language
                ),
                "step": step,
                "step_name": report.step_names.get((procedure, step), Label(step, step)).in_language(language),
                "figures": _step_figures(counts),
            }
            for (procedure, step), counts in (report.steps.items() if by == "step" else ())
        ],
        "steps_total": _step_figures(report.steps_total) if by == "step" else None,
        "waived": [
            {
                "month": month,
                "sums": [
                    {
                        "budget": one.budget,
                        "name": _budget_name(report, one.budget, language),
                        "amount_vnd": one.amount,
                        "applications": one.applications,
                    }
                    for one in sums.sums
                ],
                "not_known": sums.not_known,
            }
            for month, sums in report.waived.items()
        ],
        "waiting": [
            {
                "state": state.value,
                "state_name": STATE_NAMES[state].in_language(language),
                "number": report.waiting[state],
            }
            for state in ApplicationState
            if state in report.waiting
        ],
        "survey": _survey(report.survey),
    }


def _groups(report: Report, by: By, catalogue: Catalogue, language: Language) -> list[GroupView]:
    return [
        {"key": key, "name": _name(report, by, key, catalogue, language), "figures": _figures(counts)}
        for key, counts in report.groups[by].items()
    ]


def per_cent(counts: Counts) -> str | None:
    """With one decimal, rounded down; None where nothing was settled."""
    share = counts.on_time_per_mille
    return None if share is None else f"{share // 10}.{share % 10}"


def statistics_csv(view: StatisticsView, language: Language) -> str:
    """The same for a spreadsheet: a line for each group or step, the total last. The mark at the beginning makes
    spreadsheets read Vietnamese letters; what would start a formula is made a text."""
    columns = _COLUMNS if view["steps_total"] is None else _STEP_COLUMNS
    first = (_KEY, _NAME) if view["steps_total"] is None else (_PROCEDURE, _STEP)
    lines: list[Sequence[object]] = [[one.in_language(language) for one in (*first, *columns.values())]]
    total = _TOTAL.in_language(language)
    if view["steps_total"] is None:
        rows = [(group["key"], group["name"], group["figures"]) for group in view["groups"]]
        lines += [[key, name, *_cells(figures, language)] for key, name, figures in rows]
        lines.append(["", total, *_cells(view["total"], language)])
    else:
        lines += [[one["procedure"], one["step"], *_step_cells(one["figures"])] for one in view["steps"]]
        lines.append(["", total, *_step_cells(view["steps_total"])])
    written = io.StringIO()
    csv.writer(written).writerows([[harmless(cell) for cell in line] for line in lines])
    return BYTE_ORDER_MARK + written.getvalue()


def _figures(counts: Counts) -> FiguresView:
    return {
        "received": counts.received,
        "settled": counts.settled,
        "on_time": counts.on_time,
        "late": counts.late,
        "on_time_per_cent": per_cent(counts),
        "refused": counts.refused,
        "stopped": counts.stopped,
        "withdrawn": counts.withdrawn,
        "open": counts.open,
        "overdue": counts.overdue,
        "apologies": counts.apologies,
    }


def _step_figures(counts: StepCounts) -> StepFiguresView:
    seconds = counts.mean_seconds
    return {
        "visits": counts.visits,
        "left_on_time": counts.left_on_time,
        "left_late": counts.left_late,
        "open": counts.open,
        "overdue": counts.overdue,
        "mean_minutes": None if seconds is None else round(seconds / 60),
    }


def _survey(summary: SurveySummary) -> SurveyView:
    mean = summary.mean_hundredths
    return {
        "answers": summary.answers,
        "mean": None if mean is None else f"{mean // 100}.{mean % 100:02}",
        "scores": {str(score): summary.scores.get(score, 0) for score in SCORES} if summary.scores else {},
        "aspects": {name: {"yes": yes, "no": no} for name, (yes, no) in summary.aspects.items()},
        "comments": list(summary.comments),
    }


def _name(report: Report, by: By, key: str, catalogue: Catalogue, language: Language) -> str:
    match by:
        case "unit":
            return unit_name(report.tree, key, report.asked.last, language)
        case "type":
            names = {one.id: one.name.in_language(language) for one in catalogue}
            return names.get(key, key)
        case _:
            return _EARLIER.in_language(language) if key == EARLIER else key


def _budget_name(report: Report, budget: str, language: Language) -> str:
    return (report.budgets.get(budget) or (Label(budget, budget) if budget else _BY_LAW)).in_language(language)


def unit_name(tree: UnitTree, code: str, day: date, language: Language) -> str:
    """As it was called on the last day, or last before."""
    try:
        return tree.on(code, day).name.in_language(language)
    except UnknownUnit:
        past = [unit for unit in tree.rows if unit.code == code and unit.valid_from <= day]
        return past[-1].name.in_language(language) if past else code


def _cells(figures: FiguresView, language: Language) -> list[object]:
    cells: dict[str, object] = {**figures}
    cells["on_time_per_cent"] = decimal(figures["on_time_per_cent"], language)
    return [cells[name] for name in _COLUMNS]


def _step_cells(figures: StepFiguresView) -> list[object]:
    return ["" if figure is None else figure for figure in figures.values()]


def decimal(figure: str | None, language: Language) -> str:
    """With a comma in Vietnamese; empty for what there is not."""
    return "" if figure is None else figure.replace(".", "," if language == "vi" else ".")


def harmless(cell: object) -> object:
    """A text that spreadsheets would run as a formula is kept from it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_STARTS_A_FORMULA) else cell
