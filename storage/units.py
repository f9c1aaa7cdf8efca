"""The book of units: every period of every unit, as rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from issuance.agencies.read_hours import read_hours, write_hours
from issuance.agencies.tree import UnitTree
from issuance.agencies.unit import Unit, UnitKind
from issuance.errors import ConcurrentChange
from issuance.fees.wording import Label

from .held_books import BookOfTransaction, HeldBook, Revisions
from .settlement_tables import units as t
from .tables import applications as a

_READ = sa.select(t)
_OPEN = sa.select(a.c.unit, sa.func.count()).where(a.c.closed_at.is_(None)).group_by(a.c.unit)
_THIS = (t.c.code == sa.bindparam("of_code"), t.c.valid_from == sa.bindparam("of_first_day"))


class SqlUnits:
    """Satisfies `issuance.agencies.ports.Units`, for one transaction."""

    __slots__ = ("_book", "_connection")

    def __init__(self, connection: Connection, revisions: Revisions, held: HeldBook[UnitTree]) -> None:
        self._connection = connection
        self._book = BookOfTransaction(connection, revisions, "units", held, self._read)

    def tree(self) -> UnitTree:
        return self._book.get()

    def put(self, units: Collection[Unit], at: datetime) -> None:
        if not units:
            return
        known = {(unit.code, unit.valid_from) for unit in self._book.get().rows}
        self._book.turn_over()
        rows = [_to_row(unit) | {"changed_at": at} for unit in units]
        # Nobody else is at it, since the revision is ours.
        replaced = [_key(unit) for unit in units if (unit.code, unit.valid_from) in known]
        if replaced:
            self._connection.execute(sa.delete(t).where(*_THIS), replaced)
        self._connection.execute(sa.insert(t), rows)

    def remove(self, units: Collection[Unit]) -> None:
        if not units:
            return
        self._book.turn_over()
        for unit in units:
            if self._connection.execute(sa.delete(t).where(*_THIS), _key(unit)).rowcount != 1:
                raise ConcurrentChange("a unit's period was changed by somebody else")

    def had_applications(self, code: str) -> bool:
        query = sa.select(sa.exists().where(a.c.unit == code))
        return bool(self._connection.execute(query).scalar_one())

    def open_applications(self) -> Mapping[str, int]:
        return {unit: int(count) for unit, count in self._connection.execute(_OPEN)}

    def _read(self) -> UnitTree:
        rows = self._connection.execute(_READ).mappings().all()
        return UnitTree(_from_row(row) for row in rows) if rows else UnitTree.empty()


def _key(unit: Unit) -> dict[str, Any]:
    return {"of_code": unit.code, "of_first_day": unit.valid_from}


def _to_row(unit: Unit) -> dict[str, Any]:
    return {
        "code": unit.code,
        "valid_from": unit.valid_from,
        "valid_until": unit.valid_until,
        "name": unit.name.vi,
        "name_en": unit.name.en,
        "kind": unit.kind.value,
        "parent": unit.parent,
        "successor": unit.successor,
        "hours": None if unit.hours is None else write_hours(unit.hours),
        "is_synthetic": unit.is_synthetic,
    }


def _from_row(row: RowMapping) -> Unit:
    return Unit(
        code=row["code"],
        name=Label(row["name"], row["name_en"]),
        kind=UnitKind(row["kind"]),
        parent=row["parent"],
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        successor=row["successor"],
        hours=None if row["hours"] is None else read_hours(row["hours"]),
        is_synthetic=row["is_synthetic"],
    )
