"""A database of the release before keys holds no name in clear once it was opened, not in any byte of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from issuance.certificate import CertificateKind
from storage import settlement_tables, tables
from storage.compact import compact
from storage.engines import Address, blocking_engine
from storage.errors import CellDamaged, VaultLocked
from storage.migrate import migrate
from storage.runner import Database
from tests.storage.databases import PostgresServer
from tests.storage.people import CITIZEN, NOW, an_application
from tests.storage.test_upgrade import APPROVED, CERTIFICATE, PAID, ROWS, fill
from tests.storage.vaults import a_vault

CANARIES = ("Nguyễn Thị Minh Anh", "001195000001", "Không có án tích", "Bao giờ xong, canary?", "v1. canary")
ASKED = {
    "id": uuid4(),
    "application_id": PAID.id,
    "text": "v1. canary Bao giờ xong, canary?",
    "asked_at": NOW,
    "due_at": NOW,
}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database as release 0005 left it, in use."""
    rows = (*ROWS, (settlement_tables.questions, ASKED))
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path / 'released.sqlite'}"
        fill(address, "0005", rows)
        yield address
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    address = server.create_database(migrated=False)
    fill(address, "0005", rows)
    yield address
    server.drop_database(address)


def everything_in(url: str) -> str:
    """Every byte of the file; every column of every table, those of the background work too."""
    address = Address.parse(url)
    engine = blocking_engine(address)
    try:
        if not address.is_postgresql:
            compact(address)
            folder = Path(str(address.url.database)).parent
            return "".join(file.read_bytes().decode("utf-8", "ignore") for file in folder.glob("released.sqlite*"))
        with engine.begin() as connection:
            names = connection.execute(
                sa.text(
                    "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables"
                    " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
                )
            ).scalars()
            return "".join(
                text
                for name in names.all()
                for text in connection.execute(sa.text(f"SELECT t::text FROM {name} t")).scalars()
            )
    finally:
        engine.dispose()


def opened(url: str, secret: bytes | None = None) -> Database:
    return Database(url, clock=lambda: NOW, vault=a_vault() if secret is None else a_vault(secret))


def index(number: str) -> str:
    return f"index of {number[-2:]}".ljust(64, ".")


def seal_all(database: Database, at_once: int = 2) -> int:
    sealed = 0
    while done := database.run_blocking(lambda records: records.sealing.seal_earlier_rows(index, at_once)):
        sealed += done
    return sealed


def test_rows_of_before_are_sealed_and_read_as_ever(url: str) -> None:
    before = everything_in(url)
    assert all(canary in before for canary in CANARIES)
    migrate(Address.parse(url))
    database = opened(url)
    try:
        assert not database.run_blocking(lambda r: r.sealing.is_everything_sealed())
        in_clear = database.run_blocking(lambda r: r.applications.by_id(APPROVED.id))
        assert database.run_blocking(lambda records: records.sealing.seal_earlier_rows(index, 1)) == 1  # and is killed
        assert seal_all(database) >= 5
        assert database.run_blocking(lambda r: r.sealing.is_everything_sealed())
        found = database.run_blocking(lambda r: r.applications.by_id(APPROVED.id))
        assert found == replace(in_clear, person_index=found.person_index, concerned_index=found.concerned_index)
        number = APPROVED.applicant.personal_id
        assert (found.person_index, found.concerned_index) == (index(number), index(number))
        result = database.run_blocking(lambda r: r.certificates.of_application(APPROVED.id, CertificateKind.RESULT))
        assert result == CERTIFICATE
        (question,) = database.run_blocking(lambda r: r.questions.of_application(PAID.id))
        assert question.text == ASKED["text"]
        answer = database.run_blocking(lambda r: r.idempotency.find(CITIZEN, "k"))
        assert answer is not None
        assert answer.body == {}
    finally:
        database.dispose_blocking()
    after = everything_in(url)
    assert [canary for canary in CANARIES if canary in after] == []


def test_what_is_put_in_clear_where_everything_is_sealed_is_not_believed(database_url: str) -> None:
    database, application = opened(database_url), an_application()
    try:
        database.run_blocking(lambda r: r.applications.add(application))
        assert seal_all(database) == 0
        database.warm_up()
        assert database.run_blocking(lambda r: r.applications.by_id(application.id)) == application
        forged = json.dumps({"copies": 5})
        database.run_blocking(
            lambda r: r._connection.execute(sa.text("UPDATE applications SET input = :it"), {"it": forged}) and None
        )
        with pytest.raises(CellDamaged, match="in clear"):
            database.run_blocking(lambda r: r.applications.by_id(application.id))
    finally:
        database.dispose_blocking()


def test_another_passphrase_is_told_before_it_makes_everybody_somebody_else(database_url: str) -> None:
    database = opened(database_url)
    database.run_blocking(lambda r: r.sealing.require_same_vault())
    database.dispose_blocking()
    other = opened(database_url, b"the secret that another passphrase gives, as long as it has to be")
    try:
        ask: Callable[[], bool | None] = lambda: other.run_blocking(  # noqa: E731 - asked twice
            lambda r: r.sealing.is_same_vault()
        )
        assert ask() is False
        with pytest.raises(VaultLocked, match="another passphrase"):
            other.run_blocking(lambda r: r.sealing.require_same_vault())
        assert ask() is False
    finally:
        other.dispose_blocking()


def test_a_stored_decision_may_be_sealed_and_nothing_else(database: Database) -> None:
    application = an_application()
    assessments = tables.metadata.tables["fee_assessments"]
    in_clear = sa.text(
        "INSERT INTO fee_assessments (application_id, seq, at, cause, assessment)"
        " VALUES (:id, 1, :at, 'submitted', :text)"
    ).bindparams(
        sa.bindparam("id", type_=assessments.c.application_id.type), sa.bindparam("at", type_=assessments.c.at.type)
    )
    values = {"id": application.id, "at": NOW, "text": "{}"}
    database.run_blocking(lambda r: r._connection.execute(in_clear, values) and None)
    for change in ("assessment = '[]'", "seq = 2, assessment = 'v1.0.x'", "cause = 'evidence_accepted'"):
        with pytest.raises(sa.exc.DBAPIError, match="what was written down stays"):
            database.run_blocking(
                lambda r, change=change: r._connection.execute(sa.text(f"UPDATE fee_assessments SET {change}")) and None  # type: ignore[misc] # of a default
            )
    assert seal_all(database) == 1
    with pytest.raises(sa.exc.DBAPIError, match="what was written down stays"):
        database.run_blocking(
            lambda r: r._connection.execute(sa.text("UPDATE fee_assessments SET assessment = 'v1.0.x'")) and None
        )
