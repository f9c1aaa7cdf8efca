"""The survey's one page: without a script, without a name, once."""

from __future__ import annotations

import logging
import re
from html import unescape
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser, expect

from issuance.feedback.survey import invite
from issuance.feedback.survey_book import SurveySummary
from tests.api.house import House, served
from tests.api.test_page_browser import DESKTOP, PHONE, _fits, _violations, axe, browser, picture
from tests.issuance.office import UNIT

__all__ = ["axe", "browser"]  # fixtures

HTML = {"Accept": "text/html", "Accept-Language": "vi"}
OVER, THANKS = "Khảo sát này không còn mở", "Xin cảm ơn"


async def a_link(house: House) -> str:
    """Of an application whose result was returned, as its owner sees it."""
    code = (await house.apply())["code"]
    application = house.stored(code)
    house.office.do(lambda r: invite(r, house.services.rules.feedback, application, house.office.at))
    link: str = (await house.get(f"/v1/applications/{code}", house.citizen())).json()["links"]["survey"]
    return link


def told(house: House) -> SurveySummary:
    return house.office.do(lambda r: r.surveys.summary({UNIT}, None, "2024-W01", "2024-W53"))


async def send(house: House, token: str, **fields: str) -> httpx.Response:
    return await house.client.post("/s?lang=vi", headers=HTML, data={"token": token, **fields})


async def test_the_link_is_answered_once(house_on_both: House) -> None:
    house = house_on_both
    link = await a_link(house)
    shown = await house.get(link, HTML)
    assert shown.status_code == 200
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    assert (shown.headers["Cache-Control"], "set-cookie" in shown.headers) == ("no-store", False)
    token = re.findall(r'name="token" value="([^"]+)"', shown.text)[0]
    assert link == f"/s/{token}"
    assert shown.text.count(token) == 2  # the form, and the same page in the other language

    sent = await send(house, token, score="5", time="yes", fee="no", comment="Nhanh,\r\ncảm ơn\0!")
    assert (sent.status_code, sent.headers["location"]) == (303, "/s/thanks?lang=vi")
    assert THANKS in unescape((await house.get(sent.headers["location"], HTML)).text)
    application = (await house.get("/v1/applications", house.citizen())).json()["items"][0]
    assert "survey" not in (await house.get(application["links"]["self"], house.citizen())).json()["links"]
    assert told(house).answers == 1
    # Used, unknown and no link at all look alike.
    pages = [await house.get(link, HTML), await house.get(f"/s/{'x' * 43}", HTML), await send(house, token, score="1")]
    pages += [await house.get("/s", HTML), await send(house, "", score="1"), await send(house, token)]
    assert {(page.status_code, page.text) for page in pages} == {(404, pages[0].text)}
    assert OVER in unescape(pages[0].text)
    assert told(house).answers == 1


async def test_what_is_left_out_is_asked_for_again_and_nothing_typed_is_lost(house: House) -> None:
    token = (await a_link(house)).removeprefix("/s/")
    for fields in ({}, {"score": "6"}, {"score": "x"}, {"score": "3", "comment": "y" * 1_001}):
        again = await send(house, token, **{"comment": "<b>Tốt</b>", "time": "no", **fields})
        assert again.status_code == 422
        assert 'name="time" value="no" checked' in again.text
        assert "<b>" not in again.text
        assert f'value="{token}"' in again.text
    assert told(house).answers == 0
    assert (await send(house, token, score="3", time="perhaps", other="x", comment="y" * 1_000)).status_code == 303
    assert told(house).answers == 1


async def test_the_link_stands_in_no_log(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    link = await a_link(house)
    await house.get(link, HTML)
    await send(house, link.removeprefix("/s/"), score="1")
    ours = [one.getMessage() for one in caplog.records if not one.name.startswith(("httpx", "httpcore", "asyncio"))]
    assert [one for one in ours if link.removeprefix("/s/") in one] == []


async def test_the_desk_sees_no_link(house: House) -> None:
    await a_link(house)
    code = (await house.get("/v1/applications", house.citizen())).json()["items"][0]["code"]
    assert "/s/" not in (await house.get(f"/v1/desk/applications/{code}", house.official())).text


async def test_the_page_in_a_browser(house: House, browser: Browser, axe: str) -> None:
    """Answered without scripts on a telephone; looked at in both languages, lights and sizes."""
    found = {}
    async with served(house) as url:
        context = await browser.new_context(viewport=PHONE, locale="vi-VN", java_script_enabled=False)  # type: ignore[arg-type]  # a plain dict
        page = await context.new_page()
        requested: list[tuple[str, str | None]] = []
        page.on("request", lambda one: requested.append((one.url, one.headers.get("referer"))))
        link = await a_link(house)
        await page.goto(url + link)
        await page.get_by_label("4 – hài lòng").check()
        await page.get_by_role("group", name="Thái độ của cán bộ").get_by_label("Có").check()
        await page.get_by_label("Bạn muốn nói thêm điều gì?").fill("Rất nhanh")
        await page.get_by_role("button", name="Gửi câu trả lời").click()
        await expect(page.locator("h1")).to_have_text(THANKS)
        await page.go_back()
        await page.goto(url + link)
        await expect(page.locator("h1")).to_have_text(OVER)
        assert [one for one in requested if one[1]] == []
        assert told(house).answers == 1
        await context.close()

        open_link = await a_link(house)
        for scheme, locale, size in (("light", "vi-VN", PHONE), ("dark", "en-GB", PHONE), ("light", "en-GB", DESKTOP)):
            context = await browser.new_context(
                viewport=size,  # type: ignore[arg-type]  # a plain dict of the right keys
                color_scheme=scheme,  # type: ignore[arg-type]  # "light" or "dark"
                locale=locale,
            )
            page = await context.new_page()
            name = f"{'phone' if size == PHONE else 'desktop'}-{scheme}-{locale[:2]}"
            await page.goto(url + open_link)
            for state in ("survey", "survey-refused", "survey-over"):
                if state == "survey-refused":
                    await page.locator("form").evaluate("form => { form.noValidate = true; }")
                    await page.get_by_role("button").click()
                    await expect(page.get_by_role("alert")).to_be_visible()
                if state == "survey-over":
                    await page.goto(f"{url}/s/{uuid4()}")
                await _fits(page)
                await picture(page, f"{state}-{name}")
                found[f"{state} {name}"] = await _violations(page, axe)
            await context.close()
    assert {place: faults for place, faults in found.items() if faults} == {}


async def test_the_answer_keeps_what_was_said(house: House) -> None:
    for number in range(5):
        token = (await a_link(house)).removeprefix("/s/")
        comment = f"Lời {number}\ncâu hai" if number == 0 else ""
        await send(house, token, score=str(number + 1), result="yes", comment=comment.replace("\n", "\r\n"))
    summary = told(house)
    assert (summary.answers, summary.mean_hundredths, summary.comments) == (5, 300, ["Lời 0\ncâu hai"])
    assert summary.aspects["result"] == (5, 0)
