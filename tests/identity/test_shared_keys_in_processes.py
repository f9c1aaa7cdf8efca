"""Real processes over a real database and real HTTP: together they ask an issuer as often as one would."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from identity.verify_token import verify_token
from storage.identity_stores import StoredDocuments
from storage.runner import Database
from tests.identity.find_key_process import find_keys
from tests.identity.http_issuer import DISCOVERY, JWKS, HttpIssuer, http_issuer
from tests.identity.issuer import NOW, TestIssuer
from tests.identity.shared import Clocks, instances
from tests.processes import Forked


@contextlib.contextmanager
def processes(
    count: int, database_url: str, provider: HttpIssuer, timeout_seconds: float = 5.0
) -> Iterator[list[Forked]]:
    """That many, ready to go."""
    started = [Forked(find_keys, database_url, provider.address, str(timeout_seconds)) for _ in range(count)]
    try:
        assert {process.line() for process in started} == {"ready"}
        yield started
    finally:
        for process in started:
            process.close()


def ask_all(asked: list[Forked], key_id: str) -> set[str]:
    for process in asked:
        process.tell(key_id)
    return {process.line() for process in asked}


def test_four_processes_ask_as_often_as_one(database_url: str) -> None:
    with http_issuer() as provider, processes(4, database_url, provider) as all_four:
        assert ask_all(all_four, provider.issuer.key_id) == {provider.issuer.key_id}
        assert sorted(provider.asked) == [DISCOVERY, JWKS]
        provider.issuer.rotate()
        assert ask_all(all_four, provider.issuer.key_id) == {provider.issuer.key_id}
        for number in range(5):
            assert ask_all(all_four, f"invented-{number}") == {"unknown_key"}
        assert sorted(provider.asked) == [DISCOVERY] * 2 + [JWKS] * 2


def test_a_process_that_is_killed_while_it_asks_is_relieved(database_url: str) -> None:
    with http_issuer() as provider, processes(3, database_url, provider, timeout_seconds=2.0) as [killed, *others]:
        provider.misbehave[JWKS] = provider.hang
        killed.tell(provider.issuer.key_id)
        assert provider.hanging.wait(30)
        killed.kill()
        provider.misbehave.clear()
        assert ask_all(others, provider.issuer.key_id) == {provider.issuer.key_id}
        assert provider.asked.count(JWKS) == 2


async def test_caches_share_over_two_connections_to_one_database(database_url: str) -> None:
    clocks, issuer = Clocks(), TestIssuer()
    first, second = (Database(database_url, clock=clocks.now) for _ in range(2))
    caches = [instances(issuer, 1, clocks, StoredDocuments(database))[0] for database in (first, second)]
    for _ in range(3):
        token = issuer.mint()
        for cache in caches:
            assert await verify_token(token, cache, NOW)
        issuer.rotate()
        clocks.seconds += 60
    assert sum(address.endswith("/jwks") for address in issuer.fetched) == 3
    await first.dispose()
    await second.dispose()
