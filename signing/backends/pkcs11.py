"""Keys in a hardware security module: `pkcs11:token=…;object=…?module-path=…`, see docs/key-backends.md."""

import logging
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from pkcs11 import Attribute, Key, KeyType, Mechanism, Object, ObjectClass, PKCS11Error

from signing.backends.addresses import KeyAddress
from signing.backends.pkcs11_module import TokenAway
from signing.backends.pkcs11_token import Token, TokenSession, token_at
from signing.backends.pkcs11_uri import ObjectAddress, Pkcs11Uri, parse_pkcs11_uri
from signing.errors import KeyringMalformed, KeyUnavailable
from verification.signatures import Algorithm, algorithm_of, is_signed_by
from verification.trust import PublicKey

logger = logging.getLogger(__name__)

# Raw mechanisms: every token has them, and only 32 bytes of a document's hash travel to it.
_MECHANISMS: dict[Algorithm, Mechanism] = {
    "ES256": Mechanism.ECDSA,
    "RS256": Mechanism.RSA_PKCS,
    "EdDSA": Mechanism.EDDSA,
}
# DER of a DigestInfo with SHA-256 up to the digest (RFC 8017 section 9.2, note 1).
_SHA256_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
_P256_PARAMETERS = bytes.fromhex("06082a8648ce3d030107")


@dataclass(frozen=True, slots=True)
class Pkcs11Key:
    """A private key that never leaves its token. Sessions are the process's, so copies of this object share them."""

    key_id: str
    algorithm: Algorithm
    public_key: PublicKey
    certificate_chain: tuple[x509.Certificate, ...]
    _uri: Pkcs11Uri = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """As SigningKey says; the answer is verified before it is believed. Raises KeyUnavailable."""
        mechanism, message = _MECHANISMS[self.algorithm], _message(self.algorithm, data)
        try:
            token = token_at(self._uri.token, self._uri.pin)
            signature = token.use(lambda session: _sign(session, self._uri.object, mechanism, message))
        except (TokenAway, KeyringMalformed) as failure:
            raise KeyUnavailable(f"{self.key_id}: {failure}") from None
        if not is_signed_by(self.public_key, self.algorithm, signature, data):
            raise KeyUnavailable(f"{self.key_id}: {self._uri.token} answered with a wrong signature")
        return signature


def open_pkcs11_key(address: KeyAddress, passphrase: bytes) -> Pkcs11Key:
    """A token that is away now doesn't hinder: checking documents needs none, and it is asked again for each signature.

    Raises KeyringMalformed (URI, ambiguous or other key), KeyUnavailable (library, PIN or object).
    """
    uri = parse_pkcs11_uri(address.uri, address.folder, passphrase)
    _expect_library(uri)
    try:
        token = token_at(uri.token, uri.pin)
        token.admit(uri.pin)
        theirs = token.use(lambda session: _look_up(session, uri.object))
    except TokenAway as away:
        logger.warning("key %s: %s; it is asked again when it shall sign", address.key_id, away)
    else:
        # A token without public halves shows by its first signature whether the key is ours.
        if theirs is not None and theirs != address.public_key:
            raise KeyringMalformed(f"{uri.object} of {uri.token} is not the private half of {address.key_id}")
    return Pkcs11Key(address.key_id, address.algorithm, address.public_key, address.certificate_chain, uri)


def read_pkcs11_public_key(uri: str, folder: Path, passphrase: bytes) -> PublicKey:
    """The public half of a key in a token. Raises KeyringMalformed, KeyUnavailable."""
    parsed = parse_pkcs11_uri(uri, folder, passphrase)
    _expect_library(parsed)
    try:
        token: Token = token_at(parsed.token, parsed.pin)
        token.admit(parsed.pin)
        found = token.use(lambda session: _look_up(session, parsed.object))
    except TokenAway as away:
        raise KeyUnavailable(str(away)) from None
    if found is None:
        raise KeyUnavailable(
            f"{parsed.token} keeps no public half of {parsed.object}: import it beside the private one"
        )
    return found


def _expect_library(uri: Pkcs11Uri) -> None:
    if not Path(uri.token.module).is_file():
        raise KeyUnavailable(f"no library at {uri.token.module}")


def _message(algorithm: Algorithm, data: bytes) -> bytes:
    if algorithm == "EdDSA":
        return data
    digest = sha256(data).digest()
    return _SHA256_DIGEST_INFO + digest if algorithm == "RS256" else digest


def _sign(session: TokenSession, address: ObjectAddress, mechanism: Mechanism, message: bytes) -> bytes:
    return session.private_key(address).sign(message, mechanism=mechanism)


def _look_up(session: TokenSession, address: ObjectAddress) -> PublicKey | None:
    """The public half, as its own object or as what an RSA private key shows; None where the token has neither."""
    private = session.private_key(address)
    halves: list[Object] = session.objects(address, ObjectClass.PUBLIC_KEY)
    if not halves and isinstance(private, Key) and private.key_type is KeyType.RSA:
        halves = [private]
    for half in halves:
        try:
            return _public_key(half)
        except (PKCS11Error, ValueError):
            # PKCS11Error: an attribute that this object doesn't show.
            raise KeyringMalformed(f"{address} is a key of no allowed kind") from None
    return None


def _public_key(half: Object) -> PublicKey:
    """Raises ValueError, PKCS11Error."""
    kind = half[Attribute.KEY_TYPE]
    key: object = None
    if kind is KeyType.RSA:
        modulus, exponent = half[Attribute.MODULUS], half[Attribute.PUBLIC_EXPONENT]
        key = rsa.RSAPublicNumbers(int.from_bytes(exponent), int.from_bytes(modulus)).public_key()
    elif kind is KeyType.EC and half[Attribute.EC_PARAMS] == _P256_PARAMETERS:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _point(half[Attribute.EC_POINT], 65))
    elif kind is KeyType.EC_EDWARDS:
        key = ed25519.Ed25519PublicKey.from_public_bytes(_point(half[Attribute.EC_POINT], 32))
    if not isinstance(key, PublicKey) or algorithm_of(key) is None:
        raise ValueError("no allowed kind")
    return key


def _point(attribute: bytes, length: int) -> bytes:
    """The point within its DER OCTET STRING (PKCS#11 2.40, EC public key objects), or bare as in some tokens."""
    prefix = bytes((4, length))
    return attribute[2:] if len(attribute) == length + 2 and attribute.startswith(prefix) else attribute
