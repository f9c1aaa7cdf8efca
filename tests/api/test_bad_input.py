"""Bad input gets a 4xx problem document: a stable type, a title in the caller's language; no echo, nothing written."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.problems import MEDIA_TYPE
from tests.api.house import PUBLIC_URL, House
from tests.issuance.office import INPUT, TYPE

CANARY = "CANARY-Nguyễn-7431"


def check_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    body: dict[str, Any] = answer.json()
    assert body["code"] == code
    assert body["type"] == f"{PUBLIC_URL}/problems/{code.replace('_', '-')}"
    assert body["status"] == status
    assert body["title"]
    assert CANARY not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    return body


async def check_nothing_written(house: House) -> None:
    assert (await house.get("/v1/applications", house.citizen())).json()["items"] == []


@pytest.mark.parametrize(
    ("body", "status", "code", "places"),
    [
        ({"type": CANARY, "input": INPUT}, 404, "unknown_document_type", None),
        ({"type": TYPE, "input": INPUT | {"copies": 0}}, 422, "invalid_input", [("/input/copies", "too_small")]),
        ({"type": TYPE, "input": INPUT | {"copies": 10_000}}, 422, "invalid_input", [("/input/copies", "too_big")]),
        ({"type": TYPE, "input": INPUT | {"copies": CANARY}}, 422, "invalid_input", [("/input/copies", "wrong_type")]),
        ({"type": TYPE, "input": {"copies": 1}}, 422, "invalid_input", [("/input/sex", "missing")]),
        ({"type": TYPE, "input": INPUT | {CANARY: 1}}, 422, "invalid_input", [("/input", "unknown_field")]),
        ({"type": TYPE}, 422, "invalid_request", [("/input", "missing")]),
        ({"input": INPUT}, 422, "invalid_request", [("/type", "missing")]),
        ({"type": 7, "input": INPUT}, 422, "invalid_request", [("/type", "wrong_type")]),
        ({"type": TYPE, "input": CANARY}, 422, "invalid_request", [("/input", "wrong_type")]),
        ({"type": TYPE, "input": INPUT, CANARY: 1}, 422, "invalid_request", [("", "unknown_field")]),
    ],
)
async def test_application_with_wrong_fields(
    house: House, body: dict[str, Any], status: int, code: str, places: list[tuple[str, str]] | None
) -> None:
    answer = await house.post("/v1/applications", house.citizen(), json=body)
    problem = check_problem(answer, status, code)

    if places is not None:
        found = {(one["pointer"], one["rule"]) for one in problem["problems"]}
        assert found >= set(places)
        assert len(places) > 1 or len(found) == 1 or "missing" in {rule for _, rule in found}
    await check_nothing_written(house)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b'{"type": "' + CANARY.encode(),
        b'{"type": "a", "type": "b"}',
        b'{"type": NaN}',
        b"[]",
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"type": "\\ud800"}',
    ],
)
async def test_broken_json(house: House, raw: bytes) -> None:
    headers = house.citizen() | {"Content-Type": "application/json"}
    check_problem(await house.post("/v1/applications", headers, content=raw), 400, "malformed_json")
    await check_nothing_written(house)


TEXTS_OF_THE_FORM = (
    "other_names",
    "birth_place",
    "nationality",
    "permanent_residence",
    "temporary_residence",
    "purpose",
)
MARK = "@@"
REFUSED_TEXTS = [
    *(
        ("/v1/applications", {"type": TYPE, "input": INPUT | {name: MARK}})
        for name in (*TEXTS_OF_THE_FORM, "sex", MARK)
    ),
    ("/v1/applications", {"type": MARK, "input": INPUT}),
    ("/v1/desk/applications/x/refusal", {"reason": MARK}),
    ("/v1/desk/applications/x/fee-decision", {"due": 1, "basis": MARK, "reason": "x"}),
    ("/v1/desk/applications/x/fee-decision", {"due": 1, "basis": "x", "reason": MARK}),
    ("/v1/desk/applications/x/revocation", {"reason": MARK}),
    ("/v1/desk/applications/x/evidence/4e1e75a3-ecff-4461-a9b6-d3f6f1fcb0cb/rejection", {"reason": MARK}),
    ("/v1/fee-policies/x/versions/1/withdrawal", {"reason": MARK}),
    ("/v1/fee-policies/drafts/4e1e75a3-ecff-4461-a9b6-d3f6f1fcb0cb/withdrawal", {"reason": MARK}),
    ("/v1/fee-policies/drafts/4e1e75a3-ecff-4461-a9b6-d3f6f1fcb0cb/rehearsal", {"population": {MARK: MARK}}),
    ("/v1/verifications/qr", {"text": MARK}),
    ("/v1/verifications/number", {"number": MARK, "check_code": "7K3M9QW2XD"}),
    ("/v1/verifications/number", {"number": "424787470252", "check_code": MARK}),
]
"""Every text that anybody can send."""


@pytest.mark.parametrize("escape", ["\\ud800", "\\uDFFF", "\\udc00\\ud800", "\\u0000"])
async def test_texts_that_no_database_can_hold(house_on_both: House, escape: str) -> None:
    house = house_on_both
    for path, body in REFUSED_TEXTS:
        person = house.official() if "/desk/" in path or "/fee-policies/" in path else house.citizen()
        person = person | {"If-Match": '"0"'}
        raw = json.dumps(body).replace(MARK, f"a{escape}b").encode()
        answer = await house.post(path, person | {"Content-Type": "application/json"}, content=raw)
        check_problem(answer, 400, "malformed_json")
    await check_nothing_written(house)


async def test_a_backslash_before_u0000_is_text(house: House) -> None:
    created = await house.apply(birth_place=r"Hà Nội \u0000")

    assert created["input"]["birth_place"] == r"Hà Nội \u0000"


@pytest.mark.parametrize("key", ["\ud800".encode("utf-8", "surrogatepass"), b"a\0b", b"\xff", "khóa".encode()])
async def test_keys_that_no_database_can_hold(house_on_both: House, key: bytes) -> None:
    headers = [(name.encode(), value.encode()) for name, value in house_on_both.citizen().items()]
    answer = await house_on_both.client.post(
        "/v1/applications", headers=[*headers, (b"Idempotency-Key", key)], json={"type": TYPE, "input": INPUT}
    )
    check_problem(answer, 400, "idempotency_key_invalid")


@pytest.mark.parametrize("sent", ["%00", "a%00b", "%ed%a0%80", "%ff"])
async def test_addresses_and_forms_that_no_database_can_hold(house_on_both: House, sent: str) -> None:
    house = house_on_both
    asked = [
        await house.get(f"/v1/applications/{sent}", house.citizen()),
        await house.get(f"/v1/applications/{sent}/document", house.citizen()),
        await house.get(f"/v1/desk/applications/{sent}", house.official()),
        await house.post(f"/v1/desk/applications/{sent}/approval", house.official()),
        await house.get(f"/v1/services/{sent}", house.citizen()),
        await house.get(f"/v1/fees/quote?type={sent}&copies=1", house.citizen()),
        await house.get(f"/v1/fee-policies/{sent}", house.official()),
        await house.get(f"/v1/fee-policies/compare?before={sent}&after={sent}", house.official()),
        await house.get(f"/v1/fees/quote?type=criminal_record_form_1&copies=1&channel={sent}"),
        await house.post(f"/v1/applications/{sent}/withdrawal", house.citizen()),
        await house.get(f"/v1/applications?cursor={sent}", house.citizen()),
        await house.get(f"/problems/{sent}"),
    ]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    typed = await house.client.post("/v", content=f"number={sent}&check_code=7K3M9QW2XD", headers=form)

    assert [one.status_code for one in asked if one.status_code not in (404, 422)] == []
    assert typed.status_code in (200, 400)
    assert 'data-state="valid"' not in typed.text


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_wrong_content_type(house: House, content_type: str) -> None:
    headers = house.citizen() | {"Content-Type": content_type}
    raw = json.dumps({"type": TYPE, "input": INPUT}).encode()
    check_problem(await house.post("/v1/applications", headers, content=raw), 415, "unsupported_media_type")
    await check_nothing_written(house)


async def test_level_too_low_says_how_to_get_level_2(house: House) -> None:
    answer = await house.post("/v1/applications", house.citizen(acr="level-1"), json={"type": TYPE, "input": INPUT})
    problem = check_problem(answer, 401, "level_too_low")

    assert (problem["level_required"], problem["level_actual"]) == (2, 1)
    assert "police" in problem["detail"]
    assert answer.headers["www-authenticate"].startswith("Bearer ")
    await check_nothing_written(house)


async def test_titles_speak_the_callers_language(house: House) -> None:
    english = await house.get("/v1/services/none", house.citizen())
    vietnamese = await house.get("/v1/services/none", house.citizen() | {"Accept-Language": "fr, vi;q=0.8"})

    assert english.json()["title"] == "No such document type"
    assert vietnamese.json()["title"] == "Không có loại giấy tờ này"
    assert vietnamese.headers["content-language"] == "vi"
    assert english.json()["type"] == vietnamese.json()["type"]


async def test_expired_token(house: House) -> None:
    old = house.citizen()
    house.office.at += timedelta(hours=2)
    answer = await house.post("/v1/applications", old, json={"type": TYPE, "input": INPUT})

    check_problem(answer, 401, "token_expired")
    assert 'Bearer realm="condau", error="invalid_token"' in answer.headers["www-authenticate"]
    await check_nothing_written(house)


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("Bearer " + CANARY.encode("ascii", "ignore").decode(), "malformed_token"),
        ("Bearer a.b.c", "malformed_token"),
        ("Bearer " + "a" * 9_000, "malformed_token"),
        ("Basic dXNlcjpwYXNz", "access_token_missing"),
        ("Bearer", "access_token_missing"),
        ("", "access_token_missing"),
    ],
)
async def test_wrong_tokens(house: House, authorization: str, code: str) -> None:
    answer = await house.get("/v1/applications", {"Authorization": authorization})
    check_problem(answer, 401, code)
    assert ('error="invalid_token"' in answer.headers["www-authenticate"]) == (code != "access_token_missing")


async def test_two_authorization_headers_are_one_too_many(house: House) -> None:
    good = house.citizen()["Authorization"]
    answer = await house.client.get(
        "/v1/applications", headers=[("Authorization", good), ("Authorization", good), ("Accept-Language", "en")]
    )
    check_problem(answer, 400, "authorization_ambiguous")
    assert 'error="invalid_request"' in answer.headers["www-authenticate"]


async def test_a_token_in_the_address_is_not_looked_at(house: House) -> None:
    token = house.citizen()["Authorization"].removeprefix("Bearer ")
    check_problem(await house.get(f"/v1/applications?access_token={token}"), 401, "access_token_missing")


async def test_token_of_a_stranger_to_us(house: House) -> None:
    check_problem(
        await house.get("/v1/applications", house.citizen(iss="https://evil.example")), 401, "untrusted_issuer"
    )


async def test_provider_that_does_not_answer_is_no_refusal(house: House) -> None:
    house.office.citizens.available = False
    answer = await house.get("/v1/applications", house.citizen())
    check_problem(answer, 503, "provider_unavailable")
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("copies=0", {("/query/copies", "too_small")}),
        ("copies=10000", {("/query/copies", "too_big")}),
        (f"copies={CANARY}", {("/query/copies", "wrong_type")}),
        ("", {("/query/copies", "missing")}),
        (f"copies=1&on={CANARY}", {("/query/on", "wrong_type")}),
        ("copies=1&on=2024-02-30", {("/query/on", "wrong_type")}),
    ],
)
async def test_quote_with_wrong_parameters(house: House, query: str, places: set[tuple[str, str]]) -> None:
    answer = await house.get(f"/v1/fees/quote?type={TYPE}&{query}", house.citizen())
    problem = check_problem(answer, 422, "invalid_request")
    assert {(one["pointer"], one["rule"]) for one in problem["problems"]} == places


async def test_quote_before_the_citizen_was_born(house: House) -> None:
    answer = await house.get(f"/v1/fees/quote?type={TYPE}&copies=1&on=1990-01-01", house.citizen())
    check_problem(answer, 422, "fee_facts_refused")


@pytest.mark.parametrize("cursor", ["x", "!!!", "e30", "WyIyMDI0Il0", "%00"])
async def test_invented_cursors(house: House, cursor: str) -> None:
    check_problem(await house.get(f"/v1/applications?cursor={cursor}", house.citizen()), 422, "invalid_cursor")
    check_problem(await house.get(f"/v1/desk/applications?cursor={cursor}", house.official()), 422, "invalid_cursor")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x"])
async def test_page_sizes_are_bounded(house: House, limit: str) -> None:
    check_problem(await house.get(f"/v1/applications?limit={limit}", house.citizen()), 422, "invalid_request")


async def test_unknown_address_and_wrong_method(house: House) -> None:
    check_problem(await house.get(f"/v1/{CANARY}"), 404, "not_found")
    answer = await house.client.delete("/v1/applications")
    check_problem(answer, 405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) <= {"GET", "POST"}
    check_problem(await house.get("/static/../app.py"), 404, "not_found")
    check_problem(await house.get("/static/%2e%2e/pages.py"), 404, "not_found")


@pytest.mark.parametrize("reason", ["", " ", "x" * 1_001, 7, None])
async def test_refusal_needs_a_reason(house: House, reason: object) -> None:
    code = (await house.apply())["code"]
    answer = await house.post(f"/v1/desk/applications/{code}/refusal", house.official(), json={"reason": reason})
    check_problem(answer, 422, "invalid_request")


@pytest.mark.parametrize("due", [-1, 1_000_000_001, 1.5, "1", True])
async def test_fee_decision_needs_an_amount_in_whole_dong(house: House, due: object) -> None:
    answer = await house.post(
        "/v1/desk/applications/x/fee-decision", house.official(), json={"due": due, "basis": "x", "reason": "x"}
    )
    check_problem(answer, 422, "invalid_request")


async def test_revocation_reason_is_one_of_the_list(house: House) -> None:
    answer = await house.post("/v1/desk/applications/x/revocation", house.official(), json={"reason": CANARY})
    problem = check_problem(answer, 422, "invalid_request")
    assert problem["problems"] == [{"pointer": "/reason", "rule": "not_allowed"}]


async def test_unforeseen_fault_says_nothing_of_itself(house: House, caplog: pytest.LogCaptureFixture) -> None:
    async def broken(memo: str) -> None:
        raise RuntimeError(CANARY)

    application = await house.apply(house.citizen(client_id="one-stop-kiosk"))
    house.money.find = broken  # type: ignore[method-assign]  # a fault, planted
    path = f"/v1/applications/{application['code']}/payment-confirmations"
    answer = await house.post(path, house.citizen())

    check_problem(answer, 500, "internal_error")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert CANARY in caplog.text
