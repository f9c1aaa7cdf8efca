"""The Token Status List as a CWT: a COSE_Sign1 with the type in its header (draft, section 5.2). A third shorter than
the JWT, because its compressed entries are bytes and not letters.
"""

from dataclasses import dataclass

import cbor2

from verification.formats import cbor
from verification.formats.cose import ALGORITHM, COSE_ALGORITHMS, KEY_ID, TAG_COSE_SIGN1
from verification.formats.status_list import StatusListClaims, StatusListMalformed, claims_of
from verification.signatures import Algorithm

STATUS_LIST_CWT_TYPE = "application/statuslist+cwt"
MAX_CWT_BYTES = 3_000_000
MAX_KEY_ID_BYTES = 128

# RFC 9596 (the header), RFC 8392 and the draft's own registrations (the claims).
_TYPE = 16
_SUBJECT, _EXPIRES_AT, _ISSUED_AT, _STATUS_LIST, _TTL = 2, 4, 6, 65533, 65534
_ALGORITHMS: dict[int, Algorithm] = {number: name for name, number in COSE_ALGORITHMS.items()}


@dataclass(frozen=True, slots=True)
class StatusListEnvelope:
    """A COSE_Sign1 taken apart; nothing in it is proven before the signature is, and the payload is not parsed."""

    unverified_key_id: str
    algorithm: Algorithm
    protected: bytes
    payload: bytes
    signature: bytes


def protected_header(key_id: str, algorithm: Algorithm) -> bytes:
    """{1: alg, 4: kid, 16: type}; the kid is the key id's letters. Raises StatusListMalformed where COSE has no number
    for the algorithm here."""
    if algorithm not in COSE_ALGORITHMS:
        raise StatusListMalformed("status_list_algorithm_not_allowed")
    header = {ALGORITHM: COSE_ALGORITHMS[algorithm], KEY_ID: key_id.encode(), _TYPE: STATUS_LIST_CWT_TYPE}
    return cbor2.dumps(header, canonical=True)


def encode_envelope(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    data: bytes = TAG_COSE_SIGN1 + cbor2.dumps([protected, {}, payload, signature], canonical=True)
    return data


def decode_envelope(data: bytes) -> StatusListEnvelope:
    """Take a COSE_Sign1 apart. Raises StatusListMalformed, CborMalformed: too long, another type, other header members,
    anything in the unprotected header, which nobody has signed."""
    if len(data) > MAX_CWT_BYTES or not data.startswith(TAG_COSE_SIGN1):
        raise StatusListMalformed
    match cbor.decode(data[1:]):
        case [bytes() as protected, {**unprotected}, bytes() as payload, bytes() as signature] if not unprotected:
            pass
        case _:
            raise StatusListMalformed
    match cbor.decode(protected):
        case {1: int() as number, 4: bytes() as key_id, 16: "application/statuslist+cwt", **others} if not others:
            algorithm = _ALGORITHMS.get(number)
        case _:
            raise StatusListMalformed("status_list_header_unexpected")
    if algorithm is None or len(key_id) > MAX_KEY_ID_BYTES or not key_id.isascii():
        raise StatusListMalformed("status_list_header_unexpected")
    return StatusListEnvelope(key_id.decode(), algorithm, protected, payload, signature)


def encode_claims(claims: StatusListClaims) -> bytes:
    listed = {"bits": claims.bits, "lst": claims.compressed}
    content = {
        _SUBJECT: claims.uri,
        _EXPIRES_AT: int(claims.expires_at.timestamp()),
        _ISSUED_AT: int(claims.issued_at.timestamp()),
        _STATUS_LIST: listed,
        _TTL: claims.ttl_seconds,
    }
    return cbor2.dumps(content, canonical=True)


def decode_claims(payload: bytes) -> StatusListClaims:
    """Read the claims of a payload whose signature has been verified; exactly those that encode_claims writes.

    Raises StatusListMalformed, CborMalformed.
    """
    match cbor.decode(payload, text_keys=True):
        case {2: str() as uri, 4: int() as exp, 6: int() as iat, 65534: int() as ttl,
              65533: {"bits": int() as bits, "lst": bytes() as compressed, **more},
              **others} if not others and not more:  # fmt: skip
            return claims_of(uri, iat, exp, ttl, bits, compressed)
        case _:
            raise StatusListMalformed
