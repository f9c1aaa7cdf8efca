"""`condau units` and the units of `condau officials`, as an operator uses them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from condau.cli import app
from condau.clock import now
from condau.initialise import initialise
from condau.settings import read_settings
from issuance.agencies.read_units import load_shipped_units, write_units
from issuance.fees.facts import vietnam_day
from storage.runner import Database
from tests.storage.people import an_application

UNIT, HEIR = "000.00.15.H26", "000.00.16.H26"
ACCOUNT = "https://officials.example|o-1"
SETTINGS = """
mode = "demo"
state_folder = {folder}
database_url = {url}
[[issuers]]
name = "officials"
issuer = "https://officials.example"
audiences = ["condau"]
people = "officials"
"""


@dataclass(frozen=True, slots=True)
class Installed:
    folder: Path
    database: Database

    def run(self, *arguments: str) -> tuple[int, str]:
        settings = ["--settings", str(self.folder / "condau.toml")]
        result = CliRunner().invoke(app, [*arguments, *settings], env={"COLUMNS": "200"})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    def file(self, text: str) -> str:
        (self.folder / "units.csv").write_text(text, encoding="utf-8")
        return str(self.folder / "units.csv")


@pytest.fixture
def installed(tmp_path: Path, database_url: str) -> Iterator[Installed]:
    text = SETTINGS.format(folder=json.dumps(str(tmp_path / "state")), url=json.dumps(database_url))
    (tmp_path / "condau.toml").write_text(text, encoding="utf-8")
    said = initialise(read_settings(tmp_path / "condau.toml"))
    assert any(line.startswith("units: ") and "put in" in line for line in said)
    database = Database(database_url, clock=now)
    yield Installed(tmp_path, database)
    database.dispose_blocking()


def merged() -> str:
    yesterday = vietnam_day(now()) - timedelta(days=1)
    rows = load_shipped_units()
    return write_units(replace(one, valid_until=yesterday, successor=HEIR) if one.code == UNIT else one for one in rows)


def test_what_is_exported_is_what_is_imported(installed: Installed) -> None:
    code, text = installed.run("units", "export")
    assert code == 0
    assert installed.run("units", "import", installed.file(text)) == (
        0,
        f"0 added, 0 changed, 0 ended, 0 removed, {len(load_shipped_units())} unchanged\n",
    )
    listed = installed.run("units", "list", "--on", "2025-06-30", "--words", "cong an")[1]
    assert f"{UNIT}  Công an thành phố Hà Nội\n" in listed


def test_a_merger_is_previewed_brought_and_followed(installed: Installed) -> None:
    installed.database.run_blocking(lambda records: records.applications.add(an_application(unit=UNIT)))
    file = installed.file(merged())
    code, said = installed.run("units", "import", file, "--dry-run")
    assert code == 0
    assert f"{UNIT}: 1 open applications go to its successor" in said
    assert "nothing is stored" in said
    assert installed.run("units", "merge-progress") == (0, "")

    assert installed.run("units", "import", file)[0] == 0
    code, said = installed.run("units", "merge-progress")
    assert (code, said) == (1, f"{UNIT} -> {HEIR}  0/1  under way\n")
    shown = json.loads(installed.run("units", "merge-progress", "--json")[1])
    assert shown["carry_overs"] == [{"from": UNIT, "to": HEIR, "moved": 0, "total": 1, "done": False}]


def test_problems_are_told_with_their_places(installed: Installed) -> None:
    code, said = installed.run("units", "import", installed.file("code;name\n"), "--language", "en")
    assert code == 1
    assert "the first line must be" in said
    code, said = installed.run("units", "import", str(installed.folder / "missing.csv"))
    assert code == 2
    assert "không có tệp này" in said


def test_an_official_acts_for_a_unit_that_exists_today(installed: Installed) -> None:
    code, said = installed.run("officials", "put", ACCOUNT, "--unit", "000.00.15.H62", "--role", "head")
    assert code == 2
    assert "no unit '000.00.15.H62' exists today, did you mean '000.00.15.H26'?" in said
    ended = next(one for one in load_shipped_units() if one.kind == "district")
    code, said = installed.run("officials", "put", ACCOUNT, "--unit", ended.code, "--role", "head")
    assert (code, f"its successor is {ended.successor}" in said) == (2, True)


def test_a_name_stays_until_another_one_is_given(installed: Installed) -> None:
    def name() -> str | None:
        found = installed.database.run_blocking(lambda records: records.officials.find(ACCOUNT))
        assert found is not None
        return found.full_name

    put = ("officials", "put", ACCOUNT, "--unit", UNIT, "--role")
    assert installed.run(*put, "head", "--name", "  Pha\u0323m Thu   Hà ")[0] == 0
    assert name() == "Phạm Thu Hà"
    assert installed.run(*put, "caseworker")[0] == 0
    assert name() == "Phạm Thu Hà"
    assert installed.run("officials", "dismiss", ACCOUNT)[0] == 0
    assert name() == "Phạm Thu Hà"
    for odd in ("", "x" * 201, "a\x00b"):
        assert installed.run(*put, "head", "--name", odd)[0] == 2
