"""Which kinds of keys there are, what each is good for, and how one is made."""

from hashlib import sha256
from typing import Literal, get_args

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
)

from verification.signatures import algorithm_of
from verification.trust import PDF_PURPOSES, KeyPurpose, PublicKey

KeyType = Literal["p256", "rsa2048", "rsa3072", "ed25519"]
KEY_TYPES: tuple[KeyType, ...] = get_args(KeyType)
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def why_unsuitable(purpose: KeyPurpose, public_key: object) -> str | None:
    """Why a key of this kind cannot seal for this purpose, in words; None for one that can."""
    algorithm = algorithm_of(public_key)
    if algorithm is None:
        return "a key is P-256, Ed25519, or RSA of at least 2048 bits"
    if purpose in PDF_PURPOSES and algorithm == "EdDSA":
        return f"a {purpose.value} key is P-256 or RSA: readers of PDFs do not know Ed25519"
    if purpose not in PDF_PURPOSES and algorithm == "RS256":
        return f"a {purpose.value} key is P-256 or Ed25519: RSA signatures are too long for what it signs"
    return None


def type_of(public_key: PublicKey) -> KeyType | None:
    """The type that would be made to have another like it; None for sizes that are not made here."""
    if isinstance(public_key, rsa.RSAPublicKey):
        sizes: dict[int, KeyType] = {2048: "rsa2048", 3072: "rsa3072"}
        return sizes.get(public_key.key_size)
    return "p256" if isinstance(public_key, ec.EllipticCurvePublicKey) else "ed25519"


def new_private_key(kind: KeyType) -> PrivateKey:
    """A fresh key of this type."""
    match kind:
        case "p256":
            return ec.generate_private_key(ec.SECP256R1())
        case "ed25519":
            return ed25519.Ed25519PrivateKey.generate()
        case "rsa2048" | "rsa3072":
            return rsa.generate_private_key(65537, int(kind.removeprefix("rsa")))


def key_id_of(public_key: PublicKey) -> str:
    """Six bytes of the public key's digest: a name, short for the QR code's sake; trust never rests on it."""
    spki = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return sha256(spki).hexdigest()[:12]


def public_pem(public_key: PublicKey) -> bytes:
    """As it stands in the ring's folder."""
    return public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def private_pem(key: PrivateKey, passphrase: bytes) -> bytes:
    """As the software backend opens it: PKCS#8, encrypted."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))
