"""The schema is what the tables say, however many processes start at once, and a failed migration leaves nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import op
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from storage.engines import Address, blocking_engine
from storage.errors import UnsupportedDatabase
from storage.migrate import expected_revision, migrate
from storage.migrations.versions import v0011_waived
from storage.schema import metadata
from tests.storage.databases import PostgresServer

_MIGRATE = """
import sys
from storage.engines import Address
from storage.migrate import migrate
migrate(Address.parse(sys.argv[1]))
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'folder' / 'empty.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.create_database(migrated=False)
    yield url
    server.drop_database(url)


def reading(url: str) -> sa.Engine:
    return blocking_engine(Address.parse(url))


def ours(inspector: sa.Inspector) -> set[str]:
    return set(inspector.get_table_names()) & {"alembic_version", *metadata.tables}


def differences(url: str) -> list[Any]:
    engine = reading(url)
    with engine.begin() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                # On SQLite DBOS's tables lie beside ours.
                "include_name": lambda name, kind, _: kind != "table" or name in metadata.tables,
            },
        )
        found = compare_metadata(context, metadata)
    engine.dispose()
    return found


def checks(inspector: sa.Inspector) -> set[tuple[str, str | None]]:
    return {(table, check["name"]) for table in metadata.tables for check in inspector.get_check_constraints(table)}


def test_the_migrated_schema_is_what_the_tables_say(database_url: str) -> None:
    assert differences(database_url) == []
    engine = reading(database_url)
    # Alembic compares no CHECK constraints.
    declared = {
        (table.name, str(constraint.name))
        for table in metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, sa.CheckConstraint)
    }
    assert checks(sa.inspect(engine)) == declared
    engine.dispose()


def test_the_comparison_sees_a_difference(database_url: str) -> None:
    engine = reading(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP INDEX ix_applications_work_list"))
    engine.dispose()
    assert [difference[0] for difference in differences(database_url)] == ["add_index"]


def test_migrating_again_changes_nothing(database_url: str) -> None:
    migrate(Address.parse(database_url))
    assert differences(database_url) == []


def test_four_that_start_at_once_make_one_schema(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, [Address.parse(empty_url)] * 4))
    assert differences(empty_url) == []


def test_processes_that_start_at_once_make_one_schema(empty_url: str) -> None:
    started = [subprocess.Popen([sys.executable, "-c", _MIGRATE, empty_url]) for _ in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    assert differences(empty_url) == []


def test_a_migration_that_fails_leaves_nothing_and_can_be_run_again(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LookupError("planted")

    with monkeypatch.context() as patch:
        # Its last statements: by then every table is made.
        patch.setattr(op, "execute", fail)
        with pytest.raises(LookupError, match="planted"):
            migrate(Address.parse(empty_url))
    engine = reading(empty_url)
    assert ours(sa.inspect(engine)) == set()
    engine.dispose()
    migrate(Address.parse(empty_url))
    assert differences(empty_url) == []


def test_the_expected_revision_is_the_last_one() -> None:
    assert expected_revision() == v0011_waived.revision


def test_a_database_without_letters_is_refused_with_the_way_out(postgres: PostgresServer) -> None:
    url = postgres.create_database_without_letters()
    try:
        with pytest.raises(UnsupportedDatabase, match=r"SQL_ASCII.*ENCODING 'UTF8'"):
            migrate(Address.parse(url))
    finally:
        postgres.drop_database(url)
