"""The units of a day, open to everybody; and the list, which an operator brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from issuance.agencies.carry_over import carry_over
from issuance.agencies.import_units import install_units
from issuance.agencies.read_units import COLUMNS, MAX_UNITS_BYTES, load_shipped_units, write_units
from issuance.agencies.unit import Unit
from tests.api.house import House
from tests.issuance.agencies.trees import unit
from tests.issuance.office import UNIT

HEIR = "000.00.16.H26"
BEGUN = (unit(UNIT), unit(HEIR))
MERGED = (replace(BEGUN[0], valid_until=date(2024, 6, 2), successor=HEIR), BEGUN[1])
TOMORROW = (replace(BEGUN[0], valid_until=date(2024, 6, 3), successor=HEIR), BEGUN[1])


async def bring(house: House, units: Sequence[Unit], *, dry_run: bool = False, **request: Any) -> httpx.Response:
    path = "/v1/units/imports" + ("?dry_run=true" if dry_run else "")
    content = write_units(units).encode()
    headers = house.official(roles=["operator"]) | {"Content-Type": "text/csv; charset=utf-8"}
    return await house.post(path, headers | request.pop("headers", {}), content=content, **request)


@pytest.fixture
def hanoi(house: House) -> House:
    house.office.do(lambda records: install_units(records, house.office.at))
    return house


async def test_the_units_of_a_day_are_open_to_everybody_page_by_page(hanoi: House) -> None:
    seen, path = [], "/v1/units?kind=district&on=2025-06-30&limit=7"
    while path:
        page = (await hanoi.get(path)).json()
        assert len(page["units"]) <= 7
        seen += [one["code"] for one in page["units"]]
        path = page["next"]
    districts = [one.code for one in load_shipped_units() if one.kind == "district"]
    assert seen == sorted(districts)
    assert len(seen) == 30
    assert (await hanoi.get("/v1/units?kind=district&on=2025-07-01")).json()["units"] == []


@pytest.mark.parametrize("words", ["cong an", "CÔNG AN thành phố", "hanoi police", "000.00.15"])
async def test_units_are_found_by_words_with_or_without_signs(hanoi: House, words: str) -> None:
    found = (await hanoi.get("/v1/units", params={"q": words, "kind": "department"})).json()
    assert UNIT in [one["code"] for one in found["units"]]
    assert (await hanoi.get("/v1/units", params={"q": words + " khong co"})).json()["units"] == []


async def test_a_unit_shows_its_periods_and_who_answers_for_it(hanoi: House) -> None:
    ended = next(one for one in load_shipped_units() if one.kind == "district")
    before = (await hanoi.get(f"/v1/units/{ended.code}?on=2025-06-30&lang=vi")).json()
    after = (await hanoi.get(f"/v1/units/{ended.code}?on=2025-07-01")).json()

    assert (before["unit"]["name"], before["in_charge"]) == (ended.name.vi, ended.code)
    assert [one["code"] for one in before["above"]] == ["000.00.00.H26"]
    assert (after["unit"], after["in_charge"], after["above"]) == (None, ended.successor, [])
    assert before["periods"][0]["valid_until"] == "2025-06-30"
    unborn = (await hanoi.get(f"/v1/units/{ended.code}?on=2015-12-31")).json()
    assert (unborn["unit"], unborn["in_charge"]) == (None, None)


async def test_a_unit_that_never_was_is_unknown(hanoi: House) -> None:
    answer = await hanoi.get("/v1/units/999.99.99.H99")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_unit")
    for odd in ("/v1/units?on=1/7/2025", "/v1/units?kind=village", "/v1/units?q=%00", "/v1/units?cursor=%20"):
        assert (await hanoi.get(odd)).status_code == 422


async def test_only_operators_bring_the_list(house: House) -> None:
    for roles in (["head"], ["caseworker"], ["fee_author", "fee_approver"]):
        headers = house.official(roles=roles) | {"Content-Type": "text/csv"}
        refused = await house.post("/v1/units/imports", headers, content=write_units(BEGUN).encode())
        assert (refused.status_code, refused.json()["code"]) == (403, "role_missing")
    for headers in ({}, house.citizen(), house.machine()):
        refused = await house.post("/v1/units/imports", headers | {"Content-Type": "text/csv"}, content=b"")
        assert refused.status_code in (401, 403)
    assert (await house.get("/v1/units")).json()["units"] == []


async def test_a_preview_shows_the_difference_and_stores_nothing(house: House) -> None:
    preview = await bring(house, BEGUN, dry_run=True)
    assert preview.status_code == 200, preview.text
    assert preview.json()["is_preview"]
    assert [one["code"] for one in preview.json()["added"]] == [UNIT, HEIR]
    assert (await house.get("/v1/units")).json()["units"] == []

    brought = await bring(house, BEGUN)
    assert (brought.status_code, brought.json()["counts"]["added"]) == (200, 2)
    again = await bring(house, BEGUN)
    assert again.json()["counts"] == {
        "added": 0,
        "changed": 0,
        "ended": 0,
        "removed": 0,
        "unchanged": 2,
        "applications_to_carry": 0,
    }


async def test_a_merger_of_today_is_accepted_and_can_be_followed(house: House) -> None:
    await bring(house, BEGUN)
    codes = [(await house.apply())["code"] for _ in range(3)]
    preview = (await bring(house, MERGED, dry_run=True)).json()
    assert preview["to_carry"] == [{"unit": UNIT, "open": 3}]
    assert preview["links"] == {}

    brought = await bring(house, MERGED)
    assert brought.status_code == 202, brought.text
    path = brought.headers["location"]
    assert brought.json()["links"]["progress"] == path
    operator = house.official(roles=["operator"])
    before = (await house.get(path, operator)).json()
    assert (before["moved"], before["total"], before["is_done"]) == (0, 3, False)
    (job,) = house.office.do(lambda records: records.carry_overs.under_way())
    carry_over(
        house.office.database.run_blocking, house.office.rules, job.id, lambda: house.office.at, lambda _, act: act()
    )
    after = (await house.get(path, operator)).json()
    assert (after["moved"], after["total"], after["is_done"]) == (3, 3, True)

    for code in codes:
        assert (await house.get(f"/v1/applications/{code}", house.citizen())).status_code == 200
        old = await house.get(f"/v1/desk/applications/{code}", house.official())
        assert (old.status_code, old.json()["code"]) == (404, "application_not_found")
        assert (await house.get(f"/v1/desk/applications/{code}", house.official(unit=HEIR))).status_code == 200
    assert (await house.get(path, house.official(roles=["head"]))).status_code == 403
    missing = await house.get("/v1/units/imports/00000000-0000-4000-8000-000000000000", operator)
    assert (missing.status_code, missing.json()["code"]) == (404, "carry_over_not_found")


async def test_a_merger_of_tomorrow_waits_for_its_day(house: House) -> None:
    await bring(house, BEGUN)
    await house.apply()
    brought = await bring(house, TOMORROW)
    assert (brought.status_code, brought.json()["counts"]["ended"]) == (200, 1)
    assert (await house.apply())["code"].startswith(UNIT)
    house.office.at = datetime(2024, 6, 3, 17, 0, tzinfo=UTC)
    assert (await house.apply())["code"].startswith(f"{HEIR}-240604-")


async def test_a_retry_gets_the_first_answer(house: House) -> None:
    await bring(house, BEGUN)
    await house.apply()
    first, second = await bring(house, MERGED, key="same"), await bring(house, MERGED, key="same")
    assert first.json() == second.json()
    assert second.headers["location"] == first.headers["location"]
    reused = await bring(house, BEGUN, key="same")
    assert reused.status_code in (409, 422)


async def test_every_problem_is_told_by_its_line_in_the_callers_language(house: House) -> None:
    content = ",".join(COLUMNS) + "\nA,,x,city,,2024-01-01,,,,0\nB,Bê,B,village,,1/7/2025,,,,0\n"
    headers = house.official(roles=["operator"]) | {"Content-Type": "text/csv", "Accept-Language": "vi"}
    refused = await house.post("/v1/units/imports", headers, content=content.encode())
    assert (refused.status_code, refused.json()["code"]) == (422, "broken_units")
    assert [one["place"] for one in refused.json()["problems"]] == ["2, name", "3, kind", "3, valid_from"]
    assert "như 2025-07-01" in refused.json()["problems"][2]["text"]


async def test_a_list_that_would_leave_applications_alone_is_refused(house: House) -> None:
    await bring(house, BEGUN)
    await house.apply()
    refused = await bring(house, BEGUN[1:])
    assert (refused.status_code, refused.json()["code"]) == (409, "units_in_use")
    assert refused.json()["problems"][0]["place"] == f"{UNIT} (2024-01-01)"
    assert len((await house.get("/v1/units")).json()["units"]) == 2


async def test_other_types_and_larger_files_are_not_taken(house: House) -> None:
    other = await bring(house, BEGUN, headers={"Content-Type": "application/json"})
    assert other.status_code == 415
    headers = house.official(roles=["operator"]) | {"Content-Type": "text/csv"}
    large = await house.post("/v1/units/imports", headers, content=b"x" * (MAX_UNITS_BYTES + 1))
    assert large.status_code == 413
    broken = await house.post("/v1/units/imports", headers, content=b"\xff\xfe\x00")
    assert (broken.status_code, broken.json()["code"]) == (422, "broken_units")
