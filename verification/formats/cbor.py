"""A strict reader for the part of CBOR (RFC 8949) that our codes and lists use, deterministic encoding only (4.2.1).

cbor2 writes; this reads. A general decoder follows tags into dates, regular expressions and shared references,
which hostile bytes have no business to reach.
"""

from typing import TypeAlias

from verification.verdict import VerificationError

Key: TypeAlias = int | str
Item: TypeAlias = int | bytes | str | list["Item"] | dict[Key, "Item"]
MAX_DEPTH = 4


class CborMalformed(VerificationError):
    code = "cbor_malformed"


def decode(data: bytes, *, text_keys: bool = False) -> Item:
    """Read exactly one item: integers, byte and text strings, arrays, and maps with integer keys.

    text_keys: whether keys may be texts as well. Raises CborMalformed for anything else: longer heads than needed,
    unsorted or repeated keys, indefinite lengths, tags, floats, simple values, invalid UTF-8, or bytes left over.
    """
    item, end = _item(data, 0, 0, (int, str) if text_keys else (int,))
    if end != len(data):
        raise CborMalformed("cbor_trailing_bytes")
    return item


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    if at >= len(data):
        raise CborMalformed("cbor_truncated")
    major, info = data[at] >> 5, data[at] & 0x1F
    if info < 24:
        return major, info, at + 1
    if info > 27:
        raise CborMalformed("cbor_not_deterministic")
    width = 1 << (info - 24)
    argument = int.from_bytes(data[at + 1 : at + 1 + width])
    if len(data) < at + 1 + width:
        raise CborMalformed("cbor_truncated")
    if argument < (24 if width == 1 else 1 << (4 * width)):
        raise CborMalformed("cbor_not_deterministic")
    return major, argument, at + 1 + width


def _item(data: bytes, at: int, depth: int, keys: tuple[type, ...]) -> tuple[Item, int]:
    if depth > MAX_DEPTH:
        raise CborMalformed("cbor_too_deep")
    major, argument, at = _head(data, at)
    if major == 0:
        return argument, at
    if major == 1:
        return -1 - argument, at
    if major in (2, 3):
        chunk = data[at : at + argument]
        if len(chunk) != argument:
            raise CborMalformed("cbor_truncated")
        try:
            return (chunk if major == 2 else chunk.decode()), at + argument
        except UnicodeDecodeError:
            raise CborMalformed("cbor_bad_text") from None
    if major == 4:
        items: list[Item] = []
        for _ in range(argument):  # ends with cbor_truncated long before a huge count, each item takes a byte
            item, at = _item(data, at, depth + 1, keys)
            items.append(item)
        return items, at
    if major == 5:
        return _map(data, at, argument, depth, keys)
    raise CborMalformed("cbor_type_not_allowed")


def _map(data: bytes, at: int, count: int, depth: int, keys: tuple[type, ...]) -> tuple[dict[Key, Item], int]:
    entries: dict[Key, Item] = {}
    previous = b""
    for _ in range(count):
        start = at
        key, at = _item(data, at, depth + 1, keys)
        if not isinstance(key, (int, str)) or not isinstance(key, keys):
            raise CborMalformed("cbor_key_not_allowed" if str in keys else "cbor_key_not_integer")
        if data[start:at] <= previous:  # bytewise order of the encoded keys, so a repeated key fails here too
            raise CborMalformed("cbor_keys_not_sorted")
        previous = data[start:at]
        entries[key], at = _item(data, at, depth + 1, keys)
    return entries, at
