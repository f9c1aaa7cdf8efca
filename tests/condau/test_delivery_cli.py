"""`condau post` and `condau webhooks`, and what the settings say of receivers."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner

from condau.cli import app
from condau.clock import now
from condau.initialise import initialise
from condau.installation import records_of
from condau.settings import Settings, SettingsRefused, read_settings
from condau.webhooks import names_of, receivers_of, subscriptions_of
from issuance.delivery.notice import Endpoint, client_key
from storage.delivery_tables import notices
from storage.records import SqlRecords
from tests.condau.test_settings import ISSUER, PRODUCTION, write

SECRET = "whsec_" + base64.b64encode(b"only for tests, thirty-two bytes").decode()
CLIENT = """
[[clients]]
issuer = "city"
client_id = "app"
name = "App"
scopes = ["applications:read"]
webhook_url = "https://app.example/events"
"""
KEY = client_key("https://id.example", "app")


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "webhook-secret"
    file.write_text(f"{SECRET}\n", encoding="ascii")
    return file


def test_receivers_follow_from_the_settings(tmp_path: Path, secret: Path) -> None:
    more = f'webhook_secret_file = "{secret}"\nprevious_webhook_secret_file = "{secret}"\n'
    more += '[webhooks]\ngive_up_days = 5\nprivate_networks = ["10.20.0.0/16"]\n'
    settings = read_settings(write(tmp_path, PRODUCTION + ISSUER + CLIENT + more))
    (receiver,) = receivers_of(settings).values()
    assert receiver.address == "https://app.example/events"
    assert receiver.secrets.previous == receiver.secrets.current
    assert "app.example" not in repr(receiver)
    told = subscriptions_of(settings)
    assert (told.clients, told.give_up_after) == (frozenset({KEY}), timedelta(days=5))
    assert names_of(settings) == {KEY: "app"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("", "needs webhook_secret_file"),
        ('webhook_secret_file = "nowhere"', "cannot be read"),
        ('webhook_secret_file = "{odd}"', "whsec_"),
        ('[webhooks]\nprivate_networks = ["10.20.0.1/16"]', "private_networks"),
        ("[webhooks]\ngive_up_days = 0", "give_up_days"),
    ],
)
def test_what_cannot_be_signed_or_reached_is_refused_at_start(tmp_path: Path, more: str, said: str) -> None:
    odd = tmp_path / "odd"
    odd.write_text("hunter2hunter2", encoding="ascii")
    text = PRODUCTION + ISSUER + CLIENT + more.replace("{odd}", str(odd))
    with pytest.raises(SettingsRefused, match=said) as refused:
        receivers_of(read_settings(write(tmp_path, text)))
    assert "hunter2" not in str(refused.value)


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str, secret: Path) -> Settings:
    head = f'mode = "demo"\nstate_folder = "{tmp_path / "state"}"\ndatabase_url = "{sqlite_url}"\n'
    read = read_settings(write(tmp_path, head + ISSUER + CLIENT + f'webhook_secret_file = "{secret}"\n'))
    initialise(read)
    return read


def run(tmp_path: Path, *arguments: str) -> tuple[int, str]:
    given = [*arguments, "--settings", str(tmp_path / "condau.toml")]
    result = CliRunner().invoke(app, given, env={"COLUMNS": "200"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def _a_dead_letter(records: SqlRecords) -> None:
    records._connection.execute(
        notices.insert(),
        {
            "id": UUID(int=5),
            "client": KEY,
            "application_id": UUID(int=6),
            "seq": 1,
            "type": "document.issued",
            "data": {"application": "000.00.15.H26-240603-0001"},
            "created_at": now(),
            "state": "dead",
            "attempts": 9,
            "last_error": "http_500",
            "done_at": now(),
        },
    )


def test_dead_letters_are_shown_and_sent_again(tmp_path: Path, settings: Settings) -> None:
    assert run(tmp_path, "webhooks", "list")[0] == 0
    with records_of(settings) as ask:
        ask(_a_dead_letter)  # type: ignore[arg-type] # of a test that writes a row
    code, said = run(tmp_path, "webhooks", "list", "--json")
    assert code == 1
    assert json.loads(said)["clients"] == [
        {"client": "app", "waiting": 0, "dead": 1, "failures_in_a_row": 0, "disabled": False}
    ]
    assert json.loads(said)["dead"][0]["last_error"] == "http_500"
    assert "document.issued" in run(tmp_path, "webhooks", "list", "--client", "app")[1]
    assert run(tmp_path, "webhooks", "list", "--client", "nobody")[0] == 2
    assert "1 events are sent again" in run(tmp_path, "webhooks", "replay", "--client", "app")[1]
    assert run(tmp_path, "webhooks", "list")[0] == 0


def test_an_address_that_is_gone_is_enabled_again(tmp_path: Path, settings: Settings) -> None:
    gone = Endpoint(client=KEY, disabled_at=now(), disabled_address="a" * 64)
    with records_of(settings) as ask:
        ask(lambda records: records.notices.save_endpoint(gone))
    assert "app  0 waiting, 0 dead  disabled" in run(tmp_path, "webhooks", "list")[1]
    assert "go there again" in run(tmp_path, "webhooks", "enable", "app")[1]
    assert "nothing kept" in run(tmp_path, "webhooks", "enable", "app")[1]


def test_reports_are_imported_by_line(tmp_path: Path, settings: Settings) -> None:
    file = tmp_path / "reports.csv"
    file.write_text("parcel,tracking,state,at,reason\nP00000000018,,delivered,2024-06-03T08:00:00+07:00,\nx\n")
    code, said = run(tmp_path, "post", "import", str(file), "--dry-run", "--language", "en")
    assert code == 1
    assert ":2: there is no such parcel" in said
    assert ":3: there must be exactly 5 columns" in said
    assert "this was a preview" in said
    code, said = run(tmp_path, "post", "import", str(file), "--json")
    assert json.loads(said)["problems"] == [{"line": 2, "problem": "unknown"}, {"line": 3, "problem": "columns"}]
    file.write_text("nonsense")
    assert run(tmp_path, "post", "import", str(file))[0] == 1
    assert run(tmp_path, "post", "import", str(tmp_path / "nowhere.csv"))[0] == 2
