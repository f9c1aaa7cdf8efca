"""The applications that may bring people's tokens here, and agencies' machines: registered, or refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from identity.citizen import Verified
from identity.errors import MisconfiguredClient, ScopeMissing, UnknownClient
from identity.fetch import is_safe_address

Scope = Literal["applications:read", "applications:write", "documents:read", "desk", "agency:read"]
SCOPES: Final[frozenset[Scope]] = frozenset(
    ("applications:read", "applications:write", "documents:read", "desk", "agency:read")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredClient:
    """One application of one issuer.

    issuer: whose tokens it brings, as in `iss`. client_id: as in `client_id` or `azp`. name: for people who look after
    the service. scopes: what it may do here at most. scopes_from: "token" also asks that the token permits it,
    "registration" is for issuers that know no scopes of ours. channel: of the fee rules; None for applications that
    ask for nothing. unit: the agency of a machine. webhook_url: where its events go.
    cors_origins: of its pages.
    Raises MisconfiguredClient.
    """

    issuer: str
    client_id: str
    name: str
    scopes: frozenset[Scope]
    scopes_from: Literal["token", "registration"] = "token"
    channel: str | None = None
    unit: str | None = None
    webhook_url: str | None = None
    requests_per_minute: int = 6_000
    cors_origins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.client_id.strip() or not self.name.strip():
            raise self._wrong("client_id and name must not be empty")
        unknown = sorted(self.scopes - SCOPES)
        if unknown or not self.scopes:
            raise self._wrong(f"scopes must be some of {', '.join(sorted(SCOPES))}")
        if self.scopes_from not in ("token", "registration"):
            raise self._wrong("scopes_from must be 'token' or 'registration'")
        if "agency:read" in self.scopes and not self.unit:
            raise self._wrong("a client with the scope agency:read needs its unit")
        if self.webhook_url is not None and not (self.webhook_url.isascii() and is_safe_address(self.webhook_url)):
            raise self._wrong("webhook_url must be an https address, in ASCII")
        if self.requests_per_minute < 1:
            raise self._wrong("requests_per_minute must be at least 1")
        for origin in self.cors_origins:
            if not _is_origin(origin):
                raise self._wrong(f"cors_origins: {origin!r} is no origin, such as https://app.example.vn")

    def _wrong(self, what: str) -> MisconfiguredClient:
        return MisconfiguredClient(f"client {self.client_id!r}: {what}")

    def require_scope(self, person: Verified, scope: Scope) -> None:
        """Raises ScopeMissing unless the registration permits it, and the token where it is asked too."""
        if scope not in self.scopes:
            raise ScopeMissing(scope)
        if self.scopes_from == "token" and scope not in (person.scopes or ()):
            raise ScopeMissing(scope)


class Clients:
    """All registered applications. Raises MisconfiguredClient on two registrations of one client."""

    def __init__(self, registered: Iterable[RegisteredClient]) -> None:
        self._by_id: dict[tuple[str, str], RegisteredClient] = {}
        for client in registered:
            key = (client.issuer, client.client_id)
            if key in self._by_id:
                raise MisconfiguredClient(f"client {client.client_id!r} is registered twice for {client.issuer}")
            self._by_id[key] = client

    def __iter__(self) -> Iterator[RegisteredClient]:
        return iter(self._by_id.values())

    def of(self, person: Verified) -> RegisteredClient:
        """The application through which somebody comes.

        Raises UnknownClient.
        """
        return self.named(person.issuer, person.client_id)

    def named(self, issuer: str, client_id: str) -> RegisteredClient:
        """The application that an issuer knows by this name.

        Raises UnknownClient.
        """
        client = self._by_id.get((issuer, client_id))
        if client is None:
            raise UnknownClient
        return client

    @property
    def channels(self) -> dict[tuple[str, str], str]:
        """(issuer, client_id) → channel of the fee rules, for applications that have one."""
        return {key: client.channel for key, client in self._by_id.items() if client.channel is not None}

    @property
    def origins(self) -> frozenset[str]:
        """Every origin whose pages may read answers."""
        return frozenset(origin for client in self._by_id.values() for origin in client.cors_origins)


def _is_origin(text: str) -> bool:
    """scheme://host[:port], as a browser writes it in `Origin`: lower case, no path, no default port."""
    scheme, separator, rest = text.partition("://")
    plain = bool(separator and rest) and not any(sign in rest for sign in "/?#@* \t") and text == text.lower()
    default_port = (scheme == "https" and rest.endswith(":443")) or (scheme == "http" and rest.endswith(":80"))
    return plain and not default_port and is_safe_address(text)
