"""What is refused when fee policies are changed, to whom, and in which words; retries; hostile documents and files."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.services import Limits
from issuance.fees.policy import SHIPPED_POLICIES
from issuance.fees.reading.read_policy import MAX_POLICY_BYTES
from storage.runner import Database
from tests.api.fee_office import (
    ACT,
    POLICY,
    POPULATION,
    DraftInHand,
    approved,
    approver,
    author,
    cheaper,
    keep_act,
    scheduled,
    write,
)
from tests.api.house import House, open_house
from tests.api.test_bad_input import CANARY, check_problem

DRAFTS = "/v1/fee-policies/drafts"
STEPS: dict[str, dict[str, Any] | None] = {
    "check": None,
    "rehearsal": POPULATION,
    "approval": None,
    "schedule": None,
    "withdrawal": {"reason": "Chưa cần."},
}


async def test_the_schema_is_public_and_agrees_with_what_is_accepted(house: House) -> None:
    answer = await house.get("/v1/fee-policies/schema")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/schema+json"
    jsonschema.Draft202012Validator(answer.json()).validate(cheaper())
    known = await house.get("/v1/fee-policies/schema", {"If-None-Match": answer.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")


async def test_who_has_no_role_reads_the_law_and_no_drafts(house: House) -> None:
    draft = await write(house)
    caseworker = house.official()

    listed = (await house.get("/v1/fee-policies", caseworker)).json()
    shipped = {json.loads(file.read_text(encoding="utf-8"))["id"] for file in SHIPPED_POLICIES.glob("*.json")}
    assert ({one["id"] for one in listed["policies"]}, listed["drafts"]) == (shipped, None)
    assert (await house.get(f"/v1/fee-policies/{POLICY}", caseworker)).status_code == 200
    assert (await house.get(f"/v1/fee-policies/{POLICY}/versions/1", caseworker)).status_code == 200
    for path in (DRAFTS, draft.path, f"{draft.path}/document", "/v1/fee-policies/acts"):
        check_problem(await house.get(path, caseworker), 403, "role_missing")
    check_problem(
        await house.get(f"/v1/fee-policies/compare?before={draft.id}&after={draft.id}", caseworker), 403, "role_missing"
    )


@pytest.mark.parametrize("who", ["caseworker", "approver"])
async def test_only_authors_write(house: House, who: str) -> None:
    draft = await write(house)
    person = house.official() if who == "caseworker" else approver(house)
    tagged = person | {"If-Match": draft.etag}

    check_problem(await house.post(DRAFTS, person, json=cheaper(4)), 403, "role_missing")
    check_problem(await house.client.put(draft.path, headers=tagged, json=cheaper(4)), 403, "role_missing")
    check_problem(
        await house.post("/v1/fee-policies/acts", person, files={"file": ("a.txt", b"x")}), 403, "role_missing"
    )


async def test_nobody_approves_what_he_has_written_through_whichever_account(house_on_both: House) -> None:
    house = house_on_both
    draft = await write(house)
    await draft.step("check")
    await draft.rehearsed()
    # the same account with both roles, and another account of the same person
    both = author(house, roles=["fee_author", "fee_approver"])
    other_account = approver(house, sub="second-account", personal_id="001085000011")

    check_problem(await draft.step("approval", both), 403, "same_author")
    check_problem(await draft.step("approval", other_account), 403, "same_author")
    assert (await draft.step("approval", approver(house))).status_code == 200


async def test_steps_in_another_order_say_what_is_legal(house: House) -> None:
    draft = await write(house)
    for name in ("rehearsal", "schedule"):
        problem = check_problem(await draft.step(name, json=STEPS[name]), 409, "draft_not_ready")
        assert (problem["state"], problem["legal_moves"]) == ("draft", ["checked", "withdrawn"])
    check_problem(await draft.step("approval", approver(house)), 409, "draft_not_ready")

    await draft.step("withdrawal", json=STEPS["withdrawal"])
    assert draft.answer.json()["withdrawn"]["reason"] == "Chưa cần."
    check_problem(await draft.step("check"), 409, "draft_not_ready")
    ended = draft.answer.json()["links"]
    assert set(STEPS) & ended.keys() == set()


async def test_a_change_names_what_was_read(house_on_both: House) -> None:
    house = house_on_both
    draft = await write(house)
    old = draft.etag
    await draft.step("check")
    assert draft.etag != old

    for tag, status, code in (
        (None, 428, "if_match_missing"),
        ("*", 428, "if_match_missing"),
        (old, 412, "draft_changed"),
        ("nonsense", 412, "draft_changed"),
        ('W/"1"', 412, "draft_changed"),
        ('"99999999999999999999"', 412, "draft_changed"),
    ):
        headers = author(house) | ({} if tag is None else {"If-Match": tag})
        check_problem(await house.client.put(draft.path, headers=headers, json=cheaper(4)), status, code)
        for name, body in STEPS.items():
            who = approver(house) if name == "approval" else author(house)
            headers = who | ({} if tag is None else {"If-Match": tag})
            check_problem(await house.post(f"{draft.path}/{name}", headers, json=body), status, code)
    await draft.read()
    assert draft.state == "checked"


async def test_of_two_edits_at_once_one_wins(house_on_both: House) -> None:
    house = house_on_both
    draft = await write(house)
    headers = author(house) | {"If-Match": draft.etag}
    edits = [house.client.put(draft.path, headers=headers, json=cheaper(version)) for version in (4, 5)]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*edits))

    assert statuses == [200, 412]


async def test_a_retry_is_answered_as_the_first_one(house_on_both: House) -> None:
    house = house_on_both
    await keep_act(house)
    first = await house.post(DRAFTS, author(house), json=cheaper(), key="write")
    again = await house.post(DRAFTS, author(house), json=cheaper(), key="write")
    assert (again.status_code, again.json(), again.headers["etag"]) == (201, first.json(), first.headers["etag"])
    assert len((await house.get(DRAFTS, author(house))).json()["drafts"]) == 1

    draft = DraftInHand(house, first)
    for name in ("check", "rehearsal"):
        headers = author(house) | {"If-Match": draft.etag}
        done, retried = [
            await house.post(f"{draft.path}/{name}", headers, json=STEPS[name], key=name) for _ in range(2)
        ]
        assert done.is_success, done.text
        assert retried.json() == done.json()
        await draft.read()
    dismissed = author(house, roles=["caseworker"])
    check_problem(await house.post(DRAFTS, dismissed, json=cheaper(), key="write"), 403, "role_missing")
    stale = author(house) | {"If-Match": '"77"'}
    answer = await house.post(f"{draft.path}/check", stale, json=None, key="check")
    check_problem(answer, 422, "idempotency_key_reused")


async def test_what_cannot_be_read_is_refused_place_by_place_in_both_languages(house: House) -> None:
    document = cheaper()
    document["stages"][0]["rules"][0]["when"] = {"fact": "copys", "gte": 3}
    document["charges"][0]["amount_vnd"] = "150.000"
    english = await house.post(DRAFTS, author(house), json=document)
    vietnamese = await house.post(DRAFTS, author(house) | {"Accept-Language": "vi"}, json=document)

    problem = check_problem(english, 422, "fee_policy_refused")
    places = {one["place"] for one in problem["problems"]}
    assert {"charges[fee].amount_vnd", "stages[statutory].rules[exempt_child].when"} <= places
    assert any("copies" in one["text"] for one in problem["problems"])
    assert {one["place"] for one in vietnamese.json()["problems"]} == places
    assert {one["text"] for one in vietnamese.json()["problems"]} & {
        one["text"] for one in problem["problems"]
    } == set()
    assert (await house.get(DRAFTS, author(house))).json()["drafts"] == []


async def test_what_can_be_read_and_is_wrong_is_found_by_the_check(house: House) -> None:
    document = cheaper()
    document["examples"][0]["expect"] = {"gross_vnd": 1, "waived_vnd": 0, "due_vnd": 1}
    written = await house.post(DRAFTS, author(house), json=document)
    draft = DraftInHand(house, written)
    await draft.step("check")
    found = [one for one in draft.answer.json()["check"]["findings"] if one["severity"] == "error"]

    assert draft.state == "draft"
    assert {one["kind"] for one in found} == {"example", "source"}
    assert any("resolution-of-july" in one["place"] for one in found)
    check_problem(await draft.step("rehearsal", json=POPULATION), 409, "draft_not_ready")


async def test_a_version_is_never_written_anew(house: House) -> None:
    await scheduled(house)

    check_problem(await house.post(DRAFTS, author(house), json=cheaper()), 409, "version_taken")


async def test_what_another_has_scheduled_meanwhile_is_told(house_on_both: House) -> None:
    house = house_on_both
    one = await approved(house, cheaper(3))
    other = await approved(house, cheaper(4, first_day="2024-06-15"))
    assert (await one.step("schedule")).status_code == 200
    problem = check_problem(await other.step("schedule"), 409, "draft_has_problems")

    assert problem["problems"][0]["kind"] == "overlap"
    assert "version 3 begins on 2024-07-01" in problem["problems"][0]["text"]


@pytest.mark.parametrize(
    "plan",
    [
        {},
        {"past": {"first_day": "2024-07-01", "last_day": "2024-06-01"}},
        {"past": {"first_day": "2024-02-30", "last_day": "2024-06-01"}},
        {"past": {"first_day": "2024-01-01", "last_day": "2024-06-01"}, "population": POPULATION["population"]},
        {"population": {"size": 10**9, "seed": 1}},
        {"population": POPULATION["population"] | {"shares": {"channels": {"vneid": 1}}}},
        {"population": POPULATION["population"] | {"size": 10**30}},
        # Neither would meet the draft in a single case, and an approver would be told that it was rehearsed.
        {"population": POPULATION["population"] | {"document_type": "another_type"}},
        {"past": {"first_day": "2024-06-04", "last_day": "2024-06-30"}},
    ],
)
async def test_plans_that_cannot_be_rehearsed(house: House, plan: dict[str, Any]) -> None:
    draft = await write(house)
    await draft.step("check")
    answer = await draft.step("rehearsal", json=plan)

    assert answer.status_code == 422
    assert answer.json()["code"] in ("fee_population_refused", "invalid_request")
    assert answer.json()["title"] in ("No rehearsal can be made from this plan", "Some fields are not right")
    assert answer.json()["problems"]


async def test_drafts_come_in_pages(house_on_both: House) -> None:
    house = house_on_both
    written = []
    for version in range(3, 8):
        written.append((await house.post(DRAFTS, author(house), json=cheaper(version))).json()["id"])
        house.office.at += timedelta(minutes=version % 2)
    seen, path = [], f"{DRAFTS}?limit=2"
    while path is not None:
        page = (await house.get(path, author(house))).json()
        seen.append([one["id"] for one in page["drafts"]])
        path = page["next"]

    assert [len(ids) for ids in seen] == [2, 2, 1]
    shown = [draft_id for ids in seen for draft_id in ids]
    assert sorted(shown) == sorted(written)
    assert shown[0] in written[-2:]
    check_problem(await house.get(f"{DRAFTS}?cursor={uuid4()}", author(house)), 422, "invalid_cursor")
    check_problem(await house.get(f"{DRAFTS}?cursor=x", author(house)), 422, "invalid_request")


async def test_what_is_not_there(house: House) -> None:
    nobody, person = uuid4(), author(house)
    tagged = person | {"If-Match": '"0"'}
    check_problem(await house.get(f"{DRAFTS}/{nobody}", person), 404, "draft_not_found")
    check_problem(await house.post(f"{DRAFTS}/{nobody}/check", tagged), 404, "draft_not_found")
    check_problem(await house.get(f"/v1/fee-policies/rehearsals/{nobody}", person), 404, "rehearsal_not_found")
    check_problem(await house.get(f"/v1/fee-policies/acts/{'0' * 64}", person), 404, "act_not_found")
    check_problem(await house.get("/v1/fee-policies/nothing", person), 404, "fee_policy_not_found")
    check_problem(await house.get("/v1/fee-policies/nothing/budgets", person), 404, "fee_policy_not_found")
    check_problem(await house.get(f"/v1/fee-policies/{POLICY}/versions/77", person), 404, "fee_policy_not_found")
    missing = f"/v1/fee-policies/compare?before={'0' * 64}&after={nobody}"
    check_problem(await house.get(missing, person), 404, "fee_policy_not_found")
    later = "?known_at=2099-01-01T00:00:00Z"
    check_problem(await house.get(f"/v1/fee-policies/{POLICY}{later}", person), 422, "invalid_request")


HOSTILE = {
    "nothing": b"",
    "no object": b"[]",
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 10_000,
    "twice": b'{"id": "a", "id": "b"}',
    "a huge number": b'{"version": ' + b"9" * 200_000 + b"}",
    "a fraction": b'{"version": 1.5}',
    "no number": b'{"version": NaN}',
    "no text": b"\xff\xfe",
    "a surrogate": b'{"id": "\\ud800"}',
    "NUL": b'{"id": "\\u0000"}',
    "too many values": b'{"a": [' + b"1," * 50_000 + b"1]}",
    "too large": b'{"a": "' + b"x" * MAX_POLICY_BYTES + b'"}',
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_documents_are_refused(house: House, name: str) -> None:
    headers = author(house) | {"Content-Type": "application/json"}
    answer = await house.post(DRAFTS, headers, content=HOSTILE[name])

    check_problem(answer, 422, "fee_policy_refused")
    assert len(answer.content) < 20_000


async def test_a_document_beyond_every_limit_is_refused_unread(house: House) -> None:
    headers = author(house) | {"Content-Type": "application/json"}
    check_problem(await house.post(DRAFTS, headers, content=b" " * 5_000_000), 413, "body_too_large")
    text = author(house) | {"Content-Type": "text/plain"}
    check_problem(await house.post(DRAFTS, text, content=json.dumps(cheaper())), 415, "unsupported_media_type")


async def test_an_act_that_is_damaged_is_to_be_uploaded_again(house: House) -> None:
    draft = await write(house)
    sha256 = hashlib.sha256(ACT).hexdigest()
    (house.office.files_folder / sha256[:2] / f"{sha256[2:]}.pdf").write_bytes(b"something else")
    checked = await draft.step("check")
    gone = await house.get(f"/v1/fee-policies/acts/{sha256}", author(house))
    assert checked.status_code == 200, checked.text
    assert any("upload it again" in one["text"] for one in checked.json()["check"]["findings"])
    assert (gone.status_code, gone.json()["code"]) == (404, "act_not_found")
    await keep_act(house)
    assert (await house.get(f"/v1/fee-policies/acts/{sha256}", author(house))).content == ACT
    assert (await draft.step("check")).json()["state"] == "checked"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("act.pdf", b"", "act_refused"),
        ("act.pdf", b"MZ\x90\x00 a program \xff", "act_refused"),
        ("act.txt", b"a\x00b", "act_refused"),
        ("../../act.txt", b"text", "act_refused"),
        ("nghị quyết.txt", b"text", "act_refused"),
        (f"{CANARY}.txt", b"text", "act_refused"),
        ('a".txt', b"text", "act_refused"),
    ],
)
async def test_files_that_are_no_acts(house: House, name: str, content: bytes, code: str) -> None:
    check_problem(await keep_act(house, content, name), 422, code)


async def test_an_act_is_kept_once_by_its_digest(house_on_both: House) -> None:
    house = house_on_both
    first, again = await keep_act(house), await keep_act(house, name="another-name.md")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    listed = (await house.get("/v1/fee-policies/acts", approver(house))).json()["acts"]
    assert [one["file"] for one in listed].count("resolution-of-july.md") == 1


async def test_uploads_are_bounded_and_read_only_from_those_who_may(sqlite_url: str, tmp_path: Any) -> None:
    limits = Limits(act_bytes=1_000, evidence_bytes=1_000)
    database = Database(sqlite_url, clock=lambda: house.office.at)
    async with open_house(database, tmp_path, limits) as house:
        large = {"file": ("act.txt", b"x" * 1_001)}
        check_problem(await house.post("/v1/fee-policies/acts", author(house), files=large), 413, "body_too_large")
        bomb = {"file": ("act.txt", b"x" * 1_000_000)}
        check_problem(await house.post("/v1/fee-policies/acts", author(house), files=bomb), 413, "body_too_large")

        asked = 0

        async def endless() -> Any:
            nonlocal asked
            while True:
                asked += 1
                yield b"x" * 10_000

        form = {"Content-Type": "multipart/form-data; boundary=b"}
        stranger = await house.post("/v1/fee-policies/acts", form, content=endless())
        check_problem(stranger, 401, "access_token_missing")
        unread = asked
        approving = await house.post("/v1/fee-policies/acts", form | approver(house), content=endless())
        check_problem(approving, 403, "role_missing")
        check_problem(
            await house.post("/v1/fee-policies/acts", form | author(house), content=endless()), 413, "body_too_large"
        )
    await database.dispose()
    # What is thrown away after the answer is bounded as well.
    assert unread < 2_000


WORDS = st.one_of(st.text(max_size=20), st.integers(), st.none(), st.booleans())
ANYTHING = st.recursive(
    WORDS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=10), inner, max_size=4)),
)
ROUTES = st.sampled_from(
    [
        ("POST", DRAFTS),
        ("PUT", f"{DRAFTS}/{{id}}"),
        *(("POST", f"{DRAFTS}/{{id}}/{step}") for step in STEPS),
        ("POST", f"/v1/fee-policies/{POLICY}/versions/1/withdrawal"),
        ("POST", "/v1/fee-policies/acts"),
        ("POST", "/v1/applications/x/evidence"),
        ("POST", "/v1/applications/x/withdrawal"),
        ("POST", f"/v1/desk/applications/x/evidence/{uuid4()}/rejection"),
        ("GET", "/v1/fee-policies/compare"),
        ("GET", f"/v1/fee-policies/{POLICY}"),
    ]
)


async def test_nothing_that_is_sent_makes_it_fail(house: House) -> None:
    draft = await write(house)
    people = [author(house, roles=["fee_author", "fee_approver"]), house.citizen()]

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        ROUTES,
        ANYTHING,
        st.sampled_from(["application/json", "multipart/form-data; boundary=b", "text/plain", ""]),
        st.sampled_from(['"0"', "*", "x", '"' + "9" * 30 + '"']),
        st.dictionaries(st.sampled_from(["before", "after", "known_at", "lang"]), st.text(max_size=30)),
    )
    def ask(route: tuple[str, str], body: object, content_type: str, tag: str, query: dict[str, str]) -> None:
        tried.append((route, body, content_type, tag, query))

    tried: list[tuple[tuple[str, str], object, str, str, dict[str, str]]] = []
    await asyncio.to_thread(ask)
    for (method, path), body, content_type, tag, query in tried:
        for person in people:
            answer = await house.client.request(
                method,
                path.format(id=draft.id),
                params=query,
                headers=person | {"Content-Type": content_type, "If-Match": tag, "Idempotency-Key": str(uuid4())},
                content=None if method == "GET" else json.dumps(body).encode(),
            )
            assert answer.status_code < 500, (method, path, body, answer.text)
