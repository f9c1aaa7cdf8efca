"""What is asked for from time to time and used meanwhile: renewed behind its users' backs, kept through an outage."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from identity.errors import ProviderUnavailable

T = TypeVar("T")

CLOCKS_DIFFER_SECONDS: Final = 1.0
"""Of two values fetched within this time, by whomever, nobody can tell which is the older one."""


@dataclass(frozen=True, slots=True)
class Loaded(Generic[T]):
    """age_seconds: since it was asked for. is_new: that was after this load began, so it tells the present state."""

    value: T
    age_seconds: float = 0.0
    is_new: bool = True


class Withdrawn(Exception):
    """The issuer answers properly, and what it had published is gone."""


class Renewed(Generic[T]):
    """The last good value and the rules by which it is loaded again.

    - Younger than `lifetime_seconds`: used as it is. Up to twice that: used, and renewed in the background.
      Older: whoever comes first waits for the renewal, so that a withdrawn value dies even where it is rarely used.
    - When a renewal fails, the last good value serves until `outage_seconds`, with a try every `retry_seconds` behind
      its users' backs; nobody waits for a source that is known to be down, until a try finds it back. When
      the issuer has withdrawn it, it serves no longer than twice `lifetime_seconds`: that is a blunder at the issuer or
      its emergency brake, and nobody can tell which.
    - One load at a time, joined by those who need it. When it fails, what could be had without asking (`remember`) is
      taken where that is later. Nothing is ever replaced by what was fetched before it.

    clock gives seconds that never go back. Meant for one event loop at a time; no lock is held anywhere.
    """

    def __init__(
        self,
        load: Callable[[], Awaitable[Loaded[T]]],
        remember: Callable[[], Awaitable[Loaded[T] | None]],
        *,
        lifetime_seconds: float,
        outage_seconds: float,
        retry_seconds: float,
        clock: Callable[[], float],
    ) -> None:
        self._load = load
        self._remember = remember
        self._lifetime_seconds = lifetime_seconds
        self._outage_seconds = outage_seconds
        self._retry_seconds = retry_seconds
        self._clock = clock
        self._value: T | None = None
        self._loaded_at = -math.inf
        self._serves_seconds = outage_seconds
        self._failed_at: float | None = None  # of the last load, None when it succeeded
        self._failure: str | None = None
        self._loads_answered = 0  # the number of the last load that told the issuer's present state, or its failure
        self._task: asyncio.Task[None] | None = None
        self.loads_started = 0

    def fresh(self) -> T | None:
        """The value where nothing needs to be done about its age."""
        return self._value if self._clock() - self._loaded_at < self._lifetime_seconds else None

    async def current(self) -> T:
        """The value to use now, renewed as far as its age demands.

        Raises ProviderUnavailable.
        """
        age_seconds = self._clock() - self._loaded_at
        if self._value is not None and age_seconds < self._lifetime_seconds:
            return self._value
        may_try = self._failed_at is None or self._clock() - self._failed_at >= self._retry_seconds
        serves = self._value is not None and age_seconds < self._serves_seconds
        if serves and (self._failed_at is not None or age_seconds < 2 * self._lifetime_seconds):
            if may_try:
                self._start(self._load)
        elif may_try or self.is_loading():
            await self.join()
        if self._value is None or self._clock() - self._loaded_at >= self._serves_seconds:
            raise self.unavailable(self._retry_seconds)
        return self._value

    async def refresh(self, load: Callable[[], Awaitable[Loaded[T]]]) -> T:
        """The value as this load gives it, or one that is under way.

        Raises ProviderUnavailable, also where an old value could still be used.
        """
        await self.join(load)
        if self._failed_at is not None or self._value is None:
            raise self.unavailable(self._retry_seconds)
        return self._value

    async def join(self, load: Callable[[], Awaitable[Loaded[T]]] | None = None) -> None:
        """Wait for the load that is under way, else for this one. A failure shows in `has_failed`."""
        # shielded: one caller that goes away must not cancel the load for the others
        await asyncio.shield(self._start(load or self._load))

    def is_loading(self) -> bool:
        """Whether a load is under way that this event loop can wait for."""
        return self._running() is not None

    def has_failed(self) -> bool:
        """Whether the last load failed."""
        return self._failed_at is not None

    def has_answered_since(self, loads_started: int) -> bool:
        """Whether a load has ended that began after that many, and told the issuer's state of then, or its failure."""
        return self._loads_answered > loads_started

    def unavailable(self, retry_after_seconds: float) -> ProviderUnavailable:
        """The refusal, with the last failure's reason."""
        return ProviderUnavailable(self._failure, retry_after_seconds=max(1, math.ceil(retry_after_seconds)))

    def _running(self) -> asyncio.Task[None] | None:
        task = self._task
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            return None
        return task

    def _start(self, load: Callable[[], Awaitable[Loaded[T]]]) -> asyncio.Task[None]:
        task = self._running()
        if task is None:
            self.loads_started += 1
            task = asyncio.get_running_loop().create_task(self._run(load, self.loads_started))
            self._task = task
        return task

    async def _run(self, load: Callable[[], Awaitable[Loaded[T]]], number: int) -> None:
        try:
            loaded = await load()
        except ProviderUnavailable as error:
            self._fail(number, str(error))
            if (remembered := await self._remember()) is not None:
                self._take(remembered)
        except Withdrawn as error:
            self._fail(number, str(error))
            self._serves_seconds = min(self._outage_seconds, 2 * self._lifetime_seconds)
        except Exception:
            self._fail(number, None)  # a fault of ours: told to whoever waits, and not repeated for every token
            raise
        else:
            self._take(loaded)
            self._failed_at = self._failure = None
            if loaded.is_new:
                self._loads_answered = max(self._loads_answered, number)

    def _take(self, loaded: Loaded[T]) -> None:
        loaded_at = self._clock() - loaded.age_seconds
        # what others share may be older than what was got without them
        if loaded_at > self._loaded_at - CLOCKS_DIFFER_SECONDS:
            self._value, self._loaded_at, self._serves_seconds = loaded.value, loaded_at, self._outage_seconds

    def _fail(self, number: int, failure: str | None) -> None:
        self._failed_at, self._failure = self._clock(), failure
        self._loads_answered = max(self._loads_answered, number)
