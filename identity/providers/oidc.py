"""A standard OpenID Connect provider: discovery, key set, JWT access tokens (RFC 9068) with claims by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields

from identity.errors import ProviderUnavailable
from identity.fetch import Fetch, is_loopback, is_safe_address
from identity.issuer_keys import IssuerKeys
from identity.key_set import KeySet, VerificationKey, parse_key_set
from identity.strict_json import NotStrictJson, parse_object
from identity.trusted_issuer import TrustedIssuer


class OidcProvider:
    """Finds keys by OpenID Connect Discovery 1.0 section 4 and renames claims as the settings say."""

    def __init__(self, trusted: TrustedIssuer, fetch: Fetch, clock: Callable[[], float]) -> None:
        self._trusted = trusted
        self._fetch = fetch
        self._names = tuple((field.name, getattr(trusted.claims, field.name)) for field in fields(trusted.claims))
        self._keys = IssuerKeys(
            self._load_keys,
            lifetime_seconds=trusted.jwks_lifetime_seconds,
            outage_seconds=trusted.jwks_outage_seconds,
            retry_seconds=trusted.jwks_retry_seconds,
            unknown_key_seconds=trusted.jwks_refetch_seconds,
            clock=clock,
        )

    @property
    def trusted(self) -> TrustedIssuer:
        """The settings that this adapter serves."""
        return self._trusted

    async def find_key(self, key_id: str) -> VerificationKey:
        """As `Provider.find_key`."""
        return await self._keys.find(key_id)

    def standard_claims(self, claims: Mapping[str, object]) -> Mapping[str, object]:
        """As `Provider.standard_claims`."""
        return {standard: claims[given] for standard, given in self._names if given in claims}

    async def _load_keys(self) -> KeySet:
        issuer = self._trusted.issuer
        document = await self._fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            metadata = parse_object(document)
        except NotStrictJson:
            raise ProviderUnavailable("The identity provider's discovery document cannot be read.") from None
        if metadata.get("issuer") != issuer:
            # another issuer's document, by mistake or malice: its keys would speak in this one's name
            raise ProviderUnavailable("The identity provider's discovery document names another issuer.")
        address = metadata.get("jwks_uri")
        if not isinstance(address, str) or not is_safe_address(address):
            raise ProviderUnavailable("The identity provider's key set has no safe address.")
        if is_loopback(address) and not is_loopback(issuer):
            raise ProviderUnavailable("The identity provider points its key set at this machine.")
        return parse_key_set(await self._fetch(address))
