"""The scanner where no service answers: what still works, what it says of the rest, what it keeps and forgets."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, expect

from api.web.verify import offline
from api.web.verify import scanner as scanner_page
from api.web.verify.release import release_of
from signing.trust_list import seal_trust_list
from tests.api.house import PUBLIC_URL, House, served
from tests.api.test_page_browser import axe, browser, digits_of
from tests.api.test_uploads import page_of, telephone_picture
from tests.api.web.scanning import scanning
from tests.api.web.test_verify_states import facts_like, sealed
from tests.sealing import AT, key_ring
from verification.trust import KeyPurpose

__all__ = ["axe", "browser"]

KEPT = """async () => {
    const found = {};
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
            const { pathname, search } = new URL(request.url);
            const answer = await cache.match(request, { ignoreVary: true });
            found[`${name} ${pathname}${search}`] = new TextDecoder().decode(await answer.arrayBuffer());
        }
    }
    return [found, localStorage.length + sessionStorage.length, (await indexedDB.databases()).length, document.cookie];
}"""


async def choose(page: Page, file: Path) -> None:
    await page.locator("#file").set_input_files(file)
    await page.get_by_role("button", name="Kiểm tra tệp này").click()


async def test_a_photo_is_read_on_the_device_and_the_rest_says_that_it_needs_a_connection(
    house: House, browser: Browser, tmp_path: Path, axe: str
) -> None:
    _, certificate = await house.issued()
    photo, pdf, blank = tmp_path / "IMG_1.jpg", tmp_path / "extract.pdf", tmp_path / "blank.png"
    photo.write_bytes(telephone_picture(page_of(house, certificate)))
    pdf.write_bytes(house.pdf(certificate))
    page_of(house, certificate).crop((0, 0, 400, 200)).save(blank)
    async with served(house) as host, scanning(browser, house) as scanner:
        scanner.host, page = host, scanner.page
        await page.add_init_script("navigator.vibrate = (shakes) => { window.shaken = shakes; return true; }")
        await scanner.open()
        await scanner.is_ready_for_offline()
        await page.context.set_offline(True)
        await expect(page.locator("#no-network")).to_be_visible()
        await scanner.is_accessible(axe, "no-network")

        await choose(page, photo)
        await scanner.shows("valid")
        assert await page.evaluate("window.shaken") == [90]
        await expect(page.locator(".note")).to_contain_text("Chỉ mã QR trong đó được kiểm tra")
        await expect(page.locator(".fresh")).to_contain_text("Ngoại tuyến")
        await scanner.picture("photo-offline")
        async with page.expect_file_chooser():
            await page.get_by_role("link", name="Kiểm tra giấy tờ khác").click()
        await expect(page.locator("#file")).to_be_focused()
        assert await page.locator("#file").input_value() == ""
        for file, said in ((pdf, "Chỉ kiểm tra được tệp PDF khi có mạng"), (blank, "Không tìm thấy mã QR")):
            await choose(page, file)
            await expect(page.locator("#trouble")).to_contain_text(said)
        await page.get_by_label("Số giấy tờ").fill(certificate.number)
        await page.get_by_label("Mã kiểm tra").fill(certificate.check_code)
        await page.get_by_role("button", name="Kiểm tra số này").click()
        await expect(page.locator("#trouble")).to_contain_text("cần có mạng")

        await page.context.set_offline(False)
        await page.get_by_role("button", name="Kiểm tra số này").click()
        await scanner.shows("valid")
        assert certificate.number not in page.url
        scanner.check()


async def test_what_a_forger_wrote_stays_text_and_nothing_of_anybody_is_kept(house: House, browser: Browser) -> None:
    _, certificate = await house.issued()
    hostile = "<img src=x onerror=alert(1)>"
    facts = replace(facts_like(certificate), full_name=hostile, result_line="<script>alert(1)</script>")
    async with served(house) as host, scanning(browser, house) as scanner:
        scanner.host, page = host, scanner.page
        await scanner.open()
        await scanner.is_ready_for_offline()
        for digits in (digits_of(house, certificate), sealed(facts, house.office.keys)):
            await scanner.open(digits=digits)
            await expect(page.locator(".verdict")).to_be_visible()
        await page.context.set_offline(True)
        await scanner.open(digits=sealed(facts, house.office.keys))
        await expect(page.locator(".compare dd").first).to_have_text(hostile)
        assert await page.locator("img").count() == 0

        found, stored, databases, cookie = await page.evaluate(KEPT)
        kinds = {key.split(" ")[1].split("?")[0] for key in found}
        release = release_of(house.services.rules.catalogue)
        of_release = {address.partition("?")[0] for address in (*release.files, *release.made)}
        assert kinds == {"/.well-known/condau-bundle", "/v/language"} | of_release
        for content in found.values():
            assert "Minh Anh" not in content
            assert certificate.number not in content
            assert "onerror" not in content
        assert (stored, databases, cookie) == (0, 0, "")
        scanner.check()


async def test_a_result_clears_itself_unless_somebody_keeps_it(house: House, browser: Browser) -> None:
    _, certificate = await house.issued()
    digits = digits_of(house, certificate)
    async with served(house) as host, scanning(browser, house) as scanner:
        scanner.host, page = host, scanner.page
        await page.clock.install(time=house.office.at)
        await scanner.open(digits=digits)
        await expect(page.locator(".clearing")).to_contain_text("Tự xóa sau 60 giây")
        # The clock goes on by itself too, a little.
        await page.clock.run_for(30_000)
        await expect(page.locator(".clearing")).to_contain_text(re.compile(r"Tự xóa sau ([12]?\d|30) giây"))
        await scanner.shows("valid")
        await page.clock.run_for(31_000)
        await expect(page.locator(".verdict")).to_have_count(0)
        await expect(page.locator("#ways")).to_be_visible()
        assert "còn hiệu lực" not in await page.title()

        await scanner.open(digits=digits)
        await page.get_by_role("button", name="Giữ kết quả").click()
        await page.clock.run_for(95_000)
        await expect(page.locator(".clearing")).to_have_text("Giữ đến khi bạn đóng")
        await expect(page.locator(".verdict")).to_have_attribute("data-state", "valid")
        await expect(page.get_by_role("link", name="Kiểm tra giấy tờ khác")).to_be_focused()
        scanner.check()


async def test_a_new_release_waits_for_a_tap_and_takes_over_whole(
    house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(house) as host, scanning(browser, house) as scanner:
        scanner.host, page = host, scanner.page
        await scanner.open()
        await scanner.is_ready_for_offline()
        before = await page.evaluate("caches.keys()")
        release = replace(release_of(house.services.rules.catalogue), version="anotherrelease")
        for module in (offline, scanner_page):
            monkeypatch.setattr(module, "release_of", lambda catalogue: release)
        await scanner.open()
        await expect(page.locator("#update")).to_be_visible()
        await scanner.picture("update")
        assert set(await page.evaluate("caches.keys()")) == {*before, "condau-scanner-anotherrelease"}
        await page.wait_for_load_state("networkidle")
        async with page.expect_navigation():
            await page.get_by_role("button", name="Dùng ngay").click()
        await expect(page.locator("#lists-state")).to_contain_text("2024")
        await expect(page.locator("#update")).to_be_hidden()

        assert sorted(await page.evaluate("caches.keys()")) == sorted(
            ["condau-scanner-anotherrelease", *(name for name in before if not name.startswith("condau-scanner"))]
        )
        scanner.check()


async def test_the_language_last_read_is_the_one_without_a_service(house: House, browser: Browser) -> None:
    async with scanning(browser, house) as scanner:
        async with served(house) as host:
            scanner.host = host
            await scanner.open()
            await scanner.is_ready_for_offline()
            await scanner.page.get_by_role("link", name="English").click()
            await expect(scanner.page.locator("#lists-state")).to_contain_text("June 2024")
        await scanner.open()
        await expect(scanner.page.locator("html")).to_have_attribute("lang", "en")
        await scanner.open(language="vi")
        await expect(scanner.page.locator("html")).to_have_attribute("lang", "vi")
        assert urlsplit(scanner.page.url).path == "/v"
        scanner.check()


async def test_lists_of_a_stranger_replace_none_until_a_person_says_so(
    house: House, browser: Browser, axe: str
) -> None:
    ring = key_ring()
    token = seal_trust_list(
        ring.trust_list(AT), ring.active(KeyPurpose.TRUST_LIST, AT), PUBLIC_URL, AT, timedelta(days=7)
    )
    strangers = {"trust_list": token, "status_lists": [], "made_at": AT.isoformat()}
    async with served(house) as host, scanning(browser, house) as scanner:
        scanner.host, page = host, scanner.page
        await scanner.open()
        await scanner.is_ready_for_offline()
        await page.context.clock.set_fixed_time(AT)
        await page.route("**/.well-known/condau-bundle", lambda route: route.fulfill(json=strangers))
        await page.get_by_role("button", name="Cập nhật ngay").click()
        await expect(page.locator("#lists-state")).to_contain_text("Vẫn dùng dữ liệu lúc 09:00:00 ngày 03/06/2024")
        await scanner.is_accessible(axe, "stranger")
        await page.get_by_role("button", name="Bắt đầu lại").click()
        await expect(page.locator("#lists-state")).to_contain_text("Dữ liệu lúc 10:00:00 ngày 20/11/2026")
        await expect(page.get_by_role("button", name="Bắt đầu lại")).to_be_hidden()
        scanner.check()


async def test_before_the_first_lists_a_lost_connection_accuses_nobody(house: House, browser: Browser) -> None:
    _, certificate = await house.issued()
    async with served(house) as host, scanning(browser, house) as scanner:
        scanner.host, page = host, scanner.page
        await page.route("**/.well-known/condau-bundle", lambda route: route.abort())
        await scanner.open()
        await expect(page.locator("#lists-state")).to_contain_text("chưa có dữ liệu")
        await page.context.set_offline(True)
        await page.evaluate(f"window.location.hash = '{digits_of(house, certificate)}'")
        await expect(page.locator(".verdict")).to_have_attribute("data-state", "failure")
        await expect(page.get_by_text("Đây không phải là kết luận về giấy tờ")).to_be_visible()
        assert digits_of(house, certificate) not in page.url
