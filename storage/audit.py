"""The audit trail, in the same transaction as its effect. Triggers refuse every change of what is written."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.records import AuditEntry

from .conflicts import first_one_wins
from .rows import entry_from_row, entry_to_row
from .tables import applications
from .tables import audit as t

_NEXT_SEQ = sa.func.coalesce(sa.func.max(t.c.seq), 0) + 1


class SqlAuditTrail:
    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, entry: AuditEntry) -> None:
        values = entry_to_row(entry)
        if entry.application_id is None:
            self._connection.execute(sa.insert(t), values)
            return
        # Entries of one application queue up here. Not FOR UPDATE: that would wait for the foreign keys of others.
        self._connection.execute(
            sa.select(applications.c.id)
            .where(applications.c.id == entry.application_id)
            .with_for_update(key_share=True)
        )
        chosen = [sa.bindparam(name, value, t.c[name].type) for name, value in values.items()]
        numbered = sa.select(*chosen, _NEXT_SEQ).where(t.c.application_id == entry.application_id)
        with first_one_wins():
            self._connection.execute(sa.insert(t).from_select([*values, "seq"], numbered))

    def of_application(self, application_id: UUID) -> Sequence[AuditEntry]:
        query = sa.select(t).where(t.c.application_id == application_id).order_by(t.c.seq)
        return [entry_from_row(row) for row in self._connection.execute(query).mappings()]
