"""A standard OpenID Connect provider: discovery, key set, JWT access tokens (RFC 9068) with claims by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime

from identity.errors import ProviderUnavailable, SignInRefused, TokenNotActive
from identity.fetch import Fetch
from identity.issuer_metadata import IssuerMetadata
from identity.key_set import VerificationKey
from identity.provider import AuthorizationEndpoint, CodeToRedeem, Granted
from identity.trusted_issuer import ClaimNames, TrustedIssuer


class OidcProvider:
    """Finds keys by OpenID Connect Discovery 1.0 section 4 and renames claims as the settings say."""

    def __init__(self, trusted: TrustedIssuer, metadata: IssuerMetadata, fetch: Fetch) -> None:
        self._trusted = trusted
        self._metadata = metadata
        self._fetch = fetch
        names = trusted.claims or ClaimNames()
        self._names = tuple((field.name, getattr(names, field.name)) for field in fields(names))

    @property
    def trusted(self) -> TrustedIssuer:
        """The settings that this adapter serves."""
        return self._trusted

    async def find_key(self, key_id: str) -> VerificationKey:
        """As `Provider.find_key`."""
        return await self._metadata.find_key(key_id)

    def standard_claims(self, claims: Mapping[str, object]) -> Mapping[str, object]:
        """As `Provider.standard_claims`."""
        return {standard: claims[given] for standard, given in self._names if given in claims}

    async def introspect(self, token: str) -> Mapping[str, object]:
        """As `Provider.introspect`."""
        raise TokenNotActive

    async def authorization(self) -> AuthorizationEndpoint:
        """As `Provider.authorization`."""
        raise ProviderUnavailable

    async def redeem(self, code: CodeToRedeem, at: datetime) -> Granted:
        """As `Provider.redeem`."""
        raise SignInRefused

    async def end_session_address(self) -> str | None:
        """As `Provider.end_session_address`."""
        return None
