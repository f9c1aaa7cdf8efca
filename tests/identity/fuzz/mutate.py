"""Mutations that know what they change: bytes, base64 segments, JSON text, members of JSON objects."""

from __future__ import annotations

import base64
import json
from random import Random
from typing import Any

from tests.identity.issuer import encode

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 1.5, 1e308, 2**31, 2**63, 10**30, 1717380000, "1717380000"),
    *("", " ", "none", "HS256", "\x00", "\ud800", "\u202e", "é", "e\u0301", "x" * 300, "https://other.example", "null"),
    *(
        float("nan"),
        float("-inf"),
        [],
        {},
        [[]],
        [None],
        {"": ""},
        {"jkt": "x"},
        ["https://condau.example/api", 7],
        "https://condau.example:443/",
    ),
)
NAMES = (
    *("iss", "sub", "aud", "exp", "iat", "nbf", "jti", "azp", "client_id", "scope", "cnf", "nonce", "sid", "events"),
    *("acr", "auth_time", "at_hash", "name", "birthdate", "gender", "personal_id", "active", "token_type", "id_token"),
    *(
        "alg",
        "kid",
        "typ",
        "crit",
        "b64",
        "jwk",
        "jku",
        "x5u",
        "zip",
        "kty",
        "crv",
        "x",
        "y",
        "n",
        "e",
        "d",
        "k",
        "use",
    ),
    *("key_ops", "keys", "htm", "htu", "ath", "jwks_uri", "issuer", "error"),
)
FRAGMENTS = (
    *(b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\n", b" ", b".", b"=", b"-", b"_", b"+", b"/", b"\\"),
    *(b"NaN", b"-Infinity", b"1e3", b"1.0", b"-0", b"0x10", b"01", b"9" * 400, b"9" * 5000, b"/**/", b"//", b",", b'"'),
    *(
        b'"acr":"level-2",',
        b'"\\u0061cr":"level-2",',
        b'"active":true,',
        b"\\ud83d",
        b"\\udcff",
        b"\\u0000",
        b"\\u202e",
    ),
    *(b"{", b"}", b"[" * 300, b'{"a":' * 300, b'"alg":"none",', b'"keys":[],', b"null", b"true"),
)


def mutate(data: bytes, chosen: Random, times: int = 1) -> bytes:
    """The input changed `times` times, differently for every state of `chosen` and alike for the same."""
    for _ in range(times):
        parts = data.split(b"\0")
        which = chosen.randrange(len(parts))
        how = chosen.choice((_in_json, _in_json, _in_json, _in_text, _in_base64))
        parts[which] = how(parts[which], chosen)
        data = b"\0".join(parts)
    return data


def _in_base64(raw: bytes, chosen: Random) -> bytes:
    """Change what a segment of a token says, and write it in base64url again; other text is changed as text."""
    segments = raw.split(b".")
    which = chosen.randrange(len(segments))
    try:
        inside = base64.urlsafe_b64decode(segments[which] + b"=" * (-len(segments[which]) % 4))
    except ValueError:
        return _in_text(raw, chosen)
    if len(segments) == 1:
        return _in_text(raw, chosen)
    segments[which] = encode(chosen.choice((_in_json, _in_text))(inside, chosen)).encode()
    return b".".join(segments)


def _in_json(raw: bytes, chosen: Random) -> bytes:
    """Change a member somewhere in it; what is no JSON is changed as text."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return _in_text(raw, chosen)
    inner = value
    while isinstance(inner, dict | list) and inner and chosen.random() < 0.6:
        below = [one for one in (inner.values() if isinstance(inner, dict) else inner) if isinstance(one, dict | list)]
        if not below:
            break
        inner = chosen.choice(below)
    if isinstance(inner, dict):
        _change_member(inner, chosen)
    elif isinstance(inner, list):
        inner.insert(chosen.randint(0, len(inner)), chosen.choice((*VALUES, *inner)))
    else:
        value = chosen.choice(VALUES)
    try:
        return json.dumps(value, ensure_ascii=chosen.random() < 0.5).encode()
    except (UnicodeEncodeError, ValueError, RecursionError):
        return json.dumps(value).encode() if chosen.random() < 0.5 else _in_text(raw, chosen)


def _change_member(members: dict[str, Any], chosen: Random) -> None:
    name = chosen.choice((*members, *NAMES))
    how = chosen.randrange(5)
    if how == 0:
        members.pop(name, None)
    elif how == 1 and name in members:
        members[chosen.choice(NAMES)] = members[name]
    elif how == 2 and name in members:
        old = members[name]
        members[name] = chosen.choice(([old], [old, old], {name: old}, str(old), f"{old} ", [old, None]))
    elif how == 3 and type(members.get(name)) is int:
        members[name] += chosen.choice((-4000, -600, -31, -1, 1, 31, 600, 4000, 0.5))
    else:
        members[name] = chosen.choice((*VALUES, *members.values()))


def _in_text(raw: bytes, chosen: Random) -> bytes:
    """Insert, repeat, remove or replace some bytes anywhere."""
    start = chosen.randint(0, len(raw))
    end = min(len(raw), start + chosen.choice((0, 1, 1, 2, 8, 64)))
    how = chosen.randrange(5)
    if how == 0:
        return raw[:start] + chosen.choice(FRAGMENTS) + raw[start:]
    if how == 1:
        return raw[:end] + raw[start:]
    if how == 2:
        return raw[:start] + raw[end:]
    if how == 3:
        return raw[:start] + bytes(chosen.randrange(256) for _ in range(end - start)) + raw[end:]
    return raw[:start]
