"""Every step of every application: at most one is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from issuance.settlement.step_visit import StepVisit

from .conflicts import first_one_wins
from .fresh import Fresh
from .settlement_tables import step_visits as t
from .together import Together

_OF = sa.select(t).where(t.c.application_id == sa.bindparam("of_application"))
_ALL = _OF.order_by(t.c.seq)
_CURRENT = _OF.where(t.c.left_at.is_(None))
_COLUMNS = tuple(column.name for column in t.columns)
_GIVEN = tuple(name for name in _COLUMNS if name != "seq")
_OPEN = sa.insert(t).from_select(
    [*_GIVEN, "seq"],
    sa.select(
        *(sa.bindparam(f"the_{name}", type_=t.c[name].type) for name in _GIVEN),
        sa.func.coalesce(sa.func.max(t.c.seq), 0) + 1,
    ).where(t.c.application_id == sa.bindparam("of_application")),
)
_UPDATE = sa.update(t).where(t.c.application_id == sa.bindparam("of_application"), t.c.left_at.is_(None))


class SqlStepVisits:
    __slots__ = ("_connection", "_fresh")

    def __init__(self, connection: Together, fresh: Fresh) -> None:
        self._connection = connection
        self._fresh = fresh

    def open(self, visit: StepVisit) -> None:
        if self._fresh.is_first("step visit", visit.application_id):
            self._connection.insert(t, {name: getattr(visit, name) for name in _COLUMNS} | {"seq": 1})
            return
        values = {f"the_{name}": value for name, value in asdict(visit).items() if name != "seq"}
        with first_one_wins():
            self._connection.execute(_OPEN, values | {"of_application": visit.application_id})

    def current(self, application_id: UUID) -> StepVisit | None:
        row = self._connection.execute(_CURRENT, {"of_application": application_id}).mappings().one_or_none()
        return None if row is None else StepVisit(**row)

    def change(self, visit: StepVisit) -> None:
        values = {"unit": visit.unit, "owner_key": visit.owner_key, "due_at": visit.due_at}
        self._connection.execute(_UPDATE, values | {"of_application": visit.application_id})

    def close(
        self, application_id: UUID, *, at: datetime, outcome: str, by_key: str, acting_for_key: str | None = None
    ) -> None:
        values = {"left_at": at, "outcome": outcome, "by_key": by_key, "acting_for_key": acting_for_key}
        self._connection.execute(_UPDATE, values | {"of_application": application_id})

    def of_application(self, application_id: UUID) -> Sequence[StepVisit]:
        rows = self._connection.execute(_ALL, {"of_application": application_id}).mappings()
        return [StepVisit(**row) for row in rows]
