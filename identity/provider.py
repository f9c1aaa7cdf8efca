"""An adapter of one kind of identity providers: finds the issuer's keys, puts claims into standard names and forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from identity.fetch import Fetch
from identity.key_set import VerificationKey
from identity.trusted_issuer import TrustedIssuer


class Provider(Protocol):
    """An adapter at work for one issuer. It translates; every check stays with `verify_token`."""

    @property
    def trusted(self) -> TrustedIssuer:
        """The settings that this adapter serves."""

    async def find_key(self, key_id: str) -> VerificationKey:
        """The issuer's key of that name; must not suspend when it is cached.

        Raises UnknownKey, UnusableKey, ProviderUnavailable.
        """

    def standard_claims(self, claims: Mapping[str, object]) -> Mapping[str, object]:
        """The person's claims under the names of `ClaimNames`' defaults, dates as yyyy-mm-dd; absent ones left out."""


ProviderFactory = Callable[[TrustedIssuer, Fetch, Callable[[], float]], Provider]
"""Makes an adapter from settings, a way to fetch documents, and a clock in seconds that never goes back."""
