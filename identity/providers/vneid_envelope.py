"""The encrypted envelope in which VNeID answers: `{"data", "key"}`.

Unofficial. Public code shows the two members and nothing that could be relied on about what is in them. ASSUMED here:
`key` is an AES-256 key, encrypted to our RSA key with OAEP (SHA-256 for hash and mask, no label); `data` is
AES-256-GCM, a 12-byte nonce, then ciphertext and 16-byte tag, without associated data; both in standard base64; inside
is one JSON object. When the agreement with VNeID says otherwise, this file is what changes, and only this file.

An envelope keeps what is in it secret and shows nothing about who made it: anybody may encrypt to a public key. It
comes from VNeID because it came over TLS from an address in the settings.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from identity.errors import MisconfiguredIssuer, ProviderUnavailable
from identity.key_set import MAX_RSA_BITS, MIN_RSA_BITS
from identity.strict_json import NotStrictJson, parse_object

_NONCE_BYTES: Final = 12
_AES_KEY_BYTES: Final = 32
_OAEP: Final = padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)


def load_envelope_key(pem: bytes | None, issuer_name: str) -> RSAPrivateKey:
    """The private key of the settings.

    Raises MisconfiguredIssuer.
    """
    wrong = MisconfiguredIssuer(f"trusted issuer {issuer_name!r}: envelope_key must be a private RSA key in PEM")
    if pem is None:
        raise wrong
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):  # TypeError: it is encrypted
        raise wrong from None
    if not isinstance(key, RSAPrivateKey) or not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        raise wrong
    return key


def open_envelope(raw: bytes, key: RSAPrivateKey) -> dict[str, object]:
    """The JSON object inside; the caller has bounded the size before.

    Raises ProviderUnavailable, the same for whatever is wrong, so that nobody can learn from trying.
    """
    try:
        return _open(raw, key)
    except (ValueError, InvalidTag):
        raise ProviderUnavailable("The identity provider's answer cannot be opened.") from None


def _open(raw: bytes, key: RSAPrivateKey) -> dict[str, object]:
    envelope = parse_object(raw)
    if envelope.keys() != {"data", "key"}:
        raise NotStrictJson
    aes_key = key.decrypt(_bytes(envelope["key"]), _OAEP)
    sealed = _bytes(envelope["data"])
    if len(aes_key) != _AES_KEY_BYTES:
        raise NotStrictJson
    return parse_object(AESGCM(aes_key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None))


def _bytes(text: object) -> bytes:
    """Strict base64: one way to write the same bytes."""
    if not isinstance(text, str):
        raise NotStrictJson
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise NotStrictJson from None
    if base64.b64encode(raw).decode("ascii") != text:
        raise NotStrictJson
    return raw
