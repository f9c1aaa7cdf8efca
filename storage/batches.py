"""Batches and what became of their lines."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from issuance.batches.batch import MAX_BATCHES_A_DAY, Batch, BatchLine, LineState, batch_code
from issuance.batches.errors import BatchRefused

from .batch_tables import batch_lines as lines
from .batch_tables import batches as t
from .conflicts import first_one_wins

_ASKED_AT_ONCE = 500
"""SQLite takes so many values in one question, and more."""


class SqlBatches:
    """Satisfies `issuance.batches.batch.Batches`, for one transaction."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def next_code(self, unit: str, on: date) -> str:
        begins = batch_code(unit, on, 1)[:-2]
        taken = sa.select(sa.func.count()).where(t.c.unit == unit, t.c.code.startswith(begins, autoescape=True))
        number = self._connection.execute(taken).scalar_one() + 1
        if number > MAX_BATCHES_A_DAY:
            raise BatchRefused("too_many_batches", unit=unit)
        return batch_code(unit, on, number)

    def add(self, batch: Batch) -> None:
        with first_one_wins():
            self._connection.execute(sa.insert(t), _to_row(batch))

    def find(self, code: str) -> Batch | None:
        found = self._connection.execute(sa.select(t).where(t.c.code == code)).mappings().one_or_none()
        return None if found is None else _from_row(found)

    def of_file(self, type_id: str | None, sha256: bytes) -> Sequence[Batch]:
        query = sa.select(t).where(t.c.file_sha256 == sha256).order_by(t.c.prepared_at.desc(), t.c.code.desc())
        if type_id is not None:
            query = query.where(t.c.type_id == type_id)
        return [_from_row(row) for row in self._connection.execute(query).mappings()]

    def newest(self, limit: int) -> Sequence[Batch]:
        query = sa.select(t).order_by(t.c.prepared_at.desc(), t.c.code.desc()).limit(limit)
        return [_from_row(row) for row in self._connection.execute(query).mappings()]

    def approve(self, batch: Batch) -> bool:
        if batch.approved_by is None:
            raise ValueError("an approval says by whom and when")
        approved = {"approved_by": batch.approved_by, "approved_at": batch.approved_at}
        waiting = sa.and_(t.c.id == batch.id, t.c.approved_at.is_(None))
        return self._connection.execute(sa.update(t).where(waiting).values(approved)).rowcount == 1

    def finish(self, batch: Batch, at: datetime) -> bool:
        unfinished = sa.and_(t.c.id == batch.id, t.c.finished_at.is_(None))
        return self._connection.execute(sa.update(t).where(unfinished).values(finished_at=at)).rowcount == 1

    def lines(self, batch_id: UUID, first: int, last: int) -> Mapping[int, BatchLine]:
        query = sa.select(lines).where(lines.c.batch_id == batch_id, lines.c.line.between(first, last))
        return {row["line"]: _line(row) for row in self._connection.execute(query).mappings()}

    def issued_keys(self, keys: Collection[str]) -> frozenset[str]:
        asked, known = list(keys), set[str]()
        for start in range(0, len(asked), _ASKED_AT_ONCE):
            some = asked[start : start + _ASKED_AT_ONCE]
            known |= set(
                self._connection.execute(sa.select(lines.c.line_key).where(lines.c.line_key.in_(some))).scalars()
            )
        return frozenset(known)

    def add_lines(self, batch_id: UUID, lines_of_it: Collection[BatchLine]) -> None:
        if not lines_of_it:
            return
        rows = [
            {
                "batch_id": batch_id,
                "line": one.number,
                "state": one.state.value,
                "application_id": one.application_id,
                "line_key": one.key,
                "refusal": one.refusal,
            }
            for one in lines_of_it
        ]
        with first_one_wins():
            self._connection.execute(sa.insert(lines), rows)

    def note_issued(self, batch_id: UUID, application_ids: Collection[UUID]) -> None:
        asked = list(application_ids)
        for start in range(0, len(asked), _ASKED_AT_ONCE):
            these = sa.and_(
                lines.c.batch_id == batch_id,
                lines.c.application_id.in_(asked[start : start + _ASKED_AT_ONCE]),
                lines.c.state == LineState.INTENDED.value,
            )
            self._connection.execute(sa.update(lines).where(these).values(state=LineState.ISSUED.value))

    def counts(self, batch_id: UUID) -> Mapping[tuple[LineState, str | None], int]:
        query = (
            sa.select(lines.c.state, lines.c.refusal, sa.func.count())
            .where(lines.c.batch_id == batch_id)
            .group_by(lines.c.state, lines.c.refusal)
        )
        return {(LineState(state), refusal): count for state, refusal, count in self._connection.execute(query)}


def _to_row(batch: Batch) -> dict[str, Any]:
    return {
        "id": batch.id,
        "code": batch.code,
        "type_id": batch.type_id,
        "unit": batch.unit,
        "form": batch.form,
        "head": batch.head,
        "file_sha256": batch.file_sha256,
        "file_bytes": batch.file_bytes,
        "lines": batch.lines,
        "refused": batch.refused,
        "block_lines": batch.block_lines,
        "block_digests": list(batch.block_digests),
        "prepared_by": batch.prepared_by,
        "prepared_at": batch.prepared_at,
        "approved_by": batch.approved_by,
        "approved_at": batch.approved_at,
        "finished_at": batch.finished_at,
    }


def _from_row(row: RowMapping) -> Batch:
    known = {name: row[name] for name in row if name != "block_digests"}
    return Batch(**known, block_digests=tuple(row["block_digests"]))


def _line(row: RowMapping) -> BatchLine:
    return BatchLine(
        number=row["line"],
        state=LineState(row["state"]),
        application_id=row["application_id"],
        key=row["line_key"],
        refusal=row["refusal"],
    )
