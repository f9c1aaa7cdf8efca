"""Sealed documents in a folder, named by their digest: `ab/cdef….pdf`. A file is whole or not there."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .durable_files import FOLDER_MODE, put, remove_orphans
from .errors import FileDamaged, FileMissing

# Also of credentials: what is stored is found by its digest alone, and folders of earlier versions stay readable.
_SUFFIX = ".pdf"
# No PDF, XML or credential begins so: what does is encrypted.
_VERSION = b"CDOCUM1\n"
_NONCE_BYTES = 12


class FolderDocumentFiles:
    """Documents under one folder, which belongs to the service alone.

    A file is AES-256-GCM (NIST SP 800-38D) under a random nonce, with the digest of what it holds as associated data.
    What earlier versions have stored in clear is read as well, and encrypted by `encrypt_earlier`.
    """

    def __init__(self, root: Path, secret: Callable[[], bytes] | None = None) -> None:
        """secret: gives 32 bytes or more that no other installation has, asked for at the first use; what it raises,
        `store` and `load` raise. None: files are stored in clear, and encrypted ones cannot be read."""
        self._root = root
        self._secret = secret
        root.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)

    def store(self, data: bytes, sha256: bytes) -> None:
        """Durable when it returns. Storing twice is harmless. Raises ValueError where the digest is another one."""
        if hashlib.sha256(data).digest() != sha256:
            raise ValueError("the digest is not that of the data")
        put(self._path(sha256), self._as_stored(data, sha256), self._root)

    def holds(self, sha256: bytes) -> bool:
        return self._path(sha256).is_file()

    def load(self, sha256: bytes) -> bytes:
        """Raises FileMissing, and FileDamaged when its bytes do not have this digest any more."""
        try:
            stored = self._path(sha256).read_bytes()
        except FileNotFoundError:
            raise FileMissing("the document's file is gone") from None
        data = self._decrypted(stored, sha256) if stored.startswith(_VERSION) else stored
        if not hmac.compare_digest(hashlib.sha256(data).digest(), sha256):
            raise FileDamaged("the document's file does not have its digest any more")
        return data

    def sweep_orphans(self, known_digests: Callable[[Sequence[bytes]], Collection[bytes]], older_than: datetime) -> int:
        """Remove files that nothing names, and unfinished ones; returns how many.

        A document lies here before it is registered, so `older_than` leaves a job's time and more.
        known_digests: which of the given ones are registered.
        """
        removed = 0
        for folder in sorted(self._root.iterdir()):
            removed += remove_orphans(folder, _digest_of, known_digests, older_than) if folder.is_dir() else 0
        return removed

    def encrypt_earlier(self) -> int:
        """Encrypt what lies here in clear; returns how many files. A damaged one is left as it is, for whoever looks
        for what was lost. Killed at any point, the file is the old one or the new one."""
        if self._secret is None:
            return 0
        done = 0
        for file in self._root.glob(f"*/*{_SUFFIX}"):
            digest = _digest_of(file)
            try:
                if digest is None or not _is_clear(file):
                    continue
                self.store(self.load(digest), digest)
            except (FileMissing, FileDamaged, FileNotFoundError):
                continue
            done += 1
        return done

    def is_whole(self, file: Path) -> bool:
        """Whether a copy of a file of this folder is what its folder and name say; of one that is not ours, True."""
        digest = _digest_of(file)
        if digest is None:
            return True
        stored = file.read_bytes()
        try:
            data = self._decrypted(stored, digest) if stored.startswith(_VERSION) else stored
        except FileDamaged:
            return False
        return hashlib.sha256(data).digest() == digest

    def place_of(self, sha256: bytes) -> Path:
        """Within the folder."""
        return self._path(sha256).relative_to(self._root)

    @cached_property
    def _cipher(self) -> AESGCM | None:
        if self._secret is None:
            return None
        return AESGCM(HKDF(SHA256(), 32, salt=None, info=b"condau documents: contents 1").derive(self._secret()))

    def _as_stored(self, data: bytes, sha256: bytes) -> bytes:
        if self._cipher is None:
            return data
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, data, sha256)

    def _decrypted(self, stored: bytes, sha256: bytes) -> bytes:
        nonce, sealed = stored[len(_VERSION) :][:_NONCE_BYTES], stored[len(_VERSION) + _NONCE_BYTES :]
        if self._cipher is None:
            raise FileDamaged("the document's file is encrypted, and there is no secret to open it")
        try:
            return self._cipher.decrypt(nonce, sealed, sha256)
        except (InvalidTag, ValueError):
            raise FileDamaged("the document's file is not what was stored") from None

    def _path(self, sha256: bytes) -> Path:
        if len(sha256) != hashlib.sha256().digest_size:
            raise ValueError("not a SHA-256")
        name = sha256.hex()
        return self._root / name[:2] / f"{name[2:]}{_SUFFIX}"


def _is_clear(file: Path) -> bool:
    with file.open("rb") as reading:
        return reading.read(len(_VERSION)) != _VERSION


def _digest_of(file: Path) -> bytes | None:
    """The digest that a file is named by; None for a file that is not one of ours."""
    try:
        digest = bytes.fromhex(file.parent.name + file.stem)
    except ValueError:
        return None
    return digest if file.suffix == _SUFFIX and len(digest) == hashlib.sha256().digest_size else None
