"""A retry gets the first answer, and nothing happens twice."""

from __future__ import annotations

import asyncio
from typing import NoReturn

import httpx
import pytest

from identity.errors import AuthenticationTooOld
from tests.api.house import House
from tests.issuance.office import INPUT, TYPE
from verification.register import RegisterUnavailable

BODY = {"type": TYPE, "input": INPUT}


async def applications(house: House) -> list[str]:
    page = (await house.get("/v1/applications?limit=100", house.citizen())).json()
    return [one["code"] for one in page["items"]]


async def test_fifty_parallel_retries_have_one_effect_and_one_answer(house_on_both: House) -> None:
    house, citizen = house_on_both, house_on_both.citizen()
    answers = await asyncio.gather(
        *(house.post("/v1/applications", citizen, key="the-same", json=BODY) for _ in range(50))
    )

    assert {one.status_code for one in answers} == {201}
    assert len({one.content for one in answers}) == 1
    assert len({one.headers["location"] for one in answers}) == 1
    assert await applications(house) == [answers[0].json()["code"]]


async def test_fifty_parallel_approvals_under_keys_of_their_own_approve_once(house_on_both: House) -> None:
    house = house_on_both
    code = (await house.apply())["code"]
    house.register_answers(code)
    path, official = f"/v1/desk/applications/{code}/approval", house.official()
    answers = await asyncio.gather(*(house.post(path, official) for _ in range(50)))

    assert sorted(one.status_code for one in answers) == [200] + [409] * 49
    history = (await house.get(f"/v1/desk/applications/{code}", official)).json()["history"]
    assert [entry["action"] for entry in history].count("application_approved") == 1


async def test_fifty_parallel_applications_under_keys_of_their_own_are_fifty(house_on_both: House) -> None:
    house, citizen = house_on_both, house_on_both.citizen()
    answers = await asyncio.gather(*(house.post("/v1/applications", citizen, json=BODY) for _ in range(50)))

    assert [one.status_code for one in answers] == [201] * 50
    assert sorted(await applications(house)) == sorted({one.json()["code"] for one in answers})
    assert len(await applications(house)) == 50


async def test_another_body_under_the_same_key_is_refused(house: House) -> None:
    first = await house.post("/v1/applications", house.citizen(), key="k", json=BODY)
    other = await house.post(
        "/v1/applications", house.citizen(), key="k", json={**BODY, "input": INPUT | {"copies": 1}}
    )

    assert first.status_code == 201
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(await applications(house)) == 1


async def test_another_application_under_the_same_key_is_refused(house: House) -> None:
    one, two = (await house.apply())["code"], (await house.apply())["code"]
    house.register_answers(one)
    house.register_answers(two)
    official = house.official()
    approved = await house.post(f"/v1/desk/applications/{one}/approval", official, key="k")
    other = await house.post(f"/v1/desk/applications/{two}/approval", official, key="k")

    assert approved.status_code == 200
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_request_that_is_refused_anyway_is_told_that_its_key_is_used(house: House) -> None:
    await house.post("/v1/applications", house.citizen(), key="k", json=BODY)
    other = await house.post("/v1/applications", house.citizen(), key="k", json={**BODY, "input": {}})

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_repeated_submission_gets_its_answer_also_where_it_would_be_refused_by_now(
    house_on_both: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = house_on_both
    first = await house.post("/v1/applications", house.citizen(), key="k", json=BODY)

    def refuse(*_: object) -> None:
        raise AuthenticationTooOld(60)

    monkeypatch.setattr("api.citizen.apply", refuse)
    again = await house.post("/v1/applications", house.citizen(), key="k", json=BODY)
    new = await house.post("/v1/applications", house.citizen(), key="other", json=BODY)

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["content-type"] == first.headers["content-type"] == "application/json"
    assert (new.status_code, new.json()["code"]) == (401, "authentication_too_old")


async def test_two_people_may_choose_the_same_key(house: House) -> None:
    other = house.citizen(sub="subject-2", personal_id="001090000003", name="Lê Hoàng Dũng")
    mine = await house.post("/v1/applications", house.citizen(), key="k", json=BODY)
    theirs = await house.post("/v1/applications", other, key="k", json=BODY)

    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["code"] != theirs.json()["code"]


async def test_a_refusal_is_not_kept(house: House) -> None:
    code = (await house.apply())["code"]
    path = f"/v1/desk/applications/{code}/approval"
    early = await house.post(path, house.official(), key="k")
    house.register_answers(code)
    later = await house.post(path, house.official(), key="k")

    assert (early.status_code, later.status_code) == (409, 200)


async def test_the_first_answer_stays_whatever_happened_since(house: House) -> None:
    first = await house.post("/v1/applications", house.citizen(), key="k", json=BODY)
    code = first.json()["code"]
    house.register_answers(code)
    await house.post(f"/v1/desk/applications/{code}/approval", house.official())
    again = await house.post("/v1/applications", house.citizen(), key="k", json=BODY)

    assert again.content == first.content
    assert again.status_code == 201


async def test_a_kept_answer_is_for_whoever_may_see_the_case_now(house: House) -> None:
    code = (await house.apply())["code"]
    house.register_answers(code)
    path = f"/v1/desk/applications/{code}/approval"
    first = await house.post(path, house.official(), key="k")
    moved = await house.post(path, house.official(unit="000.00.16.H26"), key="k")
    demoted = await house.post(path, house.official(roles=["operator"]), key="k")
    again = await house.post(path, house.official(), key="k")

    assert (moved.status_code, moved.json()["code"]) == (404, "application_not_found")
    assert (demoted.status_code, demoted.json()["code"]) == (403, "role_missing")
    assert again.content == first.content
    assert first.status_code == 200


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ([], "idempotency_key_missing"),
        ([""], "idempotency_key_invalid"),
        (["two words"], "idempotency_key_invalid"),
        (["x" * 129], "idempotency_key_invalid"),
        (["é".encode().decode("latin-1")], "idempotency_key_invalid"),
        (["a", "a"], "idempotency_key_invalid"),
    ],
)
async def test_the_key_is_demanded_and_checked(house: House, keys: list[str], code: str) -> None:
    headers = httpx.Headers([*house.citizen().items(), *(("Idempotency-Key", key) for key in keys)], encoding="latin-1")
    answer = await house.client.post("/v1/applications", headers=headers, json=BODY)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert await applications(house) == []


@pytest.mark.parametrize(
    "path",
    [
        "/v1/applications/x/payment-confirmations",
        "/v1/desk/applications/x/approval",
        "/v1/desk/applications/x/refusal",
        "/v1/desk/applications/x/fee-decision",
        "/v1/desk/applications/x/revocation",
    ],
)
async def test_every_route_that_changes_something_demands_it(house: House, path: str) -> None:
    headers = house.official() if "/desk/" in path else house.citizen()
    answer = await house.client.post(path, headers=headers, json={})

    assert answer.json()["code"] == "idempotency_key_missing"


@pytest.mark.parametrize("key", ["!", "~" * 128, "0b6f4c1e-8d7a-4f1b-9a55-2f4c9f3c5e11"])
async def test_keys_of_visible_ascii_are_taken(house: House, key: str) -> None:
    assert (await house.post("/v1/applications", house.citizen(), key=key, json=BODY)).status_code == 201


async def test_a_database_that_is_away_is_asked_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second question would wait as long as the first, and make everybody else wait longer."""
    asked: list[object] = []

    async def be_away(use_case: object) -> NoReturn:
        asked.append(use_case)
        raise RegisterUnavailable

    monkeypatch.setattr(house.services.runner, "run", be_away)
    answer = await house.post("/v1/applications", house.citizen(), json=BODY)
    assert (answer.status_code, len(asked)) == (503, 1)
