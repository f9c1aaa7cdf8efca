"""What plots draw, and that table and CSV say the same figures."""

from __future__ import annotations

import csv
import io
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web.page import _templates
from api.web.plots import HEIGHT, Plot, Series, csv_of, draw, round_steps, short_figures

FIGURES = st.one_of(st.none(), st.integers(-(10**12), 10**12))


def plot(kind: Any = "bars", *series: Series, places: tuple[str, ...] = ("a", "b", "c"), **more: Any) -> Plot:
    values = series or (Series("one", (1, 2, 3)),)
    return Plot(
        **{"id": "p", "title": "T", "axis": "X", "figure": str, "csv": "/p.csv"}
        | more
        | {"kind": kind, "places": places, "series": values}
    )


def per_cent(text: str) -> float:
    assert text.endswith("%")
    return float(text[:-1])


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12))
def test_round_steps_hold_all_values_and_are_few(one: int, other: int) -> None:
    low, high = sorted((one, other))
    steps = round_steps(low, high)
    assert steps[0] <= low
    assert steps[-1] >= high
    assert len(steps) <= 8
    differences = {b - a for a, b in pairwise(steps)}
    assert len(differences) <= 1


@given(st.sampled_from(["bars", "stacked", "lines", "dots"]), st.lists(st.tuples(FIGURES, FIGURES), max_size=30))
def test_nothing_is_drawn_outside(kind: str, values: list[tuple[int | None, int | None]]) -> None:
    shown = plot(
        kind,
        Series("one", tuple(one for one, _ in values)),
        Series("other", tuple(other for _, other in values)),
        places=tuple(str(index) for index in range(len(values))),
    )
    drawing = draw(shown)
    for bar in drawing.bars:
        assert per_cent(bar.x) >= -0.01
        assert per_cent(bar.x) + per_cent(bar.width) <= 100.01
        assert float(bar.height) >= 1
        assert 17 <= float(bar.y) <= 18.1 + HEIGHT
    for dot in drawing.dots:
        assert 0 < per_cent(dot.x) < 100
        assert 17.9 <= float(dot.y) <= 18.1 + HEIGHT
    assert (drawing.height == 0) == shown.is_empty


def test_heights_are_in_proportion_and_stand_on_zero() -> None:
    drawing = draw(plot("bars", Series("one", (100, 200, 0))))
    small, large = drawing.bars
    assert float(large.height) == pytest.approx(2 * float(small.height), abs=0.2)
    for bar in drawing.bars:
        assert float(bar.y) + float(bar.height) == pytest.approx(float(drawing.baseline), abs=0.2)
    assert [tick.text for tick in drawing.ticks if tick.is_zero] == ["0"]


def test_stacked_parts_stand_on_each_other() -> None:
    drawing = draw(plot("stacked", Series("one", (100,)), Series("other", (50,)), places=("a",)))
    lower, upper = drawing.bars
    assert float(upper.y) + float(upper.height) == pytest.approx(float(lower.y), abs=0.2)
    assert lower.x == upper.x


def test_dots_alone_need_not_begin_at_zero() -> None:
    values = Series("one", (1000, 1001, 1002))
    assert not any(tick.is_zero for tick in draw(plot("dots", values)).ticks)
    assert any(tick.is_zero for tick in draw(plot("lines", values)).ticks)
    assert draw(plot("dots", values)).lines == ()


def test_a_line_breaks_off_where_nothing_is_known() -> None:
    drawing = draw(plot("lines", Series("one", (1, None, 3, 4)), places=("a", "b", "c", "d")))
    assert len(drawing.dots) == 3
    assert len(drawing.lines) == 1


def test_rows_are_shares_of_the_longest() -> None:
    drawing = draw(plot("rows", Series("one", (50, 100, None))))
    assert [row.bars[0].width for row in drawing.rows] == ["50%", "100%", "0%"]
    assert [row.figures[0][2] for row in drawing.rows] == ["50", "100", "–"]
    stacked = draw(plot("stacked_rows", Series("one", (50, 0, 0)), Series("other", (150, 0, 0))))
    assert [(bar.x, bar.width) for bar in stacked.rows[0].bars] == [("0%", "25%"), ("25%", "75%")]


def test_names_below_never_touch() -> None:
    places = tuple(f"{month:02}/2026" for month in range(1, 13)) * 2
    drawing = draw(plot("bars", Series("one", tuple(range(24))), places=places))
    for width, shown in ((440, drawing.places), (240, [one for one in drawing.places if one.on_phones])):
        middles = [per_cent(one.x) * width / 100 for one in shown]
        assert len(middles) >= 2
        assert min(b - a for a, b in pairwise(middles)) >= len("01/2026") * 8


def test_csv_and_table_say_the_same() -> None:
    shown = plot(
        "bars",
        Series("=SUM(A1)", (1, -2, None)),
        places=("+84", 'Hoàn Kiếm, "phường"', "c"),
        figure=lambda figure: f"{figure} đồng",
        columns=(Series("more", (7, 8, 9)),),
    )
    content = csv_of(shown)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = [*csv.reader(io.StringIO(content.decode("utf-8-sig")))]
    assert rows == [
        ["X", "'=SUM(A1)", "more"],
        ["'+84", "1", "7"],
        ['Hoàn Kiếm, "phường"', "-2", "8"],
        ["c", "", "9"],
    ]
    assert [*shown.table][1:] == [('Hoàn Kiếm, "phường"', ["-2 đồng", "8 đồng"]), ("c", ["–", "9 đồng"])]


@pytest.mark.parametrize("kind", ["bars", "stacked", "lines", "dots", "rows", "stacked_rows"])
def test_texts_are_escaped_and_no_style_stands_in_the_page(kind: str) -> None:
    evil = "<script>alert(1)</script>\"'"
    shown = plot(
        kind,
        Series(evil, (1, 2, 3)),
        Series("b", (3, 2, 1)),
        places=(evil, "b", "c"),
        title=evil,
        axis=evil,
        about=evil,
    )
    macro = _templates("vi").from_string('{% from "parts/plots.html" import plot %}{{ plot(one) }}')
    html = macro.render(one=shown)
    assert "<script" not in html
    assert "style=" not in html
    assert "&lt;script&gt;" in html


def test_an_empty_plot_says_so() -> None:
    macro = _templates("en").from_string('{% from "parts/plots.html" import plot %}{{ plot(one) }}')
    html = macro.render(one=plot("bars", Series("one", ()), places=()))
    assert "There are no figures yet." in html
    assert "<svg" not in html


def test_a_series_needs_a_value_for_each_place() -> None:
    with pytest.raises(ValueError, match="one value for each place"):
        plot("bars", Series("one", (1, 2)))
    with pytest.raises(ValueError, match="one series"):
        plot("histogram", Series("one", (1, 2, 3)), Series("two", (1, 2, 3)))


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        (0, "0", "0"),
        (999, "999", "999"),
        (50_000, "50 nghìn", "50 k"),
        (1_500_000_000, "1,5 tỷ", "1.5 bn"),
        (-200_000_000, "-200 triệu", "-200 m"),
        (0.25, "0,25", "0.25"),
    ],
)
def test_short_figures(value: float, vi: str, en: str) -> None:
    assert short_figures("vi")(value) == vi
    assert short_figures("en")(value) == en


@pytest.mark.parametrize("most", [1, 2, 3, 7])
def test_counts_have_no_halves_at_the_axis(most: int) -> None:
    drawn = draw(plot("bars", Series("one", (0, most, 1))))
    texts = [tick.text for tick in drawn.ticks]
    assert texts == [str(int(text)) for text in texts]
    assert len(set(texts)) == len(texts)
