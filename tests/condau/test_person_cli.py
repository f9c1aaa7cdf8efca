"""An operator erases a person and gives her what is kept: her number is never an argument, and never printed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from condau.cli import app
from condau.erasures import FILE, keep_erasures, reapply_erasures
from condau.initialise import initialise
from condau.open_vault import open_vault
from condau.settings import Settings, SettingsRefused, read_settings
from issuance.application import Application, ApplicationState
from issuance.errors import PersonErased
from issuance.privacy.erasure_request import ErasureRequest
from storage.errors import ErasuresUnreadable
from storage.records import SqlRecords
from storage.runner import Database
from tests.issuance.office import MONDAY, PASSPHRASE, Office, person_index
from tests.storage.vaults import a_vault

T = TypeVar("T")
NUMBER = "001194000001"


@dataclass(frozen=True)
class Installation:
    file: Path
    settings: Settings
    application: Application

    def ask(self, use_case: Callable[[SqlRecords], T]) -> T:
        database = Database(self.settings.database, clock=lambda: datetime.now(UTC))
        try:
            return database.run_blocking(use_case)
        finally:
            database.dispose_blocking()

    def run(self, *arguments: str, number: str = NUMBER) -> tuple[int, str]:
        given = [*arguments, "--settings", str(self.file)]
        result = CliRunner().invoke(app, ["person", *given], input=f"{number}\n")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert NUMBER not in (result.output if arguments[0] == "erase" else "")
        return result.exit_code, result.output

    def end(self) -> None:
        ended = {"state": ApplicationState.WITHDRAWN, "closed_at": MONDAY, "step_due_at": None}
        self.ask(lambda records: records.applications.save(replace(self.application, **ended)))  # type: ignore[arg-type] # fields by name


@pytest.fixture
def installation(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    file = tmp_path / "condau.toml"
    file.write_text(
        f'mode = "demo"\nstate_folder = {json.dumps(str(tmp_path))}\ndatabase_url = {json.dumps(database_url)}\n'
        f"key_passphrase = {json.dumps(PASSPHRASE.decode())}\n"
    )
    settings = read_settings(file)
    monkeypatch.setattr("condau.person_index.person_index", lambda passphrase: person_index)

    async def fill() -> Application:
        database = Database(settings.database, clock=lambda: MONDAY)
        try:
            office = Office(database, tmp_path)
            return await office.application()
        finally:
            await database.dispose()

    return Installation(file, settings, asyncio.run(fill()))


def test_an_open_application_is_previewed_and_holds_everything(installation: Installation) -> None:
    code, out = installation.run("erase", "--yes")
    assert (code, "application_open" in out, "nothing was erased" in out) == (1, True, True)
    assert installation.ask(lambda r: r.applications.by_id(installation.application.id)) == installation.application


def test_a_person_is_erased_and_the_list_beside_the_database_says_so(installation: Installation) -> None:
    installation.end()
    code, out = installation.run("erase")
    assert (code, installation.application.code in out, "--yes does it" in out) == (0, True, True)
    assert installation.ask(lambda r: r.persons.erasures()) == []
    code, out = installation.run("erase", "--yes")
    assert (code, "erased: 1 applications" in out) == (0, True)
    with pytest.raises(PersonErased):
        installation.ask(lambda r: r.applications.by_id(installation.application.id))
    (erasure,) = installation.ask(lambda r: r.persons.erasures())
    (line,) = (installation.settings.state_folder / FILE).read_text().splitlines()
    assert json.loads(line)["person_index"] == erasure.person_index == person_index(NUMBER)
    actors = installation.ask(lambda r: [one.actor for one in r.audit.of_application(installation.application.id)])
    assert actors[-1].startswith("operator:uid-")
    assert NUMBER not in line
    code, out = installation.run("erase", "--yes")
    assert (code, "no application of this person" in out) == (0, True)


def test_who_asks_to_be_erased_is_listed_and_erased_without_her_number(installation: Installation) -> None:
    due = datetime(2024, 6, 5, 10, tzinfo=UTC)
    wanted = ErasureRequest(id=uuid4(), person_index=person_index(NUMBER), asked_at=MONDAY, due_at=due)
    assert installation.run("requests") == (0, "nobody waits to be erased\n")
    installation.ask(lambda r: r.erasure_requests.add(wanted))
    code, out = installation.run("requests")
    assert (code, str(wanted.id) in out, "OVERDUE" in out, "application_open" in out) == (0, True, True, True)
    assert installation.run("erase", "--yes", "--request", str(uuid4()))[0] == 2
    assert installation.run("erase", "--yes", "--request", str(wanted.id))[0] == 1
    installation.end()
    code, out = installation.run("erase", "--yes", "--request", str(wanted.id))
    assert (code, "erased: 1 applications" in out) == (0, True)
    assert installation.run("requests") == (0, "nobody waits to be erased\n")
    assert installation.run("decline", str(wanted.id))[0] == 1


def test_what_is_no_number_is_not_repeated(installation: Installation) -> None:
    code, out = installation.run("export", number="0011940000x1")
    assert code == 2
    assert "0011940000" not in out


def test_everything_that_is_kept_is_given(installation: Installation, tmp_path: Path) -> None:
    to = tmp_path / "hers.json"
    assert installation.run("export", "--to", str(to))[0] == 0
    assert to.stat().st_mode & 0o077 == 0
    told: dict[str, Any] = json.loads(to.read_text(encoding="utf-8"))
    (application,) = told["applications"]
    applicant = installation.application.applicant
    assert application["code"] == installation.application.code
    assert application["applicant"]["full_name"] == applicant.full_name
    assert application["input"] == dict(installation.application.input)
    assert application["fee_decisions"]
    of_the_program = [name for one in application["fee_decisions"] for name in one if name.startswith("_")]
    assert of_the_program == []
    assert (told["accesses"], told["erasures"]) == ([], [])
    assert json.loads(installation.run("export", number="001185000009")[1])["applications"] == []
    installation.end()
    installation.run("erase", "--yes")
    told = json.loads(installation.run("export")[1])
    assert (told["applications"], len(told["erasures"])) == ([], 1)


def test_who_was_erased_stays_so_after_an_older_database_was_put_back(installation: Installation) -> None:
    """A later process finds the line beside the database, which knows nothing of it."""
    line = {"id": "8c2f6a10-5d3e-4b7a-9f21-0c4d5e6f7a80", "person_index": person_index(NUMBER), "n": 1}
    at = datetime(2030, 1, 1, tzinfo=UTC)
    file = installation.settings.state_folder / FILE
    file.write_text(json.dumps(line | {"at": at.isoformat()}) + "\n")
    database = Database(installation.settings.database, clock=lambda: at)
    try:
        for expected in (1, 0):
            assert keep_erasures(database.run_blocking, installation.settings.state_folder, at) == expected
        with pytest.raises(PersonErased):
            database.run_blocking(lambda r: r.applications.by_id(installation.application.id))
        with pytest.raises(ErasuresUnreadable):
            reapply_erasures(database.run_blocking, ['{"n": 1}'], at)
    finally:
        database.dispose_blocking()
    assert len(file.read_text().splitlines()) == 1


def test_another_passphrase_does_not_start(installation: Installation) -> None:
    settings = installation.settings
    said = initialise(settings)
    assert "database: up to date" in said
    other = Database(settings.database, clock=lambda: MONDAY, vault=a_vault(b"another secret, as long as it has to be"))
    try:
        with pytest.raises(SettingsRefused, match="another passphrase"):
            open_vault(settings, other)
    finally:
        other.dispose_blocking()
