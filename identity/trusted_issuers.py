"""Everyone whose tokens count here, with what verifying them needs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final

from identity.errors import MisconfiguredIssuer, UntrustedIssuer
from identity.fetch import Fetch, HttpFetch
from identity.issuer_metadata import IssuerMetadata, utc_now
from identity.officials_register import FindOfficial, nobody_registered
from identity.proof_of_possession import ProofRules
from identity.provider import Provider
from identity.providers import PROVIDERS
from identity.replay import InMemoryRedeemed, RedeemOnce
from identity.shared_documents import SharedDocuments
from identity.trusted_issuer import TrustedIssuer

_PROOFS: Final = ProofRules()


class TrustedIssuers:
    """The trusted issuers with their adapters and key caches; make one at start and keep it.

    fetch asks the issuers. clock gives seconds that never go back, `now` the wall clock, aware. shared: what other
    processes have fetched. redeem: what counts once, in this process by default. find_official: the officials'
    register, empty by default. proofs: what a proof of possession must be.
    Raises MisconfiguredIssuer when empty, on an unknown kind, on two issuers of one name or address, and on two that
    give opaque tokens: such a token does not say whose it is, and would be shown to the wrong one.
    """

    def __init__(
        self,
        issuers: Iterable[TrustedIssuer],
        *,
        fetch: Fetch | None = None,
        shared: SharedDocuments | None = None,
        redeem: RedeemOnce | None = None,
        find_official: FindOfficial = nobody_registered,
        proofs: ProofRules = _PROOFS,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        fetch = fetch or HttpFetch()
        self.proofs = proofs
        self.redeem = redeem or InMemoryRedeemed(now)
        self.find_official = find_official
        self.of_opaque_tokens: Provider | None = None
        self._providers: dict[str, Provider] = {}
        self._by_name: dict[str, Provider] = {}
        for trusted in issuers:
            if trusted.kind not in PROVIDERS:
                raise MisconfiguredIssuer(f"trusted issuer {trusted.name!r}: kind {trusted.kind!r} is not known")
            if trusted.name in self._by_name:
                raise MisconfiguredIssuer(f"two trusted issuers are named {trusted.name!r}")
            if trusted.issuer in self._providers:
                raise MisconfiguredIssuer(f"two trusted issuers have the address {trusted.issuer!r}")
            metadata = IssuerMetadata(trusted, fetch, shared=shared, clock=clock, now=now)
            provider = PROVIDERS[trusted.kind](trusted, metadata, fetch)
            self._providers[trusted.issuer] = self._by_name[trusted.name] = provider
            if "opaque_access_token" in trusted.token_kinds:
                if self.of_opaque_tokens is not None:
                    raise MisconfiguredIssuer("two trusted issuers give opaque tokens; only one of them can be asked")
                self.of_opaque_tokens = provider
        if not self._providers:
            raise MisconfiguredIssuer("no trusted issuer: nobody could ever sign in")

    def __iter__(self) -> Iterator[TrustedIssuer]:
        return (provider.trusted for provider in self._providers.values())

    def provider_of(self, unverified_issuer: str) -> Provider:
        """The adapter for exactly this `iss`.

        Raises UntrustedIssuer.
        """
        provider = self._providers.get(unverified_issuer)
        if provider is None:
            raise UntrustedIssuer
        return provider

    def named(self, name: str) -> Provider:
        """The adapter of the issuer with this name in the settings.

        Raises UntrustedIssuer.
        """
        provider = self._by_name.get(name)
        if provider is None:
            raise UntrustedIssuer
        return provider
