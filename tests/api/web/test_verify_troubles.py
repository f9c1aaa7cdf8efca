"""The scanner when things around it go wrong: sleep, late cameras, results that are kept."""

from __future__ import annotations

from playwright.async_api import Browser, Page, expect

from tests.api.house import House, served
from tests.api.test_page_browser import browser, digits_of
from tests.api.web.scanning import scanning

__all__ = ["browser"]

# Cameras that open when the test says so, with a picture in which there is nothing.
CAMERAS = """
window.asked = [];
window.opened = [];
// A blank page has none.
if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = () => new Promise((done, failed) => {
    window.asked.push({ failed, open() {
        const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 64 });
        const paper = canvas.getContext("2d");
        setInterval(() => paper.fillRect(0, 0, 64, 64), 20);
        const stream = canvas.captureStream();
        window.opened.push(stream);
        done(stream);
    } });
});
"""
# A telephone whose reader of codes says that it is there, and is not.
HOLLOW_READER = """
window.looked = 0;
window.BarcodeDetector = class {
    static async getSupportedFormats() { return ["qr_code"]; }
    async detect() { window.looked += 1; throw new DOMException("service unavailable", "NotSupportedError"); }
};
"""


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


async def test_one_camera_at_a_time_and_none_after_it_was_stopped(house: House, browser: Browser) -> None:
    _, certificate = await house.issued()
    async with served(house) as host, scanning(browser, house) as device:
        device.host, page = host, device.page
        await page.add_init_script(CAMERAS + HOLLOW_READER)
        await device.open()
        # Somebody is asked for leave, stops, and begins again before he has given it.
        await page.locator("#scan").click()
        await page.locator("#stop").click()
        await page.locator("#scan").click()
        await expect(page.locator("#scanning-title")).to_be_focused()
        await page.evaluate("window.asked[0].open()")
        await page.evaluate("window.asked[1].open()")
        streams = "window.opened.map((stream) => stream.active)"
        # The hollow reader was asked often, and the other one stood in.
        await page.wait_for_timeout(800)
        assert await page.evaluate("window.looked") > 1
        await expect(page.locator("#scanning")).to_be_visible()
        assert await page.evaluate(streams) == [False, True]
        # Unplugged, or taken by another program.
        await page.evaluate("window.opened[1].getTracks()[0].stop()")
        await expect(page.locator("#trouble")).to_be_focused()

        await page.locator("#scan").click()
        await page.evaluate(f"window.location.hash = '{digits_of(house, certificate)}'")
        await device.shows("valid")
        await page.evaluate("window.asked[2].failed(new DOMException('', 'NotAllowedError'))")
        await page.wait_for_timeout(200)
        await device.shows("valid")
        device.check()
