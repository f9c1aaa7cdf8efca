"""Bodies that conduct proceedings ask through the API; nobody else sees their requests."""

from __future__ import annotations

from typing import Any

import pytest

from issuance.agencies.import_units import install_units
from issuance.registers.consult import keep_register_answer
from issuance.registers.judicial import CompleteRecord
from tests.api.house import House

COURT = {"sub": "judge-1", "unit": "000.00.90.H26", "personal_id": "001070000777"}
PROCURACY = {"sub": "procurator-1", "unit": "000.00.91.H26", "personal_id": "001070000779"}
HEAD = {"sub": "head-1", "roles": ["caseworker", "head"], "personal_id": "001070000111"}
PATH = "/v1/bodies/applications"
REQUEST: dict[str, Any] = {
    "type": "criminal_record_form_2",
    "input": {
        "copies": 1,
        "sex": "male",
        "birth_place": "Phường Cầu Dền, thành phố Hà Nội",
        "nationality": "Việt Nam",
        "permanent_residence": "Số 5 ngõ 40 phố Tạ Quang Bửu, thành phố Hà Nội",
    },
    "subject": {
        "personal_id": "001091000003",
        "full_name": "Lê Hoàng Dũng",
        "birth_date": "1991-07-27",
        "sex": "male",
    },
    "case_number": "15/2024/TLST-HS",
    "basis": "Luật Lý lịch tư pháp 28/2009/QH12, Điều 7",
}


@pytest.fixture
def house(house: House) -> House:
    house.office.do(lambda records: install_units(records, house.office.at))
    return house


async def test_a_court_asks_reads_and_downloads(house: House) -> None:
    court, desk = house.official(**COURT), house.official()
    asked = await house.post(PATH, court, json=REQUEST, key="once")
    assert asked.status_code == 201, asked.text
    again = await house.post(PATH, court, json=REQUEST, key="once")
    assert (again.status_code, again.json()) == (201, asked.json())
    code = asked.json()["code"]
    assert asked.headers["Location"] == f"{PATH}/{code}"
    assert asked.json()["subject"] == REQUEST["subject"]
    assert (await house.get(f"{PATH}/{code}/document", court)).json()["code"] == "document_not_ready"

    application = house.stored(code)
    record = CompleteRecord(reference="TTLLTP-9", answered_at=house.office.at, convictions=(), business_bans=())
    house.office.do(lambda r: keep_register_answer(r, application.id, record, house.office.at))
    case = (await house.get(f"/v1/desk/applications/{code}", desk)).json()
    assert case["requested_by"]["subject"] == REQUEST["subject"]
    assert case["applicant"]["birth_date"] is None
    assert [one["is_awaited"] for one in case["registers"]] == [False]
    proposed = await house.post(f"/v1/desk/applications/{code}/outcomes", desk, json={"outcome": "propose"})
    assert proposed.status_code == 200, proposed.text
    approved = await house.post(f"/v1/desk/applications/{code}/approval", house.official(**HEAD))
    assert approved.status_code == 200, approved.text
    certificate = house.office.issue(application.id)

    document = await house.get(f"{PATH}/{code}/document", court)
    assert (document.status_code, document.content) == (200, house.pdf(certificate))
    assert house.office.audit(application.id)[-1] == "document_given_to_body"
    shown = (await house.get(f"{PATH}/{code}", court)).json()
    assert (shown["state"], shown["document"]["number"]) == ("result_returned", certificate.number)
    page = (await house.get(PATH, court)).json()
    assert [line["code"] for line in page["items"]] == [code]
    assert REQUEST["subject"]["full_name"] not in str(page)


async def test_nobody_else_sees_it(house: House) -> None:
    code = (await house.post(PATH, house.official(**COURT), json=REQUEST)).json()["code"]
    person = house.citizen(personal_id=REQUEST["subject"]["personal_id"])
    assert (await house.get("/v1/applications", person)).json()["items"] == []
    for path in (f"{PATH}/{code}", f"{PATH}/{code}/document"):
        foreign = await house.get(path, house.official(**PROCURACY))
        unknown = await house.get(path.replace(code, "000.00.15.H26-240603-9999"), house.official(**PROCURACY))
        assert (foreign.status_code, foreign.json()) == (unknown.status_code, unknown.json())
        assert foreign.status_code == 404
        refused = await house.get(path, house.official())
        assert (refused.status_code, refused.json()["code"]) == (403, "not_a_procedural_body")
    assert (await house.get(f"/v1/applications/{code}", person)).status_code == 404
    himself = await house.get(f"/v1/desk/applications/{code}", house.official(sub="x", personal_id="001091000003"))
    assert (himself.status_code, himself.json()["code"]) == (403, "self_dealing")


async def test_any_official_of_the_body_takes_its_request_back(house: House) -> None:
    court, colleague = (
        house.official(**COURT),
        house.official(**COURT | {"sub": "judge-2", "personal_id": "001070000778"}),
    )
    asked = (await house.post(PATH, court, json=REQUEST)).json()
    path = asked["links"]["withdrawal"]
    foreign = await house.post(path, house.official(**PROCURACY))
    assert (foreign.status_code, foreign.json()["code"]) == (404, "application_not_found")
    for stranger in (house.official(), house.official(**COURT | {"roles": ["operator"]})):
        assert (await house.post(path, stranger)).status_code == 403
    himself = await house.post(path, house.official(**COURT | {"personal_id": REQUEST["subject"]["personal_id"]}))
    assert (himself.status_code, himself.json()["code"]) == (403, "self_dealing")

    withdrawn = await house.post(path, colleague, key="once")
    assert (withdrawn.status_code, withdrawn.json()["state"]) == (200, "withdrawn")
    assert "withdrawal" not in withdrawn.json()["links"]
    assert (await house.post(path, colleague, key="once")).json() == withdrawn.json()
    again = await house.post(path, court)
    assert (again.status_code, again.json()["code"]) == (409, "illegal_move")
    assert house.office.audit(house.stored(asked["code"]).id).count("application_withdrawn") == 1


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"type": "residence_confirmation", "input": {"copies": 1}}, 403, "body_not_accepted"),
        ({"type": "unknown"}, 404, "unknown_document_type"),
        ({"input": {"copies": 1}}, 422, "invalid_input"),
        ({"case_number": " "}, 422, "invalid_request"),
        ({"subject": REQUEST["subject"] | {"birth_date": "1991-02-30"}}, 422, "invalid_request"),
        ({"subject": REQUEST["subject"] | {"personal_id": "1"}}, 422, "invalid_request"),
        ({"subject": REQUEST["subject"] | {"personal_id": COURT["personal_id"]}}, 403, "self_dealing"),
    ],
)
async def test_what_is_refused(house: House, change: dict[str, Any], status: int, code: str) -> None:
    answer = await house.post(PATH, house.official(**COURT), json=REQUEST | change)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert (await house.get(PATH, house.official(**COURT))).json()["items"] == []


async def test_a_police_officer_asks_for_nothing(house: House) -> None:
    answer = await house.post(PATH, house.official(), json=REQUEST)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_a_procedural_body")
