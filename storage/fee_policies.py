"""The policy book: documents and entries, append-only, in two times. Drafts and acts are kept beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.errors import ConcurrentChange
from issuance.fee_policies.draft import BookRow
from issuance.fees.book import BookEntry, PolicyBook
from issuance.fees.document import Days, FeePolicy

from .conflicts import first_one_wins
from .fee_drafts import SqlFeeDrafts
from .fee_tables import fee_policy_book as b
from .fee_tables import fee_policy_documents as d
from .fee_tables import fee_policy_entries as e
from .held_books import Revisions
from .policy_book import HeldPolicyBook

_ORDER = (e.c.first_day, e.c.known_from, e.c.id)
# Revision and entries by one statement, and so of one moment, at whatever isolation.
_READ = (
    sa.select(b.c.revision, e, d.c.policy_id, d.c.version)
    .select_from(b.outerjoin(e.join(d), sa.true()))
    .order_by(*_ORDER)
)


class SqlFeePolicies(SqlFeeDrafts):
    """Satisfies `issuance.records.FeePolicies`, for one transaction."""

    __slots__ = ("_changed", "_held", "_revisions", "_seen")

    def __init__(
        self, connection: Connection, revisions: Revisions, held: HeldPolicyBook, clock: Callable[[], datetime]
    ) -> None:
        super().__init__(connection, clock)
        self._revisions = revisions
        self._held = held
        self._seen: int | None = None
        self._changed = False

    def book(self) -> PolicyBook:
        if not self._changed and (held := self._held.of_revision(self._see(self._revisions.of_policies()))) is not None:
            return held
        revision, rows = self._read()
        book = PolicyBook(tuple(BookEntry(row.policy, row.valid, row.known_from, row.known_to) for row in rows))
        if not self._changed:
            self._held.keep(revision, book)
        return book

    def rows(self, policy_id: str | None = None) -> Sequence[BookRow]:
        _, rows = self._read()
        return [row for row in rows if policy_id in (None, row.policy.id)]

    def _read(self) -> tuple[int, Sequence[BookRow]]:
        found = self._connection.execute(_READ).mappings().all()
        return self._see(found[0]["revision"]), [
            BookRow(
                id=row["id"],
                policy=self._policy(row),
                valid=Days(row["first_day"], row["last_day"]),
                known_from=row["known_from"],
                opened_by=row["opened_by"],
                known_to=row["known_to"],
                closed_by=row["closed_by"],
                closing_reason=row["closing_reason"],
            )
            for row in found
            if row["id"] is not None
        ]

    def _see(self, revision: int) -> int:
        """A transaction judges by one book. Raises ConcurrentChange where it has changed since the first look."""
        if self._seen is not None and revision != self._seen and not self._changed:
            raise ConcurrentChange("the policy book was changed by somebody else")
        self._seen = revision if self._seen is None else self._seen
        return revision

    def source(self, digest: str) -> bytes | None:
        source: bytes | None = self._connection.execute(
            sa.select(d.c.source).where(d.c.digest == digest)
        ).scalar_one_or_none()
        return source

    def open_entry(self, row: BookRow, source: bytes) -> None:
        self._turn_over()
        if self.source(row.policy.digest) is None:
            with first_one_wins():
                self._connection.execute(
                    sa.insert(d),
                    {
                        "digest": row.policy.digest,
                        "policy_id": row.policy.id,
                        "version": row.policy.version,
                        "source": source,
                        "stored_at": row.known_from,
                    },
                )
        with first_one_wins():
            self._connection.execute(sa.insert(e), _to_row(row))

    def close_entry(self, row: BookRow) -> None:
        self._turn_over()
        closing = {"known_to": row.known_to, "closed_by": row.closed_by, "closing_reason": row.closing_reason}
        still_known = sa.and_(e.c.id == row.id, e.c.known_to.is_(None))
        if self._connection.execute(sa.update(e).where(still_known).values(closing)).rowcount != 1:
            raise ConcurrentChange("the entry is closed already")

    def _turn_over(self) -> None:
        """Raise the revision, from the one that this transaction has read and judged by.

        Whoever changes the book at the same time waits here, and is then run again and judges anew.
        """
        if self._changed:
            return
        seen = self._see(self._revisions.of_policies()) if self._seen is None else self._seen
        raised = sa.update(b).where(b.c.revision == seen).values(revision=seen + 1)
        if self._connection.execute(raised).rowcount != 1:
            raise ConcurrentChange("the policy book was changed by somebody else")
        self._changed = True

    def _policy(self, row: sa.RowMapping) -> FeePolicy:
        digest = row["digest"]

        def source() -> bytes:
            found: bytes = self._connection.execute(sa.select(d.c.source).where(d.c.digest == digest)).scalar_one()
            return found

        return self._held.policy(digest, f"{row['policy_id']} version {row['version']}", source)


def _to_row(row: BookRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "digest": row.policy.digest,
        "first_day": row.valid.first_day,
        "last_day": row.valid.last_day,
        "known_from": row.known_from,
        "opened_by": row.opened_by,
        "known_to": row.known_to,
        "closed_by": row.closed_by,
        "closing_reason": row.closing_reason,
    }
