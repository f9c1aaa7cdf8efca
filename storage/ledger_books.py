"""The tables whose rows the ledger chains, and what of a row its mac covers: all of it, as it is stored.

A stream is what is written one after the other: the entries of an application, what an account did beside applications,
what a reader was shown. No two of them wait for each other.
"""

from __future__ import annotations

import re
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


Subject = tuple[int, UUID | None, str | None]
"""Place, application, person."""


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


def access_fields(row: Row, subjects: Sequence[Subject]) -> Sequence[Any]:
    """roles: the JSON text as it is stored."""
    return (
        row["id"],
        microseconds(row["at"]),
        row["unit"],
        row["roles"],
        row["purpose"],
        row["shown"],
        [
            [place, None if application_id is None else application_id.bytes, who]
            for place, application_id, who in subjects
        ],
    )


_AS_STORED = {"details": sa.Text, "roles": sa.Text}


def _columns(table: sa.Table) -> list[sa.ColumnElement[Any]]:
    return [sa.type_coerce(c, _AS_STORED[c.name]).label(c.name) if c.name in _AS_STORED else c for c in table.columns]


def at_places(
    query: sa.Select[Any], key: sa.ColumnElement[Any], seq: sa.ColumnElement[Any], places: Sequence[tuple[Any, int]]
) -> sa.Select[Any]:
    """The query's rows at these places. By a join: SQLite reads a whole table to see which of its rows are in a list of
    pairs."""
    wanted = (
        sa.values(sa.column("key", key.type), sa.column("seq", sa.BigInteger), name="wanted").data(list(places)).cte()
    )
    return query.join(wanted, sa.and_(key == wanted.c.key, seq == wanted.c.seq))


class Book:
    """Entries in the order of their streams."""

    def __init__(
        self, name: str, table: sa.Table, prefix: str, key: sa.ColumnElement[Any], seq: sa.ColumnElement[Any]
    ) -> None:
        self.name, self._prefix, self._key, self._seq = name, prefix, key, seq
        self._all = sa.select(*_columns(table)).where(key.is_not(None), seq.is_not(None))
        self._mac = table.c.mac
        self.table = table

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
        query = at_places(sa.select(self._key, self._seq, self._mac), self._key, self._seq, keys)
        return {(self._named(key), seq): mac for key, seq, mac in connection.execute(query)}

    def written_at(self, connection: Connection, stream: str, seq: int) -> datetime | None:
        query = self._all.where(self._key == self._parse(stream), self._seq == seq)
        row = connection.execute(query).mappings().first()
        return None if row is None else row["at"]

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
    def owns(self, stream: str) -> bool:
        return super().owns(stream) and re.fullmatch("[0-9a-f]{32}", super()._parse(stream)) is not None

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
        subjects: dict[int, list[Subject]] = {row["id"]: [] for row in rows}
        query = sa.select(access_subjects).where(access_subjects.c.access_id.in_(list(subjects)))
        for one in connection.execute(query.order_by(access_subjects.c.access_id, access_subjects.c.place)).mappings():
            subjects[one["access_id"]].append((one["place"], one["application_id"], one["person_index"]))
        return [
            Entry(self._stream(row), row["seq"], row["at"], row["mac"], access_fields(row, subjects[row["id"]]))
            for row in rows
        ]


APPLICATIONS = _OfApplications("applications", audit, _OF_APPLICATION, audit.c.application_id, audit.c.seq)
ACTORS = _OfActors("actors", audit, _OF_ACTOR, audit.c.stream, audit.c.place)
READERS = _OfReaders("readers", accesses, _OF_READER, accesses.c.reader, accesses.c.seq)
BOOKS: Sequence[Book] = (APPLICATIONS, ACTORS, READERS)


def entries_of_before(connection: Connection) -> list[Entry]:
    """What earlier releases wrote without an application: a few, and in the order of their ids."""
    query = sa.select(*_columns(audit)).where(audit.c.application_id.is_(None), audit.c.stream.is_(None))
    rows = connection.execute(query.order_by(audit.c.id)).mappings()
    return [Entry(BEFORE, n, row["at"], row["mac"], audit_fields(row)) for n, row in enumerate(rows, 1)]


def book_of(stream: str) -> Book | None:
    """None for the stream of before, and for what no stream is called."""
    return next((book for book in BOOKS if book.owns(stream)), None)


def macs_at(connection: Connection, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], bytes | None]:
    """The macs of the entries at these places, None for those of before; what is not there is left out."""
    found: dict[tuple[str, int], bytes | None] = {}
    for book in BOOKS:
        found |= book.macs_at(connection, [place for place in places if book.owns(place[0])])
    of_before = [place for place in places if place[0] == BEFORE]
    if of_before:
        count = len(entries_of_before(connection))
        found |= {place: None for place in of_before if 1 <= place[1] <= count}
    return found
