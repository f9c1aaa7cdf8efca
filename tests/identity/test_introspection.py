"""Questions about opaque tokens: a flood of invented ones is bounded, and harms nobody once it is over."""

from __future__ import annotations

import asyncio

from identity.errors import ProviderUnavailable, TokenNotActive
from identity.fetch import Answer, Ask
from identity.issuer_metadata import IssuerMetadata
from identity.providers.introspection import MAX_ASKED_AT_ONCE, MAX_WAITING, Introspection
from identity.trusted_issuer import Endpoints, OwnClient
from tests.identity.issuer import TestIssuer

ROOM = MAX_ASKED_AT_ONCE + MAX_WAITING
TRUSTED = TestIssuer(
    token_kinds=("opaque_access_token",),
    own_client=OwnClient(client_id="condau", client_secret="a secret of the tests"),
    endpoints=Endpoints(introspection="https://issuer.example/introspect"),
).trusted


class SlowIssuer:
    """Answers nobody before it is told to; counts the questions that are open."""

    def __init__(self) -> None:
        self.open = self.most_open = self.asked = 0
        self.answers = asyncio.Event()

    async def __call__(self, ask: Ask) -> Answer:
        self.asked += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            await self.answers.wait()
        finally:
            self.open -= 1
        return Answer(200, b'{"active": false}')


async def _begun(introspection: Introspection, number: int) -> list[asyncio.Task[object]]:
    asking = [asyncio.ensure_future(_outcome(introspection, f"token-{n}")) for n in range(number)]
    for _ in range(20):
        await asyncio.sleep(0)
    return asking


async def _outcome(introspection: Introspection, token: str) -> object:
    try:
        return await introspection.ask(token)
    except (ProviderUnavailable, TokenNotActive) as refusal:
        return type(refusal)


async def test_a_flood_asks_no_more_at_once_than_allowed() -> None:
    issuer = SlowIssuer()
    introspection = Introspection(TRUSTED, IssuerMetadata(TRUSTED, issuer), issuer)
    asking = await _begun(introspection, ROOM + 50)
    turned_away = [task for task in asking if task.done()]
    assert (len(turned_away), issuer.asked) == (50, MAX_ASKED_AT_ONCE)
    assert {task.result() for task in turned_away} == {ProviderUnavailable}
    issuer.answers.set()
    outcomes = await asyncio.gather(*asking)
    assert outcomes.count(TokenNotActive) == issuer.asked == ROOM
    assert issuer.most_open == MAX_ASKED_AT_ONCE
    assert await _outcome(introspection, "after the flood") is TokenNotActive


async def test_who_goes_away_frees_the_place() -> None:
    issuer = SlowIssuer()
    introspection = Introspection(TRUSTED, IssuerMetadata(TRUSTED, issuer), issuer)
    asking = await _begun(introspection, ROOM)
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    assert issuer.open == 0
    issuer.answers.set()
    outcomes = await asyncio.gather(*await _begun(introspection, ROOM))
    assert outcomes == [TokenNotActive] * ROOM
