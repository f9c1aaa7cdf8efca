"""What earlier releases wrote without macs is covered from the first seal on, and nothing can look like it later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import storage.migrations
from issuance.records import AuditEntry
from storage.engines import Address, blocking_engine
from storage.ledger_seals import seal_all
from storage.ledger_tables import ledger_heads, ledger_seals
from storage.one_moment import as_of_one_moment
from storage.runner import Database
from storage.tables import audit
from tests.storage.databases import PostgresServer
from tests.storage.ledger_scenes import findings, owner_of
from tests.storage.people import CITIZEN, NOW

CASES = [UUID(int=1), UUID(int=2)]


@pytest.fixture(params=["sqlite", "postgresql"])
def of_before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Brought up to date from the release before the ledger, with entries of applications and of none."""
    server: PostgresServer | None = None
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'released.sqlite'}"
    else:
        server = request.getfixturevalue("postgres")
        url = server.create_database(migrated=False)
    config = Config()
    config.set_main_option("script_location", str(Path(storage.migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    engine = blocking_engine(Address.parse(url))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        columns = ("application_id", "seq", "at", "actor", "action", "details")
        table = sa.table("audit", *(sa.column(name, audit.c[name].type) for name in columns))
        rows = [(case, seq) for case in CASES for seq in (1, 2, 3)] + [(None, None)] * 2
        for case, seq in rows:
            values = {"application_id": case, "seq": seq, "at": NOW, "actor": CITIZEN, "action": "act"}
            connection.execute(sa.insert(table), values | {"details": {"words": "Đã nộp"}})
    engine.dispose()
    database = Database(url, clock=lambda: NOW)
    database.migrate()
    yield database
    database.dispose_blocking()
    if server is not None:
        server.drop_database(url)


def found_in(database: Database) -> list[tuple[str, str | None, int | None]]:
    with as_of_one_moment(database.address) as connection:
        return [(one.code, one.stream, one.seq) for one in findings(connection, None)]


def add_to(database: Database, case: UUID) -> None:
    entry = AuditEntry(at=NOW, actor=CITIZEN, action="act", application_id=case, details={})
    database.run_blocking(lambda records: records.audit.append(entry))


def tamper(database: Database, *statements: str) -> None:
    with owner_of(database.address.dbos_url) as owner, owner.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_what_was_there_is_taken_over_and_goes_on(of_before: Database) -> None:
    assert found_in(of_before) == []
    add_to(of_before, CASES[0])
    assert found_in(of_before) == []
    seal_all(of_before.run_blocking, NOW)
    add_to(of_before, CASES[1])
    assert found_in(of_before) == []
    with as_of_one_moment(of_before.address) as connection:
        assert connection.execute(sa.select(sa.func.count()).where(ledger_heads.c.mac.is_(None))).scalar() == 0
        assert connection.execute(sa.select(ledger_seals.c.leaves, ledger_seals.c.closes)).all() == [(3, True)]
    entries = of_before.run_blocking(lambda records: records.audit.of_application(CASES[0]))
    assert len(entries) == 4


@pytest.mark.parametrize(
    ("change", "stream"),
    [
        ("UPDATE audit SET actor = 'x' WHERE id = 2", f"application:{CASES[0].hex}"),
        ("DELETE FROM audit WHERE id = 6", f"application:{CASES[1].hex}"),
        ("UPDATE audit SET details = '{}' WHERE id = 8", "before"),
        ("DELETE FROM audit WHERE id = 7", "before"),
    ],
)
def test_what_was_there_cannot_be_changed_any_more(of_before: Database, change: str, stream: str) -> None:
    seal_all(of_before.run_blocking, NOW)
    tamper(of_before, change)
    assert {found for _, found, _ in found_in(of_before)} == {stream}


def test_nothing_can_be_made_to_look_like_it_afterwards(of_before: Database) -> None:
    seal_all(of_before.run_blocking, NOW)
    columns = "stream, seq, before_seq, is_sealed"
    tamper(
        of_before,
        f"INSERT INTO ledger_heads ({columns}) "
        "SELECT 'application:00000000000000000000000000000009', 0, 0, is_sealed FROM ledger_heads LIMIT 1",
    )
    assert "head_emptied" in {code for code, _, _ in found_in(of_before)}
