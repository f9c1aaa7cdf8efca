"""Public keys as JSON Web Keys (RFC 7517; RFC 7518 section 6, RFC 8037): one text for each key, and no others read."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from verification.formats.jws import JwsMalformed, from_base64url, to_base64url
from verification.signatures import MIN_RSA_BITS
from verification.trust import PublicKey
from verification.verdict import VerificationError

MAX_RSA_BITS = 4096
_COORDINATE_BYTES = 32


class JwkMalformed(VerificationError):
    """Not a public key of an allowed kind, or not written as here."""

    code = "jwk_malformed"


def encode_jwk(key: PublicKey) -> dict[str, str]:
    """The members that make the key, with its algorithm; without a kid or a use."""
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        return {"kty": "RSA", "alg": "RS256", "n": _unsigned(numbers.n), "e": _unsigned(numbers.e)}
    if isinstance(key, ed25519.Ed25519PublicKey):
        return {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": to_base64url(key.public_bytes_raw())}
    point = key.public_numbers()
    x, y = (to_base64url(coordinate.to_bytes(_COORDINATE_BYTES)) for coordinate in (point.x, point.y))
    return {"kty": "EC", "crv": "P-256", "alg": "ES256", "x": x, "y": y}


def decode_jwk(found: Any) -> PublicKey:
    """Read what `encode_jwk` writes, and nothing else. Raises JwkMalformed."""
    try:
        key = _key(found)
    except (JwsMalformed, ValueError):
        raise JwkMalformed from None
    # A number with leading zeros, a member more, another algorithm: none of them comes out the same.
    if encode_jwk(key) != found:
        raise JwkMalformed
    return key


def _key(found: Any) -> PublicKey:
    match found:
        case {"kty": "EC", "x": str() as x, "y": str() as y}:
            point = ec.EllipticCurvePublicNumbers(_number(x), _number(y), ec.SECP256R1())
            return point.public_key()
        case {"kty": "OKP", "x": str() as x}:
            return ed25519.Ed25519PublicKey.from_public_bytes(from_base64url(x))
        case {"kty": "RSA", "n": str() as n, "e": str() as e}:
            modulus = _number(n)
            if not MIN_RSA_BITS <= modulus.bit_length() <= MAX_RSA_BITS:
                raise JwkMalformed
            return rsa.RSAPublicNumbers(_number(e), modulus).public_key()
        case _:
            raise JwkMalformed


def _number(text: str) -> int:
    if len(text) > MAX_RSA_BITS:
        raise JwkMalformed
    return int.from_bytes(from_base64url(text))


def _unsigned(number: int) -> str:
    return to_base64url(number.to_bytes((number.bit_length() + 7) // 8))
