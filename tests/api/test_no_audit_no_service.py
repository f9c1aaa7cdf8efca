"""Where the audit cannot be written, no route has an effect; where it can, none has one without an entry."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.runner import Database
from storage.schema import metadata
from tests.api.house import House, open_house
from tests.api.population import KnowsOne
from tests.api.test_every_route import EVERYBODY, TABLE, Scene

BESIDE_THE_MATTER = {
    "security_events",  # refusals, counted
    "idempotency_answers",  # an answer, kept for a retry
    "redeemed",  # that a proof was used
    "audit",
    "ledger_heads",
    "accesses",
    "access_subjects",
}
ENDS_A_CASE = ("/withdrawal", "/stop", "/refusal")
"""Last, so that there is a case to act on before."""
NOT_AN_ACT = {
    "POST /v1/desk/follow-ups/{follow_up_id}/seen",  # somebody has read what he was told
    "POST /v1/fee-policies/drafts/{draft_id}/rehearsal",  # a sum over made-up people
}


@pytest.fixture
async def scene(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Scene]:
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    async with open_house(database, tmp_path, population_facts=KnowsOne()) as house:
        own = (await house.apply())["code"]
        described = house.app.openapi()["paths"]
        operations = {
            f"{method.upper()} {path}": operation
            for path, methods in described.items()
            for method, operation in methods.items()
        }
        yield Scene(house, operations, own, own)
    await database.dispose()


def stored(house: House, *tables: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of these tables."""
    return house.office.database.run_blocking(
        lambda records: {
            name: sorted(
                (tuple(row) for row in records._connection.exec_driver_sql(f"SELECT * FROM {name}")),
                key=repr,
            )
            for name in tables
        }
    )


async def what_each_does(scene: Scene) -> tuple[dict[str, int], set[str], set[str]]:
    """The routes that write, as everybody who may: the status, which have changed something, which wrote an entry."""
    matter = [name for name in metadata.tables if name not in BESIDE_THE_MATTER]
    statuses: dict[str, int] = {}
    changed, audited = set(), set()
    for route in sorted(TABLE, key=lambda one: one.endswith(ENDS_A_CASE)):
        if route.startswith("GET "):
            continue
        for who in EVERYBODY:
            if who not in TABLE[route]:
                continue
            before, entries = stored(scene.house, *matter), stored(scene.house, "audit")
            status, _, _ = await scene.ask(route, who, scene.own)
            statuses[route] = max(status, statuses.get(route, 0))
            if stored(scene.house, *matter) != before:
                changed.add(route)
                if stored(scene.house, "audit") != entries:
                    audited.add(route)
    return statuses, changed, audited


async def test_every_effect_has_an_entry(scene: Scene) -> None:
    _, changed, audited = await what_each_does(scene)
    assert changed - audited <= NOT_AN_ACT
    assert {"POST /v1/applications", "POST /v1/desk/applications/{code}/ownership"} <= audited
    assert len(audited) >= 9


async def test_without_the_audit_no_route_changes_anything(scene: Scene) -> None:
    scene.house.office.database.run_blocking(
        lambda records: records._connection.exec_driver_sql(
            "CREATE TRIGGER none_today BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END"
        )
    )
    statuses, changed, _ = await what_each_does(scene)
    assert changed <= NOT_AN_ACT
    assert len([route for route, status in statuses.items() if status == 500]) >= 9
