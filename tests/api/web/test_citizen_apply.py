"""Asking for a document on the pages: the catalogue, the form, the look before sending, and one application of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from api.rate_limit import PersonRateLimit
from storage.runner import Database
from tests.api.population import KNOWN, KnowsOne
from tests.api.signing_in import SigningIn, open_signing_in
from tests.api.test_on_behalf import Register
from tests.api.test_security_log import entries
from tests.api.web.following import Following, person_of
from tests.identity.simulated import BINH, HA, MINH_ANH
from tests.issuance.families import CHILD, CHILD_NAME, Family
from tests.issuance.office import INPUT, TYPE

FORM = f"/services/{TYPE}/apply"
ROUTE = "/services/{type_id}/apply"
FILLED: dict[str, str] = {
    "for": "self",
    **{f"input.{name}": str(value) for name, value in INPUT.items() if not isinstance(value, bool)},
    "input.delivery": "download",
}
ADDRESS = {
    "post.recipient": "Nguyễn Thị Minh Anh",
    "post.phone": "0912 345 678".replace(" ", ""),
    "post.street": "Số 12 phố Thợ Nhuộm",
    "post.commune": "Phường Cửa Nam",
    "post.province": "Thành phố Hà Nội",
}
NASTY = '"><script>alert(1)</script>'


@pytest.fixture
def known() -> KnowsOne:
    return KnowsOne()


@pytest.fixture
async def signing(sqlite_url: str, tmp_path: Path, known: KnowsOne) -> AsyncIterator[SigningIn]:
    """Nobody is signed in yet. The pages' channel is the desk's, where money is due."""
    database, register = Database(sqlite_url, clock=lambda: datetime.now(UTC)), Register()
    async with open_signing_in(database, tmp_path, population_facts=known, population=register) as opened:
        register.behind = Family(opened.house.office)
        come_by(opened, "desk")
        yield opened
    await database.dispose()


@pytest.fixture
async def citizen(signing: SigningIn) -> Following:
    await signing.browser.sign_in(MINH_ANH)
    return Following(signing, await person_of(signing))


def come_by(signing: SigningIn, channel: str) -> None:
    """Register the pages for a channel."""
    channels = cast("dict[tuple[str, str], str]", signing.house.services.rules.channels)
    channels["https://provider.example/citizens", "condau-pages"] = channel


def hidden(page: str) -> dict[str, str]:
    """What the form of a page sends of itself."""
    return {
        unescape(name): unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    }


def applications(following: Following) -> int:
    key = following.citizen.subject_key
    return len(following.office.do(lambda r: r.applications.list_of_citizen(key, None, 50)).applications)


async def checked(citizen: Following, **changed: str) -> httpx.Response:
    return await citizen.send(FORM, **(FILLED | {"do": "check"} | changed))


async def sent(citizen: Following, **changed: str) -> httpx.Response:
    """All the way from the summary."""
    summary = await checked(citizen, **changed)
    assert summary.status_code == 200, summary.text
    return await citizen.browser.send(FORM, hidden(summary.text) | {"do": "send"})


async def test_the_catalogue_is_everybody_s(signing: SigningIn) -> None:
    page = unescape((await signing.browser.get("/services")).text)
    assert "Criminal record extract, form 1" in page
    assert "205,000" not in page
    assert "200,000 VND" in page
    assert "School transcript" not in page  # comes in batches
    one = unescape((await signing.browser.get(f"/services/{TYPE}")).text)
    for words in ("At most 10 working days.", "At most 15 working days in this case: Has lived abroad.", "caseworker"):
        assert words in one
    assert "Sign in and ask for it" in one
    for path, status in (("/services/none", 404), ("/services/school_transcript", 409)):
        refused = await signing.browser.get(path)
        assert refused.status_code == status
        assert '<a class="button" href="/services">' in refused.text
        assert "/v1/" not in refused.text


async def test_a_price_for_what_somebody_says(signing: SigningIn) -> None:
    browser, path = signing.browser, f"/services/{TYPE}/quote"
    dear = await browser.send(path, {"input.copies": "3", "whatever": NASTY})
    less = await browser.send(path, {"input.copies": "3", "category.student": "1"})

    assert "205,000 VND" in dear.text
    assert "105,000 VND" in less.text
    assert "Circular 244/2016/TT-BTC" in unescape(dear.text)
    assert 'name="category.student" value="1" checked' in less.text
    assert "script>alert" not in dear.text
    assert (await browser.send(path, {"input.copies": "3"}, "cross-site")).status_code == 403
    again = await browser.get(path)
    assert (again.status_code, again.headers["location"]) == (303, f"/services/{TYPE}")


async def test_whoever_is_signed_in_asks_with_what_the_register_knows(citizen: Following, known: KnowsOne) -> None:
    page = await citizen.page(FORM)
    assert KNOWN.birth_place is not None
    assert KNOWN.birth_place in page
    assert 'value="female" checked' in page
    assert "From the population register." in page
    assert citizen.citizen.personal_id.digits not in page

    known.answer = None
    page = await citizen.page(FORM)
    assert "does not answer at the moment" in page
    assert "From the population register." not in page


async def test_nothing_is_stored_before_it_is_sent_and_then_once(citizen: Following) -> None:
    summary = await checked(citizen)
    page = unescape(summary.text)
    assert summary.status_code == 200, summary.text
    for words in ("Nguyễn Thị Minh Anh", INPUT["birth_place"], "205,000 VND", "Promised for 17/06/2024", "Female"):
        assert words in page
    assert applications(citizen) == 0

    form = hidden(summary.text) | {"do": "send"}
    first, second = [await citizen.browser.send(FORM, form) for _ in range(2)]
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert re.fullmatch(r"/applications/[0-9A-Z.-]+\?done=sent", first.headers["location"])
    assert applications(citizen) == 1
    # back to the form, and all of it once more
    again = hidden((await checked(citizen)).text) | {"do": "send"}
    assert (await citizen.browser.send(FORM, again)).headers["location"] == first.headers["location"]
    assert applications(citizen) == 1
    other = await sent(citizen, **{"input.copies": "2"})
    assert "An application was sent from this form already." in other.text
    assert applications(citizen) == 1
    answer = await sent(citizen, **{"input.copies": "2", "once": hidden(other.text)["once"]})
    assert answer.status_code == 303
    assert applications(citizen) == 2


async def test_what_is_wrong_stands_at_its_field_in_the_caller_s_language(citizen: Following) -> None:
    answer = await checked(
        citizen, **{"input.copies": "30", "input.birth_place": " ", "input.sex": "", "input.purpose": NASTY}
    )
    page = answer.text
    assert answer.status_code == 422
    assert '<a href="#input.copies">Paper copies: This number is too large.</a>' in page
    assert '<a href="#input.birth_place">Place of birth: Fill this in.</a>' in page
    assert '<a href="#input.sex">Sex: Choose one of these.</a>' in page
    assert page.index('href="#input.copies"') < page.index('href="#input.birth_place"')
    assert 'aria-invalid="true"' in page
    assert INPUT["permanent_residence"] in unescape(page)  # what was typed is still there
    assert "<script>alert" not in page
    token = await citizen.browser.form_token()
    vietnamese = await citizen.browser.send(f"{FORM}?lang=vi", FILLED | {"form_token": token, "input.copies": "0"})
    assert "Số bản giấy: Số này quá nhỏ." in vietnamese.text
    assert applications(citizen) == 0


async def test_free_text_is_shown_as_text(citizen: Following) -> None:
    summary = await checked(citizen, **{"input.purpose": "a <b>&amp; 'x'"})
    assert (summary.status_code, "<b>" in summary.text) == (200, False)
    assert "a <b>&amp; 'x'" in unescape(summary.text)
    changed = await citizen.send(FORM, **(FILLED | {"do": "change", "input.purpose": NASTY, "known": NASTY}))
    assert changed.status_code == 200
    assert "<script>alert" not in changed.text
    assert unescape(changed.text).count(NASTY) == 2


async def test_the_other_language_keeps_what_was_typed(citizen: Following) -> None:
    typed = {"input.purpose": "Xin việc", "for": "child", "child": "12"}
    for page in (await citizen.page(f"{FORM}?for=child"), (await checked(citizen, **typed)).text):
        (button,) = re.findall(r'<button id="other-language"[^>]*>', page)
        assert f'formaction="{FORM}?lang=vi"' in button
        # the first button of a form is what Enter means
        assert page.index('value="check" tabindex="-1"') < page.index(button)
    (do,) = re.findall(r'name="do" value="(\w+)"', button)
    token = await citizen.browser.form_token()
    fields = FILLED | typed | {"do": do, "form_token": token}
    vietnamese = unescape((await citizen.browser.send(f"{FORM}?lang=vi", fields)).text)
    assert "Số định danh gồm 12 chữ số." in vietnamese
    assert "Xin việc" in vietnamese
    summary = unescape((await citizen.browser.send(f"{FORM}?lang=vi", FILLED | {"form_token": token})).text)
    assert "Kiểm tra trước khi gửi" in summary
    (button,) = re.findall(r'<button id="other-language"[^>]*>', summary)
    assert 'value="check"' in button
    assert f'formaction="{FORM}?lang=en"' in button


async def test_changing_something_brings_back_what_was_typed(citizen: Following) -> None:
    summary = await checked(citizen, **{"category.student": "1"})
    form = await citizen.browser.send(FORM, hidden(summary.text) | {"do": "change"})
    assert form.status_code == 200
    # sent already while the answer was lost: changed or not, it is the same form
    assert hidden(form.text)["once"] == hidden(summary.text)["once"]
    assert INPUT["birth_place"] in unescape(form.text)
    assert 'name="category.student" value="1" checked' in form.text


async def test_whoever_pays_less_is_told_and_led_to_the_papers(citizen: Following) -> None:
    summary = unescape((await checked(citizen, **{"category.student": "1"})).text)
    assert "Once an official has accepted your papers: 105,000 VND. Upload them before you pay." in summary
    answer = await sent(citizen, **{"category.student": "1"})
    assert re.fullmatch(r"/applications/[0-9A-Z.-]+/evidence\?done=sent", answer.headers["location"])
    page = await citizen.page(answer.headers["location"])
    assert "Your application has been sent." in page
    assert "Pupil or student" in page


async def test_copies_by_post_need_an_address(citizen: Following) -> None:
    by_post = {"input.delivery": "post"}
    refused = await checked(citizen, **by_post, **(ADDRESS | {"post.phone": "12", "post.street": ""}))
    assert refused.status_code == 422
    assert '<a href="#post.phone">Phone: Write a phone number such as 0912345678.</a>' in refused.text
    assert '<a href="#post.street">House number and street: Fill this in.</a>' in refused.text
    answer = await sent(citizen, **by_post, **ADDRESS)
    code = answer.headers["location"].split("/")[2].partition("?")[0]
    parcels = citizen.office.do(
        lambda r: r.parcels.of_application(r.applications.of_citizen(code, citizen.citizen.subject_key).id)
    )
    assert [one.address.street for one in parcels] == [ADDRESS["post.street"]]
    # nobody's business where nothing is sent
    answer = await sent(citizen, **(ADDRESS | {"post.phone": "12", "once": "k2"}))
    assert answer.status_code == 303


async def test_for_a_child(citizen: Following) -> None:
    page = await citizen.page(f"{FORM}?for=child")
    assert "Your child’s personal number" in page
    assert KNOWN.birth_place is not None
    assert KNOWN.birth_place not in page  # that is the mother's
    child = {"for": "child", "input.sex": "male"}
    for number, words in (("", "Fill this in."), ("12", "The number has twelve digits.")):
        refused = await checked(citizen, **child, child=number)
        assert refused.status_code == 422
        assert f"Your child’s personal number: {words}" in unescape(refused.text)
    stranger = await checked(citizen, **child, child="001219000099")
    assert stranger.status_code == 403
    assert INPUT["birth_place"] in unescape(stranger.text)  # the form is still there
    # who tries other people's children is written down here as well
    assert await entries(citizen.signing.house) == [("not_the_guardian", f"POST {ROUTE}", "citizens", 1)]

    summary = unescape((await checked(citizen, **child, child=CHILD.digits)).text)
    assert CHILD_NAME in summary
    assert "mother" in summary
    assert '<p class="price">5,000 VND' in summary  # children are exempt, the third copy is not
    answer = await sent(citizen, **child, child=CHILD.digits)
    code = answer.headers["location"].split("/")[2].partition("?")[0]
    stored = citizen.office.do(lambda r: r.applications.of_citizen(code, citizen.citizen.subject_key))
    assert stored.on_behalf_of is not None
    assert stored.on_behalf_of.full_name == CHILD_NAME
    assert (await citizen.browser.get("/services/marital_status_confirmation/apply?for=child")).status_code == 403


async def test_a_session_that_has_ended_is_said_and_nothing_is_sent(citizen: Following) -> None:
    form = hidden((await checked(citizen)).text) | {"do": "send"}
    citizen.signing.pass_time(hours=9)
    answer = await citizen.browser.send(FORM, form)
    assert answer.status_code == 401
    assert "nothing was sent" in answer.text
    assert f"return_to=%2Fservices%2F{TYPE}%2Fapply%3Fagain%3D1" in answer.text
    # kept in that page alone, for whoever signs in in another window
    kept = hidden(answer.text)
    assert kept["input.birth_place"] == INPUT["birth_place"]
    assert "form_token" not in kept
    hostile = await citizen.browser.send(FORM, {"input.purpose": NASTY, "else": NASTY})
    assert (hostile.status_code, "<script>alert" in hostile.text, "else" in hidden(hostile.text)) == (401, False, False)
    # nobody else who signs in there is shown it
    await citizen.browser.sign_in(MINH_ANH)
    other = await citizen.browser.send(FORM, kept | {"do": "change", "typist": hashlib.sha256(b"k1").hexdigest()})
    assert (other.status_code, INPUT["birth_place"] in unescape(other.text)) == (403, False)
    again = await citizen.browser.send(FORM, kept | {"do": "change"})
    assert INPUT["birth_place"] in unescape(again.text)
    assert "had been signed out" in await citizen.page(f"{FORM}?again=1")
    # the old form is of another session: nothing is done, and what was typed is there to be sent from this one
    old = await citizen.browser.send(FORM, form)
    assert old.status_code == 403
    assert "signed in again" in old.text
    assert INPUT["birth_place"] in unescape(old.text)
    assert applications(citizen) == 0
    new_token = await citizen.browser.form_token()
    assert hidden(old.text)["form_token"] == new_token != form["form_token"]
    assert (await entries(citizen.signing.house))[-1][:2] == ("form_outdated", f"POST {ROUTE}")


async def test_the_other_language_keeps_what_was_typed_also_when_signed_out(citizen: Following) -> None:
    form = hidden((await checked(citizen)).text) | {"do": "send"}
    citizen.signing.pass_time(hours=9)
    page = (await citizen.browser.send(FORM, form)).text
    (button,) = re.findall(r'<button id="other-language"[^>]*>', page)
    assert f'formaction="{FORM}?lang=vi"' in button
    assert 'form="kept"' in button
    other = await citizen.browser.send(f"{FORM}?lang=vi", hidden(page) | {"do": "change"})
    assert other.status_code == 401
    assert "Phiên đăng nhập đã kết thúc" in other.text
    assert hidden(other.text) == hidden(page)


async def test_whoever_has_asked_too_often_loses_nothing(citizen: Following) -> None:
    form = hidden((await checked(citizen)).text) | {"do": "send"}
    state = citizen.signing.house.app.state
    free, spent = state.shared, PersonRateLimit("1/hour")
    spent.take(citizen.citizen.subject_key)
    state.shared = replace(free, people=spent)
    answer = await citizen.browser.send(FORM, form | {"else": NASTY})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    kept = hidden(answer.text)
    assert kept == {name: text for name, text in form.items() if name != "do"}
    (do,) = re.findall(r'<button class="button" name="do" value="([^"]*)"', answer.text)
    assert applications(citizen) == 0

    state.shared = free
    assert (await citizen.browser.send(FORM, kept | {"do": do})).status_code == 303
    assert applications(citizen) == 1


async def test_a_low_level_is_led_to_the_higher_one_and_back(signing: SigningIn) -> None:
    await signing.browser.sign_in(BINH)
    page = unescape((await signing.browser.get(f"/services/{TYPE}")).text)
    way = f"/sign-in?lang=en&return_to=%2Fservices%2F{TYPE}%2Fapply&level=2"
    assert f'href="{way}"' in page
    refused = await signing.browser.get(FORM)
    assert refused.status_code == 401
    assert way in unescape(refused.text)
    assert "/sign-in" in (await signing.another().get(FORM)).headers["location"]


async def test_only_our_own_form_of_a_citizen_counts(citizen: Following) -> None:
    browser, token = citizen.browser, await citizen.browser.form_token()
    assert (await browser.send(FORM, FILLED | {"do": "send"})).status_code == 403
    assert (await browser.send(FORM, FILLED | {"do": "send", "form_token": token}, "cross-site")).status_code == 403
    twice = await browser.http.post(FORM, data={"input.copies": ["1", "2"], "form_token": token})
    assert twice.status_code == 400
    assert (await citizen.send("/services/none/apply", **FILLED)).status_code == 404
    assert applications(citizen) == 0


async def test_officials_ask_for_nothing_here(signing: SigningIn) -> None:
    await signing.browser.sign_in(HA, issuer="officials")
    assert (await signing.browser.get(FORM)).status_code == 403
    form = FILLED | {"do": "send", "form_token": await signing.browser.form_token()}
    assert (await signing.browser.send(FORM, form)).status_code == 403
    assert "signed in as an official" in (await signing.browser.get(f"/services/{TYPE}")).text


async def test_pages_without_a_channel_say_so(citizen: Following) -> None:
    cast("dict[Any, str]", citizen.office.rules.channels).pop(("https://provider.example/citizens", "condau-pages"))
    assert "cannot be asked for on these pages" in await citizen.page(f"/services/{TYPE}")
    assert (await checked(citizen)).status_code == 403


async def test_the_start_page_tells_what_waits(citizen: Following) -> None:
    assert "Begin here" in await citizen.page("/")
    answer = await sent(citizen)
    home = await citizen.page("/")
    code = answer.headers["location"].split("/")[2].partition("?")[0]
    assert f'href="/applications/{code}"' in home
    assert "Pay the fee" in home
    assert "205,000 VND" in home
    for _ in range(8):  # at no cost: they wait for the agency
        citizen.office.at += timedelta(seconds=1)
        newest = citizen.applied("vneid").code
    home = await citizen.page("/")
    assert home.count('class="way') < 12
    assert home.index(code) < home.index(newest)
    assert "All of my applications" in home
    assert 'href="/services"' in await citizen.page("/account")
