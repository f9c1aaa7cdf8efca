"""What a head sees of figures, everybody of promises and procedures, and an operator of the service."""

from __future__ import annotations

import csv
import io
from typing import Literal

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.pages.visiting import DESKTOP, PHONE, Visit, visiting

HEAD, OPERATOR = "Ngô Quốc Tuấn", "Bùi Khánh Linh"


async def in_both_themes(visit: Visit, axe: str, name: str) -> None:
    await visit.fits()
    for scheme in ("light", "dark"):
        await visit.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # one of its words
        await visit.is_accessible(axe)
        await visit.picture(f"{name}-{scheme}")


@pytest.mark.parametrize(("language", "size", "scripts"), [("vi", PHONE, False), ("en", DESKTOP, True)])
async def test_everybody_reads_procedures_and_punctuality(
    service: dict[str, str],
    browser: Browser,
    axe: str,
    language: Literal["vi", "en"],
    size: dict[str, int],
    scripts: bool,
) -> None:
    async with visiting(browser, service, language=language, size=size, scripts=scripts) as visit:
        for path, name in (("/", "start"), ("/procedures", "procedures"), ("/punctuality", "punctuality")):
            await visit.open(path)
            if scripts:
                await in_both_themes(visit, axe, name)
            else:
                await visit.picture(name)
        await visit.open("/procedures")
        await visit.page.locator('a[href^="/procedures/criminal_record_form_1/"]').first.click()
        await expect(visit.page.locator(".flow > li").first).to_be_visible()
        if scripts:
            await in_both_themes(visit, axe, "procedure")
        visit.check()


@pytest.mark.parametrize(("language", "size"), [("vi", DESKTOP), ("en", PHONE)])
async def test_a_head_and_an_operator_see_their_figures(
    service: dict[str, str], browser: Browser, axe: str, language: Literal["vi", "en"], size: dict[str, int]
) -> None:
    async with visiting(browser, service, language=language, size=size) as visit:
        await visit.sign_in(HEAD, kind="officials", to="/statistics")
        await expect(visit.page.locator(".figures").first).to_contain_text(
            "Tiếp nhận" if language == "vi" else "Received"
        )
        await in_both_themes(visit, axe, "statistics")
        answer = await visit.page.request.get(
            f"{service['service']}/statistics/weeks.csv?period=year", headers={"Accept-Language": language}
        )
        rows = list(csv.reader(io.StringIO((await answer.body()).decode("utf-8-sig"))))
        assert len(rows[0]) == 6
        assert len(rows) > 1
        refused = await visit.page.request.get(f"{service['service']}/operation")
        assert refused.status == 403
        visit.check()
    async with visiting(browser, service, language=language, size=size) as visit:
        await visit.sign_in(OPERATOR, kind="officials", to="/operation")
        await expect(visit.page.locator("#wrong")).to_be_visible()
        await in_both_themes(visit, axe, "operation")
        visit.check()
