"""The wall: what isn't strictly a compact JWS never reaches the cryptography behind it."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Final

from identity.errors import HeaderNotAllowed, MalformedToken
from identity.strict_json import NotStrictJson, parse_object

MAX_TOKEN_CHARACTERS: Final = 8 * 1024
MAX_KEY_ID_CHARACTERS: Final = 256

_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
# x5t names a certificate beside kid, as some portals write it; it is let through and never looked at
_HEADERS_LET_THROUGH: Final = frozenset(("alg", "kid", "typ", "x5t", "x5t#S256"))
# last characters whose unused bits are zero, by the segment's length modulo 4 (RFC 4648 section 3.5); 1 never occurs
_CANONICAL_END: Final = {0: None, 1: "", 2: "AQgw", 3: "AEIMQUYcgkosw048"}


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
    header, claims, signing_input, signature = take_apart(token)
    if not header.keys() <= _HEADERS_LET_THROUGH:
        raise HeaderNotAllowed
    algorithm = header.get("alg")
    if not isinstance(algorithm, str):
        raise MalformedToken
    return UnverifiedToken(
        unverified_algorithm=algorithm,
        unverified_key_id=_header_text(header, "kid"),
        unverified_type=_header_text(header, "typ"),
        unverified_claims=claims,
        signing_input=signing_input,
        signature=signature,
    )


def take_apart(token: object) -> tuple[dict[str, object], dict[str, object], bytes, bytes]:
    """The header, the payload, what is signed and the signature of any compact JWS; its caller checks the header.

    Raises MalformedToken.
    """
    if not isinstance(token, str) or len(token) > MAX_TOKEN_CHARACTERS:
        raise MalformedToken
    segments = _COMPACT.fullmatch(token)
    if segments is None:
        raise MalformedToken
    header = _json(_decode(segments[1]))
    claims = _json(_decode(segments[2]))
    signature = _decode(segments[3])
    return header, claims, token[: segments.end(2)].encode("ascii"), signature


def _decode(segment: str) -> bytes:
    end = _CANONICAL_END[len(segment) % 4]
    if end is not None and segment[-1] not in end:
        raise MalformedToken
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


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
