"""The audit trail, in the same transaction as its effect, chained by storage.ledger_chain. Triggers refuse every change
of what is written; whoever takes them away changes nothing unnoticed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from issuance.records import AuditEntry

from .columns import to_json
from .fresh import Fresh
from .ledger_books import audit_fields, stream_of_actor, stream_of_application
from .ledger_chain import Chain, Writing
from .rows import entry_from_row
from .tables import audit as t
from .together import Together

_WRITING = Writing(t, as_text=("details",))
_OF_ACTORS = (
    sa.select(t)
    .where(
        t.c.stream.in_(sa.bindparam("streams", expanding=True)), t.c.action.in_(sa.bindparam("actions", expanding=True))
    )
    .order_by(t.c.at, t.c.id)
)
_OF_APPLICATION = sa.select(t).where(t.c.application_id == sa.bindparam("of_application")).order_by(t.c.seq)


class SqlAuditTrail:
    __slots__ = ("_chain", "_connection", "_fresh")

    def __init__(self, connection: Together, chain: Chain, fresh: Fresh) -> None:
        self._connection = connection
        self._fresh = fresh
        self._chain = chain

    def append(self, entry: AuditEntry) -> None:
        of_application, is_first = entry.application_id is not None, False
        if entry.application_id is not None:
            stream = stream_of_application(entry.application_id)
            is_first = self._fresh.is_first("audit entry", entry.application_id)
        else:
            # By who acts: what one has done stands in one row, and nobody waits for anybody else.
            stream = stream_of_actor(entry.actor)
        details = to_json(entry.details)

        def row(row_id: int, seq: int) -> Mapping[str, Any]:
            return {
                "id": row_id,
                "application_id": entry.application_id,
                "seq": seq if of_application else None,
                "at": entry.at,
                "actor": entry.actor,
                "action": entry.action,
                "details": details,
                "stream": None if of_application else stream,
                "place": None if of_application else seq,
            }

        self._chain.append(_WRITING, stream, row, audit_fields, is_first)

    def of_application(self, application_id: UUID) -> Sequence[AuditEntry]:
        rows = self._connection.execute(_OF_APPLICATION, {"of_application": application_id}).mappings()
        return [entry_from_row(row) for row in rows]

    def of_actors(self, actors: Collection[str], actions: Collection[str]) -> Sequence[AuditEntry]:
        asked = {"streams": [stream_of_actor(one) for one in actors], "actions": [*actions]}
        return [entry_from_row(row) for row in self._connection.execute(_OF_ACTORS, asked).mappings()]
