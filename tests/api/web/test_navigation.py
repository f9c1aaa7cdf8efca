"""The ways from any page: to the same page in the other language, and to the groups of pages that are one's own."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest

from tests.api.web.fee_pages import APPROVER, AUTHOR, CASEWORKER, FeePages, fee_pages_on
from tests.api.web.filled_form import form_of
from tests.identity.simulated import MINH_ANH


@pytest.fixture
async def pages(sqlite_url: str, tmp_path: Path) -> AsyncIterator[FeePages]:
    async with fee_pages_on(sqlite_url, tmp_path) as found:
        yield found


def other_language(html: str) -> str:
    (found,) = re.findall(r'<a id="other-language" href="([^"]*)"', html)
    return unescape(found)


def links(html: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'href="(/[^"]*)"', html)]


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("quarter=2025-Q3&lang=en", "&quarter=2025-Q3"),
        ("a=1&b=&a=2", "&a=1&b=&a=2"),
        ("done=erasure&lang=vi&lang=en", ""),
        ('a="><script>&//elsewhere.example', "&a=%22%3E%3Cscript%3E&%2F%2Felsewhere.example="),
        ("a=%0d%0aSet-Cookie:%20b%E1%BB%83%ff", "&a=%0D%0ASet-Cookie%3A+b%E1%BB%83%EF%BF%BD"),
        ("a=" + "b" * 2_000, ""),
    ],
)
async def test_the_other_language_shows_what_was_chosen(pages: FeePages, asked: str, kept: str) -> None:
    browser = pages.desk.signing.browser
    for path in ("/punctuality", "/nothing"):
        shown = await browser.get(f"{path}?{asked}")
        assert other_language(shown.text) == f"{path}?lang=vi{kept}"
        assert "<script>" not in shown.text


async def test_of_what_was_sent_the_way_to_the_other_language_has_nothing(pages: FeePages) -> None:
    sent = await pages.desk.signing.browser.send("/punctuality?quarter=2025-Q3", {"name": "Anh"})
    assert other_language(sent.text) == "/?lang=vi"


async def test_a_comparison_stays_the_same_in_the_other_language(pages: FeePages) -> None:
    browser = await pages.at(AUTHOR)
    path = "/fees/policies/criminal_record_form_1.hanoi/difference"
    shown = await browser.get(f"{path}?from=2&to=1")
    assert shown.status_code == 200
    assert other_language(shown.text) == f"{path}?lang=vi&from=2&to=1"


async def test_the_account_leads_to_where_one_may_go(pages: FeePages) -> None:
    for username, own, foreign in ((AUTHOR, "/fees", "/desk"), (CASEWORKER, "/desk", "/operation")):
        browser = await pages.at(username)
        shown = (await browser.get("/account")).text
        main = links(shown[shown.index("<main") : shown.index("</main>")])
        assert own in main
        assert foreign not in main
        assert "/v?lang=en" in main
        for one in main:
            assert (await browser.get(one)).status_code == 200, one


async def test_everybody_finds_the_public_pages_once(pages: FeePages) -> None:
    citizen = pages.desk.signing.another()
    assert (await citizen.sign_in(MINH_ANH)).status_code == 303
    for browser in (citizen, await pages.at(APPROVER), pages.desk.signing.another()):
        found = links((await browser.get("/punctuality")).text)
        assert [found.count(one) for one in ("/procedures", "/punctuality", "/v?lang=en")] == [1, 1, 1]


async def test_what_was_typed_into_a_part_stays_in_the_other_language(pages: FeePages) -> None:
    browser = await pages.at(AUTHOR)
    address = f"{await pages.draft()}/edit/charges/fee"
    shown = await browser.get(address)
    (button,) = re.findall(r'<button id="other-language"[^>]*>', shown.text)
    assert f'formaction="{address}?lang=vi"' in button
    assert 'name="do" value="look"' in button
    typed = form_of(shown, address) | {"label_vi": "Phí đang gõ", "do": "look"}
    turned = await browser.send(f"{address}?lang=vi", typed)
    assert (turned.status_code, turned.headers["content-language"]) == (200, "vi")
    still = form_of(turned, address)
    assert still == form_of(shown, address) | {"label_vi": "Phí đang gõ", "once": still["once"]}
    # Enter in a field saves all the same: of the buttons of this form, the first one does.
    of_form = re.findall(r'<button[^>]* form="part"[^>]*>', shown.text)
    assert 'value="save"' in of_form[0]
