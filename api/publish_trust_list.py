"""The published trust list, and the bundle of all that somebody needs who will check without a network."""

from __future__ import annotations

import asyncio
import gzip
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
    """What is served under an address, and until when at most (aware). zipped: the same in gzip, if offered."""

    content: bytes
    etag: str
    until: datetime
    zipped: bytes | None = None

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
                content = token.encode("ascii")
                self._published = Published(content, _etag(content), last_round(at) + ROUND)
                self._sequence = sequence
            return self._published


class PublishedBundle:
    """Put together and compressed once for the lists that are served at a time, however many ask."""

    def __init__(self, services: Services, trust_list: PublishedTrustList, lists: PublishedStatusLists) -> None:
        self._services = services
        self._trust_list = trust_list
        self._lists = lists
        self._published: Published | None = None
        self._lock = asyncio.Lock()

    async def get(self) -> Published:
        """The trust list and every status list as they are served now. Raises KeyUnavailable, SelfCheckFailed."""
        async with self._lock:
            trust = await self._trust_list.get()
            found = [await self._lists.get(number) for number in await self._lists.numbers()]
            tokens = [trust.content.decode("ascii"), *(one.token for one in found)]
            # Weak, of the tokens alone: the same at another time is not worth another download.
            etag = f"W/{_etag(' '.join(tokens).encode('ascii'))}"
            if self._published is None or self._published.etag != etag:
                until = min([trust.until, *(one.until for one in found)])
                self._published = await self._made(tokens, etag, until)
            return self._published

    async def _made(self, tokens: list[str], etag: str, until: datetime) -> Published:
        made_at = self._services.clock().isoformat(timespec="seconds")
        bundle = {"trust_list": tokens[0], "status_lists": tokens[1:], "made_at": made_at}
        content = json.dumps(bundle).encode("ascii")
        zipped = await asyncio.to_thread(gzip.compress, content, 9, mtime=0)
        return Published(content, etag, until, zipped)


def _etag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'
