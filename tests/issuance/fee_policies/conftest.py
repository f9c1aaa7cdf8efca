from pathlib import Path

import pytest

from storage.runner import Database
from tests.issuance.fee_policies.drafts import Agency, Person


@pytest.fixture
async def agency(database: Database, tmp_path: Path) -> Agency:
    """In November 2025, on SQLite and on PostgreSQL."""
    return await Agency.in_autumn(database, tmp_path)


@pytest.fixture
async def author(agency: Agency) -> Person:
    return await agency.author()


@pytest.fixture
async def approver(agency: Agency) -> Person:
    return await agency.approver()
