"""Files that are their owner's alone, and that a crash leaves whole: as they were, or as they were to be."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path


def write_private(path: Path, content: bytes) -> None:
    """Make a file of mode 600, synced; one that is there already is never overwritten (FileExistsError)."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        hand_over(file.fileno(), path.parent)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_all_private(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make them all, under their names, and the names durable."""
    for name, content in files.items():
        write_private(folder / name, content)
    sync_folder(folder)


def replace_private(path: Path, content: bytes) -> None:
    """Make or replace a file of mode 600 at one instant, for readers and for crashes alike."""
    draft = path.parent / f".{path.name}-{secrets.token_hex(8)}"
    try:
        write_private(draft, content)
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Let the names in it outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def hand_over(descriptor: int, folder: Path) -> None:
    """Give the file to the folder's owner: an administrator's command must leave none that the service cannot read."""
    owner = folder.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
