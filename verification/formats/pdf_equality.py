"""Do two PDF values mean the same? Each program writes numbers and strings in its own way."""

import re
from decimal import Decimal

from verification.formats.pdf_values import Value

_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}


def is_same(one: Value | None, other: Value | None) -> bool:
    """Whether two values mean the same, however they are written."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    if not isinstance(one, bytes) or not isinstance(other, bytes):
        return False
    return one == other or _meaning(one) == _meaning(other)


def _meaning(atom: bytes) -> bytes | Decimal | tuple[bytes]:
    if _NUMBER.fullmatch(atom):
        return Decimal(atom.decode())
    if atom.startswith(b"(") or (atom.startswith(b"<") and len(atom) % 2 == 0):
        return (_string(atom),)
    return atom


def _string(atom: bytes) -> bytes:
    """The bytes of a literal or hexadecimal string (ISO 32000-2 section 7.3.4)."""
    if atom.startswith(b"<"):
        return bytes.fromhex(atom[1:-1].decode())
    return _ESCAPE.sub(_unescaped, atom[1:-1])


def _unescaped(escape: re.Match[bytes]) -> bytes:
    if escape[1][0] in b"01234567":
        return bytes([int(escape[1], 8) & 0xFF])
    return _ESCAPES.get(escape[1], escape[1])
