"""Whatever happens in whatever order: what three processes that share never refuse, never accept, and never ask."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from identity.errors import IdentityError, ProviderUnavailable, UnknownKey
from identity.verify_token import verify_token
from tests.identity.issuer import NOW, TestIssuer
from tests.identity.shared import Clocks, instances

LIFETIME, RETRY, MINUTE, OUTAGE = 300, 5, 60, 3600

EVENTS = st.one_of(
    st.tuples(st.just("honest"), st.integers(0, 2)),
    st.tuples(st.just("withdrawn"), st.integers(0, 2)),
    st.tuples(st.just("invented"), st.integers(0, 2)),
    st.tuples(st.just("wait"), st.integers(1, 400)),
    st.tuples(st.just("wait"), st.just(700)),
    st.tuples(st.just("rotate"), st.booleans()),
    st.tuples(st.just("outage"), st.booleans()),
)


class Story:
    """One issuer, three processes, and what has happened so far."""

    def __init__(self) -> None:
        self.issuer = TestIssuer(
            jwks_lifetime_seconds=LIFETIME,
            jwks_retry_seconds=RETRY,
            jwks_refetch_seconds=MINUTE,
            jwks_outage_seconds=OUTAGE,
        )
        self.clocks = Clocks()
        self.processes = instances(self.issuer, 3, self.clocks)
        self.withdrawn: list[tuple[str, float]] = []
        self.began = self.clocks.seconds
        self.last_outage = -1e9

    async def verdict(self, token: str, process: int) -> IdentityError | None:
        try:
            await verify_token(token, self.processes[process], NOW)
        except IdentityError as refusal:
            return refusal
        finally:
            for _ in range(30):  # for what is done behind a token's back
                await asyncio.sleep(0)
        return None

    async def happen(self, event: str, value: int) -> None:
        if not self.issuer.available:
            self.last_outage = self.clocks.seconds
        if event == "wait":
            self.clocks.seconds += value
        elif event == "outage":
            self.issuer.available = not value
        elif event == "rotate":
            if not value:
                self.withdrawn.append((self.issuer.mint(), self.clocks.seconds))
            self.issuer.rotate(keep_old=bool(value))
        elif event == "invented":
            refusal = await self.verdict(self.issuer.mint(header={"kid": "invented"}), value)
            assert isinstance(refusal, UnknownKey | ProviderUnavailable)
        elif event == "withdrawn":
            await self.a_withdrawn_key_dies(value)
        else:
            await self.an_honest_token_is_accepted_at_the_time_it_is_told(value)

    async def a_withdrawn_key_dies(self, process: int) -> None:
        for token, at in self.withdrawn[-2:]:
            reachable_since = max(at, self.last_outage + RETRY)
            if not self.issuer.available or self.clocks.seconds - reachable_since < 2 * LIFETIME:
                continue
            if self.last_outage > self.began:
                # who knew the issuer to be down does not wait, but finds out by this token that it is back
                await self.verdict(token, process)
            assert await self.verdict(token, process) is not None

    async def an_honest_token_is_accepted_at_the_time_it_is_told(self, process: int) -> None:
        token = self.issuer.mint()
        refusal = await self.verdict(token, process)
        if refusal is None or not self.issuer.available:
            return
        assert isinstance(refusal, UnknownKey | ProviderUnavailable)
        assert refusal.retry_after_seconds is not None
        assert 1 <= refusal.retry_after_seconds <= MINUTE
        if isinstance(refusal, ProviderUnavailable):
            assert self.clocks.seconds - self.last_outage <= MINUTE + OUTAGE
        self.clocks.seconds += refusal.retry_after_seconds
        assert await self.verdict(token, process) is None


@settings(max_examples=150, deadline=None)
@given(events=st.lists(EVENTS, min_size=5, max_size=60))
def test_whatever_happens(events: list[tuple[str, int]]) -> None:
    async def tell() -> None:
        story, had_outage = Story(), False
        for event, value in events:
            await story.happen(event, value)
            had_outage = had_outage or not story.issuer.available
        passed = story.clocks.seconds - story.began
        asked = sum(address.endswith("/jwks") for address in story.issuer.fetched)
        if not had_outage:
            assert asked <= 2 + passed // LIFETIME + passed // MINUTE

    asyncio.run(tell())
