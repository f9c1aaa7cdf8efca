"""Every page that a person can reach by links, in both languages and both themes: readable to all, and from here alone.

Long, so that campaigns run it; the journeys look at the pages on their way in every run.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser

from tests.journeys.pages.visiting import DESKTOP, PHONE, Visit, visiting

_FILES = re.compile(
    r"/(v1|docs|static|problems|sign-in|sign-out)(/|$)|\.(csv|svg|png|json|pdf|xml)$"
    r"|/(document|credential|receipt|apology|export|file|labels|list|json)$|/papers/[^/]+/file|^/fees/acts/[0-9a-f]{64}$|^/desk/money/receipts/"
)
_MOST_OF_A_KIND, _MOST = 3, 120
PEOPLE: tuple[tuple[str, Literal["citizens", "officials"], str], ...] = (
    ("Nguyễn Thị Minh Anh", "citizens", "/applications"),
    ("Phạm Thu Hà", "officials", "/desk"),
    ("Ngô Quốc Tuấn", "officials", "/statistics"),
    ("Bùi Khánh Linh", "officials", "/operation"),
    ("Đặng Thùy Dương", "officials", "/fees"),
    ("Trịnh Văn Long", "officials", "/fees"),
)


def kind_of(path: str) -> str:
    """The address with codes, numbers and digests taken out: three of a kind are enough."""
    return re.sub(r"[0-9][0-9A-Fa-f.-]{3,}|\b[0-9]+\b|(?<=/)[a-z_]+_form_[0-9](?:\.[a-z]+)?", "*", path)


async def links(visit: Visit) -> list[str]:
    found = await visit.page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
    return [urlsplit(one).path for one in found if one.startswith(visit.service) and "#" not in one]


async def walk(visit: Visit, axe: str, start: str) -> dict[str, int]:
    """Every page that leads on from there, looked at in both themes, with its weight in bytes."""
    waiting, seen, kinds = deque([start]), {start}, dict[str, int]()
    visited: dict[str, int] = {}
    while waiting and len(visited) < _MOST:
        path = waiting.popleft()
        await visit.open(path)
        weight = await visit.fits()
        for scheme in ("light", "dark"):
            await visit.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # one of its words
            await visit.is_accessible(axe)
        await visit.picture(path.strip("/").replace("/", "-") or "start")
        visited[path] = weight
        for link in await links(visit):
            if link in seen or _FILES.search(link) or kinds.get(kind_of(link), 0) >= _MOST_OF_A_KIND:
                continue
            seen.add(link)
            kinds[kind_of(link)] = kinds.get(kind_of(link), 0) + 1
            waiting.append(link)
    visit.check()
    return visited


@pytest.mark.campaign
@pytest.mark.parametrize(("language", "size"), [("vi", PHONE), ("en", DESKTOP)])
@pytest.mark.parametrize(("person", "kind", "start"), [*PEOPLE, ("", "citizens", "/")])
async def test_every_page_is_for_everybody(
    played_service: dict[str, str],
    browser: Browser,
    axe: str,
    person: str,
    kind: Literal["citizens", "officials"],
    start: str,
    language: Literal["vi", "en"],
    size: dict[str, int],
) -> None:
    async with visiting(browser, played_service, language=language, size=size) as visit:
        if person:
            await visit.sign_in(person, kind=kind, to=start)
        visited = await walk(visit, axe, start)
    heaviest = max(visited, key=lambda path: visited[path])
    print(
        f"{person or 'nobody'} in {language}: {len(visited)} pages, 0 violations,"
        f" the heaviest {heaviest} with {visited[heaviest]} bytes"
    )
    assert len(visited) > 3
