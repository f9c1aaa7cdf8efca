"""A sign-in of a low level gets nothing of what a higher one had to ask for, by whichever way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from issuance.application import ApplicationState
from storage.runner import Database
from tests.api.challenge_fields import challenges_of
from tests.api.house import UNPAID, House, open_house
from tests.issuance.families import CHILD, Family
from tests.issuance.office import INPUT, TYPE


def low(house: House, **claims: Any) -> dict[str, str]:
    return house.citizen(acr="level-1", **claims)


def is_told_the_level(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (401, "level_too_low"), answer.text
    assert (answer.json()["level_required"], answer.json()["level_actual"]) == (2, 1)
    assert challenges_of(answer)["Bearer"] == {
        "realm": "condau",
        "error": "insufficient_user_authentication",
        "error_description": "A higher level of electronic identification is needed.",
        "acr_values": "level-2",
    }


@pytest.mark.parametrize("part", ["", "/document", "/receipt"])
async def test_what_is_in_an_application_needs_the_level_of_its_document(house: House, part: str) -> None:
    code, _ = await house.issued()
    path = f"/v1/applications/{code}{part}"

    is_told_the_level(await house.get(path, low(house)))
    assert house.stored(code).state is ApplicationState.SETTLED
    assert (await house.get(path, house.citizen())).status_code == 200


async def test_the_list_is_for_every_level_and_shows_no_facts(house: House) -> None:
    code, certificate = await house.issued()
    listed = await house.get("/v1/applications", low(house))

    assert [one["code"] for one in listed.json()["items"]] == [code]
    assert INPUT["birth_place"] not in listed.text
    assert certificate.number not in listed.text


async def test_a_strangers_application_stays_unknown_at_every_level(house: House) -> None:
    code, _ = await house.issued()
    answer = await house.get(f"/v1/applications/{code}", low(house, sub="another", personal_id="001090000003"))

    assert answer.json()["code"] == "application_not_found"


async def test_a_payment_is_not_confirmed_from_a_low_level(house: House) -> None:
    code = (await house.apply(house.citizen(client_id=UNPAID)))["code"]
    path = f"/v1/applications/{code}/payment-confirmations"

    is_told_the_level(await house.post(path, low(house, client_id=UNPAID)))
    assert house.money.asked == []


async def test_a_kept_answer_is_not_for_a_low_level(house: House) -> None:
    body = {"type": TYPE, "input": INPUT}
    first = await house.post("/v1/applications", house.citizen(), key="k", json=body)
    again = await house.post("/v1/applications", low(house), key="k", json=body)

    assert first.status_code == 201
    is_told_the_level(again)


async def test_a_kept_confirmation_is_not_for_a_low_level(house: House) -> None:
    kiosk = house.citizen(client_id=UNPAID)
    application = await house.apply(kiosk)
    house.money.received[application["payment"]["memo"]] = 205_000
    path = f"/v1/applications/{application['code']}/payment-confirmations"
    assert (await house.post(path, kiosk, key="k")).status_code == 200

    is_told_the_level(await house.post(path, low(house, client_id=UNPAID), key="k"))


@pytest.fixture
async def family_house(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(database, tmp_path) as house:
        shared = house.app.state.shared
        object.__setattr__(shared.services, "population", Family(house.office))
        yield house


async def test_a_guardians_kept_answer_is_not_for_a_low_level(family_house: House) -> None:
    house, body = family_house, {"type": TYPE, "input": INPUT, "on_behalf_of": {"personal_id": CHILD.digits}}
    first = await house.post("/v1/applications", house.citizen(), key="k", json=body)
    again = await house.post("/v1/applications", low(house), key="k", json=body)

    assert first.status_code == 201, first.text
    is_told_the_level(again)


async def test_two_applications_of_one_person_do_not_share_answers(house: House) -> None:
    body = {"type": TYPE, "input": INPUT}
    one = await house.post("/v1/applications", house.citizen(), key="k", json=body)
    other = await house.post("/v1/applications", house.citizen(client_id="portal"), key="k", json=body)
    again = await house.post("/v1/applications", house.citizen(), key="k", json=body)

    assert (one.status_code, other.status_code) == (201, 201)
    assert one.json()["code"] != other.json()["code"]
    assert again.content == one.content
