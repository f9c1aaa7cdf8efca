"""Getting an issuer's documents over HTTP, bounded in time, size and destination."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import httpx

from identity.errors import ProviderUnavailable

Fetch = Callable[[str], Awaitable[bytes]]
"""Gets the body at an address; raises ProviderUnavailable."""

_LOOPBACK: Final = frozenset(("127.0.0.1", "::1", "localhost"))


def is_loopback(address: str) -> bool:
    """Whether an address names this machine."""
    try:
        return httpx.URL(address).host in _LOOPBACK
    except (httpx.InvalidURL, UnicodeError):
        return False


def is_safe_address(address: str) -> bool:
    """Whether keys may be had from there: https (plain http on loopback only), no user name, no fragment."""
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, UnicodeError):
        return False
    if not url.host or url.userinfo or url.fragment:
        return False
    return url.scheme == "https" or (url.scheme == "http" and url.host in _LOOPBACK)


def _tls_without_environment() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


@dataclass(frozen=True, slots=True)
class HttpFetch:
    """GET with a deadline over everything, a size cap and no redirects; nothing is taken from the environment.

    tls: whose certificates are believed; the public authorities by default.
    """

    total_timeout_seconds: float = 5.0
    max_bytes: int = 256 * 1024
    tls: ssl.SSLContext = field(default_factory=_tls_without_environment, repr=False)

    async def __call__(self, address: str) -> bytes:
        """Raises ProviderUnavailable."""
        if not is_safe_address(address):
            raise ProviderUnavailable("The identity provider's address is not safe to ask.")
        try:
            # httpx limits each read only, so that a slow drip could last for ever without a deadline over all
            async with asyncio.timeout(self.total_timeout_seconds):
                return await self._get(address)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, UnicodeError):
            raise ProviderUnavailable from None

    async def _get(self, address: str) -> bytes:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        async with (
            httpx.AsyncClient(verify=self.tls, trust_env=False, follow_redirects=False) as client,
            client.stream("GET", address, headers=headers, timeout=self.total_timeout_seconds) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise ProviderUnavailable("The identity provider answered with an error or a redirect.")
            if "content-encoding" in response.headers:
                raise ProviderUnavailable("The identity provider compressed its answer unasked.")
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > self.max_bytes:
                    raise ProviderUnavailable("The identity provider's answer is too large.")
            return bytes(body)
