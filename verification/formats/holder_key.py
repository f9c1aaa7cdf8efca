"""The holder's public key in a credential: a JWK (RFC 7517) of the two kinds that wallets use, and nothing besides."""

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from verification.formats.jws import from_base64url, to_base64url
from verification.verdict import VerificationError

HolderKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


class HolderKeyMalformed(VerificationError):
    code = "holder_key_malformed"


def write_holder_key(key: HolderKey) -> dict[str, str]:
    """Raises HolderKeyMalformed for another curve than P-256 and Ed25519."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return {"kty": "OKP", "crv": "Ed25519", "x": to_base64url(key.public_bytes_raw())}
    if not isinstance(key.curve, ec.SECP256R1):
        raise HolderKeyMalformed
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return {"kty": "EC", "crv": "P-256", "x": to_base64url(point[1:33]), "y": to_base64url(point[33:])}


def read_holder_key(jwk: object) -> HolderKey:
    """Raises HolderKeyMalformed unless exactly the members of a public P-256 or Ed25519 key are there."""
    try:
        match jwk:
            case {"kty": "OKP", "crv": "Ed25519", "x": str() as x, **others} if not others:
                return ed25519.Ed25519PublicKey.from_public_bytes(from_base64url(x))
            case {"kty": "EC", "crv": "P-256", "x": str() as x, "y": str() as y, **others} if not others:
                point = b"\x04" + _coordinate(x) + _coordinate(y)
                return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except (ValueError, VerificationError):
        raise HolderKeyMalformed from None
    raise HolderKeyMalformed


def _coordinate(text: str) -> bytes:
    number = from_base64url(text)
    if len(number) != 32:
        raise HolderKeyMalformed
    return number
