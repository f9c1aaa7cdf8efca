"""Books that a process holds in memory, each until its revision in the database is another one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection

from identity.officials_register import RegisteredOfficial
from issuance.agencies.tree import UnitTree
from issuance.errors import ConcurrentChange
from issuance.procedure.document import Procedure
from issuance.procedure.published import Published
from issuance.procedure.reading import read_procedure

from .fee_tables import fee_policy_book
from .ledger_chain import IdsAhead
from .policy_book import HeldPolicyBook
from .settlement_tables import books as t
from .together import PreparedStatements

T = TypeVar("T")
OfficialsByUnit = dict[str, Sequence[RegisteredOfficial]]
"""The active ones, of the units that somebody has asked for."""

_REVISION = sa.select(t.c.revision).where(t.c.name == sa.bindparam("of_book"))
_POLICIES, _OFFICIALS = "fee_policies", "officials"
# As text: nearly every transaction asks, and putting a statement together takes longer than the answer.
_REVISIONS = f"SELECT name, revision FROM {t.name} UNION ALL SELECT '{_POLICIES}', revision FROM {fee_policy_book.name}"  # noqa: S608 - names of ours


class HeldBook(Generic[T]):
    """One book of one database, as it was at a revision. Belongs to the process."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: tuple[int, T] | None = None

    def of_revision(self, revision: int) -> T | None:
        held = self._held
        return held[1] if held is not None and held[0] == revision else None

    def keep(self, revision: int, book: T) -> None:
        """Only what is committed: another transaction may give the same number to another book."""
        self._held = (revision, book)


class HeldProcedures:
    """What a process holds of them: the book of a revision, and each document parsed once."""

    __slots__ = ("_lock", "_parsed", "published")

    def __init__(self) -> None:
        self.published: HeldBook[Published] = HeldBook()
        self._parsed: dict[str, Procedure] = {}
        self._lock = threading.Lock()

    def has(self, digest: str) -> bool:
        with self._lock:
            return digest in self._parsed

    def procedure(self, digest: str, name: str, source: Callable[[], bytes]) -> Procedure:
        """The document of this digest, from `source` where it was not read before.

        Raises ProcedureRefused where it cannot be read, ValueError where it has another digest.
        """
        with self._lock:
            known = self._parsed.get(digest)
        if known is not None:
            return known
        procedure = read_procedure(source(), name)
        if procedure.digest != digest:
            raise ValueError(f"{name}: the stored document is not the one that was published")
        with self._lock:
            return self._parsed.setdefault(digest, procedure)


class HeldBooks:
    """All that a process holds of one database."""

    __slots__ = ("ids_ahead", "officials", "policies", "procedures", "statements", "units")

    def __init__(self) -> None:
        self.policies = HeldPolicyBook()
        self.procedures = HeldProcedures()
        self.units: HeldBook[UnitTree] = HeldBook()
        self.officials: HeldBook[OfficialsByUnit] = HeldBook()
        self.statements = PreparedStatements()
        self.ids_ahead = IdsAhead()


class Revisions:
    """The revisions of all books as a transaction found them when it first asked for one: one statement for all."""

    __slots__ = ("_connection", "_seen")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._seen: dict[str, int] = {}

    def of_policies(self) -> int:
        return self.of(_POLICIES)

    def of_officials(self) -> int:
        """0 where none was ever registered."""
        return self._all().get(_OFFICIALS, 0)

    def of(self, book: str) -> int:
        return self._all()[book]

    def _all(self) -> Mapping[str, int]:
        if not self._seen:
            self._seen = dict(self._connection.exec_driver_sql(_REVISIONS).tuples().all())
        return self._seen


class BookOfTransaction(Generic[T]):
    """A book as one transaction sees it: asked for its revision at most once, read only where that is a new one.

    A transaction judges by one book; whoever changes it calls `turn_over` first.
    """

    __slots__ = ("_book", "_changed", "_connection", "_held", "_name", "_read", "_revisions", "_seen")

    def __init__(
        self, connection: Connection, revisions: Revisions, name: str, held: HeldBook[T], read: Callable[[], T]
    ) -> None:
        """name: of the row in `books`. read: makes the book from its tables."""
        self._connection = connection
        self._revisions = revisions
        self._name = name
        self._held = held
        self._read = read
        self._book: T | None = None
        self._seen: int | None = None
        self._changed = False

    def get(self) -> T:
        """Raises ConcurrentChange where the book is changed while it is read; the use case is then run again."""
        if self._book is None:
            self._book = self._read() if self._changed else self._committed()
        return self._book

    def turn_over(self) -> None:
        """Raise the revision, from the one that this transaction has judged by; call it before each change.

        Whoever changes the book at the same time waits here, and is then run again and judges anew: ConcurrentChange.
        """
        self._book = None
        if self._changed:
            return
        seen = self._revisions.of(self._name) if self._seen is None else self._seen
        raised = sa.update(t).where(t.c.name == self._name, t.c.revision == seen).values(revision=seen + 1)
        if self._connection.execute(raised).rowcount != 1:
            raise ConcurrentChange(f"the book of {self._name} was changed by somebody else")
        self._changed = True

    def _committed(self) -> T:
        seen = self._seen = self._revisions.of(self._name)
        held = self._held.of_revision(seen)
        if held is not None:
            return held
        book = self._read()
        # Two statements see two moments where somebody commits in between.
        if self._revision() != seen:
            raise ConcurrentChange(f"the book of {self._name} was changed by somebody else")
        self._held.keep(seen, book)
        return book

    def _revision(self) -> int:
        revision: int = self._connection.execute(_REVISION, {"of_book": self._name}).scalar_one()
        return revision
