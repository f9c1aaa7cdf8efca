"""The Token Status List (IETF draft-ietf-oauth-status-list) as a JWT: which documents are not in force.

The list's number is the last path segment of its URI (`sub`), e.g. `https://host/v1/status-lists/7` is list 7.
"""

import re
import zlib
from collections.abc import Iterable
from typing import Any

from verification.formats.jws import from_base64url, to_base64url
from verification.register import DocumentStatus
from verification.verdict import VerificationError

STATUS_LIST_TYP = "statuslist+jwt"
MAX_LIST_BYTES = 1 << 21
MAX_URI_CHARS = 500

_NUMBER = re.compile(r"https?://[^\s?#]+/(\d{1,9})", re.ASCII)
_STATUSES = {0: DocumentStatus.VALID, 1: DocumentStatus.REVOKED, 2: DocumentStatus.SUSPENDED}


class StatusListMalformed(VerificationError):
    code = "status_list_malformed"


def list_number(uri: str) -> int:
    """The number of the list that lives at this URI. Raises StatusListMalformed."""
    found = _NUMBER.fullmatch(uri) if len(uri) <= MAX_URI_CHARS else None
    if found is None:
        raise StatusListMalformed("status_list_uri_without_number")
    return int(found[1])


def encode_list(revoked: Iterable[int], size: int) -> dict[str, Any]:
    """The `status_list` claim for `size` entries of one bit, 1 for each revoked index, least significant bit first.

    Raises StatusListMalformed for a size that is no multiple of 8 or too large, or an index outside of it.
    """
    if size <= 0 or size % 8 or size // 8 > MAX_LIST_BYTES:
        raise StatusListMalformed("status_list_size_not_allowed")
    packed = bytearray(size // 8)
    for index in revoked:
        if not 0 <= index < size:
            raise StatusListMalformed("status_list_index_outside")
        packed[index >> 3] |= 1 << (index & 7)
    return {"bits": 1, "lst": to_base64url(zlib.compress(bytes(packed), 9))}


def decode_list(claim: object) -> tuple[int, bytes]:
    """The bits per entry (1 or 2) and the packed entries of a `status_list` claim. Raises StatusListMalformed."""
    match claim:
        case {"bits": int() as bits, "lst": str() as compressed, **others} if not others and bits in (1, 2):
            pass
        case _:
            raise StatusListMalformed
    inflater = zlib.decompressobj()
    try:
        # Bounded, for a few KiB may unfold to gigabytes.
        packed = inflater.decompress(from_base64url(compressed), MAX_LIST_BYTES)
    except zlib.error:
        raise StatusListMalformed from None
    if not inflater.eof or inflater.unused_data or inflater.unconsumed_tail or not packed:
        raise StatusListMalformed("status_list_size_not_allowed")
    return bits, packed


def read_entry(bits: int, packed: bytes, index: int) -> DocumentStatus | None:
    """One entry, or None past the end or for a value without meaning here."""
    position = index * bits
    if index < 0 or position >= 8 * len(packed):
        return None
    return _STATUSES.get(packed[position >> 3] >> (position & 7) & ((1 << bits) - 1))
