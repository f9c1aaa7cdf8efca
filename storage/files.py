"""Sealed documents in a folder, named by their digest: `ab/cdef….pdf`. A file is whole or not there."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from .errors import FileDamaged, FileMissing

# Also of credentials: what is stored is found by its digest alone, and folders of earlier versions stay readable.
_SUFFIX, _UNFINISHED = ".pdf", ".part"
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600


class FolderDocumentFiles:
    """Documents under one folder, which belongs to the service alone."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)

    def store(self, data: bytes, sha256: bytes) -> None:
        """Durable when it returns. Storing twice is harmless. Raises ValueError where the digest is another one."""
        if hashlib.sha256(data).digest() != sha256:
            raise ValueError("the digest is not that of the data")
        path = self._path(sha256)
        if not path.parent.is_dir():
            path.parent.mkdir(exist_ok=True, mode=_FOLDER_MODE)
            _sync_folder(self._root)
        # Written anew even where the file is there: it may be damaged, or not be on the disk yet.
        unfinished = path.parent / f"{secrets.token_hex(8)}{_UNFINISHED}"
        try:
            _write(unfinished, data)
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)

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
            old = [file for file in folder.iterdir() if _changed_at(file) < older_than] if folder.is_dir() else []
            named = {digest: file for file in old if (digest := _digest_of(file)) is not None}
            known = set(known_digests(list(named))) if named else set()
            orphans = [file for digest, file in named.items() if digest not in known]
            for file in [*orphans, *_unfinished(old)]:
                file.unlink(missing_ok=True)
                removed += 1
        return removed

    def _path(self, sha256: bytes) -> Path:
        if len(sha256) != hashlib.sha256().digest_size:
            raise ValueError("not a SHA-256")
        name = sha256.hex()
        return self._root / name[:2] / f"{name[2:]}{_SUFFIX}"


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    # A rename is durable only once the folder that it changed is.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest_of(file: Path) -> bytes | None:
    """The digest that a file is named by; None for a file that is not one of ours."""
    try:
        digest = bytes.fromhex(file.parent.name + file.stem)
    except ValueError:
        return None
    return digest if file.suffix == _SUFFIX and len(digest) == hashlib.sha256().digest_size else None


def _unfinished(files: Sequence[Path]) -> Iterator[Path]:
    return (file for file in files if file.suffix == _UNFINISHED)


def _changed_at(file: Path) -> datetime:
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except FileNotFoundError:
        # Finished and renamed, or removed, while we looked: it is none of our business then.
        return datetime.max.replace(tzinfo=UTC)
