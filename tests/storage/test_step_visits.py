"""Steps of applications: at most one is open, whoever comes at the same moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from issuance.errors import ConcurrentChange
from issuance.settlement.step_visit import StepVisit
from storage.runner import Database
from tests.storage.people import NOW, UNIT

VISIT = StepVisit(
    application_id=uuid4(),
    seq=1,
    unit=UNIT,
    type_id="criminal_record_form_1",
    procedure_id="criminal_record_form_1",
    step="review",
    role="caseworker",
    owner_key=None,
    entered_at=NOW,
    due_at=NOW + timedelta(days=6),
)


async def test_one_is_open_and_the_next_follows_it(database: Database) -> None:
    one = VISIT.application_id
    await database.run(lambda r: r.step_visits.open(VISIT))
    with pytest.raises(ConcurrentChange):
        await database.run(lambda r: r.step_visits.open(VISIT))
    changed = replace(VISIT, owner_key="https://id.example|an", unit="000.00.16.H26", due_at=NOW)
    await database.run(lambda r: r.step_visits.change(changed))
    assert await database.run(lambda r: r.step_visits.current(one)) == changed

    left = NOW + timedelta(days=1)
    closed = replace(changed, left_at=left, outcome="propose", by_key="k", acting_for_key="f")
    await database.run(lambda r: r.step_visits.close(one, at=left, outcome="propose", by_key="k", acting_for_key="f"))
    await database.run(lambda r: r.step_visits.close(one, at=NOW, outcome="again", by_key="x"))
    await database.run(lambda r: r.step_visits.change(VISIT))
    assert await database.run(lambda r: r.step_visits.current(one)) is None
    second = replace(VISIT, step="decision", entered_at=left)
    await database.run(lambda r: r.step_visits.open(second))
    assert await database.run(lambda r: r.step_visits.of_application(one)) == [closed, replace(second, seq=2)]
