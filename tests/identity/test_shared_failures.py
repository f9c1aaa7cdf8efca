"""A process that cannot reach the issuer takes nothing from those that can; a down issuer is asked within bounds."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime, timedelta

import pytest

from identity.errors import IdentityError, ProviderUnavailable, UnknownKey
from identity.fetch import Answer, Ask
from identity.issuer_metadata import IssuerMetadata
from identity.shared_documents import SharedDocument
from identity.verify_token import verify_token
from tests.identity.issuer import NOW, TestIssuer
from tests.identity.shared import Clocks, InMemoryDocuments, instance


class Way:
    """A process's way to the issuer. cut: what of it does not get through; asked: what it has tried."""

    def __init__(self, issuer: TestIssuer, cut: str | None = None) -> None:
        self._issuer = issuer
        self.cut = cut
        self.asked: list[str] = []

    async def __call__(self, ask: Ask) -> Answer:
        self.asked.append(ask.address)
        if self.cut is not None and self.cut in ask.address:
            raise ProviderUnavailable
        return await self._issuer.fetch(ask)


ALL, KEYS = "https://", "/jwks"


class Unreliable(InMemoryDocuments):
    """A store that is away now and then."""

    is_away = False

    async def find(self, name: str, /) -> SharedDocument | None:
        self._answer()
        return await super().find(name)

    async def keep(self, name: str, /, body: bytes, fetched_at: datetime) -> None:
        self._answer()
        await super().keep(name, body, fetched_at)

    def _answer(self) -> None:
        if self.is_away:
            raise OSError("the database is away")


class Service:
    """Processes over one store, each with its own way to one issuer."""

    def __init__(self, count: int, **settings: float) -> None:
        self.issuer, self.clocks, self.shared = TestIssuer(**settings), Clocks(), Unreliable()
        self.ways = [Way(self.issuer) for _ in range(count)]
        self.processes = [instance(self.issuer, self.clocks, self.shared, way) for way in self.ways]

    async def verdict(self, process: int, token: str | None = None) -> IdentityError | None:
        try:
            await verify_token(token or self.issuer.mint(), self.processes[process], NOW)
        except IdentityError as refusal:
            return refusal
        finally:
            for _ in range(30):  # for what is done behind a token's back
                await asyncio.sleep(0)
        return None

    async def start(self) -> None:
        assert not any([await self.verdict(process) for process in range(len(self.processes))])


@pytest.mark.parametrize("cut", [ALL, KEYS])
@pytest.mark.parametrize("broken", [1, 2, 3])
async def test_a_rotated_key_is_accepted_where_others_have_failed_to_ask_for_it(broken: int, cut: str) -> None:
    service = Service(broken + 1)
    await service.start()
    for way in service.ways[:broken]:
        way.cut = cut
    for _ in range(5):
        service.issuer.rotate()
        for process in range(broken):
            assert isinstance(await service.verdict(process), ProviderUnavailable)
        assert await service.verdict(broken) is None
        service.clocks.seconds += 60


async def test_a_process_starts_beside_one_that_cannot_reach_the_issuer() -> None:
    service = Service(2)
    service.ways[0].cut = ALL
    assert isinstance(await service.verdict(0), ProviderUnavailable)
    assert await service.verdict(1) is None
    service.clocks.seconds += 5
    assert await service.verdict(0) is None  # by what the other one has fetched


@pytest.mark.parametrize("cut", [ALL, KEYS])
@pytest.mark.parametrize("share_of_broken", [0.5, 0.9, 0.98])
async def test_no_healthy_process_waits_longer_than_the_minute(share_of_broken: float, cut: str) -> None:
    service, at_random = Service(4), random.Random(7)
    await service.start()
    service.ways[0].cut = service.ways[1].cut = cut
    clocks = service.clocks
    rotated_at, next_rotation, refused, accepted = clocks.seconds, clocks.seconds + 100, 0, 0
    for _ in range(4000):
        clocks.seconds += at_random.expovariate(1)
        if clocks.seconds > next_rotation:
            service.issuer.rotate(keep_old=len(service.issuer.jwks["keys"]) < 5)
            rotated_at, next_rotation = clocks.seconds, next_rotation + at_random.choice([20, 100, 700])
        process = at_random.randrange(2) + (2 if at_random.random() >= share_of_broken else 0)
        refusal = await service.verdict(process)
        if process < 2:
            continue
        if refusal is None:
            accepted += 1
            continue
        refused += 1
        assert isinstance(refusal, UnknownKey)  # by the limit, as among healthy ones
        assert clocks.seconds - rotated_at < 60
    assert accepted > 2 * refused


async def test_who_failed_last_holds_nobody_up() -> None:
    service = Service(2, jwks_retry_seconds=5)
    service.ways[0].cut = ALL
    await service.verdict(0)
    turns, marks = dict(service.shared.turns), dict(service.shared.documents)
    for _ in range(3):
        service.clocks.seconds += 5
        assert isinstance(await service.verdict(0), ProviderUnavailable)
    assert len(service.ways[0].asked) == 4
    assert (service.shared.turns, service.shared.documents) == (turns, marks)
    service.ways[0].cut = None
    service.clocks.seconds += 5
    assert await service.verdict(0) is None
    service.clocks.seconds += 601
    assert await service.verdict(0) is None
    assert service.shared.turns != turns  # it is one of them again


async def test_who_cannot_ask_takes_what_another_has_fetched_meanwhile() -> None:
    service = Service(2)
    await service.start()
    service.ways[0].cut = ALL
    service.issuer.rotate()
    assert await service.verdict(1) is None
    service.clocks.seconds += 60
    invented = service.issuer.mint(header={"kid": "invented"})
    assert isinstance(await service.verdict(0, invented), ProviderUnavailable)  # asks, and fails
    assert await service.verdict(0) is None


async def test_a_failure_in_the_time_of_a_wrong_clock_is_forgotten_with_it() -> None:
    issuer, clocks, ahead = TestIssuer(), Clocks(), timedelta(hours=1)
    metadata = IssuerMetadata(
        issuer.trusted, issuer.fetch, shared=Unreliable(), clock=clocks, now=lambda: clocks.now() + ahead
    )
    issuer.available = False
    with pytest.raises(ProviderUnavailable):
        await metadata.find_key(issuer.key_id)
    issuer.available, ahead = True, timedelta(0)
    clocks.seconds += 5
    assert await metadata.find_key(issuer.key_id)


@pytest.mark.parametrize("count", [1, 4])
async def test_each_process_tries_an_issuer_that_is_down_once_in_a_retry_period(count: int) -> None:
    service = Service(count, jwks_retry_seconds=5)
    service.issuer.available = False
    for tries in range(1, 4):
        for _ in range(20):
            for process in range(count):
                assert isinstance(await service.verdict(process), ProviderUnavailable)
        assert [len(way.asked) for way in service.ways] == [tries] * count
        service.clocks.seconds += 5
    service.issuer.available = True
    await service.start()
    assert len(service.issuer.fetched) == 3 * count + 2  # who tried first has found it for all


@pytest.mark.parametrize("cut", [ALL, KEYS])
async def test_a_flood_of_invented_names_in_an_outage_asks_once_a_minute_for_each_process(cut: str) -> None:
    service = Service(4)
    await service.start()
    for way in service.ways:
        way.cut = cut
        way.asked.clear()
    invented = [service.issuer.mint(header={"kid": f"invented-{number}"}) for number in range(50)]
    for minutes in range(1, 4):
        for token in invented:
            for process in range(4):
                assert isinstance(await service.verdict(process, token), ProviderUnavailable)
        for way in service.ways:
            assert sum(cut in address for address in way.asked) == minutes
        service.clocks.seconds += 60


async def test_an_older_key_set_does_not_replace_a_newer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("identity.published_document.STORE_AWAY_SECONDS", 0.0)
    service = Service(3)
    issuer, clocks, store = service.issuer, service.clocks, service.shared
    withdrawn, invented = issuer.mint(), issuer.mint(header={"kid": "invented"})
    assert await service.verdict(0) is None
    clocks.seconds += 1
    assert isinstance(await service.verdict(1, invented), UnknownKey)  # the minute's demand, met for all
    clocks.seconds += 10
    issuer.rotate()
    store.is_away = True
    assert await service.verdict(2) is None
    store.is_away = False
    clocks.seconds += 10
    assert isinstance(await service.verdict(2, invented), UnknownKey)  # joins the demand
    assert await service.verdict(2) is None
    assert isinstance(await service.verdict(2, withdrawn), UnknownKey)
