"""What the scanner keeps for where no network is: one release whole, the newest lists, and the truth about both."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.async_api import Browser, Page, expect

from api.web.verify import offline, scanner
from api.web.verify.release import Release, release_of
from tests.api.house import House, served
from tests.api.test_page_browser import browser, digits_of
from tests.api.web.scanning import scanning

__all__ = ["browser"]

NOT_STORED = "Khi không có mạng, chỉ kiểm tra được chừng nào trang này còn mở"
NO_STORAGE = """
const refuse = async () => { throw new DOMException("refused", "SecurityError"); };
// A blank page has none of them.
if (navigator.serviceWorker) {
  caches.open = navigator.serviceWorker.register = navigator.locks.request = refuse;
}
"""
COUNT_PERSISTENCE = """
window.persisted = 0;
if (navigator.storage) navigator.storage.persist = async () => {
    window.persisted += 1;
    throw new TypeError("refused");
};
"""
# Of browsers that end a wait themselves, and of older ones: while one is in a hurry sixty seconds are over at once.
ENDS = {
    "own": """
        const end = AbortSignal.timeout.bind(AbortSignal);
        AbortSignal.timeout = (time) => end(window.isHurried ? time / 200 : time);
    """,
    "none": """
        delete AbortSignal.timeout;
        const wait = window.setTimeout;
        window.setTimeout = (work, time) => wait(work, window.isHurried && time === 60_000 ? 300 : time);
    """,
}
LATEST_WORKER = """async () => {
    const registration = await navigator.serviceWorker.getRegistration("/v");
    await registration.update();
    const worker = registration.installing;
    return new Promise((told) => {
        const look = () => worker.state !== "installing" && told(worker.state);
        worker.addEventListener("statechange", look);
        look();
    });
}"""

# Asked within the page: wait_for_function takes the promise of an answer for a yes.
OLDER_RELEASES_GONE = """async () => {
    while ((await caches.keys()).some((name) => /scanner-(?!next)/.test(name))) {
        await new Promise((passed) => setTimeout(passed, 20));
    }
}"""

HOLD_MESSAGES = """
window.held = [];
if (navigator.serviceWorker) {
    const post = ServiceWorker.prototype.postMessage;
    ServiceWorker.prototype.postMessage = function (...given) { window.held.push(() => post.apply(this, given)); };
}
"""
ONE_HELD = """async () => {
    while (held.length === 0) await new Promise((passed) => setTimeout(passed, 20));
}"""

LET_TAKE_OVER = """async () => {
    const changed = new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done));
    held.pop()();
    await changed;
}"""


def serve_release(monkeypatch: pytest.MonkeyPatch, release: Release, *modules: object) -> None:
    for module in modules:
        monkeypatch.setattr(module, "release_of", lambda catalogue: release)


async def test_of_two_releases_none_is_kept(house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the service is renewed, or one of its processes, while a telephone fetches the scanner."""
    ours = release_of(house.services.rules.catalogue)
    stale = {**ours.files, "/static/verify/cose.js": ours.files["/static/verify/cbor.js"]}
    async with served(house) as host, scanning(browser, house) as device:
        device.host, page = host, device.page
        await device.open()
        await device.is_ready_for_offline()
        before = await page.evaluate("caches.keys()")
        serve_release(monkeypatch, replace(ours, files=stale, version="fileofanother"), offline, scanner)
        assert await page.evaluate(LATEST_WORKER) == "redundant"
        # The worker is of the next release, the page still of this one.
        serve_release(monkeypatch, replace(ours, version="next"), offline)
        serve_release(monkeypatch, ours, scanner)
        assert await page.evaluate(LATEST_WORKER) == "redundant"
        assert await page.evaluate("caches.keys()") == before
        await expect(page.locator("#update")).to_be_hidden()

        serve_release(monkeypatch, replace(ours, version="next"), offline, scanner)
        assert await page.evaluate(LATEST_WORKER) == "installed"


async def test_a_new_release_reaches_those_who_only_open_links(
    house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, certificate = await house.issued()
    async with served(house) as host, scanning(browser, house) as device:
        device.host, page = host, device.page
        await device.open(digits=digits_of(house, certificate))
        await device.shows("valid")
        await device.is_ready_for_offline()
        release = replace(release_of(house.services.rules.catalogue), version="next")
        serve_release(monkeypatch, release, offline, scanner)
        assert await page.evaluate(LATEST_WORKER) == "installed"

        # By the telephone's own camera: another tab each time, and nobody closes the first one.
        tab = await page.context.new_page()
        await tab.goto(f"{host}/v#{digits_of(house, certificate)}")
        await expect(tab.locator(".verdict")).to_have_attribute("data-state", "valid")
        await tab.wait_for_load_state("networkidle")
        await tab.goto("about:blank")
        await page.evaluate(OLDER_RELEASES_GONE)
        answer = await tab.goto(f"{host}/v")
        assert answer is not None
        assert answer.headers["condau-release"] == "next"
        await device.shows("valid")


@pytest.mark.parametrize("is_at_work", [False, True])
async def test_a_release_that_takes_over_late_disturbs_nobody_who_has_begun(
    house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch, is_at_work: bool
) -> None:
    _, certificate = await house.issued()
    async with served(house) as host, scanning(browser, house) as device:
        device.host, page = host, device.page
        await device.open()
        await device.is_ready_for_offline()
        release = replace(release_of(house.services.rules.catalogue), version="next")
        serve_release(monkeypatch, release, offline, scanner)
        assert await page.evaluate(LATEST_WORKER) == "installed"

        # The first page stays open: with none left the release that waits begins by itself.
        tab = await page.context.new_page()
        await tab.add_init_script(HOLD_MESSAGES)
        await tab.goto(f"{host}/v")
        await tab.evaluate(ONE_HELD)
        if is_at_work:
            await tab.evaluate(f"location.hash = '{digits_of(house, certificate)}'")
            await expect(tab.locator(".verdict")).to_have_attribute("data-state", "valid")
        await tab.wait_for_load_state("networkidle")
        if is_at_work:
            await tab.evaluate(LET_TAKE_OVER)
            await tab.wait_for_load_state("networkidle")
            await expect(tab.locator(".verdict")).to_have_attribute("data-state", "valid")
        else:
            async with tab.expect_navigation() as reloading:
                await tab.evaluate("held.pop()()")
            reloaded = await reloading.value
            assert reloaded is not None
            assert reloaded.headers["condau-release"] == "next"
        device.check()


async def test_words_that_every_object_knows_are_no_languages(house: House, browser: Browser) -> None:
    async with scanning(browser, house) as device:
        async with served(house) as host:
            device.host = host
            await device.open(language="en")
            await device.is_ready_for_offline()
        for word in ("constructor", "__proto__", "fr"):
            await device.open(language=word)
            await expect(device.page.locator("html")).to_have_attribute("lang", "en")
        device.check()


async def test_where_nothing_can_be_stored_the_page_says_so(house: House, browser: Browser) -> None:
    _, certificate = await house.issued()
    async with served(house) as host, scanning(browser, house) as device:
        device.host, page = host, device.page
        await page.add_init_script(COUNT_PERSISTENCE)
        await device.open()
        await expect(page.locator("#works-offline")).to_be_visible()
        await expect(page.locator("#lists-state")).to_contain_text("Kiểm tra được cả khi không có mạng")
        assert await page.evaluate("window.persisted") == 1
        await page.add_init_script(NO_STORAGE)
        await device.open()
        await expect(page.locator("#lists-state")).to_contain_text(NOT_STORED)
        await expect(page.locator("#works-offline")).to_be_hidden()
        assert await page.evaluate("window.persisted") == 0
        await device.picture("not-stored")
        await page.context.set_offline(True)
        await page.evaluate(f"window.location.hash = '{digits_of(house, certificate)}'")
        await device.shows("valid")
        await expect(page.locator(".fresh")).to_contain_text("Ngoại tuyến")
        device.check()


async def test_a_full_device_is_promised_nothing(house: House, browser: Browser) -> None:
    async with served(house) as host, scanning(browser, house) as device:
        device.host, page = host, device.page
        debugger = await page.context.new_cdp_session(page)
        await debugger.send("Storage.overrideQuotaForOrigin", {"origin": host, "quotaSize": 20_000})
        await device.open()
        await expect(page.locator("#lists-state")).to_contain_text(NOT_STORED)
        assert [name for name in await page.evaluate("caches.keys()") if "scanner" in name] == []
        assert device.faults == []


async def test_without_lists_and_without_a_network_nothing_is_promised(house: House, browser: Browser) -> None:
    async with served(house) as host, scanning(browser, house) as device:
        device.host, page = host, device.page
        await page.route("**/.well-known/condau-bundle", lambda route: route.abort())
        await device.open()
        await page.context.set_offline(True)
        await expect(page.locator("#no-network")).to_contain_text("chưa kiểm tra được gì")


@pytest.mark.parametrize("ends", ENDS)
async def test_a_download_that_does_not_end_is_given_up(house: House, browser: Browser, ends: str) -> None:
    async with served(house) as host, scanning(browser, house) as device:
        device.host, page = host, device.page
        renew, bundle = page.locator("#renew"), "**/.well-known/condau-bundle"
        await page.add_init_script(ENDS[ends])
        await device.open()
        await device.is_ready_for_offline()
        await expect(renew).to_be_enabled()
        await page.route(bundle, lambda route: None)
        await page.evaluate("window.isHurried = true")
        async with page.expect_event("requestfailed"):
            await renew.click()
        await expect(renew).to_be_enabled()
        await expect(page.locator("#lists-state")).to_contain_text("Kiểm tra được cả khi không có mạng")
        await page.unroute(bundle)
        await page.evaluate("window.isHurried = false")
        async with page.expect_response(bundle):
            await renew.click()
        await expect(renew).to_be_enabled()
        device.check()


async def stored(page: Page) -> str:
    text: str = await page.evaluate(
        "async () => (await (await (await caches.open('condau-lists')).match('/.well-known/condau-bundle')).text())"
    )
    return text


async def test_a_slow_tab_does_not_bring_older_lists_back(house: House, browser: Browser) -> None:
    code, certificate = await house.issued()
    async with served(house) as host, scanning(browser, house) as device:
        device.host, page = host, device.page
        await device.open()
        await device.is_ready_for_offline()
        slow = await page.context.new_page()
        await slow.goto(f"{host}/v")
        await expect(slow.locator("#renew")).to_be_enabled()
        # It fetches, and what it fetched comes late.
        older = await page.evaluate("async () => (await fetch('/.well-known/condau-bundle')).text()")
        arrives = await slow.evaluate_handle("({})")
        await slow.evaluate(
            """([arrives, older]) => {
                const fetched = window.fetch;
                window.fetch = (address, ...rest) =>
                    String(address).endsWith("condau-bundle")
                        ? new Promise((done) => { arrives.now = () => done(new Response(older)); })
                        : fetched(address, ...rest);
            }""",
            [arrives, older],
        )
        await slow.locator("#renew").click()
        await slow.wait_for_function("(arrives) => arrives.now", arg=arrives)

        await house.post(f"/v1/desk/applications/{code}/revocation", house.official(), json={"reason": "replaced"})
        house.office.at = house.office.at.replace(minute=house.office.at.minute + 2)
        await page.context.clock.set_fixed_time(house.office.at)
        before = await stored(page)
        await page.locator("#renew").click()
        await expect(page.locator("#renew")).to_be_enabled()
        newest = await stored(page)
        assert newest != before

        await slow.evaluate("(arrives) => arrives.now()", arrives)
        await expect(slow.locator("#renew")).to_be_enabled()
        assert await stored(page) == newest
        await page.context.set_offline(True)
        await slow.evaluate(f"window.location.hash = '{digits_of(house, certificate)}'")
        await expect(slow.locator(".verdict")).to_have_attribute("data-state", "revoked")
        device.check()
