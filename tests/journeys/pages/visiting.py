"""A person at a real browser: which device, which language, and what must never happen on any page."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from playwright.async_api import Browser, ConsoleMessage, Page, Request, Response

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
PICTURES = Path(os.environ.get("CONDAU_PICTURES", "var/pictures"))
"""Where screenshots of every page go; never committed."""


_TOO_WIDE = """() => document.documentElement.scrollWidth <= window.innerWidth ? [] :
  [...document.body.querySelectorAll("*")].filter(one => one.getBoundingClientRect().right > window.innerWidth + 1)
    .map(one => one.outerHTML.slice(0, 150)).slice(0, 8)"""
"""What has to be scrolled sideways for, so that a test says it."""
MAX_WEIGHT = 100_000
"""What a page may weigh in bytes on the way, with its styles, scripts and pictures, without the reader of codes."""

_WEIGHTS = """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .filter(one => one.initiatorType !== "fetch")
  .map(one => [new URL(one.name).pathname, one.encodedBodySize])"""
"""What was loaded to show a page, as compressed: also what was kept from a page before, which a first visit loads."""
_READER = re.compile(r"^/v/decoder\.js$|/vendor/zxing")


@dataclass
class Visit:
    """One person's browser. Errors in the page's own scripts, refused resources and strangers' hosts are collected.

    hosts: the service, and the simulated identity provider, which people pass on their way to sign in.
    """

    page: Page
    service: str
    hosts: tuple[str, ...]
    language: str
    name: str
    faults: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._hear)
        self.page.on("request", self._note)
        self.page.on("response", self._answered)

    def _hear(self, message: ConsoleMessage) -> None:
        # what a browser says of an answer with 4xx is told by the answer itself
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.faults.append(message.text)

    def _note(self, request: Request) -> None:
        self.requested.append(request.url)

    def _answered(self, response: Response) -> None:
        is_file = urlsplit(response.url).path.startswith("/static/")
        if response.status >= (400 if is_file else 500):
            self.faults.append(f"{response.status} {response.url}")

    def check(self) -> None:
        """No script failed, the policy of no page was broken, nothing came from elsewhere, no file of ours was missing,
        nothing answered 5xx."""
        assert self.faults == []
        strangers = [url for url in self.requested if not url.startswith((*self.hosts, "data:", "blob:"))]
        assert strangers == []

    def said_to_have_asked(self, secret: str) -> list[str]:
        """The addresses of our service that hold a text; personal data never stands in any."""
        return [url for url in self.requested if secret in url and url.startswith(self.service)]

    async def open(self, path: str) -> None:
        await self.page.goto(f"{self.service}{path}")

    async def sign_in(self, person: str, *, kind: Literal["citizens", "officials"] = "citizens", to: str = "/") -> None:
        """As one of the simulated people, chosen by name at the identity provider, and back to a page of ours."""
        await self.open(f"/sign-in?return_to={quote(to)}&lang={self.language}")
        await self.page.locator(f'form[action^="/sign-in/demo-{kind}"] button').click()
        await self.page.wait_for_url(f"{self.hosts[1]}/**")
        await self.page.get_by_role("link", name=person).first.click()
        await self.page.wait_for_url(lambda url: url.startswith(self.service) and "/callback" not in url)

    async def picture(self, name: str) -> None:
        """A screenshot of the whole page, for whoever looks at them."""
        await self.page.screenshot(path=PICTURES / f"{self.name}-{name}.png", full_page=True)

    async def is_accessible(self, axe: str) -> None:
        """No violation of any rule of axe on the page as it is now. axe: its script."""
        result = await self.page.evaluate(f"async () => {{ {axe}; return await axe.run(document); }}")
        told = [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in result["violations"]]
        assert told == [], f"{urlsplit(self.page.url).path}: {told}"

    async def fits(self) -> int:
        """Nothing has to be scrolled sideways, and a slow network brings the page soon. Its weight in bytes."""
        await self.page.wait_for_load_state("load")  # with its styles
        too_wide = await self.page.evaluate(_TOO_WIDE)
        assert too_wide == [], self.page.url
        loaded = await self.page.evaluate(_WEIGHTS)
        weights = {path: size for path, size in loaded if not _READER.search(path)}
        assert sum(weights.values()) < MAX_WEIGHT, f"{self.page.url}: {weights}"
        return sum(weights.values())


@asynccontextmanager
async def visiting(
    browser: Browser,
    service: dict[str, str],
    *,
    size: dict[str, int] = PHONE,
    scheme: Literal["light", "dark"] = "light",
    language: Literal["vi", "en"] = "vi",
    scripts: bool = True,
    **options: Any,
) -> AsyncIterator[Visit]:
    """A browser of its own, without anything kept. options: further ones of Playwright's contexts."""
    locale = "vi-VN" if language == "vi" else "en-GB"
    device = "phone" if size["width"] < 600 else "desktop"
    context = await browser.new_context(
        viewport=size,  # type: ignore[arg-type]  # a plain dict of the right keys
        color_scheme=scheme,
        locale=locale,
        java_script_enabled=scripts,
        bypass_csp=False,
        **options,
    )
    visit = Visit(
        page=await context.new_page(),
        service=service["service"],
        hosts=(service["service"], service["outside"]),
        language=language,
        name=f"{device}-{language}-{scheme}" + ("" if scripts else "-noscript"),
    )
    try:
        yield visit
    finally:
        await context.close()
