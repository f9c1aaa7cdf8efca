"""The seals of the ledger: whether they are as they were made, over what is there, and those of the file outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from .ledger_books import at_places, macs_at, microseconds
from .ledger_chain import mac_of_before, stored_of_before
from .ledger_key import BEGINNING, LedgerKey, same
from .ledger_seals import Seal, SqlSeals, root_of
from .ledger_tables import ledger_leaves as leaves
from .ledger_tables import ledger_seals as seals
from .seal_file import Line, read_lines

_PAGE, _PLACES = 100, 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """code: stable. said: in English. stream and seq, or seal: where."""

    code: str
    said: str
    stream: str | None = None
    seq: int | None = None
    seal: int | None = None


@dataclass(slots=True)
class SealsSeen:
    """closed: one of them says that nothing of earlier releases is left without a mac."""

    count: int = 0
    closed: bool = False
    last_at: datetime | None = None


def sealed_among(connection: Connection, places: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
    """Which of these heads a seal has."""
    query = at_places(sa.select(leaves.c.stream, leaves.c.seq), leaves.c.stream, leaves.c.seq, places)
    return {(stream, seq) for stream, seq in connection.execute(query)}


def check_seals(
    connection: Connection, key: LedgerKey, file: Path | None, seen: SealsSeen, progress: Callable[[str, int], None]
) -> Iterator[Finding]:
    """All seals in their order, each with its leaves, beside the lines of the file; `seen` holds what they say."""
    outside = _Outside(file)
    number, previous = 0, BEGINNING
    while page := SqlSeals(connection, key).after(number, _PAGE):
        covered = _leaves_of(connection, page)
        for seal in page:
            if seal.number != number + 1:
                yield Finding("seal_missing", f"the seals before it end at {number}", seal=seal.number)
            of_seal = covered[seal.number]
            yield from _check(key, seal, previous, of_seal)
            for start in range(0, len(of_seal), _PLACES):
                yield from _check_leaves(connection, key, seal, of_seal[start : start + _PLACES])
            yield from outside.compare(seal)
            number, previous = seal.number, seal.mac
            seen.count, seen.closed, seen.last_at = seen.count + 1, seen.closed or seal.closes, seal.at
        progress("seals", seen.count)
    yield from outside.rest()
    known = sa.exists().where(seals.c.number == leaves.c.seal)
    for stream, seq in connection.execute(sa.select(leaves.c.stream, leaves.c.seq).where(~known)):
        yield Finding("seal_missing", "a leaf of a seal that is not there", stream, seq)


def _leaves_of(connection: Connection, page: Sequence[Seal]) -> Mapping[int, list[Mapping[str, Any]]]:
    found: dict[int, list[Mapping[str, Any]]] = {seal.number: [] for seal in page}
    for row in connection.execute(sa.select(leaves).where(leaves.c.seal.in_(list(found)))):
        found[row.seal].append({"stream": row.stream, "seq": row.seq, "mac": row.mac})
    return found


def _check(key: LedgerKey, seal: Seal, previous: bytes, of_seal: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    mac = key.of_seal(previous, seal.number, microseconds(seal.at), seal.leaves, seal.root, seal.closes)
    if not same(seal.mac, mac):
        yield Finding("seal_changed", "the seal, or the one before it, is not as it was made", seal=seal.number)
    if len(of_seal) != seal.leaves:
        yield Finding("leaves_missing", f"{len(of_seal)} of its {seal.leaves} leaves are there", seal=seal.number)
    elif root_of(of_seal) != seal.root:
        yield Finding("leaves_changed", "its leaves are not those that it was made over", seal=seal.number)


def _check_leaves(
    connection: Connection, key: LedgerKey, seal: Seal, some: Sequence[Mapping[str, Any]]
) -> Iterator[Finding]:
    there = macs_at(connection, [(leaf["stream"], leaf["seq"]) for leaf in some])
    for leaf in some:
        place = stream, seq = leaf["stream"], leaf["seq"]
        if place not in there:
            yield Finding("entry_missing", f"the seal {seal.number} covers it, and it is not there", stream, seq)
            continue
        # What has no mac of its own has the one that follows from its row.
        mac = there[place] or mac_of_before(key, stored_of_before(connection, stream, seq))
        if not same(leaf["mac"], mac):
            yield Finding("entry_changed", f"it is not what the seal {seal.number} covers", stream, seq, seal.number)


class _Outside:
    """The lines of the file, read beside the seals. What the database lacks of it was taken out of the database."""

    def __init__(self, file: Path | None) -> None:
        self._lines = iter(()) if file is None else read_lines(file)
        self._ahead: Line | None = None
        self._is_at_end = file is None
        self._has_begun = False

    def compare(self, seal: Seal) -> Iterator[Finding]:
        yield from self._before(seal.number)
        if self._ahead is not None and self._ahead.number == seal.number:
            if self._ahead.mac != seal.mac:
                yield Finding("seal_differs_outside", "the file outside has another seal", seal=seal.number)
            self._advance_over(seal.number)
        elif not self._is_at_end:
            yield Finding("seal_missing_outside", "the file outside lacks it", seal=seal.number)

    def rest(self) -> Iterator[Finding]:
        yield from self._before(None)

    def _before(self, number: int | None) -> Iterator[Finding]:
        while not self._is_at_end:
            if self._ahead is None:
                try:
                    line = next(self._lines)
                except StopIteration:
                    self._is_at_end = True
                    return
                if line is None:
                    yield Finding("line_unreadable_outside", "the file outside holds what is no line of it")
                    continue
                self._ahead = line
            if number is not None and self._ahead.number >= number:
                return
            yield Finding(
                "seal_only_outside", "the file outside has it, the database does not", seal=self._ahead.number
            )
            self._ahead = None

    def _advance_over(self, number: int) -> None:
        self._ahead = None
