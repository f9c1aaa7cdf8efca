"""JSON as agencies hand it in, strictly: bounded before it is parsed, no key twice, whole numbers, honest letters.

What is wrong is told by a code and values; whoever reads a kind of document has the words for it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Place = tuple[str | int, ...]

# An unclosed string counts as one to the end: were it no match, every later quote would be tried as a beginning.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_STRUCTURE = re.compile(rb"[\[\]{},]")
_FOREIGN_LETTER = re.compile(r"[^\W\d_a-zA-Z\u00AA-\u024F\u1E00-\u1EFF]")
_WORD = re.compile(r"[^\W\d_]+")
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")
_MAX_INTEGER_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How large a document may be: bytes, values, levels of nesting."""

    most_bytes: int
    most_values: int
    most_levels: int


class NotStrict(ValueError):
    """Bytes that are no such JSON: why, by a code, with the values that its sentence needs."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(frozen=True, slots=True)
class OddText:
    """A key or a text that looks like something it is not, and where."""

    place: Place
    code: str
    values: dict[str, object]


def parse_strictly(source: bytes, bounds: Bounds) -> dict[str, Any]:
    """The object that the bytes hold. Raises NotStrict."""
    if len(source) > bounds.most_bytes:
        raise NotStrict("too_large", most=bounds.most_bytes)
    _bound_structure(source, bounds)
    try:
        tree: object = json.loads(
            source.decode("utf-8"),
            object_pairs_hook=_object_without_duplicates,
            parse_int=_bounded_integer,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except UnicodeDecodeError:
        raise NotStrict("not_utf8") from None
    except json.JSONDecodeError as broken:
        raise NotStrict("not_json", line=broken.lineno, column=broken.colno) from None
    if not isinstance(tree, dict):
        raise NotStrict("no_object")
    return tree


def odd_texts(node: object, most_characters: int, where: Place = ()) -> Iterator[OddText]:
    """Keys and texts that are longer than this, not composed (NFC), with invisible or directional signs, or with
    letters of two scripts in one word."""
    if isinstance(node, dict):
        for key in node:
            yield from _oddities(key, most_characters, where)
        for key, value in node.items():
            yield from odd_texts(value, most_characters, (*where, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from odd_texts(value, most_characters, (*where, index))
    elif isinstance(node, str):
        yield from _oddities(node, most_characters, where)


def _bound_structure(source: bytes, bounds: Bounds) -> None:
    """Count levels and values in the bytes, so that no parser ever sees what is too deep or too large for it."""
    level = 0
    for values, sign in enumerate(_STRUCTURE.findall(_STRING.sub(b"", source))):
        level += (sign in b"[{") - (sign in b"]}")
        if level > bounds.most_levels:
            raise NotStrict("too_deep", most=bounds.most_levels)
        if values >= bounds.most_values:
            raise NotStrict("too_many_values", most=bounds.most_values)


def _object_without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise NotStrict("key_twice", key=key[:40])
            seen.add(key)
    return found


def _bounded_integer(digits: str) -> int:
    if len(digits.lstrip("-")) > _MAX_INTEGER_DIGITS:
        raise NotStrict("number_too_long", most=_MAX_INTEGER_DIGITS)
    return int(digits)


def _refuse_number(text: str) -> object:
    raise NotStrict("number_not_whole", number=text[:20])


def _oddities(text: str, most_characters: int, where: Place) -> Iterator[OddText]:
    """At most one for a text."""
    if text.isascii() and text.isprintable():
        return
    if len(text) > most_characters:
        # To compose a text takes the square of the length of its marks.
        yield OddText(where, "text_too_long", {"most": most_characters})
    elif not unicodedata.is_normalized("NFC", text):
        yield OddText(where, "text_not_composed", {})
    elif (unseen := next((sign for sign in text if unicodedata.category(sign) in _UNSEEN), None)) is not None:
        yield OddText(where, "text_unseen_sign", {"sign": f"{ord(unseen):04X}"})
    elif _FOREIGN_LETTER.search(text) is not None:
        for word in _WORD.findall(text):
            foreign = _FOREIGN_LETTER.search(word)
            if foreign is not None and _FOREIGN_LETTER.sub("", word):
                sign = f"{ord(foreign.group()):04X}"
                yield OddText(where, "text_mixed_letters", {"word": word[:40], "sign": sign})
                return
