"""What the pages around a sign-in say and where they lead: never untrue, and always on."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from api.services import Limits
from api.web.sign_in import ROLE_NAMES
from identity.citizen import ROLES
from storage.runner import Database
from tests.api.signing_in import SigningIn, led_to, open_signing_in
from tests.api.test_sign_in import opened
from tests.identity.simulated import BINH, HA, MINH_ANH, query_of


@pytest.fixture
async def signing(sqlite_url: str, tmp_path: Path) -> AsyncIterator[SigningIn]:
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    async with open_signing_in(database, tmp_path) as found:
        yield found
    await database.dispose()


def links(html: str) -> list[str]:
    """Where they lead, those within the page apart."""
    return [unescape(found) for found in re.findall(r'href="([^#][^"]*)"', html)]


async def test_nobody_who_is_signed_in_reads_otherwise(signing: SigningIn) -> None:
    """Of a shared device, the page would be believed."""
    browser = signing.browser
    assert "You are signed out" in (await browser.get("/signed-out?lang=en")).text
    await browser.sign_in()
    for path in ("/signed-out?lang=en", "/signed-out?state=en", "/signed-out?lang=en&still=citizens"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/account?lang=en")
    assert await browser.is_signed_in()


@pytest.mark.parametrize("path", ["/signed-out", "/signed-out?lang=vi", "/sign-in", "/sign-in/citizens", "/sign-out"])
async def test_no_sign_in_leads_to_a_page_about_signing_in_or_out(signing: SigningIn, path: str) -> None:
    back = await signing.browser.sign_in(return_to=path)
    assert back.headers["location"] == "/account?lang=en"


async def test_an_issuer_that_cannot_be_told_is_named(sqlite_url: str, tmp_path: Path) -> None:
    """Whoever comes next to the device could sign in there without a password."""
    async with opened(sqlite_url, tmp_path) as signing:
        browser = signing.browser
        signing.provider.tamper = lambda ask, answer: replace(
            answer, body=answer.body.replace(b'"end_session_endpoint"', b'"no_such_place"')
        )
        await browser.sign_in()
        token = await browser.form_token()
        out = await browser.send("/sign-out?lang=en", {"form_token": token})
        assert (out.status_code, out.headers["location"]) == (303, "/signed-out?lang=en&still=citizens")
        said = await browser.get(out.headers["location"])
        assert "You may still be signed in at Provider of citizens" in said.text
        assert "Nobody can see" not in said.text
        assert "/signed-out?lang=vi&still=citizens" in links(said.text)
        for still in ("nobody", "<b>", ""):
            assert "may still" not in (await browser.get("/signed-out", params={"lang": "en", "still": still})).text


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "/%2fevil.example", "/%09/evil.example", "/%5cevil.example", "//evil.example/sign-in/"],
)
async def test_no_page_links_to_another_host(signing: SigningIn, path: str) -> None:
    for method in ("GET", "POST"):
        answer = await signing.browser.http.request(method, f"https://condau.example{path}")
        assert answer.status_code in (404, 405)
        assert [one for one in links(answer.text) if not re.match(r"/(?![/\\\s])", one)] == []


async def test_the_language_of_a_page_that_is_not_there_can_be_changed(signing: SigningIn) -> None:
    assert "/nothing?lang=vi" in links((await signing.browser.get("/nothing?lang=en")).text)


async def test_an_account_without_the_level_asked_for_is_told_so(signing: SigningIn) -> None:
    browser = signing.browser
    await browser.sign_in(BINH)
    before = (await browser.get("/account?lang=en")).text
    assert "This account has level 1" not in before
    (step_up,) = (one for one in links(before) if "level=2" in one)
    at_issuer = (await browser.get(step_up)).headers["location"]
    back = await browser.come_back(await signing.provider.authorize(at_issuer, BINH))
    assert query_of(back.headers["location"]) == {"lang": "en", "asked": "2"}
    after = await browser.get(back.headers["location"])
    assert "This account has level 1" in after.text
    assert "police office" in after.text
    assert any("level=2" in one and "lang%3Den" in one for one in links(after.text))

    at_issuer = (await browser.get(step_up)).headers["location"]
    back = await browser.come_back(await signing.provider.authorize(at_issuer, MINH_ANH))
    assert "has level 1" not in (await browser.get(back.headers["location"])).text


async def test_a_form_of_an_old_page_is_explained_and_leads_on(signing: SigningIn) -> None:
    browser = signing.browser
    await browser.sign_in()
    old = await browser.form_token()
    await browser.sign_in(BINH)
    refused = await browser.send("/sign-out?lang=en", {"form_token": old})
    assert refused.status_code == 403
    assert "This page is old" in refused.text
    assert "/account?lang=en" in links(refused.text)
    assert "not sent from this site" not in refused.text
    assert await browser.is_signed_in()


async def test_the_language_chosen_on_the_way_stays(signing: SigningIn) -> None:
    away = (await signing.browser.get("/account?lang=vi")).headers["location"]
    (other,) = (one for one in links((await signing.browser.get(away)).text) if "lang=en" in one)
    in_english = (await signing.browser.get(other)).text
    (action,) = re.findall(r'action="(/sign-in/citizens[^"]*)"', in_english)
    goal = unescape(re.findall(r'name="return_to" value="([^"]*)"', in_english)[0])
    at_issuer = led_to(await signing.browser.send(unescape(action), {"return_to": goal}))
    back = await signing.browser.come_back(await signing.provider.authorize(at_issuer, MINH_ANH))
    assert back.headers["location"] == "/account?lang=en"


async def test_the_address_of_a_form_that_was_sent_leads_to_its_page(signing: SigningIn) -> None:
    again = await signing.browser.get("/sign-in/citizens?lang=en")
    assert (again.status_code, again.headers["location"]) == (303, "/sign-in?lang=en")
    assert (await signing.browser.get("/sign-in/nobody")).status_code == 404


async def test_of_many_windows_the_newest_still_sign_in(signing: SigningIn) -> None:
    browser = signing.browser
    begun = [await browser.begin() for _ in range(7)]
    backs = [await signing.provider.authorize(address, MINH_ANH) for address in begun]
    states = [(await browser.come_back(back)).status_code for back in backs]
    assert states == [400, 400, 303, 303, 303, 303, 303]


async def test_whoever_given_up_is_not_told_of_cookies_alone(signing: SigningIn) -> None:
    begun = [await signing.browser.begin() for _ in range(6)]
    refused = await signing.browser.come_back(await signing.provider.authorize(begun[0], MINH_ANH))
    assert "too many windows" in refused.text


async def test_where_too_many_sign_in_whoever_has_begun_comes_back(sqlite_url: str, tmp_path: Path) -> None:
    async with opened(sqlite_url, tmp_path, limits=Limits(sign_ins="2/minute")) as signing:
        browser = signing.browser
        begun = await browser.begin()
        await browser.begin()
        back = await signing.provider.authorize(begun, MINH_ANH)
        limited = await browser.get("/sign-in?lang=en&level=2")
        assert limited.status_code == 429
        assert "Try again" in limited.text
        assert "/sign-in?lang=en&level=2" in links(limited.text)
        assert "Try again" in (await browser.send("/sign-in/citizens?lang=en", {})).text
        assert (await browser.come_back(back)).status_code == 303


async def test_coming_back_is_limited_too_and_can_be_tried_again(sqlite_url: str, tmp_path: Path) -> None:
    async with opened(sqlite_url, tmp_path, limits=Limits(sign_ins="2/minute")) as signing:
        browser = signing.browser
        back = await signing.provider.authorize(await browser.begin(), MINH_ANH)
        for _ in range(2):
            assert (await browser.get("/sign-in/citizens/callback?state=x&code=y")).status_code == 400
        limited = await browser.come_back(back)
        assert limited.status_code == 429
        assert any(one.startswith("/sign-in/citizens/callback?") and "state=" in one for one in links(limited.text))


async def test_the_account_says_what_can_be_done(signing: SigningIn) -> None:
    await signing.browser.sign_in()
    citizen = (await signing.browser.get("/account?lang=en")).text
    assert {"/services", "/applications", "/who-looked", "/my-data", "/v?lang=en"} <= set(links(citizen))
    await signing.browser.sign_in(HA, "officials")
    official = set(links((await signing.browser.get("/account?lang=en")).text))
    assert "/desk" in official
    assert not official & {"/services", "/applications"}


def test_every_role_has_words() -> None:
    assert ROLE_NAMES.keys() == set(ROLES)


async def test_where_the_issuer_can_be_told_one_is_led_there(signing: SigningIn) -> None:
    await signing.browser.sign_in()
    assert "still" not in led_to(await signing.browser.sign_out())
