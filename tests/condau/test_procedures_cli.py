"""`condau procedures`, on files alone and on an installation; and what doctor says about steps that are nobody's."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from condau.cli import app
from condau.demo import demo_settings
from condau.doctor import examine
from condau.initialise import initialise
from condau.settings import Settings, read_settings
from identity.officials_register import RegisteredOfficial
from issuance.fees.facts import vietnam_day
from storage.runner import Database
from tests.api.procedure_office import UNIT, own_procedure

TODAY = vietnam_day(datetime.now(UTC))
TOMORROW = (TODAY + timedelta(days=1)).isoformat()


def run(*arguments: str, settings: Path | None = None) -> tuple[int, str, str]:
    asked = [*arguments, *([] if settings is None else ["--settings", str(settings)])]
    result = CliRunner().invoke(app, ["procedures", *asked], env={"COLUMNS": "100"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def written(folder: Path, document: dict[str, Any], name: str = "own.json") -> str:
    (folder / name).write_text(json.dumps(document), encoding="utf-8")
    return str(folder / name)


@pytest.fixture
def installed(tmp_path: Path) -> tuple[Path, Settings]:
    file = tmp_path / "condau.toml"
    file.write_text(f'mode = "demo"\nstate_folder = "{tmp_path / "state"}"\n', encoding="utf-8")
    settings = read_settings(file)
    said = initialise(settings)
    assert "procedures: published" in said
    return file, settings


def test_without_an_installation_the_shipped_ones_are_shown() -> None:
    code, said, _ = run("list", "--language", "en")
    assert code == 0
    assert "criminal_record_form_1 1  2010-07-01..2025-02-28  *  No new application begins with it" in said
    code, said, _ = run("show", "marital_status_confirmation")
    assert code == 0
    assert "Chỉ khi “lived_elsewhere”: có; nếu không: Xem xét và ký xác nhận." in said
    code, said, _ = run("show", "marital_status_confirmation", "--json")
    assert json.loads(said)["schema"] == "condau-procedure/1"
    code, _, error = run("show", "nothing")
    assert (code, error.strip()) == (2, "procedures: không có quy trình này")


def test_files_are_checked_without_an_installation(tmp_path: Path) -> None:
    right, wrong = written(tmp_path, own_procedure()), written(tmp_path, own_procedure(start="exame"), "wrong.json")
    assert run("check", right)[0] == 0
    code, said, _ = run("check", right, wrong, "--language", "en")
    assert code == 1
    assert "✗ wrong.json: start: unknown step 'exame', did you mean 'examine'?" in said
    code, said, _ = run("check", wrong, "--json")
    (file,) = json.loads(said)["files"]
    assert [one["code"] for one in file["problems"]] == ["unknown_step"]
    assert run("check", str(tmp_path / "none.json"))[0] == 2


def test_an_operator_publishes(installed: tuple[Path, Settings], tmp_path: Path) -> None:
    settings, _ = installed
    late = written(tmp_path, own_procedure(2, TOMORROW), "late.json")
    code, said, _ = run("publish", late, settings=settings)
    assert code == 1
    assert "phiên bản tiếp theo của 'extract_in_two_steps' phải là 1" in said
    file = written(tmp_path, own_procedure(1, TOMORROW))
    assert run("check", file, settings=settings)[0] == 0
    code, said, _ = run("publish", file, settings=settings)
    assert (code, said.split(":")[0]) == (0, "extract_in_two_steps version 1")
    code, said, _ = run("list", "--json", settings=settings)
    found = {(one["id"], one["version"]): one for one in json.loads(said)["procedures"]}
    assert found["extract_in_two_steps", 1]["standing"] == "scheduled"
    assert run("check", file, settings=settings)[0] == 1  # it stands already


def test_doctor_names_roles_that_nobody_has(tmp_path: Path) -> None:
    settings = demo_settings(tmp_path, 8000, "http://127.0.0.1:9")
    initialise(settings)
    database = Database(settings.database, clock=lambda: datetime.now(UTC))
    one = RegisteredOfficial(subject_key="https://officials.example|x", unit=UNIT, roles=frozenset({"caseworker"}))
    database.run_blocking(lambda records: records.officials.put(one, datetime.now(UTC)))
    database.dispose_blocking()

    said = StringIO()
    assert examine(settings, Console(file=said, width=300)) == 1
    assert f"✗ procedures: {UNIT} has no head for criminal_record_form_1 version 2, " in said.getvalue()
