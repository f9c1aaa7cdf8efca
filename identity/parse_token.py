"""The wall: what isn't strictly a compact JWS never reaches the cryptography behind it."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from identity.errors import HeaderNotAllowed, MalformedToken
from identity.strict_json import NotStrictJson, parse_object

MAX_TOKEN_CHARACTERS: Final = 8 * 1024
MAX_KEY_ID_CHARACTERS: Final = 256

_COMPACT = re.compile(rb"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_STANDARD_ALPHABET: Final = bytes.maketrans(b"-_", b"+/")
# x5t names a certificate beside kid, as some portals write it; it is let through and never looked at
_HEADERS_LET_THROUGH: Final = frozenset(("alg", "kid", "typ", "x5t", "x5t#S256"))
# last characters whose unused bits are zero, by the segment's length modulo 4 (RFC 4648 section 3.5); 1 never occurs
_CANONICAL_END: Final = (None, b"", b"AQgw", b"AEIMQUYcgkosw048")
_PADDING: Final = (b"", b"", b"==", b"=")
_HEADERS_KEPT: Final = 64


@dataclass(frozen=True, slots=True, repr=False)
class UnverifiedToken:
    """A token taken apart, nothing of it believed yet. signing_input and signature are bytes."""

    unverified_algorithm: str
    unverified_key_id: str | None
    unverified_type: str | None
    unverified_claims: dict[str, object]
    signing_input: bytes
    signature: bytes


def parse_token(token: object) -> UnverifiedToken:
    """Take a compact JWS apart (RFC 7515 section 3.1), refusing every second way of writing the same token.

    Raises MalformedToken, HeaderNotAllowed.
    """
    segments = _segments(token)
    claims = _json(_decode(segments[2]))
    signature = _decode(segments[3])
    header = _read_header(segments[1])
    return UnverifiedToken(
        unverified_algorithm=header.algorithm,
        unverified_key_id=header.key_id,
        unverified_type=header.type,
        unverified_claims=claims,
        signing_input=segments.string[: segments.end(2)],
        signature=signature,
    )


def take_apart(token: object) -> tuple[dict[str, object], dict[str, object], bytes, bytes]:
    """The header, the payload, what is signed and the signature of any compact JWS; its caller checks the header.

    Raises MalformedToken.
    """
    segments = _segments(token)
    header, claims = _json(_decode(segments[1])), _json(_decode(segments[2]))
    return header, claims, segments.string[: segments.end(2)], _decode(segments[3])


class _Header(NamedTuple):
    algorithm: str
    key_id: str | None
    type: str | None


# An issuer writes the same header for years. Same bytes, same meaning: nothing of the claims or the signature is kept,
# and what strangers make up pushes out at most what is read again.
@lru_cache(maxsize=_HEADERS_KEPT)
def _read_header(segment: bytes) -> _Header:
    header = _json(_decode(segment))
    if not header.keys() <= _HEADERS_LET_THROUGH:
        raise HeaderNotAllowed
    algorithm = header.get("alg")
    if not isinstance(algorithm, str):
        raise MalformedToken
    return _Header(algorithm, _header_text(header, "kid"), _header_text(header, "typ"))


def _segments(token: object) -> re.Match[bytes]:
    if not isinstance(token, str) or len(token) > MAX_TOKEN_CHARACTERS or not token.isascii():
        raise MalformedToken
    segments = _COMPACT.fullmatch(token.encode("ascii"))
    if segments is None:
        raise MalformedToken
    return segments


def _decode(segment: bytes) -> bytes:
    over = len(segment) % 4
    end = _CANONICAL_END[over]
    if end is not None and segment[-1] not in end:
        raise MalformedToken
    return binascii.a2b_base64(segment.translate(_STANDARD_ALPHABET) + _PADDING[over])


def _json(raw: bytes) -> dict[str, object]:
    try:
        return parse_object(raw)
    except NotStrictJson:
        raise MalformedToken from None


def _header_text(header: dict[str, object], name: str) -> str | None:
    if name not in header:
        return None
    value = header[name]
    if not isinstance(value, str) or not 0 < len(value) <= MAX_KEY_ID_CHARACTERS:
        raise MalformedToken
    return value
