"""Which workers are alive: each says so every few seconds."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from .conflicts import first_one_wins
from .tables import worker_heartbeats as t


class SqlHeartbeats:
    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def beat(self, executor_id: str, at: datetime) -> None:
        mine = t.c.executor_id == executor_id
        if self._connection.execute(sa.update(t).where(mine).values(seen_at=at)).rowcount:
            return
        with first_one_wins():
            self._connection.execute(sa.insert(t), {"executor_id": executor_id, "seen_at": at})

    def sign_off(self, executor_id: str) -> None:
        """Others may take over at once what this worker leaves unfinished."""
        self._connection.execute(sa.delete(t).where(t.c.executor_id == executor_id))

    def alive_since(self, since: datetime) -> frozenset[str]:
        """The executors seen at or after this time."""
        return frozenset(self._connection.execute(sa.select(t.c.executor_id).where(t.c.seen_at >= since)).scalars())
