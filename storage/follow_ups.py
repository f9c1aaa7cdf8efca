"""Who was told of which deadline. What is to be told is read from indexes that hold running applications only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from issuance.deadlines.follow_up import (
    DueCase,
    Escalation,
    FollowUp,
    FollowUpKind,
    FollowUpLine,
    FollowUpPage,
    Level,
)

from .conflicts import first_one_wins
from .cursors import citizen_key, encode_cursor
from .settlement_tables import follow_ups as t
from .settlement_tables import questions as q
from .tables import LATE_WHEN_HALTED, PAPERS_ASKED, RUNNING
from .tables import applications as a


class SqlFollowUps:
    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def due_soon(
        self, after: datetime, until: datetime, limit: int, *, units: Collection[str], are_left_out: bool
    ) -> Sequence[DueCase]:
        conditions = [a.c.promised_at >= after, a.c.promised_at <= until]
        if units or not are_left_out:
            wanted = a.c.unit.in_(sorted(units))
            conditions.append(sa.not_(wanted) if are_left_out else wanted)
        return self._untold(FollowUpKind.DUE_SOON, a.c.promised_at, RUNNING, conditions, limit)

    def overdue(self, at: datetime, limit: int) -> Sequence[DueCase]:
        kind, promised = FollowUpKind.OVERDUE, a.c.promised_at
        running = self._untold(kind, promised, RUNNING, [promised < at], limit)
        if len(running) >= limit:
            return running
        # Paused or ended after the promised moment, before anybody looked.
        return [*running, *self._untold(kind, promised, LATE_WHEN_HALTED, [], limit - len(running))]

    def step_overdue(self, at: datetime, limit: int) -> Sequence[DueCase]:
        return self._untold(FollowUpKind.STEP_OVERDUE, a.c.step_due_at, RUNNING, [a.c.step_due_at < at], limit)

    def _untold(
        self,
        kind: FollowUpKind,
        due: sa.Column[datetime],
        index: str,
        conditions: Sequence[sa.ColumnElement[bool]],
        limit: int,
    ) -> Sequence[DueCase]:
        told = sa.exists().where(
            t.c.application_id == a.c.id, t.c.kind == kind.value, t.c.level == Level.OWNER.value, t.c.due_at == due
        )
        query = (
            sa.select(a.c.id, a.c.unit, a.c.owner_key, due)
            .where(sa.text(f"({index})"), *conditions, sa.not_(told))
            .order_by(due, a.c.id)
            .limit(limit)
        )
        return [DueCase(*row) for row in self._connection.execute(query)]

    def papers_overdue(self, today: date, limit: int) -> Sequence[DueCase]:
        # When they were asked for, the clock stopped: asked for once more, it stopped at another time.
        conditions = [a.c.asked_until < today, a.c.halted_at.is_not(None)]
        return self._untold(FollowUpKind.PAPERS_OVERDUE, a.c.halted_at, PAPERS_ASKED, conditions, limit)

    def questions_overdue(self, at: datetime, limit: int) -> Sequence[DueCase]:
        told = sa.exists().where(
            t.c.application_id == q.c.application_id,
            t.c.kind == FollowUpKind.QUESTION_OVERDUE.value,
            t.c.level == Level.OWNER.value,
            t.c.due_at == q.c.due_at,
        )
        query = (
            sa.select(a.c.id, a.c.unit, a.c.owner_key, q.c.due_at)
            .join(a, a.c.id == q.c.application_id)
            .where(q.c.answered_at.is_(None), q.c.due_at < at, sa.not_(told))
            .distinct()
            .order_by(q.c.due_at, a.c.id)
            .limit(limit)
        )
        return [DueCase(*row) for row in self._connection.execute(query)]

    def escalating(self, at: datetime, limit: int) -> Sequence[Escalation]:
        due = sa.case((t.c.kind == FollowUpKind.STEP_OVERDUE.value, a.c.step_due_at), else_=a.c.promised_at)
        still_late = sa.and_(a.c.closed_at.is_(None), due == t.c.due_at)
        query = (
            sa.select(t, sa.case((still_late, 1), else_=0).label("still_late"))
            .join(a, a.c.id == t.c.application_id)
            .where(
                t.c.escalates_at.is_not(None),
                t.c.escalates_at <= at,
                # What waits for the citizen waits for no head; it is asked about again when its clock runs.
                sa.or_(a.c.closed_at.is_not(None), sa.not_(a.c.paused)),
            )
            .order_by(t.c.escalates_at, t.c.id)
            .limit(limit)
        )
        return [
            Escalation(follow_up_from_row(row), bool(row["still_late"]))
            for row in self._connection.execute(query).mappings()
        ]

    def add(self, follow_ups: Collection[FollowUp]) -> None:
        if follow_ups:
            with first_one_wins():
                self._connection.execute(sa.insert(t), [_to_row(one) for one in follow_ups])

    def end_escalation(self, follow_up_ids: Collection[UUID]) -> None:
        if follow_up_ids:
            ended = sa.update(t).where(t.c.id.in_(follow_up_ids)).values(escalates_at=None)
            self._connection.execute(ended)

    def of_official(
        self, unit: str, subject_key: str, roles: Collection[str], cursor: str | None, limit: int, *, whole_unit: bool
    ) -> FollowUpPage:
        query = (
            sa.select(t, a.c.code, a.c.type_id)
            .join(a, a.c.id == t.c.application_id)
            .where(t.c.seen_at.is_(None), _for(unit, subject_key, roles, whole_unit=whole_unit))
        )
        if cursor is not None:
            found_at, follow_up_id = citizen_key(cursor)
            bound = [
                sa.bindparam(None, value, column.type)
                for column, value in ((t.c.found_at, found_at), (t.c.id, follow_up_id))
            ]
            query = query.where(sa.tuple_(t.c.found_at, t.c.id) < sa.tuple_(*bound))
        # One row more than asked for tells whether there is a next page.
        ordered = query.order_by(t.c.found_at.desc(), t.c.id.desc()).limit(limit + 1)
        rows = self._connection.execute(ordered).mappings().all()
        lines = [FollowUpLine(follow_up_from_row(row), row["code"], row["type_id"]) for row in rows[:limit]]
        if len(rows) <= limit:
            return FollowUpPage(lines, None)
        return FollowUpPage(lines, encode_cursor(lines[-1].follow_up.found_at, lines[-1].follow_up.id))

    def see(
        self, follow_up_id: UUID, unit: str, subject_key: str, roles: Collection[str], at: datetime, *, whole_unit: bool
    ) -> bool:
        mine = (
            sa.select(t.c.id)
            .join(a, a.c.id == t.c.application_id)
            .where(t.c.id == follow_up_id, _for(unit, subject_key, roles, whole_unit=whole_unit))
        )
        if self._connection.execute(mine).one_or_none() is None:
            return False
        unseen = sa.and_(t.c.id == follow_up_id, t.c.seen_at.is_(None))
        self._connection.execute(sa.update(t).where(unseen).values(seen_at=at))
        return True


def _for(unit: str, subject_key: str, roles: Collection[str], *, whole_unit: bool) -> sa.ColumnElement[bool]:
    """By the unit that the application has now: a follow-up goes along when another one takes over."""
    if whole_unit:
        return a.c.unit == unit
    nobodys = sa.and_(a.c.owner_key.is_(None), a.c.role.in_(sorted(roles)))
    mine = sa.or_(t.c.to_key == subject_key, a.c.owner_key == subject_key, nobodys)
    return sa.and_(a.c.unit == unit, t.c.level == Level.OWNER.value, mine)


def _to_row(one: FollowUp) -> dict[str, Any]:
    return {
        "id": one.id,
        "application_id": one.application_id,
        "unit": one.unit,
        "kind": one.kind.value,
        "level": one.level.value,
        "due_at": one.due_at,
        "to_key": one.to_key,
        "found_at": one.found_at,
        "seen_at": one.seen_at,
        "escalates_at": one.escalates_at,
    }


def follow_up_from_row(row: RowMapping) -> FollowUp:
    return FollowUp(
        id=row["id"],
        application_id=row["application_id"],
        unit=row["unit"],
        kind=FollowUpKind(row["kind"]),
        level=Level(row["level"]),
        due_at=row["due_at"],
        to_key=row["to_key"],
        found_at=row["found_at"],
        seen_at=row["seen_at"],
        escalates_at=row["escalates_at"],
    )
