"""Raw signatures: the three algorithms that count, named by the caller and never by the signed data."""

from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from verification.trust import PublicKey

Algorithm = Literal["ES256", "RS256", "EdDSA"]
MIN_RSA_BITS = 2048
# Made once: each costs as much as reading a whole header.
_SHA256, _PKCS1 = SHA256(), padding.PKCS1v15()
_ECDSA = ec.ECDSA(_SHA256)


def algorithm_of(public_key: object) -> Algorithm | None:
    """ES256 for P-256, RS256 for RSA of at least 2048 bits, EdDSA for Ed25519, None for keys that don't count here."""
    if isinstance(public_key, ec.EllipticCurvePublicKey) and isinstance(public_key.curve, ec.SECP256R1):
        return "ES256"
    if isinstance(public_key, rsa.RSAPublicKey) and public_key.key_size >= MIN_RSA_BITS:
        return "RS256"
    if isinstance(public_key, ed25519.Ed25519PublicKey):
        return "EdDSA"
    return None


def is_signed_by(public_key: PublicKey, algorithm: Algorithm, signature: bytes, data: bytes) -> bool:
    """Whether `signature` (ES256: r and s, 32 bytes each, RFC 7518 section 3.4; RS256: PKCS#1 v1.5; EdDSA: RFC 8032
    Ed25519) covers `data`.

    The key decides what it can do: an algorithm that is not its own is simply no signature of it.
    """
    if algorithm_of(public_key) != algorithm:
        return False
    try:
        if isinstance(public_key, ec.EllipticCurvePublicKey):  # first, because most seals are such
            if len(signature) != 64:
                return False
            der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
            public_key.verify(der, data, _ECDSA)
        elif isinstance(public_key, rsa.RSAPublicKey):
            public_key.verify(signature, data, _PKCS1, _SHA256)
        else:
            public_key.verify(signature, data)
    except InvalidSignature:
        return False
    return True
