"""Powers lent and relatives declared over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.api.house import House
from tests.api.test_desk_cases import house, new_case, official
from tests.issuance.settlement.people import NAMES, PERSONS, key_of

__all__ = ["house"]


def powers(at: House, **changed: Any) -> dict[str, Any]:
    return {
        "to": key_of("an"),
        "role": "head",
        "valid_from": at.office.at.isoformat(),
        "valid_until": (at.office.at + timedelta(days=1)).isoformat(),
        "act": "Quyết định số 12/QĐ-CAHN",
    } | changed


async def test_a_delegate_decides_and_both_names_are_shown(house: House) -> None:
    path = await new_case(house)
    await house.post(f"{path}/outcomes", official(house, "an"), json={"outcome": "propose"})
    granted = await house.post("/v1/desk/delegations", official(house, "cuong"), json=powers(house))
    assert granted.status_code == 201, granted.text
    delegation = granted.json()
    assert (delegation["delegator"], delegation["delegate"]) == (NAMES["cuong"], NAMES["an"])
    assert (await house.get("/v1/desk/delegations", official(house, "an"))).json()["items"] == [delegation]
    turn = (await house.get(path, official(house, "an"))).json()["turn"]
    assert turn["acting_for"] == {
        "name": NAMES["cuong"],
        "delegation": delegation["id"],
        "act": "Quyết định số 12/QĐ-CAHN",
    }

    decided = (await house.post(f"{path}/approval", official(house, "an"))).json()
    decision = decided["application"]["decision"]
    assert (decision["by"], decision["acting_for"]) == (NAMES["an"], NAMES["cuong"])
    assert decided["history"][-1]["details"]["delegation"] == delegation["id"]


async def test_powers_taken_back_are_gone_at_once(house: House) -> None:
    path = await new_case(house)
    await house.post(f"{path}/outcomes", official(house, "an"), json={"outcome": "propose"})
    granted = (await house.post("/v1/desk/delegations", official(house, "cuong"), json=powers(house))).json()
    revocation = granted["links"]["revocation"]
    assert (await house.post(revocation, official(house, "an"))).json()["code"] == "role_missing"
    elsewhere = official(house, "cuong", unit="000.00.16.H26")
    assert (await house.post(revocation, elsewhere)).json()["code"] == "delegation_not_found"
    revoked = (await house.post(revocation, official(house, "cuong"))).json()
    assert (revoked["is_in_force"], revoked["links"]) == (False, {})
    refused = await house.post(f"{path}/approval", official(house, "an"))
    assert (refused.status_code, refused.json()["code"]) == (403, "role_missing")


async def test_what_cannot_be_lent_says_why(house: House) -> None:
    head = official(house, "cuong")
    for changed, why in (
        ({"to": key_of("nobody")}, "not_of_the_unit"),
        ({"delegator": key_of("binh"), "role": "caseworker"}, "person_missing"),
    ):
        refused = await house.post("/v1/desk/delegations", head, json=powers(house, **changed))
        assert (refused.status_code, refused.json()["code"], refused.json()["why"]) == (
            422,
            "delegation_refused",
            why,
        )
    for moment in ("2025-06-03T08:00:00", "soon", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"):
        refused = await house.post("/v1/desk/delegations", head, json=powers(house, valid_until=moment))
        assert refused.json()["problems"] == [{"pointer": "/valid_until", "rule": "wrong_format"}]
    other = powers(house, delegator=key_of("binh"), delegator_personal_id=PERSONS["binh"], role="caseworker")
    assert (await house.post("/v1/desk/delegations", head, json=other)).status_code == 201
    assert PERSONS["binh"] not in (await house.get("/v1/desk/delegations", head)).text


async def test_a_relatives_case_is_closed_and_the_number_never_shown(house: House) -> None:
    path, an = await new_case(house), official(house, "an")
    number = {"personal_id": "001194000001"}
    declared = await house.post("/v1/desk/relatives", an, json=number)
    assert (declared.status_code, declared.json()) == (200, {"declared": 1})
    assert (await house.get("/v1/desk/relatives", an)).json() == {"declared": 1}
    refused = await house.post(f"{path}/outcomes", an, json={"outcome": "propose"})
    assert (refused.status_code, refused.json()["code"]) == (403, "self_dealing")
    removed = await house.post("/v1/desk/relatives/removal", an, json=number)
    assert removed.json() == {"declared": 0}
    # The case has come to a colleague, and stays there.
    refused = await house.post(f"{path}/outcomes", an, json={"outcome": "propose"})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_yours")
    binh = official(house, "binh")
    assert (await house.post(f"{path}/outcomes", binh, json={"outcome": "propose"})).status_code == 200
