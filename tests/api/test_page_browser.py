"""The public page in a real browser, over real HTTP."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Response, async_playwright, expect

from issuance.certificate import Certificate
from tests.api.house import House, served
from tests.api.test_uploads import page_of, telephone_picture
from tests.api.test_verification import qr_of
from tests.node_packages import install
from tests.verification.photographs import Scene, photograph

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PICTURES = os.environ.get("CONDAU_PICTURES")
"""A folder for screenshots, for whoever wants to look."""

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        await started.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core."""
    folder = install(Path(__file__).parent / "axe", "axe")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


class Visit:
    """A page that fails the test on any error, refused resource or request to another host."""

    def __init__(self, page: Page, host: str) -> None:
        self.page, self.host = page, host
        self.faults: list[str] = []
        self.requested: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)
        page.on("response", self._note)

    def _note(self, response: Response) -> None:
        self.requested.append(response.url)

    def check(self, *, failed: int = 0) -> None:
        assert len(self.faults) == failed, self.faults
        assert [url for url in self.requested if not url.startswith((self.host, "data:"))] == []


@asynccontextmanager
async def visit(
    browser: Browser,
    host: str,
    *,
    size: dict[str, int] = PHONE,
    scheme: str = "light",
    locale: str = "vi-VN",
    scripts: bool = True,
) -> AsyncIterator[Visit]:
    context = await browser.new_context(
        viewport=size,  # type: ignore[arg-type]  # a plain dict of the right keys
        color_scheme=scheme,  # type: ignore[arg-type]  # "light" or "dark"
        locale=locale,
        java_script_enabled=scripts,
    )
    # Of the scanner's worker tests/api/web/test_verify_offline.py tells; here answers are put between page and service.
    await context.add_init_script("delete Navigator.prototype.serviceWorker")
    yield Visit(await context.new_page(), host)
    await context.close()


async def picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def digits_of(house: House, certificate: Certificate) -> str:
    return qr_of(house.pdf(certificate)).partition("#")[2]


async def test_the_qr_opens_the_verdict_and_keeps_nothing_in_the_address(house: House, browser: Browser) -> None:
    _, certificate = await house.issued()
    async with served(house) as host, visit(browser, host) as seen:
        page = seen.page
        await page.goto(f"{host}/v#{digits_of(house, certificate)}")

        await expect(page.locator(".verdict")).to_have_attribute("data-state", "valid")
        await expect(page.locator(".compare dd").nth(0)).to_have_text("Nguyễn Thị Minh Anh")
        await expect(page.locator(".compare dd").nth(1)).to_have_text("08/03/1994")
        await expect(page.locator(".verdict")).to_be_focused()
        await expect(page.locator(".if-good")).to_be_visible()
        await expect(page.locator("#ways")).to_be_hidden()
        assert page.url == f"{host}/v"
        assert not any(digits_of(house, certificate) in url for url in seen.requested)
        assert await page.title() == "Giấy tờ thật, còn hiệu lực"
        seen.check()

        await page.get_by_text("Kiểm tra giấy tờ khác").click()
        await expect(page.locator("#ways")).to_be_visible()
        await expect(page.locator(".verdict")).to_have_count(0)


async def test_an_open_page_learns_of_a_revocation(house: House, browser: Browser) -> None:
    code, certificate = await house.issued()
    async with served(house) as host, visit(browser, host) as seen:
        page = seen.page
        await page.clock.install()
        await page.goto(f"{host}/v#{digits_of(house, certificate)}")
        await expect(page.locator(".verdict")).to_have_attribute("data-state", "valid")
        await house.post(f"/v1/desk/applications/{code}/revocation", house.official(), json={"reason": "replaced"})
        await page.clock.run_for(31_000)

        await expect(page.locator(".verdict")).to_have_attribute("data-state", "revoked")
        await expect(page.locator(".verdict")).to_be_focused()
        seen.check()


async def test_forms_work_without_scripts(house: House, browser: Browser, tmp_path: Path) -> None:
    _, certificate = await house.issued()
    good, changed = tmp_path / "extract.pdf", tmp_path / "changed.pdf"
    data = bytearray(house.pdf(certificate))
    good.write_bytes(data)
    data[len(data) // 3] ^= 1
    changed.write_bytes(data)
    photo = tmp_path / "IMG_1.jpg"
    photo.write_bytes(telephone_picture(page_of(house, certificate)))
    async with served(house) as host, visit(browser, host, scripts=False) as seen:
        page = seen.page
        await page.goto(f"{host}/v#{digits_of(house, certificate)}")
        await page.get_by_label("Số giấy tờ").fill(certificate.number)
        await page.get_by_label("Mã kiểm tra").fill(certificate.check_code.lower())
        await page.get_by_role("button", name="Kiểm tra số này").click()
        await expect(page.locator(".verdict")).to_have_attribute("data-state", "valid")
        assert certificate.number not in page.url

        for file, state in ((good, "valid"), (changed, "not_genuine"), (photo, "valid")):
            await page.get_by_role("link", name="Kiểm tra giấy tờ khác").click()
            await page.get_by_label("Tệp PDF, hoặc ảnh chụp giấy tờ").set_input_files(file)
            await page.get_by_role("button", name="Kiểm tra tệp này").click()
            await expect(page.locator(".verdict")).to_have_attribute("data-state", state)

        await expect(page.locator(".note")).to_contain_text("Chỉ mã QR trong đó được kiểm tra")
        await picture(page, "photo-phone-light")
        await page.get_by_role("link", name="Kiểm tra giấy tờ khác").click()
        (tmp_path / "note.txt").write_text("no pdf")
        await page.get_by_label("Tệp PDF, hoặc ảnh chụp giấy tờ").set_input_files(tmp_path / "note.txt")
        await page.get_by_role("button", name="Kiểm tra tệp này").click()
        await expect(page.get_by_role("alert")).to_contain_text("Không nhận ra loại tệp này")


async def test_large_photos_are_made_smaller_before_they_leave(house: House, browser: Browser, tmp_path: Path) -> None:
    _, certificate = await house.issued()
    scene = Scene(size=(3000, 4000), turned=4, noise=20, quality=98)
    photo = tmp_path / "IMG_1.jpg"
    photo.write_bytes(photograph(page_of(house, certificate), scene))
    assert photo.stat().st_size > house.services.limits.pdf_bytes
    async with served(house) as host, visit(browser, host) as seen:
        page = seen.page
        await page.goto(f"{host}/v")
        await page.get_by_label("Tệp PDF, hoặc ảnh chụp giấy tờ").set_input_files(photo)
        await page.get_by_role("button", name="Kiểm tra tệp này").click()
        await expect(page.locator(".verdict")).to_have_attribute("data-state", "valid")
        await expect(page.locator(".verdict")).to_be_focused()
        await expect(page.locator(".note")).to_be_visible()
        seen.check()


async def test_a_broken_connection_accuses_nobody(house: House, browser: Browser) -> None:
    _, certificate = await house.issued()
    async with served(house) as host, visit(browser, host, locale="en-GB") as seen:
        page = seen.page
        await page.route("**/v1/verifications/qr", lambda route: route.abort())
        await page.goto(f"{host}/v#{digits_of(house, certificate)}")
        await expect(page.locator(".verdict")).to_have_attribute("data-state", "failure")
        await expect(page.get_by_text("says nothing about the document")).to_be_visible()
        await picture(page, "failure-phone-light")
        await page.unroute("**/v1/verifications/qr")
        await page.get_by_role("button", name="Try again").click()
        await expect(page.locator(".verdict")).to_have_attribute("data-state", "valid")
        seen.check(failed=1)


async def test_the_other_language_shows_the_same_document(house: House, browser: Browser) -> None:
    _, certificate = await house.issued()
    async with served(house) as host, visit(browser, host) as seen:
        page = seen.page
        await page.goto(f"{host}/v#{digits_of(house, certificate)}")
        await expect(page.locator("h1").first).to_have_text("Giấy tờ thật, còn hiệu lực")
        await page.get_by_role("link", name="English").click()
        await expect(page.locator("h1").first).to_have_text("Genuine and in force")
        await expect(page.locator("html")).to_have_attribute("lang", "en")
        seen.check()


async def test_scripts_in_facts_stay_text(house: House, browser: Browser) -> None:
    """Whatever a name holds, it is text on the page; and the policy would stop it if it were not."""
    forged = "<img src=x onerror=alert(1)>"
    async with served(house) as host, visit(browser, host) as seen:
        page = seen.page

        async def answer(route: object) -> None:
            verdict = (await house.client.post("/v1/verifications/qr", json={"text": "1"})).json()
            await route.fulfill(json=verdict | {"title": forged})  # type: ignore[attr-defined]  # playwright's Route

        await page.route("**/v1/verifications/qr", answer)
        await page.goto(f"{host}/v#123")
        await expect(page.locator("#verdict-title")).to_have_text(forged)
        assert await page.locator("img").count() == 0
        seen.check()


@pytest.mark.parametrize(
    ("size", "scheme"),
    [
        ("phone", "light"),
        ("desktop", "dark"),
        pytest.param("phone", "dark", marks=pytest.mark.campaign),
        pytest.param("desktop", "light", marks=pytest.mark.campaign),
    ],
)
async def test_the_pages_fit_their_screen(house: House, browser: Browser, scheme: str, size: str) -> None:
    code, certificate = await house.issued()
    digits = digits_of(house, certificate)
    forged = "1" + digits[1:] if digits[0] != "1" else "2" + digits[1:]
    measure = PHONE if size == "phone" else DESKTOP
    async with served(house) as host, visit(browser, host, size=measure, scheme=scheme) as seen:
        page = seen.page
        for name, address in (("start", "/"), ("check", "/v"), ("problems", "/problems")):
            await page.goto(host + address)
            await _fits(page)
            await picture(page, f"{name}-{size}-{scheme}")
        await page.goto(f"{host}/v#{digits}")
        await expect(page.locator(".verdict")).to_have_attribute("data-state", "valid")
        await _fits(page)
        await picture(page, f"valid-{size}-{scheme}")
        await page.locator("summary").click()
        await picture(page, f"valid-open-{size}-{scheme}")
        await house.post(f"/v1/desk/applications/{code}/revocation", house.official(), json={"reason": "replaced"})
        await page.goto("about:blank")
        await page.goto(f"{host}/v#{digits}")
        await expect(page.locator(".verdict")).to_have_attribute("data-state", "revoked")
        await _fits(page)
        await picture(page, f"revoked-{size}-{scheme}")
        await page.goto("about:blank")
        await page.goto(f"{host}/v#{forged}")
        await expect(page.locator(".verdict")).to_be_visible()
        await picture(page, f"unreadable-{size}-{scheme}")
        await page.goto(f"{host}/v")
        await page.get_by_label("Số giấy tờ").fill("1234 5678 9012")
        await page.get_by_label("Mã kiểm tra").fill("AAAAAAAAAA")
        await page.get_by_role("button", name="Kiểm tra số này").click()
        await expect(page.locator(".verdict")).to_have_attribute("data-state", "not_genuine")
        await _fits(page)
        await picture(page, f"not-genuine-{size}-{scheme}")
        seen.check()


@pytest.mark.parametrize("locale", ["vi-VN", "en-GB"])
async def test_the_time_of_a_check_is_whole_on_a_small_phone(house: House, browser: Browser, locale: str) -> None:
    _, certificate = await house.issued()
    small = {"width": 375, "height": 667}
    async with served(house) as host, visit(browser, host, size=small, locale=locale) as seen:
        await seen.page.goto(f"{host}/v#{digits_of(house, certificate)}")
        await expect(seen.page.locator(".verdict")).to_have_attribute("data-state", "valid")
        scrolled, shown = await seen.page.locator(".when").evaluate("it => [it.scrollWidth, it.clientWidth]")
        assert scrolled <= shown
        await _fits(seen.page)


async def test_the_api_pages_load_from_here_alone(house: House, browser: Browser) -> None:
    async with served(house) as host, visit(browser, host, size=DESKTOP) as seen:
        await seen.page.goto(f"{host}/docs")
        await expect(seen.page.get_by_text("/v1/fees/quote")).to_be_visible()
        await expect(seen.page.locator("html")).not_to_have_class("dark-mode")
        await picture(seen.page, "docs")
        seen.check()


async def test_the_apis_page_leads_back_and_follows_the_dark(house: House, browser: Browser) -> None:
    async with served(house) as host, visit(browser, host, size=DESKTOP, scheme="dark") as seen:
        await seen.page.goto(f"{host}/docs")
        await expect(seen.page.get_by_text("/v1/fees/quote")).to_be_visible()
        await expect(seen.page.locator("html")).to_have_attribute("lang", "en")
        await expect(seen.page.locator("html")).to_have_class("dark-mode")
        await picture(seen.page, "docs-dark")
        await seen.page.get_by_role("link", name="Về trang đầu").click()
        await expect(seen.page.locator("h1")).to_contain_text("ai cũng kiểm")
        seen.check()


async def test_english_readers_learn_what_the_sealed_line_means(house: House, browser: Browser) -> None:
    _, certificate = await house.issued()
    async with served(house) as host, visit(browser, host, size=DESKTOP, locale="en-GB") as seen:
        page = seen.page
        await page.goto(f"{host}/v#{digits_of(house, certificate)}")
        await expect(page.locator(".result dd")).to_have_text(re.compile(r"Không có án tích\s+No convictions"))
        for sealed in ("Không có án tích", "Nguyễn Thị Minh Anh", "Công an thành phố Hà Nội"):
            await expect(page.get_by_text(sealed, exact=True)).to_have_attribute("lang", "vi")
        # The birth date stands in one line, as the card has it.
        born = await page.locator(".compare dd").nth(1).bounding_box()
        named = await page.locator(".compare dd").nth(0).bounding_box()
        assert born
        assert named
        assert born["height"] < 45
        await page.locator("summary").click()
        await picture(page, "valid-open-desktop-english")
        await page.get_by_role("link", name="Tiếng Việt").click()
        await expect(page.locator(".gloss")).to_have_count(0)
        await expect(page.locator(".result dd")).to_have_text(re.compile("Không có án tích"))
        seen.check()


@pytest.mark.parametrize(("locale", "said"), [("vi-VN", "Không có địa chỉ này"), ("en-GB", "Nothing is served")])
async def test_a_mistyped_address_gets_a_page(house: House, browser: Browser, locale: str, said: str) -> None:
    async with served(house) as host, visit(browser, host, locale=locale) as seen:
        answer = await seen.page.goto(f"{host}/kiem-tra")
        assert answer is not None
        assert answer.status == 404
        await expect(seen.page.locator("h1")).to_contain_text(said)
        await picture(seen.page, f"not-found-{locale}")
        await seen.page.locator("main a").click()
        await expect(seen.page.locator(".ways")).to_be_visible()
        seen.check(failed=1)  # the browser's own note on the 404


@pytest.mark.parametrize("path", ["/v1/none", "/v1", "/.well-known/none", "/openapi.json/x"])
async def test_machines_addresses_answer_machines(house: House, path: str) -> None:
    answer = await house.get(path, {"Accept": "text/html,*/*"})

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


# Each language and each scheme in every run; all pairs in a campaign.
LOOKS = [
    ("vi-VN", "light"),
    ("en-GB", "dark"),
    pytest.param("vi-VN", "dark", marks=pytest.mark.campaign),
    pytest.param("en-GB", "light", marks=pytest.mark.campaign),
]


@pytest.mark.parametrize(("locale", "scheme"), LOOKS)
async def test_axe_finds_nothing(house: House, browser: Browser, scheme: str, locale: str, axe: str) -> None:
    """The accessibility rules of axe-core, all of them, on what people see first and on verdicts of each colour."""
    code, certificate = await house.issued()
    digits = digits_of(house, certificate)
    photo = telephone_picture(page_of(house, certificate))
    async with served(house) as host, visit(browser, host, scheme=scheme, locale=locale) as seen:
        page = seen.page
        found = {}
        for address in ("/", "/v", "/problems", "/none"):
            await page.goto(host + address)
            found[address] = await _violations(page, axe)
        for state in ("valid", "revoked"):
            await page.goto("about:blank")
            await page.goto(f"{host}/v#{digits}")
            await expect(page.locator(".verdict")).to_have_attribute("data-state", state)
            await page.locator("summary").click()
            found[state] = await _violations(page, axe)
            await house.post(f"/v1/desk/applications/{code}/revocation", house.official(), json={"reason": "replaced"})
        await page.goto("about:blank")
        await page.goto(f"{host}/v#123")
        await expect(page.locator(".verdict")).to_have_attribute("data-state", "unreadable")
        found["unreadable"] = await _violations(page, axe)
        await page.goto(f"{host}/v")
        await page.locator("#file").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo})
        await page.locator("form:has(#file) button").click()
        await expect(page.locator(".verdict .note")).to_be_visible()
        found["photo"] = await _violations(page, axe)

        assert {place: faults for place, faults in found.items() if faults} == {}


async def test_axe_would_find_something(house: House, browser: Browser, axe: str) -> None:
    async with served(house) as host, visit(browser, host) as seen:
        await seen.page.goto(f"{host}/v")
        await seen.page.evaluate("document.querySelector('label').remove()")
        assert "label: #file" in await _violations(seen.page, axe)


async def _violations(page: Page, axe: str) -> list[str]:
    # Evaluated, not added as an element: the page's policy takes no other script.
    await page.evaluate(axe)
    result = await page.evaluate("axe.run()")
    assert len(result["passes"]) > 10
    return [f"{rule['id']}: {node['target'][0]}" for rule in result["violations"] for node in rule["nodes"]]


async def _fits(page: Page) -> None:
    """Nothing stands out to the side, and what is tapped is large enough to tap."""
    width, inner = await page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width <= inner
    for box in await page.locator(".button:visible, summary:visible").all():
        measured = await box.bounding_box()
        assert measured is not None
        assert measured["height"] >= 44
