"""Asking a signing service over HTTP: one deadline over everything, bounded answers, no redirects, no environment."""

import ssl
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import httpcore
import httpx

from signing.backends.remote_uri import ServiceAddress
from signing.errors import KeyUnavailable

TOTAL_TIMEOUT_SECONDS = 10.0
MAX_ANSWER_BYTES = 64 * 1024
MAX_CONNECTIONS = 8


class ServiceAway(Exception):
    """No usable answer from a service that may give one in a moment; never leaves signing.backends."""


class ServiceRefuses(Exception):
    """An answer that will not change by itself; never leaves signing.backends."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: dict[bytes, bytes] = field(repr=False)
    body: bytes = field(repr=False)


class Transport:
    """Connections to one service, shared by threads. Requests and answers are never part of an error."""

    def __init__(self, address: ServiceAddress) -> None:
        """Raises KeyUnavailable for a file of authorities that can't be used."""
        try:
            tls = httpx.create_ssl_context(trust_env=False)
            if address.ca is not None:
                tls = ssl.create_default_context(cafile=str(address.ca))
        except (OSError, ssl.SSLError):
            raise KeyUnavailable(f"{address.ca} holds no certificates that could be read") from None
        self._address = address
        self._backend = _DeadlineBackend()
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            max_connections=MAX_CONNECTIONS,
            keepalive_expiry=30.0,
            network_backend=self._backend,
        )

    def post(self, url: str, headers: dict[str, str], content: bytes) -> Reply:
        """Raises ServiceAway: no connection, no answer in time, one that is too large or no HTTP."""
        sent = {"Accept": "application/json", "Accept-Encoding": "identity", "Host": _host(url)} | headers
        sent["Content-Length"] = str(len(content))
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), TOTAL_TIMEOUT_SECONDS)
        self._backend.begin(TOTAL_TIMEOUT_SECONDS)
        what = "does not answer"
        try:
            with self._pool.stream(
                "POST", url, headers=list(sent.items()), content=content, extensions={"timeout": timeouts}
            ) as response:
                body = bytearray()
                for chunk in response.iter_stream():
                    body += chunk
                    if len(body) > MAX_ANSWER_BYTES:
                        what = "answers too much"
                        raise httpcore.ProtocolError
                received = {name.lower(): value for name, value in response.headers}
                return Reply(response.status, received, bytes(body))
        except (
            httpcore.NetworkError,
            httpcore.TimeoutException,
            httpcore.ProtocolError,
            httpcore.UnsupportedProtocol,
            OSError,
        ) as failure:
            raise ServiceAway(f"{self._address} {what} ({type(failure).__name__})") from None

    def close(self) -> None:
        self._pool.close()


def _host(url: str) -> str:
    return url.split("/", 3)[2]


class _DeadlineBackend(httpcore.NetworkBackend):
    """httpcore limits each read, so that a slow drip could last for ever; here what is left of one request's time is.

    The deadline is the thread's: a connection serves one request of one thread at a time.
    """

    def __init__(self) -> None:
        self._below = httpcore.SyncBackend()
        self._thread = threading.local()

    def begin(self, seconds: float) -> None:
        self._thread.deadline = time.monotonic() + seconds

    def left(self) -> float:
        """Raises httpcore.ReadTimeout when nothing is."""
        seconds: float = self._thread.deadline - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout
        return seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(self._below.connect_tcp(host, port, self.left(), local_address, socket_options), self)


class _Stream(httpcore.NetworkStream):
    def __init__(self, below: httpcore.NetworkStream, clock: _DeadlineBackend) -> None:
        self._below, self._clock = below, clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._below.read(max_bytes, self._clock.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._below.write(buffer, self._clock.left())

    def close(self) -> None:
        self._below.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._below.start_tls(ssl_context, server_hostname, self._clock.left()), self._clock)

    def get_extra_info(self, info: str) -> object:
        return self._below.get_extra_info(info)
