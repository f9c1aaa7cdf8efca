"""Whoever is shown a document, on the running service: its own clock, its own keys, its own lists."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.pages.visiting import DESKTOP, PHONE, visiting


@pytest.mark.parametrize(("language", "size", "scripts"), [("vi", PHONE, False), ("en", DESKTOP, True)])
async def test_a_number_that_nobody_issued(
    service: dict[str, str],
    browser: Browser,
    axe: str,
    language: Literal["vi", "en"],
    size: dict[str, int],
    scripts: bool,
) -> None:
    async with visiting(browser, service, language=language, size=size, scripts=scripts) as visit:
        page = visit.page
        await visit.open("/v")
        await visit.fits()
        await visit.picture("scanner")
        if scripts:
            await page.evaluate("navigator.serviceWorker.ready")
            await expect(page.locator("#lists-state")).to_contain_text("Checks work without a connection")
            await visit.is_accessible(axe)
        else:
            await expect(page.locator("#scan")).to_be_hidden()
            await expect(page.locator("#lists")).to_be_hidden()
        await page.locator("#number").fill("1234 5678 9012")
        await page.locator("#check_code").fill("7K3M9-QW2XD")
        await page.locator("#by-number button").click()
        await expect(page.locator(".verdict")).to_have_attribute("data-state", "not_genuine")
        # It may be mistyped: nobody is accused.
        await expect(page.locator(".report")).to_be_hidden()
        await visit.fits()
        await visit.picture("scanner-not-genuine")
        assert visit.said_to_have_asked("7K3M9") == []
        visit.check()
