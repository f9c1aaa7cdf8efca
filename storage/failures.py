"""Background jobs that failed: what somebody has to be told of, and how long to wait before the next attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.jobs import JobKind
from issuance.records import FailuresAlike, IssuingFailure

from .conflicts import first_one_wins
from .tables import issuing_failures as t


class SqlIssuingFailures:
    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, limit: int) -> Sequence[IssuingFailure]:
        query = sa.select(t).order_by(t.c.since, t.c.kind, t.c.application_id).limit(limit)
        rows = self._connection.execute(query).mappings()
        return [IssuingFailure(**{**row, "kind": JobKind(row["kind"])}) for row in rows]

    def by_error(self) -> Sequence[FailuresAlike]:
        number, since = sa.func.count().label("number"), sa.func.min(t.c.since).label("since")
        query = sa.select(t.c.kind, t.c.error, number, since).group_by(t.c.kind, t.c.error)
        rows = self._connection.execute(query.order_by(number.desc(), since, t.c.kind, t.c.error)).mappings()
        return [FailuresAlike(**{**row, "kind": JobKind(row["kind"])}) for row in rows]

    def attempts(self) -> Mapping[tuple[JobKind, UUID], int]:
        """How often each of them has failed."""
        query = sa.select(t.c.kind, t.c.application_id, t.c.attempts)
        return {(JobKind(kind), application_id): n for kind, application_id, n in self._connection.execute(query)}

    def note(self, kind: JobKind, application_id: UUID, error: str, at: datetime) -> None:
        again = sa.update(t).where(*_this(kind, application_id))
        if self._connection.execute(again.values(error=error, last_at=at, attempts=t.c.attempts + 1)).rowcount:
            return
        first = {"kind": kind.value, "application_id": application_id, "error": error, "attempts": 1}
        with first_one_wins():
            self._connection.execute(sa.insert(t), first | {"since": at, "last_at": at})

    def clear(self, kind: JobKind, application_id: UUID) -> None:
        self._connection.execute(sa.delete(t).where(*_this(kind, application_id)))


def _this(kind: JobKind, application_id: UUID) -> tuple[sa.ColumnElement[bool], ...]:
    return t.c.kind == kind.value, t.c.application_id == application_id
