"""A guardian applies through the API; what stands in the way is said, and leaves nothing behind."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from identity.errors import PopulationRegisterUnavailable
from identity.guardian import PopulationRegister, RegisteredChild
from identity.personal_id import PersonalId
from identity.population_register import HttpPopulationRegister
from issuance.documents.catalogue import Catalogue
from storage.runner import Database
from tests.api.house import House, open_house
from tests.issuance.families import CHILD, CHILD_NAME, FATHER, Family
from tests.issuance.office import INPUT, TYPE

REQUEST: dict[str, Any] = {"type": TYPE, "input": INPUT, "on_behalf_of": {"personal_id": CHILD.digits}}


class Register:
    """The family's register, which can be put out of order; set once there is an office."""

    def __init__(self) -> None:
        self.behind: PopulationRegister | None = None
        self.asked = 0

    async def child_of(self, guardian: PersonalId, child: PersonalId) -> RegisteredChild | None:
        self.asked += 1
        if self.behind is None:
            raise PopulationRegisterUnavailable
        return await self.behind.child_of(guardian, child)


@pytest.fixture
def register() -> Register:
    return Register()


@pytest.fixture
async def family_house(database: Database, tmp_path: Path, register: Register) -> AsyncIterator[House]:
    async with open_house(database, tmp_path, population=register) as house:
        register.behind = Family(house.office)
        yield house


async def refused(house: House, request: dict[str, Any], status: int, code: str, **claims: Any) -> dict[str, Any]:
    """That it is refused so, and that nobody has an application."""
    answer = await house.post("/v1/applications", house.citizen(**claims), json=request)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert (await house.get("/v1/applications", house.citizen(**claims))).json()["items"] == []
    assert CHILD.digits not in answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_owner_and_desk_see_for_whom(family_house: House) -> None:
    house = family_house
    created = (await house.post("/v1/applications", house.citizen(), json=REQUEST)).json()
    shown = (await house.get(created["links"]["self"], house.citizen() | {"Accept-Language": "vi"})).json()
    case = (await house.get(f"/v1/desk/applications/{created['code']}", house.official())).json()

    assert created["on_behalf_of"] == {"full_name": CHILD_NAME, "relation": "mother", "relation_name": "mother"}
    assert shown["on_behalf_of"]["relation_name"] == "mẹ"
    assert case["application"]["on_behalf_of"]["full_name"] == CHILD_NAME
    assert case["on_behalf_of"]["personal_id"] == CHILD.digits
    assert case["on_behalf_of"]["reference"] == "CSDLDC-1"
    assert FATHER.digits not in str(case)  # the other parent's number is for refusing cases, not for showing
    own = await house.apply()
    assert own["on_behalf_of"] is None


async def test_a_retry_is_answered_without_the_register(family_house: House, register: Register) -> None:
    house = family_house
    first = await house.post("/v1/applications", house.citizen(), key="k", json=REQUEST)
    register.behind = None
    again = await house.post("/v1/applications", house.citizen(), key="k", json=REQUEST)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert register.asked == 1
    other = await house.post("/v1/applications", house.citizen(), key="k", json=REQUEST | {"on_behalf_of": None})
    assert other.json()["code"] == "idempotency_key_reused"


async def test_register_down_leaves_nothing_and_the_same_key_serves_later(
    family_house: House, register: Register
) -> None:
    house = family_house
    behind, register.behind = register.behind, None
    down = await house.post("/v1/applications", house.citizen(), key="k", json=REQUEST)
    assert (down.status_code, down.json()["code"]) == (503, "population_register_unavailable")
    assert int(down.headers["retry-after"]) > 0
    assert (await house.get("/v1/applications", house.citizen())).json()["items"] == []
    register.behind = behind
    assert (await house.post("/v1/applications", house.citizen(), key="k", json=REQUEST)).status_code == 201


async def test_a_register_that_nobody_runs(database: Database, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # not listening
        down = HttpPopulationRegister(f"http://127.0.0.1:{taken.getsockname()[1]}")
        async with open_house(database, tmp_path, population=down) as house:
            await refused(house, REQUEST, 503, "population_register_unavailable")


async def test_strangers_and_adults(family_house: House, register: Register) -> None:
    stranger = {"sub": "subject-2", "personal_id": "001304000004"}
    first = await refused(family_house, REQUEST, 403, "not_the_guardian", **stranger)
    nobody = REQUEST | {"on_behalf_of": {"personal_id": "001219999999"}}
    assert await refused(family_house, nobody, 403, "not_the_guardian", **stranger) == first
    themselves = REQUEST | {"on_behalf_of": {"personal_id": "001304000004"}}
    assert await refused(family_house, themselves, 403, "not_the_guardian", **stranger) == first
    register.behind = Family(family_house.office, birth_date=family_house.office.at.date().replace(year=2006))
    await refused(family_house, REQUEST, 403, "not_a_child")


async def test_a_low_level_asks_no_register(family_house: House, register: Register) -> None:
    answer = await family_house.post("/v1/applications", family_house.citizen(acr="level-1"), json=REQUEST)
    assert answer.json()["code"] == "level_too_low"
    assert register.asked == 0


async def test_without_a_register_guardians_are_not_offered_and_refused(house: House) -> None:
    await refused(house, REQUEST, 403, "guardian_not_accepted")
    services = (await house.get("/v1/services", house.citizen())).json()["services"]
    assert [one["type"] for one in services if "guardian" in one["who_may_ask"]] == []
    (listed,) = [one for one in services if one["type"] == TYPE]
    one = (await house.get(f"/v1/services/{TYPE}", house.citizen())).json()
    assert listed["who_may_ask"] == one["who_may_ask"] == ["self", "procedural_body"]


async def test_with_a_register_guardians_are_offered(family_house: House) -> None:
    services = (await family_house.get("/v1/services", family_house.citizen())).json()["services"]
    (listed,) = [one for one in services if one["type"] == TYPE]
    # Nobody may ask for form 2 in another's place.
    (form_2,) = [one for one in services if one["type"] == "criminal_record_form_2"]
    assert "guardian" not in form_2["who_may_ask"]
    one = (await family_house.get(f"/v1/services/{TYPE}", family_house.citizen())).json()
    assert listed["who_may_ask"] == one["who_may_ask"] == ["self", "guardian", "procedural_body"]


async def test_a_type_for_oneself_alone_asks_no_register(
    database: Database, tmp_path: Path, register: Register
) -> None:
    async with open_house(database, tmp_path, population=register) as house:
        only_self = [replace(one, who_may_ask=one.who_may_ask[:1]) for one in house.office.catalogue]
        rules = replace(house.office.rules, catalogue=Catalogue(only_self))
        shared = house.app.state.shared
        house.app.state.shared = replace(shared, services=replace(shared.services, rules=rules))
        await refused(house, REQUEST, 403, "guardian_not_accepted")
    assert register.asked == 0


@pytest.mark.parametrize(
    "child",
    [
        {"personal_id": "00121900002"},
        {"personal_id": "001219000021 "},
        {"personal_id": "٠٠١٢١٩٠٠٠٠٢١"},
        {"personal_id": 1219000021},
        {"personal_id": None},
        {"personal_id": CHILD.digits, "relation": "mother"},
        {},
        CHILD.digits,
        [CHILD.digits],
    ],
)
async def test_a_child_is_named_by_twelve_digits(house: House, child: object) -> None:
    answer = await house.post("/v1/applications", house.citizen(), json=REQUEST | {"on_behalf_of": child})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert all(one["pointer"].startswith("/on_behalf_of") for one in answer.json()["problems"])
