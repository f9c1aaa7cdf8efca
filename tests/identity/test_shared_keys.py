"""Several processes of one service ask an issuer as often as one would, and none of them depends on it."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from identity.errors import ProviderUnavailable, UnknownKey
from identity.fetch import Answer, Ask, Fetch
from identity.issuer_metadata import IssuerMetadata
from identity.shared_documents import SharedDocument
from identity.trusted_issuer import Endpoints
from identity.trusted_issuers import TrustedIssuers
from identity.verify_token import verify_token
from tests.identity.issuer import NOW, TestIssuer
from tests.identity.shared import AwayDocuments, Clocks, InMemoryDocuments, instances

INVENTED = {"kid": "invented"}


def asked_for_keys(issuer: TestIssuer) -> int:
    return sum(address.endswith("/jwks") for address in issuer.fetched)


def slow(fetch: Fetch, seconds: float = 0.05) -> Fetch:
    """The issuer's answer as of now, a little later: long enough for everybody else to come in between."""

    async def answer(ask: Ask) -> Answer:
        answer = await fetch(ask)
        await asyncio.sleep(seconds)
        return answer

    return answer


async def accepted(issuer: TestIssuer, processes: list[TrustedIssuers]) -> None:
    token = issuer.mint()
    for verified in await asyncio.gather(*(verify_token(token, process, NOW) for process in processes)):
        assert verified


async def test_of_processes_that_start_at_once_one_asks() -> None:
    issuer = TestIssuer()
    issuer.fetch = slow(issuer.fetch)  # type: ignore[method-assign]
    await accepted(issuer, instances(issuer, 8, Clocks()))
    assert len(issuer.fetched) == 2  # its discovery document and its keys


async def test_ordinary_renewals_take_what_another_process_has_fetched() -> None:
    issuer, clocks = TestIssuer(jwks_lifetime_seconds=300), Clocks()
    processes = instances(issuer, 4, clocks)
    for rounds in range(1, 4):
        for process in processes:
            await accepted(issuer, [process])
            await asyncio.sleep(0.01)  # for renewals behind its back
        assert asked_for_keys(issuer) == rounds
        clocks.seconds += 301


async def test_what_another_process_fetched_ages_from_then_on() -> None:
    issuer, clocks = TestIssuer(jwks_lifetime_seconds=300), Clocks()
    first, second = instances(issuer, 2, clocks)
    stolen = issuer.mint()
    await verify_token(stolen, first, NOW)
    clocks.seconds += 299
    await verify_token(stolen, second, NOW)
    issuer.rotate()
    clocks.seconds += 301
    with pytest.raises(UnknownKey):  # 600 seconds after it was published, also where it came 301 seconds ago
        await verify_token(stolen, second, NOW)


async def test_a_flood_over_four_processes_asks_once_a_minute() -> None:
    issuer, clocks = TestIssuer(), Clocks()
    issuer.fetch = slow(issuer.fetch, 0.01)  # type: ignore[method-assign]
    processes = instances(issuer, 4, clocks)
    honest = issuer.mint()
    await accepted(issuer, processes)
    issuer.fetched.clear()
    invented = [issuer.mint(header={"kid": f"invented-{number}"}) for number in range(10_000)]

    async def refused(number: int) -> int | None:
        with pytest.raises(UnknownKey) as refusal:
            await verify_token(invented[number], processes[number % 4], NOW)
        return refusal.value.retry_after_seconds

    for minute in range(3):
        flood = await asyncio.gather(*(refused(number) for number in range(minute, 10_000, 3)))
        assert asked_for_keys(issuer) == minute + 1
        assert set(flood) <= {None, 60}
        for process in processes:
            assert await verify_token(honest, process, NOW)
        clocks.seconds += 59.5
        assert {await refused(number) for number in range(4)} == {1}
        assert asked_for_keys(issuer) == minute + 1
        clocks.seconds += 0.5
    assert len(issuer.fetched) == 6


async def test_rotations_while_requests_run_refuse_no_honest_token() -> None:
    issuer, clocks = TestIssuer(), Clocks()
    issuer.fetch = slow(issuer.fetch, 0.01)  # type: ignore[method-assign]
    processes = instances(issuer, 4, clocks)
    for rotations in range(5):
        old = [issuer.mint() for _ in range(20)]
        await asyncio.gather(*(verify_token(token, processes[n % 4], NOW) for n, token in enumerate(old)))
        issuer.rotate(keep_old=True)
        mixed = [*old, *(issuer.mint() for _ in range(20))]
        verified = await asyncio.gather(*(verify_token(token, processes[n % 4], NOW) for n, token in enumerate(mixed)))
        assert len(verified) == 40
        assert asked_for_keys(issuer) == rotations + 2
        clocks.seconds += 60


async def test_a_key_that_another_process_has_seen_is_accepted_within_the_minute() -> None:
    issuer, clocks = TestIssuer(), Clocks()
    first, second = instances(issuer, 2, clocks)
    await accepted(issuer, [first, second])
    issuer.rotate()
    await accepted(issuer, [first])
    asked = len(issuer.fetched)
    clocks.seconds += 30
    await accepted(issuer, [second])  # although nobody may ask the issuer now
    assert len(issuer.fetched) == asked


async def test_a_flood_at_one_process_delays_a_rotation_for_all_by_a_minute_at_most() -> None:
    issuer, clocks = TestIssuer(), Clocks()
    first, second = instances(issuer, 2, clocks)
    await accepted(issuer, [first, second])
    with pytest.raises(UnknownKey):
        await verify_token(issuer.mint(header=INVENTED), first, NOW)
    issuer.rotate()
    clocks.seconds += 20
    with pytest.raises(UnknownKey) as refusal:
        await verify_token(issuer.mint(), second, NOW)
    assert refusal.value.retry_after_seconds == 40
    clocks.seconds += 40
    await accepted(issuer, [second, first])


async def test_a_process_that_starts_in_an_outage_begins_with_the_last_good_keys() -> None:
    issuer, clocks = TestIssuer(jwks_outage_seconds=3600), Clocks()
    old, new, late = instances(issuer, 3, clocks)
    await accepted(issuer, [old])
    issuer.available = False
    clocks.seconds += 3000
    await accepted(issuer, [new])
    clocks.seconds += 600
    for process in (new, late):
        with pytest.raises(ProviderUnavailable):
            await verify_token(issuer.mint(), process, NOW)


async def test_an_emptied_key_set_reaches_all_processes_and_its_repair_too() -> None:
    issuer, clocks = TestIssuer(jwks_lifetime_seconds=300, jwks_retry_seconds=5), Clocks()
    processes = instances(issuer, 3, clocks)
    await accepted(issuer, processes)
    published, issuer.jwks = issuer.jwks, {"keys": []}
    clocks.seconds += 601
    for process in processes:
        with pytest.raises(ProviderUnavailable):
            await verify_token(issuer.mint(), process, NOW)
    assert asked_for_keys(issuer) == 2
    issuer.jwks = published
    clocks.seconds += 5
    await accepted(issuer, processes)


async def test_without_the_store_each_process_keeps_the_rules_alone() -> None:
    issuer, clocks, away = TestIssuer(), Clocks(), AwayDocuments()
    processes = instances(issuer, 2, clocks, away)
    await accepted(issuer, processes)
    assert asked_for_keys(issuer) == 2
    for number in range(100):
        for process in processes:
            with pytest.raises(UnknownKey):
                await verify_token(issuer.mint(header={"kid": f"invented-{number}"}), process, NOW)
    assert asked_for_keys(issuer) == 4
    issuer.rotate()
    clocks.seconds += 60
    await accepted(issuer, processes)
    assert asked_for_keys(issuer) == 6
    assert away.calls < 10  # nor is a store that is away tried for every token


async def test_a_store_that_hangs_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(InMemoryDocuments):
        async def find(self, name: str, /) -> SharedDocument | None:
            await asyncio.Event().wait()
            return None

    monkeypatch.setattr("identity.published_document.STORE_TIMEOUT_SECONDS", 0.05)
    issuer = TestIssuer()
    await accepted(issuer, instances(issuer, 2, Clocks(), Hanging()))


async def test_known_keys_need_no_store() -> None:
    issuer, clocks, shared = TestIssuer(), Clocks(), InMemoryDocuments()
    [process] = instances(issuer, 1, clocks, shared)
    token = issuer.mint()
    await verify_token(token, process, NOW)
    with pytest.raises(StopIteration):  # ran to its end without giving way to the event loop once
        verify_token(token, process, NOW).send(None)


async def test_a_turn_whose_taker_died_holds_nobody_up_for_longer_than_a_fetch() -> None:
    issuer, shared = TestIssuer(), InMemoryDocuments()
    issuer.fetch = slow(issuer.fetch)  # type: ignore[method-assign]
    now = datetime.now(UTC)
    for name in ("discovery", "keys"):  # as a process leaves it that is killed while it asks
        shared.turns[f"{issuer.issuer}#{name}"] = now
    processes = [
        IssuerMetadata(issuer.trusted, issuer.fetch, shared=shared, now=lambda: datetime.now(UTC), fetch_seconds=0.5)
        for _ in range(4)
    ]
    async with asyncio.timeout(30):
        keys = await asyncio.gather(*(process.find_key(issuer.key_id) for process in processes))
    assert len(keys) == 4
    assert len(issuer.fetched) == 2  # one has taken over, for all


async def test_a_demand_whose_maker_died_is_met_by_another_process() -> None:
    issuer, clocks, shared = TestIssuer(), Clocks(), InMemoryDocuments()
    processes = instances(issuer, 2, clocks, shared)
    await accepted(issuer, processes)
    issuer.rotate()
    shared.turns[f"{issuer.issuer}#keys#demanded"] = clocks.now()
    clocks.seconds += 10
    await accepted(issuer, processes)
    assert asked_for_keys(issuer) == 2


@pytest.mark.parametrize("ahead", [timedelta(minutes=2), timedelta(days=365)])
async def test_what_a_wrong_clock_has_kept_is_not_believed(ahead: timedelta) -> None:
    issuer, clocks, shared = TestIssuer(), Clocks(), InMemoryDocuments()
    withdrawn = issuer.mint()
    body = json.dumps(issuer.jwks).encode()
    issuer.rotate()
    for name in ("keys", "keys#failed", "discovery#failed"):
        shared.documents[f"{issuer.issuer}#{name}"] = SharedDocument(body, clocks.now() + ahead)
    for name in ("keys", "keys#demanded", "discovery"):
        shared.turns[f"{issuer.issuer}#{name}"] = clocks.now() + ahead
    processes = instances(issuer, 2, clocks, shared)
    await accepted(issuer, processes)
    with pytest.raises(UnknownKey):
        await verify_token(withdrawn, processes[0], NOW)
    assert asked_for_keys(issuer) == 2


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"issuer": "https://evil.example"}'])
async def test_what_the_store_holds_is_read_as_distrustfully_as_an_answer(body: bytes) -> None:
    issuer, clocks, shared = TestIssuer(), Clocks(), InMemoryDocuments()
    for name in ("discovery", "keys"):
        shared.documents[f"{issuer.issuer}#{name}"] = SharedDocument(body, clocks.now())
    await accepted(issuer, instances(issuer, 2, clocks, shared))


async def test_other_settings_take_nothing_from_the_former_address() -> None:
    issuer, clocks, shared = TestIssuer(), Clocks(), InMemoryDocuments()
    await accepted(issuer, instances(issuer, 1, clocks, shared))
    moved = TestIssuer(endpoints=Endpoints(jwks="https://issuer.example/moved"))
    moved.discovery["jwks_uri"] = "https://issuer.example/moved"
    await accepted(moved, instances(moved, 2, clocks, shared))
    assert moved.fetched == ["https://issuer.example/moved"]


async def test_a_lying_answer_is_shared_with_nobody() -> None:
    issuer, clocks, shared = TestIssuer(), Clocks(), InMemoryDocuments()
    issuer.discovery["issuer"] = "https://evil.example"
    [process] = instances(issuer, 1, clocks, shared)
    with pytest.raises(ProviderUnavailable):
        await verify_token(issuer.mint(), process, NOW)
    assert {document.body for document in shared.documents.values()} == {b"failed"}
