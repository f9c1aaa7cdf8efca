"""JSON objects read without the parser's indulgence: from tokens, discovery documents and key sets."""

from __future__ import annotations

import json
import math
from typing import Never


class NotStrictJson(ValueError):
    """Not one JSON object in UTF-8 (RFC 8259), or one with duplicate names, NaN, infinities or lone surrogates."""


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        # two readers that keep different ones of the duplicates would see two different tokens
        raise ValueError("duplicate member")
    return members


def _no_constant(_: str) -> Never:
    raise ValueError("NaN and Infinity are not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        # 1e400 is JSON by its grammar, and infinity to whoever reads it
        raise ValueError("number beyond all bounds")
    return number


# built once: json.loads with hooks builds a decoder for every call
_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_finite)


def parse_object(raw: bytes) -> dict[str, object]:
    """Parse one JSON object; the caller has bounded the size before.

    Raises NotStrictJson.
    """
    try:
        text = raw.decode("utf-8")
        value = _DECODER.decode(text)
        if "\\ud" in text or "\\uD" in text:
            # an escaped lone surrogate becomes a str that no database and no signature can encode later
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        value = None  # refused below, as the parser's own error has the whole text on it, and would hang on ours
    if not isinstance(value, dict):
        raise NotStrictJson
    return value
