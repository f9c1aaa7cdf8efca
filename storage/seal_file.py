"""The seals outside of the database, a line each: whoever sets the whole database back does not set this file back.

Every process that seals writes into the file of its own machine what it lacks, so that each has all of them; lines are
only ever added. A line that the database does not have any more, or has differently, stops the file and is found by
`condau ledger verify`.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import LedgerBroken
from .ledger_seals import RecordsSeals, Run, Seal

FILE = "seals.jsonl"
_AT_ONCE = 500
_LONGEST_LINE_BYTES = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """What the file says of a seal. None where it is no line of ours."""

    number: int
    mac: bytes


def write_lacking(file: Path, run: Run) -> int:
    """Add the seals that the file lacks; how many. Durable when it returns.

    Raises LedgerBroken where the file's last line is not a seal of the database.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    added, is_new = 0, not file.exists()
    with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        last = _last_line(stream.fileno())
        if last is not None:
            written = last.number
            kept = run(lambda records: records.seals.numbered(written))
            if kept is None or kept.mac != last.mac:
                raise LedgerBroken(f"the database does not have the seal {last.number} of {file}")
        number = 0 if last is None else last.number
        while lacking := run(_after(number)):
            stream.seek(0, os.SEEK_END)
            stream.write(b"".join(_line(seal) for seal in lacking))
            added, number = added + len(lacking), lacking[-1].number
        stream.flush()
        os.fsync(stream.fileno())
    if is_new:
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return added


def _after(number: int) -> Callable[[RecordsSeals], Sequence[Seal]]:
    return lambda records: records.seals.after(number, _AT_ONCE)


def read_lines(file: Path) -> Iterator[Line | None]:
    """All lines, one after the other; nothing where there is no file."""
    try:
        with file.open("rb") as stream:
            for raw in stream:
                yield _parse(raw)
    except FileNotFoundError:
        return


def _line(seal: Seal) -> bytes:
    said = {
        "n": seal.number,
        "at": seal.at.isoformat(),
        "leaves": seal.leaves,
        "root": seal.root.hex(),
        "mac": seal.mac.hex(),
    }
    return json.dumps(said, separators=(",", ":")).encode() + b"\n"


def _parse(raw: bytes) -> Line | None:
    try:
        said = json.loads(raw)
        return Line(int(said["n"]), bytes.fromhex(said["mac"]))
    except (ValueError, KeyError, TypeError):
        return None


def _last_line(descriptor: int) -> Line | None:
    """A line that a power cut has halved is cut off: its seal is written anew."""
    size = os.fstat(descriptor).st_size
    start = max(0, size - _LONGEST_LINE_BYTES)
    tail = os.pread(descriptor, size - start, start)
    whole = tail[: tail.rfind(b"\n") + 1]
    if len(whole) < len(tail):
        os.ftruncate(descriptor, start + len(whole))
    lines: Sequence[bytes] = whole.splitlines()
    if not lines:
        if start:
            raise LedgerBroken("the file of seals holds what is no line of it")
        return None
    last = _parse(lines[-1])
    if last is None:
        raise LedgerBroken("the file of seals holds what is no line of it")
    return last
