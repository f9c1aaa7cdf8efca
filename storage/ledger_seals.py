"""Seals: what has been written since the last one, covered as a whole.

A seal names the head of every stream that has grown, and with it all that stands before in that stream. Which streams
those are is marked at their heads, so that a transaction that commits late simply comes into the next seal: nothing
depends on the order of numbers or of times. Each seal is chained to the one before, and stands outside of the database
too: see storage.seal_file.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection

from .conflicts import first_one_wins
from .errors import LedgerBroken
from .ledger_books import microseconds
from .ledger_chain import nothing_of_before_is_left, verified_head
from .ledger_key import BEGINNING, LedgerKey, leaf_hash, merkle_root
from .ledger_tables import UNSEALED
from .ledger_tables import ledger_heads as h
from .ledger_tables import ledger_leaves as leaves
from .ledger_tables import ledger_seals as seals

STREAMS_AT_ONCE = 500
"""Their writers wait for as long as a seal over them takes."""

T = TypeVar("T")
_logger = logging.getLogger(__name__)
_UNSEALED = (
    sa.select(h)
    .where(sa.text(UNSEALED), h.c.stream > sa.bindparam("after"))
    .order_by(h.c.stream)
    .limit(STREAMS_AT_ONCE)
    # Whoever is writing there comes next time: a seal that waited for one writer would hold up all the others.
    .with_for_update(skip_locked=True)
)


@dataclass(frozen=True, slots=True)
class Seal:
    number: int
    at: datetime
    leaves: int
    root: bytes
    closes: bool
    mac: bytes


class SqlSeals:
    __slots__ = ("_connection", "_key")

    def __init__(self, connection: Connection, key: LedgerKey) -> None:
        self._connection = connection
        self._key = key

    def last(self) -> Seal | None:
        return next(iter(self.page(seals.c.number.desc(), sa.true(), 1)), None)

    def after(self, number: int, limit: int) -> Sequence[Seal]:
        return self.page(seals.c.number, seals.c.number > number, limit)

    def numbered(self, number: int) -> Seal | None:
        return next(iter(self.page(seals.c.number, seals.c.number == number, 1)), None)

    def page(self, order: sa.ColumnElement[Any], which: sa.ColumnElement[bool], limit: int) -> Sequence[Seal]:
        rows = self._connection.execute(sa.select(seals).where(which).order_by(order).limit(limit))
        return [Seal(**row) for row in rows.mappings()]

    def seal(self, after: str, at: datetime) -> str | None:
        """Seal a batch of the streams that have grown, in the order of their names; the name to go on after, None when
        all are done. Raises ConcurrentChange where somebody else seals at the same time.

        A head that is not of our making stays unsealed, for `condau ledger verify` to show.
        """
        grown = self._connection.execute(_UNSEALED, {"after": after}).mappings().all()
        covered = []
        for head in grown:
            try:
                mac, before_seq = verified_head(self._connection, self._key, head)
            except LedgerBroken as broken:
                _logger.error("a stream of the ledger cannot be sealed: %s", broken)
                continue
            covered.append({"stream": head["stream"], "seq": head["seq"], "mac": mac, "before_seq": before_seq})
        is_last = len(grown) < STREAMS_AT_ONCE
        closes = is_last and not nothing_of_before_is_left(self._connection) and not self._has_before(covered)
        if covered or closes:
            self._add(covered, at, closes)
        return None if is_last else grown[-1]["stream"]

    def _has_before(self, covered: Sequence[Mapping[str, Any]]) -> bool:
        """Whether streams of earlier releases wait for a seal, beside those that get theirs now."""
        streams = [one["stream"] for one in covered]
        left = sa.exists().where(h.c.mac.is_(None), h.c.stream.not_in(streams))
        return self._connection.execute(sa.select(left)).scalar_one()

    def _add(self, covered: Sequence[Mapping[str, Any]], at: datetime, closes: bool) -> None:
        last = self.last()
        number, previous = (1, BEGINNING) if last is None else (last.number + 1, last.mac)
        root = root_of(covered)
        mac = self._key.of_seal(previous, number, microseconds(at), len(covered), root, closes)
        seal = {"number": number, "at": at, "leaves": len(covered), "root": root, "closes": closes, "mac": mac}
        with first_one_wins():
            self._connection.execute(sa.insert(seals), seal)
        if not covered:
            return
        self._connection.execute(
            sa.insert(leaves),
            [{"stream": one["stream"], "seq": one["seq"], "seal": number, "mac": one["mac"]} for one in covered],
        )
        streams = [one["stream"] for one in covered]
        # Those of before have their macs now.
        for one in covered:
            if one["before_seq"] == one["seq"]:
                head_mac = self._key.of_head(one["stream"], one["seq"], one["mac"], one["before_seq"])
                self._connection.execute(
                    sa.update(h).where(h.c.stream == one["stream"]).values(mac=one["mac"], head_mac=head_mac)
                )
        self._connection.execute(sa.update(h).where(h.c.stream.in_(streams)).values(is_sealed=True))


def root_of(covered: Sequence[Mapping[str, Any]]) -> bytes:
    """covered: stream, seq and mac of each head, in any order."""
    ordered = sorted(covered, key=lambda one: one["stream"].encode())
    return merkle_root([leaf_hash(one["stream"], one["seq"], one["mac"]) for one in ordered])


class RecordsSeals(Protocol):
    @property
    def seals(self) -> SqlSeals: ...


class Run(Protocol):
    """Runs a use case in one transaction."""

    def __call__(self, use_case: Callable[[RecordsSeals], T], /) -> T: ...


def seal_all(run: Run, at: datetime) -> None:
    """Seal whatever has grown, each batch in a transaction of its own."""
    after: str | None = ""
    while after is not None:
        after = run(_sealing(after, at))


def _sealing(after: str, at: datetime) -> Callable[[RecordsSeals], str | None]:
    return lambda records: records.seals.seal(after, at)
