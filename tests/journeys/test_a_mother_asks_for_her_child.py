"""A mother asks for her child's extract over real HTTP, on both databases; whoever is not its guardian gets nothing."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pypdfium2
from rich.console import Console

from condau.demo import client_of, demo_service
from condau.settlement_scene import propose
from condau.story import CASEWORKER, CITIZEN, HEAD, LEVEL_1, SELF_DEALER, STRANGER, Story
from issuance.documents.pdfium import ONE_IN_PDFIUM
from simulators.people import SyntheticChild, load_people

MOTHER, FATHER, NEIGHBOUR, GRANDMOTHER, FATHER_OF_AN_ADULT = (
    CITIZEN,
    STRANGER,
    "dang-gia-han",
    "vu-thi-lan",
    "do-manh-cuong",
)
CHILDREN = {child.full_name: child for child in load_people().children}
KHOI, NGOC, ADULT = CHILDREN["Lê Minh Khôi"], CHILDREN["Hoàng Bảo Ngọc"], CHILDREN["Đỗ Quỳnh Như"]
NOBODY = "001219999999"
KIOSK = "one-stop-kiosk"


def request_for(number: str) -> dict[str, Any]:
    asked = {
        "copies": 1,
        "sex": "male",
        "birth_place": "Phường Ngọc Hà, thành phố Hà Nội",
        "nationality": "Việt Nam",
        "permanent_residence": "Số 12 phố Thợ Nhuộm, phường Cửa Nam, thành phố Hà Nội",
        "business_management_ban_requested": False,
    }
    return {"type": "criminal_record_form_1", "input": asked, "on_behalf_of": {"personal_id": number}}


def test_a_mother_asks_for_her_child(database_url: str, tmp_path: Path) -> None:
    with demo_service(tmp_path, database_url) as demo, client_of(demo) as service:
        story = Story(service=service, outside_url=demo.outside_url, folder=tmp_path, console=Console(quiet=True))
        mother, desk = story.token(MOTHER, KIOSK), story.token(CASEWORKER, "desk")
        offered = story.call("GET", "/v1/services/criminal_record_form_1", mother, expect=200).json()
        assert offered["who_may_ask"] == ["self", "guardian", "procedural_body"]

        code = _she_asks(story, mother)
        _nobody_else_asks(story)
        _the_father_does_not_see_it(story, code)
        _she_does_not_decide(story, code)
        _the_unit_does(story, desk, code)
        _the_document_is_the_child_s(story, mother, code)
        _the_guardian_of_another_child_asks(story)


def _she_asks(story: Story, mother: str) -> str:
    request, key = request_for(KHOI.personal_id), {"Idempotency-Key": "the-same"}
    answer = story.call("POST", "/v1/applications", mother, expect=201, json=request, headers=key).json()
    assert answer["on_behalf_of"] == {"full_name": KHOI.full_name, "relation": "mother", "relation_name": "mother"}
    assert answer["amount_due_vnd"] == 0
    assert "exempt_child" in {rule["rule"] for rule in answer["fee"]["fired"]}

    again = story.call("POST", "/v1/applications", mother, expect=201, json=request, headers=key).json()
    assert again == answer
    for other in (request_for(NOBODY), {name: request[name] for name in ("type", "input")}):
        reused = story.call("POST", "/v1/applications", mother, expect=422, json=other, headers=key).json()
        assert reused["code"] == "idempotency_key_reused"
    code: str = answer["code"]
    return code


def _nobody_else_asks(story: Story) -> None:
    """A child of others and a number that nobody has are told apart by nothing."""
    neighbour = story.token(NEIGHBOUR, KIOSK)
    refusals = [
        story.call("POST", "/v1/applications", neighbour, expect=403, json=request_for(number))
        for number in (KHOI.personal_id, ADULT.personal_id, NOBODY)
    ]
    assert refusals[0].json()["code"] == "not_the_guardian"
    assert len({refusal.content for refusal in refusals}) == 1
    for secret in (KHOI.personal_id, KHOI.full_name):
        assert secret not in refusals[0].text
    assert story.call("GET", "/v1/applications", neighbour, expect=200).json()["items"] == []

    of_age = story.call(
        "POST",
        "/v1/applications",
        story.token(FATHER_OF_AN_ADULT, KIOSK),
        expect=403,
        json=request_for(ADULT.personal_id),
    ).json()
    assert of_age["code"] == "not_a_child"
    low = story.service.post(
        "/v1/applications",
        json=request_for(KHOI.personal_id),
        headers={"Authorization": f"Bearer {story.token(LEVEL_1, KIOSK)}", "Idempotency-Key": "low"},
    )
    assert low.json()["code"] == "level_too_low"


def _the_father_does_not_see_it(story: Story, code: str) -> None:
    father = story.token(FATHER, KIOSK)
    for path in ("", "/document", "/receipt"):
        unknown = story.call("GET", f"/v1/applications/{code}{path}", father, expect=404).json()
        assert unknown["code"] == "application_not_found"


def _she_does_not_decide(story: Story, code: str) -> None:
    own, path = story.token(SELF_DEALER, "desk"), f"/v1/desk/applications/{code}"
    answers = [
        story.call("GET", path, own, expect=403),
        story.call("POST", f"{path}/approval", own, expect=403, json={}),
        story.call("POST", f"{path}/refusal", own, expect=403, json={"reason": "Con tôi"}),
    ]
    assert {answer.json()["code"] for answer in answers} == {"self_dealing"}


def _the_unit_does(story: Story, desk: str, code: str) -> None:
    path = f"/v1/desk/applications/{code}"
    case = story.wait_for(path, desk, lambda response: bool(response.json().get("register_answer"))).json()
    child = case["on_behalf_of"]
    assert {name: child[name] for name in ("personal_id", "full_name", "birth_date", "sex", "relation")} == {
        "personal_id": KHOI.personal_id,
        "full_name": KHOI.full_name,
        "birth_date": KHOI.birth_date,
        "sex": "male",
        "relation": "mother",
    }
    submitted = case["history"][0]["details"]
    assert (submitted["relation"], submitted["evidence"]) == ("mother", child["reference"])
    propose(story, code)
    story.call("POST", f"{path}/approval", story.token(HEAD, "desk"), expect=200, json={})


def _the_document_is_the_child_s(story: Story, mother: str, code: str) -> None:
    papers = {
        name: story.wait_for(f"/v1/applications/{code}/{name}", mother, _is_there).content
        for name in ("document", "receipt")
    }
    texts = {name: _text(pdf) for name, pdf in papers.items()}
    assert KHOI.full_name.upper() in texts["document"].upper()
    assert KHOI.personal_id in texts["document"]
    assert "MINH ANH" not in texts["document"].upper()
    assert "MINH ANH" in texts["receipt"].upper()

    checked = story.call(
        "POST",
        "/v1/verifications/pdf",
        expect=200,
        content=papers["document"],
        headers={"Content-Type": "application/pdf"},
    ).json()
    assert checked["state"] == "valid"
    assert (checked["facts"]["full_name"], checked["facts"]["birth_date"]) == (KHOI.full_name, KHOI.birth_date)


def _the_guardian_of_another_child_asks(story: Story) -> None:
    grandmother = story.token(GRANDMOTHER, KIOSK)
    answer = story.call("POST", "/v1/applications", grandmother, expect=201, json=request_for(NGOC.personal_id)).json()
    assert answer["on_behalf_of"]["relation"] == "guardian"


def _is_there(response: httpx.Response) -> bool:
    return response.status_code == httpx.codes.OK


def _text(pdf: bytes) -> str:
    with ONE_IN_PDFIUM, closing(pypdfium2.PdfDocument(pdf)) as document:
        text: str = document[0].get_textpage().get_text_bounded()
    return text


def test_the_families_fit_their_numbers() -> None:
    """Century, sex and year of birth stand in the number (the fourth digit counts on from 0 for men of the 1900s)."""

    def fits(child: SyntheticChild) -> bool:
        century, sex = (int(child.birth_date[:2]) - 19) * 2, 0 if child.sex == "male" else 1
        return child.personal_id[3:6] == f"{century + sex}{child.birth_date[2:4]}"

    accounts = {citizen.personal_id for citizen in load_people().citizens}
    assert all(fits(child) for child in CHILDREN.values())
    assert all(set(child.guardians) <= accounts for child in CHILDREN.values())
