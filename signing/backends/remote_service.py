"""A remote signing service after the Cloud Signature Consortium's API v2: who we are there, and what it answers."""

import json
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from signing.backends.private_file import read_private_file
from signing.backends.remote_transport import Reply, ServiceAway, ServiceRefuses, Transport
from signing.backends.remote_uri import ServiceAddress, is_safe_address
from signing.errors import KeyUnavailable

PAUSE_AFTER_FAILURE_SECONDS = 1.0
MAX_PAUSE_SECONDS = 300.0
"""A service may ask for a pause (Retry-After), but not for any length."""

# A token that ends within this time is not used any more; and none is believed to last longer than a day.
_TOKEN_MARGIN_SECONDS, _MAX_TOKEN_SECONDS = 30.0, 86_400.0
_PASSING = {408, 425, 429, 500, 502, 503, 504}
# RFC 6749 section 5.2 and the consortium's own; any other could be a secret that the service repeats.
_CODES = {
    "access_denied",
    "expired_token",
    "insufficient_scope",
    "invalid_client",
    "invalid_grant",
    "invalid_otp",
    "invalid_pin",
    "invalid_request",
    "invalid_scope",
    "invalid_token",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_grant_type",
}


@dataclass(frozen=True, slots=True)
class ServiceSecret:
    """What the service wants to know of us: a bearer token, or a client's id and secret, and the PIN of credentials."""

    client_id: str | None = field(default=None, repr=False)
    client_secret: str | None = field(default=None, repr=False)
    token_url: str | None = None
    bearer: str | None = field(default=None, repr=False)
    pin: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, address: ServiceAddress) -> "ServiceSecret":
        """Raises KeyUnavailable, which names the file and no value."""
        name, wrong = address.secret.name, "is not as documented"
        try:
            document = json.loads(read_private_file(address.secret))
        except (ValueError, RecursionError):
            raise KeyUnavailable(f"{name} is no JSON") from None
        known = set(cls.__dataclass_fields__)
        if not isinstance(document, dict) or not document.keys() <= known:
            raise KeyUnavailable(f"{name} {wrong}: it may have {', '.join(sorted(known))}")
        if not all(isinstance(value, str) and value.isascii() and value for value in document.values()):
            raise KeyUnavailable(f"{name} {wrong}: values are texts of ASCII letters")
        secret = cls(**document)
        if (secret.bearer is None) != ({"client_id", "client_secret"} <= document.keys()):
            raise KeyUnavailable(f"{name} {wrong}: it has bearer, or client_id and client_secret")
        if secret.bearer is not None and not secret.bearer.isprintable():
            raise KeyUnavailable(f"{name} {wrong}: a bearer token has no line breaks")
        if secret.token_url is not None and not is_safe_address(secret.token_url):
            raise KeyUnavailable(f"{name} {wrong}: token_url is an https address")
        return secret


class Service:
    """One service as this process uses it. Thread-safe; one thread at a time asks for an access token."""

    def __init__(self, address: ServiceAddress) -> None:
        self._address = address
        self._transport = Transport(address)
        self._lock = threading.Lock()
        self._token = ""
        self._token_until = 0.0
        self._pause_until = 0.0
        self._refused_pins: set[str] = set()

    def call(self, method: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to `POST <base>/<method>`; a token that the service knows no more is renewed once.

        Raises ServiceAway (tried again later), ServiceRefuses, KeyUnavailable (no secret to say who we are).
        """
        body = json.dumps(content).encode()
        url = f"{self._address.base}/{method}"
        token = self._access_token()
        reply = self._post(url, token, "application/json", body)
        if reply.status == 401:
            reply = self._post(url, self._access_token(refused=token), "application/json", body)
        return self._read(reply, method)

    def pin(self) -> str:
        """Raises KeyUnavailable."""
        pin = ServiceSecret.read(self._address).pin
        if pin is None:
            raise KeyUnavailable(f"{self._address} asks for a PIN: {self._address.secret.name} has no pin")
        if pin in self._refused_pins:
            raise KeyUnavailable(f"{self._address} refused this PIN; it is not tried again before a restart")
        return pin

    def remember_refused(self, pin: str) -> None:
        """A credential locks itself after a few wrong PINs, and background work tries again for ever."""
        self._refused_pins.add(pin)

    def close(self) -> None:
        self._transport.close()

    def _access_token(self, refused: str | None = None) -> str:
        """OAuth 2 client credentials (RFC 6749 section 4.4), or the bearer token of the secret."""
        with self._lock:
            if self._token and self._token != refused and time.monotonic() < self._token_until:
                return self._token
            secret = ServiceSecret.read(self._address)
            if secret.bearer is not None:
                self._token, self._token_until = secret.bearer, float("inf")
                return self._token
            form = {
                "grant_type": "client_credentials",
                "client_id": secret.client_id or "",
                "client_secret": secret.client_secret or "",
                "scope": "service",
            }
            url = secret.token_url or f"{self._address.base}/oauth2/token"
            reply = self._post(url, None, "application/x-www-form-urlencoded", urlencode(form).encode())
            answer = self._read(reply, "oauth2/token")
            token, lasts = answer.get("access_token"), answer.get("expires_in", 3600)
            if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
                raise ServiceAway(f"{self._address} gives no access token")
            if isinstance(lasts, bool) or not isinstance(lasts, int) or lasts <= 0:
                raise ServiceAway(f"{self._address} gives an access token without lifetime")
            self._token = token
            self._token_until = time.monotonic() + min(lasts, _MAX_TOKEN_SECONDS) - _TOKEN_MARGIN_SECONDS
            return token

    def _post(self, url: str, token: str | None, media_type: str, body: bytes) -> Reply:
        if time.monotonic() < self._pause_until:
            raise ServiceAway(f"{self._address} is given a pause")
        headers = {"Content-Type": media_type}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        try:
            reply = self._transport.post(url, headers, body)
        except ServiceAway:
            # The keys of a ring are opened one after the other: not each of them shall wait for its own time-out.
            self._pause(PAUSE_AFTER_FAILURE_SECONDS)
            raise
        if reply.status in (429, 503):
            asked = reply.headers.get(b"retry-after", b"")
            self._pause(min(float(asked), MAX_PAUSE_SECONDS) if asked.isdigit() else PAUSE_AFTER_FAILURE_SECONDS)
        return reply

    def _pause(self, seconds: float) -> None:
        self._pause_until = max(self._pause_until, time.monotonic() + seconds)

    def _read(self, reply: Reply, method: str) -> dict[str, Any]:
        """Nothing that the service wrote gets into our errors but a short code: it may repeat what was sent."""
        try:
            answer = json.loads(reply.body) if b"content-encoding" not in reply.headers else None
        except (ValueError, RecursionError):
            answer = None
        if reply.status == 200 and isinstance(answer, dict):
            return answer
        code = answer.get("error") if isinstance(answer, dict) else None
        said = f", {code}" if isinstance(code, str) and code in _CODES else ""
        sentence = f"{self._address} answers {method} with {reply.status}{said}"
        if reply.status == 200 or 300 <= reply.status < 400 or reply.status in _PASSING:
            raise ServiceAway(sentence if reply.status != 200 else f"{sentence}, but with no JSON object")
        raise ServiceRefuses(sentence, reply.status)


_services: dict[ServiceAddress, Service] = {}
# A child would write into its parent's connections.
os.register_at_fork(after_in_child=_services.clear)


def service_at(address: ServiceAddress) -> Service:
    """The service as this process uses it, with its connections and access token. Raises KeyUnavailable."""
    service = _services.get(address)
    # setdefault is atomic, and a Service that loses the race has opened nothing yet.
    return service or _services.setdefault(address, Service(address))


def close_services() -> None:
    """Close every connection; whoever signs afterwards opens new ones."""
    while _services:
        _services.popitem()[1].close()
