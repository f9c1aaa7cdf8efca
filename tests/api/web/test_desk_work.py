"""The work list: its parts, what stands out, what is found, and what is shown to nobody."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from issuance.application import Actor
from storage.runner import Database
from tests.api.test_security_log import entries
from tests.api.web.desk_office import ALSO_CITIZEN, AUTHOR, HA, HEAD, Desk, account_of, desk_on, fill, open_desk
from tests.issuance.office import UNIT


@pytest.fixture
async def desk(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_on(sqlite_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def desk_on_both(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(database, tmp_path) as opened:
        yield opened


def codes_in(text: str) -> list[str]:
    return re.findall(r'<a href="/desk/cases/([^"/]+)">', text)


def counts_in(text: str) -> dict[str, str]:
    found = re.findall(r'<a href="/desk\?list=([a-z]+)[^"]*"[^>]*>[^<]*<span class="count">([^<]*)<', text)
    return dict(found)


async def test_each_part_has_its_cases_and_its_count(desk_on_both: Desk) -> None:
    desk = desk_on_both
    mine, nobodys, unpaid = (
        await desk.case(),
        await desk.case(),
        await desk.case(client="one-stop-kiosk", answered=False),
    )
    owner = Actor(subject_key=account_of(HA), full_name="Phạm Thu Hà", unit=UNIT)
    desk.office.do(lambda r: r.applications.save(replace(mine, owner=owner)))

    async def listed(part: str) -> set[str]:
        answer = await (await desk.at(HA)).get(f"/desk?list={part}")
        assert answer.status_code == 200, answer.text
        return set(codes_in(answer.text))

    assert await listed("mine") == set(codes_in((await (await desk.at(HA)).get("/desk")).text)) == {mine.code}
    assert await listed("unit") == {mine.code, nobodys.code}
    assert await listed("nobody") == {nobodys.code}
    assert await listed("citizen") == {unpaid.code}
    assert await listed("overdue") == await listed("today") == set()
    told = counts_in((await (await desk.at(HA)).get("/desk")).text)
    assert told == {
        "mine": "1", "unit": "2", "nobody": "1", "today": "0", "overdue": "0", "soon": "0", "citizen": "1"
    }  # fmt: skip

    desk.office.at = mine.promised_at - timedelta(hours=1)
    assert await listed("today") == await listed("soon") == {mine.code, nobodys.code}
    desk.office.at = mine.promised_at + timedelta(minutes=30)
    late = await desk.at(HEAD)
    shown = await late.get("/desk")
    assert set(codes_in(shown.text)) == {mine.code, nobodys.code}  # a head begins with all of the unit
    assert shown.text.count('<li class="case-line" data-tone="bad">') == 2
    assert "Overdue by" in shown.text
    assert counts_in(shown.text)["overdue"] == "2"


async def test_lists_go_on_and_have_filters(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.web.desk.work.ON_A_PAGE", 2)
    cases = [await desk.case() for _ in range(3)]
    browser = await desk.at(HEAD)
    first = await browser.get("/desk?list=unit&type=criminal_record_form_1")
    following = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert following is not None
    second = await browser.get(following[1].replace("&amp;", "&"))
    assert sorted(codes_in(first.text) + codes_in(second.text)) == sorted(one.code for one in cases)
    assert 'value="criminal_record_form_1" selected' in second.text
    none = await browser.get("/desk?list=unit&step=decision")
    assert (codes_in(none.text), "Nothing of this type in this step." in none.text) == ([], True)
    for cursor in ("", "x", "%00"):
        begun_anew = await browser.get(f"/desk?list=unit&cursor={cursor}")
        assert (begun_anew.status_code, begun_anew.headers["location"]) == (303, "/desk?list=unit"), cursor
    assert codes_in((await browser.get("/desk?list=unit&type=no_such_type&step=%00")).text)


async def test_empty_lists_say_something(desk: Desk) -> None:
    browser = await desk.at(HA)
    said = set()
    for part in ("mine", "unit", "nobody", "today", "overdue", "soon", "citizen"):
        found = re.search(r'<div class="empty">\s*<p>([^<]+)', (await browser.get(f"/desk?list={part}")).text)
        assert found is not None
        said.add(found[1])
    assert len(said) == 7


async def test_a_list_shows_nobody_and_notes_nothing(desk: Desk) -> None:
    case = await desk.case()
    text = (await (await desk.at(HEAD)).get("/desk")).text
    assert case.code in text
    assert case.applicant.full_name not in text
    assert case.applicant.personal_id not in text
    assert desk.office.do(lambda r: r.accesses.of_application(case.id)) == []


async def test_a_search_is_a_form_and_is_noted(desk: Desk) -> None:
    case = await desk.case()
    browser = await desk.at(HA)
    for sought in (case.code, case.code[:18].lower(), " 0011 9400 0001 "):
        answer = await fill(browser, "/desk/search", sought=sought)
        assert (answer.status_code, codes_in(answer.text)) == (200, [case.code]), sought
    assert [one.purpose.value for one in desk.office.do(lambda r: r.accesses.of_application(case.id))] == ["search"] * 3
    none = await fill(browser, "/desk/search", sought="000.00.99")
    assert "Your unit has no such case" in none.text
    for sought in ("", "abc", "12345678901\u0661"):
        answer = await fill(browser, "/desk/search", sought=sought)
        assert (answer.status_code, answer.text.count('href="#sought"')) == (422, 1), sought
    hostile = await fill(browser, "/desk/search", sought='"><script>alert(1)</script>')
    assert (hostile.status_code, "<script>alert" in hostile.text) == (200, False)
    assert (await browser.send("/desk/search", {"sought": case.code})).status_code == 403
    assert (await browser.get(f"/desk/search?sought={case.applicant.personal_id}")).text.count("case-line") == 0


async def test_own_cases_are_not_found_and_not_opened(desk: Desk) -> None:
    case = await desk.case()
    browser = await desk.at(ALSO_CITIZEN)
    assert codes_in((await fill(browser, "/desk/search", sought=case.code)).text) == []
    closed = await browser.get(f"/desk/cases/{case.code}")
    assert closed.status_code == 403
    assert "Nobody settles an application of his or her own" in closed.text
    assert case.applicant.personal_id not in closed.text
    assert 'href="/desk"' in closed.text
    assert case.code not in (await browser.get("/desk/approve")).text


async def test_the_desk_is_for_caseworkers_and_heads(desk: Desk) -> None:
    case = await desk.case()
    author = await desk.at(AUTHOR)
    for path in ("/desk", "/desk/approve", "/desk/waiting", "/desk/delegations", f"/desk/cases/{case.code}"):
        answer = await author.get(path)
        assert answer.status_code == 403, path
        assert case.applicant.full_name not in answer.text
    nav = (await author.get("/account")).text.partition("</nav>")[0]
    assert 'href="/desk"' not in nav
    citizen = desk.signing.another()
    await citizen.sign_in()
    assert (await citizen.get("/desk")).status_code == 403
    nobody = desk.signing.another()
    led = await nobody.get("/desk")
    assert (led.status_code, led.headers["location"]) == (303, "/sign-in?lang=en&return_to=%2Fdesk")


async def test_operators_learn_who_was_kept_from_a_case_on_its_page(desk: Desk) -> None:
    case = await desk.case()
    await (await desk.at(ALSO_CITIZEN)).get(f"/desk/cases/{case.code}")
    await (await desk.at(AUTHOR)).get("/desk")
    assert await entries(desk.signing.house) == [
        ("self_dealing", "GET /desk/cases/{code}", "officials", 1),
        ("role_missing", "GET /desk", "officials", 1),
    ]
