"""Plots as shapes: what the macro `plot` of parts/plots.html draws, with the table and the CSV of the same figures.

    plot = Plot(
        id="months", kind="stacked", title=translate("Money by month", language), axis=translate("Month", language),
        places=("04/2026", "05/2026"), series=(Series("City", (200_000, 0)), Series("Citizens", (0, 170_000))),
        figure=lambda figure: amount_in_figures(int(figure), language), tick=short_figures(language), csv="….csv",
    )

    {% from "parts/plots.html" import plot %}{{ plot(view.plot) }}   and   return csv_file(view.plot)

The page links /static/plots.css. Places across are shares of the width, so that the text stays readable on a phone and
no style stands in the page; heights are pixels.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from starlette.responses import Response

from ..languages import Language
from ..present.statistics import harmless

Number = int | float
Kind = Literal["bars", "stacked", "histogram", "lines", "dots", "rows", "stacked_rows"]
"""bars, stacked: upright ones, series beside or upon each other. histogram: without gaps, of one series. lines: points
joined in order, from zero on. dots: the only kind whose axis need not start at zero. rows, stacked_rows: lying bars
with their text above, for names that are long."""

HEIGHT, _TOP, _BOTTOM = 220, 18, 26
_TICKS = 4
_BAND = 0.76
_NARROW, _WIDE, _LETTER = 240, 440, 8
"""Widths in pixels of a phone's and of half a desk's plot, beside the axis, and of a letter below it."""


@dataclass(frozen=True, slots=True)
class Series:
    """One figure for each place; None where there is none. figure: where it is written unlike the plot's others."""

    name: str
    values: tuple[Number | None, ...]
    figure: Callable[[Number], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Texts are in the reader's language. id: for this page's own links. axis: what the places are, heads their column.

    figure: how a value is written, with its unit; tick: shorter, at the axis. csv: the address of the same figures.
    about: a sentence below the title. columns: more columns for table and CSV, which the plot does not draw; beside
    stacked rows they are written too.
    up_to: the axis of an upright plot reaches at least there, so that two plots side by side have one scale.
    Raises ValueError where a series has not one value for each place.
    """

    id: str
    kind: Kind
    title: str
    axis: str
    places: tuple[str, ...]
    series: tuple[Series, ...]
    figure: Callable[[Number], str]
    csv: str
    tick: Callable[[Number], str] | None = None
    about: str = ""
    columns: tuple[Series, ...] = ()
    up_to: Number = 0

    def __post_init__(self) -> None:
        if any(len(one.values) != len(self.places) for one in (*self.series, *self.columns)):
            raise ValueError("a series needs one value for each place")
        if self.kind == "histogram" and len(self.series) != 1:
            raise ValueError("a histogram has one series")

    @property
    def is_empty(self) -> bool:
        return not self.places or all(value is None for one in self.series for value in one.values)

    @property
    def drawing(self) -> Drawing:
        return draw(self)

    @property
    def table(self) -> Iterator[tuple[str, list[str]]]:
        """Each place with its figures as they are written; an en dash where there is none."""
        shown = (*self.series, *self.columns)
        for index, place in enumerate(self.places):
            values = ((one.values[index], one.figure or self.figure) for one in shown)
            yield place, ["–" if value is None else figure(value) for value, figure in values]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """x, width: per cent of the plot's width; y, height: pixels. series: 1, 2, …, its colour."""

    series: int
    x: str
    y: str
    width: str
    height: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    series: int
    x: str
    y: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    series: int
    x1: str
    y1: str
    x2: str
    y2: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across at a round value."""

    y: str
    text: str
    is_zero: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A name below the plot; those that would touch their neighbours are left out, on phones more of them."""

    x: str
    text: str
    on_phones: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A lying bar for each series, or the parts of one. figures: what stands beside it, as series, name and text; those
    of columns have the number 0."""

    name: str
    bars: Sequence[Bar]
    figures: Sequence[tuple[int, str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """height: of the whole picture in pixels. baseline: where bars stand."""

    height: int
    baseline: str = "0"
    bars: Sequence[Bar] = ()
    dots: Sequence[Dot] = ()
    lines: Sequence[Line] = ()
    ticks: Sequence[Tick] = ()
    places: Sequence[Place] = ()
    rows: Sequence[Row] = ()


@dataclass(frozen=True, slots=True)
class _Scale:
    low: Number
    high: Number
    ticks: Sequence[Number] = field(default=())

    def y(self, value: Number) -> float:
        return _TOP + (self.high - value) / (self.high - self.low) * HEIGHT


def draw(plot: Plot) -> Drawing:
    """The shapes of a plot; of one without places, none."""
    if plot.is_empty:
        return Drawing(height=0)
    if plot.kind in ("rows", "stacked_rows"):
        return Drawing(height=0, rows=[*_rows(plot)])
    scale = _scale(plot)
    tick = plot.tick or plot.figure
    upright = plot.kind in ("bars", "stacked", "histogram")
    return Drawing(
        height=_TOP + HEIGHT + _BOTTOM,
        baseline=_px(scale.y(max(0, scale.low))),
        bars=[*_bars(plot, scale)] if upright else (),
        dots=() if upright else [*_dots(plot, scale)],
        lines=[*_lines(plot, scale)] if plot.kind == "lines" else (),
        ticks=[Tick(_px(scale.y(value)), tick(value), value == 0) for value in scale.ticks],
        places=[*_places(plot)],
    )


def round_steps(low: Number, high: Number, wanted: int = _TICKS, *, whole: bool = False) -> list[Number]:
    """Values from at most `low` to at least `high` in steps of 1, 2 or 5 times a power of ten; whole: of at least 1."""
    span = (high - low) or 1
    rough = span / wanted
    power = 10 ** math.floor(math.log10(rough))
    step: Number = next(part * power for part in (1, 2, 5, 10) if part * power >= rough)
    if step >= 1 or whole:
        step = max(1, round(step))
    first, last = math.floor(low / step), math.ceil(high / step)
    # Rounded: three steps of 0.1 are no 0.30000000000000004.
    return [round(index * step, 10) for index in range(first, last + 1)]


def short_figures(language: Language) -> Callable[[Number], str]:
    """`1,5 tỷ`, `200 triệu`, `50 nghìn`; `1.5 bn`, `200 m`, `50 k`: for axes, where there is little room."""
    names = ("tỷ", "triệu", "nghìn") if language == "vi" else ("bn", "m", "k")

    def short(value: Number) -> str:
        size, name = next(
            (pair for pair in zip((10**9, 10**6, 10**3), names, strict=True) if abs(value) >= pair[0]), (1, "")
        )
        text = f"{value / size:.2f}".rstrip("0").rstrip(".")
        return f"{text.replace('.', ',') if language == 'vi' else text} {name}".rstrip()

    return short


def csv_of(plot: Plot) -> bytes:
    """Numbers as they are, texts as they are shown. With a byte order mark: else Excel reads Vietnamese wrongly."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\r\n")
    shown = (*plot.series, *plot.columns)
    rows.writerow([harmless(text) for text in (plot.axis, *(one.name for one in shown))])
    for index, place in enumerate(plot.places):
        values = (one.values[index] for one in shown)
        rows.writerow([harmless(place), *("" if value is None else value for value in values)])
    return written.getvalue().encode("utf-8-sig")


def csv_file(plot: Plot) -> Response:
    """To be kept under the plot's id."""
    named = {"Content-Disposition": f'attachment; filename="{plot.id}.csv"', "Cache-Control": "no-store"}
    return Response(csv_of(plot), media_type="text/csv; charset=utf-8", headers=named)


def _scale(plot: Plot) -> _Scale:
    if plot.kind == "stacked":
        columns = [[one.values[index] or 0 for one in plot.series] for index in range(len(plot.places))]
        ends = [sum(value for value in column if value > 0) for column in columns]
        ends += [sum(value for value in column if value < 0) for column in columns]
    else:
        ends = [value for one in plot.series for value in one.values if value is not None]
    low, high = min(ends), max(ends)
    if plot.kind != "dots":
        low, high = min(low, 0), max(high, 0, plot.up_to)
    # Between two applications there is no half of one.
    steps = round_steps(low, high, whole=all(isinstance(value, int) for value in ends))
    if len(steps) == 1:
        steps.append(steps[0] + 1)
    return _Scale(steps[0], steps[-1], steps)


def _bars(plot: Plot, scale: _Scale) -> Iterator[Bar]:
    band = 100 / len(plot.places)
    filled = band * (0.98 if plot.kind == "histogram" else _BAND)
    beside = 1 if plot.kind == "stacked" else len(plot.series)
    for index, place in enumerate(plot.places):
        left = band * index + (band - filled) / 2
        above = below = 0.0
        for number, one in enumerate(plot.series):
            value = one.values[index]
            if value is None or value == 0:
                continue
            start = 0.0
            if plot.kind == "stacked":
                start = above if value > 0 else below
                above, below = (above + value, below) if value > 0 else (above, below + value)
            top, bottom = sorted((scale.y(start), scale.y(start + value)))
            yield Bar(
                series=number + 1,
                x=_share(left + (0 if plot.kind == "stacked" else filled / beside * number)),
                width=_share(filled / beside),
                y=_px(top),
                height=_px(max(bottom - top, 1)),
                text=_told(plot, place, one, value),
            )


def _dots(plot: Plot, scale: _Scale) -> Iterator[Dot]:
    for index, place in enumerate(plot.places):
        for number, one in enumerate(plot.series):
            value = one.values[index]
            if value is not None:
                text = _told(plot, place, one, value)
                yield Dot(series=number + 1, x=_middle(plot, index), y=_px(scale.y(value)), text=text)


def _lines(plot: Plot, scale: _Scale) -> Iterator[Line]:
    """Between neighbours that both have a value: where none is known, the line breaks off."""
    for number, one in enumerate(plot.series):
        for index, (was, now) in enumerate(zip(one.values, one.values[1:], strict=False)):
            if was is not None and now is not None:
                yield Line(
                    series=number + 1,
                    x1=_middle(plot, index),
                    y1=_px(scale.y(was)),
                    x2=_middle(plot, index + 1),
                    y2=_px(scale.y(now)),
                )


def _rows(plot: Plot) -> Iterator[Row]:
    is_stacked = plot.kind == "stacked_rows"
    sums = [[one.values[index] or 0 for one in plot.series] for index in range(len(plot.places))]
    longest = max((abs(sum(row)) if is_stacked else max(map(abs, row))) for row in sums) or 1
    for index, place in enumerate(plot.places):
        bars, figures, done = [], [], 0.0
        for number, one in enumerate(plot.series):
            value = one.values[index]
            text = "–" if value is None else plot.figure(value)
            figures.append((number + 1, one.name, text))
            share = abs(value or 0) / longest * 100
            bars.append(
                Bar(
                    series=number + 1,
                    x=_share(done),
                    y="0",
                    width=_share(share),
                    height="14",
                    text=_told(plot, place, one, value or 0),
                )
            )
            done += share if is_stacked else 0
        for one in plot.columns if is_stacked else ():
            value = one.values[index]
            figures.append((0, one.name, "–" if value is None else (one.figure or plot.figure)(value)))
        yield Row(place, bars, figures)


def _places(plot: Plot) -> Iterator[Place]:
    longest = max(map(len, plot.places)) * _LETTER + 8
    wide = max(1, math.ceil(len(plot.places) * longest / _WIDE))
    # A multiple of the wide one, so that phones leave out more of the same.
    narrow = wide * max(1, math.ceil(len(plot.places) * longest / _NARROW / wide))
    for index in range(0, len(plot.places), wide):
        yield Place(_middle(plot, index), plot.places[index], index % narrow == 0)


def _told(plot: Plot, place: str, one: Series, value: Number) -> str:
    return f"{place} · {one.name}: {plot.figure(value)}" if len(plot.series) > 1 else f"{place}: {plot.figure(value)}"


def _middle(plot: Plot, index: int) -> str:
    return _share(100 / len(plot.places) * (index + 0.5))


def _share(per_cent: float) -> str:
    return f"{round(per_cent, 3):g}%"


def _px(pixels: float) -> str:
    return f"{round(pixels, 1):g}"
