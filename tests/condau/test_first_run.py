"""The link for the first operator: printed by a new installation until somebody is registered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from condau.cli import app
from condau.first_run import first_run_link
from condau.settings import Settings, read_settings

SETTINGS = """
mode = "demo"
state_folder = {folder}
key_passphrase = "only for tests"
public_url = "https://condau.example"
[[issuers]]
name = "officials"
issuer = "https://officials.example"
audiences = ["condau"]
people = "officials"
token_kinds = ["sign_in"]
unit_and_roles = "{source}"
own_client = {{ client_id = "pages" }}
"""


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, [*arguments])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    file = tmp_path / "condau.toml"
    file.write_text(SETTINGS.format(folder=f'"{tmp_path / "state"}"', source="register"))
    return file


def read(file: Path) -> Settings:
    return read_settings(file)


def test_it_is_printed_until_somebody_is_registered(settings_file: Path) -> None:
    said = run("init", "--settings", str(settings_file))
    found = re.search(r"https://condau\.example/first-run/[0-9]{10}\.[A-Za-z0-9_-]{43}\s", said)
    assert found is not None, said

    account = "https://officials.example|first"
    run("officials", "put", account, "--unit", "000.00.15.H26", "--role", "operator", "--settings", str(settings_file))
    assert first_run_link(read(settings_file)) is None
    assert "first-run" not in run("init", "--settings", str(settings_file))


def test_where_the_issuer_names_the_operators_there_is_none(tmp_path: Path) -> None:
    file = tmp_path / "condau.toml"
    file.write_text(SETTINGS.format(folder=f'"{tmp_path / "state"}"', source="either"))
    assert "first-run" not in run("init", "--settings", str(file))
    assert first_run_link(read(file)) is None


@pytest.mark.parametrize("command", ["init", "serve", "worker"])
def test_where_the_database_is_away_it_says_so_and_names_no_password(settings_file: Path, command: str) -> None:
    away = 'database_url = "postgresql://somebody:a-secret@127.0.0.1:9/none"\n'
    settings_file.write_text(away + settings_file.read_text(), encoding="utf-8")
    result = CliRunner().invoke(app, [command, "--settings", str(settings_file)])
    assert result.exit_code == 2
    assert "cannot start: the database cannot be reached" in result.output
    assert "a-secret" not in result.output
    assert "Traceback" not in result.output
