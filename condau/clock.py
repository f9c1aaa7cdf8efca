"""The real clock, named once: everything else is handed it."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The real clock, aware."""
    return datetime.now(UTC)
