"""Signing in and out in a real browser: over TLS as in production, and over plain http on loopback as in the demo."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from playwright.async_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from identity.trusted_issuers import TrustedIssuers
from simulators.identity_provider import CLIENTS, create_identity_provider, pages_clients
from tests.api.house import House
from tests.api.on_its_address import listening, now, on_its_address
from tests.api.test_page_browser import DESKTOP, LOOKS, PHONE, _fits, _violations, axe, browser, picture
from tests.identity.simulated import NAMES, trusted_issuer
from tests.simulators.serving import serve

__all__ = ["axe", "browser"]  # fixtures

SESSION = {"https": "__Host-condau", "http": "condau"}
MINH_ANH, HA = "Nguyễn Thị Minh Anh", "Phạm Thu Hà"


@dataclass
class Served:
    """The service and the provider, each on a port of its own, in the time of today."""

    house: House
    url: str
    provider: str


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate of 127.0.0.1, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@asynccontextmanager
async def served(url: str, folder: Path, scheme: str, certificate: Path) -> AsyncIterator[Served]:
    """With the simulated provider."""
    with listening(scheme) as (socket_, public_url):
        clients = [*CLIENTS.values(), *pages_clients(public_url, NAMES)]
        with serve(lambda base: create_identity_provider(base, demo=True, clock=now, clients=clients)) as provider:
            issuers = TrustedIssuers([trusted_issuer(people, provider) for people in NAMES])
            tls = certificate if scheme == "https" else None
            async with on_its_address(url, folder, socket_, public_url, issuers, tls) as house:
                yield Served(house, public_url, provider)


@pytest.fixture
async def over_tls(sqlite_url: str, tmp_path: Path, certificate: Path) -> AsyncIterator[Served]:
    async with served(sqlite_url, tmp_path, "https", certificate) as found:
        yield found


@pytest.fixture
async def over_loopback(sqlite_url: str, tmp_path: Path, certificate: Path) -> AsyncIterator[Served]:
    async with served(sqlite_url, tmp_path, "http", certificate) as found:
        yield found


@asynccontextmanager
async def visit(
    browser: Browser,
    *,
    size: dict[str, int] = PHONE,
    scheme: str = "light",
    locale: str = "vi-VN",
    scripts: bool = False,
) -> AsyncIterator[Page]:
    """Without scripts unless asked for: signing in must not need any."""
    context = await browser.new_context(
        viewport=size,  # type: ignore[arg-type]  # a plain dict of the right keys
        color_scheme=scheme,  # type: ignore[arg-type]  # "light" or "dark"
        locale=locale,
        java_script_enabled=scripts,
        ignore_https_errors=True,
    )
    yield await context.new_page()
    await context.close()


async def sign_in(page: Page, url: str, person: str = MINH_ANH, kind: str = "citizens") -> None:
    """From the start page to the account, as a person does."""
    await page.goto(f"{url}/?lang=vi")
    await page.get_by_role("link", name="Đăng nhập").click()
    await page.get_by_role("button", name=f"Provider of {kind}").click()
    await page.get_by_role("link", name=person).first.click()
    await page.wait_for_url(f"{url}/account?lang=vi")
    await expect(page.locator(".account .name")).to_have_text(person)


@pytest.mark.parametrize("scheme", ["https", "http"])
async def test_a_person_signs_in_and_out(
    sqlite_url: str, tmp_path: Path, certificate: Path, browser: Browser, scheme: str
) -> None:
    async with served(sqlite_url, tmp_path, scheme, certificate) as found, visit(browser) as page:
        await sign_in(page, found.url)
        (cookie,) = [one for one in await page.context.cookies(found.url) if "condau" in one["name"]]
        assert cookie["name"] == SESSION[scheme]
        assert (cookie["path"], cookie["domain"], cookie["sameSite"]) == ("/", "127.0.0.1", "Lax")
        assert (cookie["httpOnly"], cookie["secure"], cookie["expires"]) == (True, scheme == "https", -1)

        await page.goto(f"{found.url}/?lang=vi")
        await page.get_by_role("link", name=MINH_ANH).click()
        await page.get_by_role("button", name="Đăng xuất").click()
        await page.wait_for_url(f"{found.url}/signed-out?lang=vi")
        await expect(page.locator("h1")).to_have_text("Bạn đã đăng xuất")
        assert [one["name"] for one in await page.context.cookies(found.url) if "condau" in one["name"]] == []

        for _ in range(3):
            await page.go_back()
            assert MINH_ANH not in await page.content()


async def test_the_whole_way_works_with_scripts_too(over_tls: Served, browser: Browser) -> None:
    faults: list[str] = []
    async with visit(browser, scripts=True, size=DESKTOP) as page:
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        await sign_in(page, over_tls.url, HA, "officials")
        await expect(page.get_by_text("000.00.15.H26")).to_be_visible()
        await page.get_by_role("button", name="Đăng xuất").click()
        await page.wait_for_url(f"{over_tls.url}/signed-out?lang=vi")
        # the provider's pages too ask for their icon, which they have not
        assert [fault for fault in faults if "404" not in fault] == []


async def test_signing_out_at_the_provider_signs_out_here(over_loopback: Served, browser: Browser) -> None:
    async with visit(browser) as page:
        await sign_in(page, over_loopback.url)
        other = await page.context.new_page()
        await other.goto(f"{over_loopback.provider}/citizens/logout")
        await expect(other.locator("h1")).to_contain_text("Đã đăng xuất")
        await page.reload()
        await expect(page.locator("h1")).to_have_text("Đăng nhập")


@pytest.fixture
def other_site() -> Iterator[str]:
    """A page of somebody else on another port with a form to a path of ours, once with all that a thief may guess."""

    async def trap(request: object) -> HTMLResponse:
        query = request.query_params  # type: ignore[attr-defined]  # starlette's Request
        return HTMLResponse(
            f'<!doctype html><title>x</title><form method="post" action="{query["to"]}">'
            f'<input name="form_token" value="{query["token"]}"><button>Win</button></form>'
        )

    with serve(lambda _: Starlette(routes=[Route("/", trap)])) as url:
        yield url.replace("127.0.0.1", "localhost")


async def test_a_form_of_another_site_does_nothing(over_tls: Served, browser: Browser, other_site: str) -> None:
    async with visit(browser) as page:
        await sign_in(page, over_tls.url)
        token = await page.locator('input[name="form_token"]').get_attribute("value")
        trap = await page.context.new_page()
        for path in ("/sign-out", "/sign-in/citizens"):
            await trap.goto(f"{other_site}/?to={over_tls.url}{path}&token={token}")
            await trap.get_by_role("button").click()
            await expect(trap.locator("h1")).to_have_text("Biểu mẫu không được gửi từ trang này")
        await page.reload()
        await expect(page.locator(".account .name")).to_have_text(MINH_ANH)


async def test_the_way_to_a_higher_level(over_tls: Served, browser: Browser) -> None:
    async with visit(browser, locale="en-GB") as page:
        await page.goto(f"{over_tls.url}/sign-in")
        await page.get_by_role("button", name="Provider of citizens").click()
        await page.get_by_role("link", name="level 1 only").first.click()
        await page.get_by_role("link", name="Sign in at level 2").click()
        await expect(page.get_by_role("link", name="level 1 only")).to_have_count(0)
        await page.get_by_role("link", name=MINH_ANH).first.click()
        await expect(page.get_by_text("Level 2")).to_be_visible()
        await expect(page.get_by_role("link", name="Sign in at level 2")).to_have_count(0)


@pytest.mark.parametrize(("locale", "scheme"), LOOKS)
async def test_the_pages_fit_and_axe_finds_nothing(
    over_tls: Served, browser: Browser, scheme: str, locale: str, axe: str
) -> None:
    found = {}
    language = locale[:2]
    for size, measure in (("phone", PHONE), ("desktop", DESKTOP)):
        async with visit(browser, size=measure, scheme=scheme, locale=locale, scripts=True) as page:

            async def look(name: str, page: Page = page, size: str = size) -> None:
                await _fits(page)
                await picture(page, f"{name}-{size}-{scheme}-{language}")
                found[f"{name} {size}"] = await _violations(page, axe)

            await page.goto(f"{over_tls.url}/sign-in?fresh=1")
            await look("sign-in")
            await page.goto(f"{over_tls.url}/sign-in/citizens/callback?state=x&code=y")
            await look("refused")
            await sign_in(page, over_tls.url)
            await page.goto(f"{over_tls.url}/account")
            await look("account-citizen")
            await page.goto(over_tls.url)
            await look("start-signed-in")
            await sign_in_as_official(page, over_tls.url)
            await look("account-official")
            await page.goto(f"{over_tls.url}/signed-out")
            await look("signed-out")

    assert {place: faults for place, faults in found.items() if faults} == {}


async def sign_in_as_official(page: Page, url: str) -> None:
    await page.goto(f"{url}/sign-in")
    await page.get_by_role("button", name="Provider of officials").click()
    await page.get_by_role("link", name=HA).first.click()
    await page.wait_for_url(f"{url}/account?lang=*")


async def test_the_page_between_is_there_for_whoever_is_held_up(over_tls: Served, browser: Browser, axe: str) -> None:
    """Browsers that do not go on by themselves, as a person may set them to."""
    async with visit(browser, scripts=True) as page:
        await page.goto(f"{over_tls.url}/sign-in")
        await page.route(f"{over_tls.provider}/**", lambda route: route.abort())
        answer = await page.evaluate(
            """async () => (await fetch('/sign-in/citizens', {method: 'POST', body: new URLSearchParams()})).text()"""
        )
        await page.route(
            "**/leaving",
            lambda route: route.fulfill(body=answer.replace('content="0;', 'content="600;'), content_type="text/html"),
        )
        await page.goto(f"{over_tls.url}/leaving")
        await picture(page, "leaving-phone-light-vi")
        assert [fault for fault in await _violations(page, axe) if "meta-refresh" not in fault] == []
        await expect(page.get_by_role("link", name="Tiếp tục")).to_be_visible()
