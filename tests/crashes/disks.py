"""Disks that can be full: a small one of this machine's memory, or, where nobody may mount one, one that says so."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import storage.durable_files

_CHUNK = bytes(1 << 16)


class FullDisk(pytest.MonkeyPatch):
    """Files of documents and papers are begun, and then there is no room for the rest."""

    def fill(self) -> None:
        def begun(path: Path, data: bytes) -> None:
            path.write_bytes(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        self.setattr(storage.durable_files, "_write", begun)

    def free(self) -> None:
        self.undo()


class SmallDisk:
    """A file system of its own, of so many bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._ballast = folder, folder / "ballast"

    def fill(self) -> None:
        try:
            with self._ballast.open("ab", buffering=0) as file:
                while file.write(_CHUNK) == len(_CHUNK):
                    pass
                while file.write(b"\0"):
                    pass
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise

    def free(self) -> None:
        self._ballast.unlink()


@contextmanager
def small_disk(folder: Path, size_bytes: int) -> Iterator[SmallDisk]:
    """Skips the test where nobody may mount one."""
    folder.mkdir(exist_ok=True)
    mount: list[Any] = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", folder]
    if os.getuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("nobody may mount a file system here")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
