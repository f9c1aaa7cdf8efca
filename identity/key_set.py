"""An issuer's published keys (JWK Set, RFC 7517), read as distrustfully as a token."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.exceptions import PyJWTError

from identity.algorithms import ALGORITHMS, SignatureAlgorithm
from identity.errors import AlgorithmNotAllowed, ProviderUnavailable, UnusableKey
from identity.parse_token import MAX_KEY_ID_CHARACTERS
from identity.strict_json import NotStrictJson, parse_object

MAX_KEYS: Final = 64
MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 8192  # beyond, one verification costs more than the token is worth

_PRIVATE_MEMBERS: Final = frozenset(("d", "p", "q", "dp", "dq", "qi", "oth", "k"))


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key prepared once, with what its publisher says that it is for."""

    key_id: str
    key_type: str
    curve: str | None
    only_algorithm: str | None
    public_key: object = field(repr=False)

    def fits(self, algorithm: SignatureAlgorithm) -> bool:
        """Whether the key is of the algorithm's kind, and not published for another one."""
        if (self.key_type, self.curve) != (algorithm.key_type, algorithm.curve):
            return False
        return self.only_algorithm is None or self.only_algorithm == algorithm.name

    def verifies(self, algorithm: SignatureAlgorithm, signing_input: bytes, signature: bytes) -> bool:
        """Whether the signature over these bytes is this key's.

        Raises AlgorithmNotAllowed when the key is not of the algorithm's kind (RFC 8725 section 3.1).
        """
        if not self.fits(algorithm):
            raise AlgorithmNotAllowed
        return bool(algorithm.implementation.verify(signing_input, self.public_key, signature))


@dataclass(frozen=True, slots=True)
class KeySet:
    """Usable keys by `kid`, and the names of those that were published but must not be used."""

    usable: dict[str, VerificationKey]
    unusable: frozenset[str]

    def get(self, key_id: str) -> VerificationKey | None:
        """The key of that name, None when there is none.

        Raises UnusableKey.
        """
        if key_id in self.unusable:
            raise UnusableKey
        return self.usable.get(key_id)


def parse_key_set(raw: bytes) -> KeySet:
    """Read a JWK Set. A key that can't be used doesn't spoil the others; nothing usable at all is an error.

    Raises ProviderUnavailable.
    """
    keys = read_key_set(raw)
    if not keys.usable:
        raise ProviderUnavailable("The identity provider publishes no usable key.")
    return keys


def read_key_set(raw: bytes) -> KeySet:
    """As `parse_key_set`, where a JWK Set without a usable key is an answer too.

    Raises ProviderUnavailable for what is no JWK Set.
    """
    named: list[tuple[str, dict[str, object]]] = []
    for jwk in _published(raw):
        key_id = _key_id(jwk)
        if isinstance(jwk, dict) and key_id is not None:
            named.append((key_id, jwk))
    times_named = Counter(key_id for key_id, _ in named)
    usable: dict[str, VerificationKey] = {}
    for key_id, jwk in named:
        key = prepare_key(key_id, jwk) if times_named[key_id] == 1 else None
        if key is not None:
            usable[key_id] = key
    return KeySet(usable, frozenset(times_named) - usable.keys())


def parse_pinned_keys(raw: bytes) -> KeySet:
    """Read a JWK Set that an operator has written: there must be a key, and every key must be named and usable.

    Raises ValueError, which says what is wrong.
    """
    try:
        published = _published(raw)
    except ProviderUnavailable:
        raise ValueError(f"cannot be read as a JWK Set of at most {MAX_KEYS} keys") from None
    if not published:
        raise ValueError("has no key")
    if any(_key_id(jwk) is None for jwk in published):
        raise ValueError("has a key without a kid, which no token could name")
    keys = read_key_set(raw)
    if keys.unusable:
        raise ValueError(f"has keys that must not verify signatures, or share a kid: {sorted(keys.unusable)}")
    return keys


def _published(raw: bytes) -> list[object]:
    try:
        published = parse_object(raw).get("keys")
    except NotStrictJson:
        published = None
    if not isinstance(published, list) or len(published) > MAX_KEYS:
        raise ProviderUnavailable("The identity provider's key set cannot be read.")
    return published


def _key_id(jwk: object) -> str | None:
    key_id = jwk.get("kid") if isinstance(jwk, dict) else None
    return key_id if isinstance(key_id, str) and 0 < len(key_id) <= MAX_KEY_ID_CHARACTERS else None


def prepare_key(key_id: str, jwk: dict[str, object]) -> VerificationKey | None:
    """The key, or None where it must not verify signatures."""
    if jwk.keys() & _PRIVATE_MEMBERS:
        return None  # whoever publishes the private half has no key any more
    if jwk.get("use", "sig") != "sig":
        return None
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        return None
    only_algorithm = jwk.get("alg")
    if only_algorithm is not None and (not isinstance(only_algorithm, str) or only_algorithm not in ALGORITHMS):
        return None
    key_type, curve = jwk.get("kty"), jwk.get("crv")
    for algorithm in ALGORITHMS.values():
        if (algorithm.key_type, algorithm.curve) == (key_type, curve):
            break
    else:
        return None
    if not all(isinstance(jwk.get(member), str) for member in _PUBLIC_MEMBERS[algorithm.key_type]):
        return None
    try:
        public_key: object = algorithm.implementation.from_jwk(jwk)
    except (PyJWTError, ValueError, TypeError, ArithmeticError):
        return None
    if isinstance(public_key, RSAPublicKey) and not _is_sound_rsa(public_key):
        return None
    if isinstance(public_key, Ed25519PublicKey) and not _is_sound_ed25519(public_key):
        return None
    return VerificationKey(key_id, algorithm.key_type, algorithm.curve, only_algorithm, public_key)


_PUBLIC_MEMBERS: Final = {"RSA": ("n", "e"), "EC": ("x", "y"), "OKP": ("x",)}


def _is_sound_rsa(key: RSAPublicKey) -> bool:
    """Size and exponent as NIST SP 800-56B rev. 2 section 6.2 bounds them."""
    numbers = key.public_numbers()
    if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        return False
    return numbers.n % 2 == 1 and numbers.e % 2 == 1 and 2**16 < numbers.e < 2**256


_ED25519_PRIME: Final = 2**255 - 19
# y of the eight points whose order divides 8: a key among them accepts signatures that anybody can make. The last two
# are of order 8; 0, 1 and -1 of order 4, 1 and 2.
_SMALL_ORDER: Final = frozenset(
    (
        0,
        1,
        _ED25519_PRIME - 1,
        int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
        int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
    )
)


def _is_sound_ed25519(key: Ed25519PublicKey) -> bool:
    """Whether the point is written canonically (RFC 8032 section 5.1.3) and is not of small order."""
    y = int.from_bytes(key.public_bytes_raw(), "little") % 2**255  # the last bit is the sign of x
    return y < _ED25519_PRIME and y not in _SMALL_ORDER
