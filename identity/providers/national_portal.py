"""The national public service portal's single sign-on: OpenID Connect with names and a date form of its own.

Seen in public code, not in a published specification: the claims `sub TechID HoVaTen SoDinhDanh NgayThangNamSinh
loginIdp`, birth dates as yyyymmdd, and `acr_values=LoA1`. Assumed: that the rest is OpenID Connect by the book. Which
level LoA1 stands for is for the settings to say, and so is every name that turns out differently.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from identity.fetch import Fetch
from identity.issuer_metadata import IssuerMetadata
from identity.key_set import VerificationKey
from identity.provider import AuthorizationEndpoint, CodeToRedeem, Granted
from identity.providers.birth_dates import to_iso
from identity.providers.oidc import OidcProvider
from identity.trusted_issuer import ClaimNames, TrustedIssuer

NAMES: Final = ClaimNames(personal_id="SoDinhDanh", name="HoVaTen", birthdate="NgayThangNamSinh")


class NationalPortal:
    """A standard provider underneath; only the names, the date form and the level that is asked for differ."""

    def __init__(self, trusted: TrustedIssuer, metadata: IssuerMetadata, fetch: Fetch) -> None:
        self._oidc = OidcProvider(trusted, metadata, fetch, NAMES)

    @property
    def trusted(self) -> TrustedIssuer:
        """The settings that this adapter serves."""
        return self._oidc.trusted

    async def find_key(self, key_id: str) -> VerificationKey:
        """As `Provider.find_key`."""
        return await self._oidc.find_key(key_id)

    def standard_claims(self, claims: Mapping[str, object]) -> Mapping[str, object]:
        """As `Provider.standard_claims`."""
        about = dict(self._oidc.standard_claims(claims))
        if "birthdate" in about:
            about["birthdate"] = to_iso(about["birthdate"], ("yyyymmdd",))
        return about

    async def introspect(self, token: str) -> Mapping[str, object]:
        """As `Provider.introspect`."""
        return await self._oidc.introspect(token)

    async def authorization(self) -> AuthorizationEndpoint:
        """As `Provider.authorization`; the portal wants to be asked for a level, and these are the ones that count."""
        levels = self.trusted.levels
        best_first = tuple(sorted(levels, key=lambda acr: (-levels[acr], acr)))
        return replace(await self._oidc.authorization(), acr_values=best_first)

    async def redeem(self, code: CodeToRedeem, at: datetime) -> Granted:
        """As `Provider.redeem`."""
        return await self._oidc.redeem(code, at)

    async def end_session_address(self) -> str | None:
        """As `Provider.end_session_address`."""
        return await self._oidc.end_session_address()
