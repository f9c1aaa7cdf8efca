"""The published trust list, and the bundle of all that somebody needs who will check without a network."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
from dataclasses import dataclass
from datetime import datetime

from signing.trust_list import ROUND, last_round

from .publish_status_lists import PublishedStatusLists
from .services import Services

MAX_AGE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Published:
    """What is served under an address, and until when at most (aware)."""

    content: bytes
    etag: str
    until: datetime

    def max_age_seconds(self, at: datetime) -> int:
        return max(0, min(MAX_AGE_SECONDS, math.floor((self.until - at).total_seconds())))


class PublishedTrustList:
    """Signed once for every change of the key ring and every full hour, however many ask."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._published: Published | None = None
        self._sequence = -1
        self._lock = asyncio.Lock()

    async def get(self) -> Published:
        """Raises KeyUnavailable, SelfCheckFailed."""
        async with self._lock:
            at = self._services.clock()
            sequence = self._services.trust(at).sequence
            if self._published is None or sequence != self._sequence or at >= self._published.until:
                token = await asyncio.to_thread(self._services.trust_lists.publish, at)
                self._published, self._sequence = _published(token.encode("ascii"), last_round(at) + ROUND), sequence
            return self._published


async def publish_bundle(services: Services, trust_list: PublishedTrustList, lists: PublishedStatusLists) -> Published:
    """The trust list and every status list as they are served now. Raises KeyUnavailable, SelfCheckFailed."""
    trust = await trust_list.get()
    tokens = [(await lists.get(number)).token for number in await lists.numbers()]
    at = services.clock()
    bundle = {
        "trust_list": trust.content.decode("ascii"),
        "status_lists": tokens,
        "made_at": at.isoformat(timespec="seconds"),
    }
    return _published(json.dumps(bundle).encode("ascii"), at)


def _published(content: bytes, until: datetime) -> Published:
    return Published(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"', until)
