"""From the catalogue to an application that was sent with its paper, in a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import pytest
from playwright.async_api import Browser, Route, expect

from tests.api.papers import a_picture
from tests.journeys.pages.visiting import DESKTOP, PHONE, Visit, visiting

LAN = "Vũ Thị Lan"
BINH = "Trần Văn Bình"
WARD = "001318000023"


async def look(visit: Visit, axe: str | None, name: str) -> None:
    """The page as it is now, in both themes. axe: None where the browser runs no scripts, not even ours."""
    await visit.fits()
    for scheme in ("light", "dark"):
        await visit.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
        if axe is not None:
            await visit.is_accessible(axe)
        await visit.picture(f"{name}-{scheme}")
    await visit.page.emulate_media(color_scheme="light")


@asynccontextmanager
async def asking(
    browser: Browser, service: dict[str, str], language: Literal["vi", "en"], size: dict[str, int], scripts: bool
) -> AsyncIterator[Visit]:
    async with visiting(browser, service, language=language, size=size, scripts=scripts) as visit:
        yield visit
        visit.check()
        # neither a number nor a name, nor what was typed, has stood in any address
        for secret in (WARD, "0011480", "kết hôn", "k%E1%BA%BFt"):
            assert visit.said_to_have_asked(secret) == []


async def test_what_was_chosen_before_the_script_came_is_priced_too(service: dict[str, str], browser: Browser) -> None:
    chosen = asyncio.Event()

    async def come_late(route: Route) -> None:
        await chosen.wait()
        await route.continue_()

    async with visiting(browser, service) as visit:
        await visit.page.route("**/citizen/quote.js", come_late)
        await visit.page.goto(f"{visit.service}/services/marital_status_confirmation", wait_until="commit")
        await visit.page.locator('[id="input.copies"]').fill("3")
        chosen.set()
        await expect(visit.page.locator("#quote .price")).to_contain_text("45")
        visit.check()


@pytest.mark.parametrize(
    ("language", "size", "scripts"), [("vi", PHONE, False), ("en", DESKTOP, True)], ids=["phone", "desktop"]
)
async def test_from_the_catalogue_to_the_paper_that_comes_with_it(
    service: dict[str, str],
    browser: Browser,
    axe: str,
    language: Literal["vi", "en"],
    size: dict[str, int],
    scripts: bool,
) -> None:
    checker = axe if scripts else None
    async with asking(browser, service, language, size, scripts) as visit:
        page = visit.page
        await visit.open(f"/services?lang={language}")
        await look(visit, checker, "services")
        await page.locator('a[href="/services/marital_status_confirmation"]').click()
        await expect(page.locator("#quote .price")).to_contain_text("15")
        await page.locator('[id="input.copies"]').fill("3")
        if not scripts:
            await page.locator("form[data-quote] button").click()
        await expect(page.locator("#quote .price")).to_contain_text("45")
        await look(visit, checker, "service")

        await visit.sign_in(LAN, to="/services/marital_status_confirmation/apply")
        await look(visit, checker, "apply")
        await page.locator('[id="input.copies"]').fill("30")
        await page.locator('main form button[value="check"]').click()
        await expect(page.locator("#errors a")).to_have_count(2)
        await page.locator("#errors a").last.click()
        await expect(page.locator('[id="input.purpose"]')).to_be_focused()
        await look(visit, checker, "apply-refused")
        await page.locator('[id="input.copies"]').fill("3")
        if scripts:
            await expect(page.locator("#quote .price")).to_contain_text("45")
        await page.locator('[id="input.purpose"]').fill("Đăng ký kết hôn")
        await page.locator('[id="input.married_before"]').check()
        await page.locator('main form button[value="check"]').click()
        await expect(page.locator(".price")).to_contain_text("45")
        await look(visit, checker, "summary")
        await page.locator('button[value="change"]').click()
        await expect(page.locator('[id="input.purpose"]')).to_have_value("Đăng ký kết hôn")
        await expect(page.locator('[id="input.married_before"]')).to_be_checked()
        await page.locator('main form button[value="check"]').click()
        await page.locator('button[value="send"]').click()
        await page.wait_for_url("**/evidence?done=sent")
        await look(visit, checker, "evidence")

        await page.locator("#file").set_input_files({"name": "a.exe", "mimeType": "image/png", "buffer": b"MZ" * 99})
        await page.locator("main form button").click()
        await expect(page.locator("#file-error")).to_be_visible()
        await look(visit, checker, "evidence-refused")
        await page.locator("#file").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": a_picture()})
        await page.locator("main form button").click()
        await page.wait_for_url("**/evidence?done=evidence")
        await expect(page.locator(".paper")).to_have_count(1)
        await look(visit, checker, "evidence-brought")
        await visit.open("/")
        await expect(page.locator(".cases .waits").first).to_be_visible()
        await look(visit, checker, "home")
        await visit.open("/account")
        await look(visit, checker, "account")


async def test_for_a_child_with_the_copies_by_post(service: dict[str, str], browser: Browser, axe: str) -> None:
    async with asking(browser, service, "vi", PHONE, True) as visit:
        page = visit.page
        await visit.sign_in(LAN, to="/services/criminal_record_form_1/apply")
        await expect(page.locator('[id="input.birth_place"]')).to_have_value(
            "Xã Bát Tràng, huyện Gia Lâm, thành phố Hà Nội"
        )
        await look(visit, axe, "apply-prefilled")
        await page.locator('a[href$="for=child"]').click()
        await expect(page.locator('[id="post.street"]')).to_be_hidden()
        lines = {
            "child": WARD,
            "input.birth_place": "Phường Cầu Dền, thành phố Hà Nội",
            "input.nationality": "Việt Nam",
            "input.permanent_residence": "Xóm 3, xã Bát Tràng, thành phố Hà Nội",
        }
        for name, line in lines.items():
            await page.locator(f'[id="{name}"]').fill(line)
        await page.locator('[id="input.sex-female"]').check()
        await page.locator('[id="input.delivery-post"]').check()
        await expect(page.locator('[id="post.street"]')).to_be_visible()
        await look(visit, axe, "apply-for-child")
        post = {
            "recipient": LAN,
            "phone": "0912345678",
            "street": "Xóm 3",
            "commune": "Xã Bát Tràng",
            "province": "Thành phố Hà Nội",
        }
        for name, line in post.items():
            await page.locator(f'[id="post.{name}"]').fill(line)
        await page.locator('main form button[value="check"]').click()
        await expect(page.locator("dl").first).to_contain_text("Hoàng Bảo Ngọc")
        await look(visit, axe, "summary-for-child")
        await page.locator('button[value="send"]').click()
        await page.wait_for_url("**/applications/*?done=sent")
        await expect(page.locator("main")).to_contain_text("Hoàng Bảo Ngọc")


async def test_level_1_is_told_what_is_missing_in_both_languages(
    service: dict[str, str], browser: Browser, axe: str
) -> None:
    async with asking(browser, service, "en", PHONE, True) as visit:
        await visit.sign_in(BINH, to="/services/criminal_record_form_1")
        for language in ("en", "vi"):
            await visit.open(f"/services/criminal_record_form_1?lang={language}")
            await expect(visit.page.locator('.notice a[href*="level=2"]')).to_be_visible()
            await look(visit, axe, f"service-level-1-{language}")
        await visit.open("/services/criminal_record_form_1/apply")
        await expect(visit.page.locator('main a.button[href*="level=2"]')).to_be_visible()


async def test_what_was_typed_outlives_the_session_and_the_language(
    service: dict[str, str], browser: Browser, axe: str
) -> None:
    async with asking(browser, service, "vi", PHONE, True) as visit:
        page = visit.page
        await visit.sign_in(LAN, to="/services/marital_status_confirmation/apply")
        await page.locator('[id="input.purpose"]').fill("Đăng ký kết hôn")
        await page.locator("#other-language").click()
        await expect(page.locator("h1")).to_have_text("Marital status confirmation")
        await expect(page.locator('[id="input.purpose"]')).to_have_value("Đăng ký kết hôn")
        await look(visit, axe, "apply-other-language")

        await page.context.clear_cookies(name="condau")
        await page.locator('[id="input.copies"]').press("Enter")
        await expect(page.locator('main a[target="_blank"]')).to_be_visible()
        await look(visit, axe, "signed-out-while-typing")
        for heading in ("Phiên đăng nhập đã kết thúc", "You have been signed out"):
            await page.locator("#other-language").click()
            await expect(page.locator("h1")).to_have_text(heading)
        elsewhere = Visit(await page.context.new_page(), visit.service, visit.hosts, "vi", visit.name)
        await elsewhere.sign_in(LAN, to="/account")
        await page.locator('main button[value="change"]').click()
        await expect(page.locator('[id="input.purpose"]')).to_have_value("Đăng ký kết hôn")
        await look(visit, axe, "apply-outdated")
        await page.locator('[id="input.copies"]').press("Enter")
        await expect(page.locator('button[value="send"]')).to_be_visible()
