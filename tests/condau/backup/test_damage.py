"""What is half, damaged, changed or another's is no backup."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from condau.backup.check import check_backup, found_backup
from condau.backup.make import backups_of, make_backup
from condau.backup.manifest import MANIFEST, BackupUnusable
from condau.backup.restore import put_back_whole
from condau.document_files import document_files_of
from issuance.privacy.erase import erase_person
from storage.snapshot import take_snapshot
from tests.api.house import House
from tests.condau.backup import killed
from tests.condau.backup.installation import lived_in, settings_of
from tests.issuance.office import MONDAY, PASSPHRASE, person_index
from tests.processes import Forked


@pytest.fixture
async def house(sqlite_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with lived_in(tmp_path / "state", sqlite_url) as opened:
        yield opened


def kill(state: Path, url: str, folder: Path, point: str) -> None:
    process = Forked(killed.main, str(state), url, str(folder), point)
    assert process.wait() == -9
    process.close()


async def test_a_killed_backup_is_none(database_url: str, tmp_path: Path) -> None:
    state, root = tmp_path / "state", tmp_path / "backups"
    async with lived_in(state, database_url) as house:
        await house.apply()
        for point in killed.MAKING:
            kill(state, database_url, root, point)
            assert backups_of(root) == []
            with pytest.raises(BackupUnusable, match="no backup"):
                found_backup(root)
        made = make_backup(settings_of(state, database_url), root, MONDAY)
        kill(state, database_url, root, "write_manifest")
        assert found_backup(root) == made.folder
        made = make_backup(settings_of(state, database_url), root, MONDAY + timedelta(seconds=1))
    assert [one.name for one in root.iterdir() if one.name.startswith(".unfinished")] == []
    assert check_backup(made.folder, PASSPHRASE).is_ours


async def test_a_killed_restore_is_begun_again(database_url: str, postgres: object, tmp_path: Path) -> None:
    state, root = tmp_path / "state", tmp_path / "backups"
    async with lived_in(state, database_url) as house:
        code, _ = await house.issued()
        made = make_backup(settings_of(state, database_url), root, MONDAY, with_keys=True)
    new = tmp_path / "new"
    for number, point in enumerate(killed.RESTORING):
        url = f"sqlite:///{new / f'{number}.db'}" if database_url.startswith("sqlite") else _empty(postgres)
        kill(new, url, made.folder, point)
        held = point == "put_back"
        done = put_back_whole(settings_of(new, url), made.folder, MONDAY, nobody_was_erased=True, replace=held)
        assert done.files > 0
        async with lived_in(new, url) as house:
            assert house.stored(code).code == code


def _empty(postgres: object) -> str:
    url: str = postgres.create_database(migrated=False)  # type: ignore[attr-defined] # the fixture's own class
    return url


@pytest.mark.parametrize("how", ["one bit", "gone", "list", "manifest"])
async def test_damage_is_found(house: House, sqlite_url: str, tmp_path: Path, how: str) -> None:
    _, certificate = await house.issued()
    made = make_backup(settings_of(tmp_path / "state", sqlite_url), tmp_path / "backups", MONDAY)
    assert certificate.sha256 is not None
    name = certificate.sha256.hex()
    document = made.folder / "documents" / name[:2] / f"{name[2:]}.pdf"
    if how == "gone":
        document.unlink()
    else:
        file = {"one bit": document, "list": made.folder / "files.sha256", "manifest": made.folder / MANIFEST}[how]
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
    with pytest.raises(BackupUnusable, match={"one bit": "damaged", "gone": "missing", "list": "changed"}.get(how)):
        check_backup(made.folder, PASSPHRASE)


async def test_what_somebody_else_has_written_is_not_ours(house: House, sqlite_url: str, tmp_path: Path) -> None:
    made = make_backup(settings_of(tmp_path / "state", sqlite_url), tmp_path / "backups", MONDAY)
    manifest = made.folder / MANIFEST
    written = json.loads(manifest.read_bytes())
    assert not check_backup(made.folder, None).is_ours
    with pytest.raises(BackupUnusable, match="another passphrase"):
        check_backup(made.folder, b"another")
    manifest.write_text(json.dumps({**written, "version": "9"}), encoding="utf-8")
    with pytest.raises(BackupUnusable, match="changed"):
        check_backup(made.folder, PASSPHRASE)


async def test_a_file_that_an_earlier_backup_has_damaged_is_copied_anew(
    house: House, sqlite_url: str, tmp_path: Path
) -> None:
    settings, root = settings_of(tmp_path / "state", sqlite_url), tmp_path / "backups"
    await house.issued()
    first = make_backup(settings, root, MONDAY)
    (damaged, *_) = [one for one in (first.folder / "documents").rglob("*") if one.is_file()]
    damaged.write_bytes(b"damaged")
    second = make_backup(settings, root, MONDAY + timedelta(days=1))
    assert check_backup(second.folder, PASSPHRASE).manifest.missing == ()
    with pytest.raises(BackupUnusable, match="damaged"):
        check_backup(first.folder, PASSPHRASE)


async def test_a_document_encrypted_since_is_not_kept_in_clear_by_the_next_backup(
    house: House, sqlite_url: str, tmp_path: Path
) -> None:
    _, certificate = await house.issued()
    assert certificate.sha256 is not None
    settings, root = settings_of(tmp_path / "state", sqlite_url), tmp_path / "backups"
    place = house.office.files.place_of(certificate.sha256)
    first = make_backup(settings, root, MONDAY)
    assert (first.folder / "documents" / place).read_bytes().startswith(b"%PDF")
    assert document_files_of(settings).encrypt_earlier() > 0
    second = make_backup(settings, root, MONDAY + timedelta(days=1))
    assert not (second.folder / "documents" / place).read_bytes().startswith(b"%PDF")
    assert check_backup(second.folder, PASSPHRASE).manifest.missing == ()
    third = make_backup(settings, root, MONDAY + timedelta(days=2))
    assert (third.linked > 0, third.manifest.missing) == (True, ())


async def test_a_document_that_is_damaged_where_it_lies_is_told(house: House, sqlite_url: str, tmp_path: Path) -> None:
    _, certificate = await house.issued()
    assert certificate.sha256 is not None
    place = house.office.files.place_of(certificate.sha256)
    (tmp_path / "state" / "documents" / place).write_bytes(b"damaged")
    made = make_backup(settings_of(tmp_path / "state", sqlite_url), tmp_path / "backups", MONDAY)
    assert made.manifest.missing == (f"documents/{place}",)


async def test_so_many_are_kept_and_nothing_of_a_secret_is_in_them(
    house: House, sqlite_url: str, tmp_path: Path
) -> None:
    settings, root = settings_of(tmp_path / "state", sqlite_url), tmp_path / "backups"
    for day in range(4):
        make_backup(settings, root, MONDAY + timedelta(days=day), with_keys=True, keep=2)
    assert [one.name[:10] for one in backups_of(root)] == ["2024-06-05", "2024-06-06"]
    written = b"".join(one.read_bytes() for one in root.rglob("*") if one.is_file())
    assert PASSPHRASE not in written
    assert all(one.stat().st_mode & 0o077 == 0 for one in backups_of(root))


async def test_what_is_removed_meanwhile_is_not_missing(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody is erased between the rows and the files: her document is in neither list, and the backup is sound."""
    state = tmp_path / "state"
    async with lived_in(state, database_url) as house:
        _, certificate = await house.issued(house.citizen(sub="another", personal_id="001195000099"))

        def erased_behind(*given: Any) -> Any:
            taken = take_snapshot(*given)
            house.office.do(lambda records: erase_person(records, person_index("001195000099"), "operator", MONDAY))
            assert certificate.sha256 is not None
            (state / "documents" / house.office.files.place_of(certificate.sha256)).unlink()
            return taken

        monkeypatch.setattr("condau.backup.make.take_snapshot", erased_behind)
        made = make_backup(settings_of(state, database_url), tmp_path / "backups", MONDAY)
    assert made.manifest.missing == ()
    assert check_backup(made.folder, PASSPHRASE).manifest == made.manifest
