"""Finds what was changed in the ledger by somebody with full rights on the database and without the key.

Everything is read as of one moment, page by page, so that memory stays bounded and the service goes on. Checks:

1. Entries: each stream is numbered from 1 without a gap, each row's mac fits the row and the one before it; rows
   without a mac are those of earlier releases, which the head of their stream counts.
2. Heads: each is of our making and names the last entry of its stream; no stream lacks its head, no head its stream.
3. Seals: numbered without a gap, each chained to the one before, over the leaves that it says.
4. Leaves: each names an entry that is there, with that mac; every head that is marked as sealed is in a seal.
5. Applications: none is without entries.
6. The file outside of the database: its seals are those of the database.
7. The walks have come by every row: none stands where they do not look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from .ledger_books import BEFORE, BOOKS, Book, Entry, book_of, entries_of_before, macs_at, stream_of_application
from .ledger_key import BEGINNING, LedgerKey, same
from .ledger_tables import access_subjects, accesses, ledger_seals
from .ledger_tables import ledger_heads as h
from .tables import applications, audit
from .verify_seals import Finding, SealsSeen, check_seals, sealed_among

PAGE = 1_000
LONGEST_UNSEALED = timedelta(minutes=15)
"""Seals come each minute. Streams that are left out of them for longer may be hidden from them."""

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Checked:
    """How much was looked at."""

    entries: int
    streams: int
    seals: int
    unsealed_streams: int


class LedgerCheck:
    """One walk through the whole ledger. Findings come as they are found; what was looked at stands in `checked`
    afterwards."""

    def __init__(
        self, connection: Connection, key: LedgerKey, seal_file: Path | None, progress: Progress = lambda what, n: None
    ) -> None:
        """connection: of `as_of_one_moment`. seal_file: None leaves the file outside of the database out."""
        self._connection, self._key, self._file, self._progress = connection, key, seal_file, progress
        self._entries = self._streams = self._unsealed = 0
        self._seals = SealsSeen()
        self._walked: Counter[str] = Counter()

    @property
    def checked(self) -> Checked:
        return Checked(self._entries, self._streams, self._seals.count, self._unsealed)

    def findings(self) -> Iterator[Finding]:
        walks = {
            "how applications are written": self._unlike_ours(),
            "the seals": check_seals(self._connection, self._key, self._file, self._seals, self._progress),
            **{f"the entries of {book.name}": self._entries_of(book) for book in BOOKS},
            "the entries of before": self._entries_of_before(),
            "the heads": self._heads(),
            "the applications": self._applications(),
            "rows of no stream": self._rows_of_no_stream(),
            "all rows": self._rows_passed_over(),
        }
        for what, walk in walks.items():
            try:
                yield from walk
            except (ValueError, TypeError, ArithmeticError) as error:
                # Nothing that we wrote looks like that, and no walk can go on behind it.
                yield Finding("unreadable", f"{what}: a row holds what cannot be read ({type(error).__name__})")

    def _entries_of(self, book: Book) -> Iterator[Finding]:
        after: tuple[Any, int] | None = None
        walk: _Walk | None = None
        there, walked = self._count(book.table), 0
        while page := book.page(self._connection, after, PAGE):
            entries = book.entries(self._connection, page)
            heads = self._heads_of({entry.stream for entry in entries})
            for entry in entries:
                if walk is None or walk.stream != entry.stream:
                    if walk is not None:
                        yield from walk.end()
                    walk = _Walk(self._key, entry.stream, heads.get(entry.stream))
                    self._streams += 1
                yield from walk.take(entry)
            walked += len(entries)
            self._entries += len(entries)
            self._walked[book.table.name] += len(entries)
            self._progress("entries", self._entries)
            if walked > there:
                raise ValueError("the walk goes in a circle: a key is not stored as it is read")
            after = book.key_of(page[-1])
        if walk is not None:
            yield from walk.end()

    def _entries_of_before(self) -> Iterator[Finding]:
        entries = entries_of_before(self._connection)
        walk = _Walk(self._key, BEFORE, self._heads_of({BEFORE}).get(BEFORE))
        for entry in entries:
            yield from walk.take(entry)
        self._entries += len(entries)
        self._walked[audit.name] += len(entries)
        if entries:
            self._streams += 1
            yield from walk.end()

    def _heads_of(self, streams: set[str]) -> dict[str, Any]:
        rows = self._connection.execute(sa.select(h).where(h.c.stream.in_(streams))).mappings()
        return {row["stream"]: row for row in rows}

    def _heads(self) -> Iterator[Finding]:
        """Those whose streams are gone, and those that no seal covers though they say so."""
        after = ""
        while page := self._connection.execute(
            sa.select(h).where(h.c.stream > after).order_by(h.c.stream).limit(PAGE)
        ).all():
            after = page[-1].stream
            self._walked[h.name] += len(page)
            there = macs_at(self._connection, [(row.stream, row.seq) for row in page])
            sealed = sealed_among(self._connection, [(row.stream, row.seq) for row in page])
            for row in page:
                if (row.stream, row.seq) not in there:
                    yield Finding("entry_missing", "its head names an entry that is not there", row.stream, row.seq)
                if row.is_sealed != ((row.stream, row.seq) in sealed):
                    said = (
                        "its head says sealed, and no seal has it" if row.is_sealed else "a seal has its unsealed head"
                    )
                    yield Finding("seal_missing", said, row.stream, row.seq)
                if row.mac is None and self._seals.closed:
                    yield Finding("head_emptied", "its head has no mac, after all had one", row.stream, row.seq)
            yield from self._forgotten([row for row in page if not row.is_sealed])

    def _forgotten(self, unsealed: Sequence[Any]) -> Iterator[Finding]:
        self._unsealed += len(unsealed)
        if self._seals.last_at is None:
            return
        for row in unsealed:
            at = self._written_at(row.stream, row.seq)
            if at is not None and at < self._seals.last_at - LONGEST_UNSEALED:
                yield Finding("left_unsealed", "seals have come since, and none covers it", row.stream, row.seq)

    def _written_at(self, stream: str, seq: int) -> datetime | None:
        book = book_of(stream)
        return None if book is None else book.written_at(self._connection, stream, seq)

    def _applications(self) -> Iterator[Finding]:
        after = None
        query = sa.select(applications.c.id).order_by(applications.c.id).limit(PAGE)
        there, walked = self._count(applications), 0
        while page := (
            self._connection.execute(query if after is None else query.where(applications.c.id > after)).scalars().all()
        ):
            after, walked = page[-1], walked + len(page)
            if walked > there:
                raise ValueError("the walk goes in a circle: a key is not stored as it is read")
            known = self._heads_of({stream_of_application(one) for one in page})
            for one in page:
                if stream_of_application(one) not in known:
                    yield Finding(
                        "stream_missing", "an application of which nothing is told", stream_of_application(one)
                    )

    def _unlike_ours(self) -> Iterator[Finding]:
        """SQLite keeps an application's id as text. Written otherwise it is the same for whoever reads the row, and no
        look-up by application comes by it."""
        if self._connection.dialect.name != "sqlite":
            return
        for table, row_id in ((audit, audit.c.id), (access_subjects, access_subjects.c.access_id)):
            stored = sa.type_coerce(table.c.application_id, sa.Text)
            is_other = sa.or_(
                sa.func.typeof(stored) != "text", sa.func.length(stored) != 32, stored.op("GLOB")("*[^0-9a-f]*")
            )
            query = sa.select(row_id).where(table.c.application_id.is_not(None), is_other)
            for (which,) in self._connection.execute(query):
                yield Finding("row_astray", f"{table.name} {which} names its application as no writer of ours does")

    def _rows_passed_over(self) -> Iterator[Finding]:
        """As rows of keys that nothing of ours has, or of a number that was given twice, where pages meet."""
        self._walked[ledger_seals.name] = self._seals.count
        for table in (audit, accesses, h, ledger_seals):
            there = self._count(table)
            if there != self._walked[table.name]:
                said = f"{table.name} has {there} rows, and {self._walked[table.name]} stand where they can be checked"
                yield Finding("row_astray", said)

    def _count(self, table: sa.Table) -> int:
        return int(self._connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())

    def _rows_of_no_stream(self) -> Iterator[Finding]:
        """What the walks above could not come by."""
        astray = sa.select(audit.c.id).where(
            sa.or_(
                sa.and_(
                    audit.c.application_id.is_not(None), sa.or_(audit.c.seq.is_(None), audit.c.stream.is_not(None))
                ),
                sa.and_(audit.c.stream.is_not(None), audit.c.place.is_(None)),
            )
        )
        for (row_id,) in self._connection.execute(astray):
            yield Finding("row_astray", f"the audit's row {row_id} stands in no stream, or in two")
        known = sa.exists().where(accesses.c.id == access_subjects.c.access_id)
        for (access_id,) in self._connection.execute(sa.select(access_subjects.c.access_id).where(~known).distinct()):
            yield Finding("row_astray", f"whose data access {access_id} has shown is there, the access is not")


class _Walk:
    """Along one stream, from its first entry to its head."""

    def __init__(self, key: LedgerKey, stream: str, head: Any) -> None:
        self._key, self.stream, self._head = key, stream, head
        self._mac, self._seq = BEGINNING, 0
        # Only an own head says up to where rows may be without a mac.
        self._is_own = (
            head is not None
            and head["mac"] is not None
            and same(head["head_mac"], key.of_head(stream, head["seq"], head["mac"], head["before_seq"]))
        )
        is_untouched = head is not None and head["mac"] is None and head["before_seq"] == head["seq"]
        self._before_seq = head["before_seq"] if self._is_own or is_untouched else 0
        self._is_untouched = is_untouched

    def take(self, entry: Entry) -> Iterator[Finding]:
        if entry.seq <= self._seq:
            yield self._found("entry_out_of_order", "its number was given already", entry.seq)
        elif entry.seq != self._seq + 1:
            yield self._found("entry_missing", f"the entries before it end at {self._seq}", entry.seq)
        mac = self._key.of_entry(self._mac, self.stream, entry.seq, entry.fields)
        if (entry.mac is None and entry.seq <= self._before_seq) or same(entry.mac, mac):
            self._mac = mac
        else:
            yield self._found("entry_changed", "the row, or the one before it, is not as it was written", entry.seq)
            # What comes after was chained to what stood here once: one change is one finding.
            self._mac = entry.mac or mac
        self._seq = entry.seq

    def end(self) -> Iterator[Finding]:
        if self._head is None:
            yield self._found("head_missing", "entries without a head", self._seq)
        elif self._is_untouched:
            if self._head["seq"] != self._seq:
                yield self._found("head_differs", f"its head names entry {self._head['seq']} as the last", self._seq)
        elif not self._is_own:
            yield self._found("head_changed", "its head is not as it was written", self._head["seq"])
        elif (self._head["seq"], self._head["mac"]) != (self._seq, self._mac):
            yield self._found("head_differs", f"its head names entry {self._head['seq']} as the last", self._seq)

    def _found(self, code: str, said: str, seq: int) -> Finding:
        return Finding(code, said, self.stream, seq)
