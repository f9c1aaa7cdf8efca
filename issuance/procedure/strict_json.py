"""JSON of a procedure, strictly: bounded before it is parsed, no key twice, whole numbers only, composed Unicode."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator

from issuance.procedure.problems import Complaint, Found, Place, complain

MAX_PROCEDURE_BYTES = 200_000
MAX_NODES = 20_000
MAX_DEPTH = 20
MAX_INTEGER_DIGITS = 12
MAX_TEXT_CHARACTERS = 2_000

# An unclosed string counts as one to the end: were it no match, every later quote would be tried as a beginning.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_STRUCTURE = re.compile(rb"[\[\]{},]")
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")


class JsonRefused(ValueError):
    """Bytes that are no such JSON."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint.code)
        self.complaint = complaint


def parse_strictly(source: bytes) -> dict[str, object]:
    """The object that the bytes hold. Raises JsonRefused."""
    if len(source) > MAX_PROCEDURE_BYTES:
        raise JsonRefused(complain("too_large", most=MAX_PROCEDURE_BYTES))
    _bound_structure(source)
    try:
        tree: object = json.loads(
            source.decode("utf-8"),
            object_pairs_hook=_object_without_duplicates,
            parse_int=_bounded_integer,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except UnicodeDecodeError:
        raise JsonRefused(complain("not_utf8")) from None
    except json.JSONDecodeError as broken:
        raise JsonRefused(complain("not_json", line=broken.lineno, column=broken.colno)) from None
    if not isinstance(tree, dict):
        raise JsonRefused(complain("no_object"))
    return tree


def odd_texts(node: object, where: Place = ()) -> Iterator[Found]:
    """Keys and texts that look like something they are not: not composed (NFC), or with signs that nobody sees."""
    if isinstance(node, dict):
        for key, value in node.items():
            if odd := _oddity(key):
                yield where, odd
            yield from odd_texts(value, (*where, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from odd_texts(value, (*where, index))
    elif isinstance(node, str) and (odd := _oddity(node)):
        yield where, odd


def canonical_bytes(tree: object) -> bytes:
    """Sorted keys, no white space, UTF-8: layout doesn't count and every value does."""
    return json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _bound_structure(source: bytes) -> None:
    """Count depth and nodes in the bytes, so that no parser ever sees what is too deep or too large for it."""
    depth = 0
    for nodes, sign in enumerate(_STRUCTURE.findall(_STRING.sub(b"", source))):
        depth += (sign in b"[{") - (sign in b"]}")
        if depth > MAX_DEPTH:
            raise JsonRefused(complain("too_deep", most=MAX_DEPTH))
        if nodes >= MAX_NODES:
            raise JsonRefused(complain("too_many_values", most=MAX_NODES))


def _object_without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise JsonRefused(complain("key_twice", key=key[:40]))
            seen.add(key)
    return found


def _bounded_integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_INTEGER_DIGITS:
        raise JsonRefused(complain("number_too_long", most=MAX_INTEGER_DIGITS))
    return int(digits)


def _refuse_number(text: str) -> object:
    raise JsonRefused(complain("number_not_whole", number=text[:20]))


def _oddity(text: str) -> Complaint | None:
    if text.isascii() and text.isprintable():
        return None
    if len(text) > MAX_TEXT_CHARACTERS:
        # To compose a text takes the square of the length of its marks.
        return complain("text_too_long", most=MAX_TEXT_CHARACTERS)
    if not unicodedata.is_normalized("NFC", text):
        return complain("text_not_composed")
    unseen = next((sign for sign in text if unicodedata.category(sign) in _UNSEEN), None)
    return None if unseen is None else complain("text_unseen_sign", sign=f"{ord(unseen):04X}")
