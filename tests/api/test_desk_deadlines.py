"""Follow-ups and apologies over HTTP, and whose they are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pypdfium2
import pytest

from issuance.certificate import CertificateKind
from issuance.deadlines.find import find_all
from issuance.deadlines.rules import DeadlineRules
from tests.api.house import House
from tests.issuance.office import MONDAY

HEAD = {"sub": "lanh-dao", "roles": ["head"], "name": "Lê Hoàng Nam", "personal_id": "001180000055"}
SIGNED = {"reason": "Cơ quan đang chờ kết quả xác minh nơi cư trú trước đây của Bà.", "new_date": "2024-06-25"}


async def late(house: House) -> str:
    code: str = (await house.apply())["code"]
    house.office.at = MONDAY + timedelta(days=15)
    look(house)
    return code


def look(house: House) -> None:
    rules = DeadlineRules(calendar=house.office.rules.calendar)
    find_all(house.office.database.run_blocking, rules, lambda: house.office.at)


async def items(house: House, path: str, headers: dict[str, str], status: int = 200) -> list[Any]:
    answer = await house.get(path, headers)
    assert answer.status_code == status, answer.text
    return answer.json()["items"] if status == 200 else [answer.json()["code"]]


async def test_a_late_application_from_the_follow_up_to_the_letter(house_on_both: House) -> None:
    house = house_on_both
    code = await late(house)
    before = (await house.get(f"/v1/applications/{code}", house.citizen())).json()
    assert before["apology"] == {
        "state": "drafted",
        "missed_at": "2024-06-17T10:00:00+00:00",
        "new_date": None,
        "reason": None,
    }
    assert "apology" not in before["links"]

    (told,) = [one for one in await items(house, "/v1/desk/follow-ups", house.official()) if one["kind"] == "overdue"]
    assert (told["code"], told["level"], told["due_at"]) == (code, "owner", "2024-06-17T10:00:00+00:00")
    seen = await house.post(told["links"]["seen"], house.official())
    assert (seen.status_code, seen.json()) == (200, {"seen": True})
    assert told["id"] not in [one["id"] for one in await items(house, "/v1/desk/follow-ups", house.official())]

    head = house.official(**HEAD)
    (drafted,) = await items(house, "/v1/desk/apologies", head)
    assert (drafted["code"], drafted["proposed_date"]) == (code, "2024-06-25")
    signed = await house.post(drafted["links"]["sign_off"], head, json=SIGNED)
    assert signed.status_code == 200, signed.text
    assert signed.json()["application"]["apology"]["state"] == "signed"
    assert await items(house, "/v1/desk/apologies", head) == []
    early = await house.get(f"/v1/applications/{code}/apology", house.citizen())
    assert (early.status_code, early.json()["code"]) == (409, "document_not_ready")

    house.office.issue(house.stored(code).id, CertificateKind.APOLOGY)
    view = (await house.get(f"/v1/applications/{code}", house.citizen())).json()
    assert view["apology"] == {
        "state": "issued",
        "missed_at": "2024-06-17T10:00:00+00:00",
        "new_date": "2024-06-25",
        "reason": SIGNED["reason"],
    }
    letter = await house.get(view["links"]["apology"], house.citizen())
    assert letter.headers["content-type"] == "application/pdf"
    text = pypdfium2.PdfDocument(letter.content)[0].get_textpage().get_text_range()
    assert "PHIẾU XIN LỖI VÀ HẸN LẠI NGÀY TRẢ KẾT QUẢ" in " ".join(text.split())
    # Downloading it gives nothing back: the result is still to come.
    assert house.stored(code).state.value != "result_returned"


async def test_the_head_is_told_a_working_day_later_and_sees_the_unit_s(house: House) -> None:
    code = await late(house)
    head = house.official(**HEAD)
    found = await items(house, "/v1/desk/follow-ups", head)
    assert {(one["code"], one["level"]) for one in found} == {(code, "owner")}
    house.office.at += timedelta(days=2)
    look(house)
    head = house.official(**HEAD)
    told = {(one["kind"], one["level"]) for one in await items(house, "/v1/desk/follow-ups", head)}
    assert ("overdue", "head") in told
    owners = {one["level"] for one in await items(house, "/v1/desk/follow-ups", house.official())}
    assert owners == {"owner"}


async def test_pages_go_on_where_the_one_before_ended(house: House) -> None:
    for _ in range(3):
        await house.apply()
    await late(house)
    path: str | None = "/v1/desk/apologies?limit=3"
    codes = []
    while path is not None:
        page = (await house.get(path, house.official(**HEAD))).json()
        codes += [one["code"] for one in page["items"]]
        path = page["next"]
    assert len(codes) == len(set(codes)) == 4
    kinds = []
    path = "/v1/desk/follow-ups?limit=3"
    while path is not None:
        page = (await house.get(path, house.official())).json()
        kinds += [one["kind"] for one in page["items"]]
        path = page["next"]
    assert kinds.count("overdue") == 4


async def test_what_is_another_unit_s_is_unknown(house: House) -> None:
    code = await late(house)
    (told, *_) = await items(house, "/v1/desk/follow-ups", house.official())
    stranger = house.official(**{**HEAD, "unit": "000.00.16.H26"})
    assert await items(house, "/v1/desk/follow-ups", stranger) == []
    assert await items(house, "/v1/desk/apologies", stranger) == []
    seen = await house.post(told["links"]["seen"], stranger)
    nothing = await house.post("/v1/desk/follow-ups/00000000-0000-4000-8000-000000000000/seen", stranger)
    assert (seen.status_code, seen.json()["code"]) == (404, "follow_up_not_found")
    assert seen.json() == nothing.json()
    signed = await house.post(f"/v1/desk/applications/{code}/apology", stranger, json=SIGNED)
    assert (signed.status_code, signed.json()["code"]) == (404, "application_not_found")
    citizen = house.citizen(sub="somebody-else")
    letter = await house.get(f"/v1/applications/{code}/apology", citizen)
    assert (letter.status_code, letter.json()["code"]) == (404, "application_not_found")


async def test_apologies_are_for_heads(house: House) -> None:
    code = await late(house)
    caseworker = house.official(roles=["caseworker"])
    assert await items(house, "/v1/desk/apologies", caseworker, 403) == ["role_missing"]
    signed = await house.post(f"/v1/desk/applications/{code}/apology", caseworker, json=SIGNED)
    assert (signed.status_code, signed.json()["code"]) == (403, "role_missing")
    operator = house.official(roles=["operator"])
    assert await items(house, "/v1/desk/follow-ups", operator, 403) == ["role_missing"]


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"new_date": "2024-06-17"}, 422, "new_date_refused"),
        ({"new_date": "2024-02-30"}, 422, "invalid_request"),
        ({"new_date": "25/06/2024"}, 422, "invalid_request"),
        ({"reason": " "}, 422, "invalid_request"),
        ({"reason": "m" * 60}, 422, "not_printable"),
    ],
)
async def test_what_cannot_be_signed_off(house: House, said: dict[str, str], status: int, code: str) -> None:
    application = await late(house)
    signed = await house.post(
        f"/v1/desk/applications/{application}/apology", house.official(**HEAD), json=SIGNED | said
    )
    assert (signed.status_code, signed.json()["code"]) == (status, code)


async def test_nothing_is_owed_in_time_and_nothing_twice(house: House) -> None:
    in_time = (await house.apply())["code"]
    head = house.official(**HEAD)
    signed = await house.post(
        f"/v1/desk/applications/{in_time}/apology", head, json=SIGNED | {"new_date": "2024-06-04"}
    )
    assert (signed.status_code, signed.json()["code"]) == (409, "apology_not_owed")
    code = await late(house)
    head = house.official(**HEAD)
    for status in (200, 409):
        signed = await house.post(f"/v1/desk/applications/{code}/apology", head, json=SIGNED)
        assert signed.status_code == status
    assert signed.json()["code"] == "apology_signed"
