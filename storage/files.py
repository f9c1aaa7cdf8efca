"""Sealed documents in a folder, named by their digest: `ab/cdef….pdf`. A file is whole or not there."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path

from .durable_files import FOLDER_MODE, put, remove_orphans
from .errors import FileDamaged, FileMissing

# Also of credentials: what is stored is found by its digest alone, and folders of earlier versions stay readable.
_SUFFIX = ".pdf"


class FolderDocumentFiles:
    """Documents under one folder, which belongs to the service alone."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)

    def store(self, data: bytes, sha256: bytes) -> None:
        """Durable when it returns. Storing twice is harmless. Raises ValueError where the digest is another one."""
        if hashlib.sha256(data).digest() != sha256:
            raise ValueError("the digest is not that of the data")
        put(self._path(sha256), data, self._root)

    def holds(self, sha256: bytes) -> bool:
        return self._path(sha256).is_file()

    def load(self, sha256: bytes) -> bytes:
        """Raises FileMissing, and FileDamaged when its bytes do not have this digest any more."""
        try:
            data = self._path(sha256).read_bytes()
        except FileNotFoundError:
            raise FileMissing("the document's file is gone") from None
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

    def place_of(self, sha256: bytes) -> Path:
        """Within the folder."""
        return self._path(sha256).relative_to(self._root)

    def _path(self, sha256: bytes) -> Path:
        if len(sha256) != hashlib.sha256().digest_size:
            raise ValueError("not a SHA-256")
        name = sha256.hex()
        return self._root / name[:2] / f"{name[2:]}{_SUFFIX}"


def _digest_of(file: Path) -> bytes | None:
    """The digest that a file is named by; None for a file that is not one of ours."""
    try:
        digest = bytes.fromhex(file.parent.name + file.stem)
    except ValueError:
        return None
    return digest if file.suffix == _SUFFIX and len(digest) == hashlib.sha256().digest_size else None
