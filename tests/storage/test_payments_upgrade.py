"""Money of earlier releases is told in rows of its own after an upgrade, and all of it is somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from issuance.jobs import JobKind
from issuance.payments.received import PaymentState
from issuance.payments.refund import RefundState, RefundWay
from storage import tables
from storage.application_rows import application_to_row
from storage.columns import UtcMoment
from storage.engines import Address, blocking_engine
from storage.rows import order_to_row
from storage.runner import Database
from tests.storage.databases import PostgresServer
from tests.storage.people import NOW, an_application, an_order
from tests.storage.test_upgrade import CHANGED_AT, fill

PAID, OWING = an_application(), an_application()
ORDER = replace(an_order(PAID), paid_at=NOW, provider_reference="FT1")
OPEN = an_order(OWING)
ROWS: tuple[tuple[sa.Table, dict[str, Any]], ...] = (
    (tables.applications, application_to_row(PAID) | CHANGED_AT),
    (tables.applications, application_to_row(OWING) | CHANGED_AT),
    (tables.payment_orders, order_to_row(ORDER)),
    (tables.payment_orders, order_to_row(OPEN)),
)
_UNMATCHED = sa.table(
    "unmatched_payments",
    *(sa.column(name) for name in ("provider_reference", "memo", "amount")),
    sa.column("application_id", sa.Uuid),
    sa.column("received_at", UtcMoment),
    sa.column("noted_at", UtcMoment),
)
_REFUNDS = sa.table(
    "refund_orders",
    *(sa.column(name) for name in ("assessment_seq", "amount", "cause", "opened_by")),
    sa.column("id", sa.Uuid),
    sa.column("application_id", sa.Uuid),
    sa.column("opened_at", UtcMoment),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Of release 0005, with a payment of which a part is to go back, and money that nobody had looked at."""
    server: PostgresServer | None = None
    url = f"sqlite:///{tmp_path / 'released.sqlite'}"
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        url = server.create_database(migrated=False)
    fill(url, "0005", ROWS)
    engine = blocking_engine(Address.parse(url))
    with engine.begin() as connection:
        noted = {"received_at": NOW, "noted_at": NOW}
        for reference, application_id in (("FT2", OWING.id), ("FT3", None)):
            values = {"provider_reference": reference, "memo": "Nguyễn Văn A", "amount": 7_000} | noted
            connection.execute(sa.insert(_UNMATCHED), values | {"application_id": application_id})
        refund = {"id": uuid4(), "application_id": PAID.id, "assessment_seq": 2, "amount": 5_000}
        refund |= {"cause": "evidence_accepted", "opened_by": "x", "opened_at": NOW}
        connection.execute(sa.insert(_REFUNDS), refund)
    engine.dispose()
    database = Database(url, clock=lambda: NOW)
    database.migrate()
    yield database
    database.dispose_blocking()
    if server is not None:
        server.drop_database(url)


def test_all_money_is_somewhere(upgraded: Database) -> None:
    (balance,) = upgraded.run_blocking(lambda r: r.received_payments.balance())
    assert balance.is_even
    assert (balance.came, balance.refunded, balance.waiting) == (ORDER.amount + 14_000, 5_000, 14_000)
    (charged,) = upgraded.run_blocking(lambda r: r.received_payments.charged_for(PAID.id))
    assert (charged.reference, charged.refunded, charged.state) == ("FT1", 5_000, PaymentState.CHARGED)
    (waiting,) = upgraded.run_blocking(lambda r: r.received_payments.waiting_for(OWING.id))
    assert (waiting.memo, waiting.unit) == ("Nguyễn Văn A", OWING.unit)


def test_what_was_ordered_back_is_sent_now_and_open_orders_are_asked_about(upgraded: Database) -> None:
    (refund,) = upgraded.run_blocking(lambda r: r.refunds.of_application(PAID.id))
    assert (refund.state, refund.way) == (RefundState.ORDERED, RefundWay.GATEWAY)
    later = NOW + timedelta(days=1)
    assert (JobKind.SEND_REFUND, refund.id) in upgraded.run_blocking(lambda r: r.overdue_jobs(changed_before=later))
    assert upgraded.run_blocking(lambda r: r.payments.to_ask_about(NOW, 10)) == [OPEN]


MUST_NOT_BE = (
    "UPDATE received_payments SET amount = amount + 1",
    "UPDATE received_payments SET reference = 'X'",
    "UPDATE received_payments SET refunded = 0",
    "UPDATE received_payments SET state = 'waiting', application_id = NULL, refunded = 0 WHERE state = 'charged'",
    "UPDATE received_payments SET refunded = amount + 1 WHERE state = 'charged'",
    "UPDATE received_payments SET state = 'returned' WHERE state = 'waiting'",
    "DELETE FROM received_payments",
    "UPDATE refund_orders SET amount = 1",
    "DELETE FROM refund_orders",
)


def test_what_must_hold_is_held_by_the_database(upgraded: Database) -> None:
    for change in MUST_NOT_BE:
        with pytest.raises(DBAPIError):
            upgraded.run_blocking(lambda r, change=change: r._connection.execute(sa.text(change)))  # type: ignore[misc] # of a default
