"""Punctuality as it was counted a moment ago: everybody may ask for it, and it counts all that was settled."""

from __future__ import annotations

import asyncio
import time

from issuance.statistics.punctuality import Punctuality, ask_punctuality
from issuance.statistics.quarter import Quarter

from .services import Services

FRESH_SECONDS = 60.0


class KnownPunctuality:
    """Counted once a minute for each quarter, however many ask. Whoever asks names one of the quarters that are told:
    they are few."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._found: dict[Quarter, tuple[float, Punctuality]] = {}
        self._lock = asyncio.Lock()

    async def of(self, quarter: Quarter) -> Punctuality:
        async with self._lock:
            until, found = self._found.get(quarter, (0.0, None))
            if found is None or time.monotonic() >= until:
                at = self._services.clock()
                found = await self._services.runner.run(lambda records: ask_punctuality(records, quarter, at))
                self._found[quarter] = time.monotonic() + FRESH_SECONDS, found
            return found
