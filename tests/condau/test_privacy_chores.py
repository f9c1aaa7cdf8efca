"""What a service forgets on schedule: by the periods of its settings, and as often as there is something left."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from condau import privacy_chores as forgetting
from condau.erasures import FILE
from condau.privacy_chores import privacy_chores
from condau.settings import RetentionSettings
from issuance.application import ApplicationState
from issuance.errors import PersonErased
from issuance.payments.received import PaymentState
from issuance.privacy.persons import Erasure
from storage.records import SqlRecords
from storage.runner import Database
from tests.condau.backup.installation import settings_of
from tests.storage.people import NOW, an_application
from tests.storage.test_fee_records import a_payment


async def test_applications_and_payers_whose_time_is_over_go_and_the_list_is_kept(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 1)
    retention = RetentionSettings(application_days=30, application_days_without_result=10)
    settings = settings_of(tmp_path, str(database.address.url)).model_copy(update={"retention": retention})
    withdrawn = [
        replace(an_application(), code=str(number), state=ApplicationState.WITHDRAWN, closed_at=NOW) for number in "12"
    ]
    payments = [
        replace(
            a_payment(withdrawn[0]),
            reference=reference,
            memo="a name",
            state=PaymentState.RETURNED,
            refunded=a_payment(withdrawn[0]).amount,
            meant_for=None,
            application_id=None,
        )
        for reference in ("FT1", "FT2")
    ]

    def come(records: SqlRecords) -> None:
        for application in withdrawn:
            records.applications.add(application)
        for payment in payments:
            records.received_payments.add(payment)
        records.persons.note(Erasure(id=uuid4(), person_index="a" * 64, at=NOW, applications=0))

    await database.run(come)
    chores = privacy_chores(database, settings, lambda: NOW + timedelta(days=11))
    for _ in range(2):
        for chore in chores:
            await asyncio.to_thread(chore)
    for application in withdrawn:
        with pytest.raises(PersonErased):
            await database.run(lambda r, one=application: r.applications.by_id(one.id))  # type: ignore[misc] # of a default
    kept = [await database.run(lambda r, one=one: r.received_payments.by_id(one.id)) for one in payments]  # type: ignore[misc] # of a default
    assert kept == [replace(one, memo="") for one in payments]
    assert len((tmp_path / FILE).read_text().splitlines()) == 1
