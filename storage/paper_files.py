"""Papers that citizens bring, encrypted in a folder of their own: whoever has it alone learns only their sizes."""

from __future__ import annotations

import errno
import hashlib
import hmac
import logging
import os
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from verification.register import RegisterUnavailable

from .durable_files import FOLDER_MODE, put, remove_orphans
from .errors import FileDamaged, FileMissing, PapersLocked

_logger = logging.getLogger(__name__)
_SUFFIX = ".paper"
_CHECK = "secret.check"
_VERSION = b"CPAPER1\n"
_NONCE_BYTES = 12


class FolderPaperFiles:
    """Papers under one folder, found by the SHA-256 of what they were when they were brought.

    A file is AES-256-GCM (NIST SP 800-38D) under a random nonce, with the digest as associated data: no file passes for
    another one. Its name is the digest under AES-SIV (RFC 5297), which is the same each time and tells nobody whether a
    known file is here, while a sweep can tell from the name which paper it is.
    """

    def __init__(self, root: Path, secret: bytes) -> None:
        """secret: 32 bytes or more that no other installation has. Raises PapersLocked where another one was used."""
        self._root = root
        self._contents = AESGCM(_derived(secret, b"condau papers: contents 1", 32))
        self._names = AESSIV(_derived(secret, b"condau papers: names 1", 64))
        root.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        self._require_same(_derived(secret, b"condau papers: check 1", 32).hex().encode())

    def store(self, data: bytes, sha256: bytes) -> None:
        """Durable when it returns. Storing twice is harmless. Raises ValueError where the digest is another one,
        RegisterUnavailable where the disk takes nothing: it is full, or away."""
        if hashlib.sha256(data).digest() != sha256:
            raise ValueError("the digest is not that of the data")
        nonce = os.urandom(_NONCE_BYTES)
        try:
            put(self._path(sha256), _VERSION + nonce + self._contents.encrypt(nonce, data, sha256), self._root)
        except OSError as error:
            _logger.warning("a paper cannot be stored: %s", errno.errorcode.get(error.errno or 0, type(error).__name__))
            raise RegisterUnavailable("the disk takes no paper") from error

    def load(self, sha256: bytes) -> bytes:
        """Raises FileMissing, and FileDamaged where it is not what was stored."""
        try:
            stored = self._path(sha256).read_bytes()
        except FileNotFoundError:
            raise FileMissing("the paper's file is gone") from None
        if not stored.startswith(_VERSION):
            raise FileDamaged("the paper's file is of no known version")
        nonce, sealed = stored[len(_VERSION) :][:_NONCE_BYTES], stored[len(_VERSION) + _NONCE_BYTES :]
        try:
            data = self._contents.decrypt(nonce, sealed, sha256)
        except (InvalidTag, ValueError):
            raise FileDamaged("the paper's file is not what was stored") from None
        if not hmac.compare_digest(hashlib.sha256(data).digest(), sha256):
            raise FileDamaged("the paper's file does not have its digest any more")
        return data

    def sweep_orphans(self, known_digests: Callable[[Sequence[bytes]], Collection[bytes]], older_than: datetime) -> int:
        """As FolderDocumentFiles.sweep_orphans. A file under a name that this secret has not made is left alone."""
        folders = (folder for folder in sorted(self._root.iterdir()) if folder.is_dir())
        return sum(remove_orphans(folder, self._digest_of, known_digests, older_than) for folder in folders)

    def place_of(self, sha256: bytes) -> Path:
        """Within the folder."""
        return self._path(sha256).relative_to(self._root)

    def _path(self, sha256: bytes) -> Path:
        if len(sha256) != hashlib.sha256().digest_size:
            raise ValueError("not a SHA-256")
        name = self._names.encrypt(sha256, None).hex()
        return self._root / name[:2] / f"{name[2:]}{_SUFFIX}"

    def _digest_of(self, file: Path) -> bytes | None:
        if file.suffix != _SUFFIX:
            return None
        try:
            return self._names.decrypt(bytes.fromhex(file.parent.name + file.stem), None)
        except (InvalidTag, ValueError):
            return None

    def _require_same(self, check: bytes) -> None:
        """The first process leaves a mark by which all later ones see whether they have the same secret."""
        mark = self._root / _CHECK
        if not mark.exists():
            put(mark, check, self._root)
        if not hmac.compare_digest(mark.read_bytes(), check):
            raise PapersLocked("the papers in this folder were encrypted under another passphrase of the keys")


def _derived(secret: bytes, use: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=use).derive(secret)
