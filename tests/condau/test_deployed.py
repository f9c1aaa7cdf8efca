"""What deploy/ holds is as the program wants it: settings and commands that exist, nothing public that must not be.

Neither a container runtime nor systemd is asked here; what was never started says so.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from condau.cli import app
from condau.issuers_and_clients import registered_clients, trusted_issuers
from condau.settings import PREFIX, Settings, read_settings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: one for name, one in SERVICES.items() if "CONDAU_IMAGE" in one["image"]}
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
INSIDE = {"%i": "8000", "%H": "host", "%d": "/run/credentials"}


def environment_of(unit: Path, instance: str = INSIDE["%i"]) -> dict[str, str]:
    inside = INSIDE | {"%i": instance}
    given = re.findall(r"^Environment=(\w+)=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: re.sub("|".join(inside), lambda found: inside[found[0]], value) for name, value in given}


def read(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> Settings:
    """As the program would, where only the settings' file lies elsewhere."""
    for name, value in environment.items():
        if name != f"{PREFIX}SETTINGS":
            monkeypatch.setenv(name, value)
    return read_settings(DEPLOY / "condau.toml")


def known(command: list[str]) -> bool:
    commands = get_command(app).commands  # type: ignore[attr-defined] # a group
    return command[0] in commands


@pytest.mark.parametrize("name", sorted(OURS))
def test_containers_are_told_what_the_program_knows(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    service = OURS[name]
    settings = read(monkeypatch, service["environment"])
    assert known(service["command"])
    assert settings.database_password_file is not None
    assert settings.key_passphrase_file is not None
    assert not settings.auto_migrate
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert "ports" not in service


def test_two_api_processes_and_four_workers_in_slots_of_their_own() -> None:
    commands = [one["command"][0] for one in OURS.values()]
    assert (commands.count("serve"), commands.count("worker")) == (2, 4)
    slots = [one["environment"].get("CONDAU_WORKER__EXECUTOR_ID") for one in OURS.values()]
    slots = [one for one in slots if one]
    assert len(set(slots)) == 4
    apis = [f"{name}:8000" for name, one in OURS.items() if one["command"] == ["serve"]]
    assert SERVICES["proxy"]["environment"]["CONDAU_APIS"].split() == apis


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert [name for name, one in SERVICES.items() if "ports" in one] == ["proxy"]
    assert COMPOSE["networks"]["back"]["internal"]
    assert SERVICES["database"]["networks"] == ["back"]
    assert "back" not in SERVICES["proxy"]["networks"]
    published = " ".join(SERVICES["proxy"]["ports"])
    assert "9090" not in published
    assert (DEPLOY / "Caddyfile").read_text(encoding="utf-8").count("/metrics") == 0


def test_secrets_are_files_and_no_values() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    assert not re.search(r"(PASSWORD|PASSPHRASE|SECRET)(?!_FILE)[A-Z_]*:", text)
    for secret in COMPOSE["secrets"].values():
        assert list(secret) == ["file"]
    for volume in {one.partition(":")[0] for service in SERVICES.values() for one in service.get("volumes", [])}:
        assert (DEPLOY / volume).is_file() if volume.startswith("./") else volume in COMPOSE["volumes"]


@pytest.mark.parametrize("unit", UNITS, ids=[one.name for one in UNITS])
def test_units_are_told_what_the_program_knows(unit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = unit.read_text(encoding="utf-8")
    settings = read(monkeypatch, environment_of(unit))
    (start,) = re.findall(r"^ExecStart=/opt/condau/\.venv/bin/condau (.*)$", text, re.MULTILINE)
    assert known(shlex.split(start))
    assert settings.key_passphrase_file == Path("/run/credentials/key-passphrase")
    for line in ("User=condau", "ProtectSystem=strict", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "UMask=0077"):
        assert line in text.splitlines()


@pytest.mark.parametrize("instance", ["19001", "19010", "19123"])
def test_a_worker_of_any_number_has_its_figures_and_slot(instance: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, environment_of(DEPLOY / "systemd" / "condau-worker@.service", instance))
    assert settings.worker.metrics_port == int(instance)
    assert settings.worker.executor_id == f"host-{instance}"


def test_the_folder_of_backups_is_there_before_anything_is_confined_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    unit = DEPLOY / "systemd" / "condau-backup.service"
    folder = str(read(monkeypatch, environment_of(unit)).backup_folder)
    lines = unit.read_text(encoding="utf-8").splitlines()
    (made,) = (line for line in lines if line.startswith("ExecStartPre=+"))
    assert made.split()[-1] == folder
    assert f"ReadWritePaths={folder}" in lines
    assert lines.index(made) < next(number for number, line in enumerate(lines) if line.startswith("ExecStart="))


def test_the_example_settings_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read_settings(DEPLOY / "condau.toml")
    assert settings.mode == "production"
    assert [one.name for one in trusted_issuers(settings)] == [one.name for one in settings.issuers]
    assert len(list(registered_clients(settings))) == len(settings.clients)


def test_a_password_from_a_file_reaches_the_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "password"
    secret.write_text("p@ss/word\n", encoding="utf-8")
    monkeypatch.setenv("CONDAU_DATABASE_URL", "postgresql://condau@database/condau")
    monkeypatch.setenv("CONDAU_DATABASE_PASSWORD_FILE", str(secret))
    settings = read_settings(DEPLOY / "condau.toml")
    assert settings.database == "postgresql://condau:p%40ss%2Fword@database/condau"
    assert "p%40ss" not in repr(settings)
