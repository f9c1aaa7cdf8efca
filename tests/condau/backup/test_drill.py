"""The drill: a machine is lost, its backup is put back on an empty one, and every document is as good as before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from condau.backup.make import make_backup
from condau.backup.manifest import BackupUnusable
from condau.backup.restore import RestoreRefused, put_back_whole
from condau.erasures import keep_erasures
from issuance.certificate import CertificateKind
from issuance.errors import PersonErased
from issuance.privacy.erase import erase_person
from storage.errors import SnapshotUnusable
from storage.runner import Database
from tests.api.test_verification import ask
from tests.condau.backup.installation import lived_in, lose, settings_of
from tests.issuance.office import MONDAY, person_index
from tests.storage.databases import PostgresServer

GONE = "001195000099"
"""Her personal number, who is erased after the backup."""
WAYS = ("qr", "pdf", "number")


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Addresses of databases in which there is nothing at all, of one kind."""
    made = iter(range(9))

    def new() -> str:
        if request.param == "sqlite":
            return f"sqlite:///{tmp_path / f'database-{next(made)}' / 'condau.db'}"
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.create_database(migrated=False)
        request.addfinalizer(lambda: server.drop_database(url))
        return url

    return new


async def test_the_drill(new_url: Callable[[], str], tmp_path: Path) -> None:
    state, backups, url = tmp_path / "old", tmp_path / "backups", new_url()
    Database(url, clock=lambda: MONDAY).migrate()
    async with lived_in(state, url) as house:
        issued = [await house.issued() for _ in range(2)]
        await house.post(
            f"/v1/desk/applications/{issued[1][0]}/revocation",
            house.official(),
            json={"reason": "obtained_by_deception"},
        )
        first = make_backup(settings_of(state, url), backups, MONDAY)
        late = await house.issued()
        erased, _ = await house.issued(house.citizen(sub="another", personal_id=GONE))
        second = make_backup(settings_of(state, url), backups, MONDAY + timedelta(days=1), with_keys=True)
        lost_code, _ = await house.issued()
        house.office.do(lambda records: erase_person(records, person_index(GONE), "operator", MONDAY))
        keep_erasures(house.office.do, state, MONDAY)
        newest = tmp_path / "saved-elsewhere.jsonl"
        newest.write_bytes((state / "erasures.jsonl").read_bytes())
    assert (first.linked, first.manifest.missing, second.manifest.missing) == (0, (), ())
    assert second.linked > 0
    kept = [*issued, late]
    lose(state)

    new_state, restored_url = tmp_path / "new", new_url()
    settings = settings_of(new_state, restored_url)
    with pytest.raises(RestoreRefused, match="erased since"):
        put_back_whole(settings, second.folder, MONDAY)
    with pytest.raises(RestoreRefused, match="has no keys"):
        put_back_whole(settings, first.folder, MONDAY, nobody_was_erased=True)
    done = put_back_whole(settings, second.folder, MONDAY, erasures=newest, room_a_day=5)
    assert (done.erased, done.set_aside) == (1, ())
    assert (new_state / "erasures.jsonl").read_bytes() == newest.read_bytes()

    async with lived_in(new_state, restored_url) as house:
        assert (await house.get("/readyz")).status_code == 200
        states = [[(await ask(house, way, certificate))["state"] for way in WAYS] for _, certificate in kept]
        assert states == [["valid"] * 3, ["revoked"] * 3, ["valid"] * 3]
        with pytest.raises(PersonErased):
            house.stored(erased)
        lists = (await house.get("/v1/status-lists")).json()["status_lists"]
        assert [(await house.client.get(one)).status_code for one in lists] == [200, 200]
        code, certificate = await house.issued()
        assert (await ask(house, "pdf", certificate))["state"] == "valid"
        numbers = [house.stored(one).id for one, _ in [*kept, (code, None)]]
        receipts = [
            house.office.do(lambda r, one=one: r.certificates.of_application(one, CertificateKind.RECEIPT))
            for one in numbers
        ]
    # Codes go on behind those that were given away after the backup, and no receipt's number comes twice.
    assert code not in {lost_code, erased, *(one for one, _ in kept)}
    assert _number(code) == _number(erased) + 6
    shown = [one.content["receipt_number"] for one in receipts if one is not None]
    assert len(set(shown)) == len(shown) == 4
    assert [_number(one) for one in shown] == [1, 2, 3, 10]  # 4 was of the erased one, 5 of the lost one


def _number(code: str) -> int:
    return int(code.rpartition("-")[2])


async def test_a_machine_that_is_not_empty_is_left_alone(new_url: Callable[[], str], tmp_path: Path) -> None:
    state, url = tmp_path / "state", new_url()
    Database(url, clock=lambda: MONDAY).migrate()
    settings = settings_of(state, url)
    async with lived_in(state, url) as house:
        made = make_backup(settings, tmp_path / "backups", MONDAY, with_keys=True)
        code, certificate = await house.issued()
    with pytest.raises(RestoreRefused, match="not empty"):
        put_back_whole(settings, made.folder, MONDAY, nobody_was_erased=True)
    async with lived_in(state, url) as house:
        assert (await ask(house, "pdf", certificate))["state"] == "valid"

    done = put_back_whole(settings, made.folder, MONDAY, nobody_was_erased=True, replace=True)
    assert {one.name.partition(".before")[0] for one in done.set_aside} >= {"documents"}
    assert certificate.sha256 is not None
    name = certificate.sha256.hex()
    assert any((one / name[:2] / f"{name[2:]}.pdf").is_file() for one in done.set_aside)
    async with lived_in(state, url) as house:
        assert (await house.get(f"/v1/applications/{code}", house.citizen())).status_code == 404


async def test_a_backup_of_the_other_kind_of_database_is_not_taken(
    sqlite_url: str, postgresql_url: str, tmp_path: Path
) -> None:
    async with lived_in(tmp_path / "old", sqlite_url):
        made = make_backup(settings_of(tmp_path / "old", sqlite_url), tmp_path / "backups", MONDAY, with_keys=True)
    new = tmp_path / "new"
    async with lived_in(new, postgresql_url) as house:
        _, certificate = await house.issued()
    with pytest.raises(SnapshotUnusable, match="another kind"):
        put_back_whole(settings_of(new, postgresql_url), made.folder, MONDAY, nobody_was_erased=True, replace=True)
    async with lived_in(new, postgresql_url) as house:
        assert (await ask(house, "pdf", certificate))["state"] == "valid"
        # Neither the database nor a file of it was touched.
        assert certificate.sha256 is not None
        assert house.office.files.holds(certificate.sha256)


async def test_erasures_of_an_older_list_are_not_taken(sqlite_url: str, tmp_path: Path) -> None:
    state = tmp_path / "old"
    async with lived_in(state, sqlite_url):
        (state / "erasures.jsonl").write_text('{"n": 1}\n{"n": 2}\n', encoding="utf-8")
        made = make_backup(settings_of(state, sqlite_url), tmp_path / "backups", MONDAY, with_keys=True)
    older = tmp_path / "older.jsonl"
    older.write_text('{"n": 1}\n', encoding="utf-8")
    with pytest.raises(BackupUnusable, match="not the newest"):
        put_back_whole(
            settings_of(tmp_path / "new", f"sqlite:///{tmp_path / 'new' / 'condau.db'}"),
            made.folder,
            MONDAY,
            erasures=older,
        )
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("given", [True, False])
async def test_what_this_machine_knows_of_erasures_outlasts_a_restore_that_ends_early(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: bool
) -> None:
    """Nobody asks for the list again: it is the one that this machine has, up to the moment the rows are there."""
    state, url = tmp_path / "state", f"sqlite:///{tmp_path / 'another.db'}"
    async with lived_in(state, sqlite_url):
        (state / "erasures.jsonl").write_text('{"n": 1}\n', encoding="utf-8")
        made = make_backup(settings_of(state, sqlite_url), tmp_path / "backups", MONDAY, with_keys=True)
    older = tmp_path / "older.jsonl"
    older.write_text('{"n": 1}\n', encoding="utf-8")
    newest = '{"n": 1}\n{"n": 2}\n'
    (state / "erasures.jsonl").write_text(newest, encoding="utf-8")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    for point in ("keep_list", "put_back"):
        with monkeypatch.context() as patch:
            patch.setattr(f"condau.backup.restore.{point}", killed)
            with pytest.raises((KeyboardInterrupt, BackupUnusable)):
                put_back_whole(settings_of(state, url), made.folder, MONDAY, erasures=older if given else None)
        assert (state / "erasures.jsonl").read_text(encoding="utf-8") == newest
