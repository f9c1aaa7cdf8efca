"""Apologies as rows: one for each application that was late."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.deadlines.apology import Apology, ApologyLine, ApologyPage
from issuance.errors import ConcurrentChange

from .application_rows import actor_from_json, actor_to_json
from .cells import Cells
from .conflicts import first_one_wins
from .cursors import citizen_key, encode_cursor
from .settlement_tables import apologies as t
from .tables import applications as a


class SqlApologies:
    __slots__ = ("_cells", "_connection")

    def __init__(self, connection: Connection, cells: Cells) -> None:
        self._connection = connection
        self._cells = cells

    def draft(self, apology: Apology) -> None:
        with first_one_wins():
            self._connection.execute(sa.insert(t), self._cells.seal(t, _to_row(apology)))

    def of_application(self, application_id: UUID) -> Apology | None:
        query = sa.select(t).where(t.c.application_id == application_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _from_row(self._cells.open(t, row))

    def sign(self, apology: Apology) -> None:
        row = self._cells.seal(t, _to_row(apology))
        signed = {name: row[name] for name in ("new_date", "reason", "signed_by", "signed_at")}
        drafted = sa.and_(t.c.application_id == apology.application_id, t.c.signed_at.is_(None))
        if self._connection.execute(sa.update(t).where(drafted).values(signed)).rowcount != 1:
            raise ConcurrentChange("this apology is signed off already")

    def note_letter(self, application_id: UUID) -> None:
        self._connection.execute(sa.update(t).where(t.c.application_id == application_id).values(letter_issued=True))

    def unsigned(self, unit: str, cursor: str | None, limit: int) -> ApologyPage:
        query = (
            sa.select(t, a.c.code, a.c.type_id)
            .join(a, a.c.id == t.c.application_id)
            .where(
                a.c.unit == unit,
                t.c.signed_at.is_(None),
                # Halted in time, by what was committed only after the draft.
                sa.or_(a.c.halted_at.is_(None), a.c.halted_at > t.c.missed_at),
            )
        )
        if cursor is not None:
            drafted_at, application_id = citizen_key(cursor)
            bound = [
                sa.bindparam(None, value, column.type)
                for column, value in ((t.c.drafted_at, drafted_at), (t.c.application_id, application_id))
            ]
            query = query.where(sa.tuple_(t.c.drafted_at, t.c.application_id) > sa.tuple_(*bound))
        ordered = query.order_by(t.c.drafted_at, t.c.application_id).limit(limit + 1)
        rows = self._connection.execute(ordered).mappings().all()
        opened = self._cells.open_all(t, rows[:limit])
        lines = [ApologyLine(_from_row(row), row["code"], row["type_id"]) for row in opened]
        if len(rows) <= limit:
            return ApologyPage(lines, None)
        return ApologyPage(lines, encode_cursor(lines[-1].apology.drafted_at, lines[-1].apology.application_id))


def _to_row(one: Apology) -> dict[str, Any]:
    signed = one.signed_by and {"by": actor_to_json(one.signed_by), "acting_for": actor_to_json(one.signed_for)}
    return {
        "application_id": one.application_id,
        "unit": one.unit,
        "missed_at": one.missed_at,
        "drafted_at": one.drafted_at,
        "new_date": one.new_date,
        "reason": one.reason,
        "signed_by": signed,
        "signed_at": one.signed_at,
        "letter_issued": one.letter_issued,
    }


def _from_row(row: dict[str, Any]) -> Apology:
    signed = row["signed_by"] or {"by": None, "acting_for": None}
    return Apology(
        application_id=row["application_id"],
        unit=row["unit"],
        missed_at=row["missed_at"],
        drafted_at=row["drafted_at"],
        new_date=row["new_date"],
        reason=row["reason"],
        signed_by=actor_from_json(signed["by"]),
        signed_for=actor_from_json(signed["acting_for"]),
        signed_at=row["signed_at"],
        letter_issued=row["letter_issued"],
    )
