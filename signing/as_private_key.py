"""A SigningKey in the shape that cryptography's builders ask for, so that a key in a device can sign a request."""

from typing import Any, Never

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.utils import Buffer

from signing.key_types import PrivateKey
from signing.keys import SigningKey


def as_private_key(key: SigningKey) -> PrivateKey:
    """A private key that signs through `key`, with its only algorithm and hash; everything else about it refuses."""
    if isinstance(key.public_key, rsa.RSAPublicKey):
        return _RsaKey(key)
    return _EcKey(key) if isinstance(key.public_key, ec.EllipticCurvePublicKey) else _EdKey(key)


class _Device:
    """What all three have in common. The builders hash nothing themselves: they hand over the bytes to be signed."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key

    def public_key(self) -> Any:
        return self._key.public_key

    @property
    def key_size(self) -> int:
        size: int = self.public_key().key_size
        return size

    def private_numbers(self) -> Never:
        raise TypeError("the private half does not leave its place")

    def private_bytes(self, *_: object, **__: object) -> Never:
        raise TypeError("the private half does not leave its place")

    def private_bytes_raw(self) -> Never:
        raise TypeError("the private half does not leave its place")

    def decrypt(self, *_: object) -> Never:
        raise TypeError("this key only signs")

    def exchange(self, *_: object) -> Never:
        raise TypeError("this key only signs")

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: object) -> Any:
        return self


class _EcKey(_Device, ec.EllipticCurvePrivateKey):
    @property
    def curve(self) -> ec.EllipticCurve:
        return ec.SECP256R1()

    def sign(self, data: Buffer, signature_algorithm: object) -> bytes:
        raw = self._key.sign(bytes(data))
        return encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))


class _RsaKey(_Device, rsa.RSAPrivateKey):
    def sign(self, data: Buffer, padding: object, algorithm: object) -> bytes:
        return self._key.sign(bytes(data))


class _EdKey(_Device, ed25519.Ed25519PrivateKey):
    def sign(self, data: Buffer) -> bytes:
        return self._key.sign(bytes(data))
