"""Officials at the desk: from the overdue case to a document that a second one approves, refusals, papers asked for."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Literal
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser, expect

from simulators.sign_in import sign_in
from tests.journeys.pages.visiting import DESKTOP, PHONE, Visit, visiting

HEAD = "Ngô Quốc Tuấn"
REQUEST = {
    "type": "criminal_record_form_1",
    "input": {
        "copies": 1,
        "sex": "female",
        "birth_place": "Phường Dịch Vọng, quận Cầu Giấy, thành phố Hà Nội",
        "nationality": "Việt Nam",
        "permanent_residence": "Số 8 phố Trần Thái Tông, phường Cầu Giấy, thành phố Hà Nội",
        "business_management_ban_requested": True,
        "purpose": "<b>Xin việc</b>",
    },
}
WORDS = {
    "vi": {
        "overdue": "Quá hạn",
        "take": "Nhận xử lý hồ sơ",
        "nothing": "Không phát hiện gì",
        "propose": "Đề xuất cấp phiếu",
        "refuse": "Từ chối, nêu rõ lý do",
        "papers": "Yêu cầu bổ sung giấy tờ",
        "ask": "Gửi yêu cầu bổ sung",
        "stands": "Thời hạn đang tạm dừng",
        "refused": "Từ chối",
        "continue": "Tiếp tục với hồ sơ đã chọn",
        "all": "Duyệt tất cả",
        "approved": "Đã phê duyệt",
        "search": "Tìm",
        "reason": "Lý do",
        "needed": "Giấy tờ cần bổ sung",
    },
    "en": {
        "overdue": "Overdue",
        "take": "Take the case",
        "nothing": "Nothing found",
        "propose": "Propose to issue",
        "refuse": "Refuse, with the reason",
        "papers": "Ask for papers",
        "ask": "Ask for the papers",
        "stands": "The clock stands still",
        "refused": "Refused",
        "continue": "Continue with what is ticked",
        "all": "Approve them all",
        "approved": "Approved",
        "search": "Search",
        "reason": "Reason",
        "needed": "Papers to ask for",
    },
}


async def applied(service: dict[str, str], person: str) -> str:
    """An application through a citizen's app; its code."""
    signed_in = await asyncio.to_thread(sign_in, f"{service['outside']}/citizens", client_id="vneid-app", person=person)
    headers = {"Authorization": f"Bearer {signed_in.access_token}", "Idempotency-Key": str(uuid4())}
    async with httpx.AsyncClient(base_url=service["service"], trust_env=False) as client:
        answer = await client.post("/v1/applications", json=REQUEST, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["code"])


async def looked_at(visit: Visit, axe: str, name: str) -> None:
    """In both lights; nothing hangs over the edge. Without scripts no script of ours looks either."""
    await visit.fits()
    for scheme in ("dark", "light"):
        await visit.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # one of the two
        await visit.picture(f"desk-{name}-{scheme}")
        if "noscript" not in visit.name:
            await visit.is_accessible(axe)


async def answered(visit: Visit, code: str, word: str) -> None:
    """The case's page, as soon as the register has answered."""
    for _ in range(60):
        await visit.open(f"/desk/cases/{code}")
        if await visit.page.get_by_text(word, exact=True).count():
            return
        await asyncio.sleep(0.25)
    raise AssertionError("the register has not answered")


@pytest.mark.parametrize(
    ("language", "size", "scripts", "person"),
    [("vi", PHONE, False, "dang-gia-han"), ("en", DESKTOP, True, "le-hoang-dung")],
    ids=["phone", "desktop"],
)
async def test_from_the_overdue_case_to_the_approval(
    service: dict[str, str],
    browser: Browser,
    axe: str,
    language: Literal["vi", "en"],
    size: dict[str, int],
    scripts: bool,
    person: str,
) -> None:
    words, code = WORDS[language], await applied(service, person)
    options: dict[str, Any] = {"language": language, "size": size, "scripts": scripts}
    async with visiting(browser, service, **options) as visit, visiting(browser, service, **options) as head:
        page = visit.page
        await visit.sign_in("Phạm Thu Hà", kind="officials", to="/desk?list=unit")
        late = page.locator('.case-line[data-tone="bad"]').first
        await expect(late).to_contain_text(words["overdue"])
        await looked_at(visit, axe, "work")

        # A head may give or take any case; a caseworker takes what is nobody's, or goes on with what is hers.
        await head.sign_in(HEAD, kind="officials", to="/desk")
        await answered(head, code, words["nothing"])
        await looked_at(head, axe, "case")
        await head.page.locator(".seldom summary").click()
        await head.page.get_by_role("link", name=re.compile("Giao hồ sơ|Give the case")).click()
        if await head.page.locator("#official option", has_text="Phạm Thu Hà").count():
            await head.page.locator("#official").select_option(label="Phạm Thu Hà")
            await looked_at(head, axe, "give")
            await head.page.locator("form button").last.click()

        await visit.open("/desk?list=mine")
        await page.get_by_role("link", name=code).click()
        await page.get_by_role("link", name=words["propose"]).click()
        await looked_at(visit, axe, "propose")
        await page.get_by_role("button", name=words["propose"]).click()
        await expect(page.locator("p.notice").first).to_be_visible()
        await expect(page.get_by_role("heading", level=1)).to_be_visible()

        await head.open("/desk/approve")
        await looked_at(head, axe, "approve")
        await expect(head.page.locator(f'[id="case-{code}"]')).to_be_checked()
        for box in await head.page.get_by_role("checkbox").all():
            if await box.get_attribute("name") != f"case-{code}":
                await box.uncheck()
        await head.page.get_by_role("button", name=words["continue"]).click()
        await looked_at(head, axe, "confirm")
        await head.page.get_by_role("button", name=words["all"]).click()
        await expect(head.page.locator(".pick li")).to_contain_text(words["approved"])
        await looked_at(head, axe, "approved")
        for _ in range(80):
            await head.open(f"/desk/cases/{code}")
            if await head.page.locator(f'a[href="/desk/cases/{code}/revoke"]').count():
                break
            await asyncio.sleep(0.25)
        await expect(head.page.locator(f'a[href="/desk/cases/{code}/revoke"]')).to_be_visible()
        await looked_at(head, axe, "issued")
        visit.check()
        head.check()


@pytest.mark.parametrize(
    ("language", "size", "scripts", "person"),
    [("en", PHONE, True, "dang-gia-han"), ("vi", DESKTOP, False, "le-hoang-dung")],
    ids=["phone", "desktop"],
)
async def test_a_refusal_papers_and_what_was_left_out(
    service: dict[str, str],
    browser: Browser,
    axe: str,
    language: Literal["vi", "en"],
    size: dict[str, int],
    scripts: bool,
    person: str,
) -> None:
    words, first, second = WORDS[language], await applied(service, person), await applied(service, person)
    async with visiting(browser, service, language=language, size=size, scripts=scripts) as visit:
        page = visit.page
        await visit.sign_in(HEAD, kind="officials", to="/desk")
        if size == PHONE:
            await page.locator("#find").click()
        await page.locator("#sought").fill(first)
        await page.get_by_role("button", name=words["search"], exact=True).click()
        await looked_at(visit, axe, "found")
        await page.get_by_role("link", name=first).click()
        await answered(visit, first, words["nothing"])
        await page.get_by_role("link", name=words["refuse"]).click()
        await page.get_by_role("button", name=words["refuse"]).click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await looked_at(visit, axe, "refused-form")
        await page.get_by_label(words["reason"], exact=True).select_option("facts_differ")
        await page.locator("#own_words").fill("<b>Họ tên</b> khác nhau.")
        await page.get_by_role("button", name=words["refuse"]).click()
        await expect(page.locator(".tag", has_text=words["refused"]).first).to_be_visible()
        await expect(page.get_by_text("<b>Họ tên</b> khác nhau.")).to_be_visible()

        await answered(visit, second, words["nothing"])
        await page.get_by_role("link", name=words["papers"]).click()
        await page.get_by_label(words["needed"]).select_option("residence")
        await looked_at(visit, axe, "papers")
        await page.get_by_role("button", name=words["ask"]).click()
        await expect(page.get_by_text(words["stands"]).first).to_be_visible()
        await looked_at(visit, axe, "paused")
        for name in ("waiting", "delegations"):
            await visit.open(f"/desk/{name}")
            await looked_at(visit, axe, name)
        assert visit.said_to_have_asked("001304000004") == visit.said_to_have_asked("001091000003") == []
        visit.check()


async def test_keys_move_in_the_list_and_can_be_switched_off(
    service: dict[str, str], browser: Browser, axe: str
) -> None:
    await applied(service, "dang-gia-han")
    async with visiting(browser, service, language="en", size=DESKTOP) as visit:
        page = visit.page
        await visit.sign_in(HEAD, kind="officials", to="/desk")
        links = page.locator(".case-line a")
        await expect(page.locator("#keys")).to_be_visible()
        await page.keyboard.press("j")
        await expect(links.nth(0)).to_be_focused()
        await page.keyboard.press("ArrowDown")
        await expect(links.nth(1)).to_be_focused()
        await page.keyboard.press("k")
        await expect(links.nth(0)).to_be_focused()
        await page.keyboard.press("?")
        await expect(page.get_by_text("No key changes anything.")).to_be_visible()
        await looked_at(visit, axe, "keys")
        await page.keyboard.press("/")
        await expect(page.locator("#sought")).to_be_focused()
        await page.keyboard.type("j?/")
        await expect(page.locator("#sought")).to_have_value("j?/")
        await page.locator("#keys-on").uncheck()
        await page.reload()
        await page.locator("h1").click()
        await page.keyboard.press("j")
        await expect(links.nth(0)).not_to_be_focused()
        await page.locator("#keys summary").click()
        await page.locator("#keys-on").check()
        await page.locator("#keys summary").focus()
        await page.keyboard.press("j")
        first = await links.nth(0).inner_text()
        await expect(links.nth(0)).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(re.compile(re.escape(f"/desk/cases/{first}")))
        visit.check()
