"""What pages for signed-in people rest upon, used as api.web.session says."""

from __future__ import annotations

import ast
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse, Response

import identity
from api.web.return_to import own_path
from api.web.session import SignedForm, SignedIn
from identity.citizen import AssuranceLevel
from identity.verify_token import require_citizen, require_fresh, require_level
from storage.runner import Database
from tests.api.signing_in import SigningIn, open_signing_in
from tests.identity.simulated import BINH, MINH_ANH, query_of


async def show(session: SignedIn) -> Response:
    return PlainTextResponse(session.person.full_name)


async def take(form: SignedForm) -> Response:
    return PlainTextResponse(f"{form.session.person.full_name}: {form.fields['copies']}")


async def level_2(session: SignedIn) -> Response:
    require_level(require_citizen(session.person), AssuranceLevel.LEVEL_2)
    return PlainTextResponse("yes")


@pytest.fixture
async def signing(sqlite_url: str, tmp_path: Path) -> AsyncIterator[SigningIn]:
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    async with open_signing_in(database, tmp_path) as found:

        async def fresh(session: SignedIn) -> Response:
            require_fresh(session.person, 300, found.house.office.at)
            return PlainTextResponse("yes")

        app = found.house.app
        app.add_api_route("/shown", show)
        app.add_api_route("/taken", take, methods=["POST"])
        app.add_api_route("/level-2", level_2)
        app.add_api_route("/fresh", fresh)
        yield found
    await database.dispose()


async def test_a_page_knows_its_person_or_leads_to_the_sign_in(signing: SigningIn) -> None:
    away = await signing.browser.get("/shown?a=1&b=2")
    assert away.status_code == 303
    assert away.headers["location"] == "/sign-in?lang=en&return_to=%2Fshown%3Fa%3D1%26b%3D2"
    back = await signing.browser.sign_in(return_to=query_of(away.headers["location"])["return_to"])
    assert back.headers["location"] == "/shown?a=1&b=2"
    assert (await signing.browser.get("/shown")).text == "Nguyễn Thị Minh Anh"


async def test_a_form_is_its_session_s_or_refused(signing: SigningIn) -> None:
    browser = signing.browser
    ended = await browser.send("/taken", {"copies": "2", "form_token": "x"})
    assert ended.status_code == 401
    assert "your session has ended" in ended.text
    # and back to the form
    assert 'href="/sign-in?lang=en&amp;return_to=%2Ftaken"' in ended.text

    await browser.sign_in()
    token = await browser.form_token()
    assert (await browser.send("/taken", {"copies": "2", "form_token": token})).text == "Nguyễn Thị Minh Anh: 2"
    outdated = await browser.send("/taken", {"copies": "2"})
    assert outdated.status_code == 403
    assert '<a class="button" href="/taken">Try again</a>' in outdated.text
    assert (await browser.send("/taken", {"copies": "2", "form_token": token}, "cross-site")).status_code == 403
    twice = await browser.http.post("/taken", data={"copies": ["2", "3"], "form_token": token})
    assert twice.status_code == 400
    json = await browser.http.post("/taken", json={"copies": "2", "form_token": token})
    assert json.status_code == 400
    file = await browser.http.post("/taken", data={"form_token": token}, files={"copies": b"2"})
    assert file.status_code == 400


async def test_too_low_a_level_leads_to_a_higher_one_and_back(signing: SigningIn) -> None:
    browser = signing.browser
    low = await signing.provider.authorize(await browser.begin(), MINH_ANH, simulated_acr="level-1")
    await browser.come_back(low)
    refused = await browser.get("/level-2?x=1")
    assert refused.status_code == 401
    link = "/sign-in?lang=en&amp;return_to=%2Flevel-2%3Fx%3D1&amp;level=2"
    assert link in refused.text
    up = await browser.get(link.replace("&amp;", "&"))
    back = await browser.come_back(await signing.provider.authorize(up.headers["location"], MINH_ANH))
    assert back.headers["location"] == "/level-2?x=1"
    assert (await browser.get("/level-2")).text == "yes"


async def test_whose_account_has_no_higher_level_is_told_again(signing: SigningIn) -> None:
    """What was asked of the provider is no promise; the person who came is checked."""
    up = await signing.browser.get("/sign-in?level=2&return_to=/level-2")
    await signing.browser.come_back(await signing.provider.authorize(up.headers["location"], BINH))
    assert (await signing.browser.get("/level-2")).status_code == 401


async def test_too_old_a_sign_in_leads_to_a_fresh_one(signing: SigningIn) -> None:
    browser = signing.browser
    await browser.sign_in()
    assert (await browser.get("/fresh")).text == "yes"
    signing.pass_time(minutes=6)
    refused = await browser.get("/fresh")
    assert refused.status_code == 401
    assert "fresh=1" in refused.text
    choice = await browser.get("/sign-in?fresh=1&return_to=/fresh")
    assert 'name="fresh" value="1"' in choice.text
    again = await browser.begin(fresh="1", return_to="/fresh")
    assert query_of(again)["max_age"] == "60"
    await browser.come_back(await signing.provider.authorize(again, MINH_ANH))
    assert (await browser.get("/fresh")).text == "yes"


@given(st.text(max_size=60) | st.from_regex(r"[/\\]{1,3}[a-z./\\:@%?#&\t\n ]{0,20}", fullmatch=True))
def test_a_path_of_ours_stays_with_us(text: str) -> None:
    """Resolved as a browser does it (URL standard): backslashes are slashes, tabs and line ends are dropped."""
    if own_path(text) is not None:
        seen = text.replace("\\", "/").replace("\t", "").replace("\n", "").replace("\r", "")
        assert seen == text
        assert seen.startswith("/")
        assert not seen.startswith("//")


@pytest.mark.parametrize("path", ["/", "/account", "/a/b-c_d.e?x=1&y=%C3%A9", "/v?lang=vi"])
def test_paths_of_ours_are_gone_to(path: str) -> None:
    assert own_path(path) == path


def test_only_sessions_revive_people() -> None:
    """Whoever calls it believes what is stored; nothing but a session found by its secret may be believed so."""
    root = Path(identity.__file__).parents[1]
    packages = ("api", "condau", "identity", "issuance", "signing", "simulators", "storage", "verification")
    naming: dict[str, set[str]] = {"revive_person": set(), "keep_person": set()}
    for package in packages:
        for path in (root / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                named = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "name", None)
                if named in naming:
                    naming[named].add(path.relative_to(root).as_posix())
    assert all(found == {"identity/person.py", "identity/session.py"} for found in naming.values()), naming
