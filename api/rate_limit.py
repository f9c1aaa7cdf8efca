"""How often one address may use what is open to everybody, and one application what it is registered for."""

from __future__ import annotations

import math
import time
from ipaddress import IPv6Address, ip_address, ip_network

from limits import RateLimitItem, RateLimitItemPerMinute, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import Request

from identity.clients import RegisteredClient

from .errors import TooManyRequests

_IPV6_SITE_BITS = 64
_MAX_FORWARDED_CHARACTERS = 1_000


class RateLimit:
    """A moving window per client address, counted within this process.

    rate: in the notation of the `limits` library, such as `60/minute`. trusted_proxies: our own proxies in front.
    """

    def __init__(self, rate: str, trusted_proxies: int = 0) -> None:
        self._rate = parse(rate)
        self._trusted_proxies = trusted_proxies
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def take(self, request: Request) -> None:
        """Count one request. Raises TooManyRequests."""
        _take(self._limiter, self._rate, client_address(request, self._trusted_proxies))


class ClientRateLimit:
    """A moving minute per registered application, as its registration says, counted within this process."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def take(self, client: RegisteredClient) -> None:
        """Count one request. Raises TooManyRequests."""
        # An issuer's address never contains the bar, so two applications never share a name.
        _take(self._limiter, RateLimitItemPerMinute(client.requests_per_minute), f"{client.issuer}|{client.client_id}")


def _take(limiter: MovingWindowRateLimiter, rate: RateLimitItem, whose: str) -> None:
    if not limiter.hit(rate, whose):
        reset = limiter.get_window_stats(rate, whose).reset_time
        raise TooManyRequests(max(1, math.ceil(reset - time.time())))


def client_address(request: Request, trusted_proxies: int) -> str:
    """Who asks. Of X-Forwarded-For only the entries that our own proxies wrote count, and those stand at its end.

    An IPv6 address counts with its /64: whoever has one address there has all of them.
    """
    address = request.client.host if request.client else "unknown"
    if trusted_proxies:
        forwarded = ",".join(request.headers.getlist("x-forwarded-for"))[-_MAX_FORWARDED_CHARACTERS:].split(",")
        address = forwarded[-trusted_proxies:][0].strip() or address
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed, _IPV6_SITE_BITS), strict=False))
    return str(parsed)
