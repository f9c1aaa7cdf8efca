"""One action on many cases: each by itself, none twice, also where a process dies in between."""

from __future__ import annotations

from typing import Any

import pytest

from identity.officials_register import RegisteredOfficial
from storage.records import SqlRecords
from tests.api.house import House
from tests.issuance.office import UNIT

BULK = "/v1/desk/bulk"


async def bulk(house: House, key: str | None = None, **said: Any) -> dict[str, Any]:
    answer = await house.post(BULK, house.official(roles=["caseworker", "head"]), key=key, json=said)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def taken(house: House, code: str) -> int:
    return house.office.audit(house.stored(code).id).count("application_taken")


async def test_each_case_has_its_own_result(house_on_both: House) -> None:
    house = house_on_both
    own = (await house.apply(house.citizen(sub="official-at-home", personal_id="001185000002")))["code"]
    codes = [(await house.apply())["code"] for _ in range(3)]

    answered = await bulk(house, action="take", codes=[codes[0], "no-such-code", own, codes[1], codes[0]])

    results = {one["code"]: one for one in answered["results"]}
    assert list(results) == [codes[0], "no-such-code", own, codes[1]]
    assert (answered["done"], answered["refused"]) == (2, 2)
    assert results["no-such-code"]["problem"]["code"] == "application_not_found"
    assert results[own]["problem"]["code"] == "self_dealing"
    assert results[codes[1]]["state"] == house.stored(codes[1]).state
    assert [taken(house, code) for code in codes] == [1, 1, 0]


async def test_another_units_case_is_as_unknown_as_none(house: House) -> None:
    code = (await house.apply())["code"]
    answer = await house.post(
        BULK, house.official(unit="000.00.16.H26"), json={"action": "take", "codes": [code, "no-such-code"]}
    )
    foreign, unknown = answer.json()["results"]
    assert foreign["problem"] == unknown["problem"]
    assert taken(house, code) == 0


async def test_a_repetition_finishes_what_a_dead_process_left_and_does_nothing_twice(
    house_on_both: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = house_on_both
    codes = [(await house.apply())["code"] for _ in range(4)]
    run, ran = house.services.runner.run, 0

    async def dies_after_three(use_case: Any) -> Any:
        nonlocal ran
        ran += 1
        if ran > 3:  # the key, and two cases
            raise KeyboardInterrupt
        return await run(use_case)

    with monkeypatch.context() as patched:
        patched.setattr(house.services.runner, "run", dies_after_three)
        with pytest.raises(KeyboardInterrupt):
            await house.post(BULK, house.official(), key="once", json={"action": "take", "codes": codes})
    assert [taken(house, code) for code in codes] == [1, 1, 0, 0]

    first = await bulk(house, "once", action="take", codes=codes)
    assert first["done"] == 4
    assert await bulk(house, "once", action="take", codes=codes) == first
    assert [taken(house, code) for code in codes] == [1, 1, 1, 1]

    other = await house.post(BULK, house.official(), key="once", json={"action": "take", "codes": codes[:1]})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_many_are_assigned_and_decided(house: House) -> None:
    official = await house.office.official()
    key = official.subject_key

    def register(records: SqlRecords) -> None:
        records.officials.put(
            RegisteredOfficial(subject_key=key, unit=UNIT, roles=frozenset({"caseworker", "head"})), house.office.at
        )

    house.office.database.run_blocking(register)
    codes = [(await house.apply())["code"] for _ in range(2)]
    assert (await bulk(house, action="assign", codes=codes, official=key))["done"] == 2
    refused = await bulk(house, action="outcome", codes=codes, outcome="no-such-outcome")
    assert {one["problem"]["code"] for one in refused["results"]} == {"outcome_not_offered"}
    resumed = await bulk(house, action="resume", codes=codes)
    assert resumed["done"] == 0


@pytest.mark.parametrize(
    "said",
    [
        {"action": "take", "codes": []},
        {"action": "take", "codes": [f"c-{n}" for n in range(101)]},
        {"action": "take", "codes": ["c"], "official": "x"},
        {"action": "assign", "codes": ["c"]},
        {"action": "outcome", "codes": ["c"]},
        {"action": "burn", "codes": ["c"]},
        {"action": "take", "codes": [""]},
    ],
)
async def test_what_cannot_be_meant_is_refused_whole(house: House, said: dict[str, Any]) -> None:
    answer = await house.post(BULK, house.official(), json=said)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_the_desks_role_is_needed(house: House) -> None:
    answer = await house.post(BULK, house.official(roles=["operator"]), json={"action": "take", "codes": ["c"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")
