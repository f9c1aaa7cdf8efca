"""Money that a provider reports: each transfer counts once, and what fits no order is kept for a person to look at."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from issuance.application import Application
from issuance.errors import PaymentMismatch
from issuance.fees.document import VND
from issuance.payments.order import PaymentOrder, ReceivedPayment
from storage import tables
from storage.records import SqlRecords
from storage.runner import Database
from tests.storage.people import NOW, an_application, an_order

A_PAYMENT = ReceivedPayment(memo="H26", amount=VND(1_000), provider_reference="FT-1", received_at=NOW)


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


async def unmatched(database: Database) -> list[tuple[object, ...]]:
    t = tables.unmatched_payments.c
    query = sa.select(t.provider_reference, t.memo, t.amount, t.application_id, t.received_at, t.noted_at)
    return [tuple(row) for row in await database.run(lambda records: list(records._connection.execute(query)))]


async def test_money_that_fits_no_order_is_noted_once(database: Database) -> None:
    application, _ = await open_order(database)
    later = NOW + timedelta(hours=1)
    for at in (NOW, later):
        await database.run(lambda records, at=at: records.payments.note_unmatched(A_PAYMENT, application.id, at))
    other = replace(A_PAYMENT, provider_reference="FT-2", received_at=later)
    await database.run(lambda records: records.payments.note_unmatched(other, None, later))
    assert sorted(await unmatched(database), key=str) == [
        ("FT-1", "H26", 1_000, application.id, NOW, NOW),
        ("FT-2", "H26", 1_000, None, later, later),
    ]
