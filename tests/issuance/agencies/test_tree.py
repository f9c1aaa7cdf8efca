"""The tree of units: who stands where on which day, who answers for whom, and what makes no tree."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.agencies.check_units import MAX_LEVELS
from issuance.agencies.tree import UnitTree
from issuance.agencies.unit import Unit
from issuance.errors import BrokenUnits, NoSuccessor, UnknownUnit

from .trees import BEFORE, FIRST, MERGED, any_units, days, histories, unit

_LATER = date(2030, 1, 1)


def merger() -> UnitTree:
    """Two communes of a district become one below the city; a third ends, and nobody follows."""
    return UnitTree(
        [
            unit("CITY"),
            unit("D", until=BEFORE, parent="CITY", successor="N"),
            unit("X", until=BEFORE, parent="D", successor="N"),
            unit("Y", until=BEFORE, parent="D", successor="N"),
            unit("Z", until=BEFORE, parent="D"),
            unit("N", since=MERGED, parent="CITY"),
            unit("COURT"),
        ]
    )


def codes(units: Sequence[Unit]) -> list[str]:
    return [one.code for one in units]


def problems(*units: Unit) -> list[tuple[str, str]]:
    with pytest.raises(BrokenUnits) as refused:
        UnitTree(units)
    assert all(one.text.vi and one.text.vi != one.text.en for one in refused.value.problems)
    return [(one.place, one.text.en) for one in refused.value.problems]


def test_the_last_day_is_included() -> None:
    tree = merger()

    assert codes(tree.units_on(BEFORE)) == ["CITY", "COURT", "D", "X", "Y", "Z"]
    assert codes(tree.units_on(MERGED)) == ["CITY", "COURT", "N"]
    assert tree.units_on(FIRST - timedelta(days=1)) == ()
    assert tree.on("X", BEFORE).code == "X"
    with pytest.raises(UnknownUnit):
        tree.on("X", MERGED)
    with pytest.raises(UnknownUnit):
        tree.on("N", BEFORE)
    assert tree.is_known("X")
    assert not tree.is_known("W")


def test_above_and_below() -> None:
    tree = merger()

    assert codes(tree.roots(BEFORE)) == ["CITY", "COURT"]
    assert codes(tree.children("CITY", BEFORE)) == ["D"]
    assert codes(tree.children("CITY", MERGED)) == ["N"]
    assert codes(tree.children("D", BEFORE)) == ["X", "Y", "Z"]
    assert tree.children("X", BEFORE) == ()
    assert codes(tree.ancestors("X", BEFORE)) == ["D", "CITY"]
    assert tree.ancestors("CITY", BEFORE) == ()
    assert tree.is_within("X", "CITY", BEFORE)
    assert tree.is_within("X", "X", BEFORE)
    assert not tree.is_within("D", "X", BEFORE)
    assert not tree.is_within("COURT", "CITY", BEFORE)
    for ask in (tree.children, tree.ancestors):
        with pytest.raises(UnknownUnit):
            ask("D", MERGED)
    for pair in (("D", "CITY"), ("CITY", "D")):
        with pytest.raises(UnknownUnit):
            tree.is_within(*pair, MERGED)


def test_a_unit_that_moves_stands_below_one_parent_a_day() -> None:
    tree = UnitTree([unit("P"), unit("Q"), unit("X", until=BEFORE, parent="P"), unit("X", since=MERGED, parent="Q")])

    assert (codes(tree.children("P", BEFORE)), codes(tree.children("Q", BEFORE))) == (["X"], [])
    assert (codes(tree.children("P", MERGED)), codes(tree.children("Q", MERGED))) == ([], ["X"])
    assert tree.taking_over("X", MERGED) == "X"


def test_who_takes_over() -> None:
    tree = merger()

    assert tree.taking_over("X", BEFORE) == "X"
    assert tree.taking_over("X", MERGED) == "N"
    assert tree.taking_over("D", _LATER) == "N"
    assert tree.taking_over("CITY", _LATER) == "CITY"
    with pytest.raises(NoSuccessor):
        tree.taking_over("Z", MERGED)
    with pytest.raises(NoSuccessor):
        tree.taking_over("N", BEFORE)
    with pytest.raises(UnknownUnit):
        tree.taking_over("W", MERGED)


def test_successors_are_followed_through_several_mergers() -> None:
    day = [FIRST + timedelta(days=number) for number in range(40)]
    tree = UnitTree(
        [
            unit("A", until=day[9], successor="B"),
            unit("B", until=day[15]),  # renamed in between
            unit("B", since=day[16], until=day[19], successor="C"),
            unit("C", until=day[29], successor="A"),
            unit("A", since=day[30]),  # founded anew
        ]
    )

    assert [tree.taking_over("A", day[number]) for number in (9, 10, 19, 20, 29, 30)] == ["A", "B", "B", "C", "C", "A"]
    assert tree.taking_over("B", day[30]) == "A"


def test_what_ended_is_listed_with_the_earliest_first() -> None:
    early = unit("M", until=FIRST, successor="CITY")
    tree = UnitTree([*merger().rows, early])

    assert codes(tree.ended_before(MERGED)) == ["M", "D", "X", "Y"]
    assert codes(tree.ended_before(BEFORE)) == ["M"]
    assert tree.ended_before(FIRST) == ()


_BROKEN: dict[str, tuple[list[Unit], list[tuple[str, str]]]] = {
    "nothing": ([], [("", "there is no unit")]),
    "a day too many": (
        [unit("A", until=MERGED), unit("A", since=MERGED)],
        [("A (2025-07-01)", "it overlaps the row of the same code that begins on 2024-01-01")],
    ),
    "within a long one that is not the neighbour": (
        [unit("A"), unit("A", since=date(2024, 3, 1), until=date(2024, 4, 1)), unit("A", since=date(2024, 5, 1))],
        [
            ("A (2024-03-01)", "it overlaps the row of the same code that begins on 2024-01-01"),
            ("A (2024-05-01)", "it overlaps the row of the same code that begins on 2024-01-01"),
        ],
    ),
    "an overlap, and nothing that follows from it": (
        [unit("A"), unit("A", since=date(2024, 3, 1), until=date(2024, 4, 1)), unit("B", parent="A")],
        [("A (2024-03-01)", "it overlaps the row of the same code that begins on 2024-01-01")],
    ),
    "reversed": ([unit("A", since=MERGED, until=BEFORE)], [("A (2025-07-01)", "it ends before it begins")]),
    "no parent": ([unit("A", parent="P")], [("A (2024-01-01)", "its parent P does not exist on 2024-01-01")]),
    "parent ends first": (
        [unit("A", parent="P"), unit("P", until=BEFORE)],
        [("A (2024-01-01)", "its parent P does not exist on 2025-07-01")],
    ),
    "parent with a gap": (
        [unit("A", parent="P"), unit("P", until=BEFORE), unit("P", since=date(2025, 7, 2))],
        [("A (2024-01-01)", "its parent P does not exist on 2025-07-01")],
    ),
    "own parent": ([unit("A", parent="A")], [("A (2024-01-01)", "it is its own parent")]),
    "parents in a circle": (
        [unit("A", parent="B"), unit("B", parent="C"), unit("C", until=BEFORE), unit("C", since=MERGED, parent="A")],
        [("C (2025-07-01)", "parents go in a circle: C → A → B → C")],
    ),
    "no successor of this code": (
        [unit("A", until=BEFORE, successor="N")],
        [("A (2024-01-01)", "its successor N does not exist on 2025-07-01")],
    ),
    "successor a day late": (
        [unit("A", until=BEFORE, successor="N"), unit("N", since=date(2025, 7, 2))],
        [("A (2024-01-01)", "its successor N does not exist on 2025-07-01")],
    ),
    "own successor": ([unit("A", until=BEFORE, successor="A")], [("A (2024-01-01)", "it is its own successor")]),
    "successor without an end": (
        [unit("A", successor="B"), unit("B")],
        [("A (2024-01-01)", "it names a successor but no last day")],
    ),
    "successor though it goes on": (
        [unit("A", until=BEFORE, successor="B"), unit("A", since=MERGED), unit("B")],
        [("A (2024-01-01)", "it names a successor, but the same code goes on the day after")],
    ),
    "successors in a circle": (
        [unit("A", until=BEFORE, successor="B"), unit("B", until=BEFORE, successor="A")],
        [
            ("A (2024-01-01)", "successors go in a circle: A → B → A"),
            ("B (2024-01-01)", "successors go in a circle: B → A → B"),
        ],
    ),
}


@pytest.mark.parametrize(("rows", "expected"), _BROKEN.values(), ids=_BROKEN.keys())
def test_what_makes_no_tree_is_named(rows: list[Unit], expected: list[tuple[str, str]]) -> None:
    assert problems(*rows) == expected


def test_every_problem_is_named_at_once() -> None:
    found = problems(unit("A", parent="P"), unit("B", until=BEFORE, successor="N"), unit("C", parent="C"))

    assert [place[0] for place, _ in found] == ["A", "B", "C"]


def test_a_tree_is_no_deeper_than_it_may_be() -> None:
    chain = [unit("U0"), *(unit(f"U{number}", parent=f"U{number - 1}") for number in range(1, MAX_LEVELS))]

    assert len(UnitTree(chain).ancestors(f"U{MAX_LEVELS - 1}", FIRST)) == MAX_LEVELS - 1
    deeper = unit("V", parent=f"U{MAX_LEVELS - 1}")
    assert problems(*chain, deeper) == [("V (2024-01-01)", f"it stands more than {MAX_LEVELS} levels deep")]


def test_a_circle_longer_than_that_is_found_too() -> None:
    length = MAX_LEVELS + 3
    ring = [unit(f"U{number}", parent=f"U{(number + 1) % length}") for number in range(length)]

    assert len(problems(*ring)) == length


@given(histories, days.map(lambda day: day + timedelta(days=3)))
def test_a_successor_exists_or_there_is_none(rows: list[Unit], day: date) -> None:
    tree = UnitTree(rows)

    for code in {one.code for one in rows}:
        try:
            heir = tree.taking_over(code, day)
        except NoSuccessor:
            assert not any(one.code == code and one.is_open_on(day) for one in rows)
            continue
        assert any(one.code == heir and one.is_open_on(day) for one in rows)


@given(histories)
def test_what_takes_over_hands_on_what_it_took_over(rows: list[Unit]) -> None:
    """Carrying over day by day ends where carrying over at once does, which is how open applications travel."""
    tree, last = UnitTree(rows), FIRST + timedelta(days=40)

    for ended in tree.ended_before(last):
        assert ended.successor is not None
        try:
            at_once = tree.taking_over(ended.code, last)
        except NoSuccessor:
            at_once = None
        holder: str | None = tree.taking_over(ended.code, ended.last_day + timedelta(days=1))
        assert holder == ended.successor
        day = ended.last_day
        while holder is not None and day < last:
            day += timedelta(days=1)
            try:
                holder = tree.taking_over(holder, day)
            except NoSuccessor:
                holder = None
        if any(one.code == ended.code and one.is_open_on(last) for one in rows):
            continue  # founded anew: it answers for itself, and its heir keeps what it was given
        assert holder == at_once


@given(any_units)
def test_whatever_is_accepted_is_a_tree_on_every_day(rows: list[Unit]) -> None:
    """Held against the definition itself, day by day: accepted just when nothing is wrong on any day."""
    wrong = any(not is_tree_on(rows, FIRST + timedelta(days=number)) for number in range(33))

    try:
        UnitTree(rows)
    except BrokenUnits:
        accepted = False
    else:
        accepted = True

    assert accepted is not wrong


def is_tree_on(rows: list[Unit], day: date) -> bool:
    """The same demands as check_units makes, by counting: one row a code, parents that end in a root, heirs alive."""
    today = [one for one in rows if one.is_open_on(day)]
    alive = {one.code: one for one in today}
    if len(alive) < len(today):
        return False
    for one in today:
        above: Unit | None = one
        for _ in range(len(alive) + 1):
            if above is None or above.parent is None:
                break
            if (above := alive.get(above.parent)) is None:
                return False
        else:
            return False
    yesterday = day - timedelta(days=1)
    ended = [one for one in rows if one.valid_until == yesterday and one.successor is not None]
    return all(one.successor in alive and one.code not in alive for one in ended)


@given(histories, st.data())
def test_an_overlap_is_always_found(rows: list[Unit], data: st.DataObject) -> None:
    struck = data.draw(st.sampled_from(rows))
    last = min(struck.last_day, FIRST + timedelta(days=60))
    since = struck.valid_from + timedelta(days=data.draw(st.integers(0, (last - struck.valid_from).days)))
    until = data.draw(st.none() | st.just(since) | st.just(since + timedelta(days=5)))

    found = problems(*rows, unit(struck.code, since=since, until=until))

    assert any(text.startswith("it overlaps") for _, text in found)


def test_the_worst_lists_are_told_through_too() -> None:
    """Each heir gone before its time, and a parent of many periods: looking at each pair would take minutes."""
    number = 10_000
    chain = [unit(f"A{at}", until=FIRST, successor=f"A{at + 1}") for at in range(number)]
    parent = [unit("P", since=day, until=day) for day in (FIRST + timedelta(days=at) for at in range(number))]
    below = [unit(f"B{at}", until=FIRST + timedelta(days=number - 1), parent="P") for at in range(number)]

    found = problems(*chain, *parent, *below)

    assert {text.partition(" ")[2].partition(" ")[0] for _, text in found} == {"successor"}
    assert len(found) == number


def test_a_code_that_the_book_does_not_know_yet_is_in_charge_of_itself() -> None:
    tree = merger()

    assert UnitTree.empty().in_charge("000.00.15.H26", MERGED) == "000.00.15.H26"
    assert UnitTree.empty().rows == ()
    assert tree.in_charge("W", MERGED) == "W"
    assert tree.in_charge("X", FIRST - timedelta(days=1)) == "X"
    assert (tree.in_charge("X", BEFORE), tree.in_charge("X", MERGED)) == ("X", "N")
    with pytest.raises(NoSuccessor):
        tree.in_charge("Z", MERGED)


def test_what_an_heir_holds_stays_there_when_the_unit_is_founded_anew() -> None:
    again = date(2026, 1, 1)
    tree = UnitTree([unit("X", until=BEFORE, successor="N"), unit("N", since=MERGED), unit("X", since=again)])
    (ended,) = tree.ended_before(again)

    assert tree.heir_of(ended, MERGED) == "N"
    assert tree.heir_of(ended, again) == "N"
    assert tree.taking_over("X", again) == "X"
    with pytest.raises(NoSuccessor):
        tree.heir_of(ended, BEFORE)


@given(histories, st.integers(0, 40))
def test_an_heir_is_who_takes_over_day_by_day(rows: list[Unit], ahead: int) -> None:
    tree, day = UnitTree(rows), FIRST + timedelta(days=ahead)
    for ended in tree.ended_before(day):
        code: str | None = ended.code
        today = ended.last_day
        while today < day and code is not None:
            today += timedelta(days=1)
            try:
                code = tree.taking_over(code, today)
            except NoSuccessor:
                code = None
        if code is None:
            with pytest.raises(NoSuccessor):
                tree.heir_of(ended, day)
        else:
            assert tree.heir_of(ended, day) == code
