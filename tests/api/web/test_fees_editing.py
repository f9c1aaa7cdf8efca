"""A policy written by forms alone, by somebody who is no programmer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.signing_in import Browser
from tests.api.web.fee_pages import ACT, AUTHOR, FeePages, fee_pages_on, words
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
