"""What an agency's own systems may follow: their unit's applications, of any state."""

from __future__ import annotations

from .application import Application
from .records import Records, WorkListPage


def follow(records: Records, unit: str, cursor: str | None, limit: int) -> WorkListPage:
    """All applications of the unit, the newest first. unit: from the machine's registration, never from its token."""
    return records.applications.of_unit(unit, cursor, limit)


def look_up(records: Records, unit: str, code: str) -> Application:
    """One application of the unit. Raises ApplicationNotFound, also for another unit's."""
    return records.applications.in_unit(code, unit)
