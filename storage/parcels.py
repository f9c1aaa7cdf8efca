"""Parcels, the batches they leave in, and the paper copies that were printed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.delivery.address import PostalAddress
from issuance.delivery.parcel import Parcel, ParcelLine, ParcelState, PostalBatch, PrintedCopies, ReturnReason
from issuance.errors import BatchNotFound, ConcurrentChange

from .application_rows import actor_from_json, actor_to_json
from .cells import Cells
from .conflicts import first_one_wins
from .delivery_tables import paper_copies, paper_prints
from .delivery_tables import parcels as t
from .delivery_tables import postal_batches as b
from .tables import applications

_FIXED = ("id", "application_id", "seq", "number", "copies", "asked_at")
_WITHOUT_DOCUMENT = ("refused_at_intake", "withdrawn", "stopped")
_WITH_CODE = sa.select(t, applications.c.code.label("code")).join(applications, applications.c.id == t.c.application_id)
_MOST_NAMES = 500
"""In one query: SQLite takes no more than 32,766 parameters, and a plan for so many is no better."""


class SqlParcels:
    __slots__ = ("_cells", "_connection")

    def __init__(self, connection: Connection, cells: Cells) -> None:
        self._connection = connection
        self._cells = cells

    def add(self, parcel: Parcel) -> None:
        with first_one_wins():
            self._connection.execute(sa.insert(t), self._cells.seal(t, _to_row(parcel)))

    def save(self, parcel: Parcel) -> Parcel:
        stored = replace(parcel, version=parcel.version + 1)
        values = {name: value for name, value in _to_row(stored).items() if name not in _FIXED}
        values = self._cells.seal(t, values, id=parcel.id, application_id=parcel.application_id)
        same = (t.c.id == parcel.id, t.c.version == parcel.version)
        if self._connection.execute(sa.update(t).where(*same).values(values)).rowcount != 1:
            raise ConcurrentChange("the parcel was changed by somebody else")
        return stored

    def of_application(self, application_id: UUID) -> Sequence[Parcel]:
        query = sa.select(t).where(t.c.application_id == application_id).order_by(t.c.seq)
        return [_from_row(row) for row in self._cells.open_all(t, self._connection.execute(query).mappings())]

    def to_hand_over(self, unit: str, limit: int) -> Sequence[ParcelLine]:
        waits = (t.c.state.in_(("asked", "printed")), applications.c.unit == unit)
        query = _WITH_CODE.where(*waits, applications.c.state.not_in(_WITHOUT_DOCUMENT))
        # The printed ones first, whose names come later in the alphabet: only they can leave.
        return self._lines(query.order_by(t.c.state.desc(), t.c.asked_at, t.c.id).limit(limit))

    def numbered(self, unit: str | None, numbers: Collection[str]) -> Mapping[str, ParcelLine]:
        wanted = sorted(set(numbers))
        found: dict[str, ParcelLine] = {}
        for start in range(0, len(wanted), _MOST_NAMES):
            query = _WITH_CODE.where(t.c.number.in_(wanted[start : start + _MOST_NAMES]))
            if unit is not None:
                query = query.where(applications.c.unit == unit)
            found |= {one.parcel.number: one for one in self._lines(query)}
        return found

    def next_batch_number(self, unit: str, on: date) -> int:
        query = sa.select(sa.func.coalesce(sa.func.max(b.c.number), 0) + 1).where(b.c.unit == unit, b.c.on_day == on)
        number: int = self._connection.execute(query).scalar_one()
        return number

    def close(self, batch: PostalBatch) -> None:
        row = {
            "id": batch.id,
            "unit": batch.unit,
            "on_day": batch.on,
            "number": batch.number,
            "parcels": batch.parcels,
            "closed_by": actor_to_json(batch.closed_by),
            "closed_at": batch.closed_at,
        }
        with first_one_wins():
            self._connection.execute(sa.insert(b), self._cells.seal(b, row))

    def batch(self, unit: str, batch_id: UUID) -> PostalBatch:
        query = sa.select(b).where(b.c.id == batch_id, b.c.unit == unit)
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            raise BatchNotFound("no such batch of this unit")
        return _batch_from_row(self._cells.open(b, row))

    def batches(self, unit: str, limit: int) -> Sequence[PostalBatch]:
        query = sa.select(b).where(b.c.unit == unit).order_by(b.c.on_day.desc(), b.c.number.desc()).limit(limit)
        return [_batch_from_row(row) for row in self._cells.open_all(b, self._connection.execute(query).mappings())]

    def in_batch(self, batch_id: UUID) -> Sequence[ParcelLine]:
        return self._lines(_WITH_CODE.where(t.c.batch_id == batch_id).order_by(t.c.line))

    def _lines(self, query: sa.Select[Any]) -> list[ParcelLine]:
        rows = self._connection.execute(query).mappings()
        return [ParcelLine(_from_row(row), row["code"]) for row in self._cells.open_all(t, rows)]


class SqlPaperCopies:
    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def printed(self, application_id: UUID) -> int:
        query = sa.select(paper_copies.c.printed).where(paper_copies.c.application_id == application_id)
        return self._connection.execute(query).scalar() or 0

    def print(self, copies: PrintedCopies, decided: int) -> bool:
        mine = paper_copies.c.application_id == copies.application_id
        if self._connection.execute(sa.select(paper_copies.c.decided).where(mine)).scalar() is None:
            with first_one_wins():
                first = {"application_id": copies.application_id, "decided": decided, "printed": 0}
                self._connection.execute(sa.insert(paper_copies), first)
        # Of two who print at once one waits here for the other, and then counts what is left.
        raised = paper_copies.c.printed + copies.copies
        counted = sa.update(paper_copies).where(mine, raised <= paper_copies.c.decided).values(printed=raised)
        if self._connection.execute(counted).rowcount != 1:
            return False
        row = {
            "id": copies.id,
            "application_id": copies.application_id,
            "copies": copies.copies,
            "by_key": copies.by,
            "at": copies.at,
        }
        self._connection.execute(sa.insert(paper_prints), row)
        return True

    def find(self, application_id: UUID, print_id: UUID) -> PrintedCopies | None:
        p = paper_prints.c
        query = sa.select(paper_prints).where(p.id == print_id, p.application_id == application_id)
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        return PrintedCopies(
            id=row["id"], application_id=row["application_id"], copies=row["copies"], by=row["by_key"], at=row["at"]
        )


def _to_row(parcel: Parcel) -> dict[str, Any]:
    return {
        "id": parcel.id,
        "application_id": parcel.application_id,
        "seq": parcel.seq,
        "number": parcel.number,
        "copies": parcel.copies,
        "address": asdict(parcel.address),
        "state": parcel.state.value,
        "asked_at": parcel.asked_at,
        "changed_at": parcel.changed_at,
        "batch_id": parcel.batch_id,
        "line": parcel.line,
        "tracking_number": parcel.tracking_number,
        "tracked_at": parcel.tracked_at,
        "return_reason": parcel.return_reason,
        "version": parcel.version,
    }


def _from_row(row: Mapping[str, Any]) -> Parcel:
    return Parcel(
        id=row["id"],
        application_id=row["application_id"],
        seq=row["seq"],
        number=row["number"],
        copies=row["copies"],
        address=PostalAddress(**row["address"]),
        state=ParcelState(row["state"]),
        asked_at=row["asked_at"],
        changed_at=row["changed_at"],
        batch_id=row["batch_id"],
        line=row["line"],
        tracking_number=row["tracking_number"],
        tracked_at=row["tracked_at"],
        return_reason=None if row["return_reason"] is None else ReturnReason(row["return_reason"]),
        version=row["version"],
    )


def _batch_from_row(row: Mapping[str, Any]) -> PostalBatch:
    closed_by = actor_from_json(row["closed_by"])
    if closed_by is None:
        raise ValueError("somebody has closed every batch")
    return PostalBatch(
        id=row["id"],
        unit=row["unit"],
        on=row["on_day"],
        number=row["number"],
        parcels=row["parcels"],
        closed_by=closed_by,
        closed_at=row["closed_at"],
    )
