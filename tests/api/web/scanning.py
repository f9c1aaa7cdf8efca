"""The scanner in a real browser, with a film of a printed code where its camera would be."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import zxingcpp
from PIL import Image
from playwright.async_api import Browser, Page, expect

from tests.api.house import House
from tests.api.test_page_browser import PHONE, PICTURES
from tests.verification.photographs import Scene, taken

WIDTH, HEIGHT = 1280, 720
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
FILM = "film.y4m"
CAMERA = ("--use-fake-device-for-media-stream",)
_NEUTRAL = bytes([128]) * (WIDTH * HEIGHT // 2)


def code_on(page: Image.Image) -> Image.Image:
    """The part of a printed page that people hold into a camera: its code, with what stands around it."""
    place = zxingcpp.read_barcodes(page)[0].position
    xs = [point.x for point in (place.top_left, place.top_right, place.bottom_left, place.bottom_right)]
    ys = [point.y for point in (place.top_left, place.top_right, place.bottom_left, place.bottom_right)]
    wide = max(xs) - min(xs)
    box = (min(xs) - wide // 2, min(ys) - wide // 6, max(xs) + wide // 2, max(ys) + wide // 6)
    return page.crop(tuple(round(one) for one in box))  # type: ignore[arg-type]  # four numbers


def film(page: Image.Image, file: Path, *, frames: int = 4, seed: int = 1) -> None:
    """Write what a camera sees of a printed code in an unsteady hand: turned, leaning, blurred, badly lit, noisy.

    In y4m, as Chromium's simulated camera takes it.
    """
    chance, sheet = random.Random(seed), code_on(page)
    with file.open("wb") as out:
        out.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(frames):
            scene = Scene(
                size=(WIDTH, HEIGHT),
                turned=9 + chance.uniform(-3, 3),
                leaning=0.1,
                filled=0.95,
                blur=5,
                noise=9,
                light=(1, 0.6),
                contrast=0.7,
                seed=seed + number,
            )
            out.write(b"FRAME\n" + taken(sheet, scene).convert("L").tobytes() + _NEUTRAL)


@dataclass
class Scanner:
    """One device with the scanner open. faults: errors of scripts, and everything that a policy refused."""

    page: Page
    name: str
    host: str = ""
    faults: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)

    async def open(self, *, language: str | None = None, digits: str = "") -> None:
        await self.page.goto("about:blank")
        query = f"?lang={language}" if language else ""
        await self.page.goto(f"{self.host}/v{query}" + (f"#{digits}" if digits else ""))

    async def is_ready_for_offline(self) -> None:
        """The worker serves this page, and the lists are kept."""
        await expect(self.page.locator("#lists-state")).to_contain_text("2024")
        await self.page.evaluate(
            """() => new Promise((done) => {
                const look = () => (navigator.serviceWorker.controller ? done() : setTimeout(look, 20));
                look();
            })"""
        )

    async def scan(self) -> float:
        """Scan with the camera; the seconds from the tap to the verdict."""
        seconds: float = await self.page.evaluate(
            """() => new Promise((done) => {
                const began = performance.now();
                const shown = () => document.querySelector(".verdict") && done((performance.now() - began) / 1000);
                new MutationObserver(shown).observe(document.getElementById("result"), { childList: true });
                document.getElementById("scan").click();
            })"""
        )
        return seconds

    async def shows(self, state: str) -> None:
        await expect(self.page.locator(".verdict")).to_have_attribute("data-state", state)
        await expect(self.page.locator(".verdict")).to_be_focused()

    async def picture(self, name: str) -> None:
        if PICTURES:
            await self.page.screenshot(path=Path(PICTURES) / f"{self.name}-{name}.png", full_page=True)

    async def fits(self) -> None:
        """Nothing stands out to the side, and what is tapped is large enough to tap."""
        assert await self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        for box in await self.page.locator("button:visible, .button:visible, summary:visible").all():
            measured = await box.bounding_box()
            assert measured is not None
            assert measured["height"] >= 44, await box.inner_text()

    async def is_accessible(self, axe: str, name: str) -> None:
        """No violation of any rule of axe, in either scheme, and nothing out of place; with a picture of each."""
        await self.fits()
        await self.page.evaluate(axe)
        for scheme in SCHEMES:
            await self.page.emulate_media(color_scheme=scheme)
            await self.picture(f"{name}-{scheme}")
            # Nothing but colours depends on the scheme.
            rules = "{}" if scheme == "light" else "{ runOnly: ['color-contrast'] }"
            result = await self.page.evaluate(f"axe.run({rules})")
            told = [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in result["violations"]]
            assert told == [], f"{scheme}: {told}"

    def check(self) -> None:
        """No script failed, no policy was broken, nothing was asked of others or with a document in the address."""
        assert self.faults == []
        strangers = [url for url in self.requested if not url.startswith((self.host, "data:", "about:", "blob:"))]
        assert strangers == []
        assert [url for url in self.requested if len(urlsplit(url).query) > 20] == []


@asynccontextmanager
async def scanning(
    browser: Browser,
    house: House,
    *,
    language: Literal["vi", "en"] = "vi",
    size: dict[str, int] = PHONE,
    camera: bool = True,
    **options: Any,
) -> AsyncIterator[Scanner]:
    """A device of its own whose clock shows the house's time. camera: whether the page may use it."""
    device = "phone" if size == PHONE else "desktop"
    context = await browser.new_context(
        viewport=size,  # type: ignore[arg-type]  # a plain dict of the right keys
        locale="vi-VN" if language == "vi" else "en-GB",
        permissions=["camera"] if camera else [],
        **options,
    )
    await context.clock.set_fixed_time(house.office.at)
    page = await context.new_page()
    scanner = Scanner(page, f"{device}-{language}")
    page.on("pageerror", lambda error: scanner.faults.append(str(error)))
    page.on("console", lambda said: _hear(scanner, said.type, said.text))
    context.on("request", lambda request: scanner.requested.append(request.url))
    await page.add_init_script(
        "document.addEventListener('securitypolicyviolation',"
        " (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))"
    )
    try:
        yield scanner
    finally:
        await context.close()


def _hear(scanner: Scanner, kind: str, text: str) -> None:
    # That a server is away, or refuses, is what some tests are about; their pages say it.
    if kind == "error" and "Failed to load resource" not in text:
        scanner.faults.append(text)
