"""One document of an issuer, asked for by this process alone, or by one process for all that share."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from identity.errors import ProviderUnavailable
from identity.fetch import Fetch, get
from identity.renewed import Loaded, Withdrawn
from identity.shared_documents import WRONG_CLOCK, SharedDocument, SharedDocuments, Turn

T = TypeVar("T")
R = TypeVar("R")

POLL_SECONDS: Final = 0.1
STORE_TIMEOUT_SECONDS: Final = 1.0
STORE_AWAY_SECONDS: Final = 5.0

_logger = logging.getLogger(__name__)
_MOMENT: Final = timedelta(microseconds=1)
# no address holds a second number sign, so that these names are nobody's document
_FAILED: Final = "#failed"
_DEMANDED: Final = "#demanded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What is fresh enough: a document asked for since `fetched_since`. Who has failed since `failed_since` has tried.

    made_seconds_ago: when the demand was made, by this process or by another one.
    """

    fetched_since: datetime
    failed_since: datetime
    made_seconds_ago: float = 0.0


class StoreAway(Exception):
    """The shared store cannot be used at the moment; this process goes on alone."""


class Store:
    """The shared store, of which nothing is expected: whatever is wrong with it, keys are still found."""

    def __init__(self, shared: SharedDocuments | None) -> None:
        self._shared = shared
        self._away_until = -math.inf

    async def call(self, ask: Callable[[SharedDocuments], Awaitable[R]]) -> R:
        """Raises StoreAway, without trying where it was away a moment ago."""
        loop = asyncio.get_running_loop()
        if self._shared is None or loop.time() < self._away_until:
            raise StoreAway
        try:
            async with asyncio.timeout(STORE_TIMEOUT_SECONDS):
                return await ask(self._shared)
        except Exception as error:  # noqa: BLE001 - the kind depends on the database; verifying must not depend on it
            self._away_until = loop.time() + STORE_AWAY_SECONDS
            _logger.warning("shared issuer documents are away (%s); this process asks alone", type(error).__name__)
            raise StoreAway from None


class PublishedDocument(Generic[T]):
    """A document and the manners in which it is asked for.

    Of those who share, one asks at a time. When it fails, the next one does: only the own failure tells a process that
    it cannot have the document, as another one's may be that one's own fault. Who failed last takes no turns until it
    has got through again; it asks beside the others, so that nobody waits for it.

    name: under which it is shared. locate: where it is; may ask itself. read: raises ProviderUnavailable or Withdrawn.
    turn_seconds: how long one process may take to ask; then another one goes. now: the wall clock, aware, that all
    processes have in common to within a fraction of a second.
    """

    def __init__(
        self,
        name: str,
        locate: Callable[[Demand], Awaitable[str]],
        read: Callable[[bytes], T],
        fetch: Fetch,
        store: Store,
        *,
        turn_seconds: float,
        now: Callable[[], datetime],
    ) -> None:
        self._name = name
        self._locate = locate
        self._read = read
        self._fetch = fetch
        self._store = store
        self._turn_seconds = turn_seconds
        self._now = now
        self._failed_at: datetime | None = None  # of this process's own last try, None when it got through

    def younger_than(self, lifetime_seconds: float, retry_seconds: float) -> Demand:
        """An ordinary demand: what others fetched within a lifetime will do, and nobody need fail again at once."""
        now = self._now()
        return Demand(
            fetched_since=now - timedelta(seconds=lifetime_seconds),
            failed_since=now - timedelta(seconds=retry_seconds),
        )

    async def demand(self, every_seconds: float) -> Demand:
        """A demand for the present state. All who share make one at most every so many seconds; the rest join it."""
        at = self._now()
        last_before = at - timedelta(seconds=every_seconds) + _MOMENT
        try:
            turn = await self._store.call(
                lambda shared: shared.take_turn(self._name + _DEMANDED, at, last_before=last_before)
            )
        except StoreAway:
            turn = Turn(is_ours=True, taken_at=at)
        return Demand(
            fetched_since=turn.taken_at,
            failed_since=turn.taken_at,
            made_seconds_ago=self._seconds_since(turn.taken_at),
        )

    async def load(self, demand: Demand) -> Loaded[T]:
        """What satisfies the demand: from another process where one has it or is about to, else from the issuer.

        Raises ProviderUnavailable, Withdrawn.
        """
        address = await self._locate(demand)
        found = await self._from_others(demand)
        if isinstance(found, Loaded):
            return found
        try:
            body = await get(self._fetch, address)
            value = self._read(body)
        except Withdrawn:
            self._failed_at = None
            await self._keep(self._name, body, found.taken_at)  # the others must not go on with what is gone
            raise
        except ProviderUnavailable:
            self._failed_at = self._now()
            if found.is_ours:
                await self._keep(self._name + _FAILED, b"failed", self._failed_at)  # ends the turn
            raise
        self._failed_at = None
        await self._keep(self._name, body, found.taken_at)
        return Loaded(value, self._seconds_since(found.taken_at))

    async def remember(self) -> Loaded[T] | None:
        """The last one that any process has fetched, of whatever age; nobody is asked but the store."""
        try:
            document = await self._find(self._name)
            return None if document is None else self._loaded(document, is_new=False)
        except (StoreAway, ProviderUnavailable, Withdrawn):
            return None

    async def _from_others(self, demand: Demand) -> Loaded[T] | Turn:
        """What another process has fetched, or the turn of this one to ask; not `is_ours` where it goes without one.

        Waits for whoever has the turn, for whoever takes it over from one that died or failed, and then for nobody.
        """
        loop, began = asyncio.get_running_loop(), self._now()
        wait_until = loop.time() + 2 * self._turn_seconds
        while True:
            at = self._now()
            alone = Turn(is_ours=False, taken_at=at)
            try:
                document, failure = await self._find(self._name), await self._find(self._name + _FAILED)
                if document is not None and document.fetched_at >= demand.fetched_since:
                    try:
                        return self._loaded(document, is_new=document.fetched_at >= began)
                    except ProviderUnavailable:
                        return alone  # another version of this service kept what this one does not take
                    except Withdrawn:
                        if document.fetched_at >= demand.failed_since:
                            raise
                if self._failed_at is not None:
                    if demand.failed_since <= self._failed_at <= at:  # a later one is a wrong clock's
                        raise ProviderUnavailable("The identity provider was asked a moment ago and did not answer.")
                    return alone
                # a turn that has brought something is over, however long it might have taken
                ended = [kept.fetched_at + _MOMENT for kept in (document, failure) if kept is not None]
                last_before = max([at - timedelta(seconds=self._turn_seconds), *ended])
                turn = await self._take_turn(at, last_before)
            except StoreAway:
                return alone
            if turn.is_ours:
                return turn
            if loop.time() >= wait_until:
                return alone
            await asyncio.sleep(POLL_SECONDS)

    def _loaded(self, document: SharedDocument, *, is_new: bool) -> Loaded[T]:
        return Loaded(self._read(document.body), self._seconds_since(document.fetched_at), is_new)

    def _seconds_since(self, moment: datetime) -> float:
        return max(0.0, (self._now() - moment).total_seconds())

    async def _find(self, name: str) -> SharedDocument | None:
        document = await self._store.call(lambda shared: shared.find(name))
        if document is not None and document.fetched_at > self._now() + WRONG_CLOCK:
            return None  # it would look new for as long as its writer's clock is ahead
        return document

    async def _take_turn(self, at: datetime, last_before: datetime) -> Turn:
        return await self._store.call(lambda shared: shared.take_turn(self._name, at, last_before=last_before))

    async def _keep(self, name: str, body: bytes, fetched_at: datetime) -> None:
        try:
            await self._store.call(lambda shared: shared.keep(name, body, fetched_at))
        except StoreAway:
            return  # the others ask for themselves
