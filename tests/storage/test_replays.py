"""What counts once is accepted once, by however many threads, event loops and processes at the same time."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from identity.errors import StoreUnavailable, TokenAlreadyUsed
from identity.replay import redeem_once
from identity.trusted_issuers import TrustedIssuers
from identity.verify_token import verify_token
from issuance.records import AuditEntry
from storage.identity_stores import StoredRedeemed
from storage.records import SqlRecords
from storage.runner import Database, DatabaseOptions
from tests.identity.issuer import NOW as TOKEN_NOW
from tests.identity.issuer import TestIssuer
from tests.storage.people import CITIZEN, NOW

REPLAYS = 1_000
THREADS = 32
ISSUER = "https://issuer.example"
UNTIL = NOW + timedelta(minutes=5)
DIGEST = hashlib.sha256(b"a token").digest()
# 32 of them share one server.
SMALL = DatabaseOptions(pool_size=1, worker_pool_size=1)


def spread(replays: int, identifiers: int) -> list[list[str]]:
    """The identifiers that each thread brings, interleaved so that all threads bring every one of them."""
    brought = [f"jti-{number % identifiers}" for number in range(replays)]
    return [brought[thread::THREADS] for thread in range(THREADS)]


def in_threads(bring: Callable[[list[str]], list[str]], replays: int, identifiers: int) -> Counter[str]:
    """Let all threads begin at once; how often each identifier was accepted."""
    ready = threading.Barrier(THREADS)

    def wait_and_bring(brought: list[str]) -> list[str]:
        ready.wait(60)
        return bring(brought)

    with ThreadPoolExecutor(THREADS) as pool:
        accepted = list(pool.map(wait_and_bring, spread(replays, identifiers)))
    return Counter(identifier for of_thread in accepted for identifier in of_thread)


async def accepted_of(database: Database, brought: list[str]) -> list[str]:
    redeem, accepted = StoredRedeemed(database), []
    for identifier in brought:
        try:
            await redeem_once(redeem, "access_token", ISSUER, identifier, UNTIL)
        except TokenAlreadyUsed:
            continue
        accepted.append(identifier)
    return accepted


def service(issuer: TestIssuer, database: Database) -> TrustedIssuers:
    return TrustedIssuers([issuer.trusted], fetch=issuer.fetch, redeem=StoredRedeemed(database))


@pytest.mark.parametrize("identifiers", [1, 7])
def test_of_a_thousand_replays_in_32_threads_one_is_accepted(database_url: str, identifiers: int) -> None:
    """Each thread has an event loop and a database of its own, as so many processes would."""

    def bring(brought: list[str]) -> list[str]:
        async def one_by_one() -> list[str]:
            database = Database(database_url, clock=lambda: NOW, options=SMALL)
            try:
                return await accepted_of(database, brought)
            finally:
                await database.dispose()

        return asyncio.run(one_by_one())

    accepted = in_threads(bring, REPLAYS, identifiers)
    assert accepted == {f"jti-{number}": 1 for number in range(identifiers)}


@pytest.mark.parametrize("identifiers", [1, 7])
def test_of_a_thousand_replays_by_32_threads_of_one_process_one_is_accepted(
    database_url: str, identifiers: int
) -> None:
    database = Database(database_url, clock=lambda: NOW)

    def bring(brought: list[str]) -> list[str]:
        def redeem(identifier: str) -> bool:
            digest = hashlib.sha256(identifier.encode()).digest()
            return database.run_blocking(lambda records: records.redeemed.redeem(digest, UNTIL))

        return [identifier for identifier in brought if redeem(identifier)]

    try:
        accepted = in_threads(bring, REPLAYS, identifiers)
    finally:
        database.dispose_blocking()
    assert accepted == {f"jti-{number}": 1 for number in range(identifiers)}


async def test_of_a_thousand_replays_at_once_on_one_event_loop_one_is_accepted(database: Database) -> None:
    brought = (accepted_of(database, ["jti"]) for _ in range(REPLAYS))
    assert sorted(await asyncio.gather(*brought)) == [[]] * (REPLAYS - 1) + [["jti"]]


async def test_a_single_use_token_is_accepted_once_by_services_that_share_a_database(database: Database) -> None:
    issuer = TestIssuer(single_use_tokens=True)
    token = issuer.mint()
    services = [service(issuer, database) for _ in range(2)]
    verified = (verify_token(token, services[number % 2], TOKEN_NOW) for number in range(20))
    outcomes = await asyncio.gather(*verified, return_exceptions=True)
    assert sum(isinstance(outcome, TokenAlreadyUsed) for outcome in outcomes) == 19
    assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 1


async def test_what_was_brought_in_vain_leaves_the_transaction_usable(database: Database) -> None:
    def redeem_twice_and_go_on(records: SqlRecords) -> tuple[bool, bool]:
        twice = records.redeemed.redeem(DIGEST, UNTIL), records.redeemed.redeem(DIGEST, UNTIL)
        records.audit.append(AuditEntry(at=NOW, actor=CITIZEN, action="note", application_id=None, details={}))
        return twice

    assert await database.run(redeem_twice_and_go_on) == (True, False)


async def test_what_is_rolled_back_was_not_redeemed(database: Database) -> None:
    def fail(records: SqlRecords) -> None:
        assert records.redeemed.redeem(DIGEST, UNTIL)
        raise LookupError("planted")

    with pytest.raises(LookupError):
        await database.run(fail)
    assert await StoredRedeemed(database)(DIGEST, UNTIL)


@pytest.mark.parametrize("until", [UNTIL, NOW - timedelta(days=1)])
async def test_it_stays_redeemed_until_it_is_forgotten(database: Database, until: datetime) -> None:
    """Also past its time: whether the bearer's clock or ours is right is not for this table to say."""
    redeem = StoredRedeemed(database)
    assert await redeem(DIGEST, until)
    assert not await redeem(DIGEST, UNTIL)
    assert await database.run(lambda records: records.redeemed.forget(until)) == 0
    assert not await redeem(DIGEST, UNTIL)
    assert await database.run(lambda records: records.redeemed.forget(until + timedelta(microseconds=1))) == 1
    assert await redeem(DIGEST, UNTIL)


@pytest.mark.parametrize("size", [0, 31, 33])
async def test_only_a_whole_digest_counts(database: Database, size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        await StoredRedeemed(database)(bytes(size), UNTIL)


async def test_a_database_that_is_away_accepts_nothing() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/nothing", clock=lambda: NOW)
    issuer = TestIssuer(single_use_tokens=True)
    try:
        with pytest.raises(StoreUnavailable):
            await verify_token(issuer.mint(), service(issuer, database), TOKEN_NOW)
    finally:
        await database.dispose()
