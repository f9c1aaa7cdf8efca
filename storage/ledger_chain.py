"""Appends to the streams of the ledger: lock the head, chain the entry to it, move the head on.

Two round trips on PostgreSQL, which writes the entry and the head in one statement; none for the first entry of an
application that begins in the transaction. Entries of one stream queue up at its head; nobody waits for another stream.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import Connection

from .columns import Encoded
from .conflicts import first_one_wins
from .errors import LedgerBroken
from .ledger_books import BEFORE, Entry, Row, book_of, entries_of_before
from .ledger_key import BEGINNING, LedgerKey, same
from .ledger_tables import ledger_heads as h
from .ledger_tables import ledger_seals
from .together import Together

_DRAW = sa.text("SELECT nextval(CAST(:sequence AS regclass)) FROM generate_series(1, CAST(:how_many AS int))")
_DRAWN_AT_ONCE = 64


class Writing:
    """The statements that append to one table; built once, since composing costs more than executing.

    What is written is what the mac covers: `as_text` names JSON columns that are given as their text.
    """

    def __init__(self, table: sa.Table, as_text: Sequence[str] = ()) -> None:
        self.table, self._as_text = table, as_text
        head = sa.select(h).where(h.c.stream == sa.bindparam("of_stream")).with_for_update().cte("head")
        one = sa.select(sa.literal(1).label("n")).subquery("one")
        next_of_sequence = sa.func.nextval(f"{table.name}_id_seq")
        next_of_writer = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0) + 1).scalar_subquery()
        self.lock = {
            dialect: sa.select(next_id.label("id"), head).select_from(one.outerjoin(head, sa.true()))
            for dialect, next_id in (("postgresql", next_of_sequence), ("sqlite", next_of_writer))
        }
        self.insert = sa.insert(table).values(
            {c.name: sa.bindparam(f"the_{c.name}", type_=sa.Text() if c.name in as_text else c.type) for c in table.c}
        )
        entry = self.insert.returning(table.c.id).cte("entry")
        self.move = (
            sa.update(h)
            .where(h.c.stream == sa.bindparam("head_stream"))
            .values(
                {c.name: sa.bindparam(f"head_{c.name}", type_=c.type) for c in h.c if c.name != "stream"},
            )
        )
        self.move_at_once = self.move.add_cte(entry)

    def stored(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The row as `Together.insert` takes it."""
        return {**row, **{name: Encoded(row[name]) for name in self._as_text}}


class IdsAhead:
    """Ids of a table's sequence that this process has drawn and not given away, on PostgreSQL.

    They say nothing about the order of the entries, which is that of their streams; what is lost at a stop is a gap, as
    after any transaction that was rolled back.
    """

    def __init__(self) -> None:
        self._drawn: dict[str, list[int]] = {}
        self._lock = threading.Lock()

    def take(self, connection: Together, table: sa.Table) -> int:
        with self._lock:
            drawn = self._drawn.setdefault(table.name, [])
            if drawn:
                return drawn.pop()
        several = {"sequence": f"{table.name}_id_seq", "how_many": _DRAWN_AT_ONCE}
        first, *more = reversed(connection.execute_about(table, _DRAW, several).scalars().all())
        with self._lock:
            drawn += more
        return int(first)


class Chain:
    """The streams, within one transaction."""

    __slots__ = ("_connection", "_ids", "_key")

    def __init__(self, connection: Together, key: LedgerKey, ids: IdsAhead) -> None:
        self._connection = connection
        self._key = key
        self._ids = ids

    def append(
        self,
        writing: Writing,
        stream: str,
        values: Callable[[int, int], Mapping[str, Any]],
        fields: Callable[[Mapping[str, Any]], Sequence[Any]],
        is_first: bool = False,
    ) -> int:
        """values: the row of this id and number, without its mac; fields: what its mac covers. is_first: nobody can
        have begun the stream, so its head is not looked for. Returns the id.

        Raises ConcurrentChange where another entry began the stream at the same time, LedgerBroken where its head is
        not of our making, LedgerLocked.
        """
        dialect = self._connection.dialect.name
        found: Row = {}
        if is_first and dialect == "postgresql":
            entry_id = self._ids.take(self._connection, writing.table)
        else:
            found = self._connection.execute(writing.lock[dialect], {"of_stream": stream}).mappings().one()
            entry_id, is_first = found["id"], found["stream"] is None
        previous, before_seq = (
            (BEGINNING, 0) if is_first else verified_head(cast("Connection", self._connection), self._key, found)
        )
        seq = 1 if is_first else found["seq"] + 1
        row = values(entry_id, seq)
        mac = self._key.of_entry(previous, stream, seq, fields(row))
        head_mac = self._key.of_head(stream, seq, mac, before_seq)
        head = {"stream": stream, "seq": seq, "mac": mac, "head_mac": head_mac, "before_seq": before_seq}
        if is_first:
            self._connection.insert(writing.table, writing.stored(row) | {"mac": mac})
            self._connection.insert(h, head | {"is_sealed": False})
            return int(entry_id)
        parameters = {f"the_{name}": value for name, value in row.items()} | {"the_mac": mac}
        of_head = {f"head_{name}": value for name, value in head.items()} | {"head_is_sealed": False}
        with first_one_wins():
            if dialect == "postgresql":
                self._connection.execute(writing.move_at_once, parameters | of_head)
            else:
                self._connection.execute(writing.insert, parameters)
                self._connection.execute(writing.move, of_head)
        return int(entry_id)


def verified_head(connection: Connection, key: LedgerKey, head: Row) -> tuple[bytes, int]:
    """The mac of a stream's last entry and the last number of before, once the head is known to be ours.

    A head of before has no mac yet. It gets one from its entries until a seal says that nothing of before is left:
    after that a head without mac is one that somebody has emptied. Raises LedgerBroken.
    """
    if head["mac"] is None and head["head_mac"] is None and head["before_seq"] == head["seq"]:
        if nothing_of_before_is_left(connection):
            raise LedgerBroken("the head of a stream was emptied")
        return mac_of_before(key, stored_of_before(connection, head["stream"], head["seq"])), head["seq"]
    if head["mac"] is None or not same(
        head["head_mac"], key.of_head(head["stream"], head["seq"], head["mac"], head["before_seq"])
    ):
        raise LedgerBroken("the head of a stream was changed")
    return head["mac"], head["before_seq"]


def nothing_of_before_is_left(connection: Connection) -> bool:
    return connection.execute(sa.select(sa.exists().where(ledger_seals.c.closes))).scalar_one()


def stored_of_before(connection: Connection, stream: str, last: int) -> list[Entry]:
    """The entries of a stream that have no macs of their own."""
    if stream == BEFORE:
        return entries_of_before(connection)[:last]
    book = book_of(stream)
    return [] if book is None else book.of_stream(connection, stream, last)


def mac_of_before(key: LedgerKey, entries: Iterable[Entry]) -> bytes:
    """What the mac of the last of them would be."""
    mac = BEGINNING
    for entry in entries:
        mac = key.of_entry(mac, entry.stream, entry.seq, entry.fields)
    return mac
