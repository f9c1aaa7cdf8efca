"""Everyone whose tokens count here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from identity.errors import MisconfiguredIssuer, UntrustedIssuer
from identity.fetch import Fetch, HttpFetch
from identity.provider import Provider
from identity.providers import PROVIDERS
from identity.trusted_issuer import TrustedIssuer


class TrustedIssuers:
    """The trusted issuers with their adapters and key caches; make one at start and keep it.

    fetch gets discovery documents and key sets, clock gives seconds that never go back.
    Raises MisconfiguredIssuer when empty, on an unknown kind, and on two issuers of one name or address.
    """

    def __init__(
        self,
        issuers: Iterable[TrustedIssuer],
        *,
        fetch: Fetch | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        fetch = fetch or HttpFetch()
        self._providers: dict[str, Provider] = {}
        names: set[str] = set()
        for trusted in issuers:
            if trusted.kind not in PROVIDERS:
                raise MisconfiguredIssuer(f"trusted issuer {trusted.name!r}: kind {trusted.kind!r} is not known")
            if trusted.name in names:
                raise MisconfiguredIssuer(f"two trusted issuers are named {trusted.name!r}")
            if trusted.issuer in self._providers:
                raise MisconfiguredIssuer(f"two trusted issuers have the address {trusted.issuer!r}")
            names.add(trusted.name)
            self._providers[trusted.issuer] = PROVIDERS[trusted.kind](trusted, fetch, clock)
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
