"""An office on SQLite for most tests, on both databases where transactions and queries matter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.runner import Database
from tests.issuance.office import Office


@pytest.fixture
async def office(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    yield Office(database, tmp_path)
    await database.dispose()


@pytest.fixture
def office_on_both(database: Database, tmp_path: Path) -> Office:
    return Office(database, tmp_path)
