"""The scanner when things around it go wrong: sleep, wrong clocks, files that are gone, results that are kept."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.api.house import House, served
from tests.api.test_page_browser import browser, digits_of
from tests.api.web.scanning import scanning

__all__ = ["browser"]


async def check_number(page: Page, number: str, code: str) -> None:
    await page.locator("#number").fill(number)
    await page.locator("#check_code").fill(code)
    await page.locator("#by-number button").click()


async def test_what_the_service_alone_could_say_is_asked_anew_while_it_is_kept(house: House, browser: Browser) -> None:
    code, certificate = await house.issued()
    async with served(house) as host, scanning(browser, house) as device:
        device.host, page = host, device.page
        await page.clock.install(time=house.office.at)
        await device.open()
        await check_number(page, certificate.number, certificate.check_code)
        await device.shows("valid")
        await page.get_by_role("button", name="Giữ kết quả").click()
        await house.post(f"/v1/desk/applications/{code}/revocation", house.official(), json={"reason": "replaced"})
        await page.clock.run_for(301_000)
        await device.shows("revoked")
        device.check()


async def test_a_result_does_not_outlast_the_sleep_of_its_telephone(house: House, browser: Browser) -> None:
    _, certificate = await house.issued()
    async with served(house) as host, scanning(browser, house) as device:
        device.host, page = host, device.page
        await page.clock.install(time=house.office.at)
        await device.open(digits=digits_of(house, certificate))
        await device.shows("valid")
        await page.clock.fast_forward(8 * 3_600_000)
        await expect(page.locator(".verdict")).to_have_count(0)
        await expect(page.locator("#ways")).to_be_visible()


async def test_a_file_that_is_gone_is_no_dead_end(house: House, browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "extract.pdf"
    file.write_bytes(b"%PDF-1.7")
    async with served(house) as host, scanning(browser, house) as device:
        device.host, page = host, device.page
        await device.open()
        await page.locator("#file").set_input_files(file)
        file.unlink()
        await page.locator("#by-file button").click()
        await expect(page.locator("#trouble")).to_contain_text("Không đọc được tệp này")
        await expect(page.locator("#checking")).to_be_hidden()
        device.check()


async def test_a_check_can_be_stopped_and_says_nothing_afterwards(
    house: House, browser: Browser, tmp_path: Path
) -> None:
    _, certificate = await house.issued()
    file = tmp_path / "extract.pdf"
    file.write_bytes(house.pdf(certificate))
    async with served(house) as host, scanning(browser, house) as device:
        device.host, page = host, device.page
        stop = page.get_by_role("button", name="Dừng kiểm tra")
        await device.open()
        await page.route("**/v1/verifications/*", lambda route: None)
        for way in ("number", "file"):
            async with page.expect_request("**/v1/verifications/*"):
                if way == "number":
                    await check_number(page, certificate.number, certificate.check_code)
                else:
                    await page.locator("#file").set_input_files(file)
                    await page.locator("#by-file button").click()
            await expect(page.locator("#checking")).to_be_visible()
            await device.fits()
            await device.picture("checking")
            async with page.expect_event("requestfailed"):
                await stop.click()
            await expect(page.locator("#ways")).to_be_visible()
            await expect(page.locator("#main")).to_be_focused()
            await expect(stop).to_be_hidden()
        await expect(page.locator("#trouble")).to_be_hidden()
        await expect(page.locator(".verdict")).to_have_count(0)
        await page.unroute("**/v1/verifications/*")
        await check_number(page, certificate.number, certificate.check_code)
        await device.shows("valid")
        device.check()


async def test_a_wrong_clock_is_named_until_it_is_right(house: House, browser: Browser) -> None:
    await house.issued()
    async with served(house) as host, scanning(browser, house) as device:
        device.host, page = host, device.page
        state, renew = page.locator("#lists-state"), page.get_by_role("button", name="Cập nhật ngay")
        # Without lists, with new ones that were over before they came, and with those held.
        for wrong, said in ((-400, "30/04/2023"), (400, "08/07/2025"), (1, "04/06/2024"), (-400, "30/04/2023")):
            await page.context.clock.set_fixed_time(house.office.at + timedelta(days=wrong))
            await device.open()
            await expect(state).to_contain_text("đồng hồ của máy này sai")
            await expect(state).to_contain_text(said)
            await expect(page.locator("#lists-trouble")).to_be_visible()
        await device.picture("clock")
        await page.context.clock.set_fixed_time(house.office.at)
        await renew.click()
        await expect(state).to_contain_text("Dữ liệu lúc 09:00:00 ngày 03/06/2024")
        await expect(page.locator("#lists-trouble")).to_be_hidden()
        device.check()


async def test_a_result_that_came_without_scripts_is_forgotten_too(house: House, browser: Browser) -> None:
    _, certificate = await house.issued()
    async with served(house) as host:
        async with scanning(browser, house) as device:
            device.host, page = host, device.page
            await page.clock.install(time=house.office.at)
            await device.open()
            await page.locator("#number").fill(certificate.number)
            await page.locator("#check_code").fill(certificate.check_code)
            # Sent before the page's modules were there.
            await page.evaluate("document.getElementById('by-number').submit()")
            await device.shows("valid")
            await expect(page.locator(".clearing")).to_contain_text("Tự xóa sau 60 giây")
            await page.clock.run_for(61_000)
            await expect(page.locator(".verdict")).to_have_count(0)
            await expect(page.locator("#ways")).to_be_visible()
            device.check()
        async with scanning(browser, house, java_script_enabled=False) as device:
            device.host, page = host, device.page
            debugger = await page.context.new_cdp_session(page)
            await device.open()
            await check_number(page, certificate.number, certificate.check_code)
            name = page.get_by_text("Nguyễn Thị Minh Anh")
            await expect(name).to_be_visible()
            await expect(page.locator(".cleared")).to_be_hidden()
            await device.picture("no-scripts")
            await page.get_by_label("Giữ kết quả").check()
            await debugger.send("Animation.enable")
            # A minute in a moment.
            await debugger.send("Animation.setPlaybackRate", {"playbackRate": 600})
            await page.wait_for_timeout(400)
            await expect(name).to_be_visible()
            await page.get_by_label("Giữ kết quả").uncheck()
            await expect(name).to_be_hidden()
            await expect(page.locator(".cleared")).to_be_visible()
            await device.picture("no-scripts-cleared")
            await page.get_by_role("link", name="Kiểm tra giấy tờ khác").click()
            await expect(page.get_by_label("Số giấy tờ")).to_be_visible()
            device.check()
