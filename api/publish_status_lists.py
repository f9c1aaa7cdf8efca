"""The published status lists: signed when first asked for, then served until their time is over."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from .errors import StatusListNotFound
from .services import Records, Services

MEDIA_TYPE = "application/statuslist+jwt"


@dataclass(frozen=True, slots=True)
class PublishedList:
    """A signed list and until when it is served (aware)."""

    token: str
    etag: str
    until: datetime

    def max_age_seconds(self, at: datetime) -> int:
        return max(0, math.floor((self.until - at).total_seconds()))


class PublishedStatusLists:
    """Signs each list at most once in its lifetime, however many ask."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lifetime = timedelta(seconds=services.status_list_seconds)
        self._published: dict[int, PublishedList] = {}
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, number: int) -> PublishedList:
        """Raises StatusListNotFound, KeyUnavailable."""
        at = self._services.clock()
        held = self._published.get(number)
        if held is not None and at < held.until:
            return held
        if held is None and not await self._services.runner.run(lambda records: _is_open(records, number)):
            # Before a lock is made: invented numbers must not leave anything behind.
            raise StatusListNotFound
        async with self._locks[number]:
            held = self._published.get(number)
            if held is None or at >= held.until:
                held = self._published[number] = await self._sign(number, at)
        return held

    async def _sign(self, number: int, at: datetime) -> PublishedList:
        entries = await self._services.runner.run(lambda records: records.certificates.not_in_force(number))
        token = await asyncio.to_thread(self._services.status_lists.publish, number, sorted(entries), at)
        digest = hashlib.sha256(token.encode("ascii")).hexdigest()
        return PublishedList(token, f'"{digest[:32]}"', at + self._lifetime)


def _is_open(records: Records, number: int) -> bool:
    return 1 <= number <= records.certificates.newest_status_list()
