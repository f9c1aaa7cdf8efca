"""A real provider changes its keys, slows down, stops or lies, while tokens keep coming."""

from __future__ import annotations

import asyncio
import json
import operator
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from identity.citizen import Verified
from identity.errors import IdentityError, ProviderUnavailable, UnknownKey
from identity.fetch import HttpFetch
from identity.trusted_issuers import TrustedIssuers
from identity.verify_token import verify_token
from tests.identity.independent_provider import IndependentProvider, independent_provider
from tests.identity.independent_sign_in import Machine, sign_in
from tests.identity.issuer import encode

MACHINES = {"people": "machines", "levels": {}}


class Requests:
    """Machines that bring a new token each, one after another, until they are told to stop; what became of them."""

    def __init__(self, provider: IndependentProvider, issuers: TrustedIssuers, machines: int) -> None:
        self._provider, self._issuers = provider, issuers
        self._rounds = [0] * machines
        self._came = asyncio.Condition()
        self.outcomes: Counter[str] = Counter()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """All machines at once; none has a token in its hands any more at the end."""
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            for number in range(len(self._rounds)):
                tasks.create_task(self._machine(number, stop))
            try:
                yield
            finally:
                stop.set()

    async def _machine(self, number: int, stop: asyncio.Event) -> None:
        async with Machine.of(self._provider) as machine:
            while not stop.is_set():
                token = await machine.obtain()
                outcome = "accepted"
                try:
                    await verify_token(token, self._issuers, datetime.now(UTC))
                except IdentityError as refusal:
                    outcome = refusal.code
                async with self._came:
                    self.outcomes[outcome] += 1
                    self._rounds[number] += 1
                    self._came.notify_all()

    async def each(self, times: int) -> None:
        """Until every machine has brought so many more tokens."""
        goals = [rounds + times for rounds in self._rounds]
        async with self._came:
            await self._came.wait_for(lambda: all(map(operator.ge, self._rounds, goals)))


async def command(provider: IndependentProvider, name: str) -> None:
    """Without holding up the requests that run meanwhile."""
    await asyncio.to_thread(provider.command, name)


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
async def test_no_honest_token_is_refused_while_keys_rotate(algorithm: str) -> None:
    """Three rotations as they should be: a key is published for as long as keys are cached before it is used."""
    cached_seconds = 0.2
    with independent_provider(algorithm=algorithm) as provider:
        trusted = provider.trusted(**MACHINES, jwks_lifetime_seconds=cached_seconds)
        requests = Requests(provider, TrustedIssuers([trusted]), machines=4)
        async with requests.running():
            await requests.each(10)
            for _ in range(3):
                await command(provider, "publish_new_key")
                await asyncio.sleep(2 * cached_seconds)
                await command(provider, "use_new_key")
                # after these, all that was signed by the old key has been brought
                await requests.each(10)
                await command(provider, "withdraw_old_key")
                await requests.each(10)
    assert set(requests.outcomes) == {"accepted"}
    assert requests.outcomes["accepted"] >= 4 * 7 * 10


async def test_the_first_token_after_a_rotation_in_haste_is_accepted() -> None:
    """Nothing was published before; the name of the key is enough to ask again at once."""
    with independent_provider() as provider:
        issuers = TrustedIssuers([provider.trusted(**MACHINES)])
        async with Machine.of(provider) as machine:
            old = await machine.obtain()
            assert await verify_token(old, issuers, datetime.now(UTC))
            provider.command("replace_key")
            new = await machine.obtain()
            assert await verify_token(new, issuers, datetime.now(UTC))
            with pytest.raises(UnknownKey):
                await verify_token(old, issuers, datetime.now(UTC))  # withdrawn
        assert provider.command("count")["/jwks"] == 2


async def test_10_000_invented_key_names_ask_the_provider_once() -> None:
    with independent_provider() as provider:
        issuers = TrustedIssuers([provider.trusted()])
        granted = sign_in(provider)
        assert await verify_token(granted.access_token, issuers, granted.at)
        asked_before = provider.command("count")["/jwks"]
        _, claims, signature = granted.access_token.split(".")
        for _ in range(10_000):
            header = json.dumps({"alg": "ES256", "typ": "at+jwt", "kid": secrets.token_hex(8)})
            with pytest.raises(UnknownKey):
                await verify_token(f"{encode(header.encode())}.{claims}.{signature}", issuers, granted.at)
        assert provider.command("count")["/jwks"] == asked_before + 1
        assert await verify_token(granted.access_token, issuers, granted.at)


async def test_known_keys_go_on_when_the_provider_is_down() -> None:
    with independent_provider() as provider:
        trusted = provider.trusted(jwks_lifetime_seconds=0.05, jwks_retry_seconds=0.05)
        issuers, others = TrustedIssuers([trusted]), TrustedIssuers([trusted])
        granted = sign_in(provider)
        assert await verify_token(granted.access_token, issuers, granted.at)
        provider.stop()
        for _ in range(5):
            await asyncio.sleep(0.1)  # the keys' lifetime passes, and asking fails
            assert await verify_token(granted.access_token, issuers, granted.at)
        with pytest.raises(ProviderUnavailable):
            await verify_token(granted.access_token, others, granted.at)  # which never had its keys


async def test_known_keys_go_on_when_the_provider_is_slow() -> None:
    with independent_provider() as provider:
        fetch = HttpFetch(total_timeout_seconds=0.2)
        trusted = provider.trusted(jwks_lifetime_seconds=60)
        issuers, others = TrustedIssuers([trusted], fetch=fetch), TrustedIssuers([trusted], fetch=fetch)
        granted = sign_in(provider)
        assert await verify_token(granted.access_token, issuers, granted.at)
        provider.command("answer_after", milliseconds=5_000)
        assert await verify_token(granted.access_token, issuers, granted.at)
        with pytest.raises(ProviderUnavailable):
            await verify_token(granted.access_token, others, granted.at)
        provider.command("answer_after", milliseconds=0)


async def test_a_provider_that_lies_about_its_issuer_is_not_believed() -> None:
    with independent_provider() as honest, independent_provider(claimed_issuer=honest.issuer) as liar:
        assert liar.issuer == honest.issuer
        forged = sign_in(liar)

        async def verify(issuers: TrustedIssuers) -> Verified:
            return await verify_token(forged.access_token, issuers, forged.at)

        # the token names the honest one, whose key it was not signed with
        with pytest.raises(UnknownKey):
            await verify(TrustedIssuers([honest.trusted()]))
        # its document names the honest one too, but stands elsewhere
        issuers = TrustedIssuers([liar.trusted(issuer=liar.address)])
        with pytest.raises(ProviderUnavailable, match="another issuer"):
            await issuers.named(liar.trusted().name).find_key("any")
        with pytest.raises(IdentityError, match="not trusted"):
            await verify(issuers)


async def test_refused_requests_are_counted() -> None:
    """What found none above would find one."""
    with independent_provider() as provider:
        stranger = TrustedIssuers([provider.trusted(**MACHINES, audiences=("https://other.example",))])
        requests = Requests(provider, stranger, machines=1)
        async with requests.running():
            await requests.each(1)
    assert set(requests.outcomes) == {"wrong_audience"}
