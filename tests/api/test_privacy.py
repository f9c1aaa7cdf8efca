"""A citizen takes along what is kept about her, and nothing of anybody else."""

from __future__ import annotations

import json
from datetime import datetime

import sqlalchemy as sa

from issuance.privacy.ask_for_erasure import decline_erasure
from issuance.privacy.erase import erase_person
from tests.api.house import House
from tests.issuance.office import person_index

ADDRESS = "/v1/privacy/export"


async def test_everything_of_hers_and_nothing_of_others(house: House) -> None:
    mine = await house.apply(house.citizen())
    await house.apply(house.citizen(sub="citizen-2", personal_id="001195000002", name="Trần Văn Nam"))
    asked = {"text": "Khi nào có kết quả?"}
    assert (await house.post(f"/v1/applications/{mine['code']}/questions", house.citizen(), json=asked)).is_success
    answer = await house.get(ADDRESS, house.citizen())
    assert answer.status_code == 200, answer.text
    told = answer.json()
    (application,) = told["applications"]
    assert application["code"] == mine["code"]
    assert [one["text"] for one in application["questions"]] == [asked["text"]]
    assert "Trần Văn Nam" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_a_guardian_is_not_told_what_is_not_hers_and_a_child_not_who_asked(house: House) -> None:
    other = house.citizen(sub="citizen-2", personal_id="001195000002", name="Trần Văn Nam")
    await house.apply(house.citizen())
    assert (await house.get(ADDRESS, other)).json()["applications"] == []
    assert (await house.get(ADDRESS, house.citizen(acr="level-1"))).json()["code"] == "level_too_low"
    assert (await house.get(ADDRESS)).status_code == 401


REQUESTS = "/v1/privacy/erasure-requests"


async def test_whoever_asks_to_be_erased_is_noted_once_until_she_is_answered(house_on_both: House) -> None:
    house = house_on_both
    assert (await house.post(REQUESTS, house.citizen(acr="level-1"))).json()["code"] == "level_too_low"
    first = await house.post(REQUESTS, house.citizen())
    assert first.status_code == 201, first.text
    assert (await house.post(REQUESTS, house.citizen())).json() == first.json()
    (noted,) = house.office.do(lambda records: records.erasure_requests.waiting())
    assert noted.due_at == datetime.fromisoformat(first.json()["answer_due_at"]) > noted.asked_at
    entries = "SELECT action, details FROM audit WHERE action LIKE 'erasure_%'"
    assert _rows(house, entries) == [("erasure_requested", {"request": str(noted.id)})]
    other = await house.post(REQUESTS, house.citizen(sub="citizen-2", personal_id="001195000002"))
    assert other.status_code == 201
    assert len(house.office.do(lambda records: records.erasure_requests.waiting())) == 2

    def decline(records: object) -> bool:
        return decline_erasure(records, noted.id, "operator:uid-0", noted.due_at)  # type: ignore[arg-type] # of SqlRecords

    assert [house.office.do(decline) for _ in range(2)] == [True, False]
    assert (await house.post(REQUESTS, house.citizen())).status_code == 201
    waiting = house.office.do(lambda records: records.erasure_requests.waiting())
    assert len(waiting) == 2
    assert noted.id not in {one.id for one in waiting}


async def test_what_her_requests_were_answered_goes_with_her(house_on_both: House) -> None:
    """The kept answer to a repeated request has her name in it."""
    house, hers = house_on_both, "SELECT count(*) FROM idempotency_answers"
    application = await house.apply(house.citizen())
    assert (await house.post(REQUESTS, house.citizen())).status_code == 201
    neighbour = await house.post(REQUESTS, house.citizen(sub="citizen-10", personal_id="001195000002"))
    assert neighbour.status_code == 201
    assert (await house.post(f"/v1/applications/{application['code']}/withdrawal", house.citizen())).is_success
    assert _rows(house, hers)[0][0] == 4
    index = house.stored(application["code"]).person_index
    assert index is not None
    house.office.do(lambda records: erase_person(records, index, "operator:uid-0", house.office.at))
    assert _rows(house, hers)[0][0] == 1
    (left,) = house.office.do(lambda records: records.erasure_requests.waiting())
    assert left.person_index == person_index("001195000002")


def _rows(house: House, query: str) -> list[tuple[object, ...]]:
    def read(records: object) -> list[tuple[object, ...]]:
        found = records._connection.execute(sa.text(query))  # type: ignore[attr-defined] # of SqlRecords
        return [tuple(json.loads(one) if _is_json(one) else one for one in row) for row in found]

    return house.office.do(read)


def _is_json(value: object) -> bool:
    return isinstance(value, str) and value.startswith("{")
