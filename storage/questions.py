"""Questions about applications, and their answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.feedback.question import OpenQuestion, Question, QuestionsPage

from .application_rows import actor_from_json, actor_to_json, application_from_row
from .cells import Cells
from .cursors import citizen_key, encode_cursor
from .settlement_tables import questions as t
from .tables import applications

_OPEN = t.c.answered_at.is_(None)
_ORDER = (t.c.due_at, t.c.id)


class SqlQuestions:
    __slots__ = ("_cells", "_connection")

    def __init__(self, connection: Connection, cells: Cells) -> None:
        self._connection = connection
        self._cells = cells

    def add(self, question: Question) -> None:
        self._connection.execute(sa.insert(t), self._cells.seal(t, _to_row(question)))

    def of_application(self, application_id: UUID) -> Sequence[Question]:
        query = sa.select(t).where(t.c.application_id == application_id).order_by(t.c.asked_at, t.c.id)
        return [_from_row(row) for row in self._cells.open_all(t, self._connection.execute(query).mappings())]

    def answer(self, question: Question) -> bool:
        if question.answered_at is None:
            raise ValueError("an answer has its time")
        row = self._cells.seal(t, _to_row(question))
        given = {name: row[name] for name in ("answer", "answered_by", "answered_at")}
        return self._connection.execute(sa.update(t).where(t.c.id == question.id, _OPEN).values(given)).rowcount == 1

    def open_of_unit(self, unit: str, cursor: str | None, limit: int) -> QuestionsPage:
        query = (
            sa.select(t.c.id)
            .join(applications, applications.c.id == t.c.application_id)
            .where(_OPEN, applications.c.unit == unit)
        )
        if cursor is not None:
            due_at, last = citizen_key(cursor)
            bound = (sa.bindparam(None, due_at, t.c.due_at.type), sa.bindparam(None, last, t.c.id.type))
            query = query.where(sa.tuple_(*_ORDER) > sa.tuple_(*bound))
        ids = self._connection.execute(query.order_by(*_ORDER).limit(limit + 1)).scalars().all()
        found = self._whole(ids[:limit])
        last_one = found[-1].question if len(ids) > limit else None
        return QuestionsPage(found, None if last_one is None else encode_cursor(last_one.due_at, last_one.id))

    def overdue(self, at: datetime, limit: int) -> Sequence[Question]:
        query = sa.select(t).where(_OPEN, t.c.due_at < at).order_by(*_ORDER).limit(limit)
        return [_from_row(row) for row in self._cells.open_all(t, self._connection.execute(query).mappings())]

    def _whole(self, ids: Sequence[UUID]) -> Sequence[OpenQuestion]:
        rows = self._connection.execute(sa.select(t).where(t.c.id.in_(ids)).order_by(*_ORDER)).mappings()
        questions = [_from_row(row) for row in self._cells.open_all(t, rows)]
        named = {question.application_id for question in questions}
        about = self._connection.execute(sa.select(applications).where(applications.c.id.in_(named))).mappings()
        by_id = {row["id"]: application_from_row(row) for row in self._cells.open_all(applications, about)}
        return [
            OpenQuestion(question, by_id[question.application_id])
            for question in questions
            if question.application_id in by_id
        ]


def _to_row(question: Question) -> dict[str, Any]:
    return {
        "id": question.id,
        "application_id": question.application_id,
        "text": question.text,
        "asked_at": question.asked_at,
        "due_at": question.due_at,
        "answer": question.answer,
        "answered_by": actor_to_json(question.answered_by),
        "answered_at": question.answered_at,
    }


def _from_row(row: dict[str, Any]) -> Question:
    return Question(
        id=row["id"],
        application_id=row["application_id"],
        text=row["text"],
        asked_at=row["asked_at"],
        due_at=row["due_at"],
        answer=row["answer"],
        answered_by=actor_from_json(row["answered_by"]),
        answered_at=row["answered_at"],
    )
