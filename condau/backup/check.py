"""Look a backup through: is every file there, and each what it was?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from condau.backup.make import lines_of, newest_backup
from condau.backup.manifest import FILE_LIST, MANIFEST, NAMED_LIST, BackupUnusable, Manifest, read_manifest, sha256_of

MAX_NAMED = 10
"""Of the files that are wrong, so many are named: a disk that fails has thousands."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A backup in which every file is what it was when it was made. is_ours: the passphrase of the keys said so too."""

    folder: Path
    manifest: Manifest
    is_ours: bool


def found_backup(folder: Path) -> Path:
    """The backup, or the newest one in a folder of backups. Raises BackupUnusable."""
    if (folder / MANIFEST).is_file():
        return folder
    newest = newest_backup(folder) if folder.is_dir() else None
    if newest is None:
        raise BackupUnusable(f"{folder}: no backup, or one that was never finished")
    return newest


def check_backup(folder: Path, passphrase: bytes | None) -> Checked:
    """Read every byte. passphrase: of the keys, where it is at hand. Raises BackupUnusable."""
    manifest = read_manifest(folder, passphrase)
    file_list = folder / FILE_LIST
    if not file_list.is_file() or sha256_of(file_list) != manifest.list_sha256:
        raise BackupUnusable(f"{file_list}: missing or changed since the backup was made")
    wrong: list[str] = []
    listed: set[str] = set()
    for line in lines_of(file_list):
        digest, _, place = line.partition("  ")
        listed.add(place)
        file = folder / place
        if not file.is_file():
            wrong.append(f"{place} is missing")
        elif sha256_of(file) != digest:
            wrong.append(f"{place} is damaged")
    _refuse(folder, wrong)
    absent = {place for place in lines_of(folder / NAMED_LIST) if place not in listed}
    _refuse(folder, [f"{place} is registered and missing" for place in sorted(absent - set(manifest.missing))])
    return Checked(folder, manifest, passphrase is not None)


def _refuse(folder: Path, wrong: list[str]) -> None:
    if wrong:
        more = f" and {len(wrong) - MAX_NAMED} more" if len(wrong) > MAX_NAMED else ""
        raise BackupUnusable(f"{folder}: {'; '.join(wrong[:MAX_NAMED])}{more}")
