"""What is told of units' punctuality: of fewer than five cases nothing, nor anything that it could be reckoned from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import combinations

from hypothesis import example, given
from hypothesis import strategies as st

from issuance.statistics.counts import Counts
from issuance.statistics.punctuality import LEAST_TOLD, Told, what_is_told
from issuance.statistics.quarter import TOLD_QUARTERS, quarter_named, quarter_of, told_quarters

Row = list[Fraction]
sizes = st.lists(st.integers(0, 12), max_size=6)


def units_of(numbers: Sequence[int]) -> dict[str, Counts]:
    return {f"unit-{place}": Counts(settled=number, on_time=number // 2) for place, number in enumerate(numbers)}


def published(told: Told, units: Sequence[str]) -> Iterator[Row]:
    """Each figure that is told, as the sum of units' figures that it is."""
    sums = [{code} for code in told.alone]
    sums += [set(told.together)] if told.together_total is not None else []
    sums += [{*told.alone, *told.together}] if told.total is not None else []
    for one in sums:
        yield [Fraction(code in one) for code in units]


def rank(rows: Sequence[Row]) -> int:
    left, found = [list(row) for row in rows], 0
    for column in range(len(left[0]) if left else 0):
        pivot = next((row for row in left[found:] if row[column]), None)
        if pivot is None:
            continue
        left.remove(pivot)
        left.insert(found, pivot)
        for row in left[found + 1 :]:
            times = row[column] / pivot[column]
            row[:] = [one - times * other for one, other in zip(row, pivot, strict=True)]
        found += 1
    return found


@given(sizes)
@example([7, 1])
@example([9, 6, 4])
@example([9, 2, 2])
@example([4])
@example([3, 1])
def test_whatever_can_be_reckoned_is_of_five_cases_at_least(numbers: list[int]) -> None:
    units = units_of(numbers)
    codes = [code for code, one in units.items() if one.settled]
    told = what_is_told(units)
    rows = list(published(told, codes))
    known = rank(rows)
    for size in range(1, len(codes) + 1):
        for some in combinations(codes, size):
            if sum(units[code].settled for code in some) < LEAST_TOLD:
                asked = [Fraction(code in some) for code in codes]
                assert rank([*rows, asked]) > known, some


@given(sizes)
def test_each_unit_is_told_once_and_no_more_is_kept_back_than_needed(numbers: list[int]) -> None:
    units = {code: one for code, one in units_of(numbers).items() if one.settled}
    told = what_is_told(units)
    assert {**told.alone, **told.together} == units
    assert not set(told.alone) & set(told.together)
    assert all(one.settled >= LEAST_TOLD for one in told.alone.values())
    few = [code for code, one in units.items() if one.settled < LEAST_TOLD]
    if not few:
        assert not told.together
    elif len(few) > 1 and sum(units[code].settled for code in few) >= LEAST_TOLD:
        assert set(told.together) == set(few)
    if told.total is not None:
        assert (told.total.settled, told.settled) == (sum(numbers), sum(numbers))


@given(st.dates(date(1001, 1, 1), date(2998, 12, 31)))
def test_quarters_follow_each_other_without_a_gap(day: date) -> None:
    quarter = quarter_of(day)
    assert quarter.first <= day <= quarter.last
    assert quarter.next.first == quarter.last + timedelta(days=1)
    assert quarter.next.previous == quarter
    assert quarter_named(quarter.name) == quarter
    told = told_quarters(day)
    assert (told[0], len(set(told))) == (quarter, TOLD_QUARTERS)


def test_what_is_no_quarter_is_none() -> None:
    for name in ("", "2026", "2026-Q0", "2026-Q5", "2026-Q11", "0001-Q1", "２０２６-Q1", "2026-Q1\n"):
        assert quarter_named(name) is None
