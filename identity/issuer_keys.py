"""An issuer's keys, cached: an outage, a rotation or a flood of invented key names doesn't stop honest tokens."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from identity.errors import UnknownKey
from identity.key_set import KeySet, VerificationKey
from identity.published_document import Demand
from identity.renewed import Loaded, Renewed


class PublishedKeys(Protocol):
    """Where key sets come from; `identity.published_document.PublishedDocument` is one."""

    def younger_than(self, lifetime_seconds: float, retry_seconds: float) -> Demand: ...

    async def demand(self, every_seconds: float) -> Demand: ...

    async def load(self, demand: Demand) -> Loaded[KeySet]: ...

    async def remember(self) -> Loaded[KeySet] | None: ...


class Keys(Protocol):
    """An issuer's keys by name."""

    async def find(self, key_id: str) -> VerificationKey:
        """Raises UnknownKey, UnusableKey, ProviderUnavailable."""


@dataclass(frozen=True, slots=True)
class PinnedKeys:
    """Keys from the settings. Nothing is ever fetched, so an unknown name is not worth another try."""

    keys: KeySet

    async def find(self, key_id: str) -> VerificationKey:
        """Raises UnknownKey."""
        key = self.keys.get(key_id)
        if key is None:
            raise UnknownKey
        return key


class IssuerKeys:
    """The last good key set, renewed by the rules of `Renewed`, and what an unknown key name may cost.

    - An unknown key name asks the issuer at most every `unknown_key_seconds`, together with all processes that share.
      Ordinary loads don't start that interval, so the first token after a rotation is never refused because keys were
      loaded a moment before.
    - What another process has fetched since is taken from it, and costs the issuer nothing.
    - A token of an unknown key is refused only by an answer that the issuer gave after the token came, or when the
      interval forbids to ask. Tokens of known keys never wait for any of this.
    """

    def __init__(
        self,
        published: PublishedKeys,
        *,
        lifetime_seconds: float = 300,
        outage_seconds: float = 86_400,
        retry_seconds: float = 5,
        unknown_key_seconds: float = 60,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._published = published
        self._retry_seconds = retry_seconds
        self._unknown_key_seconds = unknown_key_seconds
        self._clock = clock
        self._asked_for_unknown_at = -math.inf
        self._keys = Renewed(
            lambda: published.load(published.younger_than(lifetime_seconds, retry_seconds)),
            published.remember,
            lifetime_seconds=lifetime_seconds,
            outage_seconds=outage_seconds,
            retry_seconds=retry_seconds,
            clock=clock,
        )

    async def find(self, key_id: str) -> VerificationKey:
        """The key of that name; suspends only when the cache cannot answer.

        Raises UnknownKey, UnusableKey, ProviderUnavailable.
        """
        loads_started = self._keys.loads_started
        keys = self._keys.fresh()
        if keys is None:
            keys = await self._keys.current()
        return keys.get(key_id) or await self._find_unknown(key_id, loads_started)

    async def _find_unknown(self, key_id: str, loads_started: int) -> VerificationKey:
        """loads_started: how many loads had begun when the token came; what they bring may be older than its key."""
        while not self._keys.has_answered_since(loads_started):
            if self._keys.is_loading():
                await self._keys.join()
            elif self._wait_seconds() <= 0:
                await self._keys.join(self._load_for_unknown)
            else:
                break
            key = (await self._keys.current()).get(key_id)
            if key is not None:
                return key
        wait_seconds = self._wait_seconds()
        if self._keys.has_failed():
            raise self._keys.unavailable(wait_seconds if wait_seconds > 0 else self._retry_seconds)
        answered = self._keys.has_answered_since(loads_started)
        raise UnknownKey(None if answered else max(1, math.ceil(wait_seconds)))

    def _wait_seconds(self) -> float:
        return self._asked_for_unknown_at + self._unknown_key_seconds - self._clock()

    async def _load_for_unknown(self) -> Loaded[KeySet]:
        demand = await self._published.demand(self._unknown_key_seconds)
        self._asked_for_unknown_at = self._clock() - demand.made_seconds_ago
        return await self._published.load(demand)
