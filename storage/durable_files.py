"""Files that are whole or not there, and survive a loss of power once they are written."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

_UNFINISHED = ".part"
FOLDER_MODE = 0o700
_FILE_MODE = 0o600
_CHUNK_BYTES = 1 << 20


def put(path: Path, data: bytes, root: Path) -> None:
    """Write the file anew, even where it is there: it may be damaged, or not be on the disk yet.

    Durable when it returns. root: the folder that is there already; the file lies in it, or in a folder of it.
    """
    if not path.parent.is_dir():
        path.parent.mkdir(exist_ok=True, mode=FOLDER_MODE)
        _sync_folder(root)
    unfinished = path.parent / f"{secrets.token_hex(8)}{_UNFINISHED}"
    try:
        _write(unfinished, data)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def copy_durably(source: Path, place: Path) -> None:
    """Put a copy of the file in the other's place, whole or not at all. The folder is there already."""
    unfinished = place.parent / f"{secrets.token_hex(8)}{_UNFINISHED}"
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
        with source.open("rb") as reading, os.fdopen(descriptor, "wb") as writing:
            shutil.copyfileobj(reading, writing, _CHUNK_BYTES)
            writing.flush()
            os.fsync(writing.fileno())
        unfinished.replace(place)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _sync_folder(place.parent)


def remove_orphans(
    folder: Path,
    digest_of: Callable[[Path], bytes | None],
    known_digests: Callable[[Sequence[bytes]], Collection[bytes]],
    older_than: datetime,
) -> int:
    """Remove the folder's files that nothing names, and unfinished ones; returns how many.

    digest_of: by which digest a file is known; None for one that is not ours.
    """
    old = [file for file in folder.iterdir() if _changed_at(file) < older_than]
    named = {digest: file for file in old if (digest := digest_of(file)) is not None}
    known = set(known_digests(list(named))) if named else set()
    orphans = [file for digest, file in named.items() if digest not in known]
    removed = 0
    for file in [*orphans, *(one for one in old if one.suffix == _UNFINISHED)]:
        # Once more: it may have been stored again while we asked who knows it.
        if _changed_at(file) < older_than:
            file.unlink(missing_ok=True)
            removed += 1
    return removed


def _changed_at(file: Path) -> datetime:
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except FileNotFoundError:
        # Finished and renamed, or removed, while we looked: it is none of our business then.
        return datetime.max.replace(tzinfo=UTC)


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_file(file: Path) -> None:
    """Bring on the disk what somebody else has written into it."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    # A rename is durable only once the folder that it changed is.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
