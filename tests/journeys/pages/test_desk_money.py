"""Money and post at the desk: a statement is taken in, a payment goes back, copies are printed and sent."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx
from playwright.async_api import Browser, Page, expect

from simulators.sign_in import sign_in_async
from tests.journeys.pages.test_desk import HEAD, applied
from tests.journeys.pages.test_desk import looked_at as looked_at_loaded
from tests.journeys.pages.visiting import Visit, visiting
from verification.verdict import VIETNAM

OPERATOR = "Bùi Khánh Linh"
ADDRESS = {
    "recipient": "Đặng Gia Hân",
    "phone": "0912345678",
    "street": "Số 12 phố Thợ Nhuộm",
    "commune": "Phường Cửa Nam",
    "province": "Thành phố Hà Nội",
}


async def issued_for_the_post(service: dict[str, str], person: str) -> str:
    """The code of an application with its document, whose one copy is asked for by post."""
    code = await applied(service, person)
    citizens, officials = (f"{service['outside']}/{people}" for people in ("citizens", "officials"))
    citizen, caseworker, head = [
        (await sign_in_async(issuer, client, name)).access_token
        for issuer, client, name in (
            (citizens, "vneid-app", person),
            (officials, "desk", "pham-thu-ha"),
            (officials, "desk", "ngo-quoc-tuan"),
        )
    ]
    async with httpx.AsyncClient(base_url=service["service"], trust_env=False) as client:

        async def until(status: int, path: str, token: str, body: dict[str, Any]) -> None:
            for _ in range(80):
                headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
                answer = await client.post(path, json=body, headers=headers)
                if answer.status_code == status:
                    return
                await asyncio.sleep(0.25)
            raise AssertionError(f"{path} answers {answer.status_code}: {answer.text}")

        desk = f"/v1/desk/applications/{code}"
        owner = (await client.get(desk, headers={"Authorization": f"Bearer {head}"})).json()["turn"]["owner"]
        proposer = head if owner and owner["name"] != "Phạm Thu Hà" else caseworker
        await until(200, f"{desk}/outcomes", proposer, {"outcome": "propose"})
        await until(200, f"{desk}/approval", head, {})
        await until(201, f"/v1/applications/{code}/parcels", citizen, ADDRESS)
        for _ in range(80):
            document = (await client.get(desk, headers={"Authorization": f"Bearer {head}"})).json()["application"]
            if document["document"]:
                return code
            await asyncio.sleep(0.25)
    raise AssertionError("the document is not issued")


async def looked_at(visit: Visit, axe: str, name: str) -> None:
    # A click waits for the new page, not for its style.
    await visit.page.wait_for_load_state()
    await looked_at_loaded(visit, axe, name)


async def brings(page: Page, name: str, content: str) -> None:
    """A file is chosen, looked at, and taken in."""
    await page.locator("#file").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content.encode()})
    await page.locator("main form button").last.click()
    await expect(page.locator("#report-title")).to_be_visible()


async def test_money_that_fits_nothing_and_copies_by_post(service: dict[str, str], browser: Browser, axe: str) -> None:
    person = "dang-gia-han"
    memo, today = f"{person} chuyen <b>tien</b>", datetime.now(VIETNAM).strftime("%d/%m/%Y")
    code = await issued_for_the_post(service, person)
    async with visiting(browser, service) as operator:
        page = operator.page
        await operator.sign_in(OPERATOR, kind="officials", to="/statements")
        await looked_at(operator, axe, "statements")
        rows = f"{today},{uuid4().hex},75000,VND,{memo}\n{today},{uuid4().hex},-500,VND,phi\n"
        await brings(page, "statement.csv", f"date,reference,amount,currency,memo\n{rows}")
        await looked_at(operator, axe, "statement-seen")
        await page.locator("main form button").last.click()
        await expect(page.locator(".notice")).to_have_count(0)
        operator.check()

    async with visiting(browser, service) as head:
        page = head.page
        await head.sign_in(HEAD, kind="officials", to="/desk/money")
        waiting = page.locator(".pick li", has_text=memo)
        await expect(waiting).to_have_count(1)
        await looked_at(head, axe, "money")
        await waiting.get_by_role("link").first.click()
        await looked_at(head, axe, "money-payment")
        await page.locator("#code").fill(code)
        await page.locator("#reason").fill("Đã đối chiếu")
        await page.locator("main form button").last.click()
        await expect(page.locator("#code-error")).to_be_visible()
        for deed in ("assignment", "refund"):
            await page.locator(f'.links a[href$="/{deed}"]').click()
            await looked_at(head, axe, f"money-{deed}")
        await page.locator("#reason").fill("Không khớp hồ sơ nào")
        await page.locator("main form button").last.click()
        await expect(page.locator("p.notice[role=status]")).to_be_visible()
        await expect(waiting).to_have_count(0)
        for name in ("refunds", "cash"):
            await head.open(f"/desk/money/{name}")
            await looked_at(head, axe, f"money-{name}")
        if await page.locator('a[href^="/desk/money/refunds/"]').count():
            await page.locator('a[href^="/desk/money/refunds/"]').first.click()
            await looked_at(head, axe, "money-refund")

        await head.open("/desk/post")
        await looked_at(head, axe, "post")
        await page.locator(f'a[href="/desk/post/cases/{code}"]').click()
        await page.locator("main form button").last.click()
        await expect(page.locator("#file-title")).to_be_visible()
        await looked_at(head, axe, "post-copies")
        async with page.expect_download() as printed:
            await page.locator("#file-title ~ p a").click()
        assert (await printed.value).suggested_filename.endswith(".pdf")
        await head.open("/desk/post")
        await looked_at(head, axe, "post-ready")
        await page.locator('form[action="/desk/post/batches"] button').click()
        await expect(page.locator("ol.pick li", has_text=code)).to_be_visible()
        await looked_at(head, axe, "post-batch")
        number = await page.locator("ol.pick li", has_text=code).locator("strong").inner_text()
        async with page.expect_download() as labels:
            await page.locator('a[href$="/labels"]').click()
        assert (await labels.value).suggested_filename.endswith(".pdf")
        await head.open("/desk/post/reports")
        moment = datetime.now(VIETNAM).isoformat()
        report = f"{number},EH123456789VN,delivered,{moment},\nx,,delivered,{moment},\n"
        await brings(page, "reports.csv", f"parcel,tracking,state,at,reason\n{report}")
        await looked_at(head, axe, "post-reports-seen")
        await page.locator("main form button").first.click()
        await expect(page.locator("main .notice")).to_have_count(0)
        await head.open(f"/desk/post/cases/{code}")
        await expect(page.get_by_text("EH123456789VN")).to_be_visible()
        for name in ("inbox", f"handovers/{code}"):
            await head.open(f"/desk/{name}")
            await looked_at(head, axe, name.partition("/")[0])
        assert head.said_to_have_asked(memo) == head.said_to_have_asked("Th%E1%BB%A3") == []
        head.check()
