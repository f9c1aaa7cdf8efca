"""Our pages with a provider that nobody here wrote: in, out, and out by the provider's own word."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from identity.trusted_issuers import TrustedIssuers
from tests.api.on_its_address import listening, on_its_address
from tests.identity.independent_provider import SERVICE, independent_provider

HTML = {"Accept": "text/html", "Accept-Language": "en"}


def led_to(page: httpx.Response) -> str:
    found = re.search(r'content="0; url=([^"]+)"', page.text)
    assert found is not None, page.text
    return unescape(found[1])


async def sign_in(browser: httpx.AsyncClient, **fields: str) -> httpx.Response:
    leave = await browser.post("/sign-in/independent", data=fields | {"return_to": "/account"})
    # the provider's test page takes the account's name from here
    return await browser.get(f"{led_to(leave)}&{urlencode({'login_hint': 'minh-anh'})}")


@pytest.mark.parametrize("named_in_id_tokens", [False, True])
async def test_a_person_signs_in_and_out_at_an_independent_provider(
    sqlite_url: str, tmp_path: Path, named_in_id_tokens: bool
) -> None:
    """Its ID token goes back at sign-out where it names nobody; else the provider's own cookie has to do."""
    with listening() as (socket_, url):
        pages = SERVICE | {
            "redirect_uris": [f"{url}/sign-in/independent/callback"],
            "post_logout_redirect_uris": [f"{url}/signed-out"],
            "backchannel_logout_uri": f"{url}/sign-in/independent/back-channel-logout",
            "backchannel_logout_session_required": True,
        }
        with independent_provider(clients=[pages], claims_in_id_tokens=named_in_id_tokens) as provider:
            trusted = provider.trusted(name="independent", token_kinds=("sign_in",))
            issuers = TrustedIssuers([trusted])
            async with (
                on_its_address(sqlite_url, tmp_path, socket_, url, issuers),
                httpx.AsyncClient(base_url=url, trust_env=False, follow_redirects=True, headers=HTML) as browser,
                httpx.AsyncClient(base_url=url, trust_env=False, headers=HTML) as other,
            ):
                account = await sign_in(browser)
                assert str(account.url) == f"{url}/account"
                assert "Nguyễn Thị Minh Anh" in account.text
                assert "Level 2" in account.text

                fresh = await sign_in(browser, level="2", fresh="1")
                assert "Level 2" in fresh.text

                token = re.findall(r'name="form_token" value="([^"]+)"', fresh.text)[0]
                session = browser.cookies["condau"]
                leave = await browser.post("/sign-out", data={"form_token": token})
                assert "condau" not in browser.cookies
                assert ("id_token_hint=" in led_to(leave)) is not named_in_id_tokens
                question = await browser.get(led_to(leave))
                action, xsrf = (re.findall(rf'{name}="([^"]*)"', question.text)[0] for name in ("action", "value"))
                done = await browser.post(action, data={"xsrf": xsrf, "logout": "yes"})
                assert str(done.url) == f"{url}/signed-out?lang=en"
                assert "You are signed out" in done.text
                other.cookies.set("condau", session)
                assert (await other.get("/account")).status_code == 303


async def test_the_independent_provider_ends_our_session(sqlite_url: str, tmp_path: Path) -> None:
    """The person signs out there, by another application's page; the provider tells ours behind the scenes."""
    with listening() as (socket_, url):
        pages = SERVICE | {
            "redirect_uris": [f"{url}/sign-in/independent/callback"],
            "backchannel_logout_uri": f"{url}/sign-in/independent/back-channel-logout",
            "backchannel_logout_session_required": True,
        }
        with independent_provider(clients=[pages]) as provider:
            trusted = provider.trusted(name="independent", token_kinds=("sign_in",))
            issuers = TrustedIssuers([trusted])
            async with (
                on_its_address(sqlite_url, tmp_path, socket_, url, issuers),
                httpx.AsyncClient(base_url=url, trust_env=False, follow_redirects=True, headers=HTML) as browser,
            ):
                account = await sign_in(browser)
                assert "Nguyễn Thị Minh Anh" in account.text
                question = await browser.get(f"{provider.address}/session/end")
                action, xsrf = (re.findall(rf'{name}="([^"]*)"', question.text)[0] for name in ("action", "value"))
                await browser.post(action, data={"xsrf": xsrf, "logout": "yes"})
                gone = await browser.get("/account", follow_redirects=False)
                assert gone.status_code == 303
