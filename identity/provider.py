"""An adapter of one kind of identity providers: where its keys are, how claims are named, how one signs in there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from identity.fetch import Fetch
from identity.issuer_metadata import IssuerMetadata
from identity.key_set import VerificationKey
from identity.trusted_issuer import TrustedIssuer


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationEndpoint:
    """Where a person is sent to sign in.

    names_itself: the issuer announces `iss` in its answers (RFC 9207 section 3), so that one without it is refused.
    sends_nonce: the adapter checks the nonce in what it gets; a provider that knows none is not sent one. acr_values:
    to ask for where the sign-in needs no particular level, best first.
    """

    address: str
    names_itself: bool
    sends_nonce: bool = True
    acr_values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeToRedeem:
    """An authorization code with all that was fixed when its sign-in began. Nothing of it prints."""

    code: str = field(repr=False)
    code_verifier: str = field(repr=False)
    nonce: str = field(repr=False)
    redirect_uri: str
    max_age_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What a redeemed code has proven. claims: under the issuer's own names, verified for this sign-in.

    id_token: as the issuer wants it back at logout. session_id: its `sid`, by which it ends sessions. None without.
    """

    claims: Mapping[str, object] = field(repr=False)
    id_token: str | None = field(default=None, repr=False)
    session_id: str | None = None


class Provider(Protocol):
    """An adapter at work for one issuer. It asks and translates; what is believed is decided by its callers' checks."""

    @property
    def trusted(self) -> TrustedIssuer:
        """The settings that this adapter serves."""

    async def find_key(self, key_id: str) -> VerificationKey:
        """The issuer's key of that name; must not suspend when it is cached.

        Raises UnknownKey, UnusableKey, ProviderUnavailable.
        """

    def standard_claims(self, claims: Mapping[str, object]) -> Mapping[str, object]:
        """The person's claims under the names of `ClaimNames`' defaults, dates as yyyy-mm-dd; absent ones left out."""

    async def introspect(self, token: str) -> Mapping[str, object]:
        """What the issuer says about an opaque token (RFC 7662 section 2.2), under its own names.

        Raises TokenNotActive, ProviderUnavailable.
        """

    async def authorization(self) -> AuthorizationEndpoint:
        """Raises ProviderUnavailable."""

    async def redeem(self, code: CodeToRedeem, at: datetime) -> Granted:
        """Exchange a code and verify what it gives. A code is sent to nobody but the issuer that it came from.

        Raises SignInRefused, ProviderUnavailable, and what verifying an ID token raises.
        """

    async def end_session_address(self) -> str | None:
        """Where a person is sent to sign out at the issuer too (RP-Initiated Logout 1.0); None where there is nothing.

        Raises ProviderUnavailable.
        """


ProviderFactory = Callable[[TrustedIssuer, IssuerMetadata, Fetch], Provider]
"""Makes an adapter from settings, what the issuer publishes, and a way to ask it."""
