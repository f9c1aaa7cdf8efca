"""Papers in a folder: encrypted, under names that tell nothing, and never handed out other than they were brought."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.errors import FileDamaged, FileMissing, PapersLocked
from storage.paper_files import FolderPaperFiles

SECRET = b"thirty-two bytes that nobody has"
DATA = b"%PDF-1.7 a citizen's paper, which nobody shall find in a backup"
DIGEST = hashlib.sha256(DATA).digest()
LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "var" / "papers"


@pytest.fixture
def papers(root: Path) -> FolderPaperFiles:
    return FolderPaperFiles(root, SECRET)


def stored_in(root: Path) -> list[Path]:
    return sorted(root.rglob("*.paper"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=4096))
def test_what_is_stored_is_loaded(papers: FolderPaperFiles, data: bytes) -> None:
    digest = hashlib.sha256(data).digest()
    papers.store(data, digest)
    assert papers.load(digest) == data


def test_the_folder_tells_neither_what_is_in_it_nor_whether_a_known_file_is(
    papers: FolderPaperFiles, root: Path, tmp_path: Path
) -> None:
    papers.store(DATA, DIGEST)
    (file,) = stored_in(root)
    everything = str(file) + "".join(one.read_bytes().hex() for one in root.rglob("*") if one.is_file())
    assert DATA[9:40].hex() not in everything
    assert DIGEST.hex() not in everything.replace("/", "")
    assert SECRET.hex() not in everything
    assert (file.stat().st_mode & 0o777, root.stat().st_mode & 0o777) == (0o600, 0o700)
    # Elsewhere the same paper has another name.
    FolderPaperFiles(tmp_path / "other", SECRET[::-1]).store(DATA, DIGEST)
    assert stored_in(tmp_path / "other")[0].name != file.name


def test_storing_twice_is_harmless_and_mends(papers: FolderPaperFiles, root: Path) -> None:
    papers.store(DATA, DIGEST)
    (file,) = stored_in(root)
    first = file.read_bytes()
    file.write_bytes(b"broken")
    papers.store(DATA, DIGEST)
    assert stored_in(root) == [file]
    assert papers.load(DIGEST) == DATA
    # A nonce is never used again, whatever is encrypted under it.
    assert file.read_bytes() != first
    with pytest.raises(ValueError, match="digest"):
        papers.store(DATA, bytes(32))


@pytest.mark.parametrize("place", range(0, 8 + 12 + len(DATA) + 16, 7))
def test_what_was_changed_is_never_handed_out(papers: FolderPaperFiles, root: Path, place: int) -> None:
    papers.store(DATA, DIGEST)
    (file,) = stored_in(root)
    changed = bytearray(file.read_bytes())
    changed[place] ^= 1
    file.write_bytes(changed)
    with pytest.raises(FileDamaged):
        papers.load(DIGEST)


def test_no_file_passes_for_another(papers: FolderPaperFiles, root: Path) -> None:
    papers.store(DATA, DIGEST)
    (file,) = stored_in(root)
    papers.store(b"another", hashlib.sha256(b"another").digest())
    (other,) = [one for one in stored_in(root) if one != file]
    other.write_bytes(file.read_bytes())
    with pytest.raises(FileDamaged):
        papers.load(hashlib.sha256(b"another").digest())
    for cut in (0, 5, 20, 30):
        other.write_bytes(file.read_bytes()[:cut])
        with pytest.raises(FileDamaged):
            papers.load(hashlib.sha256(b"another").digest())
    with pytest.raises(FileMissing):
        papers.load(bytes(32))


def test_another_passphrase_is_told_and_reads_no_garbage(papers: FolderPaperFiles, root: Path) -> None:
    papers.store(DATA, DIGEST)
    with pytest.raises(PapersLocked):
        FolderPaperFiles(root, SECRET[::-1])
    assert FolderPaperFiles(root, SECRET).load(DIGEST) == DATA


def test_a_sweep_removes_what_nothing_names_and_leaves_what_is_not_ours(papers: FolderPaperFiles, root: Path) -> None:
    kept, orphan = DIGEST, hashlib.sha256(b"orphan").digest()
    papers.store(DATA, kept)
    papers.store(b"orphan", orphan)
    strange = stored_in(root)[0].parent / f"{'ab' * 47}.paper"
    strange.write_bytes(b"of another secret")
    unfinished = strange.parent / "0011223344556677.part"
    unfinished.write_bytes(b"half")
    asked: list[bytes] = []

    def known(digests: Sequence[bytes]) -> Collection[bytes]:
        asked.extend(digests)
        return {kept}

    assert papers.sweep_orphans(known, datetime.now(UTC) - timedelta(hours=1)) == 0
    assert papers.sweep_orphans(known, LATER) == 2
    assert set(asked) == {kept, orphan}
    assert (strange.exists(), unfinished.exists()) == (True, False)
    assert papers.load(kept) == DATA
    with pytest.raises(FileMissing):
        papers.load(orphan)


def test_what_is_stored_again_while_a_sweep_asks_is_left(papers: FolderPaperFiles, root: Path) -> None:
    papers.store(DATA, DIGEST)
    (file,) = stored_in(root)
    os.utime(file, (0, 0))

    def known(digests: Sequence[bytes]) -> Collection[bytes]:
        papers.store(DATA, DIGEST)
        return ()

    assert papers.sweep_orphans(known, datetime.now(UTC) - timedelta(hours=1)) == 0
    assert papers.load(DIGEST) == DATA
