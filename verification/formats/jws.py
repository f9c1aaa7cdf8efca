"""Compact JWS (RFC 7515) as this house writes it: a header of exactly alg, kid and typ, a JSON object as payload."""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

from verification.signatures import Algorithm
from verification.verdict import VerificationError

MAX_JWS_CHARS = 4_000_000


class JwsMalformed(VerificationError):
    code = "jws_malformed"


@dataclass(frozen=True, slots=True)
class Jws:
    """A compact JWS taken apart; the payload is not parsed before the signature is verified."""

    unverified_key_id: str
    algorithm: Algorithm
    typ: str
    signing_input: bytes
    payload: bytes
    signature: bytes

    def claims(self) -> dict[str, Any]:
        """The payload as an object without repeated members. Raises JwsMalformed."""
        return read_object(self.payload)


def to_base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Decode without padding; one text for one byte string. Raises JwsMalformed."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        raise JwsMalformed from None
    if to_base64url(data) != text:
        raise JwsMalformed
    return data


def signing_input(key_id: str, algorithm: Algorithm, typ: str, claims: dict[str, Any]) -> bytes:
    header = compact_json({"alg": algorithm, "kid": key_id, "typ": typ})
    return f"{to_base64url(header)}.{to_base64url(compact_json(claims))}".encode()


def with_signature(signed: bytes, signature: bytes) -> str:
    return f"{signed.decode()}.{to_base64url(signature)}"


def read_jws(text: str, typ: str) -> Jws:
    """Take a compact JWS apart. Raises JwsMalformed: too long, not three parts, another typ, other header members
    (so no jwk, jku, x5u or crit can steer the reader), or another algorithm than ES256, RS256 and EdDSA."""
    if len(text) > MAX_JWS_CHARS or not text.isascii():
        raise JwsMalformed
    parts = text.split(".", 3)
    if len(parts) != 3:
        raise JwsMalformed
    header = read_object(from_base64url(parts[0]))
    match header:
        case {"alg": "ES256" | "RS256" | "EdDSA" as algorithm, "kid": str() as key_id, "typ": found, **others}:
            if others or found != typ:
                raise JwsMalformed("jws_header_unexpected")
        case _:
            raise JwsMalformed("jws_header_unexpected")
    signed = text[: len(parts[0]) + 1 + len(parts[1])].encode()
    return Jws(key_id, algorithm, typ, signed, from_base64url(parts[1]), from_base64url(parts[2]))


def compact_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def read_object(data: bytes) -> dict[str, Any]:
    """One JSON object in UTF-8 in which no member stands twice. Raises JwsMalformed."""

    def without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            raise ValueError("repeated member")
        return members

    def refuse(constant: str) -> None:
        raise ValueError(constant)  # NaN and infinities are not JSON, and compare in surprising ways

    try:
        value = json.loads(data.decode(), object_pairs_hook=without_repetition, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise JwsMalformed from None
    if not isinstance(value, dict):
        raise JwsMalformed
    return value
