"""From an application that was sent to a code that anybody can scan; and what the citizen learns on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Browser, expect
from rich.console import Console

from condau.clock import now
from condau.scenes import REQUEST
from condau.settlement_scene import owner_of, propose
from condau.story import HEAD, STRANGER, Story
from issuance.fees.facts import vietnam_day
from tests.journeys.pages.visiting import DESKTOP, PHONE, Visit, visiting

DUNG = "Lê Hoàng Dũng"
LATE = "Vũ Thị Lan"
_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture
def story(service: dict[str, str], tmp_path: Path) -> Iterator[Story]:
    """What happens elsewhere, over the API: at the agency, at the bank."""
    with httpx.Client(base_url=service["service"], trust_env=False, timeout=30) as client:
        yield Story(service=client, outside_url=service["outside"], folder=tmp_path, console=Console(quiet=True))


def applied(story: Story, client_id: str = "one-stop-kiosk") -> dict[str, Any]:
    """Dũng's, through an application for whose channel money is due."""
    request = {**REQUEST, "input": {**REQUEST["input"], "sex": "male"}}
    token = story.token(STRANGER, client_id)
    answer: dict[str, Any] = story.call("POST", "/v1/applications", token, expect=201, json=request).json()
    return answer


def pay(story: Story, case: dict[str, Any]) -> None:
    order = {"memo": case["payment"]["memo"], "amount": case["payment"]["amount_vnd"]}
    httpx.post(f"{story.outside_url}/gateway/payments", json=order, trust_env=False).raise_for_status()


def saved(path: str) -> bytes:
    """What a browser has downloaded."""
    return Path(path).read_bytes()


async def look(visit: Visit, axe: str | None, name: str) -> None:
    """The page as it is now, in both themes. axe: None where the browser runs no scripts, not even ours."""
    await visit.page.wait_for_load_state()
    await visit.fits()
    for scheme in _SCHEMES:
        await visit.page.emulate_media(color_scheme=scheme)
        if axe is not None:
            await visit.is_accessible(axe)
        await visit.picture(f"{name}-{scheme}")
    await visit.page.emulate_media(color_scheme="light")


def scanned(picture: bytes) -> str:
    """What a camera reads off the screen."""
    codes = zxingcpp.read_barcodes(Image.open(BytesIO(picture)))
    assert len(codes) == 1
    return codes[0].text


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "none"])
async def test_a_photo_of_a_telephone_is_uploaded(
    service: dict[str, str], browser: Browser, story: Story, tmp_path: Path, scripts: bool
) -> None:
    """Made smaller on its way, where the browser runs scripts; otherwise what is small enough goes as it is."""
    path = f"/applications/{applied(story)['code']}"
    photo = tmp_path / "IMG_1.jpg"
    Image.effect_noise((4032, 3024) if scripts else (600, 800), 60).convert("RGB").save(photo, quality=95)
    assert (photo.stat().st_size > 7_000_000) is scripts
    async with visiting(browser, service, language="en", scripts=scripts) as visit:
        page = visit.page
        await visit.sign_in(DUNG, to=f"{path}/evidence")
        await page.locator("#file").set_input_files(photo)
        for choice in ("category", "kind"):
            if await page.locator(f'input[type=radio][name="{choice}"]').count():
                await page.locator(f'input[name="{choice}"]').first.check()
            elif await page.locator(f"select#{choice}").count():
                await page.locator(f"#{choice}").select_option(index=1)
        await page.get_by_role("button", name="Upload").click()
        await page.wait_for_url(f"**{path}/evidence?done=evidence")
        await expect(page.locator(".paper")).to_be_visible()
        visit.check()


@pytest.mark.parametrize(
    ("language", "size", "scripts"), [("vi", PHONE, False), ("en", DESKTOP, True)], ids=["phone", "desktop"]
)
async def test_paid_settled_shown_and_checked(
    service: dict[str, str],
    browser: Browser,
    axe: str,
    story: Story,
    language: Literal["vi", "en"],
    size: dict[str, int],
    scripts: bool,
) -> None:
    case = applied(story)
    code, path = case["code"], f"/applications/{case['code']}"
    checker = axe if scripts else None
    async with visiting(browser, service, language=language, size=size, scripts=scripts) as visit:
        page = visit.page
        await visit.sign_in(DUNG, to="/applications")
        await expect(page.locator(f'.waits a[href="{path}"]')).to_be_visible()
        await look(visit, checker, "applications")

        await page.locator(f'a[href="{path}"]').click()
        await expect(page.locator("#turn")).to_contain_text("205")
        await look(visit, checker, "application-to-pay")
        await page.locator(f'a.button[href="{path}/payment"]').click()
        await expect(page.locator(".vietqr")).to_be_visible()
        await page.wait_for_load_state("load")  # with its pictures
        assert case["payment"]["memo"] in scanned(await page.locator(".vietqr img").screenshot())
        await look(visit, checker, "payment")
        await page.locator("form button.button").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await look(visit, checker, "payment-not-come")
        pay(story, case)
        await page.locator("form button.button").click()
        await page.wait_for_url(f"**{path}?done=paid")
        await look(visit, checker, "application-in-progress")

        owner = owner_of(story, code)
        asked = {
            "text": "Đề nghị bổ sung bản chụp giấy xác nhận thông tin cư trú.",
            "until": (vietnam_day(now()) + timedelta(days=14)).isoformat(),
        }
        story.call("POST", f"/v1/desk/applications/{code}/papers-request", owner, expect=200, json=asked)
        await visit.open(path)
        await expect(page.locator("blockquote")).to_contain_text("giấy xác nhận")
        await look(visit, checker, "application-papers-asked")
        await page.locator(f'a[href="{path}/questions"]').click()
        await page.locator("#text").fill("Chụp bằng điện thoại <b>có được</b> không?\nCảm ơn.")
        await page.locator("form button.button").click()
        await page.wait_for_url(f"**{path}/questions?done=asked")
        await expect(page.locator(".said")).to_contain_text("<b>có được</b>")
        await look(visit, checker, "questions")
        await visit.open(path)
        await page.locator(f'form[action="{path}/papers-given"] button').click()
        await page.wait_for_url(f"**{path}?done=papers")

        propose(story, code)
        story.call("POST", f"/v1/desk/applications/{code}/approval", story.token(HEAD, "desk"), expect=200, json={})
        token = story.token(STRANGER, "one-stop-kiosk")
        story.wait_for(f"/v1/applications/{code}", token, lambda answer: bool(answer.json()["document"]))
        if scripts:
            # nobody loads the page anew: it learns by itself
            await expect(page.locator(f'a.button[href="{path}/result"]')).to_be_visible(timeout=20_000)
        else:
            await visit.open(path)
        await look(visit, checker, "application-ready")
        await page.locator(f'a.button[href="{path}/result"]').click()
        await expect(page.locator(".document")).to_contain_text(DUNG)
        await look(visit, checker, "result")
        async with page.expect_download() as begun:
            await page.locator(f'a[href="{path}/document"]').click()
        assert saved(str(await (await begun.value).path())).startswith(b"%PDF-")

        await page.locator(f'a[href="{path}/qr"]').click()
        await look(visit, checker, "qr")
        await page.emulate_media(color_scheme="dark")
        link = scanned(await page.screenshot())
        assert re.fullmatch(re.escape(service["service"]) + r"/v#\d+", link)
        background = await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert background == "rgb(255, 255, 255)"

        await visit.open(f"{path}/post")
        await look(visit, checker, "post-empty")
        await page.locator("#phone").fill("12")
        for name, line in (("street", "Số 5 ngõ 40"), ("commune", "Phường Bạch Mai"), ("province", "Thành phố Hà Nội")):
            await page.locator(f"#{name}").fill(line)
        await page.locator("form button.button:not(.second)").click()
        await expect(page.locator("#errors a")).to_have_attribute("href", "#phone")
        await expect(page.locator("#street")).to_have_value("Số 5 ngõ 40")
        await look(visit, checker, "post-refused")
        await page.locator("#phone").fill("0912345678")
        await page.locator("form button.button:not(.second)").click()
        await page.wait_for_url(f"**{path}/post?done=post")
        await look(visit, checker, "post")

        await visit.open("/who-looked")
        await expect(page.locator(f'.looks a[href="{path}"]').first).to_be_visible()
        await look(visit, checker, "who-looked")
        await visit.open("/my-data")
        await look(visit, checker, "my-data")
        async with page.expect_download() as begun:
            await page.locator('a[href="/my-data/export"]').click()
        assert code.encode() in saved(str(await (await begun.value).path()))
        assert visit.said_to_have_asked("12345678") == []
        visit.check()

        kept = await page.context.storage_state()
        if scripts:
            await page.goto(link)
            await expect(page.locator('[data-state="valid"]')).to_be_visible()
    if not scripts:
        async with visiting(browser, service, language=language, size=size, storage_state=kept) as visit:
            for name in ("", "/payment", "/result", "/qr", "/post", "/questions", "/withdrawal"):
                await visit.open(path + name)
                await visit.is_accessible(axe)
            visit.check()


async def test_late_and_apologised_for(service: dict[str, str], browser: Browser, axe: str, story: Story) -> None:
    head = story.token(HEAD, "desk")
    waiting = story.wait_for("/v1/desk/apologies", head, lambda answer: bool(answer.json().get("items")))
    drafted = waiting.json()["items"][0]
    async with visiting(browser, service, language="vi", size=PHONE) as visit:
        await visit.sign_in(LATE, to="/applications")
        await expect(visit.page.locator(".late")).to_be_visible()
        await visit.page.locator(f'a[href="/applications/{drafted["code"]}"]').click()
        await expect(visit.page.locator("#apology")).to_be_visible()
        said = {"reason": "Phải xác minh thêm nơi cư trú trước đây.", "new_date": drafted["proposed_date"]}
        path = f"/v1/desk/applications/{drafted['code']}/apology"
        story.call("POST", path, head, expect=200, json=said)
        await expect(visit.page.locator("blockquote")).to_have_text(said["reason"], timeout=20_000)
        await look(visit, axe, "late")
        await visit.page.locator('a[href$="/withdrawal"]').click()
        await look(visit, axe, "withdrawal")
        visit.check()
