"""What an issuer publishes about itself: its endpoints and its keys, by discovery, by address or pinned."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

from identity.errors import ProviderUnavailable
from identity.fetch import Fetch, get, is_loopback, is_safe_address
from identity.issuer_keys import IssuerKeys
from identity.key_set import KeySet, VerificationKey, parse_key_set
from identity.shared_documents import SharedDocuments
from identity.strict_json import NotStrictJson, parse_object
from identity.trusted_issuer import TrustedIssuer

EndpointName = Literal["authorization", "token", "userinfo", "introspection", "end_session"]


class IssuerMetadata:
    """One issuer's published documents, cached; its adapter asks here and nowhere else.

    shared: what other processes of this service have fetched; None for a process alone.
    """

    def __init__(
        self,
        trusted: TrustedIssuer,
        fetch: Fetch,
        *,
        shared: SharedDocuments | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._trusted = trusted
        self._fetch = fetch
        self._shared = shared
        self._keys = IssuerKeys(
            self._load_keys,
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
        address = (await self._discover()).get(f"{name}_endpoint")
        return None if address is None else self._safe(address)

    async def names_itself(self) -> bool:
        """Whether the issuer announces that it puts `iss` into its authorization answers (RFC 9207 section 3).

        Raises ProviderUnavailable.
        """
        return (await self._discover()).get("authorization_response_iss_parameter_supported") is True

    async def _load_keys(self) -> KeySet:
        address = (await self._discover()).get("jwks_uri")
        return parse_key_set(await get(self._fetch, self._safe(address)))

    async def _discover(self) -> dict[str, object]:
        issuer = self._trusted.issuer
        document = await get(self._fetch, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            metadata = parse_object(document)
        except NotStrictJson:
            raise ProviderUnavailable("The identity provider's discovery document cannot be read.") from None
        if metadata.get("issuer") != issuer:
            # another issuer's document, by mistake or malice: its keys would speak in this one's name
            raise ProviderUnavailable("The identity provider's discovery document names another issuer.")
        return metadata

    def _safe(self, address: object) -> str:
        if not isinstance(address, str) or not is_safe_address(address):
            raise ProviderUnavailable("The identity provider names an address that is not safe.")
        if is_loopback(address) and not is_loopback(self._trusted.issuer):
            raise ProviderUnavailable("The identity provider points to this machine.")
        return address
