"""What else an owner is told of, once: papers that have not come, and questions that wait for their answer too long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from issuance.fees.facts import vietnam_day
from issuance.records import Records

from .follow_up import DueCase, FollowUp, FollowUpKind, Level


def tell_papers_overdue(records: Records, at: datetime, limit: int) -> int:
    """Tell of at most `limit` applications whose citizen has not brought papers by the day named; returns how many.

    What becomes of them is for their owner to decide. Raises ConcurrentChange where another one tells at the same time.
    """
    found = records.follow_ups.papers_overdue(vietnam_day(at), limit)
    return _tell(records, FollowUpKind.PAPERS_OVERDUE, found, at)


def tell_questions_overdue(records: Records, at: datetime, limit: int) -> int:
    """Tell of at most `limit` applications with a question whose answer is overdue; returns how many.

    Raises ConcurrentChange where another one tells at the same time."""
    return _tell(records, FollowUpKind.QUESTION_OVERDUE, records.follow_ups.questions_overdue(at, limit), at)


def _tell(records: Records, kind: FollowUpKind, cases: Sequence[DueCase], at: datetime) -> int:
    records.follow_ups.add(
        [
            FollowUp(
                id=uuid4(),
                application_id=case.application_id,
                unit=case.unit,
                kind=kind,
                level=Level.OWNER,
                due_at=case.due_at,
                to_key=case.owner_key,
                found_at=at,
            )
            for case in cases
        ]
    )
    return len(cases)
