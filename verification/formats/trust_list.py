"""The trust list as claims of a signed JSON token: whose seals count. docs/verification.md says it field by field."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from verification.certificates import CERTIFICATE_ERRORS
from verification.formats.jwk import decode_jwk, encode_jwk
from verification.formats.jws import compact_json, to_base64url
from verification.trust import KeyPurpose, TrustedKey, TrustedUnit, TrustList
from verification.verdict import VerificationError

T = TypeVar("T")

TRUST_LIST_TYP = "condau-trust-list+jwt"
MAX_TRUST_LIST_CHARS = 4_000_000
"""The bound on the whole list: how many keys, units and certificates fit follows from it."""
MAX_LIFETIME = timedelta(days=31)
MAX_SEQUENCE = 2**53 - 1
MAX_TEXT_CHARS, MAX_CERTIFICATE_CHARS = 500, 16_000

_HEADER_AND_SIGNATURE_CHARS = 2_000
_CLAIMS = {"iss", "iat", "exp", "sequence", "name", "keys", "units", "roots", "timestamp_roots"}
_KEY = {"id", "purpose", "jwk", "certificate", "unit", "not_before", "not_after", "compromised_from"}
_UNIT = {"code", "name", "document_types"}


class TrustListMalformed(VerificationError):
    """The claims are not exactly those of a trust list."""

    code = "trust_list_malformed"


def encode_trust_list(
    trust: TrustList, *, name: str, issuer: str, issued_at: datetime, lifetime: timedelta
) -> dict[str, Any]:
    """The claims of a list that is signed at issued_at. name: the organisation's.

    Raises TrustListMalformed, with the code trust_list_too_long where nobody would read the token.
    """
    iat = _seconds(issued_at)
    claims = {
        "iss": issuer,
        "iat": iat,
        "exp": iat + int(lifetime.total_seconds()),
        "sequence": trust.sequence,
        "name": name,
        "keys": [_encode_key(key) for key in trust.keys],
        "units": [
            {"code": unit.code, "name": unit.name, "document_types": list(unit.document_types)} for unit in trust.units
        ],
        "roots": [_encode_certificate(root) for root in trust.roots],
        "timestamp_roots": [_encode_certificate(root) for root in trust.timestamp_roots],
    }
    # What we could not read again, nobody else must be sent.
    decode_trust_list(claims)
    if token_chars(claims) > MAX_TRUST_LIST_CHARS:
        raise TrustListMalformed("trust_list_too_long")
    return claims


def token_chars(claims: Mapping[str, Any]) -> int:
    """How long a token of these claims is at most, with whichever key it is signed."""
    return len(to_base64url(compact_json(claims))) + _HEADER_AND_SIGNATURE_CHARS


def decode_trust_list(claims: Mapping[str, Any]) -> TrustList:
    """Read claims whose signature has been verified. Raises TrustListMalformed unless exactly these members are there,
    with their types, within the bounds, and no key id or unit code twice."""
    try:
        return _decode(claims)
    except VerificationError:
        raise TrustListMalformed from None


def _decode(claims: Mapping[str, Any]) -> TrustList:
    if claims.keys() != _CLAIMS:
        raise TrustListMalformed
    issued_at, expires_at = _instant(claims["iat"]), _instant(claims["exp"])
    if not timedelta() < expires_at - issued_at <= MAX_LIFETIME:
        raise TrustListMalformed
    name = _text(claims["name"])
    units = _list(claims["units"], _decode_unit)
    keys = _list(claims["keys"], lambda entry: _decode_key(entry, name))
    codes = {unit.code for unit in units}
    if len(codes) != len(units) or len({key.key_id for key in keys}) != len(keys):
        raise TrustListMalformed
    if any(key.unit is not None and key.unit not in codes for key in keys):
        raise TrustListMalformed
    return TrustList(
        keys=keys,
        roots=_list(claims["roots"], _decode_certificate),
        as_of=issued_at,
        fresh_until=expires_at,
        sequence=_integer(claims["sequence"], MAX_SEQUENCE),
        units=units,
        timestamp_roots=_list(claims["timestamp_roots"], _decode_certificate),
        issuer=_text(claims["iss"]),
    )


def _encode_key(key: TrustedKey) -> dict[str, Any]:
    return {
        "id": key.key_id,
        "purpose": key.purpose.value,
        "jwk": encode_jwk(key.public_key),
        "certificate": None if key.certificate is None else _encode_certificate(key.certificate),
        "unit": key.unit,
        "not_before": _seconds(key.not_before),
        "not_after": _seconds(key.not_after),
        "compromised_from": None if key.compromised_from is None else _seconds(key.compromised_from),
    }


def _decode_key(entry: Any, issuer_name: str) -> TrustedKey:
    if not isinstance(entry, dict) or entry.keys() != _KEY:
        raise TrustListMalformed
    try:
        purpose = KeyPurpose(entry["purpose"])
    except ValueError:
        raise TrustListMalformed from None
    key = TrustedKey(
        key_id=_text(entry["id"]),
        purpose=purpose,
        public_key=decode_jwk(entry["jwk"]),
        issuer_name=issuer_name,
        not_before=_instant(entry["not_before"]),
        not_after=_instant(entry["not_after"]),
        certificate=_optional(entry["certificate"], _decode_certificate),
        unit=_optional(entry["unit"], _text),
        compromised_from=_optional(entry["compromised_from"], _instant),
    )
    if key.not_before >= key.not_after or (key.certificate is not None and not _is_its_own(key)):
        raise TrustListMalformed
    return key


def _is_its_own(key: TrustedKey) -> bool:
    try:
        return key.certificate is not None and key.certificate.public_key() == key.public_key
    except CERTIFICATE_ERRORS:
        return False


def _decode_unit(entry: Any) -> TrustedUnit:
    if not isinstance(entry, dict) or entry.keys() != _UNIT:
        raise TrustListMalformed
    types = _list(entry["document_types"], _text)
    return TrustedUnit(_text(entry["code"]), _text(entry["name"]), types)


def _encode_certificate(certificate: x509.Certificate) -> str:
    return b64encode(certificate.public_bytes(Encoding.DER)).decode()


def _decode_certificate(found: Any) -> x509.Certificate:
    if not isinstance(found, str) or len(found) > MAX_CERTIFICATE_CHARS:
        raise TrustListMalformed
    try:
        certificate = x509.load_der_x509_certificate(b64decode(found, validate=True))
    except CERTIFICATE_ERRORS:
        raise TrustListMalformed from None
    if _encode_certificate(certificate) != found:
        raise TrustListMalformed
    return certificate


def _list(found: Any, read: Callable[[Any], T]) -> tuple[T, ...]:
    if not isinstance(found, list):
        raise TrustListMalformed
    return tuple(read(entry) for entry in found)


def _optional(found: Any, read: Callable[[Any], T]) -> T | None:
    return None if found is None else read(found)


def _text(found: Any) -> str:
    if not isinstance(found, str) or not 0 < len(found) <= MAX_TEXT_CHARS or not found.isprintable():
        raise TrustListMalformed
    return found


def _integer(found: Any, at_most: int) -> int:
    if type(found) is not int or not 0 <= found <= at_most:  # True is an int, too
        raise TrustListMalformed
    return found


def _instant(found: Any) -> datetime:
    try:
        return datetime.fromtimestamp(_integer(found, MAX_SEQUENCE), UTC)
    except (OverflowError, ValueError, OSError):
        raise TrustListMalformed from None


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
