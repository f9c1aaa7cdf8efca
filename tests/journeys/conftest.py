from pathlib import Path

import pytest

from storage.runner import Database
from tests.issuance.office import Office


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    """On SQLite and on PostgreSQL, as the database is."""
    return Office(database, tmp_path)
