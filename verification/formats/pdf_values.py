"""PDF values (ISO 32000-1 section 7.3) as bytes that can be written back, read at a cost bounded for the whole file."""

import re
from typing import TypeAlias

from verification.verdict import VerificationError

Value: TypeAlias = bytes | list["Value"] | dict[bytes, "Value"]
Dict: TypeAlias = dict[bytes, Value]

MAX_VALUES = 50_000
_MAX_DEPTH = 32

# Possessive throughout: a hostile file must not buy a second try, nor the memory to remember where one could start.
_TOKEN = re.compile(
    rb"[\0\t\n\f\r ]*+(\d{1,10} \d{1,5} R(?![A-Za-z0-9])|<<|>>|\[|\]|/[^\0\t\n\f\r ()<>\[\]{}/%]*+"
    rb"|<[0-9A-Fa-f]*+>|[+-]?(?:\d++\.?\d*+|\.\d++)|true|false|null|\()"
)
_STRING_PART = re.compile(rb"(?:[^()\\]++|\\.)*+", re.DOTALL)


class PdfMalformed(VerificationError):
    code = "pdf_malformed"


def write_value(value: Value) -> bytes:
    if isinstance(value, dict):
        return b"<<" + b"".join(name + b" " + write_value(item) for name, item in value.items()) + b">>"
    if isinstance(value, list):
        return b"[" + b" ".join(map(write_value, value)) + b"]"
    return value


_BRACKETS = frozenset({b"(", b"[", b"]", b"<<", b">>"})
_SLASH = ord("/")


class ValueReader:
    """Reads the values of one file: at most MAX_VALUES, and no more bytes than the file has.

    The objects of an honest file don't overlap and are read once each, so it never comes near the second bound.
    """

    __slots__ = ("_bytes_left", "_data", "_values_left")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._values_left = MAX_VALUES
        self._bytes_left = len(data)

    def read(self, start: int) -> tuple[Value, int]:
        """The value that begins there, and where it ends. Raises PdfMalformed."""
        value, end = self._value(self._token(start), 0)
        self._bytes_left -= end - start
        if self._bytes_left < 0:
            raise PdfMalformed("pdf_objects_overlap")
        return value, end

    def _value(self, token: re.Match[bytes], depth: int) -> tuple[Value, int]:
        self._values_left -= 1
        if self._values_left < 0:
            raise PdfMalformed("pdf_values_too_many")
        if depth > _MAX_DEPTH:
            raise PdfMalformed("pdf_value_malformed")
        found, end = token[1], token.end()
        if found not in _BRACKETS:  # first, because most values are atoms
            return found, end
        match found:
            case b"(":
                return self._literal_string(end)
            case b"[":
                return self._list(end, depth)
            case b"<<":
                return self._dictionary(end, depth)
            case _:
                raise PdfMalformed("pdf_value_malformed")

    def _list(self, at: int, depth: int) -> tuple[Value, int]:
        items: list[Value] = []
        while (token := self._token(at))[1] != b"]":
            item, at = self._value(token, depth + 1)
            items.append(item)
        return items, token.end()

    def _dictionary(self, at: int, depth: int) -> tuple[Value, int]:
        entries: dict[bytes, Value] = {}
        while (name := (token := self._token(at))[1]) != b">>":
            if name[0] != _SLASH or name in entries:
                raise PdfMalformed("pdf_dictionary_malformed")
            entries[name], at = self._value(self._token(token.end()), depth + 1)
        return entries, token.end()

    def _literal_string(self, start: int) -> tuple[bytes, int]:
        at, depth = start, 1
        while depth:
            self._values_left -= 1
            if self._values_left < 0:
                raise PdfMalformed("pdf_values_too_many")
            part = _STRING_PART.match(self._data, at)
            at = part.end() if part else at
            if at >= len(self._data):
                raise PdfMalformed("pdf_value_malformed")
            depth += 1 if self._data[at : at + 1] == b"(" else -1
            at += 1
        return self._data[start - 1 : at], at

    def _token(self, at: int) -> re.Match[bytes]:
        found = _TOKEN.match(self._data, at)
        if found is None:
            raise PdfMalformed("pdf_value_malformed")
        return found
