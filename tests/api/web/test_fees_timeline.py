"""Bars of versions: within the axis, in their order, and every day that nobody decides is told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from api.web.fees.timeline import Gap, gaps_of, timeline
from issuance.fee_policies.draft import BookRow
from issuance.fees.document import Days
from issuance.fees.policy import SHIPPED_POLICIES, load_policies

POLICY = load_policies(SHIPPED_POLICIES).policies[0]
TODAY = date(2026, 11, 22)


def row(first: str, last: str | None) -> BookRow:
    days = Days(date.fromisoformat(first), None if last is None else date.fromisoformat(last))
    return BookRow(id=uuid4(), policy=POLICY, valid=days, known_from=datetime(2020, 1, 1, tzinfo=UTC), opened_by="x")


def test_gaps_between_versions_and_after_the_last() -> None:
    rows = [row("2024-01-01", "2024-05-31"), row("2024-06-01", "2024-12-31"), row("2025-02-01", "2025-12-31")]
    assert gaps_of(rows) == [
        Gap(date(2025, 1, 1), date(2025, 1, 31)),
        Gap(date(2026, 1, 1), None),
    ]
    assert gaps_of([*rows, row("2026-01-01", None)]) == [Gap(date(2025, 1, 1), date(2025, 1, 31))]


def test_days_of_another_policy_for_the_same_documents_are_no_gap() -> None:
    rows = [row("2024-01-01", "2024-05-31"), row("2025-01-01", None)]
    assert gaps_of(rows, [row("2024-05-01", "2024-12-31")]) == []
    assert gaps_of(rows, [row("2023-01-01", "2024-07-31")]) == [Gap(date(2024, 8, 1), date(2024, 12, 31))]


@st.composite
def versions(draw: st.DrawFn) -> list[BookRow]:
    day = date(2017, 1, 1) + timedelta(days=draw(st.integers(0, 3_000)))
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        length = draw(st.integers(0, 900))
        rows.append(row(day.isoformat(), (day + timedelta(days=length)).isoformat()))
        day += timedelta(days=length + 1 + draw(st.sampled_from([0, 0, 1, 40])))
    if draw(st.booleans()):
        rows.append(row(day.isoformat(), None))
    return rows


@given(versions())
def test_bars_lie_within_the_axis_and_meet_no_other(rows: list[BookRow]) -> None:
    shown = timeline(rows, gaps_of(rows), TODAY)
    ends = [(float(one.x[:-1]), float(one.x[:-1]) + float(one.width[:-1])) for one in shown.spans]
    for begin, end in ends:
        assert -0.01 <= begin < end <= 100.02
    for (_, end), (begin, _) in pairwise(ends):
        assert begin >= end - 0.05
    assert 0 <= float(shown.today[:-1]) <= 100


@given(versions(), st.integers(0, 4_000))
def test_a_day_is_decided_by_a_version_or_in_a_gap(rows: list[BookRow], after: int) -> None:
    day = rows[0].valid.first_day + timedelta(days=after)
    in_gap = any(Days(gap.first_day, gap.last_day).cover(day) for gap in gaps_of(rows))
    assert in_gap != any(one.valid.cover(day) for one in rows)
