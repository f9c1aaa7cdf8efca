"""Signing in and out on our pages: through the application, the real storage and the simulated provider."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.services import Limits
from identity.citizen import AssuranceLevel
from identity.officials_register import RegisteredOfficial
from identity.session import SessionLimits
from identity.sign_in import secret_digest
from storage.runner import Database
from tests.api.signing_in import SigningIn, led_to, open_signing_in
from tests.identity.simulated import BINH, HA, MINH_ANH, PROVIDER, SERVICE, query_of
from verification.register import RegisterUnavailable

SESSION = "__Host-condau"
BACK_CHANNEL = "/sign-in/citizens/back-channel-logout"


@asynccontextmanager
async def opened(url: str, folder: Path, **changed: Any) -> AsyncIterator[SigningIn]:
    database = Database(url, clock=lambda: datetime.now(UTC))
    async with open_signing_in(database, folder, **changed) as found:
        yield found
    await database.dispose()


@pytest.fixture
async def signing(sqlite_url: str, tmp_path: Path) -> AsyncIterator[SigningIn]:
    async with opened(sqlite_url, tmp_path) as found:
        yield found


@pytest.fixture
async def signing_on_both(database: Database, tmp_path: Path) -> AsyncIterator[SigningIn]:
    async with open_signing_in(database, tmp_path) as found:
        yield found


def cookies_of(answer: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for header in answer.headers.get_list("set-cookie"):
        found |= dict(SimpleCookie(header).items())
    return found


async def test_a_citizen_signs_in_and_out(signing_on_both: SigningIn) -> None:
    browser = signing_on_both.browser
    assert not await browser.is_signed_in()
    back = await browser.sign_in(return_to="/account?lang=en")
    assert (back.status_code, back.headers["location"]) == (303, "/account?lang=en")
    account = await browser.get("/account")
    assert "Nguyễn Thị Minh Anh" in account.text
    assert "Level 2" in account.text
    assert "Provider of citizens" in account.text
    assert "001194000001" not in account.text
    assert account.headers["cache-control"] == "no-store"

    out = await browser.sign_out()
    assert cookies_of(out)[SESSION]["max-age"] == "0"
    at_issuer = query_of(led_to(out))
    assert at_issuer["post_logout_redirect_uri"] == f"{SERVICE}/signed-out"
    assert at_issuer["client_id"] == "condau-pages"
    assert at_issuer["id_token_hint"]
    assert not await browser.is_signed_in()
    async with signing_on_both.provider.client() as there:
        returned = await there.get(led_to(out))
    assert returned.headers["location"] == f"{SERVICE}/signed-out?state=en"
    language = await browser.get(returned.headers["location"])
    assert language.headers["location"] == "/signed-out?lang=en"
    assert "You are signed out" in (await browser.get("/signed-out?lang=en")).text


async def test_an_official_sees_unit_and_roles(signing: SigningIn) -> None:
    await signing.browser.sign_in(HA, "officials")
    account = (await signing.browser.get("/account")).text
    assert "000.00.15.H26" in account
    assert "caseworker" in account
    assert "Level" not in account


async def test_what_the_cookies_are_like(signing: SigningIn) -> None:
    began = await signing.browser.send("/sign-in/citizens", {})
    ((name, waiting),) = cookies_of(began).items()
    assert name.startswith("__Host-condau-sign-in-")
    assert waiting["max-age"] == "600"
    back = cookies_of(await signing.browser.come_back(await signing.provider.authorize(led_to(began), MINH_ANH)))
    assert back[name]["max-age"] == "0"
    for cookie in (waiting, back[SESSION], back[name]):
        assert cookie["secure"]
        assert cookie["httponly"]
        assert cookie["samesite"].lower() == "lax"
        assert (cookie["path"], cookie["domain"]) == ("/", "")
    assert back[SESSION]["max-age"] == ""
    assert len(back[SESSION].value) == 43


async def test_the_session_gets_a_new_name_with_each_sign_in(signing: SigningIn) -> None:
    """Whoever plants a cookie, or knows an old one, knows nothing afterwards (session fixation)."""
    browser = signing.browser
    first = cookies_of(await browser.sign_in())[SESSION].value
    second = cookies_of(await browser.sign_in(BINH))[SESSION].value
    assert first != second
    thief = signing.another()
    thief.http.cookies.set(SESSION, first, domain="condau.example")
    assert not await thief.is_signed_in()
    assert await browser.is_signed_in()
    assert signing.sessions() == 1

    victim = signing.another()
    victim.http.cookies.set(SESSION, "planted", domain="condau.example", path="/")
    assert cookies_of(await victim.sign_in())[SESSION].value != "planted"


async def test_a_sign_in_ends_in_the_browser_that_began_it(signing_on_both: SigningIn) -> None:
    """Login CSRF: an answer slipped to somebody else signs nobody in, and is spent."""
    thief, victim = signing_on_both.browser, signing_on_both.another()
    back = await signing_on_both.provider.authorize(await thief.begin(), BINH)
    refused = await victim.come_back(back)
    assert refused.status_code == 400
    assert "was not begun here" in refused.text
    assert 'href="/sign-in?lang=en"' in refused.text
    assert not await victim.is_signed_in()
    assert (await thief.come_back(back)).status_code == 400


async def test_of_two_answers_at_once_one_signs_in(signing_on_both: SigningIn) -> None:
    browser = signing_on_both.browser
    back = await signing_on_both.provider.authorize(await browser.begin(), MINH_ANH)
    answers = await asyncio.gather(*(browser.come_back(back) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [303] + [400] * 7
    assert signing_on_both.sessions() == 1


async def test_sign_ins_in_two_windows_do_not_undo_each_other(signing: SigningIn) -> None:
    browser = signing.browser
    one, other = await browser.begin(), await browser.begin("officials")
    assert (await browser.come_back(await signing.provider.authorize(other, HA))).status_code == 303
    assert (await browser.come_back(await signing.provider.authorize(one, MINH_ANH))).status_code == 303
    assert "Nguyễn Thị Minh Anh" in (await browser.get("/account")).text


async def test_given_up_sign_ins_do_not_crowd_the_browser(signing: SigningIn) -> None:
    for _ in range(12):
        await signing.browser.begin()
    assert len(signing.browser.http.cookies) <= 5


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x", "?state=x&code=y&state=z", f"?state={'x' * 9000}"])
async def test_an_answer_to_nothing_is_refused_readably(signing: SigningIn, query: str) -> None:
    refused = await signing.browser.get(f"/sign-in/citizens/callback{query}")
    assert refused.status_code == 400
    assert "was not begun here" in refused.text


async def test_an_answer_at_another_issuers_address_is_refused(signing: SigningIn) -> None:
    back = await signing.provider.authorize(await signing.browser.begin(), MINH_ANH)
    signing.provider.asked.clear()
    refused = await signing.browser.come_back(back.replace("/citizens/callback", "/officials/callback"))
    assert refused.status_code == 400
    assert "another identity provider" in refused.text
    assert [ask for ask in signing.provider.asked if ask.form is not None] == []


async def test_who_cancels_is_told_how_to_go_on(signing: SigningIn) -> None:
    back = await signing.provider.authorize(await signing.browser.begin(), "nobody")
    refused = await signing.browser.come_back(back)
    assert refused.status_code == 403
    assert "refused the sign-in" in refused.text
    assert 'href="/sign-in?lang=en"' in refused.text


async def test_a_provider_that_is_down_accuses_nobody(signing: SigningIn) -> None:
    back = await signing.provider.authorize(await signing.browser.begin(), MINH_ANH)
    signing.provider.available = False
    for refused in (await signing.browser.come_back(back), await signing.browser.send("/sign-in/officials", {})):
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        assert "does not answer at the moment" in refused.text
        assert "/sign-in?lang=en" in refused.text


async def test_evidence_that_does_not_hold_is_explained_without_jargon(signing: SigningIn) -> None:
    signing.provider.tamper = lambda ask, answer: (
        answer if ask.form is None else replace(answer, body=answer.body.replace(b'"id_token":"', b'"id_token":"x'))
    )
    refused = await signing.browser.sign_in()
    assert refused.status_code == 401
    assert "The sign-in did not succeed" in refused.text
    assert "<code>" in refused.text
    assert "access token" not in refused.text
    assert not await signing.browser.is_signed_in()


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/%5cevil.example\\",
        "\\/evil.example",
        "javascript:alert(1)",
        "account",
        "",
        "/account\r\nSet-Cookie: x=y",
        "/\t/evil.example",
        "/" + "x" * 2000,
    ],
)
async def test_nobody_is_led_away_afterwards(signing: SigningIn, elsewhere: str) -> None:
    back = await signing.browser.sign_in(return_to=elsewhere)
    assert (back.status_code, back.headers["location"]) == (303, "/account?lang=en")


async def test_a_page_for_signed_in_people_is_come_back_to(signing: SigningIn) -> None:
    away = await signing.browser.get("/account?lang=vi")
    assert away.status_code == 303
    choice = await signing.browser.get(away.headers["location"])
    assert 'name="return_to" value="/account?lang=vi"' in choice.text


async def test_idle_sessions_end_and_used_ones_live_on(signing_on_both: SigningIn) -> None:
    browser = signing_on_both.browser
    await browser.sign_in()
    for _ in range(3):
        signing_on_both.pass_time(minutes=29)
        assert await browser.is_signed_in()
    signing_on_both.pass_time(minutes=31)
    assert not await browser.is_signed_in()
    assert signing_on_both.sessions() == 0


async def test_no_session_outlives_its_absolute_limit(signing: SigningIn) -> None:
    await signing.browser.sign_in()
    for _ in range(16):
        signing.pass_time(minutes=29)
        assert await signing.browser.is_signed_in()
    signing.pass_time(minutes=16)
    assert await signing.browser.is_signed_in()
    signing.pass_time(seconds=1)
    assert not await signing.browser.is_signed_in()


async def test_a_session_of_a_minute_lives_while_it_is_used(sqlite_url: str, tmp_path: Path) -> None:
    limits = SessionLimits(idle_seconds=60, absolute_seconds=600)
    async with opened(sqlite_url, tmp_path, session_limits=limits) as signing:
        await signing.browser.sign_in()
        for _ in range(5):
            signing.pass_time(seconds=50)
            assert await signing.browser.is_signed_in()
        signing.pass_time(seconds=61)
        assert not await signing.browser.is_signed_in()


async def test_a_dismissed_official_is_out_at_once(signing_on_both: SigningIn) -> None:
    browser, officials = signing_on_both.browser, signing_on_both.officials
    await browser.sign_in(HA, "officials")
    account = (await browser.get("/account")).text
    assert "000.00.15.H26" in account
    key = signing_on_both.house.office.do(
        lambda records: records.sessions.find(secret_digest(browser.http.cookies[SESSION]))
    )
    assert key is not None
    subject_key = f"{key.issuer}|{key.subject}"
    officials[subject_key] = RegisteredOfficial(
        subject_key=subject_key, unit="000.00.99.H26", roles=frozenset({"head"})
    )
    moved = (await browser.get("/account")).text
    assert "000.00.99.H26" in moved
    assert "head of unit" in moved
    officials[subject_key] = RegisteredOfficial(
        subject_key=subject_key, unit="000.00.99.H26", roles=frozenset({"head"}), is_active=False
    )
    assert not await browser.is_signed_in()
    refused = await browser.sign_in(HA, "officials")
    assert refused.status_code == 403
    assert "not active any more" in refused.text
    assert signing_on_both.sessions() == 0


@pytest.mark.parametrize(
    "person",
    [
        {},
        {"form": 1},
        {"form": 2, "people": "citizens"},
        {"form": 2, "people": "officials", "sub": "c-7f0b6d0a41"},
        {"form": 2, "people": "citizens", "sub": 7},
        ["form"],
        7,
    ],
)
async def test_what_cannot_be_read_ends_and_breaks_nothing(signing: SigningIn, person: object) -> None:
    browser, office = signing.browser, signing.house.office
    await browser.sign_in()
    digest = secret_digest(browser.http.cookies[SESSION])
    kept = office.do(lambda records: records.sessions.end(digest))
    assert kept is not None
    office.do(lambda records: records.sessions.open(replace(kept, person=person)))
    assert not await browser.is_signed_in()
    assert signing.sessions() == 0


async def test_an_issuer_that_is_not_trusted_any_more_keeps_nobody_signed_in(
    database: Database, tmp_path: Path
) -> None:
    async with open_signing_in(database, tmp_path / "before") as signing:
        secret = cookies_of(await signing.browser.sign_in())[SESSION].value
    async with open_signing_in(database, tmp_path / "after", issuers={"kinds": ("officials",)}) as signing:
        signing.browser.http.cookies.set(SESSION, secret, domain="condau.example")
        assert not await signing.browser.is_signed_in()
        assert signing.sessions() == 0


async def test_one_signs_out_where_nobody_may_sign_in_any_more(sqlite_url: str, tmp_path: Path) -> None:
    """Its tokens are still taken; the browser's session ends, and its cookie goes."""
    async with opened(sqlite_url, tmp_path / "before") as signing:
        secret = cookies_of(await signing.browser.sign_in())[SESSION].value
        token = await signing.browser.form_token()
    changed = {"citizens": {"token_kinds": ("jwt_access_token",)}}
    async with opened(sqlite_url, tmp_path / "after", issuers={"changed": changed}) as signing:
        signing.browser.http.cookies.set(SESSION, secret, domain="condau.example")
        out = await signing.browser.send("/sign-out", {"form_token": token})
        assert (out.status_code, out.headers["location"]) == (303, "/signed-out?lang=en")
        assert cookies_of(out)[SESSION]["max-age"] == "0"
        assert signing.sessions() == 0


async def test_signing_out_without_a_session_takes_the_cookie_away(signing: SigningIn) -> None:
    signing.browser.http.cookies.set(SESSION, "x" * 43, domain="condau.example")
    out = await signing.browser.send("/sign-out", {})
    assert out.status_code == 303
    assert cookies_of(out)[SESSION]["max-age"] == "0"
    signing.browser.http.cookies.set(SESSION, "x" * 43, domain="condau.example")
    assert SESSION not in cookies_of(await signing.browser.send("/sign-out", {}, "cross-site"))


@pytest.mark.parametrize("secret", ["", "x", "x" * 43, "x" * 5000, "é", "\x01"])
async def test_invented_secrets_open_nothing(signing: SigningIn, secret: str) -> None:
    answer = await signing.browser.get("/account", headers={"Cookie": f"{SESSION}={secret}".encode("latin-1")})
    assert answer.status_code == 303


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_form_from_another_site_is_refused(signing: SigningIn, site: str) -> None:
    """Even with the right token; SameSite keeps the cookie away before, in browsers that know it."""
    browser = signing.browser
    await browser.sign_in()
    for refused in (await browser.sign_out(site), await browser.send("/sign-in/citizens", {}, site)):
        assert refused.status_code == 403
        assert "not sent from this site" in refused.text
    assert await browser.is_signed_in()


@pytest.mark.parametrize(
    ("origin", "status"),
    [(SERVICE, 200), ("https://evil.example", 403), ("null", 403), ("https://condau.example:444", 403), (None, 200)],
)
async def test_browsers_without_fetch_metadata_are_asked_for_the_origin(
    signing: SigningIn, origin: str | None, status: int
) -> None:
    browser = signing.browser
    await browser.sign_in()
    fields = {"form_token": await browser.form_token()}
    headers = {} if origin is None else {"Origin": origin}
    assert (await browser.http.post("/sign-out", data=fields, headers=headers)).status_code == status


async def test_pages_with_forms_let_browsers_say_where_those_come_from(signing: SigningIn) -> None:
    """Under no-referrer, browsers send `Origin: null` with our own forms too (Fetch standard)."""
    await signing.browser.sign_in()
    answers = [await signing.browser.get(path) for path in ("/sign-in", "/account", "/")]
    policies = {answer.url.path: answer.headers["referrer-policy"] for answer in answers}
    assert policies == {"/sign-in": "same-origin", "/account": "same-origin", "/": "no-referrer"}


@pytest.mark.parametrize("fields", [{}, {"form_token": ""}, {"form_token": "x" * 43}, {"form_token": "đ"}])
async def test_a_form_without_its_token_is_refused(signing: SigningIn, fields: dict[str, str]) -> None:
    browser = signing.browser
    await browser.sign_in()
    assert (await browser.send("/sign-out", fields)).status_code == 403
    assert await browser.is_signed_in()


async def test_another_session_s_token_is_refused(signing: SigningIn) -> None:
    mine, theirs = signing.browser, signing.another()
    await mine.sign_in()
    await theirs.sign_in(BINH)
    assert (await mine.send("/sign-out", {"form_token": await theirs.form_token()})).status_code == 403
    assert await mine.is_signed_in()


async def test_signing_out_twice_is_no_error(signing: SigningIn) -> None:
    await signing.browser.sign_in()
    token = await signing.browser.form_token()
    assert (await signing.browser.send("/sign-out", {"form_token": token})).status_code == 200
    again = await signing.browser.send("/sign-out", {"form_token": token})
    assert (again.status_code, again.headers["location"]) == (303, "/signed-out?lang=en")


async def test_one_signs_out_here_where_the_issuer_is_down(sqlite_url: str, tmp_path: Path) -> None:
    async with opened(sqlite_url, tmp_path) as signing:
        await signing.browser.sign_in()
        token = await signing.browser.form_token()
        signing.provider.available = False
        out = await signing.browser.send("/sign-out", {"form_token": token})
        # what was learnt of the issuer may still be known
        assert out.status_code in (200, 303)
        assert not await signing.browser.is_signed_in()


async def notice_of_sign_out(signing: SigningIn) -> str:
    """A logout token, as the provider sends it when the browser's person signs out there."""
    out = await signing.browser.sign_out()
    async with signing.provider.client() as there:
        await there.get(led_to(out))
    address, token = signing.provider.notices[-1]
    assert address == f"{SERVICE}{BACK_CHANNEL}"
    return token


async def test_the_issuer_ends_sessions(signing_on_both: SigningIn) -> None:
    """One more session of the same sign-in, in storage, stands for a browser that the person left open."""
    browser, office = signing_on_both.browser, signing_on_both.house.office
    await browser.sign_in()
    digest = secret_digest(browser.http.cookies[SESSION])
    kept = office.do(lambda records: records.sessions.find(digest))
    assert kept is not None
    stranger = signing_on_both.another()
    await stranger.sign_in(BINH)
    token = await notice_of_sign_out(signing_on_both)
    office.do(lambda records: records.sessions.open(kept))
    office.do(lambda records: records.sessions.open(replace(kept, secret_digest=b"o" * 32, session_id="another")))

    done = await browser.http.post(BACK_CHANNEL, data={"logout_token": token})
    assert (done.status_code, done.content, done.headers["cache-control"]) == (200, b"", "no-store")
    assert office.do(lambda records: records.sessions.find(digest)) is None
    assert office.do(lambda records: records.sessions.find(b"o" * 32)) is not None
    assert await stranger.is_signed_in()

    office.do(lambda records: records.sessions.open(kept))
    again = await browser.http.post(BACK_CHANNEL, data={"logout_token": token})
    assert (again.status_code, again.json()["error_description"]) == (400, "token_already_used")
    assert again.headers["cache-control"] == "no-store"
    assert office.do(lambda records: records.sessions.find(digest)) is not None


async def test_a_logout_that_failed_is_done_when_it_comes_again(
    signing_on_both: SigningIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issuers try again where the answer is an outage, and only there."""
    browser, office = signing_on_both.browser, signing_on_both.house.office
    await browser.sign_in()
    digest = secret_digest(browser.http.cookies[SESSION])
    kept = office.do(lambda records: records.sessions.find(digest))
    assert kept is not None
    token = await notice_of_sign_out(signing_on_both)
    office.do(lambda records: records.sessions.open(kept))

    def fail(*_: Any, **__: Any) -> int:
        raise RegisterUnavailable

    with monkeypatch.context() as patched:
        patched.setattr("storage.sign_ins.SqlSessions.end_of_issuer", fail)
        assert (await browser.http.post(BACK_CHANNEL, data={"logout_token": token})).status_code == 503
    assert office.do(lambda records: records.sessions.find(digest)) is not None
    assert (await browser.http.post(BACK_CHANNEL, data={"logout_token": token})).status_code == 200
    assert office.do(lambda records: records.sessions.find(digest)) is None


async def test_only_the_issuer_s_own_word_ends_sessions(signing: SigningIn) -> None:
    browser = signing.browser
    await browser.sign_in()
    token = await notice_of_sign_out(signing)
    await browser.sign_in()
    header, payload, signature = token.split(".")
    kept = signing.house.office.do(lambda records: records.sessions.find(secret_digest(browser.http.cookies[SESSION])))
    assert kept is not None
    for data in (
        {"other": "x"},
        {"logout_token": ""},
        {"logout_token": f"{header}.{payload}.{signature[:-4]}AAAA"},
        {"logout_token": kept.id_token},
        {"logout_token": [token, token]},
    ):
        refused = await browser.http.post(BACK_CHANNEL, data=data)
        assert refused.status_code == 400, data
        assert refused.json()["error"] == "invalid_request"
    other = await browser.http.post("/sign-in/officials/back-channel-logout", data={"logout_token": token})
    assert (other.status_code, other.json()["error_description"]) == (400, "issuer_mix_up")
    signing.pass_time(minutes=5)
    late = await browser.http.post(BACK_CHANNEL, data={"logout_token": token})
    assert (late.status_code, late.json()["error_description"]) == (400, "token_expired")
    assert await browser.is_signed_in()


async def test_one_way_to_sign_in_is_taken_at_once(sqlite_url: str, tmp_path: Path) -> None:
    async with opened(sqlite_url, tmp_path, issuers={"kinds": ("citizens",)}) as signing:
        away = await signing.browser.get("/sign-in?return_to=/v")
        assert away.status_code == 303
        assert away.headers["location"].startswith(f"{PROVIDER}/citizens/authorize?")
        back = await signing.browser.come_back(await signing.provider.authorize(away.headers["location"], MINH_ANH))
        assert back.headers["location"] == "/v"


async def test_nowhere_to_sign_in_is_said(sqlite_url: str, tmp_path: Path) -> None:
    without = {"token_kinds": ("jwt_access_token",)}
    settings = {"changed": {"citizens": without, "officials": without}}
    async with opened(sqlite_url, tmp_path, issuers=settings) as signing:
        assert "Nobody can sign in here" in (await signing.browser.get("/sign-in")).text
        assert "Sign in" not in (await signing.browser.get("/")).text
        assert (await signing.browser.send("/sign-in/citizens", {})).status_code == 404


async def test_a_level_is_asked_for_and_a_fresh_sign_in(signing: SigningIn) -> None:
    browser = signing.browser
    low = await signing.provider.authorize(await browser.begin(), MINH_ANH, simulated_acr="level-1")
    await browser.come_back(low)
    account = (await browser.get("/account")).text
    assert "Level 1" in account
    assert "level=2" in account
    # officials have no levels, so that one way is left
    step_up = await browser.get("/sign-in?level=2&fresh=1&return_to=/account")
    assert query_of(step_up.headers["location"])["acr_values"] == "level-2"
    assert query_of(step_up.headers["location"])["max_age"] == "60"
    await browser.come_back(await signing.provider.authorize(step_up.headers["location"], MINH_ANH))
    account = (await browser.get("/account")).text
    assert "Level 2" in account
    assert "level=2" not in account
    # what it cannot read, it does not ask for
    assert (await browser.get("/sign-in?level=9&fresh=x")).status_code == 200


async def test_the_start_page_greets(signing: SigningIn) -> None:
    assert "Sign in" in (await signing.browser.get("/")).text
    await signing.browser.sign_in()
    start = (await signing.browser.get("/")).text
    assert "Nguyễn Thị Minh Anh" in start
    assert "Sign in" not in start


async def test_unknown_issuers_are_nowhere(signing: SigningIn) -> None:
    for answer in (
        await signing.browser.send("/sign-in/none", {}),
        await signing.browser.get("/sign-in/none/callback?state=x&code=y"),
        await signing.browser.http.post("/sign-in/none/back-channel-logout", data={"logout_token": "x"}),
    ):
        assert answer.status_code == 404


async def test_sign_ins_cannot_be_flooded(sqlite_url: str, tmp_path: Path) -> None:
    limits = Limits(sign_ins="5/minute")
    async with opened(sqlite_url, tmp_path, limits=limits) as signing:
        statuses = [(await signing.browser.send("/sign-in/citizens", {})).status_code for _ in range(8)]
        assert statuses == [200] * 5 + [429] * 3
        later = signing.house.office.at + timedelta(days=1)
        assert signing.house.office.do(lambda records: records.pending_sign_ins.forget(later)) == 5


async def test_nothing_secret_comes_into_pages_or_addresses(signing: SigningIn) -> None:
    browser = signing.browser
    began = await browser.send("/sign-in/citizens", {})
    (waiting,) = cookies_of(began).values()
    assert waiting.value not in began.text
    back = await browser.come_back(await signing.provider.authorize(led_to(began), MINH_ANH))
    secret = cookies_of(back)[SESSION].value
    assert secret not in (await browser.get("/account")).text
    assert secret not in back.headers["location"]
    assert secret not in await browser.form_token()


async def test_levels_are_those_of_the_issuer(signing: SigningIn) -> None:
    await signing.browser.sign_in(BINH)
    assert f"Level {int(AssuranceLevel.LEVEL_1)}" in (await signing.browser.get("/account")).text
