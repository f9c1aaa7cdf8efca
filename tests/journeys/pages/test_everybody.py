"""Whoever is not signed in, and the way in and out."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.pages.visiting import DESKTOP, PHONE, visiting


@pytest.mark.parametrize(("language", "size"), [("vi", PHONE), ("en", DESKTOP)])
async def test_the_chosen_language_stays(
    service: dict[str, str], browser: Browser, axe: str, language: Literal["vi", "en"], size: dict[str, int]
) -> None:
    async with visiting(browser, service, language=language, size=size) as visit:
        await visit.sign_in("Nguyễn Thị Minh Anh", to="/account")
        await expect(visit.page.locator("html")).to_have_attribute("lang", language)
        await visit.is_accessible(axe)
        await visit.fits()
        await visit.picture("account")
        await visit.page.locator("#other-language").click()
        other = "en" if language == "vi" else "vi"
        await expect(visit.page.locator("html")).to_have_attribute("lang", other)
        await visit.open("/account")
        await expect(visit.page.locator("html")).to_have_attribute("lang", other)
        visit.check()
