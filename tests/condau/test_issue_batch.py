"""`condau issue` as an operator uses it, on a real installation, from the template to a document that verifies."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from condau.cli import app
from condau.clock import now
from condau.initialise import initialise
from condau.installation_secret import installation_secret
from condau.settings import read_settings
from condau.verify import Request
from condau.verify import run as verify
from issuance.certificate import STATUS_LIST_SIZE
from signing.keys import KeyRing
from signing.status_list import seal_status_list
from signing.trust_list import seal_trust_list
from tests.issuance.batches.pupils import pupils, write_lines
from tests.issuance.office import shipped_catalogue
from tests.sealing import LIST_URI, PUBLIC_URL
from verification.trust import KeyPurpose
from verification.verify_trust_list import anchor_of

UNIT = "000.00.13.H26"
ISSUER = "https://officials.example"
CLERK, HEAD = f"{ISSUER}|clerk", f"{ISSUER}|head"
SETTINGS = """
mode = "demo"
state_folder = {folder}
key_passphrase = "only for tests"
pdf_key_type = "p256"
database_url = {database_url}
[[issuers]]
name = "officials"
issuer = "https://officials.example"
audiences = ["condau"]
people = "officials"
"""

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(sqlite_url: str, tmp_path: Path) -> Run:
    """The command line of a new installation with two officials: the exit code and what was said."""
    file = tmp_path / "condau.toml"
    folder = json.dumps(str(tmp_path / "state"))
    file.write_text(SETTINGS.format(folder=folder, database_url=json.dumps(sqlite_url)))
    initialise(read_settings(file))

    def invoke(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, [*arguments, "--settings", str(file)])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    for key, role, name in ((CLERK, "caseworker", "Vũ Thị Mẫu"), (HEAD, "head", "Trần Văn Mẫu")):
        assert invoke("officials", "put", key, "--unit", UNIT, "--role", role, "--name", name)[0] == 0
    return invoke


def test_prepared_approved_issued_and_verified(run: Run, tmp_path: Path) -> None:
    lines = list(pupils(5))
    lines[1]["birth_date"] = "bao giờ"
    file = write_lines(tmp_path / "a.csv", iter(lines), shipped_catalogue().get("school_transcript"))
    of_file = ("issue", "--batch", str(file), "--language", "en")
    assert run(*of_file) == (2, "issue: this file is no batch yet: add --prepare\n")
    code, said = run(*of_file, "--prepare", "--type", "school_transcript", "--official", CLERK)
    assert code == 1
    assert "5 lines: 4 to be issued, 1 refused" in said
    batch = said.split()[0]
    assert batch.startswith(f"{UNIT}-")
    assert batch.endswith("-L01")
    refused = tmp_path / "a.csv.refused.csv"
    first = refused.read_bytes()
    assert run(*of_file, "--prepare", "--type", "school_transcript", "--official", CLERK)[0] == 1
    assert (refused.read_bytes(), first.count(b"\r\n")) == (first, 2)
    approve = ("issue", "--approve", batch, "--language", "en")
    code, said = run(*approve, "--official", CLERK)
    assert (code, "somebody else must approve it" in said) == (2, True)
    assert run(*approve, "--official", HEAD)[0] == 0

    code, said = run(*of_file, "--processes", "1", "--out", str(tmp_path / "out"))
    assert code == 1
    assert f"{batch}: 4 issued, 0 done before" in said
    assert "refused  1  something is missing or wrong (invalid_input)" in said
    report = refused.read_text(encoding="utf-8")
    assert list(csv.reader(report.splitlines())) == [
        ["line", "code", "message"],
        ["2", "invalid_input", "something is missing or wrong: birth_date in the wrong form"],
    ]
    assert "bao giờ" not in report + said
    assert "finished" in run("issue", "list")[1]

    # Somebody else's machine, with the lists downloaded and no network.
    ring, at = KeyRing.load(tmp_path / "state" / "keys", b"only for tests"), now() + timedelta(minutes=1)
    fetched, silent = tmp_path / "download.json", Console(quiet=True)
    signer = ring.active(KeyPurpose.TRUST_LIST, at)
    trust = seal_trust_list(ring.trust_list(at), signer, PUBLIC_URL, at, timedelta(days=7))
    status = seal_status_list({}, STATUS_LIST_SIZE, ring.active(KeyPurpose.STATUS, at), LIST_URI, at, 3600, 600)
    fetched.write_text(json.dumps({"trust_list": trust, "status_lists": [status], "made_at": at.isoformat()}))
    anchor = anchor_of(signer.public_key).hex()
    issued = sorted((tmp_path / "out").iterdir())
    assert [one.name[:6] for one in issued] == ["000001", "000003", "000004", "000005"]
    asked = Request(
        target=str(issued[2]),
        bundle=tmp_path / "bundle.json",
        update=str(fetched),
        anchor=anchor,
        as_json=False,
        language="vi",
    )
    assert verify(asked, at, silent, silent) == 0


@pytest.fixture
def secrets_of_an_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other processes know nothing of the vault that tests share."""
    for module in ("personal_vault", "ledger_key"):
        monkeypatch.setattr(f"condau.{module}.installation_secret", installation_secret)


@pytest.mark.campaign
@pytest.mark.usefixtures("secrets_of_an_installation")
def test_in_processes_of_their_own(run: Run, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "a.jsonl", pupils(230), shipped_catalogue().get("school_transcript"))
    of_file = ("issue", "--batch", str(file), "--language", "en")
    code, said = run(*of_file, "--prepare", "--type", "school_transcript", "--official", CLERK)
    assert code == 0
    assert run("issue", "--approve", said.split()[0], "--official", HEAD)[0] == 0
    code, said = run(*of_file, "--processes", "3")
    assert (code, "230 issued, 0 done before" in said) == (0, True)


def test_a_template_for_each_form() -> None:
    csv_lines = CliRunner().invoke(app, ["issue", "template", "school_transcript"]).output.splitlines()
    assert csv_lines[0].startswith("personal_id,full_name,birth_date,sex,")
    assert len(csv_lines) == 2
    line = json.loads(CliRunner().invoke(app, ["issue", "template", "school_transcript", "--jsonl"]).output)
    assert "copies" not in line
    assert CliRunner().invoke(app, ["issue", "template", "nothing"]).exit_code == 2
    assert CliRunner().invoke(app, ["issue"]).exit_code == 2
