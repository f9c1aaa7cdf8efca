"""The tables whose rows the ledger chains, and what of a row its mac covers: all of it, as it is stored.

A stream is what is written one after the other: the entries of an application, what an account did beside applications,
what a reader was shown. No two of them wait for each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from .ledger_tables import access_subjects, accesses
from .tables import audit

Row = RowMapping | Mapping[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OF_APPLICATION, _OF_ACTOR, _OF_READER = "application:", "by:", "reader:"
BEFORE = "before"
"""The stream of the entries without application that earlier releases wrote."""


def stream_of_application(application_id: UUID) -> str:
    return _OF_APPLICATION + application_id.hex


def stream_of_actor(actor: str) -> str:
    return _OF_ACTOR + actor


def stream_of_reader(reader: str) -> str:
    return _OF_READER + reader


def microseconds(at: datetime) -> int:
    """Since 1970, exact."""
    return (at - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a book, as it is stored. fields: what its mac covers beside its place."""

    stream: str
    seq: int
    at: datetime
    mac: bytes | None
    fields: Sequence[Any]


def audit_fields(row: Row) -> Sequence[Any]:
    """details: the JSON text as it is stored, byte for byte."""
    application_id = row["application_id"]
    return (
        row["id"],
        microseconds(row["at"]),
        row["actor"],
        row["action"],
        None if application_id is None else application_id.bytes,
        row["seq"],
        row["stream"],
        row["place"],
        row["details"],
    )


def access_fields(row: Row, subjects: Sequence[tuple[UUID | None, str | None]]) -> Sequence[Any]:
    """roles: the JSON text as it is stored. subjects: application and person of each, in their order."""
    return (
        row["id"],
        microseconds(row["at"]),
        row["unit"],
        row["roles"],
        row["purpose"],
        row["shown"],
        [[None if application_id is None else application_id.bytes, person] for application_id, person in subjects],
    )


_AS_STORED = {"details": sa.Text, "roles": sa.Text}


def _columns(table: sa.Table) -> list[sa.ColumnElement[Any]]:
    return [sa.type_coerce(c, _AS_STORED[c.name]).label(c.name) if c.name in _AS_STORED else c for c in table.columns]


class Book:
    """Entries in the order of their streams."""

    def __init__(self, table: sa.Table, prefix: str, key: sa.ColumnElement[Any], seq: sa.ColumnElement[Any]) -> None:
        self._prefix, self._key, self._seq = prefix, key, seq
        self._all = sa.select(*_columns(table)).where(key.is_not(None))

    def owns(self, stream: str) -> bool:
        return stream.startswith(self._prefix)

    def page(self, connection: Connection, after: tuple[Any, int] | None, limit: int) -> Sequence[Any]:
        """The next rows in the order of stream and number; after: the key of the last one before."""
        query = self._all
        if after is not None:
            query = query.where(sa.tuple_(self._key, self._seq) > sa.tuple_(*self._bound(after)))
        return connection.execute(query.order_by(self._key, self._seq).limit(limit)).mappings().all()

    def of_stream(self, connection: Connection, stream: str, up_to: int) -> list[Entry]:
        """The first entries of a stream. Only for the few that earlier releases wrote."""
        key = self._parse(stream)
        query = self._all.where(self._key == key, self._seq <= up_to).order_by(self._seq)
        return self.entries(connection, connection.execute(query).mappings().all())

    def macs_at(self, connection: Connection, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], bytes | None]:
        """The macs of the entries at these places; those that are not there are left out."""
        if not places:
            return {}
        keys = [(self._parse(stream), seq) for stream, seq in places]
        wanted = sa.tuple_(self._key, self._seq).in_(keys)
        rows = connection.execute(self._all.where(wanted)).mappings().all()
        return {(self._stream(row), row[self._seq.key or ""]): row["mac"] for row in rows}

    def last_seqs(self, connection: Connection, streams: Sequence[str]) -> dict[str, int]:
        """The number of the last entry of each of these streams; those without entries are left out."""
        keys = [self._parse(stream) for stream in streams]
        query = sa.select(self._key, sa.func.max(self._seq)).where(self._key.in_(keys)).group_by(self._key)
        return {self._named(key): last for key, last in connection.execute(query)}

    def key_of(self, row: Row) -> tuple[Any, int]:
        return row[self._key.key or ""], row[self._seq.key or ""]

    def entries(self, connection: Connection, rows: Sequence[Any]) -> list[Entry]:
        return [Entry(self._stream(row), self.key_of(row)[1], row["at"], row["mac"], audit_fields(row)) for row in rows]

    def _bound(self, key: tuple[Any, int]) -> list[sa.ColumnElement[Any]]:
        return [sa.literal(part, column.type) for part, column in zip(key, (self._key, self._seq), strict=True)]

    def _stream(self, row: Row) -> str:
        return self._named(row[self._key.key or ""])

    def _named(self, key: Any) -> str:
        return f"{self._prefix}{key}"

    def _parse(self, stream: str) -> Any:
        return stream.removeprefix(self._prefix)


class _OfApplications(Book):
    def _named(self, key: UUID) -> str:
        return stream_of_application(key)

    def _parse(self, stream: str) -> UUID:
        return UUID(hex=super()._parse(stream))


class _OfActors(Book):
    """Their streams are stored by their whole names."""

    def _named(self, key: str) -> str:
        return key

    def _parse(self, stream: str) -> str:
        return stream


class _OfReaders(Book):
    def entries(self, connection: Connection, rows: Sequence[Any]) -> list[Entry]:
        subjects: dict[int, list[tuple[UUID | None, str | None]]] = {row["id"]: [] for row in rows}
        query = sa.select(access_subjects).where(access_subjects.c.access_id.in_(list(subjects)))
        for one in connection.execute(query.order_by(access_subjects.c.access_id, access_subjects.c.place)).mappings():
            subjects[one["access_id"]].append((one["application_id"], one["person_index"]))
        return [
            Entry(self._stream(row), row["seq"], row["at"], row["mac"], access_fields(row, subjects[row["id"]]))
            for row in rows
        ]


APPLICATIONS = _OfApplications(audit, _OF_APPLICATION, audit.c.application_id, audit.c.seq)
ACTORS = _OfActors(audit, _OF_ACTOR, audit.c.stream, audit.c.place)
READERS = _OfReaders(accesses, _OF_READER, accesses.c.reader, accesses.c.seq)
BOOKS: Sequence[Book] = (APPLICATIONS, ACTORS, READERS)


def entries_of_before(connection: Connection) -> list[Entry]:
    """What earlier releases wrote without an application: a few, and in the order of their ids."""
    query = sa.select(*_columns(audit)).where(audit.c.application_id.is_(None), audit.c.stream.is_(None))
    rows = connection.execute(query.order_by(audit.c.id)).mappings()
    return [Entry(BEFORE, n, row["at"], row["mac"], audit_fields(row)) for n, row in enumerate(rows, 1)]


def book_of(stream: str) -> Book | None:
    """None for the stream of before, and for what no stream is called."""
    return next((book for book in BOOKS if book.owns(stream)), None)
