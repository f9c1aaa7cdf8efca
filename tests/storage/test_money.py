"""Money that a provider reports: each transfer counts once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from issuance.application import Application
from issuance.errors import PaymentMismatch
from issuance.payments.order import PaymentOrder
from storage.records import SqlRecords
from storage.runner import Database
from tests.storage.people import NOW, an_application, an_order


async def open_order(database: Database) -> tuple[Application, PaymentOrder]:
    application = an_application()
    order = an_order(application)

    def open_it(records: SqlRecords) -> None:
        records.applications.add(application)
        records.payments.open(order)

    await database.run(open_it)
    return application, order


async def test_one_transfer_pays_one_order(database: Database) -> None:
    """A refusal and no ConcurrentChange: run again it would be refused again."""
    (_, first), (_, second) = await open_order(database), await open_order(database)
    paid = {"paid_at": NOW, "provider_reference": "FT-1"}
    assert await database.run(lambda records: records.payments.confirm(replace(first, **paid)))  # type: ignore[arg-type] # two fields
    with pytest.raises(PaymentMismatch):
        await database.run(lambda records: records.payments.confirm(replace(second, **paid)))  # type: ignore[arg-type] # two fields
    with pytest.raises(PaymentMismatch):
        database.run_blocking(lambda records: records.payments.confirm(replace(second, **paid)))  # type: ignore[arg-type] # two fields
    assert await database.run(lambda records: records.payments.of_application(second.application_id)) == second
