"""Keys of persons and the key of the installation: what seals personal values, and opens them.

AES-256-GCM (NIST SP 800-38D) under random nonces. The secret of the installation wraps a random key for each person in
each application; where that wrapped key is gone, nothing under it can be read by anybody any more.
"""

from __future__ import annotations

import hmac
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .errors import CellDamaged, VaultLocked
from .personal import SEALED_MARK, Sealed

INSTALLATION: Final = "0"
"""The name of the installation's own key."""

_KEY_BYTES, _NONCE_BYTES, _TAG_BYTES, _KEY_ID_BYTES = 32, 12, 16, 12


class Whose(StrEnum):
    """Of the two persons an application may have. Where the applicant asks for herself, she is the person concerned."""

    CONCERNED = "concerned"
    APPLICANT = "applicant"


class DataKey:
    """A key that seals cells. It does not print."""

    __slots__ = ("_cipher", "key_id")

    def __init__(self, key_id: str, key: bytes) -> None:
        self.key_id = key_id
        self._cipher = AESGCM(key)

    def seal(self, text: str, place: bytes) -> Sealed:
        """place: where the value will stand (`place_of`); it opens there and nowhere else."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, text.encode(), place)).decode()
        return Sealed(f"{SEALED_MARK}{self.key_id}.{sealed}")

    def open(self, sealed: str, place: bytes) -> str:
        """Raises CellDamaged where it is not what was sealed, or was sealed for another place."""
        try:
            raw = urlsafe_b64decode(sealed)
            if urlsafe_b64encode(raw).decode() != sealed:
                raise ValueError("another spelling")
            return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place).decode()
        except (InvalidTag, NotBase64, ValueError):
            raise CellDamaged("a personal value is not what was sealed for this place") from None


@dataclass(frozen=True, slots=True, repr=False)
class _Opened:
    wrapping: AESGCM
    installation_key: DataKey
    digests: bytes
    check: str

    @classmethod
    def with_secret(cls, secret: bytes) -> _Opened:
        return cls(
            wrapping=AESGCM(_derived(secret, b"condau person keys 1")),
            installation_key=DataKey(INSTALLATION, _derived(secret, b"condau stored fields 1")),
            digests=_derived(secret, b"condau kept digests 1"),
            check=_derived(secret, b"condau vault check 1").hex(),
        )


class Vault:
    """What the passphrase opens: wraps and unwraps the keys of persons, and holds the installation's own."""

    def __init__(self, secret: Callable[[], bytes]) -> None:
        """secret: gives 32 bytes or more that no other installation has; asked for at the first use, since a command
        that touches nobody's data shall not wait for it. What it raises, every method raises."""
        self._secret = secret
        self._held: _Opened | None = None
        self.refuses_clear = False
        """Since everything here is known to be sealed: what stands in clear all the same is nobody's honest work."""

    def make_key(self, application_id: UUID, whose: Whose) -> tuple[DataKey, bytes]:
        """A new key, and what is stored of it."""
        key, nonce = os.urandom(_KEY_BYTES), os.urandom(_NONCE_BYTES)
        key_id = urlsafe_b64encode(os.urandom(_KEY_ID_BYTES)).decode()
        wrapped = nonce + self._opened.wrapping.encrypt(nonce, key, _owner(key_id, application_id, whose))
        return DataKey(key_id, key), wrapped

    def unwrap(self, key_id: str, application_id: UUID, whose: Whose, wrapped: bytes) -> DataKey:
        """Raises CellDamaged where it is not this key of this application."""
        nonce, sealed = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
        try:
            key = self._opened.wrapping.decrypt(nonce, sealed, _owner(key_id, application_id, whose))
        except (InvalidTag, ValueError):
            raise CellDamaged("a person's key is not what was wrapped here") from None
        return DataKey(key_id, key)

    @property
    def installation_key(self) -> DataKey:
        """For what is no citizen's, or lives only for days."""
        return self._opened.installation_key

    def keyed(self, digest: bytes) -> bytes:
        """A digest of what people wrote, as it is kept: who has it and not the passphrase can try no guess at them."""
        return hmac.digest(self._opened.digests, digest, "sha256")

    @property
    def check(self) -> str:
        """By what another vault is told from this one; nothing can be opened with it."""
        return self._opened.check

    def is_same(self, check: str) -> bool:
        return hmac.compare_digest(self.check.encode(), check.encode())

    @property
    def _opened(self) -> _Opened:
        if self._held is None:
            self._held = _Opened.with_secret(self._secret())
        return self._held


def locked_vault() -> Vault:
    """Where no passphrase was given: seals nothing and opens nothing, with VaultLocked."""
    return Vault(_locked)


def _locked() -> bytes:
    raise VaultLocked("personal data is sealed, and this process was given no passphrase to open it")


def place_of(table: str, column: str, row: Sequence[object]) -> bytes:
    """Where a value stands, in one unambiguous form. row: the row's primary key."""
    return place_in(table, column, row_name(row))


def row_name(row: Sequence[object]) -> bytes:
    """A row's primary key as `place_in` takes it, the same for all of its columns."""
    return _encode([_plain(one) for one in row]).encode()


def place_in(table: str, column: str, row: bytes) -> bytes:
    return _column_name(table, column) + row


_encode = json.JSONEncoder(separators=(",", ":")).encode


@lru_cache(maxsize=1024)
def _column_name(table: str, column: str) -> bytes:
    return json.dumps([table, column], separators=(",", ":")).encode()


def key_id_of(text: str) -> str | None:
    """By which key a stored value is sealed; None for a value in clear."""
    if not text.startswith(SEALED_MARK):
        return None
    parts = text.split(".")
    return parts[1] if len(parts) == 3 and len(parts[1]) in (1, 16) and _is_sealed(parts[2]) else None


def body_of(text: str) -> str:
    return text.rpartition(".")[2]


def _is_sealed(body: str) -> bool:
    # Of a text in clear that begins as sealed values do, nearly none looks like this as well.
    return len(body) % 4 == 0 and len(body) >= _NONCE_BYTES + _TAG_BYTES and body.isascii()


def _plain(value: object) -> str | int:
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, bool) or value is None:
        raise TypeError("a row is named by its key")
    if isinstance(value, (int, str)):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} names no row")


def _owner(key_id: str, application_id: UUID, whose: Whose) -> bytes:
    return place_of("person_keys", whose.value, (key_id, application_id))


def _derived(secret: bytes, use: bytes) -> bytes:
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=use).derive(secret)
