"""Posting to an address that somebody else has named: bounded in time and size, and never into a private network."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpcore

from identity.fetch import is_loopback, is_safe_address

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""All addresses of a host. Raises OSError."""

MOST_ANSWER_BYTES = 4096
"""Read of an answer, and thrown away: nothing in it matters."""

_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_GIVEN_OUT = ipaddress.ip_network("2000::/3")
"""All that IANA gives out of IPv6. The rest is not public, whatever a list of exceptions forgets: site-local addresses,
a translator's own (RFC 8215), IPv4 behind zeros."""


@dataclass(frozen=True, slots=True)
class Reply:
    """status: of HTTP; None where there was none, and error then says why in a short code."""

    status: int | None
    error: str | None = None
    retry_after_seconds: int | None = None


class AddressForbidden(Exception):
    """The host leads into a network that nothing is sent to."""


async def _resolve(host: str, port: int) -> Sequence[str]:
    # Not on a thread of the loop's own: it waits for those at its end, however long a name server is silent.
    answer: Future[list[str]] = Future()
    answer.set_running_or_notify_cancel()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, ValueError) as error:
            answer.set_exception(error)
        else:
            answer.set_result([str(one[4][0]) for one in found])

    threading.Thread(target=look_up, daemon=True, name="webhook-look-up").start()
    return await asyncio.wrap_future(answer)


def _tls_without_environment() -> ssl.SSLContext:
    return ssl.create_default_context()


@dataclass(frozen=True, slots=True)
class WebhookPost:
    """Sends one body. total_seconds: from the look-up of the name to the end of the answer.

    networks: private ones that are allowed, such as an agency's own. resolve: how names are looked up. tls: whose
    certificates are believed; the public authorities by default.
    """

    total_seconds: float = 10.0
    networks: tuple[Network, ...] = ()
    resolve: Resolve = _resolve
    tls: ssl.SSLContext = field(default_factory=_tls_without_environment, repr=False)

    def __call__(self, address: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """From a thread without an event loop. Redirects are answers like any other, and never followed.

        Every address of the name is judged when the connection is made, so that no later look-up can lead elsewhere.
        """
        if not address.isascii() or not is_safe_address(address):
            return Reply(None, "unsafe_address")
        try:
            return asyncio.run(self._within_time(address, headers, body))
        except AddressForbidden:
            return Reply(None, "forbidden_network")
        except (TimeoutError, httpcore.TimeoutException):
            return Reply(None, "timeout")
        except ssl.SSLError:
            return Reply(None, "tls")
        except (OSError, httpcore.NetworkError):
            return Reply(None, "unreachable")
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol, ValueError):
            return Reply(None, "no_http")

    async def _within_time(self, address: str, headers: Mapping[str, str], body: bytes) -> Reply:
        # Limits for each read alone would let a slow drip last for ever.
        async with asyncio.timeout(self.total_seconds):
            return await self._send(address, headers, body)

    async def _send(self, address: str, headers: Mapping[str, str], body: bytes) -> Reply:
        # A configured loopback address means this machine; a name that merely leads here does not.
        network = _CheckedNetwork(self.resolve, self.networks, may_loop_back=is_loopback(address))
        sent = [*headers.items(), ("host", urlsplit(address).netloc), ("content-type", "application/json")]
        limits = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), self.total_seconds)}
        async with (
            httpcore.AsyncConnectionPool(
                ssl_context=self.tls, network_backend=network, http2=False, max_connections=1
            ) as pool,
            pool.stream(
                "POST",
                address,
                headers=[*sent, ("content-length", str(len(body))), ("user-agent", "condau"), ("connection", "close")],
                content=body,
                extensions=limits,
            ) as response,
        ):
            read = 0
            async for chunk in response.aiter_stream():
                read += len(chunk)
                if read > MOST_ANSWER_BYTES:
                    break
            return Reply(response.status, None, _retry_after(response.headers))


class _CheckedNetwork(httpcore.AsyncNetworkBackend):
    def __init__(self, resolve: Resolve, networks: Iterable[Network], *, may_loop_back: bool) -> None:
        self._resolve, self._networks, self._may_loop_back = resolve, tuple(networks), may_loop_back
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the backend's own signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        found = [ipaddress.ip_address(one.partition("%")[0]) for one in await self._resolve(host, port)]
        # One forbidden address among good ones is no slip of the pen.
        if not found or not all(self._is_allowed(one) for one in found):
            raise AddressForbidden
        return await self._plain.connect_tcp(str(found[0]), port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the backend's own signature
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise AddressForbidden

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def _is_allowed(self, ip: IpAddress) -> bool:
        inner = _inside(ip)
        if any(inner.version == network.version and inner in network for network in self._networks):
            return True
        if inner.is_loopback:
            return self._may_loop_back
        return inner.is_global and not inner.is_multicast and (inner.version == 4 or inner in _GIVEN_OUT)


def _inside(ip: IpAddress) -> IpAddress:
    """The IPv4 address that an IPv6 one stands for: mapped, 6to4, or behind a translator."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _TRANSLATED:
            return ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        return ip.ipv4_mapped or ip.sixtofour or ip
    return ip


def _retry_after(headers: Sequence[tuple[bytes, bytes]]) -> int | None:
    """In seconds; an HTTP date is not read."""
    for name, value in headers:
        if name.lower() == b"retry-after" and value.isdigit() and len(value) < 8:
            return int(value)
    return None
