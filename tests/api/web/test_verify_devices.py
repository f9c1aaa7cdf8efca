"""What only some telephones have: readers of codes, lights, an offer to install; and cameras that come late."""

from __future__ import annotations

from playwright.async_api import Browser, expect

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
        const [track] = stream.getTracks();
        track.getCapabilities = () => ({ torch: window.hasTorch });
        track.applyConstraints = async ({ advanced: [{ torch }] }) => {
            if (window.torchFails) throw new DOMException("", "OverconstrainedError");
            window.lit = torch;
        };
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


# Telephones that read codes by themselves, as soon as the test has put one before them.
SIMPLE_READER = """
window.before = [];
window.looked = 0;
window.BarcodeDetector = class {
    static async getSupportedFormats() { return ["qr_code"]; }
    async detect() { window.looked += 1; return window.before.map((rawValue) => ({ rawValue })); }
};
"""
OWN_READER = """
window.BarcodeDetector = class {
    static async getSupportedFormats() { return ["ean_13", "qr_code"]; }
    async detect() {
        const texts = window.before ? ["https://menu.example/pho", window.before] : [];
        return texts.map((rawValue) => ({ rawValue }));
    }
};
"""


COUNT_SAID = """() => {
    window.said = 0;
    new MutationObserver(() => { window.said += 1; }).observe(document.getElementById("seen"), { childList: true });
}"""


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


async def test_a_reader_of_the_browsers_own_is_enough(house: House, browser: Browser) -> None:
    _, certificate = await house.issued()
    async with served(house) as host, scanning(browser, house) as device:
        device.host, page = host, device.page
        await page.add_init_script(CAMERAS + OWN_READER)
        await page.route("**/v/decoder.js", lambda route: route.abort())
        await device.open()
        await page.locator("#scan").click()
        await page.evaluate("window.asked[0].open()")
        await expect(page.locator("#seen")).to_contain_text("trong khung")
        await page.evaluate(f"window.before = 'https://elsewhere.example/v#{digits_of(house, certificate)}'")
        await device.shows("valid")
        assert await page.evaluate("window.opened[0].active") is False
        device.check()


async def test_what_helps_to_hold_a_code_right_is_said_once_and_goes_with_its_cause(
    house: House, browser: Browser
) -> None:
    async with served(house) as host, scanning(browser, house) as device:
        device.host, page = host, device.page
        seen, advice = page.locator("#seen"), "Hãy đưa lại gần hơn"
        await page.add_init_script(CAMERAS + SIMPLE_READER)
        await page.clock.install(time=house.office.at)
        await device.open()
        await page.locator("#scan").click()
        await page.evaluate("window.asked[0].open()")
        await page.wait_for_function("() => window.looked > 2")
        await page.evaluate(COUNT_SAID)
        await page.evaluate("window.before = ['https://menu.example/pho']; window.looked = 0")
        await expect(seen).to_contain_text("không phải của giấy tờ")
        await page.wait_for_function("() => window.looked > 5")
        assert await page.evaluate("window.said") == 1
        await page.evaluate("window.before = []; window.looked = 0")
        await page.wait_for_function("() => window.looked > 1")
        await page.clock.fast_forward(2_000)
        await expect(seen).to_contain_text("trong khung")
        await page.clock.fast_forward(8_000)
        await expect(seen).to_contain_text(advice)
        for _ in range(3):
            await page.clock.fast_forward(8_000)
        assert await page.evaluate("window.said") == 3

        await page.locator("#stop").click()
        await page.locator("#scan").click()
        await expect(seen).to_contain_text("trong khung")
        device.check()


async def test_a_light_is_offered_where_there_is_one_and_says_whether_it_is_on(house: House, browser: Browser) -> None:
    async with served(house) as host, scanning(browser, house) as device:
        device.host, page = host, device.page
        await page.add_init_script(CAMERAS + OWN_READER)
        await device.open()
        light = page.get_by_role("button", name="Đèn")
        for number, has in enumerate((False, True)):
            await page.evaluate(f"window.hasTorch = {str(has).lower()}")
            await page.locator("#scan").click()
            await page.evaluate(f"window.asked[{number}].open()")
            await expect(page.locator("#seen")).to_contain_text("trong khung")
            if not has:
                await page.wait_for_timeout(100)
                await expect(light).to_be_hidden()
                await page.locator("#stop").click()
        for lit in (True, False):
            await light.click()
            await expect(light).to_have_attribute("aria-pressed", str(lit).lower())
            assert await page.evaluate("window.lit") is lit
        await page.evaluate("window.torchFails = true")
        await light.click()
        await page.wait_for_timeout(100)
        await expect(light).to_have_attribute("aria-pressed", "false")
        device.check()


async def test_what_the_browser_offers_to_install_is_one_tap_and_each_offer_is_taken_once(
    house: House, browser: Browser
) -> None:
    async with served(house) as host, scanning(browser, house) as device:
        device.host, page = host, device.page
        await device.open()
        install = page.get_by_role("button", name="Cài đặt trên máy này")
        await expect(page.locator("#renew")).to_be_enabled()
        await expect(install).to_be_hidden()
        for time in (1, 2):
            kept_back = await page.evaluate(
                """() => {
                    const offer = new Event("beforeinstallprompt", { cancelable: true });
                    let taken = false;
                    offer.prompt = async () => {
                        if (taken) throw new DOMException("", "InvalidStateError");
                        taken = true;
                        window.prompted = (window.prompted ?? 0) + 1;
                    };
                    return !window.dispatchEvent(offer);
                }"""
            )
            assert kept_back
            await install.click()
            await expect(install).to_be_hidden()
            assert await page.evaluate("window.prompted") == time
        device.check()
