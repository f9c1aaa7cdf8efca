"""Mergers of units under way, and the applications that go over."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.agencies.carried import CarryOver
from issuance.application import Application
from issuance.errors import CarryOverNotFound, ConcurrentChange

from .application_rows import application_from_row
from .cells import Cells
from .conflicts import first_one_wins
from .settlement_tables import apologies, follow_ups, step_visits
from .settlement_tables import carry_overs as t
from .tables import applications as a


class SqlCarryOvers:
    """Satisfies `issuance.agencies.ports.CarryOvers`, for one transaction."""

    __slots__ = ("_cells", "_connection")

    def __init__(self, connection: Connection, cells: Cells) -> None:
        self._connection = connection
        self._cells = cells

    def open(self, carry_over: CarryOver) -> None:
        # A second one for the same unit and period.
        with first_one_wins():
            self._connection.execute(sa.insert(t), asdict(carry_over))

    def by_id(self, carry_over_id: UUID) -> CarryOver:
        return self._one(sa.select(t).where(t.c.id == carry_over_id))

    def locked(self, carry_over_id: UUID) -> CarryOver:
        return self._one(sa.select(t).where(t.c.id == carry_over_id).with_for_update())

    def save(self, carry_over: CarryOver) -> None:
        changed = {"to_unit": carry_over.to_unit, "moved": carry_over.moved, "done_at": carry_over.done_at}
        undone = sa.and_(t.c.id == carry_over.id, t.c.done_at.is_(None))
        if self._connection.execute(sa.update(t).where(undone).values(changed)).rowcount != 1:
            raise ConcurrentChange("this carrying over is done")

    def under_way(self) -> Sequence[CarryOver]:
        return self._all(sa.select(t).where(t.c.done_at.is_(None)).order_by(t.c.asked_at, t.c.id))

    def newest(self, limit: int) -> Sequence[CarryOver]:
        return self._all(sa.select(t).order_by(t.c.asked_at.desc(), t.c.id).limit(limit))

    def of_import(self, import_id: UUID) -> Sequence[CarryOver]:
        return self._all(sa.select(t).where(t.c.import_id == import_id).order_by(t.c.from_unit, t.c.ended_on))

    def was_done(self, unit: str, ended_on: date) -> bool:
        this = sa.and_(t.c.from_unit == unit, t.c.ended_on == ended_on, t.c.done_at.is_not(None))
        return bool(self._connection.execute(sa.select(sa.exists().where(this))).scalar_one())

    def take(self, unit: str, submitted_before: datetime, limit: int) -> Sequence[Application]:
        # In one order, so that two who take the same ones wait for each other and not in a circle.
        query = sa.select(a).where(*_waiting(unit, submitted_before)).order_by(a.c.id).limit(limit)
        rows = self._connection.execute(query.with_for_update()).mappings()
        return [application_from_row(row) for row in self._cells.open_all(a, rows)]

    def waiting(self, unit: str, submitted_before: datetime) -> int:
        query = sa.select(sa.func.count()).select_from(a).where(*_waiting(unit, submitted_before))
        counted: int = self._connection.execute(query).scalar_one()
        return counted

    def let_follow(self, application_ids: Collection[UUID], unit: str) -> None:
        # An open step is worked on by the new unit; those that are over were the old one's work.
        for table, still in (
            (step_visits, step_visits.c.left_at.is_(None)),
            (follow_ups, follow_ups.c.seen_at.is_(None)),
            (apologies, apologies.c.signed_at.is_(None)),
        ):
            theirs = table.c.application_id.in_(application_ids)
            self._connection.execute(sa.update(table).where(theirs, still).values(unit=unit))

    def _one(self, query: sa.Select[tuple[object, ...]]) -> CarryOver:
        found = self._all(query)
        if not found:
            raise CarryOverNotFound
        return found[0]

    def _all(self, query: sa.Select[tuple[object, ...]]) -> Sequence[CarryOver]:
        return [CarryOver(**row) for row in self._connection.execute(query).mappings()]


def _waiting(unit: str, submitted_before: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return a.c.unit == unit, a.c.closed_at.is_(None), a.c.submitted_at < submitted_before
