"""Open applications on their way from a unit that has ended to the one that answers for them now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryOver:
    """What was open at a unit at the end of one of its periods goes to another one.

    ended_on: the period's last day. asked_by: an operator's or the software's name. import_id: the import of units by
    which it came, None for one found on its day. moved: how many applications have gone over. done_at: None until none
    is left.
    """

    id: UUID
    from_unit: str
    ended_on: date
    to_unit: str
    asked_by: str
    asked_at: datetime
    import_id: UUID | None = None
    moved: int = 0
    done_at: datetime | None = None
