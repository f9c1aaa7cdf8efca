"""Documents handed from one unit to another: the receiving unit is part of every query that it causes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.application import Actor
from issuance.delivery.handover import Handover, HandoverPage
from issuance.errors import HandoverNotFound

from .application_rows import actor_from_json, actor_to_json, application_from_row
from .cells import Cells
from .conflicts import first_one_wins
from .cursors import citizen_key, encode_cursor
from .delivery_tables import handovers as t
from .tables import applications


class SqlHandovers:
    __slots__ = ("_cells", "_connection")

    def __init__(self, connection: Connection, cells: Cells) -> None:
        self._connection = connection
        self._cells = cells

    def add(self, handover: Handover) -> None:
        with first_one_wins():
            self._connection.execute(sa.insert(t), self._cells.seal(t, _to_row(handover)))

    def for_unit(self, handover_id: UUID, unit: str) -> Handover:
        query = sa.select(t).where(t.c.id == handover_id, t.c.to_unit == unit)
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            raise HandoverNotFound("nothing of this name was handed to this unit")
        return _from_row(self._cells.open(t, row))

    def inbox(self, unit: str, cursor: str | None, limit: int) -> HandoverPage:
        query = sa.select(t).where(t.c.to_unit == unit)
        if cursor is not None:
            sent_at, after = citizen_key(cursor)
            bound = (sa.bindparam(None, sent_at, t.c.sent_at.type), sa.bindparam(None, after, t.c.id.type))
            query = query.where(sa.tuple_(t.c.sent_at, t.c.id) < sa.tuple_(*bound))
        ordered = query.order_by(t.c.sent_at.desc(), t.c.id.desc()).limit(limit + 1)
        rows = self._connection.execute(ordered).mappings().all()
        shown = [_from_row(row) for row in self._cells.open_all(t, rows[:limit])]
        named = {one.application_id for one in shown}
        about = self._connection.execute(sa.select(applications).where(applications.c.id.in_(named))).mappings()
        by_id = {row["id"]: application_from_row(row) for row in self._cells.open_all(applications, about)}
        last = rows[limit - 1] if len(rows) > limit else None
        more = None if last is None else encode_cursor(last["sent_at"], last["id"])
        return HandoverPage([(one, by_id[one.application_id]) for one in shown if one.application_id in by_id], more)

    def of_application(self, application_id: UUID) -> Sequence[Handover]:
        query = sa.select(t).where(t.c.application_id == application_id).order_by(t.c.sent_at, t.c.id)
        return [_from_row(row) for row in self._cells.open_all(t, self._connection.execute(query).mappings())]

    def open(self, handover: Handover) -> bool:
        return self._note(handover, t.c.opened_at.is_(None), "opened_by", "opened_at")

    def acknowledge(self, handover: Handover) -> bool:
        return self._note(handover, t.c.acknowledged_at.is_(None), "acknowledged_by", "acknowledged_at", "note")

    def _note(self, handover: Handover, still: sa.ColumnElement[bool], *columns: str) -> bool:
        row = self._cells.seal(t, _to_row(handover))
        noted = {name: row[name] for name in columns}
        return self._connection.execute(sa.update(t).where(t.c.id == handover.id, still).values(noted)).rowcount == 1


def _to_row(handover: Handover) -> dict[str, Any]:
    return {
        "id": handover.id,
        "application_id": handover.application_id,
        "from_unit": handover.from_unit,
        "to_unit": handover.to_unit,
        "reason": handover.reason,
        "sent_by": actor_to_json(handover.sent_by),
        "sent_at": handover.sent_at,
        "opened_by": actor_to_json(handover.opened_by),
        "opened_at": handover.opened_at,
        "acknowledged_by": actor_to_json(handover.acknowledged_by),
        "acknowledged_at": handover.acknowledged_at,
        "note": handover.note,
    }


def _from_row(row: Mapping[str, Any]) -> Handover:
    return Handover(
        id=row["id"],
        application_id=row["application_id"],
        from_unit=row["from_unit"],
        to_unit=row["to_unit"],
        reason=row["reason"],
        sent_by=_somebody(row["sent_by"]),
        sent_at=row["sent_at"],
        opened_by=actor_from_json(row["opened_by"]),
        opened_at=row["opened_at"],
        acknowledged_by=actor_from_json(row["acknowledged_by"]),
        acknowledged_at=row["acknowledged_at"],
        note=row["note"],
    )


def _somebody(stored: Any) -> Actor:
    actor = actor_from_json(stored)
    if actor is None:
        raise ValueError("somebody has sent every document")
    return actor
