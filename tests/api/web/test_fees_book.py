"""The book of fee rules as pages: who reads it, what it shows, and what it never runs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from issuance.fees.policy import SHIPPED_POLICIES
from tests.api.web.fee_pages import ACT, APPROVER, AUTHOR, CASEWORKER, FeePages, cheaper, fee_pages_on, fill, words

POLICY = "/fees/policies/criminal_record_form_1.hanoi"


@pytest.fixture
async def pages(sqlite_url: str, tmp_path: Path) -> AsyncIterator[FeePages]:
    async with fee_pages_on(sqlite_url, tmp_path) as found:
        yield found


async def test_every_official_reads_the_book_and_authors_see_drafts(pages: FeePages) -> None:
    path = await pages.draft()
    at_desk, at_author, at_approver = await pages.at(CASEWORKER), await pages.at(AUTHOR), await pages.at(APPROVER)
    shown = await at_desk.get("/fees")
    assert f'href="{POLICY}/1"' in shown.text
    assert path not in shown.text
    assert "/fees/drafts/new" not in shown.text
    written = await at_author.get("/fees")
    assert f'href="{path}"' in written.text
    assert "/fees/drafts/new" in written.text
    assert f'href="{path}"' in (await at_approver.get("/fees")).text
    assert "/fees/drafts/new" not in (await at_approver.get("/fees")).text


@pytest.mark.parametrize("page", ["/fees", POLICY, f"{POLICY}/1", f"{POLICY}/difference"])
async def test_nobody_else_does(pages: FeePages, page: str) -> None:
    browser = pages.desk.signing.another()
    away = await browser.get(page)
    assert away.status_code == 303
    assert away.headers["location"].startswith("/sign-in?")
    await browser.sign_in()
    assert (await browser.get(page)).status_code == 403


async def test_a_version_reads_as_a_document(pages: FeePages) -> None:
    browser = await pages.at(CASEWORKER)
    said = words(await browser.get(f"{POLICY}/1"))
    written = json.loads((SHIPPED_POLICIES / "criminal-record-form-1.2017-01-01.json").read_text(encoding="utf-8"))
    for charge in written["charges"]:
        assert charge["label"]["en"] in said
    for stage in written["stages"]:
        for rule in stage["rules"]:
            assert rule["label"]["en"] in said
    for act in written["basis"]:
        assert act["number"] in said
        assert act["source"]["sha256"][:16] in said
    for example in written["examples"]:
        assert example["name"] in said
    kept = await browser.get(f"{POLICY}/1/document")
    assert kept.json() == written
    assert kept.headers["content-disposition"].startswith("attachment")


async def test_the_vietnamese_page_is_vietnamese(pages: FeePages) -> None:
    browser = await pages.at(CASEWORKER)
    said = words(await browser.get(f"{POLICY}/1?lang=vi"))
    assert "Các khoản thu" in said
    assert "What is charged" not in said


async def test_acts_are_read_by_those_who_write_and_approve(pages: FeePages) -> None:
    path = await pages.draft()
    at_author, at_desk = await pages.at(AUTHOR), await pages.at(CASEWORKER)
    page = await at_author.get(path)
    link = next(one for one in page.text.split('"') if one.startswith("/fees/acts/") and "resolution" in page.text)
    files = [one for one in page.text.split('"') if one.startswith("/fees/acts/")]
    contents = [(await at_author.get(one)).content for one in files]
    assert ACT in contents
    assert (await at_desk.get(link)).status_code == 403
    assert "/fees/acts/" not in (await at_desk.get(f"{POLICY}/1")).text


@pytest.mark.parametrize(
    "page", ["/fees/policies/unknown", f"{POLICY}/99", f"{POLICY}/99/document", f"{POLICY}/difference?to=99"]
)
async def test_what_the_book_has_not_is_not_found(pages: FeePages, page: str) -> None:
    assert (await (await pages.at(AUTHOR)).get(page)).status_code == 404


async def test_the_book_as_it_was_known(pages: FeePages) -> None:
    path = await pages.rehearsed()
    at_approver = await pages.at(APPROVER)
    before = pages.house.office.at.date().isoformat()
    await fill(at_approver, f"{path}/approval")
    pages.desk.signing.pass_time(days=2)
    again = pages.desk.signing.another()
    await again.sign_in(APPROVER, "officials")
    await fill(again, f"{path}/schedule")

    now, then = await again.get("/fees"), await again.get(f"/fees?known={before}")
    assert f'href="{POLICY}/3"' in now.text
    assert f'href="{POLICY}/3"' not in then.text
    assert "as it was known at the end of" in then.text
    wrong = await again.get("/fees?known=2999-01-01")
    assert "Choose a day before today." in wrong.text
    history = words(await again.get(POLICY))
    assert "superseded by version 3" in history
    assert "thay thế bằng phiên bản 3" in words(await again.get(f"{POLICY}?lang=vi"))


async def test_the_difference_of_a_draft_in_words_side_by_side_and_in_money(pages: FeePages) -> None:
    path = await pages.draft()
    browser = await pages.at(AUTHOR)
    shown = await browser.get(f"{path}/difference")
    assert "<del>200,000</del>" in shown.text
    assert "<ins>150,000</ins>" in shown.text
    said = words(shown)
    assert "rate: 200,000 VND → 150,000 VND" in said
    # A sample request at the desk, and one whose reduced rate stays.
    assert "200,000 VND 150,000 VND" in said
    assert "cost the same as before" in said


async def test_two_versions_are_compared(pages: FeePages) -> None:
    browser = await pages.at(CASEWORKER)
    shown = await browser.get(f"{POLICY}/difference?from=1&to=2")
    assert '<option value="1" selected>' in shown.text
    assert '<option value="2" selected>' in shown.text
    assert "Rate" in shown.text or "rate" in shown.text
    assert "basis: 244/2016/TT-BTC → 16/2025/TT-BTC" in words(shown)
    back = words(await browser.get(f"{POLICY}/difference?from=2&to=1"))
    assert back != words(shown)
    same = words(await browser.get(f"{POLICY}/difference?from=1&to=1"))
    assert "Nothing: both say the same." in same


async def test_one_version_is_compared_with_nothing(pages: FeePages) -> None:
    browser = await pages.at(CASEWORKER)
    shown = await browser.get("/fees/policies/school_transcript.hanoi/difference")
    assert "has one version only" in shown.text
    assert 'href="/fees/policies/school_transcript.hanoi/1"' in shown.text
    assert (await browser.get("/fees/policies/school_transcript.hanoi/difference?from=7")).status_code == 404


async def test_kept_acts_with_who_brought_them_and_what_rests_on_them(pages: FeePages) -> None:
    await pages.draft()
    at_author = await pages.at(AUTHOR)
    shown = await at_author.get("/fees/acts")
    said = words(shown)
    assert "Circular 16/2025/TT-BTC circular-16-2025.md" in said
    assert f'href="{POLICY}/2"' in shown.text
    assert "No version of the book cites it resolution-of-july.md" in said
    assert 'href="/fees/acts"' in (await at_author.get("/fees")).text
    at_desk = await pages.at(CASEWORKER)
    assert (await at_desk.get("/fees/acts")).status_code == 403
    assert 'href="/fees/acts"' not in (await at_desk.get("/fees")).text


async def test_older_drafts_are_a_page_away(pages: FeePages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.web.fees.draft_list._ON_A_PAGE", 1)
    first, second = await pages.draft(), await pages.draft(cheaper() | {"version": 4})
    browser = await pages.at(APPROVER)
    shown = await browser.get("/fees/drafts")
    older = shown.text.partition('rel="next" href="')[2].partition('"')[0]
    there = [one for one in (first, second) if f'href="{one}"' in shown.text]
    behind = await browser.get(older)
    assert [one for one in (first, second) if f'href="{one}"' in behind.text] == [
        one for one in (first, second) if one not in there
    ]
    assert 'rel="next"' not in behind.text
    assert (await browser.get("/fees/drafts?after=00000000-0000-4000-8000-000000000000")).status_code in (400, 404, 422)
    assert (await (await pages.at(CASEWORKER)).get("/fees/drafts")).status_code == 403


async def test_no_text_of_a_policy_is_run(pages: FeePages) -> None:
    evil = cheaper()
    mark = "<img src=x onerror=alert(1)>"
    for text in (evil["label"], evil["charges"][0]["label"], evil["basis"][-1]["title"]):
        text |= {"vi": text["vi"] + mark, "en": text["en"] + mark}
    evil["examples"][0]["name"] += mark
    path = await pages.rehearsed(evil)
    at_approver = await pages.at(APPROVER)
    for page in (path, f"{path}/difference", f"{path}/approval", f"{path}/rehearsal", "/fees"):
        answer = await at_approver.get(page)
        assert "<img" not in answer.text, page
        assert "unsafe-inline" not in answer.headers["content-security-policy"]
    await fill(at_approver, f"{path}/approval")
    assert "<img" not in (await at_approver.get(f"{path}/schedule")).text
    await fill(at_approver, f"{path}/schedule")
    for page in (f"{POLICY}/3", POLICY, "/fees", f"{POLICY}/difference"):
        answer = await at_approver.get(page)
        assert "<img" not in answer.text, page
    assert "&lt;img src=x" in (await at_approver.get(f"{POLICY}/3")).text
