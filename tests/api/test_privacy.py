"""A citizen takes along what is kept about her, and nothing of anybody else."""

from __future__ import annotations

from tests.api.house import House

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
