"""A provider that is slow, down, or lies about itself, over real HTTP: tokens of known keys never wait for it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Coroutine, Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from identity.errors import ProviderUnavailable, UnknownKey
from identity.fetch import HttpFetch
from identity.trusted_issuers import TrustedIssuers
from identity.verify_token import verify_token
from tests.identity.http_issuer import DISCOVERY, JWKS, HttpIssuer, http_issuer, send
from tests.identity.issuer import NOW
from tests.identity.shared import Clocks, InMemoryDocuments

TLS = HttpFetch().tls


@pytest.fixture
def provider() -> Iterator[HttpIssuer]:
    with http_issuer(jwks_lifetime_seconds=300, jwks_outage_seconds=3600) as it:
        yield it


def trust(provider: HttpIssuer, clocks: Clocks, timeout_seconds: float = 5.0) -> TrustedIssuers:
    fetch = HttpFetch(total_timeout_seconds=timeout_seconds, tls=TLS)
    return TrustedIssuers([provider.issuer.trusted], fetch=fetch, clock=clocks, now=clocks.now)


def verifies_without_waiting(token: str, issuers: TrustedIssuers) -> bool:
    try:
        verify_token(token, issuers, NOW).send(None)
    except StopIteration:
        return True
    return False


def redirect(handler: BaseHTTPRequestHandler) -> None:
    send(handler, 302, b"", Location="/elsewhere")


def another_issuer(handler: BaseHTTPRequestHandler) -> None:
    send(handler, 200, b'{"issuer": "https://evil.example", "jwks_uri": "https://evil.example/jwks"}')


def drip(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")


def no_http(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\x16\x03\x01\x00\x00 nothing that a browser knows\r\n\r\n")


def fail(handler: BaseHTTPRequestHandler) -> None:
    send(handler, 503, b"{}", Retry_After="1")


def not_json(handler: BaseHTTPRequestHandler) -> None:
    send(handler, 200, b"<html>maintenance</html>", Content_Type="text/html")


FAULTS = [redirect, drip, hang_up, no_http, fail, not_json]


@pytest.mark.parametrize("path", [DISCOVERY, JWKS])
@pytest.mark.parametrize("fault", [*FAULTS, another_issuer])
async def test_tokens_of_known_keys_do_not_notice(provider: HttpIssuer, fault: object, path: str) -> None:
    clocks = Clocks()
    issuers = trust(provider, clocks, timeout_seconds=0.4)
    known = provider.issuer.mint()
    await verify_token(known, issuers, NOW)
    provider.issuer.rotate(keep_old=True)
    provider.misbehave[path] = fault  # type: ignore[assignment]  # parameters have no types
    unknown = asyncio.create_task(verify_token(provider.issuer.mint(), issuers, NOW))
    while not unknown.done():
        assert verifies_without_waiting(known, issuers)
        await asyncio.sleep(0.005)
    with pytest.raises(ProviderUnavailable):
        await unknown
    clocks.seconds += 3000  # in the outage, too, only the first one waits
    await verify_token(known, issuers, NOW)
    assert verifies_without_waiting(known, issuers)
    assert "/elsewhere" not in provider.asked
    provider.misbehave.clear()
    clocks.seconds += 60
    assert await verify_token(provider.issuer.mint(), issuers, NOW)


@pytest.mark.parametrize("fault", [*FAULTS, another_issuer])
async def test_a_provider_that_was_never_good_is_believed_nothing(provider: HttpIssuer, fault: object) -> None:
    issuers = trust(provider, Clocks(), timeout_seconds=0.4)
    provider.misbehave[DISCOVERY] = fault  # type: ignore[assignment]  # parameters have no types
    for _ in range(3):
        with pytest.raises(ProviderUnavailable):
            await verify_token(provider.issuer.mint(), issuers, NOW)
    assert provider.asked == [DISCOVERY]


async def test_a_slow_provider_is_waited_for_by_new_keys_only(provider: HttpIssuer) -> None:
    issuers = trust(provider, Clocks())
    known = provider.issuer.mint()
    await verify_token(known, issuers, NOW)
    provider.issuer.rotate(keep_old=True)
    provider.asked.clear()
    provider.misbehave[JWKS] = provider.hang
    waiting = [asyncio.create_task(verify_token(provider.issuer.mint(), issuers, NOW)) for _ in range(50)]
    assert await asyncio.to_thread(provider.hanging.wait, 30)
    assert verifies_without_waiting(known, issuers)
    assert not any(task.done() for task in waiting)
    provider.release.set()
    assert len(await asyncio.gather(*waiting)) == 50
    assert provider.asked == [DISCOVERY, JWKS]


async def test_rotations_under_load_refuse_nobody_and_a_flood_costs_one_fetch_a_minute(provider: HttpIssuer) -> None:
    """Four processes that share, honest tokens of old and new keys, and invented keys in between."""
    clocks, shared, fetch = Clocks(), InMemoryDocuments(), HttpFetch(tls=TLS)
    processes = [
        TrustedIssuers([provider.issuer.trusted], fetch=fetch, shared=shared, clock=clocks, now=clocks.now)
        for _ in range(4)
    ]

    async def refused(number: int) -> None:
        token = provider.issuer.mint(header={"kid": f"invented-{number}"})
        with pytest.raises(UnknownKey):
            await verify_token(token, processes[number % 4], NOW)

    for minute in range(1, 4):
        old = [provider.issuer.mint() for _ in range(20)]
        await asyncio.gather(*(verify_token(token, processes[n % 4], NOW) for n, token in enumerate(old)))
        provider.issuer.rotate(keep_old=True)
        honest = [*old, *(provider.issuer.mint() for _ in range(20))]
        honestly = [verify_token(token, processes[n % 4], NOW) for n, token in enumerate(honest)]
        requests: list[Coroutine[None, None, object]] = [*honestly, *(refused(number) for number in range(500))]
        random.Random(minute).shuffle(requests)
        assert sum(person is not None for person in await asyncio.gather(*requests)) == 40
        assert provider.asked.count(JWKS) == minute + 1
        assert provider.asked.count(DISCOVERY) == minute + 1
        clocks.seconds += 60
