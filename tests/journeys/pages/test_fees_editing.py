"""Somebody who is no programmer turns a resolution into a fee policy, in real browsers."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.async_api import Browser, Dialog, Locator, expect

from tests.journeys.pages.visiting import DESKTOP, PHONE, Visit, visiting

AUTHOR = "Đào Thị Hương"
RESOLUTION = {
    "name": "Nghị quyết 12.txt",
    "mimeType": "text/plain",
    "buffer": "Hỗ trợ 50% phí cho học sinh, sinh viên đến hết ngày 31/12.\n".encode(),
}


async def look(visit: Visit, name: str, axe: str, *schemes: Literal["light", "dark"]) -> None:
    """schemes: in which the page must be accessible."""
    await visit.fits()
    await visit.picture(name)
    if axe:
        for scheme in schemes:
            await visit.page.emulate_media(color_scheme=scheme)
            if scheme == "dark":
                await visit.picture(f"{name}-dark")
            await visit.is_accessible(axe)


async def begin_from_nothing(visit: Visit, year: int) -> None:
    page = visit.page
    await page.locator('a[href="/fees/drafts/new"]').first.click()
    await page.locator('a[href="/fees/drafts/new?way=nothing"]').click()
    for name, text in {
        "label_vi": "Phí lý lịch tư pháp theo Nghị quyết 12",
        "label_en": "Fee for the extract under Resolution 12",
        "first_day": f"{year}-01-01",
        "last_day": f"{year}-12-31",
        "charge_vi": "Phí cung cấp thông tin",
        "charge_en": "Fee for the information",
        "amount": "200.000",
        "act_number": "12/NQ-HĐND",
        "act_title": "Hỗ trợ phí cho học sinh, sinh viên",
        "act_issued_by_vi": "Hội đồng nhân dân thành phố Hà Nội",
        "act_issued_by_en": "People’s Council of Hanoi",
        "act_article_vi": "Điều 3",
    }.items():
        await page.locator(f"#{name}").fill(text)
    await page.locator("#type-criminal_record_form_1").check()
    await page.locator("#file").set_input_files([RESOLUTION])  # type: ignore[list-item]  # as its own words have it
    await page.locator("#like").select_option("students")


async def is_asked_before_leaving(visit: Visit) -> None:
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    visit.page.once("dialog", stay)
    before = visit.page.url
    await visit.page.locator(".crumbs a").first.click()
    assert (asked, visit.page.url) == (["beforeunload"], before)


def save(visit: Visit) -> Locator:
    return visit.page.locator('.save button[value="save"]')


@pytest.mark.parametrize(
    ("language", "size", "scripts", "year"),
    [("vi", PHONE, False, 2041), ("en", DESKTOP, True, 2042)],
    ids=["phone", "desktop"],
)
async def test_half_for_students_until_the_end_of_the_year(
    service: dict[str, str],
    browser: Browser,
    axe: str,
    language: Literal["vi", "en"],
    size: dict[str, int],
    scripts: bool,
    year: int,
) -> None:
    axe = axe if scripts else ""
    async with visiting(browser, service, language=language, size=size, scripts=scripts) as visit:
        page = visit.page
        await visit.sign_in(AUTHOR, kind="officials", to="/fees")
        await begin_from_nothing(visit, year)
        await look(visit, "new-draft", axe, "light")
        await page.locator("main form button").last.click()

        await page.locator("#quota_unit").select_option("requests")
        await page.locator("#quota_max").fill("nhiều")
        await page.locator("input[name^=basis-]").first.check()
        await page.locator("#funding").select_option("new")
        if not await page.locator("#funding_vi").is_visible():
            await page.locator("details:has(#funding_vi) > summary").click()
        await page.locator("#funding_vi").fill("ngân sách thành phố Hà Nội")
        await page.locator("#funding_en").fill("the budget of Hanoi")
        await save(visit).click()
        await expect(page.locator("#quota_max-error")).to_be_visible()
        await look(visit, "rule-refused", axe, "light")
        await page.locator("#quota_max").fill("1.000")
        if scripts:
            await expect(page.locator("#live .sentence")).to_contain_text("1,000")
        await page.locator('button[value="add w"]').click()
        await page.locator("#w-1-fact").select_option("copies")
        if scripts:
            await expect(page.locator("#w-1-low")).to_be_visible()
        else:
            await page.locator('button[value="look"]').last.click()
        await page.locator("#w-1-op").select_option("lte")
        await page.locator("#w-1-low").fill("3")
        await look(visit, "rule", axe, "dark")
        if scripts:
            await is_asked_before_leaving(visit)
        await save(visit).click()
        await expect(page.locator("[role=status]")).to_be_visible()
        await look(visit, "edit", axe, "dark", "light")
        await page.locator("aside a.button").click()
        await expect(page.locator('main a[href$="/rehearsal"]')).to_be_visible()
        visit.check()
