"""Issuers' documents shared by several processes, which here are several caches in one."""

from __future__ import annotations

from datetime import datetime, timedelta

from identity.fetch import Fetch
from identity.shared_documents import WRONG_CLOCK, SharedDocument, SharedDocuments, Turn
from identity.trusted_issuers import TrustedIssuers
from tests.identity.issuer import NOW, TestIssuer


class Clocks:
    """The clock that never goes back and the wall clock, moved together by a test; no two looks see one moment."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self._looks = 0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        """As the processes have it in common."""
        self._looks += 1
        return NOW + timedelta(seconds=self.seconds - 1000.0, microseconds=self._looks)


class InMemoryDocuments:
    """A `SharedDocuments` in one process."""

    def __init__(self) -> None:
        self.documents: dict[str, SharedDocument] = {}
        self.turns: dict[str, datetime] = {}

    async def find(self, name: str, /) -> SharedDocument | None:
        return self.documents.get(name)

    async def take_turn(self, name: str, /, at: datetime, *, last_before: datetime) -> Turn:
        last = self.turns.get(name)
        if last is not None and last_before <= last <= at + WRONG_CLOCK:
            return Turn(is_ours=False, taken_at=last)
        self.turns[name] = at
        return Turn(is_ours=True, taken_at=at)

    async def keep(self, name: str, /, body: bytes, fetched_at: datetime) -> None:
        kept = self.documents.get(name)
        if kept is None or kept.fetched_at < fetched_at or kept.fetched_at > fetched_at + WRONG_CLOCK:
            self.documents[name] = SharedDocument(body, fetched_at)


class AwayDocuments:
    """A `SharedDocuments` whose database is away. calls: how often it was tried."""

    def __init__(self) -> None:
        self.calls = 0

    async def find(self, name: str, /) -> SharedDocument | None:
        raise self._away()

    async def take_turn(self, name: str, /, at: datetime, *, last_before: datetime) -> Turn:
        raise self._away()

    async def keep(self, name: str, /, body: bytes, fetched_at: datetime) -> None:
        raise self._away()

    def _away(self) -> OSError:
        self.calls += 1
        return OSError("the database is away")


def instance(issuer: TestIssuer, clocks: Clocks, shared: SharedDocuments, fetch: Fetch) -> TrustedIssuers:
    """One process of a service, with its own way to the issuer."""
    return TrustedIssuers([issuer.trusted], fetch=fetch, shared=shared, clock=clocks, now=clocks.now)


def instances(
    issuer: TestIssuer, count: int, clocks: Clocks, shared: SharedDocuments | None = None
) -> list[TrustedIssuers]:
    """Several processes of one service that trust an issuer and share what it publishes."""
    shared = InMemoryDocuments() if shared is None else shared
    return [instance(issuer, clocks, shared, lambda ask: issuer.fetch(ask)) for _ in range(count)]
