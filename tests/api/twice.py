"""Two houses in which the same happens: in one each request comes once, in the other many times at once.

Whatever each request leaves behind must be the same in both, table by table.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import sqlalchemy as sa

from storage.metadata import metadata
from storage.tables import applications
from tests.api.house import PUBLIC_URL, House

UNCOUNTED = frozenset({"security_events", "worker_heartbeats", "accesses", "access_subjects"})
"""Refusals are counted each, and whoever is shown data ten times is written down ten times."""

_SUCCESS, TOO_MANY = 300, 429

Name = str | tuple[str, str]
"""What stands in an address: the same in both houses, or one for each."""


@dataclass
class Twice:
    """times: how often a request comes at once in the second house; others: further applications over its database."""

    once: House
    often: House
    times: int
    others: Sequence[Any] = ()
    sent: set[str] = field(default_factory=set)
    succeeded: set[str] = field(default_factory=set)
    _number: Any = field(default_factory=itertools.count)

    async def post(
        self, route: str, headers: Mapping[str, str], *, names: Mapping[str, Name] | None = None, **request: Any
    ) -> tuple[httpx.Response, httpx.Response]:
        """The two answers. route: as the description says it. names: what stands in its braces.

        Raises AssertionError where the two houses differ, or two of the many answers do.
        """
        key, names = f"twice-{next(self._number)}", names or {}
        first, second = (
            route.format_map({name: one if isinstance(one, str) else one[house] for name, one in names.items()})
            for house in (0, 1)
        )
        headers = {**headers, "Idempotency-Key": key}
        answer = await self.once.client.post(first, headers=headers, **request)
        answers = await self._all_at_once(second, headers, request)
        again = await self.often.client.post(second, headers=headers, **request)

        # Whoever is told to come later has done nothing yet.
        answers = [one for one in answers if one.status_code != TOO_MANY]
        said = {(one.status_code, one.content if one.is_success else one.json()["code"]) for one in (*answers, again)}
        assert len(said) == 1, f"{route}: answered in different ways: {[(code, what[:80]) for code, what in said]}"
        differ = f"{route}: {answer.text[:300]} once, {again.text[:300]} many times"
        assert again.status_code == answer.status_code, differ
        left = [self._left(house) for house in (self.once, self.often)]
        assert left[0] == left[1], f"{route}: {_difference(*left)}"
        self.sent.add(f"POST {route}")
        if answer.status_code < _SUCCESS:
            self.succeeded.add(f"POST {route}")
        return answer, again

    async def _all_at_once(self, path: str, headers: Mapping[str, str], request: Any) -> list[httpx.Response]:
        apps = (self.often.app, *self.others)
        clients = [httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL) for app in apps]
        try:
            posts = (
                clients[number % len(clients)].post(path, headers=headers, **request) for number in range(self.times)
            )
            return await asyncio.gather(*posts)
        finally:
            for client in clients:
                await client.aclose()

    def _left(self, house: House) -> dict[str, Any]:
        """How many rows each table has, and every application's version."""

        def count(records: Any) -> dict[str, Any]:
            tables = [table for table in metadata.sorted_tables if table.name not in UNCOUNTED]
            counted = sa.union_all(
                *(sa.select(sa.literal(table.name), sa.func.count()).select_from(table) for table in tables)
            )
            versions = sa.select(applications.c.code, applications.c.version)
            return {name: n for query in (counted, versions) for name, n in records._connection.execute(query)}

        return house.office.database.run_blocking(count)


def _difference(once: Mapping[str, Any], often: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    names = once.keys() | often.keys()
    return {name: (once.get(name), often.get(name)) for name in names if once.get(name) != often.get(name)}
