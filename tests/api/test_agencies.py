"""Agencies' machines follow their unit's applications, and learn nothing about the people who asked."""

from __future__ import annotations

import json

from tests.api.house import House
from tests.issuance.office import INPUT, TYPE, UNIT

ALL = "/v1/agency/applications"


async def test_a_machine_sees_where_an_application_stands(house: House) -> None:
    code = (await house.apply())["code"]
    answer = await house.get(f"{ALL}/{code}", house.machine())

    assert answer.json() == {
        "code": code,
        "type": TYPE,
        "state": "received",
        "state_number": 2,
        "state_name": "Received",
        "submitted_at": "2024-06-03T02:00:00+00:00",
        "promised_on": "2024-06-17",
        "fee_state": "nothing_due",
        "links": {"self": f"{ALL}/{code}"},
    }


async def test_nothing_about_the_person_is_shown(house: House) -> None:
    code, _ = await house.issued()
    shown = json.dumps(
        [(await house.get(path, house.machine())).json() for path in (ALL, f"{ALL}/{code}")], ensure_ascii=False
    )

    for known in ("Nguyễn", "001194000001", "1994", "subject-1", "vneid-app", "Phạm Thu Hà", INPUT["birth_place"]):
        assert known not in shown


async def test_the_list_holds_all_of_the_unit_the_newest_first(house_on_both: House) -> None:
    house = house_on_both
    first, second = (await house.apply())["code"], (await house.issued())[0]
    house.office.at = house.office.at.replace(hour=3)
    third = (await house.apply())["code"]
    seen, following = [], f"{ALL}?limit=2"
    while following:
        page = (await house.get(following, house.machine())).json()
        assert len(page["items"]) <= 2
        seen += [one["code"] for one in page["items"]]
        following = page["next"]

    assert seen[0] == third
    assert sorted(seen) == sorted([first, second, third])
    assert (await house.get(f"{ALL}?cursor=x", house.machine())).json()["code"] == "invalid_cursor"


async def test_the_unit_is_the_registrations_never_the_tokens(house: House) -> None:
    code = (await house.apply())["code"]
    liar = house.machine(client_id="another-unit", unit=UNIT, roles=["head"])
    foreign, unknown = (
        await house.get(f"{ALL}/{code}", liar),
        await house.get(f"{ALL}/000.00.15.H26-240603-9999", liar),
    )

    assert (foreign.status_code, foreign.json()["code"]) == (404, "application_not_found")
    assert foreign.content == unknown.content
    assert (await house.get(ALL, liar)).json()["items"] == []
    # and the other way round: a token that names another unit sees its registration's
    assert len((await house.get(ALL, house.machine(unit="000.00.16.H26"))).json()["items"]) == 1


async def test_a_machine_without_the_scope_sees_nothing(house: House) -> None:
    for odd in (house.machine(client_id="odd-machine"), house.machine(scope="applications:read")):
        answer = await house.get(ALL, odd)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


async def test_fee_states_follow_the_fee(house: House) -> None:
    async def fee_state(code: str) -> str:
        shown: str = (await house.get(f"{ALL}/{code}", house.machine())).json()["fee_state"]
        return shown

    asked = await house.apply(house.citizen(client_id="one-stop-kiosk"))
    assert await fee_state(asked["code"]) == "awaiting_payment"
    house.money.received[asked["payment"]["memo"]] = asked["payment"]["amount_vnd"]
    paid = await house.post(asked["payment"]["confirm"], house.citizen(client_id="one-stop-kiosk"))
    assert paid.status_code == 200
    assert await fee_state(asked["code"]) == "paid"

    house.office.at = house.office.at.replace(year=2026)
    referred = (await house.apply())["code"]
    assert await fee_state(referred) == "to_be_decided"
