"""`condau keys`, as an operator uses it: before the first start, beside a running service, and in error."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key
from rich.console import Console
from typer.testing import CliRunner

from api.app import create_app
from condau.assembly import Assembly, assemble, live_keys
from condau.cli import app
from condau.clock import now
from condau.demo import demo_settings
from condau.initialise import initialise
from condau.running import address_of, listen, running
from condau.settings import Settings, SettingsRefused, read_settings
from condau.show_keys import table_of
from signing.describe_keys import describe_keys
from signing.errors import KeyCompromised
from signing.keyring_file import read_ring_file, write_ring_file
from signing.live_key_ring import LiveKeyRing
from signing.local_authority import create_local_authority
from storage import tables
from storage.records import SqlRecords
from storage.runner import Database
from tests.signing.outside_authority import certificate
from tests.storage.people import an_application, issue_now
from verification.trust import KeyPurpose
from verification.verdict import VIETNAM
from verification.verify_trust_list import anchor_of

NOBODY = "http://127.0.0.1:9"
WITHIN_SECONDS = 30.0
PASSPHRASE = "a passphrase for this test"


@dataclass(frozen=True, slots=True)
class House:
    """An installation's settings file, and the command line in front of it."""

    settings_file: Path

    @property
    def settings(self) -> Settings:
        return read_settings(self.settings_file)

    def run(self, *arguments: str, answer: str = "") -> tuple[int, str]:
        """The exit code and what was said."""
        called = ["keys", *arguments, "--settings", str(self.settings_file)]
        result = CliRunner().invoke(app, called, input=answer)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert "PRIVATE KEY" not in result.output
        assert "Traceback" not in result.output
        return result.exit_code, result.output

    def listed(self) -> list[dict[str, Any]]:
        code, said = self.run("list", "--json")
        assert code == 0
        found: list[dict[str, Any]] = json.loads(said)["keys"]
        return found

    def key(self, purpose: str, state: str = "signing now") -> str:
        (found,) = [one["id"] for one in self.listed() if (one["purpose"], one["state"]) == (purpose, state)]
        return str(found)

    def audited(self) -> list[tuple[str, dict[str, Any]]]:
        """All but the policies, procedures and units with which every installation begins."""
        database = Database(self.settings.database, clock=now)
        own = ~tables.audit.c.action.endswith("_installed", autoescape=True)
        query = sa.select(tables.audit.c.action, tables.audit.c.details).where(own).order_by(tables.audit.c.id)
        try:
            return database.run_blocking(
                lambda records: [(row.action, row.details) for row in records._connection.execute(query)]
            )
        finally:
            database.dispose_blocking()


@pytest.fixture
def house(tmp_path: Path) -> House:
    file = tmp_path / "condau.toml"
    file.write_text(f'mode = "demo"\nstate_folder = "{tmp_path / "state"}"\npdf_key_type = "p256"\n', encoding="utf-8")
    return House(file)


@pytest.fixture
def keys_folder(house: House) -> Path:
    assert house.run("init")[0] == 0
    return house.settings.keys_folder


def test_before_the_first_run_it_says_what_to_do(house: House) -> None:
    for command in (("list",), ("rotate", "qr"), ("csr", "abc"), ("compromise", "abc", "--since", "2026-01-01T00:00Z")):
        code, said = house.run(*command, "--yes") if command[0] == "compromise" else house.run(*command)
        assert code == 2
        assert "condau keys init" in said or "passphrase" in said


def test_keys_are_made_once_and_listed(house: House) -> None:
    assert "made a local root" in house.run("init")[1]
    before = house.listed()
    assert "is there already" in house.run("init")[1]
    assert house.listed() == before
    assert [one["purpose"] for one in before] == [purpose.value for purpose in KeyPurpose]
    assert {one["state"] for one in before} == {"signing now"}
    assert {one["backend"] for one in before} == {"software"}
    code, table = house.run("list")
    assert code == 0
    assert all(one["id"] in table for one in before)
    assert not (house.settings.state_folder / "condau.db").exists()


def test_an_installation_of_an_earlier_version_gets_the_keys_that_this_one_needs(house: House) -> None:
    settings = house.settings
    initialise(settings)
    ring = read_ring_file(settings.keys_folder)
    earlier = [one for one in ring.keys if one.purpose not in {KeyPurpose.CREDENTIAL, KeyPurpose.TRUST_LIST}]
    (settings.keys_folder / "root.crl.pem").unlink()
    write_ring_file(settings.keys_folder, type(ring)(ring.organisation, tuple(earlier), ring.roots))
    said = initialise(settings)
    assert "is there already" in said[0]
    assert [line.split()[3] for line in said[1:3]] == ["credential", "trust-list"]
    assert (settings.keys_folder / "root.crl.pem").exists()
    assert read_ring_file(settings.keys_folder).keys[:4] == tuple(earlier)
    after = read_ring_file(settings.keys_folder)
    assert len(initialise(settings)) == len(said) - 2
    assert read_ring_file(settings.keys_folder) == after


def test_a_rotation_says_when_and_a_second_run_adds_nothing(house: House, keys_folder: Path) -> None:
    initialise(house.settings)
    code, said = house.run("rotate", "qr", "--type", "ed25519", "--for", "90d", "--starts-in", "2d", "--shorter")
    assert code == 0
    new = house.key("qr", "next")
    assert f"the qr key {new} signs from" in said
    entry = read_ring_file(keys_folder).find(new)
    assert entry.not_after - entry.not_before == timedelta(days=90)
    assert timedelta(days=1, hours=23) < entry.not_before - now() <= timedelta(days=2)
    code, said = house.run("rotate", "qr")
    assert code == 2
    assert f"{new} waits already" in said
    assert house.audited() == [("key_rotated", {"key": new, "purpose": "qr"})]


def test_a_key_for_trust_lists_waits_until_every_list_that_is_held_names_it(house: House, keys_folder: Path) -> None:
    text = (keys_folder / "keyring.toml").read_bytes()
    code, said = house.run("rotate", "trust-list", "--starts-in", "6d")
    assert code == 2
    assert "168 hours" in said
    assert "--unpublished" in said
    assert (keys_folder / "keyring.toml").read_bytes() == text
    code, said = house.run("rotate", "trust-list")
    assert code == 0
    assert "warning" not in said.replace("warning: the audit trail", "")
    new = read_ring_file(keys_folder).find(house.key("trust-list", "next"))
    assert timedelta(days=6, hours=23) < new.not_before - now() <= timedelta(days=7)
    assert house.run("rotate", "trust-list", "--another", "--starts-in", "8d")[0] == 0


def test_before_anybody_has_a_list_its_key_may_begin_at_once(house: House, keys_folder: Path) -> None:
    old = house.key("trust-list")
    assert house.run("rotate", "trust-list", "--starts-in", "0d", "--unpublished")[0] == 0
    assert house.key("trust-list") != old
    code, said = house.run("rotate", "qr", "--unpublished")
    assert code == 2
    assert "--unpublished is for trust-list keys" in said


def test_how_long_lists_last_is_how_long_their_next_key_waits(house: House, keys_folder: Path) -> None:
    house.settings_file.write_text(
        house.settings_file.read_text(encoding="utf-8") + "trust_list_lifetime_hours = 48\n", encoding="utf-8"
    )
    assert house.run("rotate", "trust-list", "--starts-in", "47h")[0] == 2
    assert house.run("rotate", "trust-list", "--starts-in", "48h")[0] == 0


def test_where_the_present_key_ends_too_soon_it_says_who_is_left_behind(house: House, keys_folder: Path) -> None:
    ring, old = read_ring_file(keys_folder), house.key("trust-list")
    end = (now() + timedelta(days=2)).replace(microsecond=0)
    write_ring_file(keys_folder, ring.with_key(replace(ring.find(old), not_after=end)))
    code, said = house.run("rotate", "trust-list")
    assert code == 0
    assert read_ring_file(keys_folder).find(house.key("trust-list", "next")).not_before == end
    assert "warning: it has to begin before" in said


def test_anchors_are_shown_to_be_handed_out(house: House, keys_folder: Path) -> None:
    (old,) = [one for one in house.listed() if one["purpose"] == "trust-list"]
    record = read_ring_file(keys_folder).find(old["id"])
    public_key = load_pem_public_key((keys_folder / record.public_key).read_bytes())
    assert isinstance(public_key, ec.EllipticCurvePublicKey)
    assert old["anchor"] == anchor_of(public_key).hex()
    assert f"the anchor of {old['id']}, which signs trust lists now: {old['anchor']}" in house.run("list")[1]
    assert {one["anchor"] for one in house.listed() if one["purpose"] != "trust-list"} == {None}
    said = house.run("rotate", "trust-list")[1]
    (new,) = [one for one in house.listed() if (one["purpose"], one["state"]) == ("trust-list", "next")]
    assert f"its anchor, to be handed out when it signs: {new['anchor']}" in said
    assert old["anchor"] in house.run("list")[1]
    assert new["anchor"] in house.run("list")[1]

    since = (now() - timedelta(seconds=1)).isoformat()
    said = house.run("compromise", old["id"], "--since", since, "--yes")[1]
    assert house.key("trust-list") == new["id"]
    assert "whoever holds a trust list that names it goes on" in said
    assert f"its anchor, to be handed out now: {new['anchor']}" in said
    assert old["anchor"] not in house.run("list")[1]
    said = house.run("compromise", new["id"], "--since", since, "--yes")[1]
    (last,) = [one for one in house.listed() if (one["purpose"], one["state"]) == ("trust-list", "signing now")]
    assert "no list that is held names it: whoever checks offline has to begin anew" in said
    assert f"its anchor, to be handed out now: {last['anchor']}" in said
    assert "begins anew with the anchor" in said
    assert "no document has to be issued anew" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rotate", "qr", "--type", "rsa3072"), "RSA signatures are too long"),
        (("rotate", "pdf", "--type", "ed25519"), "readers of PDFs do not know Ed25519"),
        (("rotate", "qr", "--outside-ca"), "takes no certificate"),
        (("rotate", "qr", "--unit", "H26"), "has no unit 'H26'"),
        (("rotate", "qr", "--uri", "magic:x"), "no signing backend for 'magic'"),
        (("rotate", "qr", "--uri", "software:x", "--type", "p256"), "--type is for a key that is made here"),
        (("rotate", "qr", "--for", "0d"), "for some time"),
        (("rotate", "qr", "--for", "90"), "is no period"),
        (("rotate", "qr", "--for", "90d"), "or say --shorter"),
        (("rotate", "qr", "--starts-in", "99999999d"), "is no period"),
        (("rotate", "quick-response"), "PURPOSE"),
        (("csr", "nobody"), "the ring has no key 'nobody'"),
        (
            ("import-certificate", "nobody", "/nowhere.pem"),
            "keys: /nowhere.pem: cannot be read (No such file or directory)",
        ),
        (("compromise", "nobody", "--since", "2026-01-01T00:00:00Z", "--yes"), "the ring has no key 'nobody'"),
        (("compromise", "nobody", "--since", "yesterday", "--yes"), "no instant with an offset"),
        (("compromise", "nobody", "--since", "2026-01-01T00:00:00", "--yes"), "no instant with an offset"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    house: House, keys_folder: Path, arguments: tuple[str, ...], said: str
) -> None:
    before = {path.name: path.read_bytes() for path in keys_folder.iterdir()}
    code, output = house.run(*arguments)
    assert code == 2
    assert said in " ".join(output.replace("│", " ").split())
    assert "cannot start" not in output
    after = {path.name: path.read_bytes() for path in keys_folder.iterdir()}
    assert {name: text for name, text in after.items() if name != ".keyring.lock"} == before


def test_a_certificate_from_outside_is_asked_for_and_brought(house: House, keys_folder: Path, tmp_path: Path) -> None:
    assert "waits for its certificate" in house.run("rotate", "pdf", "--outside-ca")[1]
    waiting = house.key("pdf", "pending certificate")
    request = tmp_path / "request.pem"
    assert house.run("csr", waiting, "-o", str(request))[0] == 0
    code, said = house.run("csr", waiting, "-o", str(request))
    assert code == 2
    assert f"{request} is there already" in said
    nowhere = tmp_path / "nowhere" / "request.pem"
    code, said = house.run("csr", waiting, "-o", str(nowhere))
    assert (code, said) == (2, f"keys: {nowhere}: cannot be written (No such file or directory)\n")
    assert request.read_text(encoding="ascii") != house.run("csr", waiting)[1]  # ECDSA is randomised
    asked = x509.load_pem_x509_csr(request.read_bytes()).public_key()
    assert isinstance(asked, ec.EllipticCurvePublicKey)
    root_key = ec.generate_private_key(ec.SECP256R1())
    lasts: dict[str, Any] = {"begins": timedelta(days=-3650), "lasts": timedelta(days=36500)}
    root = certificate("Root", root_key.public_key(), "Root", root_key, ca=True, **lasts)
    leaf = certificate("Seal", asked, "Root", root_key, **lasts)
    for name, one in (("leaf", leaf), ("root", root)):
        (tmp_path / f"{name}.pem").write_bytes(one.public_bytes(Encoding.PEM))
    bring = ("import-certificate", waiting, str(tmp_path / "leaf.pem"))
    code, said = house.run(*bring)
    assert code == 2
    assert "--root" in said
    code, said = house.run(*bring, "--root", str(tmp_path / "root.pem"), "--starts-in", "0d")
    assert code == 0, said
    assert house.key("pdf") == waiting
    assert "nothing has changed" in house.run(*bring)[1]
    code, said = house.run("import-certificate", waiting, str(house.settings_file))
    assert code == 2
    assert "holds no certificates in PEM" in said


def test_a_compromise_is_asked_about_marked_and_told(house: House, keys_folder: Path) -> None:
    initialise(house.settings)
    key, since = house.key("pdf"), (now() - timedelta(minutes=1)).isoformat()
    asked = ("compromise", key, "--since", since)
    code, said = house.run(*asked, answer="n\n")
    assert (code, house.key("pdf")) == (1, key)
    code, said = house.run(*asked, answer="y\n")
    assert code == 0
    assert house.key("pdf") != key
    for told in ("compromised from", "signs from", "revoked its certificate", "0 documents", "trust list anew"):
        assert told in said
    assert "nothing has changed" in house.run(*asked, "--yes")[1]
    code, said = house.run("compromise", key, "--since", now().isoformat(), "--yes")
    assert code == 2
    assert "must not become good again" in said
    assert [action for action, _ in house.audited()] == ["key_compromised"]
    status = house.key("status")
    said = house.run("compromise", status, "--since", since, "--yes", "--no-replacement")[1]
    assert "nothing is sealed for status until a key takes over, and none is there" in said
    assert "the lists of states are signed anew" in said
    assert "they get new ones" not in said
    assert "warning: status: no key signs; `condau keys rotate status` adds one" in house.run("list")[1]
    assert house.run("rotate", "status", "--starts-in", "0d")[0] == 0
    assert house.key("status") != status


def test_a_folder_that_cannot_be_used_is_said_without_a_word_of_starting(house: House, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder", encoding="utf-8")
    code, said = house.run("init")
    assert code == 2
    assert said.startswith("keys: ")
    assert "cannot start" not in said


def test_the_list_can_be_read_on_a_narrow_screen(house: House, keys_folder: Path) -> None:
    since = now()
    house.run("compromise", house.key("credential"), "--since", since.isoformat(), "--yes")
    house.run("rotate", "pdf", "--outside-ca", "--type", "rsa3072")
    with (keys_folder / "keyring.toml").open("a", encoding="utf-8") as ring:
        ring.write('\n[[unit]]\ncode = "000.00.15.H26"\nname = "Phòng Hồ sơ"\ndocument_types = ["receipt"]\n')
    house.run("rotate", "qr", "--unit", "000.00.15.H26")
    described = describe_keys(keys_folder, now())
    console = Console(width=80)
    with console.capture() as captured:
        console.print(table_of(described))
    table = captured.get()
    assert "…" not in table
    assert f"{since.astimezone(VIETNAM):%Y-%m-%d %H:%M}" in table
    assert all(one.record.key_id in table and one.record.purpose.value in table for one in described)
    assert "pending certificate" in table
    assert "000.00.15.H26" in table
    assert all(f"{one.record.not_after.astimezone(VIETNAM):%Y-%m-%d %H:%M}" in table for one in described)


def test_every_document_that_a_stolen_key_has_sealed_is_named(house: House, keys_folder: Path) -> None:
    initialise(house.settings)
    key, applications = house.key("qr"), [an_application() for _ in range(52)]

    def store(records: SqlRecords) -> None:
        for application in applications:
            records.applications.add(application)
            issue_now(records, application, qr_key_id=key)

    database = Database(house.settings.database, clock=now)
    database.run_blocking(store)
    database.dispose_blocking()
    asked = ("compromise", key, "--since", "2024-01-01T00:00:00Z", "--yes")
    code, said = house.run(*asked)
    assert code == 0
    assert "the register has 52 documents" in said
    assert "with the reason `replaced`" in said
    assert sum(one.code in said for one in applications) == 50
    assert "and 2 more (--json has all)" in said
    code, said = house.run(*asked, "--json")
    assert code == 0
    told = json.loads(said)
    assert sorted(told["applications"]) == sorted(one.code for one in applications)
    assert "nothing has changed" in told["said"][0]
    assert house.run(*asked[:-1], "--json")[0] == 2


def test_it_is_said_who_signs_when_no_replacement_is_made(house: House, keys_folder: Path) -> None:
    old, since = house.key("qr"), now().isoformat()
    assert house.run("rotate", "qr")[0] == 0
    new = house.key("qr", "next")
    said = house.run("compromise", old, "--since", since, "--yes", "--no-replacement")[1]
    assert "nothing is sealed for qr until" in said
    assert f"when the key {new} begins" in said
    old = house.key("status")
    assert house.run("rotate", "status", "--starts-in", "0d")[0] == 0
    said = house.run("compromise", old, "--since", since, "--yes")[1]
    assert f"the status key {house.key('status')} goes on signing" in said


def test_without_a_database_the_change_is_made_and_said(house: House, keys_folder: Path) -> None:
    code, said = house.run("compromise", house.key("qr"), "--since", now().isoformat(), "--yes")
    assert code == 0
    assert "the audit trail could not be written" in said
    assert "the register could not be asked" in said
    assert not (house.settings.state_folder / "condau.db").exists()


def test_in_production_no_key_is_made_in_a_file_unless_that_is_allowed(tmp_path: Path) -> None:
    secret, file = tmp_path / "passphrase", tmp_path / "condau.toml"
    secret.write_text(PASSPHRASE)
    text = (
        f'state_folder = "{tmp_path / "state"}"\nkey_passphrase_file = "{secret}"\njudicial_register_url = "{NOBODY}"\n'
        f'payment_gateway_url = "{NOBODY}"\npdf_key_type = "p256"\n'
    )
    file.write_text(text)
    house = House(file)
    create_local_authority(house.settings.keys_folder, "Hà Nội", PASSPHRASE.encode(), now())
    code, said = house.run("rotate", "qr")
    assert code == 2
    assert "allow_software_keys" in said
    with pytest.raises(SettingsRefused, match="allow_software_keys"):
        live_keys(house.settings, PASSPHRASE.encode())
    file.write_text(text + "allow_software_keys = true\n")
    assert house.run("rotate", "qr")[0] == 0
    live_keys(house.settings, PASSPHRASE.encode())


def test_a_running_service_obeys_within_seconds(tmp_path: Path) -> None:
    """Rotated and marked from beside it; what it publishes and what it seals with follow, without a restart."""
    listening = listen(0)
    settings = demo_settings(tmp_path, listening.getsockname()[1], NOBODY)
    initialise(settings)
    file = tmp_path / "condau.toml"
    file.write_text(f'mode = "demo"\nstate_folder = "{settings.state_folder}"\n', encoding="utf-8")
    house, assembly = House(file), assemble(settings)

    def published(client: httpx.Client) -> set[str]:
        answer = client.get("/.well-known/jwks.json")
        assert client.get("/readyz").status_code == 200
        return {key["kid"] for key in answer.json()["keys"]}

    with (
        running(create_app(assembly.services), listening),
        httpx.Client(base_url=address_of(listening), trust_env=False) as client,
    ):
        before, old = published(client), house.key("qr")
        assert old in before
        assert house.run("rotate", "qr", "--starts-in", "0d")[0] == 0
        new = house.key("qr")
        _wait(lambda: new in published(client))
        assert published(client) == before | {new}
        assert assembly.workshop.keys.active(KeyPurpose.QR, now()).key_id == new

        stolen, since = house.key("pdf"), now()
        assert assembly.workshop.keys.by_id(stolen).key_id == stolen
        assert house.run("compromise", stolen, "--since", since.isoformat(), "--yes")[0] == 0
        _wait(lambda: _marked(assembly, stolen) == since)
        with pytest.raises(KeyCompromised):
            assembly.workshop.keys.by_id(stolen)
        assert assembly.workshop.keys.active(KeyPurpose.PDF, now()).key_id == house.key("pdf")

        # A slip of an editor must not take every machine out of service; the log and doctor tell of it.
        ring, current = settings.keys_folder / "keyring.toml", house.key("pdf")
        ring.write_text(ring.read_text(encoding="utf-8").replace("purpose", "porpoise"), encoding="utf-8")
        live = assembly.workshop.keys
        assert isinstance(live, LiveKeyRing)
        _wait(lambda: live.problem is not None)
        assert published(client) == before | {new}
        assert live.active(KeyPurpose.PDF, now()).key_id == current
    assembly.registers.close()
    assembly.database.dispose_blocking()


def _marked(assembly: Assembly, key_id: str) -> datetime | None:
    listed = assembly.services.trust(now()).find(key_id, KeyPurpose.PDF)
    return None if listed is None else listed.compromised_from


def _wait(until: Any) -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    while not until():
        assert time.monotonic() < deadline, "the service has not taken it up"
        time.sleep(0.1)
