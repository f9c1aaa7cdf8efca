"""Papers that the citizen has not brought by the day named: the owner is told, who decides what becomes of it."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from issuance.fees.facts import vietnam_day
from issuance.records import Records

from .follow_up import FollowUp, FollowUpKind, Level


def tell_papers_overdue(records: Records, at: datetime, limit: int) -> int:
    """Tell the owners of at most `limit` applications, each once for what was asked; returns how many.

    Raises ConcurrentChange where another one tells at the same time."""
    found = records.follow_ups.papers_overdue(vietnam_day(at), limit)
    records.follow_ups.add(
        [
            FollowUp(
                id=uuid4(),
                application_id=case.application_id,
                unit=case.unit,
                kind=FollowUpKind.PAPERS_OVERDUE,
                level=Level.OWNER,
                due_at=case.due_at,
                to_key=case.owner_key,
                found_at=at,
            )
            for case in found
        ]
    )
    return len(found)
