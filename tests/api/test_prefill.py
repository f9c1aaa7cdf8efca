"""What the population register knows is offered for the form, to the person alone and on record; it never blocks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.runner import Database
from tests.api.house import House, open_house
from tests.api.population import KNOWN, KnowsOne
from tests.issuance.office import MONDAY

PATH = "/v1/services/criminal_record_form_1/prefill"


@pytest.fixture
def register() -> KnowsOne:
    return KnowsOne()


@pytest.fixture
async def house(sqlite_url: str, tmp_path: Path, register: KnowsOne) -> AsyncIterator[House]:
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    async with open_house(database, tmp_path, population_facts=register) as opened:
        yield opened
    await database.dispose()


async def test_what_is_known_is_offered_with_source_and_time(house: House, register: KnowsOne) -> None:
    answer = await house.get(PATH, house.citizen())
    assert answer.status_code == 200, answer.text
    values = {one["name"]: one["value"] for one in answer.json()["values"]}
    assert values == {
        "sex": "female",
        "birth_place": KNOWN.birth_place,
        "nationality": "Việt Nam",
        "permanent_residence": KNOWN.permanent_residence,
    }
    assert {(one["source"], one["answered_at"]) for one in answer.json()["values"]} == {
        ("population_register", MONDAY.isoformat())
    }
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(register.asked) == 1
    assert KNOWN.spouse_name not in answer.text


async def test_only_what_the_service_asks_for(house: House) -> None:
    answer = await house.get("/v1/services/residence_confirmation/prefill", house.citizen())
    assert answer.json() == {"type": "residence_confirmation", "values": []}


async def test_away_it_says_so_and_applying_goes_on(house: House, register: KnowsOne) -> None:
    register.answer = None
    answer = await house.get(PATH, house.citizen())
    assert (answer.status_code, answer.json()["code"]) == (503, "register_unavailable")
    assert "Retry-After" in answer.headers
    assert (await house.apply())["state"] == "received"


async def test_another_persons_facts_are_not_shown(house: House, register: KnowsOne) -> None:
    answer = await house.get(PATH, house.citizen(name="Trần Thị Khác"))
    assert answer.json()["values"] == []


async def test_the_services_level_is_asked_for_and_unknown_services_are_unknown(
    house: House, register: KnowsOne
) -> None:
    low = await house.get(PATH, house.citizen(acr="level-1"))
    assert low.status_code == 401, low.text
    assert (await house.get("/v1/services/nothing/prefill", house.citizen())).status_code == 404
    assert (await house.get("/v1/services/receipt/prefill", house.citizen())).status_code == 409
    assert register.asked == []


async def test_without_a_register_there_is_nothing_to_offer(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    async with open_house(database, tmp_path) as house:
        assert (await house.get(PATH, house.citizen())).status_code == 503
    await database.dispose()
