"""The published procedures: documents that never change, and what was taken back, when and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from issuance.application import ProcedureRef
from issuance.errors import ConcurrentChange, ProcedureNotFound
from issuance.procedure.book import ProcedureBook
from issuance.procedure.document import Procedure
from issuance.procedure.published import Published, PublishedProcedure

from .conflicts import first_one_wins
from .held_books import BookOfTransaction, HeldProcedures, Revisions
from .settlement_tables import procedures as t

_ROWS = sa.select(*(column for column in t.c if column.name != "source"))


class SqlProcedures:
    """Satisfies `issuance.records.Procedures`, for one transaction."""

    __slots__ = ("_book", "_connection", "_held")

    def __init__(self, connection: Connection, revisions: Revisions, held: HeldProcedures) -> None:
        self._connection = connection
        self._held = held
        self._book = BookOfTransaction(connection, revisions, "procedures", held.published, self._read)

    def published(self) -> Published:
        return self._book.get()

    def book(self) -> ProcedureBook:
        return self._book.get().book

    def of(self, ref: ProcedureRef) -> Procedure:
        book = self.book()
        return book.by_digest(ref.digest) if ref.digest else book.version(ref.id, ref.version)

    def source(self, digest: str) -> bytes:
        found: bytes | None = self._connection.execute(
            sa.select(t.c.source).where(t.c.digest == digest)
        ).scalar_one_or_none()
        if found is None:
            raise ProcedureNotFound(f"no procedure with the digest {digest[:64]!r}")
        return found

    def not_held(self) -> Sequence[tuple[str, str, bytes]]:
        """Digest, name and source of every document that this process has not parsed yet."""
        rows = self._connection.execute(sa.select(t.c.digest, t.c.procedure_id, t.c.version, t.c.source))
        return [
            (row.digest, _name(row.procedure_id, row.version), row.source)
            for row in rows
            if not self._held.has(row.digest)
        ]

    def add(self, procedure: Procedure, source: bytes, by: str, at: datetime) -> None:
        self._book.turn_over()
        with first_one_wins():
            self._connection.execute(
                sa.insert(t),
                {
                    "digest": procedure.digest,
                    "procedure_id": procedure.id,
                    "version": procedure.version,
                    "source": source,
                    "published_at": at,
                    "published_by": by,
                },
            )

    def withdraw(self, digest: str, by: str, reason: str, at: datetime) -> None:
        self._book.turn_over()
        still_published = sa.and_(t.c.digest == digest, t.c.withdrawn_at.is_(None))
        values = {"withdrawn_at": at, "withdrawn_by": by, "withdrawal_reason": reason}
        if self._connection.execute(sa.update(t).where(still_published).values(values)).rowcount != 1:
            raise ConcurrentChange("the procedure is withdrawn already, or was never published")

    def _read(self) -> Published:
        return Published.of(map(self._row, self._connection.execute(_ROWS).mappings().all()))

    def _row(self, row: RowMapping) -> PublishedProcedure:
        digest = row["digest"]
        name = _name(row["procedure_id"], row["version"])
        return PublishedProcedure(
            procedure=self._held.procedure(digest, name, lambda: self.source(digest)),
            published_at=row["published_at"],
            published_by=row["published_by"],
            withdrawn_at=row["withdrawn_at"],
            withdrawn_by=row["withdrawn_by"],
            withdrawal_reason=row["withdrawal_reason"],
        )


def _name(procedure_id: str, version: int) -> str:
    return f"{procedure_id} version {version}"
