"""Whatever a life must not lose is missed by its own rules: each is taken away on purpose."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.runner import Database
from tests.crashes.test_whatever_dies import Life
from tests.crashes.world import an_office

NEVER = 1_000_000
"""Points, of which no life passes so many."""


@pytest.fixture
async def life(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Life]:
    """One pays in cash, and money comes for nobody; one has copies by post and one is erased. Nobody dies."""
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    office, world, countdown = await an_office(database, tmp_path, batches=0)
    life = Life(office, world, countdown)
    free, paying = range(2)
    for who in (free, paying):
        life.apply(who)
    life.cash_is_taken(paying, NEVER)
    life.money_comes(paying, "for nobody", "at once")
    life.copies_go_by_post(free, "delivered", NEVER)
    life.somebody_is_erased(with_document=False, points=NEVER)
    assert all((world.cash, world.told, world.delivered, world.erased))
    yield life
    countdown.left = None
    office.database.dispose_blocking()
    database.dispose_blocking()


LOST: tuple[tuple[Callable[[Life], None], str], ...] = (
    (Life.no_payment_is_lost_or_doubled, "DELETE FROM received_payments WHERE source = 'counter'"),
    (Life.no_payment_is_lost_or_doubled, "DELETE FROM received_payments WHERE source = 'gateway'"),
    (
        Life.no_payment_is_lost_or_doubled,
        "UPDATE received_payments SET reference = 'X' || reference WHERE taken_by IS NULL",
    ),
    (Life.no_payment_is_lost_or_doubled, "UPDATE received_payments SET source = 'gateway' WHERE source = 'counter'"),
    (Life.parcels_stay_where_they_came, "DELETE FROM parcels"),
    (Life.parcels_stay_where_they_came, "UPDATE parcels SET state = 'handed_over'"),
    (Life.who_is_erased_stays_erased, "UPDATE applications SET erased_at = NULL WHERE erased_at IS NOT NULL"),
    (Life.what_is_issued_stays, "UPDATE certificates SET sha256 = randomblob(32) WHERE sha256 IS NOT NULL"),
    (Life.what_is_issued_stays, "UPDATE certificates SET status_index = status_index + 1"),
)


async def test_a_life_misses_nothing_that_is_there_and_everything_that_is_not(life: Life, tmp_path: Path) -> None:
    file = tmp_path / "condau.sqlite"
    with (
        closing(sqlite3.connect(file, isolation_level=None)) as connection,
        closing(sqlite3.connect(":memory:")) as whole,
    ):
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.backup(whole)
        for rule, statement in LOST:
            rule(life)
            assert connection.execute(statement).rowcount > 0
            with pytest.raises(AssertionError):
                rule(life)
            whole.backup(connection)
    life.nothing_goes_back_that_was_not_ordered_back()
    life.bank.sent["a key"] = (life.bank.came[0].provider_reference, 1)
    with pytest.raises(AssertionError):
        life.nothing_goes_back_that_was_not_ordered_back()
