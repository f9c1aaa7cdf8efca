"""The desk: work list, decisions, and who may take them."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from api.officials import Revoked, Suspended
from api.present.standing import REASONS
from issuance.application import ApplicationState
from issuance.certificate import RevocationReason, SuspensionReason
from tests.api.house import House

OTHER_UNIT = {"unit": "000.00.16.H26", "sub": "official-2", "personal_id": "001185000009"}


async def test_work_list_is_the_units_own_earliest_promise_first(house: House) -> None:
    codes = []
    for days in range(3):
        house.office.at += timedelta(days=days)
        codes.append((await house.apply())["code"])

    seen, following = [], "/v1/desk/applications?limit=2"
    while following:
        page = (await house.get(following, house.official())).json()
        seen += [one["code"] for one in page["items"]]
        following = page["next"]
    assert seen == codes
    assert (await house.get("/v1/desk/applications", house.official(**OTHER_UNIT))).json()["items"] == []


async def test_a_case_shows_the_person_the_registers_answer_and_its_history(house: House) -> None:
    code = (await house.apply())["code"]
    path = f"/v1/desk/applications/{code}"
    before = (await house.get(path, house.official())).json()
    house.register_answers(code)
    case = (await house.get(path, house.official())).json()

    assert before["register_answer"] is None
    assert case["register_answer"]["convictions"] == []
    assert case["applicant"]["full_name"] == "Nguyễn Thị Minh Anh"
    assert case["applicant"]["birth_date"] == "1994-03-08"
    assert [entry["action"] for entry in case["history"]] == ["application_submitted", "register_answered"]
    assert case["application"]["links"]["self"] == path


async def test_approval_is_taken_once_and_names_its_owner(house: House) -> None:
    code = (await house.apply())["code"]
    path = f"/v1/desk/applications/{code}/approval"
    early = await house.post(path, house.official())
    assert (early.status_code, early.json()["code"]) == (409, "register_not_consulted")

    house.register_answers(code)
    case = (await house.post(path, house.official())).json()
    assert case["application"]["state"] == "in_progress"
    assert case["application"]["handled_by"]["owner"] == "Phạm Thu Hà"
    assert case["application"]["waiting_for"]["reason"] == "issuing"
    assert "application_approved" in [entry["action"] for entry in case["history"]]

    again = await house.post(path, house.official())
    assert (again.status_code, again.json()["code"]) == (409, "already_decided")
    assert (await house.get("/v1/desk/applications", house.official())).json()["items"] == []


async def test_refusal_gives_the_citizen_its_reason(house: House) -> None:
    code = (await house.apply())["code"]
    house.register_answers(code)
    answer = await house.post(
        f"/v1/desk/applications/{code}/refusal", house.official(), json={"reason": "Thông tin chưa khớp."}
    )
    shown = (await house.get(f"/v1/applications/{code}", house.citizen())).json()

    assert answer.status_code == 200
    assert (shown["state"], shown["decision"]["reason"]) == ("stopped", "Thông tin chưa khớp.")


async def test_referred_fee_is_decided_with_its_basis_then_paid_for(house: House) -> None:
    house.office.at = house.office.at.replace(year=2026)
    code = (await house.apply())["code"]
    path = f"/v1/desk/applications/{code}/fee-decision"
    said = {"due": 170_000, "basis": "Thông tư 16/2025/TT-BTC", "reason": "Nộp trực tuyến"}
    case = (await house.post(path, house.official(), json=said)).json()
    shown = (await house.get(f"/v1/applications/{code}", house.citizen())).json()

    assert case["application"]["state"] == "payment_asked"
    assert shown["amount_due_vnd"] == shown["payment"]["amount_vnd"] == 170_000
    assert shown["fee_decision"]["basis"] == "Thông tư 16/2025/TT-BTC"
    again = await house.post(path, house.official(), json=said)
    assert (again.status_code, again.json()["code"]) == (409, "fee_not_referred")


async def test_fee_that_rules_decide_is_not_decided_by_hand(house: House) -> None:
    code = (await house.apply())["code"]
    said = {"due": 0, "basis": "không có", "reason": "không có"}
    answer = await house.post(f"/v1/desk/applications/{code}/fee-decision", house.official(), json=said)

    assert (answer.status_code, answer.json()["code"]) == (409, "fee_not_referred")


async def test_revocation_shows_at_the_citizens_and_happens_once(house: House) -> None:
    code, certificate = await house.issued()
    path = f"/v1/desk/applications/{code}/revocation"
    answer = await house.post(path, house.official(), json={"reason": "issued_in_error"})
    shown = (await house.get(f"/v1/applications/{code}", house.citizen())).json()

    assert answer.json()["application"]["document"]["number"] == certificate.number
    assert shown["document"]["revoked"]["reason"] == "issued_in_error"
    again = await house.post(path, house.official(), json={"reason": "issued_in_error"})
    assert (again.status_code, again.json()["code"]) == (409, "already_revoked")


async def test_a_suspension_shows_to_everybody_and_can_be_lifted(house: House) -> None:
    code, certificate = await house.issued()
    path, printed = (
        f"/v1/desk/applications/{code}",
        {"number": certificate.number, "check_code": certificate.check_code},
    )

    async def seen() -> tuple[str, str, dict[str, Any]]:
        document = (await house.get(f"/v1/applications/{code}", house.citizen())).json()["document"]
        checked = (await house.post("/v1/verifications/number", json=printed)).json()
        return checked["state"], document["status"], document

    early = await house.post(f"{path}/reinstatement", house.official())
    assert (early.status_code, early.json()["code"]) == (409, "not_suspended")
    suspended = await house.post(f"{path}/suspension", house.official(), json={"reason": "under_review"})
    assert suspended.status_code == 200
    state, status, document = await seen()
    assert (state, status, document["status_name"]) == ("suspended", "suspended", "Suspended")
    assert document["suspended"] == {
        "reason": "under_review",
        "reason_text": "Under review",
        "at": house.office.at.isoformat(),
    }
    again = await house.post(f"{path}/suspension", house.official(), json={"reason": "key_in_doubt"})
    assert (again.status_code, again.json()["code"]) == (409, "already_suspended")

    assert (await house.post(f"{path}/reinstatement", house.official())).status_code == 200
    state, status, document = await seen()
    assert (state, status) == ("valid", "valid")
    assert "suspended" not in document
    history = (await house.get(path, house.official())).json()["history"]
    assert [entry["action"] for entry in history[-2:]] == ["certificate_suspended", "certificate_reinstated"]
    assert history[-1]["details"] == {
        "number": certificate.number,
        "reason": "under_review",
        "suspended_at": house.office.at.isoformat(),
    }


async def test_what_is_revoked_is_neither_suspended_nor_reinstated(house: House) -> None:
    code, _ = await house.issued()
    path = f"/v1/desk/applications/{code}"
    await house.post(f"{path}/suspension", house.official(), json={"reason": "key_in_doubt"})
    revoked = await house.post(f"{path}/revocation", house.official(), json={"reason": "replaced"})
    document = revoked.json()["application"]["document"]

    assert document["revoked"]["reason_text"] == "Replaced by another document"
    assert "suspended" not in document
    for act, body in (("suspension", {"reason": "key_in_doubt"}), ("reinstatement", {})):
        refused = await house.post(f"{path}/{act}", house.official(), json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "already_revoked")


async def test_a_suspension_that_is_asked_for_twice_with_one_key_happens_once(house: House) -> None:
    code, _ = await house.issued()
    path, body = f"/v1/desk/applications/{code}", {"reason": "under_review"}
    official = house.official()
    first = await house.post(f"{path}/suspension", official, key="once", json=body)
    same = await house.post(f"{path}/suspension", official, key="once", json=body)

    assert (first.status_code, same.status_code) == (200, 200)
    assert same.json() == first.json()


async def test_only_what_is_issued_is_suspended(house: House) -> None:
    code = (await house.apply())["code"]
    for act, body in (("suspension", {"reason": "under_review"}), ("reinstatement", {})):
        refused = await house.post(f"/v1/desk/applications/{code}/{act}", house.official(), json=body)
        assert (refused.status_code, refused.json()["code"]) == (404, "certificate_not_found")


@pytest.mark.parametrize(("body", "reasons"), [(Revoked, RevocationReason), (Suspended, SuspensionReason)])
def test_reasons_are_those_of_the_domain_and_have_words(body: type[BaseModel], reasons: type[StrEnum]) -> None:
    assert set(get_args(body.model_fields["reason"].annotation)) == {reason.value for reason in reasons}
    assert set(reasons) <= set(REASONS)


@pytest.mark.parametrize("act", ["approval", "refusal", "fee-decision", "revocation", "suspension", "reinstatement"])
async def test_another_units_application_is_as_unknown_as_none(house: House, act: str) -> None:
    code, _ = await house.issued()
    body = {
        "refusal": {"reason": "x"},
        "fee-decision": {"due": 0, "basis": "x", "reason": "x"},
        "revocation": {"reason": "replaced"},
        "suspension": {"reason": "under_review"},
    }.get(act, {})
    other = house.official(**OTHER_UNIT)
    foreign = await house.post(f"/v1/desk/applications/{code}/{act}", other, json=body)
    unknown = await house.post(f"/v1/desk/applications/000.00.15.H26-240603-9999/{act}", other, json=body)
    seen = await house.get(f"/v1/desk/applications/{code}", other)

    assert [one.status_code for one in (foreign, unknown, seen)] == [404, 404, 404]
    assert foreign.content == unknown.content == seen.content


@pytest.mark.parametrize("act", ["approval", "refusal", "revocation", "suspension", "reinstatement"])
async def test_nobody_settles_an_application_of_his_or_her_own(house: House, act: str) -> None:
    """Another account of the same person does not help: the personal number counts."""
    of_document = act in {"revocation", "suspension", "reinstatement"}
    code, _ = await house.issued() if of_document else ((await house.apply())["code"], None)
    own = house.official(personal_id="001194000001", sub="another-account")
    body = {"reason": {"revocation": "replaced", "suspension": "under_review"}.get(act, "x")}
    answer = await house.post(f"/v1/desk/applications/{code}/{act}", own, json=body)

    assert (answer.status_code, answer.json()["code"]) == (403, "self_dealing")
    assert house.stored(code).state is (ApplicationState.SETTLED if of_document else ApplicationState.RECEIVED)


async def test_a_step_belongs_to_its_role(house: House) -> None:
    code = (await house.apply())["code"]
    answer = await house.post(f"/v1/desk/applications/{code}/approval", house.official(roles=["operator"]))

    assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")
    assert "error=" not in answer.headers["www-authenticate"]


async def test_citizens_and_officials_have_separate_routes(house: House) -> None:
    for path, headers in (("/v1/desk/applications", house.citizen()), ("/v1/applications", house.official())):
        answer = await house.get(path, headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "wrong_kind_of_person")


async def test_only_who_works_on_cases_sees_them_and_never_an_own_one(house: House) -> None:
    code = (await house.apply())["code"]
    house.register_answers(code)
    operator, herself = house.official(roles=["operator"]), house.official(personal_id="001194000001")
    for path in ("/v1/desk/applications", f"/v1/desk/applications/{code}"):
        refused = await house.get(path, operator)
        assert (refused.status_code, refused.json()["code"]) == (403, "role_missing")
        assert "Nguyễn" not in refused.text
        assert (await house.get(path, house.official(roles=["head"]))).status_code == 200
    own = await house.get(f"/v1/desk/applications/{code}", herself)
    assert (own.status_code, own.json()["code"]) == (403, "self_dealing")
