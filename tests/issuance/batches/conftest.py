"""An office whose officials issue transcripts."""

from __future__ import annotations

import pytest

from tests.issuance.batches.school_office import appoint
from tests.issuance.office import Office


@pytest.fixture
def school(office: Office) -> Office:
    appoint(office)
    return office
