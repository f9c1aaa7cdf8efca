"""A policy's whole life over HTTP: two officials change the law, and citizens' fees follow it on its day."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.api import fee_office
from tests.api.fee_office import POLICY, POPULATION, DraftInHand, approver, author, cheaper, scheduled, write
from tests.api.house import UNPAID, House

COMPARE = "/v1/fee-policies/compare"
AT_THE_DESK = {"type": "criminal_record_form_1", "copies": "1", "channel": "desk", "age": "30"}


async def due(house: House, **asked: str) -> int | None:
    answer = await house.get("/v1/fees/quote", params=AT_THE_DESK | asked)
    assert answer.status_code == 200, answer.text
    totals = answer.json()["totals"]
    return None if totals is None else int(totals["due_vnd"])


async def history(house: House, **asked: str) -> list[dict[str, Any]]:
    answer = await house.get(f"/v1/fee-policies/{POLICY}", author(house), params=asked)
    assert answer.status_code == 200, answer.text
    entries: list[dict[str, Any]] = answer.json()["entries"]
    return entries


async def test_from_the_first_word_to_a_citizens_fee(house_on_both: House) -> None:
    house = house_on_both
    draft = await write(house)
    assert draft.answer.headers["location"] == draft.path
    assert (draft.state, draft.answer.json()["check"]) == ("draft", None)

    await draft.step("check")
    found = draft.answer.json()["check"]
    assert (draft.state, found["errors"], found["is_complete"]) == ("checked", 0, True)
    assert any("2024-06-30" in one["text"] for one in found["findings"])

    told = await draft.rehearsed()
    assert (told["state"], told["done"], told["total"]) == ("done", 50, 50)
    assert told["result"]["gains"]["count"] > 0
    assert any("50 made-up cases" in sentence for sentence in told["summary"])
    assert draft.state == "rehearsed"

    passed = await draft.step("approval", approver(house))
    assert passed.json()["approval"]["digest"] == draft.answer.json()["digest"]
    house.office.at += timedelta(hours=1)
    await draft.step("schedule")
    assert draft.state == "scheduled"

    # The same process, without a restart: the law of July is known, and June's is what it was.
    assert await due(house, on="2024-06-30") == 200_000
    assert await due(house, on="2024-07-01") == 150_000
    assert await due(house, on="2024-07-01", known_at="2024-06-03T02:30:00Z") == 200_000
    kiosk = house.citizen(client_id=UNPAID)
    assert (await house.apply(kiosk, copies=1))["amount_due_vnd"] == 200_000

    house.office.at = datetime(2024, 7, 1, 2, 0, tzinfo=UTC)
    applied = await house.apply(house.citizen(client_id=UNPAID), copies=1)
    assert applied["amount_due_vnd"] == 150_000
    assert applied["fee"]["policy"]["version"] == 3


async def test_the_book_tells_what_was_known_when(house_on_both: House) -> None:
    house = house_on_both
    before = await history(house)
    house.office.at += timedelta(hours=1)
    entered = house.office.at.isoformat()
    await scheduled(house)

    then = await history(house, known_at="2024-06-03T02:30:00Z")
    # To the letter: nothing that was written since shines through.
    assert then == before
    now = await history(house)
    assert {(one["version"], one["days"]["first_day"], one["days"]["last_day"], one["known_to"]) for one in now} == {
        (1, "2017-01-01", "2025-04-23", entered),
        (1, "2017-01-01", "2024-06-30", None),
        (3, "2024-07-01", "2025-04-23", None),
        (2, "2025-04-24", "2025-12-31", None),
    }
    (closed,) = [one for one in now if one["known_to"] is not None]
    assert "version 3" in closed["closing_reason"]


async def test_a_version_is_shown_whole(house: House) -> None:
    draft = await scheduled(house)
    answer = await house.get(draft.answer.json()["links"]["version"], author(house))
    version = answer.json()

    assert version["document"] == cheaper()
    assert (version["standing"], version["days"]["first_day"]) == ("scheduled", "2024-07-01")
    assert any("150,000 VND for each request" in sentence for sentence in version["plain_words"])
    act = next(one for one in version["acts"] if one["id"] == "resolution-of-july")
    file = await house.get(act["links"]["file"], author(house))
    assert file.content == fee_office.ACT
    assert "attachment" in file.headers["content-disposition"]
    assert "sandbox" in file.headers["content-security-policy"]


async def test_a_version_that_was_ended_says_so_in_plain_words(house: House) -> None:
    """Its document still names its own days; a councillor must not read them as what is in force."""
    path = f"/v1/fee-policies/{POLICY}/versions"
    untouched = (await house.get(f"{path}/1", author(house), params={"lang": "vi"})).json()["plain_words"]
    assert "sổ chính sách" not in untouched[0]
    await scheduled(house)
    first, *others = (await house.get(f"{path}/1", author(house), params={"lang": "vi"})).json()["plain_words"]
    assert "chỉ quyết định từ ngày 1/1/2017 đến hết ngày 30/6/2024" in first
    assert others == untouched
    await house.post(f"{path}/3/withdrawal", approver(house), json={"reason": "Bãi bỏ."})
    withdrawn = (await house.get(f"{path}/3", author(house))).json()["plain_words"]
    assert "no longer in the policy book" in withdrawn[0]


async def test_versions_and_drafts_are_compared_in_sentences(house: House) -> None:
    draft = await write(house)
    former = next(one for one in await history(house) if one["version"] == 1)
    asked = {"before": former["digest"], "after": draft.id}
    english = (await house.get(COMPARE, author(house), params=asked)).json()
    vietnamese = (await house.get(COMPARE, author(house), params=asked | {"lang": "vi"})).json()
    itself = await house.get(COMPARE, author(house), params={"before": draft.id, "after": draft.id})

    assert (english["before"]["version"], english["after"]["version"]) == (1, 3)
    (rate,) = [one for one in english["changes"] if one["place"] == "charges[fee].amount_vnd"]
    assert (rate["before"], rate["after"]) == (200_000, 150_000)
    assert "200,000 VND → 150,000 VND" in rate["text"]
    assert any("200.000 đồng → 150.000 đồng" in one["text"] for one in vietnamese["changes"])
    assert itself.json()["changes"] == []
    # What an approver's page shows is one address away.
    linked = await house.get(draft.answer.json()["links"]["comparison"], author(house))
    assert linked.json() == english


async def test_a_version_that_is_withdrawn_gives_its_days_back(house_on_both: House) -> None:
    house = house_on_both
    await scheduled(house)
    path = f"/v1/fee-policies/{POLICY}/versions/3/withdrawal"
    house.office.at += timedelta(days=1)
    refused = await house.post(path, author(house), json={"reason": "Bãi bỏ."})
    withdrawn = await house.post(path, approver(house), json={"reason": "Bãi bỏ."})
    again = await house.post(path, approver(house), json={"reason": "Bãi bỏ."})

    assert (refused.status_code, refused.json()["code"]) == (403, "role_missing")
    assert withdrawn.status_code == 200, withdrawn.text
    assert "Bãi bỏ." in {one["closing_reason"] for one in withdrawn.json()["entries"]}
    assert await due(house, on="2024-07-01") == 200_000
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_withdraw")


async def test_a_version_in_force_ends_with_the_day_of_its_withdrawal(house: House) -> None:
    await scheduled(house)
    house.office.at = datetime(2024, 7, 10, 2, 0, tzinfo=UTC)
    path = f"/v1/fee-policies/{POLICY}/versions/3/withdrawal"
    await house.post(path, approver(house), json={"reason": "Bãi bỏ."})

    assert await due(house, on="2024-07-10") == 150_000
    assert await due(house, on="2024-07-11") is None
    house.office.at += timedelta(days=1)
    assert (await house.apply(house.citizen(client_id=UNPAID)))["waiting_for"]["reason"] == "fee_decision"


async def test_an_edit_after_the_approval_begins_anew(house_on_both: House) -> None:
    house = house_on_both
    draft = await fee_office.approved(house)
    old = draft.etag
    changed = cheaper()
    changed["label"]["en"] = "Another name"
    edited = await house.client.put(draft.path, json=changed, headers=author(house) | {"If-Match": old})

    assert edited.status_code == 200, edited.text
    assert edited.headers["etag"] != old
    body = edited.json()
    assert (body["state"], body["approval"], body["check"], body["rehearsal"]) == ("draft", None, None, None)
    draft.answer = edited
    refused = await draft.step("schedule")
    assert (refused.status_code, refused.json()["code"], refused.json()["state"]) == (409, "draft_not_ready", "draft")


async def test_what_is_written_comes_back_byte_by_byte(house: House) -> None:
    await fee_office.keep_act(house)
    source = json.dumps(cheaper(), ensure_ascii=False, indent=7).encode()
    headers = author(house) | {"Content-Type": "application/json"}
    draft = DraftInHand(house, await house.post("/v1/fee-policies/drafts", headers, content=source))
    document = await house.get(f"{draft.path}/document", approver(house))

    assert document.content == source
    assert document.headers["etag"] == draft.etag


async def test_a_rehearsal_on_past_requests(house_on_both: House) -> None:
    house = house_on_both
    for _ in range(3):
        await house.apply(house.citizen(client_id=UNPAID))
    draft = await write(house, cheaper(first_day="2024-06-01"))
    await draft.step("check")
    assert any(one["kind"] == "retroactive" for one in draft.answer.json()["check"]["findings"])
    told = await draft.rehearsed({"past": {"first_day": "2024-06-01", "last_day": "2024-06-30"}})

    assert (told["total"], told["result"]["gains"]) == (3, {"count": 3, "amount_vnd": 150_000})
    assert "001194000001" not in str(told)


async def test_a_rehearsal_says_how_far_it_has_come(house: House) -> None:
    draft = await write(house)
    await draft.step("check")
    asked = await draft.step("rehearsal", json=POPULATION)
    waiting = await house.get(asked.headers["location"], author(house))

    assert int(asked.headers["retry-after"]) > 0
    assert (waiting.json()["state"], waiting.json()["result"]) == ("asked", None)
    assert int(waiting.headers["retry-after"]) > 0


async def test_budgets_are_live(house_on_both: House) -> None:
    house = house_on_both
    document = cheaper()
    for stage in document["stages"]:
        for rule in stage["rules"]:
            if rule["id"] == "support_fee":
                rule["quota"] = {"unit": "requests", "max": 2, "scope": "budget_total"}
    await scheduled(house, document)
    house.office.at = datetime(2024, 7, 1, 2, 0, tzinfo=UTC)
    path = f"/v1/fee-policies/{POLICY}/budgets"

    async def remaining() -> list[int]:
        return [one["remaining"] for one in (await house.get(path, author(house))).json()["budgets"]]

    assert await remaining() == [2]
    first = await house.apply(house.citizen(), copies=1)
    await house.apply(house.citizen(sub="subject-2", personal_id="001194000002"), copies=1)
    assert await remaining() == [0]
    assert await due(house, channel="vneid", on="2024-07-01") == 150_000

    withdrawn = await house.post(f"/v1/applications/{first['code']}/withdrawal", house.citizen())
    assert withdrawn.json()["state"] == "withdrawn"
    assert await remaining() == [1]
    assert await due(house, channel="vneid", on="2024-07-01") == 0
