"""Appends to the streams of the ledger: lock the head, chain the entry to it, move the head on.

Two round trips on PostgreSQL, which writes the entry and the head in one statement. Entries of one stream queue up at
its head; nobody waits for another stream.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from .conflicts import first_one_wins
from .errors import LedgerBroken
from .ledger_books import BEFORE, Entry, Row, book_of, entries_of_before
from .ledger_key import BEGINNING, LedgerKey, same
from .ledger_tables import ledger_heads as h
from .ledger_tables import ledger_seals


class Writing:
    """The statements that append to one table; built once, since composing costs more than executing.

    What is written is what the mac covers: `as_text` names JSON columns that are given as their text.
    """

    def __init__(self, table: sa.Table, as_text: Sequence[str] = ()) -> None:
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
        self.begin = sa.insert(h).values({c.name: sa.bindparam(f"head_{c.name}", type_=c.type) for c in h.c})
        self.move = (
            sa.update(h)
            .where(h.c.stream == sa.bindparam("head_stream"))
            .values(
                {c.name: sa.bindparam(f"head_{c.name}", type_=c.type) for c in h.c if c.name != "stream"},
            )
        )
        self.begin_at_once, self.move_at_once = self.begin.add_cte(entry), self.move.add_cte(entry)


class Chain:
    """The streams, within one transaction."""

    __slots__ = ("_connection", "_key")

    def __init__(self, connection: Connection, key: LedgerKey) -> None:
        self._connection = connection
        self._key = key

    def append(
        self,
        writing: Writing,
        stream: str,
        values: Callable[[int, int], Mapping[str, Any]],
        fields: Callable[[Mapping[str, Any]], Sequence[Any]],
    ) -> int:
        """values: the row of this id and number, without its mac; fields: what its mac covers. Returns the id.

        Raises ConcurrentChange where another entry began the stream at the same time, LedgerBroken where its head is
        not of our making, LedgerLocked.
        """
        dialect = self._connection.dialect.name
        found = self._connection.execute(writing.lock[dialect], {"of_stream": stream}).mappings().one()
        is_new = found["stream"] is None
        previous, before_seq = (BEGINNING, 0) if is_new else verified_head(self._connection, self._key, found)
        seq = 1 if is_new else found["seq"] + 1
        row = values(found["id"], seq)
        mac = self._key.of_entry(previous, stream, seq, fields(row))
        head_mac = self._key.of_head(stream, seq, mac, before_seq)
        head = {"stream": stream, "seq": seq, "mac": mac, "head_mac": head_mac, "before_seq": before_seq}
        parameters = {f"the_{name}": value for name, value in row.items()} | {"the_mac": mac}
        of_head = {f"head_{name}": value for name, value in head.items()} | {"head_is_sealed": False}
        with first_one_wins():
            if dialect == "postgresql":
                at_once = writing.begin_at_once if is_new else writing.move_at_once
                self._connection.execute(at_once, parameters | of_head)
            else:
                self._connection.execute(writing.insert, parameters)
                self._connection.execute(writing.begin if is_new else writing.move, of_head)
        return int(found["id"])


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
