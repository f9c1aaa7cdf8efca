"""What a request would cost: anybody may ask, and is told what was assumed."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.services import Limits
from issuance.fees.facts import CATEGORIES, CHANNELS, DELIVERIES, EVIDENCE
from storage.runner import Database
from tests.api.fee_office import cheaper, scheduled
from tests.api.house import UNPAID, House, open_house
from tests.api.test_bad_input import check_problem

ASKED: dict[str, Any] = {"type": "criminal_record_form_1", "copies": 3, "channel": "portal", "age": 30}


async def quote(house: House, headers: dict[str, str] | None = None, **asked: Any) -> dict[str, Any]:
    answer = await house.get("/v1/fees/quote", headers, params={**ASKED, **asked})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_anybody_is_told_the_sum_and_the_reasons(house_on_both: House) -> None:
    told = await quote(house_on_both)

    assert told["totals"] == {"gross_vnd": 205_000, "waived_vnd": 0, "due_vnd": 205_000}
    assert told["facts"] == {
        "type": "criminal_record_form_1",
        "channel": "portal",
        "copies": 3,
        "age": 30,
        "level": 2,
        "categories": [],
        "evidence": [],
        "delivery": "download",
        "pages": told["facts"]["pages"],
        "on": "2024-06-03",
    }
    assert "Amount due: 205,000 VND." in told["explanation"]
    assert {one["assumed"] for one in told["assumed"]} == {"level", "received_at_once"}


async def test_a_citizen_is_told_her_own(house: House) -> None:
    asked = "/v1/fees/quote?type=criminal_record_form_1&copies=3"
    told = (await house.get(asked, house.citizen(client_id=UNPAID))).json()
    applied = await house.apply(house.citizen(client_id=UNPAID))

    assert (told["facts"]["channel"], told["facts"]["age"]) == ("desk", 30)
    assert told["totals"] == applied["fee"]["totals"]
    assert told["lines"] == applied["fee"]["lines"]


async def test_a_citizen_s_channel_and_age_are_not_told_by_the_address(house: House) -> None:
    for name in ("channel", "age"):
        path = f"/v1/fees/quote?type=criminal_record_form_1&copies=1&{name}={ASKED[name]}"
        problem = check_problem(await house.get(path, house.citizen()), 422, "invalid_request")
        assert problem["problems"] == [{"pointer": f"/query/{name}", "rule": "not_allowed"}]


async def test_whoever_brings_a_token_brings_a_good_one(house: House) -> None:
    path = "/v1/fees/quote?type=criminal_record_form_1&copies=1&channel=desk"
    check_problem(await house.get(path, {"Authorization": "Bearer a.b.c"}), 401, "malformed_token")
    check_problem(await house.get(path, {"Authorization": ""}), 401, "access_token_missing")
    check_problem(await house.get(path, house.official()), 403, "wrong_kind_of_person")
    check_problem(await house.get(path, house.citizen(scope="documents:read")), 403, "scope_missing")


async def test_categories_count_as_if_they_were_accepted(house: House) -> None:
    plain, student = await quote(house, channel="desk"), await quote(house, channel="desk", category=["student"])

    assert (plain["totals"]["due_vnd"], student["totals"]["due_vnd"]) == (205_000, 105_000)
    (assumed,) = [one for one in student["assumed"] if one["assumed"] == "categories_accepted"]
    assert "pupil or student" in assumed["text"]
    both = await quote(house, channel="desk", category=["student", "poor_household"])
    assert both["totals"]["due_vnd"] == 5_000
    vietnamese = await quote(house, category=["student"], lang="vi")
    assert "học sinh, sinh viên" in vietnamese["assumed"][0]["text"]


@pytest.mark.parametrize(("age", "due"), [(15, 0), (16, 200_000), (59, 200_000), (60, 0), (0, 0), (150, 0)])
@pytest.mark.parametrize("on", ["2024-02-29", "2024-03-01", "2023-02-28"])
async def test_an_age_is_the_age_on_the_day(house: House, age: int, due: int, on: str) -> None:
    told = await quote(house, channel="desk", copies=1, age=age, on=on)

    assert told["facts"]["age"] == age
    assert told["totals"]["due_vnd"] == due


async def test_without_an_age_no_rule_about_ages_applies_and_it_says_so(house: House) -> None:
    asked = {name: value for name, value in ASKED.items() if name != "age"}
    told = (await house.get("/v1/fees/quote", params=asked)).json()

    assert told["facts"]["age"] is None
    assert "age_not_told" in {one["assumed"] for one in told["assumed"]}


@pytest.mark.parametrize(
    ("asked", "place", "rule"),
    [
        ({"channel": None}, "/query/channel", "missing"),
        ({"channel": "vnied"}, "/query/channel", "not_allowed"),
        ({"category": ["student", "rich"]}, "/query/category/1", "not_allowed"),
        ({"evidence": ["card"]}, "/query/evidence/0", "not_allowed"),
        ({"delivery": "pigeon"}, "/query/delivery", "not_allowed"),
        ({"category": ["student"] * 21}, "/query/category", "wrong_type"),
        ({"age": -1}, "/query/age", "too_small"),
        ({"age": 151}, "/query/age", "too_big"),
        ({"pages": 0}, "/query/pages", "too_small"),
        ({"on": "1899-12-31"}, "/query/on", "too_small"),
        ({"on": "9999-12-31"}, "/query/on", "too_big"),
        ({"known_at": "2024-06-03T00:00:00"}, "/query/known_at", "wrong_type"),
        ({"known_at": "2024-06-04T00:00:00Z"}, "/query/known_at", "too_big"),
        ({"birth_date": "1994-03-08"}, "/query", "unknown_field"),
        ({"chanel": "desk"}, "/query", "unknown_field"),
    ],
)
async def test_what_cannot_be_asked(house: House, asked: dict[str, Any], place: str, rule: str) -> None:
    parameters = {name: value for name, value in (ASKED | asked).items() if value is not None}
    problem = check_problem(await house.get("/v1/fees/quote", params=parameters), 422, "invalid_request")

    assert problem["problems"] == [{"pointer": place, "rule": rule}]


async def test_only_history_may_be_kept_by_caches(house: House) -> None:
    async def kept(headers: dict[str, str] | None = None, **asked: Any) -> str:
        parameters = {"type": "criminal_record_form_1", "copies": 1} | ({} if headers else {"channel": "desk"}) | asked
        answer = await house.get("/v1/fees/quote", headers, params=parameters)
        assert answer.status_code == 200, answer.text
        assert {"Accept-Language", "Authorization"} <= {one.strip() for one in answer.headers["vary"].split(",")}
        return answer.headers["cache-control"]

    then = {"on": "2024-06-03", "known_at": "2024-06-03T00:00:00Z"}
    assert await kept(**then) == "public, max-age=3600"
    assert await kept() == "no-store"
    assert await kept(on="2024-06-03") == "no-store"
    assert await kept(known_at=then["known_at"]) == "no-store"
    assert await kept(on="2024-06-03", known_at="2024-06-03T01:59:00Z") == "no-store"
    assert await kept(house.citizen(), **then) == "no-store"


async def test_what_depends_on_a_budget_is_never_kept(house: House) -> None:
    document = cheaper()
    for stage in document["stages"]:
        for rule in stage["rules"]:
            if rule["id"] == "support_fee":
                rule["quota"] = {"unit": "requests", "max": 2, "scope": "budget_total"}
    await scheduled(house, document)
    house.office.at = datetime(2024, 7, 1, 2, 0, tzinfo=UTC)
    asked = ASKED | {"on": "2024-07-01", "known_at": "2024-07-01T00:00:00Z", "channel": "vneid"}
    answer = await house.get("/v1/fees/quote", params=asked)

    assert answer.headers["cache-control"] == "no-store"
    assert "budget_of_now" in {one["assumed"] for one in answer.json()["assumed"]}
    assert answer.json()["quotas"][0]["left"] == 2


async def test_a_citizen_s_own_quota_counts_for_her_alone(house_on_both: House) -> None:
    house = house_on_both
    document = cheaper()
    for stage in document["stages"]:
        for rule in stage["rules"]:
            if rule["id"] == "support_fee":
                rule["quota"] = {"unit": "requests", "max": 1, "scope": "citizen_per_year"}
    await scheduled(house, document)
    house.office.at = datetime(2024, 7, 1, 2, 0, tzinfo=UTC)
    path = "/v1/fees/quote?type=criminal_record_form_1&copies=1"

    async def due(headers: dict[str, str] | None) -> int:
        answer = await house.get(path if headers else f"{path}&channel=vneid&age=30", headers)
        return int(answer.json()["totals"]["due_vnd"])

    assert await due(house.citizen()) == 0
    await house.apply(house.citizen())
    assert await due(house.citizen()) == 150_000
    assert await due(house.citizen(sub="other-account-of-hers")) == 150_000
    assert await due(house.citizen(sub="subject-2", personal_id="001194000002")) == 0
    assert await due(None) == 0


async def test_strangers_share_an_allowance_for_each_address(sqlite_url: str, tmp_path: Any) -> None:
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    async with open_house(database, tmp_path, Limits(quotes="2/minute")) as house:
        await quote(house)
        await quote(house)
        answer = await house.get("/v1/fees/quote", params=ASKED)
        check_problem(answer, 429, "too_many_requests")
        assert int(answer.headers["retry-after"]) > 0
        signed_in = "/v1/fees/quote?type=criminal_record_form_1&copies=1"
        assert (await house.get(signed_in, house.citizen())).status_code == 200
    await database.dispose()


TEXTS = st.text(max_size=20)
PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["criminal_record_form_1", "receipt", "none"]) | TEXTS,
        "copies": st.integers(1, 9_999).map(str) | st.integers().map(str) | TEXTS,
        "channel": st.sampled_from([*CHANNELS]) | TEXTS,
        "age": st.integers(0, 150).map(str) | st.integers().map(str) | TEXTS,
        "category": st.lists(st.sampled_from([*CATEGORIES]) | TEXTS, max_size=8),
        "evidence": st.lists(st.sampled_from([*EVIDENCE]) | TEXTS, max_size=8),
        "delivery": st.sampled_from([*DELIVERIES]) | TEXTS,
        "pages": st.integers(1, 9_999).map(str) | TEXTS,
        "on": st.dates(date.min, date.max).map(str) | TEXTS,
        "known_at": st.datetimes(timezones=st.timezones() | st.none()).map(lambda at: at.isoformat()) | TEXTS,
        "lang": st.sampled_from(["vi", "en", "fr"]) | TEXTS,
    },
)


async def test_no_parameters_make_it_fail(house: House) -> None:
    tried: list[dict[str, Any]] = []

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
    @given(PARAMETERS)
    def collect(asked: dict[str, Any]) -> None:
        tried.append(asked)

    await asyncio.to_thread(collect)
    answered = 0
    for asked in tried:
        # Half of them with what is always needed, so that many get as far as a decision.
        for parameters in (asked, ASKED | asked):
            answer = await house.get("/v1/fees/quote", params=parameters)
            assert answer.status_code in (200, 404, 422), (parameters, answer.text)
            answered += answer.status_code == 200
    assert answered > 5
