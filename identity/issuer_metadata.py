"""What an issuer publishes about itself: its endpoints and its keys, by discovery, by address or pinned."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Literal

from identity.algorithms import ALGORITHMS
from identity.errors import MisconfiguredIssuer, ProviderUnavailable
from identity.fetch import FETCH_TIMEOUT_SECONDS, Fetch, is_loopback, is_safe_address
from identity.issuer_keys import IssuerKeys, Keys, PinnedKeys
from identity.key_set import KeySet, VerificationKey, parse_pinned_keys, read_key_set
from identity.published_document import Demand, PublishedDocument, Store
from identity.renewed import Renewed, Withdrawn
from identity.shared_documents import SharedDocuments
from identity.strict_json import NotStrictJson, parse_object
from identity.trusted_issuer import TrustedIssuer

EndpointName = Literal["authorization", "token", "userinfo", "introspection", "end_session"]


def utc_now() -> datetime:
    """The real wall clock."""
    return datetime.now(UTC)


class IssuerMetadata:
    """One issuer's published documents, cached; its adapter asks here and nowhere else.

    Keys are pinned, or at an address in the settings, or found by discovery (OpenID Connect Discovery 1.0 section 4).
    Discovery is asked for nothing that the settings say: an issuer whose endpoints and keys are all set needs none.

    shared: what other processes of this service have fetched; None for a process alone. clock gives seconds that never
    go back, `now` the wall clock that the processes have in common, aware. fetch_seconds: how long `fetch` may take.
    Raises MisconfiguredIssuer for pinned keys that cannot be used.
    """

    def __init__(
        self,
        trusted: TrustedIssuer,
        fetch: Fetch,
        *,
        shared: SharedDocuments | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
        fetch_seconds: float = FETCH_TIMEOUT_SECONDS,
    ) -> None:
        self._trusted = trusted
        store = Store(shared)
        published = PublishedDocument(
            f"{trusted.issuer}#discovery",
            self._locate_discovery,
            self._read_discovery,
            fetch,
            store,
            turn_seconds=fetch_seconds,
            now=now,
        )
        self._published_discovery = published
        self._discovery = Renewed(
            lambda: published.load(published.younger_than(trusted.jwks_lifetime_seconds, trusted.jwks_retry_seconds)),
            published.remember,
            lifetime_seconds=trusted.jwks_lifetime_seconds,
            outage_seconds=trusted.jwks_outage_seconds,
            retry_seconds=trusted.jwks_retry_seconds,
            clock=clock,
        )
        self._keys: Keys
        if trusted.pinned_keys is not None:
            self._keys = PinnedKeys(_pinned_keys(trusted, trusted.pinned_keys))
            return
        # the address belongs to the name: after a change of settings nobody takes what was at the old one
        at_address = f"={trusted.endpoints.jwks}" if trusted.endpoints.jwks is not None else ""
        self._keys = IssuerKeys(
            PublishedDocument(
                f"{trusted.issuer}#keys{at_address}",
                self._locate_keys,
                _read_keys,
                fetch,
                store,
                turn_seconds=fetch_seconds,
                now=now,
            ),
            lifetime_seconds=trusted.jwks_lifetime_seconds,
            outage_seconds=trusted.jwks_outage_seconds,
            retry_seconds=trusted.jwks_retry_seconds,
            unknown_key_seconds=trusted.jwks_refetch_seconds,
            clock=clock,
        )

    async def find_key(self, key_id: str) -> VerificationKey:
        """The issuer's key of that name; does not suspend when it is cached.

        Raises UnknownKey, UnusableKey, ProviderUnavailable.
        """
        return await self._keys.find(key_id)

    async def endpoint(self, name: EndpointName) -> str | None:
        """An endpoint's address, pinned in the settings or from the discovery document; None where there is neither.

        Raises ProviderUnavailable, also for an address that is not safe.
        """
        pinned: str | None = getattr(self._trusted.endpoints, name)
        if pinned is not None:
            return pinned
        address = (await self._discovery.current()).get(f"{name}_endpoint")
        return None if address is None else self._safe(address)

    async def names_itself(self) -> bool:
        """Whether the issuer announces that it puts `iss` into its authorization answers (RFC 9207 section 3).

        False without asking where the settings give all that a sign-in needs (keys, authorization and token
        endpoint): such an issuer is not asked for a discovery document, which it may not have.
        Raises ProviderUnavailable.
        """
        endpoints = self._trusted.endpoints
        keys_are_set = self._trusted.pinned_keys is not None or endpoints.jwks is not None
        if keys_are_set and endpoints.authorization is not None and endpoints.token is not None:
            return False
        metadata = await self._discovery.current()
        return metadata.get("authorization_response_iss_parameter_supported") is True

    async def _locate_discovery(self, _demand: Demand) -> str:
        return f"{self._trusted.issuer.rstrip('/')}/.well-known/openid-configuration"

    async def _locate_keys(self, demand: Demand) -> str:
        address = self._trusted.endpoints.jwks
        if address is not None:
            return address
        # as fresh as the keys must be: an issuer may have moved them
        metadata = await self._discovery.refresh(lambda: self._published_discovery.load(demand))
        return self._safe(metadata.get("jwks_uri"))

    def _read_discovery(self, body: bytes) -> Mapping[str, object]:
        try:
            metadata = parse_object(body)
        except NotStrictJson:
            raise ProviderUnavailable("The identity provider's discovery document cannot be read.") from None
        if metadata.get("issuer") != self._trusted.issuer:
            # another issuer's document, by mistake or malice: its keys would speak in this one's name
            raise ProviderUnavailable("The identity provider's discovery document names another issuer.")
        return metadata

    def _safe(self, address: object) -> str:
        if not isinstance(address, str) or not is_safe_address(address):
            raise ProviderUnavailable("The identity provider names an address that is not safe.")
        if is_loopback(address) and not is_loopback(self._trusted.issuer):
            raise ProviderUnavailable("The identity provider points to this machine.")
        return address


def _read_keys(body: bytes) -> KeySet:
    keys = read_key_set(body)
    if not keys.usable:
        raise Withdrawn("The identity provider publishes no usable key.")
    return keys


def _pinned_keys(trusted: TrustedIssuer, raw: bytes) -> KeySet:
    try:
        keys = parse_pinned_keys(raw)
    except ValueError as error:
        raise MisconfiguredIssuer(f"trusted issuer {trusted.name!r}: pinned_keys {error}") from None
    algorithms = [ALGORITHMS[name] for name in trusted.algorithms]
    if not any(key.fits(algorithm) for key in keys.usable.values() for algorithm in algorithms):
        raise MisconfiguredIssuer(f"trusted issuer {trusted.name!r}: pinned_keys fit none of its algorithms")
    return keys
