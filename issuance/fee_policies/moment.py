"""When a change of the book is known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta


def moment_of_change(known: Iterable[datetime], at: datetime) -> datetime:
    """`at`, or just after the last change where this machine's clock does not lie beyond it.

    known: the moments of all changes so far. History is not rewritten, and no two changes share a moment.
    """
    latest = max(known, default=None)
    return at if latest is None or at > latest else latest + timedelta(microseconds=1)
