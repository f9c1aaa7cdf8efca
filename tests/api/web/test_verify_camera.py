"""The scanner's camera, with a film of a printed document in front of it; with a service, and after it has gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
import qrcode
from PIL import Image
from playwright.async_api import Browser, async_playwright, expect

from tests.api.house import House, served
from tests.api.test_page_browser import ARGUMENTS, CHROMIUM, axe
from tests.api.test_uploads import page_of
from tests.api.web.scanning import FILM, film, scanning

__all__ = ["axe"]

ELSEWHERE = "condau-elsewhere.example"
"""A name of the loopback that no browser takes for one."""


@pytest.fixture
async def filmed(tmp_path: Path) -> AsyncIterator[Browser]:
    """A browser whose camera sees the film in the test's folder."""
    arguments = [
        *ARGUMENTS,
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={tmp_path / FILM}",
        f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1",
    ]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        await browser.close()


def printed(text: str) -> Image.Image:
    return qrcode.make(text, box_size=8).get_image().convert("L")


async def test_a_printed_code_is_valid_also_without_a_service_and_revoked_after_an_update(
    house: House, filmed: Browser, tmp_path: Path
) -> None:
    code, certificate = await house.issued()
    film(page_of(house, certificate), tmp_path / FILM)
    async with scanning(filmed, house) as scanner:
        page = scanner.page
        async with served(house) as host:
            scanner.host = host
            await scanner.open()
            await scanner.is_ready_for_offline()
            seconds = [await scanner.scan()]
            await scanner.shows("valid")
            await expect(page.locator(".compare dd").first).to_have_text("Nguyễn Thị Minh Anh")
            await expect(page.locator(".fresh")).to_have_text("Hệ thống cấp giấy vừa trả lời.")

        await scanner.open()
        seconds.append(await scanner.scan())
        await scanner.shows("valid")
        await expect(page.locator(".fresh")).to_contain_text("Ngoại tuyến, dữ liệu lúc 09:00:00 ngày 03/06/2024")
        await scanner.picture("camera-offline")
        # One tap to the next one.
        await page.get_by_role("link", name="Kiểm tra giấy tờ khác").click()
        await expect(page.locator("#video")).to_be_visible()
        await scanner.shows("valid")

        await house.post(f"/v1/desk/applications/{code}/revocation", house.official(), json={"reason": "replaced"})
        async with served(house, urlsplit(host).port or 0):
            await page.get_by_role("button", name="Cách kiểm tra khác").click()
            async with page.expect_response("**/.well-known/condau-bundle"):
                await page.get_by_role("button", name="Cập nhật ngay").click()
            await expect(page.get_by_role("button", name="Cập nhật ngay")).to_be_enabled()
        seconds.append(await scanner.scan())
        await scanner.shows("revoked")
        await expect(page.locator(".fresh")).to_contain_text("Ngoại tuyến")
        scanner.check()
    print(f"from the tap to the verdict: {', '.join(f'{one:.2f} s' for one in seconds)}")


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_only_codes_of_documents_count(
    house: House, filmed: Browser, tmp_path: Path, axe: str, language: Literal["vi", "en"]
) -> None:
    film(printed("https://menu.example/pho"), tmp_path / FILM)
    said = {"vi": "không phải của giấy tờ", "en": "not one of a document"}[language]
    async with served(house) as host, scanning(filmed, house, language=language) as scanner:
        scanner.host, page = host, scanner.page
        await scanner.open()
        await page.locator("#scan").click()
        await expect(page.locator("#seen")).to_contain_text(said)
        await scanner.is_accessible(axe, "scanning")
        await page.locator("#stop").click()
        await expect(page.locator("#ways")).to_be_visible()
        assert await page.evaluate("document.getElementById('video').srcObject") is None
        scanner.check()


async def test_each_trouble_with_the_camera_has_its_words_and_leaves_the_other_ways(
    house: House, filmed: Browser, tmp_path: Path, axe: str
) -> None:
    film(printed("https://menu.example/pho"), tmp_path / FILM)
    async with served(house) as host:
        async with scanning(filmed, house, camera=False) as scanner:
            scanner.host = host
            await scanner.open()
            await scanner.page.locator("#scan").click()
            await expect(scanner.page.locator("#trouble")).to_contain_text("chưa được phép dùng máy ảnh")
            await expect(scanner.page.locator("#trouble")).to_be_focused()
            await expect(scanner.page.get_by_label("Số giấy tờ")).to_be_visible()
            await scanner.is_accessible(axe, "camera-refused")
            scanner.check()
        async with scanning(filmed, house) as scanner:
            scanner.host = host.replace("127.0.0.1", ELSEWHERE)
            await scanner.open()
            await scanner.page.locator("#scan").click()
            await expect(scanner.page.locator("#trouble")).to_contain_text("kết nối an toàn (https)")
            await expect(scanner.page.locator("#lists-state")).to_contain_text("không tự kiểm tra được")
        async with scanning(filmed, house) as scanner:
            scanner.host = host
            await scanner.page.route("**/static/vendor/**", lambda route: route.abort())
            await scanner.open()
            await scanner.page.locator("#scan").click()
            await expect(scanner.page.locator("#trouble")).to_contain_text("Không tải được bộ đọc mã QR")
