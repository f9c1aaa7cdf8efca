"""Asking an issuer over HTTP, bounded in time, size and destination."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

import httpx

from identity.errors import ProviderUnavailable


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: a GET, or a POST where there is a form. Neither form nor authorization prints."""

    address: str
    form: Mapping[str, str] | None = field(default=None, repr=False)
    authorization: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: 200, or one of 400, 401 and 403, by which an issuer refuses what was asked."""

    status: int
    body: bytes = field(repr=False)
    media_type: str = ""


Fetch = Callable[[Ask], Awaitable[Answer]]
"""Asks an issuer; raises ProviderUnavailable where there is no answer, or one that says nothing about the question."""

FETCH_TIMEOUT_SECONDS: Final = 5.0
"""How long one request may take, from its beginning to the last byte of the answer."""

_LOOPBACK: Final = frozenset(("127.0.0.1", "::1", "localhost"))
_SAY_SOMETHING: Final = frozenset((200, 400, 401, 403))


async def get(fetch: Fetch, address: str) -> bytes:
    """The document at an address.

    Raises ProviderUnavailable, also where the issuer refuses to give it.
    """
    answer = await fetch(Ask(address))
    if answer.status != httpx.codes.OK:
        raise ProviderUnavailable("The identity provider answered with an error or a redirect.")
    return answer.body


def basic_authorization(client_id: str, client_secret: str) -> str:
    """`client_secret_basic` (RFC 6749 section 2.3.1): both halves are form-encoded before they are joined."""
    joined = f"{quote(client_id, safe='')}:{quote(client_secret, safe='')}"
    return "Basic " + base64.b64encode(joined.encode("ascii")).decode("ascii")


def is_loopback(address: str) -> bool:
    """Whether an address names this machine, in whatever spelling."""
    try:
        host = httpx.URL(address).host.removesuffix(".")
    except (httpx.InvalidURL, UnicodeError):
        return False
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761 section 6.3
        return True
    try:
        # 127.1 and 2130706433 are connected to as 127.0.0.1
        ip: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        try:
            ip = ipaddress.ip_address(host)
        except ValueError:
            return False
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return ip.is_loopback or ip.is_unspecified


def is_safe_address(address: str) -> bool:
    """Whether keys may be had from there: https (plain http on loopback only), no user name, no fragment."""
    try:
        url = httpx.URL(address)
        host = url.host  # decoded only here
        urlsplit(address).port  # noqa: B018 - judges brackets and the port's number, which httpx does not
    except (httpx.InvalidURL, ValueError):
        return False
    if not host or "[" in host or "]" in host or url.userinfo or url.fragment:
        return False
    return url.scheme == "https" or (url.scheme == "http" and host in _LOOPBACK)


def _tls_without_environment() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


@dataclass(frozen=True, slots=True)
class HttpFetch:
    """A `Fetch` with a deadline over everything, a size cap and no redirects; nothing is taken from the environment.

    tls: whose certificates are believed; the public authorities by default.
    """

    total_timeout_seconds: float = FETCH_TIMEOUT_SECONDS
    max_bytes: int = 256 * 1024
    tls: ssl.SSLContext = field(default_factory=_tls_without_environment, repr=False)

    async def __call__(self, ask: Ask) -> Answer:
        """Raises ProviderUnavailable."""
        if not is_safe_address(ask.address):
            raise ProviderUnavailable("The identity provider's address is not safe to ask.")
        with contextlib.suppress(httpx.HTTPError, httpx.InvalidURL, TimeoutError, UnicodeError):
            # httpx limits each read only, so that a slow drip could last for ever without a deadline over all
            async with asyncio.timeout(self.total_timeout_seconds):
                return await self._send(ask)
        # raised only here: an error of httpx has the request on it, with its secrets, and would hang on ours
        raise ProviderUnavailable

    async def _send(self, ask: Ask) -> Answer:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if ask.authorization is not None:
            headers["Authorization"] = ask.authorization
        content = None
        if ask.form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            content = urlencode(ask.form).encode("ascii")
        method = "GET" if ask.form is None else "POST"
        async with (
            httpx.AsyncClient(verify=self.tls, trust_env=False, follow_redirects=False) as client,
            client.stream(
                method, ask.address, headers=headers, content=content, timeout=self.total_timeout_seconds
            ) as response,
        ):
            if response.status_code not in _SAY_SOMETHING:
                raise ProviderUnavailable("The identity provider answered with an error or a redirect.")
            if "content-encoding" in response.headers:
                raise ProviderUnavailable("The identity provider compressed its answer unasked.")
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > self.max_bytes:
                    raise ProviderUnavailable("The identity provider's answer is too large.")
            media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            return Answer(response.status_code, bytes(body), media_type)
