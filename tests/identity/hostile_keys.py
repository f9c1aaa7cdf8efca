"""Hostile keys in the issuer's own key set: a case publishes one beside the honest key, and signs a token with it.

The token is good by that key wherever that can be had, so that nothing but the key can be what refuses it.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from identity.algorithms import ALGORITHMS
from tests.identity.hostile import CANARY
from tests.identity.issuer import TestIssuer, encode, generate_key

HOSTILE_KEY_ID = "hostile"
ED25519_PRIME = 2**255 - 19
# y of all points whose order divides 8, canonical and not (the prime stands for 0, the prime and 1 for 1)
SMALL_ORDER = {
    "0": 0,
    "1": 1,
    "-1": ED25519_PRIME - 1,
    "0, not canonical": ED25519_PRIME,
    "1, not canonical": ED25519_PRIME + 1,
    "one of order 8": 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    "the other of order 8": 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
}

Publish = Callable[[TestIssuer], list[dict[str, Any]]]
"""What is published under the hostile name; the issuer then signs with `private_key`, if it was exchanged."""


def _own(issuer: TestIssuer) -> dict[str, Any]:
    """A sound key of the issuer's kind, under the hostile name, and the issuer signing with it."""
    issuer.private_key = generate_key(issuer.algorithm)
    return issuer.public_jwk() | {"kid": HOSTILE_KEY_ID}


def _changed(**members: Any) -> Publish:
    return lambda issuer: [_own(issuer) | members]


def _without(*members: str) -> Publish:
    return lambda issuer: [{name: value for name, value in _own(issuer).items() if name not in members}]


def _member(name: str, change: Callable[[str], Any]) -> Publish:
    def publish(issuer: TestIssuer) -> list[dict[str, Any]]:
        jwk = _own(issuer)
        return [jwk | {name: change(jwk[name])}]

    return publish


def _private(issuer: TestIssuer) -> list[dict[str, Any]]:
    jwk = _own(issuer)
    private = json.loads(ALGORITHMS[issuer.algorithm].implementation.to_jwk(issuer.private_key))
    private.pop("key_ops", None)
    return [private | jwk]


def _twice(issuer: TestIssuer) -> list[dict[str, Any]]:
    """Two keys of one name: which one speaks for the issuer, nobody can tell."""
    return [_own(issuer), _own(issuer)]


def _same_twice(issuer: TestIssuer) -> list[dict[str, Any]]:
    jwk = _own(issuer)
    return [jwk, jwk]


def _symmetric(issuer: TestIssuer) -> list[dict[str, Any]]:
    return [{"kty": "oct", "k": encode(b"k" * 32), "kid": HOSTILE_KEY_ID, "alg": "HS256", "use": "sig"}]


def _uint(number: int) -> str:
    return encode(number.to_bytes((number.bit_length() + 7) // 8 or 1))


@functools.cache
def _rsa_key(bits: int, exponent: int = 65537) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(exponent, bits)


def _rsa(bits: int, exponent: int = 65537) -> Publish:
    def publish(issuer: TestIssuer) -> list[dict[str, Any]]:
        issuer.private_key = _rsa_key(bits, exponent)
        return [issuer.public_jwk() | {"kid": HOSTILE_KEY_ID}]

    return publish


def _rsa_numbers(n: Callable[[int], int], e: int) -> Publish:
    """Numbers that no key has; nothing could sign for them, or anybody could."""

    def publish(issuer: TestIssuer) -> list[dict[str, Any]]:
        modulus = n(_rsa_key(2048).public_key().public_numbers().n)
        return [{"kty": "RSA", "n": _uint(modulus), "e": _uint(e), "kid": HOSTILE_KEY_ID, "alg": "RS256", "use": "sig"}]

    return publish


def _curve(curve: ec.EllipticCurve, **members: Any) -> Publish:
    def publish(issuer: TestIssuer) -> list[dict[str, Any]]:
        issuer.private_key = ec.generate_private_key(curve)
        numbers = issuer.private_key.public_key().public_numbers()
        size = (curve.key_size + 7) // 8
        jwk = {
            "kty": "EC",
            "kid": HOSTILE_KEY_ID,
            "x": encode(numbers.x.to_bytes(size)),
            "y": encode(numbers.y.to_bytes(size)),
        }
        return [jwk | members]

    return publish


def _edwards(y: int, sign: int = 0) -> Publish:
    raw = (y | sign << 255).to_bytes(32, "little")
    return lambda _: [{"kty": "OKP", "crv": "Ed25519", "x": encode(raw), "kid": HOSTILE_KEY_ID, "alg": "EdDSA"}]


ANY: dict[str, tuple[str, Publish]] = {
    "for encryption": ("unusable_key", _changed(use="enc")),
    "for something unheard of": ("unusable_key", _changed(use="SIG")),
    "use is a list": ("unusable_key", _changed(use=["sig"])),
    "use is null": ("unusable_key", _changed(use=None)),
    "for signing only": ("unusable_key", _changed(key_ops=["sign"])),
    "for wrapping": ("unusable_key", _changed(key_ops=["wrapKey", "deriveBits"])),
    "for nothing": ("unusable_key", _changed(key_ops=[])),
    "key_ops is text": ("unusable_key", _changed(key_ops="verify")),
    "key_ops is null": ("unusable_key", _changed(key_ops=None)),
    "for an algorithm nobody knows": ("unusable_key", _changed(alg="ES256K")),
    "for HMAC": ("unusable_key", _changed(alg="HS256")),
    "for no algorithm": ("unusable_key", _changed(alg="none")),
    "for encryption by its algorithm": ("unusable_key", _changed(alg="RSA-OAEP")),
    "alg is a list": ("unusable_key", _changed(alg=["ES256"])),
    "with its private half": ("unusable_key", _private),
    "with an empty private half": ("unusable_key", _changed(d="")),
    "symmetric": ("unusable_key", _symmetric),
    "two of one name": ("unusable_key", _twice),
    "the same twice": ("unusable_key", _same_twice),
    "of no kind": ("unusable_key", _without("kty")),
    "of an unknown kind": ("unusable_key", _changed(kty="AKP")),
    "of another kind": ("unusable_key", _changed(kty="oct")),
    "kind is a list": ("unusable_key", _changed(kty=["EC"])),
    "only an address of a key": (
        "unusable_key",
        lambda _: [{"kid": HOSTILE_KEY_ID, "kty": "EC", "x5u": CANARY, "jku": CANARY}],
    ),
    "only a certificate": ("unusable_key", lambda _: [{"kid": HOSTILE_KEY_ID, "kty": "EC", "x5c": ["MIIB"]}]),
    "only a name": ("unusable_key", lambda _: [{"kid": HOSTILE_KEY_ID}]),
    "name in another case": ("unknown_key", _changed(kid="Hostile")),
    "name with a blank": ("unknown_key", _changed(kid="hostile ")),
    "name is a number": ("unknown_key", _changed(kid=1)),
    "name is a list": ("unknown_key", _changed(kid=[HOSTILE_KEY_ID])),
    "no name": ("unknown_key", _without("kid")),
}

EC: dict[str, tuple[str, Publish]] = {
    "curve P-384 for ES256": ("algorithm_not_allowed", _curve(ec.SECP384R1(), crv="P-384")),
    "curve P-521 for ES256": ("algorithm_not_allowed", _curve(ec.SECP521R1(), crv="P-521")),
    "alg ES256 on the curve P-384": ("algorithm_not_allowed", _curve(ec.SECP384R1(), crv="P-384", alg="ES256")),
    "for ES384 by its own word": ("algorithm_not_allowed", _changed(alg="ES384")),
    "curve secp256k1": ("unusable_key", _curve(ec.SECP256K1(), crv="secp256k1")),
    "curve secp256k1, called P-256": ("unusable_key", _curve(ec.SECP256K1(), crv="P-256")),
    "curve P-384, called P-256": ("unusable_key", _curve(ec.SECP384R1(), crv="P-256")),
    "no curve": ("unusable_key", _without("crv")),
    "curve is null": ("unusable_key", _changed(crv=None)),
    "curve in lower case": ("unusable_key", _changed(crv="p-256")),
    "no y": ("unusable_key", _without("y")),
    "y is null": ("unusable_key", _changed(y=None)),
    "the origin": ("unusable_key", _changed(x=encode(bytes(32)), y=encode(bytes(32)))),
    "not on the curve": ("unusable_key", _member("y", lambda y: encode(bytes(31) + b"\1"))),
    "x beyond the field": ("unusable_key", _changed(x=encode(b"\xff" * 32))),
    "x a byte short": ("unusable_key", _member("x", lambda x: x[:-2])),
    "x a byte long": ("unusable_key", _member("x", lambda x: encode(b"\0") + x)),
    "x empty": ("unusable_key", _changed(x="")),
    "x is a number": ("unusable_key", _changed(x=5)),
    "an RSA key for ES256": ("algorithm_not_allowed", lambda i: [_rsa_jwk()]),
    "an Ed25519 key for ES256": ("algorithm_not_allowed", lambda i: [_ed25519_jwk()]),
}

RSA: dict[str, tuple[str, Publish]] = {
    "of 1024 bits": ("unusable_key", _rsa(1024)),
    "of 2040 bits": ("unusable_key", _rsa(2040)),
    "exponent 3": ("unusable_key", _rsa(2048, 3)),
    "exponent 1": ("unusable_key", _rsa_numbers(lambda n: n, 1)),
    "exponent 0": ("unusable_key", _rsa_numbers(lambda n: n, 0)),
    "exponent 2": ("unusable_key", _rsa_numbers(lambda n: n, 2)),
    "exponent 65536": ("unusable_key", _rsa_numbers(lambda n: n, 65536)),
    "exponent 17": ("unusable_key", _rsa_numbers(lambda n: n, 17)),
    "an exponent as long as the modulus": ("unusable_key", _rsa_numbers(lambda n: n, 2**2047 + 1)),
    "an even modulus": ("unusable_key", _rsa_numbers(lambda n: n + 1, 65537)),
    "of 16384 bits": ("unusable_key", _rsa_numbers(lambda n: n << 14336 | 1, 65537)),
    "modulus 1": ("unusable_key", _rsa_numbers(lambda n: 1, 65537)),
    "modulus 0": ("unusable_key", _rsa_numbers(lambda n: 0, 65537)),
    "no modulus": ("unusable_key", lambda _: [{"kty": "RSA", "e": "AQAB", "kid": HOSTILE_KEY_ID}]),
    "modulus is a number": ("unusable_key", lambda _: [{"kty": "RSA", "n": 5, "e": "AQAB", "kid": HOSTILE_KEY_ID}]),
    "for PS256 by its own word": ("algorithm_not_allowed", lambda i: [_own(i) | {"alg": "PS256"}]),
    "an EC key for RS256": ("algorithm_not_allowed", _curve(ec.SECP256R1(), crv="P-256")),
}

OKP: dict[str, tuple[str, Publish]] = {
    **{
        f"small order, y = {what}, sign {sign}": ("unusable_key", _edwards(y, sign))
        for what, y in SMALL_ORDER.items()
        for sign in (0, 1)
    },
    "y beyond the field": ("unusable_key", _edwards(ED25519_PRIME + 3)),
    "curve X25519": ("unusable_key", _changed(crv="X25519")),
    "curve Ed448": ("unusable_key", _changed(crv="Ed448")),
    "x a byte short": ("unusable_key", _member("x", lambda x: encode(bytes(31)))),
    "x empty": ("unusable_key", _changed(x="")),
    "an EC key for EdDSA": ("algorithm_not_allowed", _curve(ec.SECP256R1(), crv="P-256")),
}


def _rsa_jwk() -> dict[str, Any]:
    numbers = _rsa_key(2048).public_key().public_numbers()
    return {"kty": "RSA", "n": _uint(numbers.n), "e": _uint(numbers.e), "kid": HOSTILE_KEY_ID}


def _ed25519_jwk() -> dict[str, Any]:
    raw = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    return {"kty": "OKP", "crv": "Ed25519", "x": encode(raw), "kid": HOSTILE_KEY_ID}


BY_ALGORITHM = {"ES256": ANY | EC, "RS256": RSA, "EdDSA": OKP}

HOSTILE_KEY_SETS: dict[str, bytes] = {
    "empty": b'{"keys": []}',
    "no keys": b"{}",
    "keys is an object": b'{"keys": {"key-1": {}}}',
    "a list": b"[]",
    "one key alone": b'{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "key-1"}',
    "keys twice": b'{"keys": [], "keys": [{"kid": "key-1"}]}',
    "not JSON": b"<html>",
    "empty bytes": b"",
    "with a byte order mark": b'\xef\xbb\xbf{"keys": []}',
    "with NaN": b'{"keys": [{"kid": "key-1", "x": NaN}]}',
    "keys of text": b'{"keys": ["key-1", null, 1, []]}',
    "too many": json.dumps({"keys": [{"kid": f"key-{n}"} for n in range(65)]}).encode(),
    "nested too deep": b'{"keys": ' + b"[" * 60_000 + b"]" * 60_000 + b"}",
}
"""Key sets of which nothing can be used: the issuer is out of order, and says nothing about the token."""
