"""How often one address may use what is open to everybody, and one person or application what a token opens."""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

from limits import RateLimitItem, RateLimitItemPerMinute, parse
from starlette.requests import Request

from identity.clients import RegisteredClient

from .errors import TooManyRequests

MAX_NAMES = 100_000
"""Of callers that are remembered at once, by each limit; whoever has asked longest ago is forgotten first."""

_IPV6_SITE_BITS = 64
_MAX_FORWARDED_CHARACTERS = 1_000


class MovingWindows:
    """Times of each caller's requests, within this process. Bounded in memory, whoever asks from wherever.

    now: seconds that never go back.
    """

    def __init__(self, max_names: int = MAX_NAMES, now: Callable[[], float] = time.monotonic) -> None:
        self._max_names = max_names
        self._now = now
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._times)

    def check(self, rate: RateLimitItem, name: str) -> None:
        """Raises TooManyRequests where the next one would be too many; counts nothing."""
        now = self._now()
        times = self._times.get(name)
        if times is None:
            return
        since = now - rate.get_expiry()
        while times and times[0] <= since:
            times.popleft()
        if len(times) >= rate.amount:
            raise TooManyRequests(max(1, math.ceil(times[0] - since)))

    def take(self, rate: RateLimitItem, name: str) -> None:
        """Count one. Raises TooManyRequests, which is not counted."""
        self.check(rate, name)
        now = self._now()
        times = self._times.setdefault(name, deque())
        times.append(now)
        self._times.move_to_end(name)
        self._forget(now - rate.get_expiry())

    def _forget(self, since: float) -> None:
        while len(self._times) > 1:
            oldest = next(iter(self._times))
            if len(self._times) <= self._max_names and self._times[oldest] and self._times[oldest][-1] > since:
                return
            del self._times[oldest]


class RateLimit:
    """A moving window per client address.

    rate: in the notation of the `limits` library, such as `60/minute`. trusted_proxies: our own proxies in front.
    """

    def __init__(self, rate: str, trusted_proxies: int = 0) -> None:
        self._rate = parse(rate)
        self._trusted_proxies = trusted_proxies
        self._windows = MovingWindows()

    def take(self, request: Request) -> None:
        """Count one request. Raises TooManyRequests."""
        self._windows.take(self._rate, client_address(request, self._trusted_proxies))

    def check(self, request: Request) -> None:
        """Raises TooManyRequests where the next one would be too many; counts nothing."""
        self._windows.check(self._rate, client_address(request, self._trusted_proxies))


class PersonRateLimit:
    """A moving window per account of an issuer, through whichever application.

    rate: as at `RateLimit`.
    """

    def __init__(self, rate: str) -> None:
        self._rate = parse(rate)
        self._windows = MovingWindows()

    def take(self, subject_key: str) -> None:
        """Count one request. Raises TooManyRequests."""
        self._windows.take(self._rate, subject_key)


class ClientRateLimit:
    """A moving minute per registered application, as its registration says."""

    def __init__(self) -> None:
        self._windows = MovingWindows()

    def take(self, client: RegisteredClient) -> None:
        """Count one request. Raises TooManyRequests."""
        # An issuer's address never contains the bar, so two applications never share a name.
        name = f"{client.issuer}|{client.client_id}"
        self._windows.take(RateLimitItemPerMinute(client.requests_per_minute), name)


def client_address(request: Request, trusted_proxies: int) -> str:
    """Who asks. Of X-Forwarded-For only the entries that our own proxies wrote count, and those stand at its end.

    An entry may carry a port, which some proxies add; one that is no address counts as not written. An IPv6 address
    counts with its /64: whoever has one address there has all of them.
    """
    peer = request.client.host if request.client else "unknown"
    if trusted_proxies:
        forwarded = ",".join(request.headers.getlist("x-forwarded-for"))[-_MAX_FORWARDED_CHARACTERS:].split(",")
        return _as_one(_without_port(forwarded[-trusted_proxies:][0].strip())) or _as_one(peer) or peer[:64]
    return _as_one(peer) or peer[:64]


def _without_port(entry: str) -> str:
    """`192.0.2.1:4711` and `[2001:db8::1]:4711` without what the caller can choose anew for every request."""
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry


def _as_one(address: str) -> str | None:
    """The name under which an address is counted, None for what is none."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed.packed, _IPV6_SITE_BITS), strict=False))
    return str(parsed)
