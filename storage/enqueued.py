"""Jobs as DBOS writes them, without asking DBOS each time: its rows for two jobs of a kind differ by their ids only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from .compile_once import Noting
from .together import Prepared

_ID, _INPUTS, _CREATOR = "workflow_uuid", "inputs", "creator_xid"


class Enqueued:
    """What enqueueing a job of one kind writes, with places for what differs from job to job."""

    __slots__ = ("_about", "_rows")

    def __init__(self, rows: list[tuple[Prepared, Mapping[str, Any]]], about: UUID) -> None:
        self._rows = rows
        self._about = str(about)

    @classmethod
    def noted(cls, dialect: sa.Dialect, enqueue: Callable[[Noting, str, UUID], None]) -> Enqueued:
        """enqueue: has DBOS enqueue a job of this id, about this application, on the connection that it is given.

        Raises RuntimeError where DBOS writes something else about two jobs than is known here.
        """
        first, second, about, other = Noting(dialect), Noting(dialect), uuid4(), uuid4()
        enqueue(first, "one", about)
        enqueue(second, "two", other)
        enqueued = cls([(Prepared(compiled), values) for compiled, values in first.noted], about)
        made = [values for _, values in enqueued.rows("two", other)]
        for ours, (_, theirs) in zip(made, second.noted, strict=True):
            if _CREATOR in theirs:
                ours = {**ours, _CREATOR: theirs[_CREATOR]}
            if ours != theirs:
                raise RuntimeError("DBOS enqueues in another way than this release knows")
        return enqueued

    def rows(self, workflow_id: str, about: UUID) -> Iterator[tuple[Prepared, dict[str, Any]]]:
        for prepared, noted in self._rows:
            values = {**noted, _ID: workflow_id}
            if _CREATOR in noted:
                values[_CREATOR] = str(uuid4())
            if _INPUTS in noted:
                values[_INPUTS] = noted[_INPUTS].replace(self._about, str(about))
            yield prepared, values
