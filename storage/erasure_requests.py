"""Who asked to be erased and waits for it, by the blind index only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.privacy.erasure_request import ErasureRequest, Outcome

from .conflicts import first_one_wins
from .key_tables import erasure_requests as t

_WAITS = t.c.answered_at.is_(None)
_COLUMNS = (t.c.id, t.c.person_index, t.c.asked_at, t.c.due_at)


class SqlErasureRequests:
    """Satisfies `issuance.privacy.requests.ErasureRequests`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, request: ErasureRequest) -> None:
        with first_one_wins():
            self._connection.execute(sa.insert(t), asdict(request))

    def waiting(self) -> Sequence[ErasureRequest]:
        rows = self._connection.execute(sa.select(*_COLUMNS).where(_WAITS).order_by(t.c.due_at, t.c.id)).mappings()
        return [ErasureRequest(**row) for row in rows]

    def waiting_of(self, person_index: str) -> ErasureRequest | None:
        query = sa.select(*_COLUMNS).where(_WAITS, t.c.person_index == person_index)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else ErasureRequest(**row)

    def answer(self, person_index: str, outcome: Outcome, at: datetime) -> None:
        waits = sa.update(t).where(_WAITS, t.c.person_index == person_index)
        self._connection.execute(waits.values(answered_at=at, outcome=outcome))
