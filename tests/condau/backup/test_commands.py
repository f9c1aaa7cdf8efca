"""The commands as an operator types them: one sentence for each refusal, and an exit code."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from condau.cli import app
from condau.initialise import initialise
from condau.settings import read_settings
from storage.engines import Address
from storage.errors import SchemaNewer, SchemaOlder
from storage.migrate import expected_revision, migrate, missing_steps, require_up_to_date, revision_of
from tests.condau.test_settings import ISSUER
from tests.storage.databases import PostgresServer


def settings_file(folder: Path, name: str, text: str = "") -> Path:
    file = folder / f"{name}.toml"
    begins = f'mode = "demo"\nkey_passphrase = "only for tests"\nstate_folder = "{folder / name}"\n'
    file.write_text(f'{begins}pdf_key_type = "p256"\n{text}{ISSUER}', encoding="utf-8")
    return file


def said(*words: object, settings: Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, [*map(str, words), "--settings", str(settings)])
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit | None)
    return result.exit_code, result.output.replace("\n", " ")


def test_backup_verify_and_restore(tmp_path: Path) -> None:
    backups = tmp_path / "backups"
    old = settings_file(tmp_path, "old", f'backup_folder = "{backups}"\n')
    initialise(read_settings(old))
    code, answer = said("backup", "--keys", "--keep", "3", settings=old)
    assert code == 0, answer
    assert "backed up:" in answer
    assert "made by this installation" in said("backup", "verify", settings=old)[1]
    assert "backup" in said("health", settings=old)[1]
    code, answer = said("backup", "verify", tmp_path / "nowhere", settings=old)
    assert (code, "no backup" in answer) == (1, True)

    new = settings_file(tmp_path, "new")
    code, answer = said("backup", "verify", backups, settings=settings_file(tmp_path, "other", ""))
    assert code == 0, answer
    code, answer = said("restore", backups, settings=new)
    assert (code, "--erasures" in answer) == (1, True)
    code, answer = said("restore", backups, "--nobody-was-erased-since", settings=new)
    assert code == 0, answer
    assert "Every part is well" in answer
    code, answer = said("restore", backups, "--nobody-was-erased-since", settings=new)
    assert (code, "not empty" in answer) == (1, True)
    assert said("backup", settings=new)[0] == 2


def test_upgrade_says_what_it_does_and_backs_up_before(tmp_path: Path) -> None:
    settings = settings_file(tmp_path, "state")
    address = Address.parse(read_settings(settings).database)
    migrate(address, "0005")
    code, answer = said("upgrade", "--preview", settings=settings)
    assert code == 0
    assert "revision 0005" in answer
    assert all(step.revision in answer for step in missing_steps(address))
    code, answer = said("upgrade", settings=settings)
    assert (code, "backup_folder" in answer) == (2, True)
    assert revision_of(address) == "0005"
    code, answer = said("upgrade", "--without-backup", settings=settings)
    assert code == 0, answer
    assert revision_of(address) == expected_revision()
    assert "nothing to do" in said("upgrade", settings=settings)[1]

    with closing(sqlite3.connect(str(address.url.database))) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    for command in ("upgrade", "init"):
        code, answer = said(command, settings=settings)
        assert (code, "newer version" in answer) == (2, True), answer


def test_starting_can_leave_migrations_to_the_command(postgres: PostgresServer) -> None:
    url = postgres.create_database(migrated=False)
    try:
        address = Address.parse(url)
        migrate(address, "0005")
        with pytest.raises(SchemaOlder, match="condau upgrade"):
            require_up_to_date(address)
        assert revision_of(address) == "0005"
        migrate(address)
        require_up_to_date(address)
    finally:
        postgres.drop_database(url)
    empty = postgres.create_database(migrated=False)
    try:
        require_up_to_date(Address.parse(empty))
        assert revision_of(Address.parse(empty)) == expected_revision()
    finally:
        postgres.drop_database(empty)


def test_a_newer_schema_is_left_alone(sqlite_url: str) -> None:
    address = Address.parse(sqlite_url)
    with closing(sqlite3.connect(str(address.url.database))) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    for refused in (migrate, missing_steps, require_up_to_date):
        with pytest.raises(SchemaNewer, match="9999"):
            refused(address)
