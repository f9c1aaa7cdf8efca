"""A change of the fee rules in real browsers: checked, rehearsed, approved by another, put into the book."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from itertools import count
from typing import Any, Literal

import httpx
import pytest
from playwright.async_api import Browser, expect

from condau.story import FEE_AUTHOR
from simulators.sign_in import sign_in
from tests.journeys.pages.visiting import DESKTOP, PHONE, Visit, visiting

AUTHOR, APPROVER = "Đào Thị Hương", "Trịnh Văn Sơn"
POLICY = "criminal_record_form_1.hanoi"
_BOTH: tuple[Literal["dark", "light"], ...] = ("dark", "light")
_numbers = count()


class Agency:
    """What the author does by the API: a draft that raises the price of a copy from a later day on."""

    def __init__(self, service: dict[str, str]) -> None:
        self._service = service["service"]
        token = sign_in(f"{service['outside']}/officials", client_id="desk", person=FEE_AUTHOR).access_token
        self._headers = {"Authorization": f"Bearer {token}"}

    def _call(self, method: str, path: str, **request: Any) -> Any:
        once = {} if method == "GET" else {"Idempotency-Key": f"journey-{next(_numbers)}"}
        with httpx.Client(base_url=self._service, timeout=60, trust_env=False) as http:
            answer = http.request(method, path, headers=self._headers | once, **request)
        assert answer.is_success, answer.text
        return answer.json()

    def draft(self, copy_price: int) -> tuple[str, str, date]:
        """The path of its page, that of the version to be, and its first day."""
        entries = self._call("GET", f"/v1/fee-policies/{POLICY}")["entries"]
        newest = max(entry["version"] for entry in entries)
        first_day = max(date.fromisoformat(entry["days"]["first_day"]) for entry in entries) + timedelta(days=731)
        document = copy.deepcopy(self._call("GET", f"/v1/fee-policies/{POLICY}/versions/{newest}")["document"])
        document |= {"version": newest + 1, "effective": {"first_day": first_day.isoformat(), "last_day": None}}
        charge = next(one for one in document["charges"] if one["kind"] == "per_copy_above")
        charge["amount_vnd"] = copy_price
        given = {"channel": "desk", "copies": 3, "submitted_on": first_day.isoformat()}
        gross = copy_price + next(one["amount_vnd"] for one in document["charges"] if one["kind"] == "base")
        expect_ = {"gross_vnd": gross, "waived_vnd": 0, "due_vnd": gross}
        document["examples"] = [{"name": "Ba bản tại bộ phận một cửa", "given": given, "expect": expect_}]
        made = self._call("POST", "/v1/fee-policies/drafts", json=document)
        return f"/fees/drafts/{made['id']}", f"/fees/policies/{POLICY}/{newest + 1}", first_day

    def due(self, on: date) -> int:
        """What a citizen is told for three copies."""
        query = {"type": "criminal_record_form_1", "copies": 3, "channel": "desk", "age": 30, "on": on.isoformat()}
        answer = httpx.get(f"{self._service}/v1/fees/quote", params=query, trust_env=False)
        due: int = answer.json()["totals"]["due_vnd"]
        return due


async def look(visit: Visit, name: str, axe: str, *schemes: Literal["light", "dark"]) -> None:
    """schemes: in which the page must be accessible; both by default."""
    await visit.fits()
    await visit.picture(name)
    if axe:
        for scheme in schemes or _BOTH:
            await visit.page.emulate_media(color_scheme=scheme)
            await visit.is_accessible(axe)


async def follow(visit: Visit, what: str, *, last: bool = False) -> None:
    """Click a link or a button, and wait for the page that comes."""
    found = visit.page.locator(what)
    async with visit.page.expect_navigation():
        await (found.last if last else found).click()


@pytest.mark.parametrize(
    ("language", "size", "scripts"), [("vi", PHONE, False), ("en", DESKTOP, True)], ids=["phone", "desktop"]
)
async def test_a_fee_changes_by_two_people(
    service: dict[str, str],
    browser: Browser,
    axe: str,
    language: Literal["vi", "en"],
    size: dict[str, int],
    scripts: bool,
) -> None:
    agency = Agency(service)
    draft, version, first_day = agency.draft(8_000 if scripts else 7_000)
    before = agency.due(first_day)
    axe = axe if scripts else ""

    async with visiting(browser, service, language=language, size=size, scripts=scripts) as visit:
        await visit.sign_in(AUTHOR, kind="officials", to="/fees")
        await look(visit, "fees", axe, "light")
        await follow(visit, f'a[href="{draft}"]')
        await follow(visit, f'form[action="{draft}/check"] button')
        await expect(visit.page.locator("[role=status]")).to_be_visible()
        await follow(visit, f'a[href="{draft}/rehearsal"]')
        await visit.page.locator("details.more > summary").click()
        await look(visit, "rehearse", axe, "dark")
        await visit.page.locator('input[name="kind"][value="population"]').check()
        await visit.page.locator('input[name="size"]').fill("300")
        await follow(visit, "main form button", last=True)
        await visit.page.wait_for_url("**/fees/rehearsals/*")
        done = visit.page.locator('.tag[data-tone="good"]').first
        for _ in range(40):
            if await visit.page.locator("#money").count():
                break
            await visit.page.wait_for_timeout(500)
            if not scripts and await visit.page.locator("[data-waiting] a").count():
                await follow(visit, "[data-waiting] a")
        await expect(done).to_be_visible()
        await look(visit, "rehearsal", axe)
        await follow(visit, f'a[href="{draft}"]', last=True)
        await look(visit, "draft", axe, "light")
        await expect(visit.page.locator(".why-not")).to_be_visible()
        visit.check()

    async with visiting(browser, service, language=language, size=size, scripts=scripts) as visit:
        await visit.sign_in(APPROVER, kind="officials", to=f"{draft}/approval")
        await look(visit, "approval", axe, "dark")
        await follow(visit, f'form[action="{draft}/approval"] button')
        await follow(visit, f'a[href="{draft}/schedule"]')
        assert agency.due(first_day) == before
        await look(visit, "schedule", axe, "light")
        await follow(visit, f'form[action="{draft}/schedule"] button')
        await follow(visit, f'a[href="{version}"]')
        await look(visit, "version", axe, "dark")
        visit.check()

    assert agency.due(first_day) != before
    assert agency.due(first_day - timedelta(days=1)) == before


@pytest.mark.parametrize(("language", "size"), [("vi", DESKTOP), ("en", PHONE)], ids=["desktop", "phone"])
async def test_the_book_is_read_by_any_official(
    service: dict[str, str], browser: Browser, axe: str, language: Literal["vi", "en"], size: dict[str, int]
) -> None:
    scheme: Literal["light", "dark"] = "light" if language == "vi" else "dark"
    async with visiting(browser, service, language=language, size=size) as visit:
        await visit.sign_in("Phạm Thu Hà", kind="officials", to="/fees")
        await look(visit, "fees-desk", axe, scheme)
        for name, path in (
            ("policy", f"/fees/policies/{POLICY}"),
            ("version-1", f"/fees/policies/{POLICY}/1"),
            ("difference", f"/fees/policies/{POLICY}/difference?from=1&to=2"),
            ("fees-known", "/fees?known=2026-01-01"),
        ):
            await visit.open(path)
            await look(visit, name, axe, scheme)
        visit.check()


async def test_a_version_is_taken_back(service: dict[str, str], browser: Browser, axe: str) -> None:
    """Only its page: to do it would be another journey's loss."""
    async with visiting(browser, service, language="en", size=PHONE) as visit:
        path = f"/fees/policies/{POLICY}/3/withdrawal"
        await visit.sign_in(APPROVER, kind="officials", to=path)
        await look(visit, "take-back", axe, "light")
        for name, page in (("acts", "/fees/acts"), ("drafts", "/fees/drafts")):
            await visit.open(page)
            await look(visit, name, axe, "dark")
        draft, _, _ = Agency(service).draft(6_000)
        await visit.open(f"{draft}/withdrawal")
        await look(visit, "end-draft", axe, "dark")
        await visit.page.locator("textarea").fill("Chưa cần nữa.")
        await follow(visit, "main form button")
        await expect(visit.page.locator("[role=status]")).to_be_visible()
        visit.check()
