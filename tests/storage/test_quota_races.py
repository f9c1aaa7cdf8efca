"""Many claim of one quota at once, and die while they do: nobody gets what is not there, and no unit is lost."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from issuance.errors import ConcurrentChange
from issuance.fees.quotas import QuotaClaim, QuotaKey
from storage.fee_tables import quota_counters
from storage.records import SqlRecords
from storage.runner import Database, DatabaseOptions
from tests.processes import Forked
from tests.storage.people import NOW, an_application
from tests.storage.quota_books import assert_books_balance
from tests.storage.quota_claimer import KEY, claim, run

CLAIMS, SIZE = 1_000, 100


def used(database: Database, key: QuotaKey = KEY) -> int:
    return database.run_blocking(lambda records: records.quotas.used([key]))[key]


async def test_of_a_thousand_tasks_a_hundred_get_a_unit(database: Database) -> None:
    at_once = asyncio.Semaphore(50)

    async def ask() -> bool:
        async with at_once:
            return await database.run(lambda records: claim(records, SIZE)) is not None

    assert sum(await asyncio.gather(*(ask() for _ in range(CLAIMS)))) == SIZE
    assert used(database) == SIZE
    assert_books_balance(database)


async def test_of_a_thousand_on_threads_a_hundred_get_a_unit(database: Database) -> None:
    with ThreadPoolExecutor(32) as pool:
        got = list(pool.map(lambda _: database.run_blocking(lambda r: claim(r, SIZE)), range(CLAIMS)))
    assert sum(one is not None for one in got) == SIZE
    assert used(database) == SIZE
    assert_books_balance(database)


async def test_what_is_left_is_taken_to_the_last_unit(database: Database) -> None:
    """Claims of one to nine: who finds less than is wanted takes the rest."""
    wanted = [random.randint(1, 9) for _ in range(200)]
    with ThreadPoolExecutor(16) as pool:
        got = list(pool.map(lambda n: database.run_blocking(lambda r: claim(r, SIZE, n)), wanted))
    assert used(database) == SIZE
    assert any(one is None for one in got)
    assert_books_balance(database)


@contextmanager
def claimers(url: str, way: str, number: int, *, size: int = SIZE, times: int = 0) -> Iterator[list[Forked]]:
    """So many processes, all of which have begun."""
    processes = [Forked(run, url, str(size), way, str(times)) for _ in range(number)]
    try:
        for process in processes:
            assert process.line() == "begun"
        yield processes
    finally:
        for process in processes:
            process.close()


def test_of_a_thousand_in_several_processes_a_hundred_get_a_unit(database_url: str, database: Database) -> None:
    with claimers(database_url, "count", 4, times=CLAIMS // 4) as processes:
        assert sum(int(process.line()) for process in processes) == SIZE
    assert used(database) == SIZE
    assert_books_balance(database)


def test_who_is_killed_in_the_middle_has_taken_nothing_and_holds_nobody_up(
    database_url: str, database: Database
) -> None:
    with claimers(database_url, "stand_still", 1, size=1) as (process,):
        assert process.line() == "inside"
        process.kill()
    assert used(database) == 0
    assert database.run_blocking(lambda records: claim(records, 1)) is not None
    assert database.run_blocking(lambda records: claim(records, 1)) is None
    assert_books_balance(database)


@pytest.mark.parametrize("rounds", [1, pytest.param(12, marks=pytest.mark.campaign)])
def test_however_often_processes_are_killed_the_books_balance(
    database_url: str, database: Database, rounds: int
) -> None:
    size, seen = 40, []
    for _ in range(rounds):
        with claimers(database_url, "endless", 5, size=size) as processes:
            for process in processes:
                time.sleep(random.uniform(0.05, 0.4))
                process.kill()
                assert_books_balance(database)
                seen.append(used(database))
    assert 0 < max(seen) <= size
    # What the dead have left can be taken to the last unit.
    for _ in range(size - used(database)):
        assert database.run_blocking(lambda records: claim(records, size)) is not None
    assert database.run_blocking(lambda records: claim(records, size)) is None


def test_all_claims_of_an_application_or_none(database: Database) -> None:
    other = QuotaKey("support", "copies", "citizen_per_year", "a" * 64, "2026")
    application = an_application()
    both = [QuotaClaim(KEY, 2, 5), QuotaClaim(other, 3, 2)]

    def apply(claims: list[QuotaClaim]) -> None:
        def act(records: SqlRecords) -> None:
            records.applications.add(application)
            records.quotas.reserve(application.id, 1, claims, NOW)

        database.run_blocking(act)

    with pytest.raises(ConcurrentChange):
        apply(both)
    assert (used(database), used(database, other)) == (0, 0)
    apply([both[0], QuotaClaim(other, 2, 2)])
    assert (used(database), used(database, other)) == (2, 2)
    assert database.run_blocking(lambda r: r.quotas.claimed(application.id)) == {KEY: 2, other: 2}
    with pytest.raises(ConcurrentChange):
        database.run_blocking(lambda r: r.quotas.reserve(application.id, 1, [QuotaClaim(KEY, 1, 5)], NOW))
    for _ in range(2):
        database.run_blocking(lambda r: r.quotas.release(application.id, NOW))
        assert (used(database), used(database, other)) == (0, 0)
    assert database.run_blocking(lambda r: r.quotas.claimed(application.id)) == {}
    assert_books_balance(database)


def test_who_gives_one_back_for_another_waits_for_nobody_crosswise(database_url: str) -> None:
    """Some claim of both quotas, others hand a claim over from the last to the first; a deadlock would be an error."""
    first, last = replace(KEY, name="a"), replace(KEY, name="z")
    database = Database(database_url, clock=lambda: NOW, options=DatabaseOptions(attempts=1))
    ids = [uuid4() for _ in range(300)]

    def claim_both(application_id: UUID) -> None:
        both = [QuotaClaim(last, 1, 1_000), QuotaClaim(first, 1, 1_000)]
        database.run_blocking(lambda r: r.quotas.reserve(application_id, 1, both, NOW))

    def hand_over(application_id: UUID) -> None:
        database.run_blocking(lambda r: r.quotas.reserve(application_id, 1, [QuotaClaim(last, 1, 1_000)], NOW))
        database.run_blocking(lambda r: r.quotas.claim_anew(application_id, 2, [QuotaClaim(first, 1, 1_000)], NOW))

    try:
        with ThreadPoolExecutor(12) as pool:
            ways = (claim_both, hand_over)
            list(pool.map(lambda number: ways[number % 2](ids[number]), range(len(ids))))
        assert (used(database, first), used(database, last)) == (300, 150)
    finally:
        database.dispose_blocking()


def test_what_is_claimed_anew_counts_as_free(database: Database) -> None:
    claimed = database.run_blocking(lambda records: claim(records, 5, 5))
    assert claimed is not None
    more, less, other = QuotaClaim(KEY, 6, 5), QuotaClaim(KEY, 3, 4), replace(KEY, name="other")
    with pytest.raises(ConcurrentChange):
        database.run_blocking(lambda r: r.quotas.claim_anew(claimed, 2, [more], NOW))
    assert used(database) == 5
    database.run_blocking(lambda r: r.quotas.claim_anew(claimed, 2, [less, QuotaClaim(other, 2, 2)], NOW))
    assert database.run_blocking(lambda r: r.quotas.claimed(claimed)) == {KEY: 3, other: 2}
    assert (used(database), used(database, other)) == (3, 2)
    database.run_blocking(lambda r: r.quotas.claim_anew(claimed, 3, [], NOW))
    assert (used(database), used(database, other)) == (0, 0)
    assert database.run_blocking(lambda r: r.quotas.claimed(claimed)) == {}


def test_what_is_committed_counts_on_and_can_be_given_back(database: Database) -> None:
    claimed = database.run_blocking(lambda records: claim(records, 5, 3))
    assert claimed is not None
    for _ in range(2):
        database.run_blocking(lambda r: r.quotas.commit(claimed, NOW))
    assert used(database) == 3
    database.run_blocking(lambda r: r.quotas.release(claimed, NOW))
    assert used(database) == 0
    database.run_blocking(lambda r: r.quotas.commit(claimed, NOW))
    assert database.run_blocking(lambda r: r.quotas.claimed(claimed)) == {}
    database.run_blocking(lambda r: r.quotas.release(uuid4(), NOW))


def test_a_smaller_quota_gives_nothing_while_more_is_used(database: Database) -> None:
    assert database.run_blocking(lambda records: claim(records, 5, 4)) is not None
    with pytest.raises(ConcurrentChange):
        database.run_blocking(lambda r: r.quotas.reserve(uuid4(), 1, [QuotaClaim(KEY, 1, 3)], NOW))
    assert database.run_blocking(lambda r: r.quotas.of_policy("support")) == [(KEY, 4, 5)]
    assert database.run_blocking(lambda records: claim(records, 6, 9)) is not None
    assert database.run_blocking(lambda r: r.quotas.of_policy("support")) == [(KEY, 6, 6)]
    assert database.run_blocking(lambda r: r.quotas.of_policy("another")) == []


@pytest.mark.parametrize("used_now", [-1, 6])
def test_the_database_itself_keeps_a_counter_within_its_size(database: Database, used_now: int) -> None:
    database.run_blocking(lambda records: claim(records, 5))
    change = sa.update(quota_counters).values(used=used_now)
    with pytest.raises(IntegrityError):
        database.run_blocking(lambda r: r._connection.execute(change))
