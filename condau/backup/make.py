"""Make a backup while the service works: rows first, then files, so that each row's file is in it.

A file is there before the row that names it and never changes afterwards, so what a moment's rows name can be copied at
any later moment. The other way round a document issued meanwhile would have its row in the backup and not its file.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from condau.backup.manifest import (
    FILE_LIST,
    MANIFEST,
    NAMED_LIST,
    BackupUnusable,
    Manifest,
    read_manifest,
    sha256_of,
    write_manifest,
)
from condau.document_files import document_files_of
from condau.installation_secret import installation_secret
from condau.setting_files import passphrase_of
from condau.settings import Settings
from storage.engines import Address
from storage.files import FolderDocumentFiles
from storage.paper_files import FolderPaperFiles
from storage.snapshot import NamedFile, named_now, take_snapshot

UNFINISHED = ".unfinished-"
DOCUMENTS, PAPERS, KEYS, STATE = "documents", "papers", "keys", "state"
STATE_FILES = ("erasures.jsonl", "ledger/seals.jsonl")
"""Beside the database on purpose: whoever rewrites it does not rewrite them."""
SETTINGS_FILE = "settings.json"
_NAME = "%Y-%m-%dT%H%M%SZ"
_SECRETS = frozenset({"key_passphrase", "database_url"})


@dataclass(frozen=True, slots=True)
class Made:
    """linked: files that an earlier backup in the same folder had already."""

    folder: Path
    manifest: Manifest
    linked: int


def make_backup(settings: Settings, root: Path, at: datetime, *, with_keys: bool = False, keep: int = 0) -> Made:
    """A new backup in a folder of its own under `root`, named by the time; whole or not there at all.

    Files that never change are shared with the newest backup there by hard links. keep: so many backups stay, older
    ones are removed when this one is made; 0 keeps all.
    Raises BackupUnusable where another backup is being made there, OSError, SettingsRefused, StorageError.
    """
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(root):
        for left in root.glob(f"{UNFINISHED}*"):
            shutil.rmtree(left)
        earlier = newest_backup(root)
        folder = root / at.strftime(_NAME)
        if folder.exists():
            raise BackupUnusable(f"{folder}: there is one of this second already")
        unfinished = root / f"{UNFINISHED}{folder.name}"
        unfinished.mkdir(mode=0o700)
        try:
            manifest, linked = _fill(settings, unfinished, earlier, at, with_keys)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        for written in [unfinished, *(one for one in unfinished.rglob("*") if one.is_dir())]:
            _sync(written)
        unfinished.rename(folder)
        _sync(root)
        if keep:
            for old in backups_of(root)[:-keep]:
                # Killed in the middle, it must not look like a backup.
                shutil.rmtree(old.rename(root / f"{UNFINISHED}{old.name}"))
    return Made(folder, manifest, linked)


def backups_of(root: Path) -> list[Path]:
    """The finished ones, the oldest first."""
    return sorted(one.parent for one in root.glob(f"*/{MANIFEST}") if not one.parent.name.startswith(UNFINISHED))


def newest_backup(root: Path) -> Path | None:
    return next(reversed(backups_of(root)), None)


def _fill(
    settings: Settings, folder: Path, earlier: Path | None, at: datetime, with_keys: bool
) -> tuple[Manifest, int]:
    passphrase = passphrase_of(settings, make=False)
    documents = document_files_of(settings)
    papers = FolderPaperFiles(settings.papers_folder, installation_secret(passphrase, b"condau papers 1"))
    # Before the rows: what a seal or an erasure tells of is then in the rows too.
    _copy_state(settings, folder)
    address = Address.parse(settings.database)

    def place_of(kind: NamedFile, digest: bytes) -> str:
        place = papers.place_of(digest) if kind == "paper" else documents.place_of(digest)
        return f"{PAPERS if kind == 'paper' else DOCUMENTS}/{place}"

    with (folder / NAMED_LIST).open("w", encoding="utf-8") as named:

        def note(kind: NamedFile, digest: bytes) -> None:
            named.write(f"{place_of(kind, digest)}\n")

        snapshot = take_snapshot(address, folder, note)
    if with_keys:
        _copy_tree(settings.keys_folder, folder / KEYS)
    _describe_settings(settings, folder)
    copying = _Copying(folder, earlier, documents)
    copying.add(settings.documents_folder, DOCUMENTS)
    copying.add(settings.papers_folder, PAPERS)
    missing = tuple(place for place in lines_of(folder / NAMED_LIST) if not (folder / place).is_file())
    if missing:
        still: set[str] = set()
        named_now(address, lambda *file: still.add(place_of(*file)))
        # The others were removed since the rows were copied, because their time is over or somebody was erased.
        _name_no_more(folder, set(missing) - still)
        missing = tuple(place for place in missing if place in still)
    count, size = _write_list(folder, copying.digests)
    manifest = Manifest(
        made_at=at,
        version=version("condau"),
        snapshot=snapshot,
        files=count,
        bytes=size,
        list_sha256=sha256_of(folder / FILE_LIST),
        with_keys=with_keys,
        missing=missing,
    )
    write_manifest(folder, manifest, passphrase)
    for name in (NAMED_LIST, FILE_LIST, MANIFEST, SETTINGS_FILE):
        _sync(folder / name)
    # With the same eyes as whoever restores it.
    read_manifest(folder, passphrase)
    return manifest, copying.linked


def _name_no_more(folder: Path, gone: set[str]) -> None:
    kept = [line for line in lines_of(folder / NAMED_LIST) if line not in gone]
    (folder / NAMED_LIST).write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")


class _Copying:
    """Brings the files of folders whose files never change what they hold: linked from the earlier backup, else copied
    and read."""

    def __init__(self, folder: Path, earlier: Path | None, documents: FolderDocumentFiles) -> None:
        self._documents = documents
        self._folder = folder
        self._earlier = earlier
        self._known = {} if earlier is None else dict(map(_parted, lines_of(earlier / FILE_LIST)))
        self.digests: dict[str, str] = {}
        self.linked = 0

    def add(self, source: Path, name: str) -> None:
        for file in sorted(source.rglob("*")):
            # Unfinished ones are no files yet; what vanishes meanwhile was one, or swept because nothing names it.
            if file.suffix == ".part" or not file.is_file():
                continue
            place = f"{name}/{file.relative_to(source)}"
            target = self._folder / place
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with contextlib.suppress(FileNotFoundError):
                linked = self._linked(place, target, file.stat().st_size)
                digest = linked or _copied(file, target)
                if name == DOCUMENTS and linked is None and not self._documents.is_whole(target):
                    target.unlink()  # it counts as missing, and the next backup looks again
                else:
                    self.digests[place] = digest

    def _linked(self, place: str, target: Path, size: int) -> str | None:
        """The file's digest, where the earlier backup has it undamaged; and of this size, for a document that has since
        been encrypted is not to stay in clear in backup after backup."""
        if self._earlier is None or place not in self._known:
            return None
        try:
            os.link(self._earlier / place, target)
        except OSError:
            return None  # gone, or more links than the file system knows: then it is copied
        found = sha256_of(target)
        if found == self._known[place] and target.stat().st_size == size:
            self.linked += 1
            return found
        target.unlink()
        return None


def _copied(file: Path, target: Path) -> str:
    _copy(file, target)
    return sha256_of(target)


def _copy(file: Path, target: Path) -> None:
    shutil.copyfile(file, target)
    target.chmod(0o600)
    # What an earlier backup shares with this one is on the disk already, so this is asked for what is new only.
    _sync(target)


def _copy_tree(source: Path, target: Path) -> None:
    for file in sorted(one for one in source.rglob("*") if one.is_file()):
        place = target / file.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _copy(file, place)


def _copy_state(settings: Settings, folder: Path) -> None:
    for name in STATE_FILES:
        source, target = settings.state_folder / name, folder / STATE / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _copy(source, target)


def _describe_settings(settings: Settings, folder: Path) -> None:
    """For whoever sets up the machine that takes over; a restore reads none of it."""
    said = settings.model_dump(mode="json", exclude=set(_SECRETS))
    text = json.dumps(_without_secrets(said), ensure_ascii=False, indent=2)
    (folder / SETTINGS_FILE).write_text(text + "\n", encoding="utf-8")


def _without_secrets(said: object) -> object:
    if isinstance(said, dict):
        return {name: _without_secrets(one) for name, one in said.items() if not name.endswith("secret")}
    return [_without_secrets(one) for one in said] if isinstance(said, list) else said


def _write_list(folder: Path, known: dict[str, str]) -> tuple[int, int]:
    """In the form that `sha256sum --check` reads. Returns how many files, and how many bytes they have."""
    count, size = 0, 0
    with (folder / FILE_LIST).open("w", encoding="utf-8") as listed:
        for file in sorted(one for one in folder.rglob("*") if one.is_file() and one.name != FILE_LIST):
            place = file.relative_to(folder).as_posix()
            listed.write(f"{known.get(place) or sha256_of(file)}  {place}\n")
            count, size = count + 1, size + file.stat().st_size
    return count, size


def _parted(line: str) -> tuple[str, str]:
    digest, _, place = line.partition("  ")
    return place, digest


def lines_of(file: Path) -> Iterator[str]:
    with file.open(encoding="utf-8") as reading:
        for line in reading:
            yield line.rstrip("\n")


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    descriptor = os.open(root / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BackupUnusable(f"{root}: another backup is being made there") from None
    finally:
        os.close(descriptor)


def _sync(place: Path) -> None:
    """A file or a folder."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
