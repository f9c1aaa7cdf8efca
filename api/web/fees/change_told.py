"""What a change of the book does, for whoever is about to make it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from issuance.fee_policies.change_of_book import BookChange
from issuance.fee_policies.draft import BookRow
from issuance.fees.facts import vietnam_day

from .book import gaps_beside
from .timeline import Gap, Timeline, timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysOfVersion:
    """last_day: None until further notice."""

    version: int
    first_day: date
    last_day: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTold:
    """closed: what the book says no more; opened: what it says from now on; timeline: of the policy afterwards."""

    closed: Sequence[DaysOfVersion]
    opened: Sequence[DaysOfVersion]
    timeline: Timeline | None
    new_gaps: Sequence[Gap]


def change_told(rows: Sequence[BookRow], change: BookChange, at: datetime) -> ChangeTold:
    """rows: of the whole book before the change. Nothing is stored."""
    today = vietnam_day(at)
    touched = (*change.opened, *change.closed)[0].policy.id
    before = [row for row in rows if row.known_to is None]
    closed = {row.id for row in change.closed}
    after = [*(row for row in before if row.id not in closed), *change.opened]
    after.sort(key=lambda row: row.valid.first_day)
    of_policy = [row for row in after if row.policy.id == touched]
    gaps = gaps_beside(of_policy, after) if of_policy else []
    was = [row for row in before if row.policy.id == touched]
    known_gaps = gaps_beside(was, before) if was else []
    return ChangeTold(
        closed=[_days(row) for row in _old(rows, change)],
        opened=[_days(row) for row in sorted(change.opened, key=lambda row: row.valid.first_day)],
        timeline=timeline(of_policy, gaps, today) if of_policy else None,
        new_gaps=[gap for gap in gaps if gap not in known_gaps],
    )


def _old(rows: Sequence[BookRow], change: BookChange) -> Sequence[BookRow]:
    closed = {row.id for row in change.closed}
    return [row for row in rows if row.id in closed]


def _days(row: BookRow) -> DaysOfVersion:
    return DaysOfVersion(version=row.policy.version, first_day=row.valid.first_day, last_day=row.valid.last_day)
