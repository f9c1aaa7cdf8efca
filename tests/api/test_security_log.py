"""Refusals are written down within a bound, with what an operator needs and nothing of the token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.metrics import Metrics
from api.security_events import SecurityEvents, is_security_event
from api.services import Limits
from identity.errors import IdentityError
from storage.runner import Database
from storage.tables import security_events
from tests.api.house import House, open_house
from tests.api.test_problem_table import leaves
from tests.identity.proofs import ProofHolder
from tests.issuance.office import INPUT, MONDAY, TYPE

BAD = {"Authorization": "Bearer a.b.c"}


async def entries(house: House) -> list[tuple[str, str, str | None, int]]:
    """Code, route, issuer and number of every entry, in the order of writing."""

    def read(records: Any) -> list[tuple[str, str, str | None, int]]:
        rows = records._connection.execute(security_events.select().order_by(security_events.c.id))
        return [(row.code, row.route, row.issuer, row.times) for row in rows]

    return await house.office.database.run(read)


@pytest.fixture
async def small(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    """A house that writes three entries a minute."""
    async with open_house(database, tmp_path, Limits(security_events_per_minute=3)) as house:
        yield house


async def test_no_more_are_written_than_allowed_and_the_rest_is_counted(small: House) -> None:
    for _ in range(10):
        await small.get("/v1/applications", BAD)
    assert await entries(small) == [("malformed_token", "GET /v1/applications", None, 1)] * 3

    small.office.at += timedelta(seconds=59)
    await small.get("/v1/applications", BAD)
    assert len(await entries(small)) == 3

    small.office.at += timedelta(seconds=1)
    await small.get("/v1/desk/applications", small.citizen())
    assert (await entries(small))[3:] == [
        ("not_written", "*", None, 8),
        ("wrong_kind_of_person", "GET /v1/desk/applications", "issuer-example", 1),
    ]
    # Nothing was left out since: nothing is summed up.
    small.office.at += timedelta(minutes=5)
    await small.get("/v1/applications", BAD)
    assert len(await entries(small)) == 6


async def test_nonsense_keeps_nothing_out_of_the_log_that_a_known_account_did(small: House) -> None:
    for _ in range(10):
        await small.get("/v1/applications", BAD)
    for _ in range(4):
        await small.get("/v1/desk/applications", small.citizen())
    await small.app.state.shared.security_events.close()

    refused = ("wrong_kind_of_person", "GET /v1/desk/applications", "issuer-example", 1)
    assert (await entries(small))[3:] == [
        *[refused] * 3,
        ("not_written", "*", None, 7),
        ("not_written", "*", "*", 1),
    ]


async def test_what_was_left_out_is_said_before_the_service_stops(small: House) -> None:
    for _ in range(5):
        await small.get("/v1/applications", BAD)
    await small.app.state.shared.security_events.close()

    assert (await entries(small))[3:] == [("not_written", "*", None, 2)]


async def test_what_is_and_is_not_an_entry(house: House) -> None:
    code = (await house.apply())["code"]
    asked: list[tuple[str, dict[str, str], str | None, str | None]] = [
        ("/v1/applications", {}, None, None),
        ("/v1/applications", house.citizen(), None, None),
        ("/v1/applications/x", house.citizen(), None, None),
        ("/v1/applications", house.citizen(iss="https://evil.example"), "untrusted_issuer", None),
        ("/v1/applications", house.citizen(client_id="stray"), "unknown_client", "issuer-example"),
        ("/v1/applications", house.citizen(scope="desk"), "scope_missing", "issuer-example"),
        ("/v1/applications", house.citizen() | {"Origin": "null"}, "origin_not_registered", "issuer-example"),
        ("/v1/applications", house.machine(), "wrong_kind_of_person", "machines-example"),
        ("/v1/desk/applications", house.official(roles=["operator"]), "role_missing", "officials-example"),
        (
            f"/v1/desk/applications/{code}",
            house.official(personal_id="001194000001"),
            "self_dealing",
            "officials-example",
        ),
        ("/v1/applications", house.proven(ProofHolder(), "POST", "/v1/applications"), "invalid_dpop_proof", None),
    ]
    expected = []
    for path, headers, said, issuer in asked:
        await house.get(path, headers)
        if said:
            expected.append((said, f"GET {'/v1/desk/applications/{code}' if code in path else path}", issuer, 1))
    assert await entries(house) == expected


def test_every_refusal_of_evidence_or_of_a_person_is_one() -> None:
    none = {error.__name__ for error in leaves(IdentityError) if not is_security_event(error.__new__(error))}

    outages = {"ProviderUnavailable", "PopulationRegisterUnavailable", "StoreUnavailable"}
    assert none == outages | {"ProofNonceNeeded", "SessionEnded"}


async def test_a_sign_in_that_does_not_suffice_is_one_and_an_outage_is_none(house: House) -> None:
    body = {"type": TYPE, "input": INPUT}
    await house.post("/v1/applications", house.citizen(acr="level-1"), json=body)
    house.office.citizens.available = False
    house.office.citizens.rotate()
    await house.get("/v1/applications", house.citizen())

    assert [one[0] for one in await entries(house)] == ["level_too_low"]


async def test_the_refusal_stands_where_its_record_cannot_be_written(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async def down(_: Callable[[Any], object]) -> None:
        raise OSError("no database")

    house.office.database.run = down  # type: ignore[method-assign, assignment]  # a fault, planted
    answer = await house.get("/v1/applications", BAD)

    assert answer.status_code == 401
    assert "could not be written" in caplog.text
    assert _counted(house.services.metrics) == {"written": 0.0, "not_written": 1.0}


class Rows:
    """A runner that keeps what would be written, and counts how many it holds up at once."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []
        self.fails = False

    async def run(self, use_case: Callable[[Any], object]) -> object:
        await asyncio.sleep(0)
        if self.fails:
            raise OSError
        return use_case(self)

    @property
    def security(self) -> Rows:
        return self

    def record(self, **entry: Any) -> None:
        self.kept.append(entry)

    async def is_ready(self) -> bool:
        return True


async def test_a_flood_costs_a_number_whatever_its_size() -> None:
    rows, at, metrics = Rows(), [MONDAY], Metrics()
    events = SecurityEvents(rows, lambda: at[0], 5, metrics)  # type: ignore[arg-type]  # only what is used
    await asyncio.gather(*(events.record("bad_signature", "GET /v1/applications") for _ in range(2_000)))
    assert len(rows.kept) == 5
    assert len(events._unverified.written) == 5

    # Where the summary cannot be written, nothing is forgotten: it is said later.
    rows.fails, at[0] = True, MONDAY + timedelta(minutes=1)
    await events.sum_up()
    rows.fails = False
    await events.close()
    assert rows.kept[5:] == [
        {"code": "not_written", "route": "*", "issuer": None, "times": 1_995, "at": MONDAY + timedelta(minutes=1)}
    ]
    assert _counted(metrics) == {"written": 5.0, "not_written": 1_995.0}


def _counted(metrics: Metrics) -> dict[str, float]:
    name = "condau_security_log_entries_total"
    return {
        outcome: metrics.registry.get_sample_value(name, {"outcome": outcome}) or 0.0
        for outcome in ("written", "not_written")
    }
