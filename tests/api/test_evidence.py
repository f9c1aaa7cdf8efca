"""Papers that lower a fee, and applications that are taken back, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from issuance.bring_evidence import MAX_PAPERS
from issuance.open_paper import MAX_EVIDENCE_BYTES
from tests.api.house import UNPAID, House
from tests.api.papers import a_pdf, a_picture
from tests.api.test_bad_input import CANARY, check_problem

PNG, PDF = a_picture(), a_pdf()


def at_the_desk(house: House, **claims: Any) -> dict[str, str]:
    """A citizen who has to pay."""
    return house.citizen(client_id=UNPAID, **claims)


async def bring(
    house: House,
    code: str,
    headers: dict[str, str] | None = None,
    *,
    data: bytes = PNG,
    category: str = "student",
    kind: str = "student_card",
    name: str = "card.png",
    key: str | None = None,
) -> httpx.Response:
    return await house.post(
        f"/v1/applications/{code}/evidence",
        headers or at_the_desk(house),
        files={"file": (name, data)},
        data={"category": category, "kind": kind},
        key=key,
    )


async def brought(house: House, **paper: Any) -> tuple[str, dict[str, Any]]:
    """The code of an application that waits for 205,000 VND, and its first paper as the desk sees it."""
    code = (await house.apply(at_the_desk(house)))["code"]
    answer = await bring(house, code, **paper)
    assert answer.status_code == 201, answer.text
    case = (await house.get(f"/v1/desk/applications/{code}", house.official())).json()
    return code, case["application"]["evidence"][0]


async def pay(house: House, code: str) -> httpx.Response:
    order = (await house.get(f"/v1/applications/{code}", at_the_desk(house))).json()["payment"]
    house.money.received[order["memo"]] = order["amount_vnd"]
    return await house.post(f"/v1/applications/{code}/payment-confirmations", at_the_desk(house))


async def test_an_accepted_paper_lowers_what_has_to_be_paid(house_on_both: House) -> None:
    house = house_on_both
    code, paper = await brought(house)
    mine = (await house.get(f"/v1/applications/{code}", at_the_desk(house))).json()
    assert (mine["evidence"][0]["state"], mine["evidence"][0]["links"]) == ("submitted", {})
    assert mine["evidence"][0]["kind_name"] == "pupil's or student's card"

    accepted = await house.post(paper["links"]["accept"], house.official())
    assert accepted.status_code == 200, accepted.text
    view = (await house.get(f"/v1/applications/{code}", at_the_desk(house))).json()
    assert (view["amount_due_vnd"], view["payment"]["amount_vnd"], view["payment"]["state"]) == (
        105_000,
        105_000,
        "open",
    )
    assert "105,000 VND" in view["payment"]["instructions"]
    assert [(one["cause"], one["totals"]["due_vnd"]) for one in view["fee_history"]] == [
        ("submitted", 205_000),
        ("evidence_accepted", 105_000),
    ]
    assert accepted.json()["application"]["fee_history"] == view["fee_history"]
    assert (view["evidence"][0]["state"], view["evidence"][0]["decided_by"]) == ("accepted", "Phạm Thu Hà")


async def test_a_paper_that_leaves_nothing_due_cancels_the_order(house: House) -> None:
    code, paper = await brought(house, category="poor_household", kind="poor_household_certificate")
    exempt = (await house.post(paper["links"]["accept"], house.official())).json()["application"]
    assert exempt["amount_due_vnd"] == 5_000  # the copy is not exempt

    one = (await house.apply(at_the_desk(house, sub="s2", personal_id="001194000002"), copies=1))["code"]
    headers = at_the_desk(house, sub="s2", personal_id="001194000002")
    await bring(house, one, headers, category="poor_household", kind="poor_household_certificate")
    case = (await house.get(f"/v1/desk/applications/{one}", house.official())).json()
    done = await house.post(case["application"]["evidence"][0]["links"]["accept"], house.official())
    view = done.json()["application"]
    assert (view["state"], view["amount_due_vnd"], view["payment"]["state"]) == ("received", 0, "cancelled")
    assert view["payment"]["instructions"] is None
    assert code != one


async def test_what_was_paid_too_much_is_ordered_back_and_both_see_it(house_on_both: House) -> None:
    house = house_on_both
    code, paper = await brought(house)
    assert (await pay(house, code)).status_code == 200
    at_desk = (await house.post(paper["links"]["accept"], house.official())).json()["application"]
    mine = (await house.get(f"/v1/applications/{code}", at_the_desk(house))).json()

    assert mine["refunds"] == at_desk["refunds"]
    assert [(one["amount_vnd"], one["cause"]) for one in mine["refunds"]] == [(100_000, "evidence_accepted")]
    assert mine["payment"]["state"] == "paid"
    vietnamese = (await house.get(f"/v1/applications/{code}?lang=vi", at_the_desk(house))).json()
    assert vietnamese["refunds"][0]["cause_name"] == "Giấy tờ chứng minh được chấp nhận sau khi đã nộp tiền"


async def test_a_rejection_has_a_reason_that_the_citizen_reads(house: House) -> None:
    code, paper = await brought(house)
    for reason in ("", " ", None, 7):
        answer = await house.post(paper["links"]["reject"], house.official(), json={"reason": reason})
        check_problem(answer, 422, "invalid_request")
    await house.post(paper["links"]["reject"], house.official(), json={"reason": "Thẻ đã hết hạn."})
    view = (await house.get(f"/v1/applications/{code}", at_the_desk(house))).json()

    assert (view["evidence"][0]["state"], view["evidence"][0]["reason"]) == ("rejected", "Thẻ đã hết hạn.")
    assert (view["amount_due_vnd"], len(view["fee_history"])) == (205_000, 1)
    check_problem(await house.post(paper["links"]["accept"], house.official()), 409, "evidence_decided")
    case = (await house.get(f"/v1/desk/applications/{code}", house.official())).json()
    assert case["application"]["evidence"][0]["links"].keys() == {"file"}


async def test_a_strangers_file_is_handed_out_to_be_saved_and_not_shown(house: House) -> None:
    page = PDF + b"<script>alert(1)</script>"
    _, paper = await brought(house, data=page, name="x\r\nSet-Cookie: a=b.html")
    file = await house.get(paper["links"]["file"], house.official())

    assert file.content == page
    assert file.headers["content-type"] == "application/pdf"
    assert file.headers["content-disposition"] == f'attachment; filename="student_card-{paper["id"]}.pdf"'
    assert file.headers["x-content-type-options"] == "nosniff"
    assert file.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert file.headers["cache-control"] == "private, no-store"


async def test_papers_are_the_units_and_never_ones_own(house: House) -> None:
    code, paper = await brought(house)
    decisions = [(paper["links"]["accept"], None), (paper["links"]["reject"], {"reason": "x"})]
    for claims, status, problem in (
        ({"unit": "000.00.99.H26"}, 404, "application_not_found"),
        ({"roles": ["operator"]}, 403, "role_missing"),
        ({"roles": ["fee_author"]}, 403, "role_missing"),
        ({"personal_id": "001194000001"}, 403, "self_dealing"),
    ):
        official = house.official(**claims)
        check_problem(await house.get(paper["links"]["file"], official), status, problem)
        for path, body in decisions:
            check_problem(await house.post(path, official, json=body), status, problem)
    elsewhere = f"/v1/desk/applications/{code}/evidence/{uuid4()}"
    check_problem(await house.get(f"{elsewhere}/file", house.official()), 404, "evidence_not_found")
    other = (await house.apply(at_the_desk(house)))["code"]
    foreign = paper["links"]["accept"].replace(code, other)
    check_problem(await house.post(foreign, house.official()), 404, "evidence_not_found")


async def test_another_citizens_application_is_as_unknown_as_none(house_on_both: House) -> None:
    house = house_on_both
    code, _ = await brought(house)
    stranger = at_the_desk(house, sub="stranger", personal_id="001194000009")
    stored = len([*house.office.files_folder.rglob("*")])

    for unknown in (code, "000.00.15.H26-240603-9999"):
        check_problem(await bring(house, unknown, stranger, data=PDF), 404, "application_not_found")
        withdrawal = f"/v1/applications/{unknown}/withdrawal"
        check_problem(await house.post(withdrawal, stranger), 404, "application_not_found")
    low = at_the_desk(house, acr="level-1")
    check_problem(await bring(house, code, low, data=PDF), 401, "level_too_low")
    check_problem(await house.post(f"/v1/applications/{code}/withdrawal", low), 401, "level_too_low")
    # Nothing of theirs was kept.
    assert len([*house.office.files_folder.rglob("*")]) == stored


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 422, "evidence_refused"),
        (b"GIF89a", 422, "evidence_refused"),
        (b"<svg onload=alert(1)>", 422, "evidence_refused"),
        (b"PK\x03\x04", 422, "evidence_refused"),
        (CANARY.encode(), 422, "evidence_refused"),
        (PNG + bytes(MAX_EVIDENCE_BYTES), 422, "evidence_refused"),
        (PNG + bytes(2 * MAX_EVIDENCE_BYTES), 413, "body_too_large"),
    ],
)
async def test_files_that_are_no_papers(house: House, data: bytes, status: int, code: str) -> None:
    application = await house.apply(at_the_desk(house))
    check_problem(await bring(house, application["code"], data=data, name="card.png"), status, code)
    again = (await house.get(f"/v1/applications/{application['code']}", at_the_desk(house))).json()
    assert again["evidence"] == []


async def test_forms_that_say_too_little(house: House) -> None:
    code = (await house.apply(at_the_desk(house)))["code"]
    path, person = f"/v1/applications/{code}/evidence", at_the_desk(house)
    for form, places in (
        ({"category": "student", "kind": "student_card"}, {("/file", "missing")}),
        ({"kind": "student_card"}, {("/file", "missing"), ("/category", "missing")}),
        ({"category": CANARY, "kind": CANARY}, {("/category", "not_allowed"), ("/kind", "not_allowed")}),
    ):
        files = {"file": ("a.png", PNG)} if ("/file", "missing") not in places else {"other": ("a.png", PNG)}
        problem = check_problem(await house.post(path, person, files=files, data=form), 422, "invalid_request")
        assert {(one["pointer"], one["rule"]) for one in problem["problems"]} == places
    check_problem(await house.post(path, person, json={}), 415, "unsupported_media_type")
    two = [("file", ("a.png", PNG)), ("file", ("b.png", PNG))]
    check_problem(await house.post(path, person, files=two), 400, "malformed_request")
    broken = person | {"Content-Type": "multipart/form-data; boundary=b"}
    check_problem(await house.post(path, broken, content=b"--c\r\n"), 400, "malformed_request")


async def test_a_retry_brings_one_paper(house_on_both: House) -> None:
    house = house_on_both
    code = (await house.apply(at_the_desk(house)))["code"]
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + PNG + b"\r\n"
        b'--b\r\nContent-Disposition: form-data; name="category"\r\n\r\nstudent\r\n'
        b'--b\r\nContent-Disposition: form-data; name="kind"\r\n\r\nstudent_card\r\n--b--\r\n'
    )
    headers = at_the_desk(house) | {"Content-Type": "multipart/form-data; boundary=b"}
    path = f"/v1/applications/{code}/evidence"
    first, again = [await house.post(path, headers, content=body, key="one") for _ in range(2)]

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len(first.json()["evidence"]) == 1


async def test_an_application_takes_only_so_many_papers(house: House) -> None:
    code = (await house.apply(at_the_desk(house)))["code"]
    for number in range(MAX_PAPERS):
        assert (await bring(house, code, data=a_picture(number + 1))).status_code == 201
    stored = len([*house.office.papers_folder.rglob("*")])

    refused = check_problem(await bring(house, code, data=a_picture(99)), 422, "evidence_refused")
    assert refused["reason"] == "too_many_papers"
    assert len([*house.office.papers_folder.rglob("*")]) == stored


async def test_who_withdraws_is_asked_for_nothing_and_gets_his_money_back(house_on_both: House) -> None:
    house = house_on_both
    open_one = (await house.apply(at_the_desk(house)))["code"]
    paid = (await house.apply(at_the_desk(house)))["code"]
    await pay(house, paid)

    views = {}
    for code in (open_one, paid):
        links = (await house.get(f"/v1/applications/{code}", at_the_desk(house))).json()["links"]
        answer = await house.post(links["withdrawal"], at_the_desk(house))
        assert answer.status_code == 200, answer.text
        views[code] = answer.json()
        assert (views[code]["state_number"], views[code]["amount_due_vnd"]) == (7, 0)
        assert {"withdrawal", "evidence"} & views[code]["links"].keys() == set()
    assert (views[open_one]["payment"]["state"], views[open_one]["refunds"]) == ("cancelled", [])
    assert [(one["amount_vnd"], one["cause"]) for one in views[paid]["refunds"]] == [(205_000, "withdrawn")]

    again = await house.post(f"/v1/applications/{paid}/withdrawal", at_the_desk(house))
    check_problem(again, 409, "illegal_move")
    check_problem(await bring(house, paid), 409, "already_closed")


async def test_a_kept_answer_needs_the_level_that_the_request_needed(house: House) -> None:
    code = (await house.apply(at_the_desk(house)))["code"]
    path = f"/v1/applications/{code}/withdrawal"
    assert (await house.post(path, at_the_desk(house), key="kept")).status_code == 200

    check_problem(await house.post(path, at_the_desk(house, acr="level-1"), key="kept"), 401, "level_too_low")
    assert (await house.post(path, at_the_desk(house), key="kept")).json()["state"] == "withdrawn"


async def test_what_is_decided_is_not_withdrawn(house: House) -> None:
    code, _ = await house.issued()

    check_problem(await house.post(f"/v1/applications/{code}/withdrawal", house.citizen()), 409, "illegal_move")
    assert "withdrawal" not in (await house.get(f"/v1/applications/{code}", house.citizen())).json()["links"]


async def test_late_money_for_a_cancelled_order_is_kept_on_record(house: House) -> None:
    application = await house.apply(at_the_desk(house))
    await house.post(f"/v1/applications/{application['code']}/withdrawal", at_the_desk(house))
    house.money.received[application["payment"]["memo"]] = application["payment"]["amount_vnd"]
    late = await house.post(application["payment"]["confirm"], at_the_desk(house))
    case = (await house.get(f"/v1/desk/applications/{application['code']}", house.official())).json()

    check_problem(late, 409, "payment_mismatch")
    assert "payment_unmatched" in [entry["action"] for entry in case["history"]]


async def test_a_paper_sent_again_under_its_key_is_the_same_request(house: House) -> None:
    """Though the boundary between the parts of its form is another one each time."""
    code = (await house.apply(at_the_desk(house)))["code"]
    first, again = [await bring(house, code, key="k") for _ in range(2)]
    other = await bring(house, code, data=a_picture(1), key="k")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
