"""An issuer's keys, cached: an outage, a rotation or a flood of invented key names doesn't stop honest tokens."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable

from identity.errors import ProviderUnavailable, UnknownKey
from identity.key_set import KeySet, VerificationKey


class IssuerKeys:
    """The last good key set and the rules by which it is asked for again.

    - Younger than `lifetime_seconds`: used without suspending. Up to twice that: used, and renewed in the background.
      Older: the first token waits for the renewal, so that a withdrawn key dies even where tokens come rarely.
    - When a renewal fails, the last good set serves until `outage_seconds`, with a try every `retry_seconds`.
    - An unknown key name asks the issuer at most every `unknown_key_seconds`. Ordinary loads don't start that interval,
      so the first token after a rotation is never refused because keys were loaded a moment before.
    - One load at a time, joined by those who need it; tokens of known keys never wait for it.

    clock gives seconds that never go back. Meant for one event loop at a time; no lock is held anywhere.
    """

    def __init__(
        self,
        load: Callable[[], Awaitable[KeySet]],
        *,
        lifetime_seconds: float = 300,
        outage_seconds: float = 86_400,
        retry_seconds: float = 5,
        unknown_key_seconds: float = 60,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._lifetime_seconds = lifetime_seconds
        self._outage_seconds = outage_seconds
        self._retry_seconds = retry_seconds
        self._unknown_key_seconds = unknown_key_seconds
        self._clock = clock
        self._keys: KeySet | None = None
        self._loaded_at = -math.inf
        self._failed_at: float | None = None  # of the last load, None when it succeeded
        self._asked_for_unknown_at = -math.inf
        self._loads_started = 0
        self._task: asyncio.Task[None] | None = None

    async def find(self, key_id: str) -> VerificationKey:
        """The key of that name; suspends only when the cache cannot answer.

        Raises UnknownKey, UnusableKey, ProviderUnavailable.
        """
        loads_started_before = self._loads_started
        key = (await self._current()).get(key_id)
        if key is not None:
            return key
        if self._running():
            await self._join()
            key = (await self._current()).get(key_id)
        if key is None and self._loads_started == loads_started_before:
            # nothing was asked since this token came, so the issuer may have rotated meanwhile
            now = self._clock()
            if now - self._asked_for_unknown_at >= self._unknown_key_seconds:
                self._asked_for_unknown_at = now
                await self._join()
                key = (await self._current()).get(key_id)
        if key is not None:
            return key
        wait_seconds = self._asked_for_unknown_at + self._unknown_key_seconds - self._clock()
        if self._failed_at is not None:
            raise ProviderUnavailable(retry_after_seconds=max(1, math.ceil(wait_seconds)))
        asked_just_now = self._loads_started != loads_started_before
        raise UnknownKey(None if asked_just_now else max(1, math.ceil(wait_seconds)))

    async def _current(self) -> KeySet:
        """The set to use now, renewed as far as its age demands."""
        age_seconds = self._clock() - self._loaded_at
        if self._keys is not None and age_seconds < self._lifetime_seconds:
            return self._keys
        failed_before = self._failed_at is not None
        may_try = self._failed_at is None or self._clock() - self._failed_at >= self._retry_seconds
        within_outage = self._keys is not None and age_seconds < self._outage_seconds
        if within_outage and (failed_before or age_seconds < 2 * self._lifetime_seconds):
            if may_try:
                self._start()
        elif may_try or self._running():
            await self._join()
        if self._keys is None or self._clock() - self._loaded_at >= self._outage_seconds:
            raise ProviderUnavailable(retry_after_seconds=max(1, math.ceil(self._retry_seconds)))
        return self._keys

    def _running(self) -> asyncio.Task[None] | None:
        task = self._task
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            return None
        return task

    def _start(self) -> asyncio.Task[None]:
        task = self._running()
        if task is None:
            self._loads_started += 1
            task = asyncio.get_running_loop().create_task(self._load_once())
            self._task = task
        return task

    async def _join(self) -> None:
        # shielded: one caller that goes away must not cancel the load for the others
        await asyncio.shield(self._start())

    async def _load_once(self) -> None:
        try:
            keys = await self._load()
        except ProviderUnavailable:
            self._failed_at = self._clock()
        else:
            self._keys, self._loaded_at, self._failed_at = keys, self._clock(), None
