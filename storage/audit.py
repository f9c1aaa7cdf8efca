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

# Built once: composing a statement costs more than executing it.
# Entries of one application queue up here. Not FOR UPDATE: that would wait for the foreign keys of others.
_LOCK = (
    sa.select(applications.c.id)
    .where(applications.c.id == sa.bindparam("of_application"))
    .with_for_update(key_share=True)
)
_COLUMNS = ("application_id", "at", "actor", "action", "details")
_APPEND = sa.insert(t).from_select(
    [*_COLUMNS, "seq"],
    sa.select(
        *(sa.bindparam(f"the_{name}", type_=t.c[name].type) for name in _COLUMNS),
        sa.func.coalesce(sa.func.max(t.c.seq), 0) + 1,
    ).where(t.c.application_id == sa.bindparam("of_application")),
)
_OF_APPLICATION = sa.select(t).where(t.c.application_id == sa.bindparam("of_application")).order_by(t.c.seq)


class SqlAuditTrail:
    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, entry: AuditEntry) -> None:
        values = entry_to_row(entry)
        if entry.application_id is None:
            self._connection.execute(sa.insert(t), values)
            return
        of_application = {"of_application": entry.application_id}
        self._connection.execute(_LOCK, of_application)
        with first_one_wins():
            self._connection.execute(_APPEND, of_application | {f"the_{name}": values[name] for name in _COLUMNS})

    def of_application(self, application_id: UUID) -> Sequence[AuditEntry]:
        rows = self._connection.execute(_OF_APPLICATION, {"of_application": application_id}).mappings()
        return [entry_from_row(row) for row in rows]
