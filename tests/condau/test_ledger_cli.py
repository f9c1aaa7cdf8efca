"""`condau ledger` over an installation: what was changed is found and told, and the exit code says it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from condau.cli import app
from condau.clock import now
from condau.initialise import initialise
from condau.ledger import seal_file_of
from condau.ledger_key import ledger_key_of
from condau.personal_vault import vault_of
from condau.settings import Settings, read_settings
from issuance.accesses import Access, Purpose
from issuance.application import Application
from issuance.records import AuditEntry
from storage.runner import Database
from tests.storage.ledger_scenes import owner_of
from tests.storage.people import an_application

READER = "https://officials.example|can-bo"


@dataclass(frozen=True, slots=True)
class Installed:
    file: Path
    settings: Settings
    application: Application

    def run(self, *arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(
            app, ["ledger", *arguments, "--settings", str(self.file)], env={"COLUMNS": "200", "NO_COLOR": "1"}
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    def tamper(self, statement: str) -> None:
        with owner_of(self.settings.database) as owner, owner.begin() as connection:
            connection.exec_driver_sql(statement)


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    """One application, of which something was done and which somebody was shown."""
    file = tmp_path / "condau.toml"
    file.write_text(f'mode = "demo"\nstate_folder = "{tmp_path / "state"}"\n', encoding="utf-8")
    settings = read_settings(file)
    initialise(settings)
    database = Database(settings.database, clock=now, vault=vault_of(settings), ledger_key=ledger_key_of(settings))
    application = replace(an_application(), code="000.00.15.H26-240603-0001")
    entry = AuditEntry(at=now(), actor=READER, action="application_taken", application_id=application.id, details={})
    access = Access(
        at=now(),
        reader=READER,
        unit=application.unit,
        roles=frozenset({"caseworker"}),
        purpose=Purpose.SETTLE_CASE,
        shown="case",
        application_ids=(application.id,),
    )
    database.run_blocking(lambda records: records.applications.add(application))
    database.run_blocking(lambda records: (records.audit.append(entry), records.accesses.record(access)))
    database.dispose_blocking()
    return Installed(file, settings, application)


def test_an_installation_is_sealed_and_found_whole(installed: Installed) -> None:
    code, said = installed.run("verify")
    assert code == 0
    assert "a database set back as a whole would not be noticed" in said
    assert installed.run("seal") == (0, "sealed\n")
    code, said = installed.run("verify")
    assert (code, said.splitlines()[-1]) == (0, "nothing was changed")
    assert "1 seals" in said
    assert seal_file_of(installed.settings).read_bytes().count(b"\n") == 1


def test_what_was_changed_is_told_with_its_place(installed: Installed) -> None:
    installed.run("seal")
    installed.tamper(f"UPDATE audit SET actor = 'nobody' WHERE application_id = '{installed.application.id.hex}'")
    code, said = installed.run("verify")
    stream = f"application:{installed.application.id.hex}"
    assert code == 1
    assert f"entry_changed: stream {stream} seq 1: the row, or the one before it, is not as it was written" in said
    code, said = installed.run("verify", "--json")
    *found, last = map(json.loads, said.splitlines())
    assert [(one["code"], one["stream"], one["seq"]) for one in found] == [("entry_changed", stream, 1)]
    assert (code, last["findings"], last["file_outside"]) == (1, 1, True)


def test_a_database_that_was_set_back_is_told(installed: Installed) -> None:
    installed.run("seal")
    for statement in ("DELETE FROM ledger_leaves", "DELETE FROM ledger_seals", "UPDATE ledger_heads SET is_sealed = 0"):
        installed.tamper(statement)
    code, said = installed.run("seal")
    assert (code, "run `condau ledger verify`" in said) == (2, True)
    code, said = installed.run("verify")
    assert (code, "seal_differs_outside: seal 1" in said) == (1, True)


def test_the_history_of_an_application_is_shown_and_that_it_was(installed: Installed) -> None:
    code, said = installed.run("show", installed.application.code)
    assert code == 0
    assert [line.split("  ", 1)[1] for line in said.splitlines()] == [
        f"{READER}  did  application_taken",
        f"{READER}  was shown  case (settle_case, {installed.application.unit})",
    ]
    assert installed.application.applicant.full_name not in said
    lines = [json.loads(line) for line in installed.run("show", installed.application.code, "--json")[1].splitlines()]
    assert lines[-1]["what"] == "history_read"
    assert installed.run("show", "000.00.15.H26-240603-9999")[0] == 2


def test_without_a_database_nothing_is_made(tmp_path: Path) -> None:
    file = tmp_path / "condau.toml"
    file.write_text(f'mode = "demo"\nstate_folder = "{tmp_path / "state"}"\n', encoding="utf-8")
    result = CliRunner().invoke(app, ["ledger", "verify", "--settings", str(file)])
    assert result.exit_code == 2
    assert not (tmp_path / "state").exists()
