"""The desk's lists over HTTP: filters, pages that belong to one question, and cases that somebody looks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from issuance.application import Actor
from storage.tables import audit
from tests.api.house import UNPAID, House

LIST = "/v1/desk/applications"
SEARCH = "/v1/desk/applications/search"
CITIZEN_NUMBER, OFFICIAL_NUMBER = "001194000001", "001185000002"
ANOTHER = "001195000099"


async def codes(house: House, query: str = "", **claims: Any) -> list[str]:
    answer = await house.get(f"{LIST}?{query}", house.official(**claims))
    assert answer.status_code == 200, answer.text
    return [one["code"] for one in answer.json()["items"]]


async def found(house: House, **sought: str) -> list[str]:
    answer = await house.client.post(SEARCH, headers=house.official(), json=sought)
    assert answer.status_code == 200, answer.text
    return [one["code"] for one in answer.json()["items"]]


async def test_each_filter_shows_its_part_of_the_list(house_on_both: House) -> None:
    house = house_on_both
    first = (await house.apply())["code"]
    house.office.at += timedelta(days=1)
    second = (await house.apply())["code"]
    unpaid = (await house.apply(house.citizen(client_id=UNPAID)))["code"]
    official = await house.office.official()
    mine = house.stored(second)
    house.office.do(lambda r: r.applications.save(replace(mine, owner=Actor.from_official(official))))

    assert await codes(house) == [first, second]
    assert await codes(house, "owner=me") == [second]
    assert await codes(house, "owner=none") == [first]
    assert await codes(house, "owner=somebody") == []
    assert await codes(house, "state=received&type=criminal_record_form_1") == [first, second]
    assert await codes(house, "type=another") == []
    assert await codes(house, f"step={mine.step}") == [first, second]
    assert await codes(house, "step=another") == []
    assert await codes(house, "state=payment_asked") == await codes(house, "due=paused") == [unpaid]
    assert await codes(house, "submitted_from=2024-06-04") == [second]
    assert await codes(house, "submitted_until=2024-06-03") == [first]
    assert await codes(house, "due=overdue") == await codes(house, "due=soon") == []

    house.office.at = house.stored(first).promised_at - timedelta(hours=2)
    assert await codes(house, "due=soon") == [first]
    house.office.at = house.stored(first).promised_at
    assert first in await codes(house, "due=soon")
    house.office.at += timedelta(seconds=1)
    assert await codes(house, "due=overdue") == [first]


async def test_pages_continue_one_question_and_no_other(house: House) -> None:
    all_codes = [(await house.apply())["code"] for _ in range(3)]
    page = (await house.get(f"{LIST}?limit=1&state=received", house.official())).json()
    seen = [one["code"] for one in page["items"]]
    while page["next"]:
        assert "state=received" in page["next"]
        page = (await house.get(page["next"], house.official())).json()
        seen += [one["code"] for one in page["items"]]
    assert sorted(seen) == sorted(all_codes)

    first = (await house.get(f"{LIST}?limit=1&state=received", house.official())).json()["next"]
    plain = (await house.get(f"{LIST}?limit=1", house.official())).json()["next"]
    for other in (
        first.replace("state=received", "state=in_progress"),
        first.replace("state=received&", ""),
        plain + "&state=received",
    ):
        answer = await house.get(other, house.official())
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor"), other


@pytest.mark.parametrize(
    "query", ["state=settled", "due=never", "stat=received", "owner=", "submitted_from=x", "step=%00"]
)
async def test_what_no_list_has_is_refused(house: House, query: str) -> None:
    answer = await house.get(f"{LIST}?{query}", house.official())
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_cases_are_found_by_code_and_by_person(house_on_both: House) -> None:
    house = house_on_both
    code = (await house.apply())["code"]
    other = (await house.apply(house.citizen(sub="another", personal_id=ANOTHER)))["code"]

    assert await found(house, code=code) == await found(house, personal_id=CITIZEN_NUMBER) == [code]
    assert await found(house, code=code[:-1].lower()) == sorted([code, other])
    assert await found(house, personal_id=ANOTHER) == [other]
    assert await found(house, personal_id="001195000098") == await found(house, code="000.00.16.H26") == []
    assert await found(house, code="%%%%") == await found(house, code="____") == []


async def test_ended_cases_are_found_too(house: House) -> None:
    code, _ = await house.issued()
    assert await codes(house) == []
    assert await found(house, personal_id=CITIZEN_NUMBER) == [code]


async def test_another_units_cases_and_own_ones_are_not_found(house: House) -> None:
    code = (await house.apply())["code"]
    own = (await house.apply(house.citizen(sub="official-at-home", personal_id=OFFICIAL_NUMBER)))["code"]
    for sought in ({"code": code[:20]}, {"personal_id": CITIZEN_NUMBER}):
        answer = await house.client.post(SEARCH, headers=house.official(unit="000.00.16.H26"), json=sought)
        assert answer.json()["items"] == []
    assert own not in await found(house, code=own[:20])
    assert await found(house, personal_id=OFFICIAL_NUMBER) == []


async def test_a_search_for_a_person_is_written_down_without_the_number(house: House) -> None:
    await house.apply()
    await found(house, personal_id=CITIZEN_NUMBER)
    rows = house.office.database.run_blocking(
        lambda r: [
            tuple(row) for row in r._connection.execute(audit.select().where(audit.c.action == "person_looked_for"))
        ]
    )
    assert len(rows) == 1
    assert CITIZEN_NUMBER not in repr(rows)
    assert house.office.rules.person_index(CITIZEN_NUMBER) in repr(rows)


@pytest.mark.parametrize(
    "sought",
    [{}, {"code": "abcd", "personal_id": CITIZEN_NUMBER}, {"code": "abc"}, {"personal_id": "12"}, {"name": "x"}],
)
async def test_a_search_is_for_one_thing(house: House, sought: dict[str, str]) -> None:
    answer = await house.client.post(SEARCH, headers=house.official(), json=sought)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert CITIZEN_NUMBER not in answer.text


async def test_a_search_needs_the_desks_role(house: House) -> None:
    answer = await house.client.post(SEARCH, headers=house.official(roles=["operator"]), json={"code": "0000"})
    assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")
