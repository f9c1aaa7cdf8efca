"""Fixtures for tests of every package: a database of each kind, empty and migrated."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from storage.runner import Database
from tests.storage.databases import PostgresServer, migrated_sqlite_file, postgres_server
from tests.storage.ledger_keys import a_ledger_key
from tests.storage.vaults import a_vault
from tests.type_adapters import MadeOnce

# No test knows a speed: a busy machine is no reason to fail.
settings.register_profile("without a clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("without a clock")


# Files with tests that take longest. One of them that is begun last is what everybody else waits for.
FIRST = (
    "campaign/",
    "crashes/",
    "journeys/",
    "benchmarks/",
    "condau/backup/",
    "verification/attacks/",
    "verification/test_uploads_hostile.py",
    "storage/test_schedule.py",
    "storage/test_worker_killed.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Each of the processes begins with its share of the slow files: `worksteal` gives each as many tests, in order."""
    processes = int(getattr(config, "workerinput", {}).get("workercount", 1))
    if processes == 1:
        return
    tests = Path(__file__).parent
    slow: dict[str, list[pytest.Item]] = {}
    quick: list[pytest.Item] = []
    for item in items:
        file = item.path.relative_to(tests).as_posix() if item.path.is_relative_to(tests) else ""
        (slow.setdefault(file, []) if file.startswith(FIRST) else quick).append(item)
    files, share = list(slow.values()), -(-len(items) // processes)
    items.clear()
    for number in range(processes):
        items += itertools.chain.from_iterable(files[number::processes])
        wanted = share * (number + 1) - len(items)
        items += quick[:wanted]
        del quick[: max(wanted, 0)]
    items += quick


@pytest.fixture(scope="session", autouse=True)
def databases_have_a_vault() -> Iterator[None]:
    """One and the same for every test; a Database that is given none seals and opens nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("storage.runner.locked_vault", a_vault)
        yield


@pytest.fixture(scope="session", autouse=True)
def databases_have_a_ledger_key() -> Iterator[None]:
    """One and the same for every test; a Database that is given none writes nothing into the ledger."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("storage.runner.locked_ledger", a_ledger_key)
        yield


@pytest.fixture(scope="session", autouse=True)
def types_are_compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fastapi._compat.v2.TypeAdapter", MadeOnce())
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL, started by the first test that asks for it."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_sqlite_file(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    file = tmp_path / "condau.sqlite"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgresql_url(postgres: PostgresServer) -> Iterator[str]:
    url = postgres.create_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty, migrated database; every test that takes it runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url, clock=lambda: datetime.now(UTC))
    yield opened
    await opened.dispose()
