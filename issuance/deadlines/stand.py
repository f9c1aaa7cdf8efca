"""How a case, or a step of it, stands to its deadline at a moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

_NO_TIME = timedelta()


class Stand(StrEnum):
    """Exactly one holds at every moment; the first that fits, in this order: ended, paused, not started, the rest."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    PAUSED = "paused"
    ENDED = "ended"


def stand(
    promised_at: datetime | None,
    paused: bool,
    ended_at: datetime | None,
    now: datetime,
    due_soon_before: timedelta,
) -> Stand:
    """The stand at `now`; all moments are aware.

    promised_at: what `working_time.due_at` came to; None where nothing is promised yet, or a pause holds it up.
    paused: whether the clock stands still at `now`: nothing becomes due soon or overdue meanwhile, even when
    promised_at was not taken back. ended_at: settled, refused or withdrawn; one after `now` has not happened yet.
    due_soon_before: from so long before promised_at on it is due soon. The promised moment itself is still on time.
    Raises ValueError for a negative due_soon_before.
    """
    if due_soon_before < _NO_TIME:
        raise ValueError("due soon begins before the promised moment, not after it")
    if ended_at is not None and ended_at <= now:
        return Stand.ENDED
    if paused:
        return Stand.PAUSED
    if promised_at is None:
        return Stand.NOT_STARTED
    if now > promised_at:
        return Stand.OVERDUE
    if promised_at - now <= due_soon_before:
        return Stand.DUE_SOON
    return Stand.RUNNING


def late_by(promised_at: datetime | None, ended_at: datetime | None, now: datetime) -> timedelta:
    """How long after its promised moment a case ended, or has lasted at `now`; nothing when it is on time.

    Time as the clock on the wall runs; in working days: `working_time.working_days_between`.
    """
    if promised_at is None:
        return _NO_TIME
    until = now if ended_at is None else min(ended_at, now)
    return max(until - promised_at, _NO_TIME)
