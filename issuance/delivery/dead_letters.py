"""Notices that were given up: an operator looks at them, and has them sent again under their old ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ..records import AuditEntry, Records
from .notice import Endpoint, Notice, NoticeState

MOST_AT_ONCE = 500


def dead_letters(records: Records, client: str | None, limit: int) -> Sequence[Notice]:
    """The newest first; client: of this one alone."""
    return records.notices.dead(client, limit)


def replay(
    records: Records, client: str | None, by: str, at: datetime, give_up_after: timedelta, limit: int = MOST_AT_ONCE
) -> int:
    """Have them sent again, 500 at most; returns how many. Ask until none is left."""
    found = records.notices.dead(client, min(limit, MOST_AT_ONCE))
    for notice in found:
        waits = replace(
            notice, state=NoticeState.WAITING, attempts=0, next_at=at, give_up_at=at + give_up_after, done_at=None
        )
        records.notices.save(waits)
    # One job sends all that waits for a client.
    for notice_id in {notice.client: notice.id for notice in found}.values():
        records.notices.enqueue(notice_id)
    if found:
        _audit(records, "notices_replayed", by, at, {"client": client, "notices": len(found)})
    return len(found)


def enable(records: Records, client: str, by: str, at: datetime) -> bool:
    """Send to an address again that said it is gone, or that rests, what waits at once; False where neither was so."""
    endpoint = records.notices.endpoint(client)
    if endpoint.disabled_at is None and endpoint.paused_until is None:
        return False
    records.notices.save_endpoint(Endpoint(client=client))
    records.notices.hasten(client, at)
    for waiting in records.notices.due(client, at, 1):
        records.notices.enqueue(waiting.id)
    _audit(records, "notices_enabled", by, at, {"client": client})
    return True


def _audit(records: Records, action: str, by: str, at: datetime, details: dict[str, object]) -> None:
    records.audit.append(AuditEntry(at=at, actor=by, action=action, application_id=None, details=details))
