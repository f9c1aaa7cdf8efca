"""The Token Status List (IETF draft-ietf-oauth-status-list): which documents are not in force (docs/status-lists.md).

The list's number is the last path segment of its URI (`sub`), e.g. `https://host/v1/status-lists/7` is list 7. Here is
what its two forms, JWT and CWT (status_list_cwt.py), have in common, and the JWT's claims.
"""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from verification.formats.jws import from_base64url, to_base64url
from verification.register import DocumentStatus
from verification.verdict import VerificationError

Bits = Literal[1, 2]
STATUS_LIST_TYP = "statuslist+jwt"
MAX_LIST_BYTES = 1 << 21
MAX_URI_CHARS = 500
# Bounds for how long a key that was taken after its end, with which older dates can be written, is believed.
MAX_LIFETIME = timedelta(days=7)

_NUMBER = re.compile(r"https?://[^\s?#]+/(\d{1,9})", re.ASCII)
# Section 7.1 of the draft. 3 is for applications; we give it no meaning, and what has none is not valid.
_STATUSES = {0: DocumentStatus.VALID, 1: DocumentStatus.REVOKED, 2: DocumentStatus.SUSPENDED}


class StatusListMalformed(VerificationError):
    code = "status_list_malformed"


@dataclass(frozen=True, slots=True)
class StatusListClaims:
    """What a list says, whichever its form. compressed: the packed entries in the zlib format (RFC 1950)."""

    uri: str
    issued_at: datetime
    expires_at: datetime
    ttl_seconds: int
    bits: Bits
    compressed: bytes = field(repr=False)

    @property
    def number(self) -> int:
        """Raises StatusListMalformed."""
        return list_number(self.uri)

    def packed(self) -> bytes:
        """The entries, unfolded. Raises StatusListMalformed."""
        return decompress(self.compressed)


def list_number(uri: str) -> int:
    """The number of the list that lives at this URI. Raises StatusListMalformed."""
    found = _NUMBER.fullmatch(uri) if len(uri) <= MAX_URI_CHARS else None
    if found is None:
        raise StatusListMalformed("status_list_uri_without_number")
    return int(found[1])


def pack(entries: Mapping[int, DocumentStatus], size: int, bits: Bits) -> bytes:
    """`size` entries of `bits` bits, least significant bits first; those that are not named are valid.

    Raises StatusListMalformed for a size that fills no whole bytes or is too large, an index outside of it, and a
    suspension in a list of one bit, which has no value for it.
    """
    per_byte = 8 // bits
    if size <= 0 or size % per_byte or size // per_byte > MAX_LIST_BYTES:
        raise StatusListMalformed("status_list_size_not_allowed")
    if entries and not 0 <= min(entries) <= max(entries) < size:
        raise StatusListMalformed("status_list_index_outside")
    values = bytearray(size)
    for value, status in _STATUSES.items():
        named = [index for index, one in entries.items() if one is status]
        if named and value >> bits:
            raise StatusListMalformed("status_list_bits_too_few")
        for index in named:
            values[index] = value
    # Every n-th value makes one long number, and shifted numbers are laid over each other: a loop over the entries
    # in force, which nearly all are, would take a hundred times as long.
    laid = 0
    for place in range(per_byte):
        laid |= int.from_bytes(values[place::per_byte]) << (place * bits)
    return laid.to_bytes(size // per_byte)


def compress(packed: bytes) -> bytes:
    return zlib.compress(packed, 9)


def decompress(compressed: bytes) -> bytes:
    """Raises StatusListMalformed, also for more than MAX_LIST_BYTES and for anything behind the end."""
    inflater = zlib.decompressobj()
    try:
        # Bounded, for a few KiB may unfold to gigabytes.
        packed = inflater.decompress(compressed, MAX_LIST_BYTES)
    except zlib.error:
        raise StatusListMalformed from None
    if not inflater.eof or inflater.unused_data or inflater.unconsumed_tail or not packed:
        raise StatusListMalformed("status_list_size_not_allowed")
    return packed


def encode_claims(claims: StatusListClaims) -> dict[str, Any]:
    """The claims of the JWT (section 5.1)."""
    return {
        "sub": claims.uri,
        "iat": int(claims.issued_at.timestamp()),
        "exp": int(claims.expires_at.timestamp()),
        "ttl": claims.ttl_seconds,
        "status_list": {"bits": claims.bits, "lst": to_base64url(claims.compressed)},
    }


def decode_claims(claims: dict[str, Any]) -> StatusListClaims:
    """The inverse of encode_claims; nothing else may stand in the JWT. Raises StatusListMalformed, JwsMalformed."""
    match claims:
        case {"sub": str() as uri, "iat": int() as iat, "exp": int() as exp, "ttl": int() as ttl,
              "status_list": {"bits": int() as bits, "lst": str() as compressed, **more},
              **others} if not others and not more:  # fmt: skip
            return claims_of(uri, iat, exp, ttl, bits, from_base64url(compressed))
        case _:
            raise StatusListMalformed


def claims_of(uri: str, iat: int, exp: int, ttl: int, bits: int, compressed: bytes) -> StatusListClaims:
    """Raises StatusListMalformed for numbers that no list has: times without a date, no lifetime or one longer than
    MAX_LIFETIME, other bits."""
    # Named one by one, because true counts as 1 where it is compared.
    allowed: dict[int, Bits] = {1: 1, 2: 2}
    if any(type(number) is not int for number in (iat, exp, ttl, bits)) or bits not in allowed:
        raise StatusListMalformed
    if ttl <= 0 or iat >= exp:
        raise StatusListMalformed("status_list_without_lifetime")
    try:
        issued_at, expires_at = datetime.fromtimestamp(iat, UTC), datetime.fromtimestamp(exp, UTC)
    except (OverflowError, ValueError, OSError):
        raise StatusListMalformed("status_list_times_impossible") from None
    if expires_at - issued_at > MAX_LIFETIME:
        raise StatusListMalformed("status_list_lifetime_too_long")
    return StatusListClaims(uri, issued_at, expires_at, ttl, allowed[bits], compressed)


def read_entry(bits: int, packed: bytes, index: int) -> DocumentStatus | None:
    """One entry, or None past the end or for a value without meaning here."""
    position = index * bits
    if index < 0 or position >= 8 * len(packed):
        return None
    return _STATUSES.get(packed[position >> 3] >> (position & 7) & ((1 << bits) - 1))
