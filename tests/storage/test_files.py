"""Sealed documents in a folder: whole or not there, and never handed out damaged."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.errors import FileDamaged, FileMissing
from storage.files import FolderDocumentFiles

DATA = b"%PDF-1.7 a sealed document"
DIGEST = hashlib.sha256(DATA).digest()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "var" / "documents"


@pytest.fixture
def files(root: Path) -> FolderDocumentFiles:
    return FolderDocumentFiles(root)


def path_of(root: Path, digest: bytes = DIGEST) -> Path:
    return root / digest.hex()[:2] / f"{digest.hex()[2:]}.pdf"


def nothing_known(digests: Sequence[bytes]) -> Collection[bytes]:
    return ()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=4096))
def test_what_is_stored_is_loaded(files: FolderDocumentFiles, data: bytes) -> None:
    digest = hashlib.sha256(data).digest()
    files.store(data, digest)
    assert files.load(digest) == data


def test_only_the_service_may_read(files: FolderDocumentFiles, root: Path) -> None:
    files.store(DATA, DIGEST)
    path = path_of(root)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777, root.stat().st_mode & 0o777) == (
        0o600,
        0o700,
        0o700,
    )


def test_storing_twice_is_harmless_and_mends_a_damaged_file(files: FolderDocumentFiles, root: Path) -> None:
    files.store(DATA, DIGEST)
    files.store(DATA, DIGEST)
    path_of(root).write_bytes(b"damaged")
    files.store(DATA, DIGEST)
    assert files.load(DIGEST) == DATA
    assert [file.name for file in path_of(root).parent.iterdir()] == [path_of(root).name]


def test_many_at_once_store_the_same_document(files: FolderDocumentFiles, root: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: files.store(DATA, DIGEST), range(40)))
    assert files.load(DIGEST) == DATA
    assert len(list(path_of(root).parent.iterdir())) == 1


def test_a_digest_of_other_data_is_refused_and_nothing_written(files: FolderDocumentFiles, root: Path) -> None:
    with pytest.raises(ValueError, match="not that of the data"):
        files.store(DATA + b"!", DIGEST)
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("digest", [b"", b"\x00", DIGEST + b"\x00"])
def test_what_is_no_digest_is_no_path(files: FolderDocumentFiles, digest: bytes) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        files.load(digest)


def test_a_missing_file_is_said_to_be_missing(files: FolderDocumentFiles) -> None:
    with pytest.raises(FileMissing):
        files.load(DIGEST)


@pytest.mark.parametrize("damage", [DATA[:-1], DATA + b"\n", DATA.replace(b"a", b"b", 1), b""])
def test_a_damaged_file_is_not_handed_out(files: FolderDocumentFiles, root: Path, damage: bytes) -> None:
    files.store(DATA, DIGEST)
    path_of(root).write_bytes(damage)
    with pytest.raises(FileDamaged):
        files.load(DIGEST)


def test_a_write_that_fails_leaves_no_trace(
    files: FolderDocumentFiles, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        files.store(b"another", hashlib.sha256(b"another").digest())
        patch.setattr(os, "fsync", full)
        path_of(root).parent.mkdir(exist_ok=True)
        with pytest.raises(OSError, match="No space"):
            files.store(DATA, DIGEST)
    assert list(path_of(root).parent.iterdir()) == []
    with pytest.raises(FileMissing):
        files.load(DIGEST)


def test_file_and_folder_are_on_the_disk_in_the_right_order(
    files: FolderDocumentFiles, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes before the name, the name before `store` returns."""
    happened: list[str] = []
    real_fsync, real_replace = os.fsync, Path.replace

    def fsync(descriptor: int) -> None:
        happened.append(f"fsync {Path(f'/proc/self/fd/{descriptor}').readlink().suffix or 'folder'}")
        real_fsync(descriptor)

    def replace(self: Path, target: Path) -> Path:
        happened.append("rename")
        return real_replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    files.store(DATA, DIGEST)
    assert happened == ["fsync folder", "fsync .part", "rename", "fsync folder"]


def test_orphans_are_removed_once_they_are_old(files: FolderDocumentFiles, root: Path) -> None:
    kept = b"registered"
    kept_digest = hashlib.sha256(kept).digest()
    files.store(DATA, DIGEST)
    files.store(kept, kept_digest)
    unfinished = path_of(root).parent / "0123456789abcdef.part"
    unfinished.write_bytes(b"half")
    foreign = path_of(root).parent / "README"
    foreign.write_text("not ours")
    now = datetime.now(UTC)

    def known(digests: Sequence[bytes]) -> Collection[bytes]:
        return {kept_digest} & set(digests)

    assert files.sweep_orphans(known, now - timedelta(hours=1)) == 0
    assert files.load(DIGEST) == DATA
    assert files.sweep_orphans(known, now + timedelta(hours=1)) == 2
    assert files.load(kept_digest) == kept
    assert foreign.exists()
    assert not unfinished.exists()
    with pytest.raises(FileMissing):
        files.load(DIGEST)
    assert files.sweep_orphans(known, now + timedelta(hours=1)) == 0


def test_sweeping_an_empty_folder_removes_nothing(files: FolderDocumentFiles) -> None:
    assert files.sweep_orphans(nothing_known, datetime.max.replace(tzinfo=UTC)) == 0


SECRET = b"only for tests: thirty-two bytes"


@pytest.fixture
def encrypted(root: Path) -> FolderDocumentFiles:
    return FolderDocumentFiles(root, lambda: SECRET)


def test_whoever_has_the_folder_alone_reads_nothing(encrypted: FolderDocumentFiles, root: Path) -> None:
    encrypted.store(DATA, DIGEST)
    stored = path_of(root).read_bytes()
    assert b"sealed document" not in stored
    assert encrypted.load(DIGEST) == DATA
    assert encrypted.is_whole(path_of(root))
    encrypted.store(DATA, DIGEST)
    assert path_of(root).read_bytes() != stored  # another nonce
    for other in (FolderDocumentFiles(root), FolderDocumentFiles(root, lambda: SECRET[::-1])):
        with pytest.raises(FileDamaged):
            other.load(DIGEST)


def test_an_encrypted_file_passes_for_no_other_and_one_bit_is_found(encrypted: FolderDocumentFiles, root: Path) -> None:
    other = hashlib.sha256(b"another").digest()
    encrypted.store(DATA, DIGEST)
    encrypted.store(b"another", other)
    stored = path_of(root).read_bytes()
    path_of(root, other).write_bytes(stored)
    with pytest.raises(FileDamaged):
        encrypted.load(other)
    assert not encrypted.is_whole(path_of(root, other))
    for at in range(len(stored)):
        path_of(root).write_bytes(stored[:at] + bytes([stored[at] ^ 1]) + stored[at + 1 :])
        with pytest.raises(FileDamaged):
            encrypted.load(DIGEST)
    for length in (0, 8, 20, len(stored) - 1):
        path_of(root).write_bytes(stored[:length])
        with pytest.raises(FileDamaged):
            encrypted.load(DIGEST)


def test_what_an_earlier_version_stored_in_clear_is_read_and_encrypted(
    files: FolderDocumentFiles, encrypted: FolderDocumentFiles, root: Path
) -> None:
    damaged = hashlib.sha256(b"damaged").digest()
    files.store(DATA, DIGEST)
    files.store(b"damaged", damaged)
    path_of(root, damaged).write_bytes(b"not it")
    assert encrypted.load(DIGEST) == DATA
    assert [encrypted.encrypt_earlier() for _ in range(2)] == [1, 0]
    assert DATA not in path_of(root).read_bytes()
    assert encrypted.load(DIGEST) == DATA
    assert path_of(root, damaged).read_bytes() == b"not it"
    assert files.encrypt_earlier() == 0
