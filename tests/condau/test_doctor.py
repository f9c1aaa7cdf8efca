"""First run, doctor and the refusals at start, as an operator meets them."""

import re
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from rich.console import Console
from typer.testing import CliRunner

from api.web.verify.decoder_files import missing_files
from condau.assembly import assemble
from condau.cli import app
from condau.clock import now
from condau.demo import demo_settings
from condau.doctor import examine
from condau.initialise import initialise
from condau.settings import Settings, SettingsRefused, read_settings
from issuance.jobs import JobKind
from signing.keyring_file import read_ring_file, write_ring_file
from simulators.outside_world import create_outside_world
from storage.runner import Database
from tests.issuance.agencies.trees import unit
from tests.simulators.serving import serve
from tests.storage.people import an_application
from verification.trust import KeyPurpose

NOBODY = "http://127.0.0.1:9"


def examined(settings: Settings) -> tuple[int, str]:
    said = StringIO()
    return examine(settings, Console(file=said, width=300)), said.getvalue()


def test_before_the_first_run_it_says_what_to_do(tmp_path: Path) -> None:
    code, said = examined(demo_settings(tmp_path, 8000, NOBODY))
    assert code == 1
    assert "✗ settings and parts" in said
    assert "condau init" in said


def test_after_the_first_run_all_is_well(tmp_path: Path) -> None:
    def outside(base_url: str) -> object:
        return create_outside_world(base_url, lambda: datetime.now(UTC), demo=True)

    with serve(outside) as outside_url:
        settings = demo_settings(tmp_path, 8000, outside_url)
        initialise(settings)
        code, said = examined(settings)
    assert code == 0, said
    for what in ("disk", "scanner", "database", "keys", "trust list", "trial seal", "identity provider demo-citizens"):
        assert f"✓ {what}" in said


def test_it_says_how_to_get_the_scanners_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = demo_settings(tmp_path, 8000, NOBODY)
    initialise(settings)
    monkeypatch.setattr("condau.doctor.missing_files", lambda: missing_files(tmp_path))
    code, said = examined(settings)
    assert code == 1
    assert "✗ scanner: not installed: LICENSE, reader/index.js, share.js, zxing_reader.wasm" in said
    assert "make build" in said


def test_it_finds_what_is_wrong(tmp_path: Path) -> None:
    settings = demo_settings(tmp_path, 8000, NOBODY)
    initialise(settings)
    code, said = examined(settings)
    assert code == 1
    assert "✗ identity provider demo-citizens: no answer" in said
    key = next(settings.keys_folder.glob("pdf-*.key.pem"))
    key.chmod(0o644)
    _, said = examined(settings)
    assert "readable by others" in said


def test_it_names_the_jobs_that_are_stuck(tmp_path: Path) -> None:
    settings = demo_settings(tmp_path, 8000, NOBODY)
    initialise(settings)
    database = Database(settings.database, clock=now)
    stuck = uuid4()
    for _ in range(2):
        database.run_blocking(lambda r: r.failures.note(JobKind.ISSUE_RESULT, stuck, "lint_refused", now()))
    database.dispose_blocking()
    code, said = examined(settings)
    assert code == 1
    assert f"✗ background work: stuck: issue-result {stuck} (lint_refused, 2 times" in said


def test_it_names_what_lies_at_units_that_ended_for_good(tmp_path: Path) -> None:
    settings = demo_settings(tmp_path, 8000, NOBODY)
    initialise(settings)
    assert "✓ units" in examined(settings)[1]
    ended = unit("ENDED", until=date(2024, 6, 30))
    database = Database(settings.database, clock=now)
    database.run_blocking(lambda records: records.units.put([ended], now()))
    database.run_blocking(lambda records: records.applications.add(an_application(unit=ended.code)))
    database.dispose_blocking()
    code, said = examined(settings)
    assert code == 1
    assert "✗ units: open applications at units that ended without a successor: 1 at ENDED" in said


def test_initialising_again_keeps_the_keys(tmp_path: Path) -> None:
    settings = demo_settings(tmp_path, 8000, NOBODY)
    initialise(settings)
    before = {file.name: file.read_bytes() for file in settings.keys_folder.iterdir()}
    assert "is there already" in initialise(settings)[0]
    assert {file.name: file.read_bytes() for file in settings.keys_folder.iterdir()} == before
    assert all(file.stat().st_mode & 0o077 == 0 for file in settings.keys_folder.iterdir())


def test_production_refuses_to_seal_with_files_unless_told(tmp_path: Path) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text("a passphrase for this test")
    demo = demo_settings(tmp_path, 8000, NOBODY).model_dump()
    production = demo | {"mode": "production", "key_passphrase_file": secret}
    with pytest.raises(SettingsRefused, match="key_passphrase"):
        initialise(Settings(**production | {"key_passphrase_file": None}))
    initialise(Settings(**production))
    with pytest.raises(SettingsRefused, match="allow_software_keys"):
        assemble(Settings(**production))
    assembly = assemble(Settings(**production | {"allow_software_keys": True}))
    assert not assembly.workshop.specimen
    assembly.registers.close()
    assembly.database.dispose_blocking()


def test_a_wrong_settings_file_stops_with_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "condau.toml"
    file.write_text("prot = 8080")
    result = CliRunner().invoke(app, ["init", "--settings", str(file)])
    assert result.exit_code == 2
    assert "settings refused" in result.stdout
    assert "Traceback" not in result.output


def test_what_an_operator_can_mend_ends_in_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "condau.toml"
    file.write_text(f'mode = "demo"\nstate_folder = "{tmp_path / "state"}"\n', encoding="utf-8")
    result = CliRunner().invoke(app, ["serve", "--settings", str(file)])
    assert result.exit_code == 2
    assert "cannot start: no trusted issuer: nobody could ever sign in" in result.stdout
    assert "Traceback" not in result.output


@pytest.mark.parametrize("name", ["[/x]", "[app]", "[red]", "\\\\[bold]"])
def test_what_looks_like_markup_in_a_message_is_shown_as_it_is(tmp_path: Path, name: str) -> None:
    file = tmp_path / "condau.toml"
    client = f'[[clients]]\nissuer = "{name}"\nclient_id = "{name}"\nname = "n"\nscopes = ["desk"]\n'
    file.write_text(f'mode = "demo"\nstate_folder = "{tmp_path / "state"}"\n{client}', encoding="utf-8")
    initialise(read_settings(file))
    for command, code in (("serve", 2), ("doctor", 1)):
        result = CliRunner().invoke(app, [command, "--settings", str(file)])
        assert result.exit_code == code
        assert f"no issuer is called '{tomllib.loads(file.read_text())['clients'][0]['issuer']}'" in result.output
        assert "Traceback" not in result.output


CITY = '[[issuers]]\nname = "city"\nissuer = "https://id.example"\naudiences = ["x"]\npeople = "citizens"\n'


@pytest.mark.parametrize(
    ("text", "said", "mend"),
    [
        ("", "no trusted issuer", "[[issuers]]"),
        (CITY, "trusted issuer 'city': no level is mapped", "[[issuers]]"),
        (
            CITY + 'levels = { x = 1 }\n[[clients]]\nissuer = "city"\nclient_id = "a"\nname = "n"\n'
            'scopes = ["documents:read"]\nrequests_per_minute = 5\ncors_origins = ["*"]\n',
            "client 'a': cors_origins",
            "[[clients]]",
        ),
        ('key_passphrase_file = "/nowhere/passphrase"', "/nowhere/passphrase cannot be read", "mend the settings"),
        ('reasons_file = "/nowhere/reasons.toml"', "/nowhere/reasons.toml cannot be read", "mend the settings"),
        ('fonts_folder = "/nowhere"', "/nowhere", "fonts_folder"),
        ('policy_folders = ["/nowhere"]', "nowhere", "policy_folders"),
    ],
)
def test_doctor_says_how_to_mend_what_is_wrong_and_nothing_else(
    tmp_path: Path, text: str, said: str, mend: str
) -> None:
    file = tmp_path / "condau.toml"
    begins = f'mode = "demo"\nstate_folder = "{tmp_path / "state"}"\n'
    file.write_text(begins, encoding="utf-8")
    initialise(read_settings(file))
    file.write_text(begins + text, encoding="utf-8")
    _, output = examined(read_settings(file))
    finding, advice = output[output.index("✗ settings and parts") :].splitlines()[:2]
    assert said in finding
    assert mend in advice
    assert "condau init" not in advice
    assert not re.search(r"\b[A-Z]\w+(?:Issuer|Client|Error|Missing|Refused|Unavailable)\b", finding + advice)


@pytest.mark.parametrize("written", [b"", b"\xff\xfe"], ids=["empty", "no text"])
def test_a_secret_that_cannot_be_one_is_said_in_one_line(tmp_path: Path, written: bytes) -> None:
    secret, file = tmp_path / "secret", tmp_path / "condau.toml"
    secret.write_bytes(written)
    issuer = (
        '[[issuers]]\nname = "city"\nissuer = "https://id.example"\naudiences = ["x"]\npeople = "citizens"\n'
        f'levels = {{ high = 2 }}\nown_client = {{ client_id = "us", client_secret_file = "{secret}" }}\n'
    )
    file.write_text(f'mode = "demo"\nstate_folder = "{tmp_path / "state"}"\n{issuer}', encoding="utf-8")
    assert CliRunner().invoke(app, ["init", "--settings", str(file)]).exit_code == 0
    for command, code in (("serve", 2), ("doctor", 1)):
        result = CliRunner().invoke(app, [command, "--settings", str(file)])
        assert result.exit_code == code
        said = [line for line in result.stdout.splitlines() if str(secret) in line]
        assert len(said) == 1
        assert "client_secret_file" in said[0]
        assert "Traceback" not in result.output


def test_the_database_file_is_its_owners_alone(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o755)
    settings = demo_settings(tmp_path, 8000, NOBODY)
    initialise(settings)
    files = list(settings.state_folder.glob("condau.db*"))
    assert files
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)


def test_it_publishes_the_trust_list_once_and_says_how_full_it_is(tmp_path: Path) -> None:
    settings = demo_settings(tmp_path, 8000, NOBODY)
    initialise(settings)
    assert "✓ trust list: published and believed, with 6 keys; 0 % of what verifiers read" in examined(settings)[1]
    ring = read_ring_file(settings.keys_folder)
    one = next(key for key in ring.keys if key.purpose is KeyPurpose.PDF)
    past = [
        replace(one, key_id=f"{n:012x}", uri=f"software:{n}.key.pem", not_after=now().replace(microsecond=0))
        for n in range(1300)
    ]
    write_ring_file(settings.keys_folder, replace(ring, keys=(*past, *ring.keys)))
    said = examined(settings)[1]
    assert "✗ trust list: published and believed, with 1306 keys; " in said
    assert "let keys sign for longer" in said
    write_ring_file(settings.keys_folder, replace(ring, organisation="Nơi cấp " * 100))
    assert "✗ trust list: cannot be published: trust_list_malformed" in examined(settings)[1]
