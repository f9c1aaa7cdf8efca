"""A policy written by forms alone, by somebody who is no programmer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.house import GENEROUS
from tests.api.signing_in import Browser
from tests.api.slowly import slowly, with_file
from tests.api.web.fee_pages import ACT, APPROVER, AUTHOR, CASEWORKER, FeePages, cheaper, fee_pages_on, words
from tests.api.web.filled_form import form_of, press


@pytest.fixture
async def pages(sqlite_url: str, tmp_path: Path) -> AsyncIterator[FeePages]:
    async with fee_pages_on(sqlite_url, tmp_path) as found:
        yield found


async def document_at(browser: Browser, path: str) -> dict[str, Any]:
    answer = await browser.get(f"{path}/document")
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = json.loads(answer.text)
    return document


def draft_of(answer: httpx.Response) -> str:
    assert answer.status_code == 303, words(answer)
    return answer.headers["location"].partition("/edit")[0]


async def begun_copy(browser: Browser, **typed: str) -> str:
    """A draft of a copy of the version in force."""
    shown = await browser.get("/fees/drafts/new")
    assert shown.status_code == 200, shown.text
    chosen = {"from": "criminal_record_form_1.hanoi/2", "first_day": "2025-06-01", "last_day": "2025-12-31"}
    return draft_of(await press(browser, shown, "/fees/drafts/new", **(chosen | typed)))


async def test_support_for_students_from_nothing(pages: FeePages) -> None:
    browser = await pages.at(AUTHOR)
    begun = await browser.get("/fees/drafts/new?way=nothing")
    typed = {
        "label_vi": "Phí lý lịch tư pháp số 1 theo Nghị quyết 12",
        "label_en": "Fee for the extract under Resolution 12",
        "type-criminal_record_form_1": "1",
        "first_day": "2026-01-01",
        "last_day": "2026-12-31",
        "charge_vi": "Phí cung cấp thông tin",
        "charge_en": "Fee for the information",
        "amount": "200.000",
        "act_number": "12/NQ-HĐND",
        "act_title": "Hỗ trợ phí cho học sinh, sinh viên",
        "act_issued_by_vi": "Hội đồng nhân dân thành phố Hà Nội",
        "act_issued_by_en": "People’s Council of Hanoi",
        "act_issued_on": "2025-12-10",
        "act_article_vi": "Điều 3, khoản 2",
    }
    sent = form_of(begun, "/fees/drafts/new") | typed
    headers = {"Sec-Fetch-Site": "same-origin"}
    refused = await browser.http.post("/fees/drafts/new", data=sent, headers=headers)
    assert refused.status_code == 422
    assert "Upload the file of the act" in words(refused)
    kept = form_of(refused, "/fees/drafts/new")
    assert {name: kept[name] for name in typed} == typed

    file = {"file": ("Nghị quyết 12.md", ACT, "text/markdown")}
    made = await browser.http.post("/fees/drafts/new", data=kept, files=file, headers=headers)
    path = draft_of(made)
    document = await document_at(browser, path)
    assert document["basis"][0]["article"] == {"vi": "Điều 3, khoản 2", "en": "Article 3, clause 2"}
    assert document["basis"][0]["source"]["file"] == "Nghi-quyet-12.md"
    assert document["charges"][0]["amount_vnd"] == 200_000

    rule = f"{path}/edit/new/rules"
    shown = await browser.get(f"{rule}?like=students")
    act = document["basis"][0]["id"]
    typed = {
        "funding": "new",
        "funding_vi": "ngân sách thành phố",
        "funding_en": "the city’s budget",
        "quota_unit": "requests",
        "quota_max": "một nghìn",
        "last_day": "2026-12-31",
        f"basis-{act}": "1",
    }
    refused = await press(browser, shown, rule, **typed)
    assert refused.status_code == 422
    assert 'href="#quota_max"' in refused.text
    assert form_of(refused, rule)["quota_max"] == "một nghìn"

    saved = await press(browser, refused, rule, quota_max="1.000")
    assert saved.status_code == 303, words(saved)
    (stage,) = (await document_at(browser, path))["stages"]
    (written,) = stage["rules"]
    assert written["when"] == {"fact": "categories", "contains": "student"}
    assert written["effects"] == [{"charge": "fee", "percent_off": 50}]
    assert written["quota"] == {"unit": "requests", "max": 1000, "scope": "budget_total"}
    assert written["dates"] == {"first_day": "2026-01-01", "last_day": "2026-12-31"}
    assert written["evidence"] == ["student_card"]
    assert written["funding"]["label"]["vi"] == "ngân sách thành phố"

    overview = words(await browser.get(saved.headers["location"]))
    assert "Saved and checked" in overview
    assert "50% off “Fee for the information”, if " in overview
    assert "at most 1,000 requests for the whole budget" in overview
    assert "Undo this save" in overview


async def test_a_copy_and_every_part_of_it(pages: FeePages) -> None:
    browser = await pages.at(AUTHOR)
    path = await begun_copy(browser)
    before = await document_at(browser, path)
    assert (before["version"], before["effective"]["first_day"]) == (3, "2025-06-01")
    overview = await browser.get(f"{path}/edit")
    assert overview.status_code == 200, overview.text
    kinds = ["about/policy", f"acts/{before['basis'][0]['id']}", "charges/copies", "stages/statutory", "examples/0"]
    kinds += [f"rules/{rule['id']}" for stage in before["stages"] for rule in stage["rules"]]
    for kind in kinds:
        address = f"{path}/edit/{kind}"
        shown = await browser.get(address)
        assert shown.status_code == 200, shown.text
        saved = await press(browser, shown, address)
        assert saved.status_code == 303, words(saved)
    after = await document_at(browser, path)
    assert after["charges"] == before["charges"]
    assert after["basis"] == before["basis"]
    for one, other in zip(before["stages"], after["stages"], strict=True):
        assert [*map(normal, one["rules"])] == [*map(normal, other["rules"])]
    assert [one["expect"] for one in after["examples"]] == [one["expect"] for one in before["examples"]]


def normal(rule: dict[str, Any]) -> dict[str, Any]:
    """What is not said and what is said to be nothing are the same."""
    return {name: value for name, value in rule.items() if value not in (None, [])}


async def rule_typed(browser: Browser, path: str, name: str, **typed: str) -> httpx.Response:
    """A rule by the form: an exemption for people of merit, where nothing else is typed."""
    address = f"{path}/edit/new/rules"
    act = (await document_at(browser, path))["basis"][0]["id"]
    plain = {
        "kind": "exemption",
        "label_vi": name,
        "label_en": name,
        f"basis-{act}": "1",
        "e-fee-way": "percent_off",
        "e-fee-number": "10",
    }
    return await press(browser, await browser.get(address), address, **(plain | typed))


async def rules_of(browser: Browser, path: str) -> list[str]:
    return [rule["id"] for stage in (await document_at(browser, path))["stages"] for rule in stage["rules"]]


async def test_conditions_grow_and_shrink_by_buttons_and_nothing_typed_is_lost(pages: FeePages) -> None:
    browser = await pages.at(AUTHOR)
    path = await begun_copy(browser)
    address = f"{path}/edit/new/rules"
    before = await rules_of(browser, path)
    shown = await browser.get(address)
    shown = await press(browser, shown, address, "add w", label_vi="Người cao tuổi")
    shown = await press(browser, shown, address, "look", **{"w-0-fact": "age_years"})
    shown = await press(browser, shown, address, "look", **{"w-0-op": "between"})
    shown = await press(browser, shown, address, "group w", **{"w-0-low": "60", "w-0-high": "80"})
    shown = await press(browser, shown, address, "add w-1", **{"w-1-0-v-vneid": "1", "w-1-not": "1"})
    shown = await press(browser, shown, address, "add w", **{"w-1-1-fact": "categories"})
    shown = await press(browser, shown, address, "remove w-2", **{"w-1-1-v-disabled": "1"})
    assert shown.status_code == 200
    kept = form_of(shown, address)
    assert (kept["label_vi"], kept["w-count"], kept["w-0-low"]) == ("Người cao tuổi", "2", "60")
    assert await rules_of(browser, path) == before
    act = (await document_at(browser, path))["basis"][0]["id"]
    more = {"label_en": "Elderly", f"basis-{act}": "1", "e-fee-way": "amount_off", "e-fee-number": "1.000"}
    saved = await press(browser, shown, address, kind="reduction", **more)
    assert saved.status_code == 303, words(saved)
    rule = next(
        rule
        for stage in (await document_at(browser, path))["stages"]
        for rule in stage["rules"]
        if rule["id"] == "elderly"
    )
    assert rule["when"] == {
        "all": [
            {"fact": "age_years", "between": [60, 80]},
            {"not": {"any": [{"fact": "channel", "eq": "vneid"}, {"fact": "categories", "contains": "disabled"}]}},
        ]
    }
    again = form_of(await browser.get(f"{path}/edit/rules/elderly"), f"{path}/edit/rules/elderly")
    assert {name: again[name] for name in again if name.startswith("w")} == {
        name: kept[name] for name in kept if name.startswith("w")
    } | {"w-kind": "all"}


async def test_findings_stand_beside_their_parts_before_and_after_a_save(pages: FeePages) -> None:
    browser = await pages.at(AUTHOR)
    path = await begun_copy(browser)
    address = f"{path}/edit/new/rules"
    never = {"w-kind": "all", "w-count": "2", "w-0-kind": "compare", "w-0-fact": "age_years", "w-0-op": "gte"}
    never |= {"w-0-low": "60", "w-1-kind": "compare", "w-1-fact": "age_years", "w-1-op": "lte", "w-1-low": "50"}
    act = (await document_at(browser, path))["basis"][0]["id"]
    typed = {"kind": "exemption", "label_vi": "Không ai", "label_en": "Nobody", f"basis-{act}": "1"}
    typed |= {"e-fee-way": "percent_off", "e-fee-number": "100"} | never
    looked = await press(browser, await browser.get(address), address, "look", **typed)
    assert "together they leave nobody" in words(looked)
    assert "100% off “Fee for criminal record information”" in words(looked)
    saved = await press(browser, looked, address)
    overview = await browser.get(saved.headers["location"])
    part = overview.text[overview.text.index('id="rule-nobody"') :]
    assert "together they leave nobody" in part[: part.index("</article>")]
    assert overview.text.count("together they leave nobody") == 1

    rule = f"{path}/edit/rules/nobody"
    mended = await press(browser, await browser.get(rule), rule, **{"w-1-low": "70"})
    assert "together they leave nobody" not in (await browser.get(mended.headers["location"])).text


async def test_parts_are_moved_copied_removed_and_that_is_undone(pages: FeePages) -> None:
    browser = await pages.at(AUTHOR)
    path = await begun_copy(browser)
    edit, change = f"{path}/edit", f"{path}/edit/change"
    first, second, *others = await rules_of(browser, path)

    async def do(what: str) -> httpx.Response:
        answer = await press(browser, await browser.get(edit), change, what)
        assert answer.status_code == 303, words(answer)
        return await browser.get(answer.headers["location"])

    await do(f"down rules {first}")
    assert await rules_of(browser, path) == [second, first, *others]
    await do(f"up rules {second}")
    assert await rules_of(browser, path) == [second, first, *others]
    await do(f"copy rules {second}")
    assert await rules_of(browser, path) == [second, f"{second}_2", first, *others]
    removed = await do(f"remove rules {second}_2")
    assert await rules_of(browser, path) == [second, first, *others]
    undone = await press(browser, removed, f"{edit}/undo")
    assert "done=undone" in undone.headers["location"]
    assert await rules_of(browser, path) == [second, f"{second}_2", first, *others]
    redone = await press(browser, await browser.get(undone.headers["location"]), f"{edit}/undo")
    assert redone.status_code == 303
    assert await rules_of(browser, path) == [second, first, *others]

    refused = await press(browser, removed, f"{edit}/undo", version="1")
    assert refused.status_code == 422
    lost = await press(browser, await browser.get(edit), change, "remove rules no-such-rule")
    assert lost.status_code == 412
    used = await press(browser, await browser.get(edit), change, "remove charges fee")
    assert used.status_code == 422
    assert "fee" in {charge["id"] for charge in (await document_at(browser, path))["charges"]}


async def test_two_authors_at_one_draft_see_both(pages: FeePages) -> None:
    browser = await pages.at(AUTHOR)
    path = await begun_copy(browser)
    address = f"{path}/edit/charges/fee"
    mine, theirs = await browser.get(address), await browser.get(address)
    assert (await press(browser, theirs, address, amount="150000")).status_code == 303
    conflict = await press(browser, mine, address, amount="160000")
    assert conflict.status_code == 412
    assert form_of(conflict, address)["amount"] == "160000"
    assert "150,000 VND → 160,000 VND" in words(conflict)
    assert (await document_at(browser, path))["charges"][0]["amount_vnd"] == 150_000
    assert (await press(browser, conflict, address)).status_code == 303
    assert (await document_at(browser, path))["charges"][0]["amount_vnd"] == 160_000


async def test_an_example_is_computed_and_must_hold(pages: FeePages) -> None:
    browser = await pages.at(AUTHOR)
    path = await begun_copy(browser)
    address = f"{path}/edit/new/examples"
    shown = await browser.get(address)
    typed = {"name": "Mười hai bản", "channel": "desk", "copies": "12", "birth_date": "1990-01-01"}
    computed = await press(browser, shown, address, "compute", **typed)
    assert form_of(computed, address)["due"] == "250000"
    saved = await press(browser, computed, address, due="240000")
    assert "The rules come to gross 250,000" in words(await browser.get(saved.headers["location"])).replace(
        "the rules come", "The rules come"
    )


async def test_a_form_sent_twice_has_one_effect(pages: FeePages) -> None:
    browser = await pages.at(AUTHOR)
    shown = await browser.get("/fees/drafts/new")
    typed = {"from": "criminal_record_form_1.hanoi/2", "first_day": "2025-06-01"}
    first = await press(browser, shown, "/fees/drafts/new", **typed)
    assert draft_of(first) == draft_of(await press(browser, shown, "/fees/drafts/new", **typed))
    path = draft_of(first)
    address = f"{path}/edit/charges/fee"
    shown = await browser.get(address)
    assert (await press(browser, shown, address, amount="1")).status_code == 303
    assert (await press(browser, shown, address, amount="1")).status_code == 303


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


async def test_what_is_typed_is_never_markup(pages: FeePages) -> None:
    browser = await pages.at(AUTHOR)
    path = await begun_copy(browser)
    refused = await rule_typed(browser, path, HOSTILE, quota_unit="amount", quota_max=HOSTILE)
    assert refused.status_code == 422
    saved = await rule_typed(browser, path, HOSTILE)
    assert saved.status_code == 303, words(saved)
    rule = (await rules_of(browser, path))[-1]
    shown = [await browser.get(address) for address in (f"{path}/edit", f"{path}/edit/rules/{rule}", path)]
    for answer in (refused, *shown):
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text


async def test_only_authors_edit_and_only_from_our_own_pages(pages: FeePages) -> None:
    author, approver, caseworker = await pages.at(AUTHOR), await pages.at(APPROVER), await pages.at(CASEWORKER)
    path = await begun_copy(author)
    before = await document_at(author, path)
    pages_of = ["/fees/drafts/new", f"{path}/edit", f"{path}/edit/new/rules", f"{path}/edit/charges/fee"]
    for other in (approver, caseworker):
        assert {(await other.get(address)).status_code for address in pages_of} == {403}
    address = f"{path}/edit/charges/fee"
    fields = form_of(await author.get(address), address) | {"amount": "1", "do": "save"}
    assert (await author.send(address, fields, site="cross-site")).status_code == 403
    assert (await author.send(address, fields | {"form_token": "x"})).status_code in (403, 409, 422)
    assert (await pages.desk.signing.another().send(address, fields)).status_code in (401, 403, 409)
    assert (await approver.send(address, fields)).status_code == 403
    assert await document_at(author, path) == before


async def test_what_is_not_there_is_not_found(pages: FeePages) -> None:
    browser = await pages.at(AUTHOR)
    path = await begun_copy(browser)
    for address in ("charges/none", "examples/99", "examples/-1", "new/stages", "nonsense/fee", "rules/%3Cb%3E"):
        answer = await browser.get(f"{path}/edit/{address}")
        assert answer.status_code == 404, address
        assert "<b>" not in answer.text


async def test_a_draft_that_has_ended_is_only_read(pages: FeePages) -> None:
    browser = await pages.at(AUTHOR)
    path = await begun_copy(browser)
    address = f"{path}/edit/charges/fee"
    shown = await browser.get(address)
    ended = await press(browser, await browser.get(f"{path}/withdrawal"), f"{path}/withdrawal", reason="Chưa cần.")
    assert ended.status_code == 303
    for one in (address, f"{path}/edit"):
        assert (await browser.get(one)).headers["location"] == path
    refused = await press(browser, shown, address, amount="1")
    assert refused.status_code in (409, 412)
    assert form_of(refused, address)["amount"] == "1"


async def test_an_expression_is_checked_at_its_field(pages: FeePages) -> None:
    browser = await pages.at(AUTHOR)
    path = await begun_copy(browser)
    refused = await rule_typed(browser, path, "Nhiều bản", expr="copys + pages > 10")
    assert refused.status_code == 422
    assert "did you mean &#39;copies&#39;" in refused.text
    assert 'href="#expr"' in refused.text
    saved = await press(browser, refused, f"{path}/edit/new/rules", expr="copies + pages > 10")
    assert saved.status_code == 303, words(saved)


async def test_nothing_typed_is_lost_to_a_session_that_ended(pages: FeePages) -> None:
    browser = await pages.at(AUTHOR)
    path = await begun_copy(browser)
    address = f"{path}/edit/charges/fee"
    shown = await browser.get(address)
    cookies = dict(browser.http.cookies)
    browser.http.cookies.clear()
    kept = await press(browser, shown, address, label_vi="Phí <đã gõ>", amount="190.000")
    assert kept.status_code == 401
    again = form_of(kept, address)
    assert (again["label_vi"], again["amount"]) == ("Phí <đã gõ>", "190.000")
    assert "form_token" not in again
    # Signed in anew elsewhere: the token of the page is another session's.
    browser.http.cookies.update(cookies)
    outdated = await browser.send(address, again | {"do": "save"})
    assert outdated.status_code == 403
    assert "look through the form" in words(outdated)
    assert form_of(outdated, address)["label_vi"] == "Phí <đã gõ>"
    assert (await document_at(browser, path))["charges"][0]["label"]["vi"] != "Phí <đã gõ>"
    assert (await press(browser, outdated, address)).status_code == 303
    assert (await document_at(browser, path))["charges"][0]["label"]["vi"] == "Phí <đã gõ>"

    begun = form_of(await browser.get("/fees/drafts/new?way=nothing"), "/fees/drafts/new")
    begun |= {"form_token": "of yesterday", "label_vi": "Phí mới"}
    outdated = await browser.send("/fees/drafts/new", begun)
    assert outdated.status_code == 403
    assert form_of(outdated, "/fees/drafts/new")["label_vi"] == "Phí mới"


@pytest.mark.parametrize("site", [None, "cross-site", "same-site"])
async def test_what_another_site_made_up_is_shown_to_nobody(pages: FeePages, site: str | None) -> None:
    browser = await pages.at(AUTHOR)
    path = await begun_copy(browser)
    address = f"{path}/edit/charges/fee"
    sent = form_of(await browser.get(address), address) | {"form_token": "", "label_vi": "Made up"}
    for signed_in in (True, False):
        if not signed_in:
            browser.http.cookies.clear()
        answer = await browser.send(address, sent, site)
        assert answer.status_code in (401, 403)
        assert "Made up" not in answer.text


async def test_a_charge_that_somebody_puts_before_another_takes_no_rule_from_it(pages: FeePages) -> None:
    browser = await pages.at(AUTHOR)
    path = await begun_copy(browser)
    rule = (await rules_of(browser, path))[0]
    address = f"{path}/edit/rules/{rule}"
    mine = await browser.get(address)
    moved = await press(browser, await browser.get(f"{path}/edit"), f"{path}/edit/change", "down charges fee")
    assert moved.status_code == 303
    conflict = await press(browser, mine, address, label_en="Renamed")
    assert conflict.status_code == 412
    saved = await press(browser, conflict, address)
    assert saved.status_code == 303, words(saved)
    kept = next(
        one for stage in (await document_at(browser, path))["stages"] for one in stage["rules"] if one["id"] == rule
    )
    assert [effect["charge"] for effect in kept["effects"]] == ["fee"]


async def test_the_summary_says_which_field_is_meant(pages: FeePages) -> None:
    browser = await pages.at(AUTHOR)
    shown = await browser.get("/fees/drafts/new?way=nothing")
    refused = await press(browser, shown, "/fees/drafts/new", label_vi="Phí")
    summary = refused.text[refused.text.index('id="errors"') :]
    summary = summary[: summary.index("</div>")]
    for told in ("Name: write it in both", "Name of the charge: write it in both", "Amount in VND: enter a whole"):
        assert told in summary, summary
    assert refused.text.count(">Write it in both languages.<") == 3
    copied = await press(browser, await browser.get("/fees/drafts/new"), "/fees/drafts/new")
    assert "Choose the version to copy." in words(copied)


async def test_hostile_files_are_refused_beside_their_field(pages: FeePages) -> None:
    browser = await pages.at(AUTHOR)
    path = await begun_copy(browser)
    address = f"{path}/edit/new/acts"
    headers = {"Sec-Fetch-Site": "same-origin"}
    typed = {"act_number": "1", "act_title": "1", "act_issued_by_vi": "1", "act_issued_by_en": "1"}
    for name, data in (
        ("a.pdf", b"MZ\x00\x01"),
        ("a.txt", b""),
        ("../../<b>.md", b"\xff\xfe"),
        ("a.pdf", b"<script>alert(1)</script>"),
        ("a.html", b"<script>alert(1)</script>"),
        ("a.html", b"%PDF-1.7 <script>alert(1)</script>"),
    ):
        fields = form_of(await browser.get(address), address) | typed
        answer = await browser.http.post(address, data=fields, files={"file": (name, data)}, headers=headers)
        assert answer.status_code == 422
        assert form_of(answer, address)["act_number"] == "1"
        assert "<b>" not in answer.text
    fields = form_of(await browser.get(address), address) | typed | {"cites-charges-fee": "1"}
    answer = await browser.http.post(address, data=fields, files={"file": ("../../ố <1>.md", ACT)}, headers=headers)
    assert answer.status_code == 303, words(answer)
    assert (await document_at(browser, path))["basis"][-1]["source"]["file"] == "o-1-.md"
    assert (await document_at(browser, path))["charges"][0]["basis"][-1] == "1"


async def test_what_came_before_a_file_that_was_too_slow_is_still_typed(sqlite_url: str, tmp_path: Path) -> None:
    async with fee_pages_on(sqlite_url, tmp_path, limits=replace(GENEROUS, body_seconds=0.5)) as pages:
        browser = await pages.at(AUTHOR)
        path = await begun_copy(browser)
        before = await document_at(browser, path)
        address = f"{path}/edit/new/acts"
        typed = form_of(await browser.get(address), address) | {"act_number": "12/NQ-HĐND"}
        body, headers = with_file(typed, "act.md", bytes(400_000))
        for language, said in (("en", "The connection was too slow for"), ("vi", "Đường truyền quá chậm với tệp này")):
            answer = await browser.http.post(f"{address}?lang={language}", content=slowly(body, 2, 60), headers=headers)
            assert (answer.status_code, answer.headers["connection"]) == (422, "close")
            assert said in words(answer)
            assert form_of(answer, address)["act_number"] == "12/NQ-HĐND"
        document, headers = with_file(
            form_of(await browser.get("/fees/drafts/new"), "/fees/drafts/new") | {"way": "file"},
            "a.json",
            bytes(400_000),
        )
        answer = await browser.http.post("/fees/drafts/new", content=slowly(document, 2, 60), headers=headers)
        assert answer.status_code == 422
        assert "Đường truyền quá chậm với tệp này" in words(answer)
        assert await document_at(browser, path) == before


async def brought_in(browser: Browser, data: bytes | None, site: str = "same-origin") -> httpx.Response:
    """A file sent by the form for it."""
    shown = await browser.get("/fees/drafts/new?way=file")
    files = {"file": ("", b"") if data is None else ("policy.json", data)}
    fields = form_of(shown, "/fees/drafts/new")
    return await browser.http.post("/fees/drafts/new", data=fields, files=files, headers={"Sec-Fetch-Site": site})


async def test_what_was_downloaded_is_brought_in_word_for_word(pages: FeePages) -> None:
    browser = await pages.at(AUTHOR)
    path = await begun_copy(browser)
    downloaded = (await browser.get(f"{path}/document")).content
    answer = await brought_in(browser, downloaded)
    assert answer.status_code == 303, words(answer)
    other, _, done = answer.headers["location"].partition("?")
    assert (other != path, done) == (True, "done=written")
    assert (await browser.get(f"{other}/document")).content == downloaded
    assert "What the check found" in words(await browser.get(answer.headers["location"]))


async def test_hostile_documents_are_refused_with_the_findings_of_the_api(pages: FeePages) -> None:
    browser, approver = await pages.at(AUTHOR), await pages.at(APPROVER)
    document = cheaper()
    good = json.dumps(document).encode()
    for data, told in (
        (None, "Choose the file to bring in."),
        (b"", "policy.json: not JSON"),
        (b"%PDF-1.7", "policy.json: not JSON"),
        (b"[]", "policy.json: a policy is a JSON object"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "policy.json: nested more than 24 deep"),
        (good + b" " * 262_144, "policy.json: larger than 262144 bytes"),
        (good.replace(b"150000", b"NaN"), "numbers are whole"),
        (good.replace(b'"version"', b'"id": "x", "version"'), "the key 'id' stands twice"),
        (good.decode().encode("utf-16"), "policy.json: not UTF-8"),
        (b'{"\\ud800<script>": 1}', "policy.json"),
        (json.dumps(document | {"colour": "<script>"}).encode(), "colour: "),
    ):
        answer = await brought_in(browser, data)
        assert answer.status_code == 422, (data or b"")[:40]
        assert told in words(answer), words(answer)
        assert "<script>" not in answer.text.partition("<main")[2]
    taken = await brought_in(browser, json.dumps(document | {"version": 2}).encode())
    assert taken.status_code == 409
    assert "The draft needs a new one" in words(taken)
    assert (await brought_in(browser, good, "cross-site")).status_code == 403
    fields = form_of(await browser.get("/fees/drafts/new?way=file"), "/fees/drafts/new")
    for other in (approver, pages.desk.signing.another()):
        headers = {"Sec-Fetch-Site": "same-origin"}
        refused = await other.http.post("/fees/drafts/new", data=fields, files={"file": ("a", good)}, headers=headers)
        assert refused.status_code in (401, 403)
    drafts, acts = pages.house.office.do(lambda r: (r.fee_policies.drafts(10), r.fee_policies.acts()))
    assert not drafts
    assert {act.added_by for act in acts} == {"condau"}


async def test_an_act_goes_with_the_last_part_that_rests_on_it(pages: FeePages) -> None:
    browser = await pages.at(AUTHOR)
    path = await begun_copy(browser)
    acts = [act["id"] for act in (await document_at(browser, path))["basis"]]
    file = (await document_at(browser, path))["basis"][0]["source"]["sha256"]
    new_act = {"act_number": "12/NQ-HĐND", "act_title": "1", "act_file": file}
    new_act |= {"act_issued_by_vi": "1", "act_issued_by_en": "1"}
    saved = await rule_typed(browser, path, "Mới", **new_act, **{f"basis-{acts[0]}": ""})
    assert saved.status_code == 303, words(saved)
    document = await document_at(browser, path)
    assert [act["id"] for act in document["basis"]] == [*acts, "12_nq_hdnd"]
    assert document["stages"][-1]["rules"][-1]["basis"] == ["12_nq_hdnd"]
    edit = f"{path}/edit"
    removed = await press(browser, await browser.get(edit), f"{edit}/change", "remove rules moi")
    assert removed.status_code == 303, words(removed)
    assert [act["id"] for act in (await document_at(browser, path))["basis"]] == acts
