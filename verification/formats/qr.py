"""The QR payload: a CWT (RFC 8392) in a COSE_Sign1 (RFC 9052), written as decimal digits. See docs/qr-format.md."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import cbor2

from verification.formats import cbor
from verification.formats.cose import ALGORITHM as ALGORITHM
from verification.formats.cose import COSE_ALGORITHMS as COSE_ALGORITHMS
from verification.formats.cose import KEY_ID as KEY_ID
from verification.formats.cose import TAG_COSE_SIGN1
from verification.formats.cose import to_be_signed as to_be_signed
from verification.signatures import Algorithm
from verification.verdict import MAX_STATUS_NUMBER, VIETNAM, DocumentFacts, VerificationError

MAX_QR_CHARS = 2048
MAX_QR_BYTES = 640

# RFC 8392 labels.
EXPIRES_AT, ISSUED_AT = 4, 6
# A private-use claim key (below -65536). It names the layout of the array too: another layout takes another key.
FACTS_V1 = -65537

_EPOCH = date(1970, 1, 1)
_DIGITS = {1: 3, 2: 5, 3: 8, 4: 10, 5: 13, 6: 15, 7: 17}
_BYTES = {digits: count for count, digits in _DIGITS.items()}
_LINK = re.compile(r"https?://[^#\s]{1,300}#([0-9]+)", re.IGNORECASE | re.ASCII)
_KEY_ID = re.compile(r"(?:[0-9a-f]{2}){4,16}", re.ASCII)


class QrMalformed(VerificationError):
    """The text, the digits, the envelope or the claims are not as this format demands."""

    code = "qr_malformed"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A COSE_Sign1 taken apart; nothing in it is proven before the signature is."""

    unverified_key_id: str
    algorithm: int
    protected: bytes
    payload: bytes
    signature: bytes


def to_digits(data: bytes) -> str:
    """Seven bytes become 17 decimal digits, a shorter last group of 1…6 bytes 3, 5, 8, 10, 13 or 15."""
    groups = (data[i : i + 7] for i in range(0, len(data), 7))
    return "".join(f"{int.from_bytes(group):0{_DIGITS[len(group)]}d}" for group in groups)


def from_digits(digits: str) -> bytes:
    """The inverse of to_digits; one text for one byte string. Raises QrMalformed."""
    if len(digits) > MAX_QR_CHARS or not (digits.isascii() and digits.isdigit()):
        raise QrMalformed("qr_digits_malformed")
    data = bytearray()
    for start in range(0, len(digits), 17):
        group = digits[start : start + 17]
        count = _BYTES.get(len(group))
        number = int(group)
        if count is None or number >> (8 * count):
            raise QrMalformed("qr_digits_malformed")
        data += number.to_bytes(count)
    return bytes(data)


def digits_of(text: str) -> str:
    """The digits in a scanned text: the whole link, whose host is ignored, or the digits alone. Raises QrMalformed."""
    if len(text) > MAX_QR_CHARS:
        raise QrMalformed("qr_too_long")
    text = text.strip()
    if text.isascii() and text.isdigit():
        return text
    link = _LINK.fullmatch(text)
    if link is None:
        raise QrMalformed("qr_not_a_document_code")
    return link[1]


@lru_cache(maxsize=64)
def protected_header(key_id: str, algorithm: Algorithm = "ES256") -> bytes:
    """{1: -7 or -8, 4: kid}; the kid is the key id's hexadecimal digits as bytes.

    Raises QrMalformed for other ids, and for an algorithm whose signatures don't fit.
    """
    if _KEY_ID.fullmatch(key_id) is None:
        raise QrMalformed("qr_key_id_not_hexadecimal")
    if algorithm not in COSE_ALGORITHMS:
        raise QrMalformed("qr_algorithm_too_long")
    return cbor2.dumps({ALGORITHM: COSE_ALGORITHMS[algorithm], KEY_ID: bytes.fromhex(key_id)}, canonical=True)


def encode_envelope(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    data: bytes = TAG_COSE_SIGN1 + cbor2.dumps([protected, {}, payload, signature], canonical=True)
    if len(data) > MAX_QR_BYTES:
        raise QrMalformed("qr_too_long")
    return data


def decode_envelope(data: bytes) -> Envelope:
    """Take a COSE_Sign1 apart, without judging its key or signature. Raises QrMalformed, CborMalformed."""
    if len(data) > MAX_QR_BYTES:
        raise QrMalformed("qr_too_long")
    if not data.startswith(TAG_COSE_SIGN1):
        raise QrMalformed("qr_not_a_document_code")
    match cbor.decode(data[1:]):
        case [bytes() as protected, {**unprotected}, bytes() as payload, bytes() as signature] if not unprotected:
            pass
        case _:
            raise QrMalformed("qr_envelope_malformed")
    key_id, algorithm = _read_protected(protected)
    return Envelope(key_id, algorithm, protected, payload, signature)


@lru_cache(maxsize=64)
def _read_protected(protected: bytes) -> tuple[str, int]:
    """Key id and algorithm; remembered, for all documents of a key have the same header."""
    match cbor.decode(protected):
        case {1: int() as algorithm, 4: bytes() as key_id, **others} if not others and 4 <= len(key_id) <= 16:
            return key_id.hex(), algorithm
        case _:
            raise QrMalformed("qr_header_malformed")


def encode_claims(facts: DocumentFacts) -> bytes:
    claims: dict[int, object] = {
        ISSUED_AT: _midnight(facts.issued_on),
        FACTS_V1: [
            facts.document_type,
            facts.number,
            facts.full_name,
            (facts.birth_date - _EPOCH).days,
            facts.result_line,
            facts.status_list,
            facts.status_index,
        ],
    }
    if facts.expires_on is not None:
        claims[EXPIRES_AT] = _midnight(facts.expires_on + timedelta(days=1))
    return cbor2.dumps(claims, canonical=True)


def decode_claims(payload: bytes, key_id: str) -> DocumentFacts:
    """Read the claims of a payload whose signature has been verified. Raises QrMalformed, CborMalformed."""
    match cbor.decode(payload):
        case {
            6: int() as issued,
            -65537: [str() as kind, str() as number, str() as name, int() as born, str() as result, int() as list_,
                     int() as index],
            **others,
        } if others.keys() <= {EXPIRES_AT} and kind and number and name and _are_numbers(list_, index):  # fmt: skip
            pass
        case _:
            raise QrMalformed("qr_claims_malformed")
    expires = others.get(EXPIRES_AT)
    try:
        return DocumentFacts(
            document_type=kind,
            number=number,
            full_name=name,
            birth_date=_EPOCH + timedelta(days=born),
            result_line=result,
            issued_on=_day(issued),
            expires_on=None if expires is None else _day(expires) - timedelta(days=1),
            key_id=key_id,
            status_list=list_,
            status_index=index,
        )
    except (OverflowError, ValueError, OSError):
        raise QrMalformed("qr_claims_malformed") from None


def _are_numbers(*found: int) -> bool:
    return all(0 <= number <= MAX_STATUS_NUMBER for number in found)


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=VIETNAM).timestamp())


def _day(numeric_date: object) -> date:
    if not isinstance(numeric_date, int):
        raise QrMalformed("qr_claims_malformed")
    moment = datetime.fromtimestamp(numeric_date, UTC).astimezone(VIETNAM)
    if moment.hour or moment.minute or moment.second:
        # Only whole days are written; anything else would show another date than its seconds say.
        raise QrMalformed("qr_claims_malformed")
    return moment.date()
