"""`condau officials`, as an operator uses it: on a real database, with an audit entry for each change."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from condau.assembly import assemble
from condau.cli import app
from condau.clock import now
from condau.demo import demo_settings
from condau.initialise import initialise
from condau.issuers_and_clients import trusted_issuers
from condau.officials import dismiss_official, put_official
from condau.person_index import person_index
from identity.citizen import VerifiedOfficial
from identity.errors import OfficialNotActive
from identity.trusted_issuers import TrustedIssuers
from identity.verify_token import require_official, verify_token
from simulators.outside_world import create_outside_world
from simulators.people import load_people
from simulators.sign_in import sign_in
from storage import tables
from storage.identity_stores import StoredOfficials, StoredRedeemed
from storage.records import SqlRecords
from storage.runner import Database
from tests.simulators.serving import serve

T = TypeVar("T")
ISSUER = "https://officials.example"
HA = f"{ISSUER}|o-13a9d5c2e7"
UNIT, OTHER_UNIT = "000.00.15.H26", "000.00.16.H26"
SETTINGS = """
mode = "demo"
state_folder = {folder}
key_passphrase = "only for tests"
database_url = {database_url}
[[issuers]]
name = "officials"
issuer = "https://officials.example"
audiences = ["condau"]
people = "officials"
[[issuers]]
name = "citizens"
issuer = "https://citizens.example"
audiences = ["condau"]
people = "citizens"
levels = {{ high = 2 }}
"""


@dataclass(frozen=True, slots=True)
class Office:
    """An installation with a database, and the command line in front of it."""

    settings_file: Path
    database_url: str

    def run(self, *arguments: str) -> tuple[int, str]:
        """The exit code and what was said."""
        result = CliRunner().invoke(app, ["officials", *arguments, "--settings", str(self.settings_file)])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    def asked(self, use_case: Callable[[SqlRecords], T]) -> T:
        database = Database(self.database_url, clock=now)
        try:
            return database.run_blocking(use_case)
        finally:
            database.dispose_blocking()

    def audit(self) -> Sequence[tuple[str, dict[str, object]]]:
        query = sa.select(tables.audit.c.action, tables.audit.c.details).order_by(tables.audit.c.id)
        return self.asked(lambda records: [(row.action, row.details) for row in records._connection.execute(query)])


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Office:
    file = tmp_path / "condau.toml"
    file.write_text(SETTINGS.format(folder=json.dumps(str(tmp_path)), database_url=json.dumps(database_url)))
    return Office(file, database_url)


def test_an_official_is_put_changed_dismissed_and_put_back(office: Office) -> None:
    assert office.run("list") == (0, "the register of officials is empty\n")
    assert office.run("put", HA, "--unit", UNIT, "--role", "head", "--role", "caseworker") == (
        0,
        f"{HA} acts for {UNIT} as caseworker, head\n",
    )
    assert office.run("list") == (0, f"{HA} {UNIT} caseworker,head\n")
    assert office.run("put", HA, "--unit", OTHER_UNIT, "--role", "operator")[0] == 0
    assert office.run("list") == (0, f"{HA} {OTHER_UNIT} operator\n")
    assert office.run("dismiss", HA) == (0, f"{HA} may not act any more\n")
    assert office.run("list") == (0, f"{HA} dismissed\n")
    assert office.run("put", HA, "--unit", UNIT, "--role", "head")[0] == 0
    both, other = {"unit": UNIT, "roles": ["caseworker", "head"]}, {"unit": OTHER_UNIT, "roles": ["operator"]}
    active, dismissed = {"is_active": True}, {"is_active": False}
    assert office.audit() == [
        ("official_put", {"official": HA, "before": None, "after": both | active}),
        ("official_put", {"official": HA, "before": both | active, "after": other | active}),
        ("official_dismissed", {"official": HA, "before": other | active, "after": other | dismissed}),
        (
            "official_put",
            {"official": HA, "before": other | dismissed, "after": {"unit": UNIT, "roles": ["head"]} | active},
        ),
    ]


def test_the_own_number_is_kept_as_an_index_alone(office: Office) -> None:
    """So that no own case comes to this account, by whichever account it was begun."""
    number = "001190000077"
    put = ("put", HA, "--unit", UNIT, "--role", "head")
    code, said = office.run(*put, "--personal-id", "12345")
    assert (code, said) == (2, "officials: a personal number has twelve digits\n")
    assert office.audit() == []
    for _ in range(2):
        assert office.run(*put, "--personal-id", number) == (0, f"{HA} acts for {UNIT} as head\n")
    own = person_index(b"only for tests")(number)
    assert office.asked(lambda records: records.relatives.of(HA)) == {own}
    assert [action for action, _ in office.audit()] == ["official_put", "official_person_declared"] * 2
    assert number not in json.dumps(office.audit())
    assert office.run(*put)[0] == 0
    assert office.asked(lambda records: records.relatives.of(HA)) == {own}


def test_an_account_that_the_register_does_not_know_is_dismissed_too(office: Office) -> None:
    """Its provider's word may have been enough so far."""
    assert office.run("dismiss", HA) == (0, f"{HA} may not act any more; the register did not know this account\n")
    entry = office.asked(lambda records: records.officials.find(HA))
    assert entry is not None
    assert not entry.is_active
    assert [action for action, _ in office.audit()] == ["official_dismissed"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("put", HA, "--unit", UNIT, "--role", "haed"), "role 'haed', did you mean 'head'?"),
        (("put", HA, "--unit", UNIT, "--role", "minister"), "known: caseworker, fee_approver, fee_author, head"),
        (("put", HA, "--unit", UNIT, "--role", "head", "--role", "HEAD"), "role 'HEAD'"),
        (("put", HA, "--unit", "", "--role", "head"), "a unit is a code"),
        (("put", HA, "--unit", "Ba Đình", "--role", "head"), "a unit is a code"),
        (("put", "o-13a9d5c2e7", "--unit", UNIT, "--role", "head"), "a subject key is ISSUER|SUBJECT"),
        (("put", f"{ISSUER}|", "--unit", UNIT, "--role", "head"), "1 to 255 printable ASCII"),
        (("put", f"{ISSUER}| o", "--unit", UNIT, "--role", "head"), "1 to 255 printable ASCII"),
        (("put", f"{ISSUER}/|o", "--unit", UNIT, "--role", "head"), "no issuer of officials"),
        (("put", "https://citizens.example|o", "--unit", UNIT, "--role", "head"), "no issuer of officials"),
        (("dismiss", "[red]|o"), "no issuer of officials has the address '[red]'"),
        (("dismiss", f"{ISSUER}|Đức"), "1 to 255 printable ASCII"),
    ],
)
def test_what_could_never_count_is_refused_and_changes_nothing(
    office: Office, arguments: tuple[str, ...], said: str
) -> None:
    code, output = office.run(*arguments)
    assert code == 2
    assert said in output
    assert office.asked(lambda records: records.officials.list()) == []
    assert office.audit() == []


def test_a_role_has_to_be_given(office: Office) -> None:
    code, _ = office.run("put", HA, "--unit", UNIT)
    assert code == 2
    assert office.asked(lambda records: records.officials.list()) == []


def test_no_audit_no_change(office: Office) -> None:
    office.asked(lambda records: records._connection.execute(sa.text("DROP TABLE audit")).closed)
    with pytest.raises(sa.exc.DBAPIError):
        office.run("put", HA, "--unit", UNIT, "--role", "head")
    assert office.asked(lambda records: records.officials.list()) == []


def test_without_a_migrated_database_it_says_what_to_do(office: Office, tmp_path: Path) -> None:
    other = office.settings_file.read_text().replace(json.dumps(office.database_url), f'"sqlite:///{tmp_path}/new.db"')
    office.settings_file.write_text(other)
    for arguments in (("list",), ("dismiss", HA)):
        code, output = office.run(*arguments)
        assert code == 2
        assert "run `condau init`" in output


@pytest.mark.parametrize("arguments", [("list",), ("dismiss", HA), ("put", HA, "--unit", UNIT, "--role", "head")])
def test_a_wrong_folder_is_left_as_it_is(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """A database made there would look like a register where nobody acts."""
    file, nowhere = tmp_path / "condau.toml", tmp_path / "wrong"
    file.write_text(SETTINGS.format(folder=json.dumps(str(nowhere)), database_url='""'))
    code, output = Office(file, "").run(*arguments)
    assert code == 2
    assert f"there is no database at {nowhere}/condau.db" in output
    assert not nowhere.exists()


def test_a_service_that_runs_obeys_at_the_next_request(tmp_path: Path, database_url: str) -> None:
    """Put together as the service is: the register, and what counts once, are those of the database."""
    person = next(one for one in load_people().officials if one.username == "pham-thu-ha")

    def outside(base_url: str) -> object:
        return create_outside_world(base_url, lambda: datetime.now(UTC), demo=True)

    async def act(issuers: TrustedIssuers, token: str) -> VerifiedOfficial:
        return require_official(await verify_token(token, issuers, now()))

    async def story(outside_url: str) -> None:
        settings = demo_settings(tmp_path, 8000, outside_url, database_url)
        database = Database(settings.database, clock=now)
        issuers = trusted_issuers(settings, database)
        token = await asyncio.to_thread(lambda: sign_in(f"{outside_url}/officials", "desk", "pham-thu-ha").access_token)
        key = f"{outside_url}/officials|{person.subject}"
        try:
            assert (await act(issuers, token)).roles == {"caseworker"}
            await asyncio.to_thread(put_official, settings, key, OTHER_UNIT, ["head"])
            official = await act(issuers, token)
            assert (official.unit, official.roles) == (OTHER_UNIT, {"head"})
            assert await asyncio.to_thread(dismiss_official, settings, key)
            with pytest.raises(OfficialNotActive):
                await act(issuers, token)
        finally:
            await database.dispose()

    with serve(outside) as outside_url:
        asyncio.run(story(outside_url))


def test_the_service_keeps_in_its_database_what_all_its_processes_share(tmp_path: Path) -> None:
    settings = demo_settings(tmp_path, 8000, "http://127.0.0.1:9")
    initialise(settings)
    assembly = assemble(settings)
    try:
        assert assembly.services.issuers.redeem == StoredRedeemed(assembly.database)
        assert assembly.services.issuers.find_official == StoredOfficials(assembly.database)
    finally:
        asyncio.run(assembly.close())
