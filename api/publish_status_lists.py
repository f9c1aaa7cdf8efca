"""The published status lists: signed when first asked for, then served for seconds, so that a change is soon told."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from verification.register import DocumentStatus

from .errors import StatusListNotFound
from .services import Records, Services, StatusListForm

MEDIA_TYPES: dict[str, StatusListForm] = {"application/statuslist+jwt": "jwt", "application/statuslist+cwt": "cwt"}
MEDIA_TYPE, CWT_MEDIA_TYPE = MEDIA_TYPES


@dataclass(frozen=True, slots=True)
class PublishedList:
    """A signed list and until when it is served (aware). zipped: the same in gzip, where that is smaller."""

    body: bytes = field(repr=False)
    zipped: bytes | None = field(repr=False)
    etag: str
    until: datetime
    changes: int

    @property
    def token(self) -> str:
        """The list as text; of the JWT form only."""
        return self.body.decode("ascii")

    def max_age_seconds(self, at: datetime) -> int:
        # Never past `until`: whoever keeps a copy for that long keeps none that is older than ours may be.
        return max(0, math.floor((self.until - at).total_seconds()))


class PublishedStatusLists:
    """Signs each form of each list at most once in the time for which it is served, however many ask.

    Every process signs its own; what one of them has changed the others tell when their copies are over.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._served_for = timedelta(seconds=services.status_list_seconds)
        self._published: dict[tuple[int, StatusListForm], PublishedList] = {}
        self._locks: defaultdict[tuple[int, StatusListForm], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._changes = 0

    async def get(self, number: int, form: StatusListForm = "jwt") -> PublishedList:
        """Raises StatusListNotFound, KeyUnavailable."""
        at, name = self._services.clock(), (number, form)
        held = self._published.get(name)
        if held is not None and self._serves(held, at):
            return held
        if held is None and number not in await self.numbers():
            # Before a lock is made: invented numbers must not leave anything behind.
            raise StatusListNotFound
        async with self._locks[name]:
            # Anew, because waiting for the lock takes time.
            at = self._services.clock()
            held = self._published.get(name)
            if held is None or not self._serves(held, at):
                held = self._published[name] = await self._sign(number, form, at)
        return held

    async def numbers(self) -> range:
        """Of all lists that were ever opened."""
        return range(1, await self._services.runner.run(_newest) + 1)

    def changed(self) -> None:
        """A document of some list is not what it was: what this process has signed until now is served no more."""
        self._changes += 1

    def _serves(self, held: PublishedList, at: datetime) -> bool:
        return held.changes == self._changes and at < held.until

    async def _sign(self, number: int, form: StatusListForm, at: datetime) -> PublishedList:
        changes = self._changes  # before the entries are read, so that a change meanwhile outdates them
        entries = await self._services.runner.run(lambda records: records.certificates.not_in_force(number))
        body = await asyncio.to_thread(self._services.status_lists.publish, number, entries, at, form)
        # Base64 of compressed data folds by a quarter; the bytes of a CWT don't fold at all.
        zipped = await asyncio.to_thread(gzip.compress, body, 9, mtime=0) if form == "jwt" else None
        if zipped is not None and len(zipped) >= len(body):
            zipped = None
        return PublishedList(body, zipped, _etag(number, form, entries, at), at + self._served_for, changes)


def _newest(records: Records) -> int:
    return records.certificates.newest_status_list()


def _etag(number: int, form: StatusListForm, entries: Mapping[int, DocumentStatus], at: datetime) -> str:
    """Of what the list says and when, and not of its signature; weak, because gzip makes other bytes of the same."""
    said = f"{number} {form} {int(at.timestamp())} {sorted(entries.items())}"
    return f'W/"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'
