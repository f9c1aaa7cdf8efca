"""Approving clean cases together, and powers lent in the unit."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from issuance.feedback.questions import ask
from issuance.registers.consult import keep_register_answer
from issuance.registers.judicial import Conviction, RegisterAnswer
from storage.runner import Database
from tests.api.web.desk_office import DUC, HA, HEAD, Desk, account_of, desk_on, fill, hidden_of, open_desk

APPROVE, DELEGATIONS = "/desk/approve", "/desk/delegations"


@pytest.fixture
async def desk(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_on(sqlite_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def desk_on_both(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(database, tmp_path) as opened:
        yield opened


def ticked(answer: httpx.Response) -> dict[str, str]:
    """The cases that stand in the form, with the versions that were seen."""
    found = re.findall(r'name="(case-[^"]+)" value="(\d+)"', answer.text)
    return dict(found)


async def convicted(desk: Desk) -> str:
    case = await desk.case(answered=False)
    conviction = Conviction(
        court="Tòa án nhân dân",
        judgment_number="1/2020",
        judged_on=desk.office.at.date(),
        offence="Tội",
        sentence="Phạt",
    )
    answer = RegisterAnswer(reference="R-2", answered_at=desk.office.at, convictions=(conviction,), business_bans=())
    desk.office.do(lambda r: keep_register_answer(r, case.id, answer, desk.office.at))
    return case.code


async def test_clean_cases_are_found_behind_many_that_are_not(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.web.desk.looked_through._PAGE", 2)
    monkeypatch.setattr("api.web.desk.looked_through.LOOKED_AT", 4)
    monkeypatch.setattr("api.web.desk.looked_through.OTHERS", 1)
    silent = [(await desk.case(answered=False)).code for _ in range(5)]
    desk.office.at += timedelta(days=2)
    clean = await desk.case()
    head = await desk.at(HEAD)
    first = await head.get(APPROVE)
    assert ticked(first) == {}
    assert "Of 4 cases looked at here none is clean." in first.text
    # Whoever is not named is not noted as seen.
    assert "3 more are not shown" in first.text
    named = {code: code in first.text for code in silent}
    assert sum(named.values()) == 1
    for code, is_named in named.items():
        case_id = desk.stored(code).id
        assert len(desk.office.do(lambda r, case_id=case_id: r.accesses.of_application(case_id))) == is_named  # type: ignore[misc] # a default, for the loop
    following = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert following is not None
    second = await head.get(following[1].replace("&amp;", "&"))
    assert set(ticked(second)) == {f"case-{clean.code}"}
    assert 'rel="next"' not in second.text
    action = re.search(r'method="post" action="(/desk/approve[^"]+)"', second.text)
    assert action is not None
    here = action[1].replace("&amp;", "&")
    # What is refused is refused on the same page, where the cases are that were looked at.
    nothing = await head.send(here, hidden_of(second, action[1]))
    assert (nothing.status_code, ticked(nothing)) == (422, ticked(second))
    confirm = await head.send(here, hidden_of(second, action[1]) | ticked(second))
    assert "Approve 1 case?" in confirm.text
    settled = await head.send(APPROVE, hidden_of(confirm, APPROVE) | ticked(confirm))
    assert "1 case approved" in settled.text


async def test_nothing_strange_goes_through_the_list_of_clean_cases(desk: Desk) -> None:
    case = await desk.case()
    head = await desk.at(HEAD)
    for address in (f"{APPROVE}?step=zzz&cursor=x", f"{APPROVE}?step=%00&cursor=%00"):
        assert (await head.get(address)).status_code == 200
    # A cursor that is none of ours begins anew.
    steps = {desk.stored(case.code).step}
    assert {(await head.get(f"{APPROVE}?step={step}&cursor=x")).status_code for step in steps} <= {200, 303}
    form = hidden_of(await head.get(APPROVE), APPROVE)
    many = await head.send(APPROVE, form | {f"case-{number}": "1" for number in range(101)})
    assert (many.status_code, "At most 100 cases" in many.text) == (422, True)
    gone = await head.send(APPROVE, form | {"case-000.00.99.H26-240601-0001": "1"})
    assert (gone.status_code, "has changed meanwhile: nothing was approved" in gone.text) == (422, True)


async def test_clean_cases_are_approved_together_each_with_its_result(desk_on_both: Desk) -> None:
    desk = desk_on_both
    first, second, third = [await desk.case() for _ in range(3)]
    found, silent, asked = await convicted(desk), (await desk.case(answered=False)).code, await desk.case()
    citizen = await desk.office.citizen()
    desk.office.do(lambda r: ask(r, desk.office.rules, citizen, asked.code, "Khi nào xong?", desk.office.at))
    head = await desk.at(HEAD)

    preview = await head.get(APPROVE)
    assert set(ticked(preview)) == {f"case-{one.code}" for one in (first, second, third)}
    for code, why in (
        (found, "A register has an entry about the person."),
        (silent, "A register has still to answer."),
        (asked.code, "A question waits for its answer."),
    ):
        line = re.search(rf"/desk/cases/{re.escape(code)}.*?</ul>", preview.text, re.DOTALL)
        assert line is not None
        assert why in line[0]
    noted = desk.office.do(lambda r: r.accesses.of_application(first.id))
    assert [one.shown for one in noted] == ["case"]

    picked = {name: version for name, version in ticked(preview).items() if third.code not in name}
    confirm = await head.send(APPROVE, hidden_of(preview, APPROVE) | picked)
    assert ticked(confirm) == picked
    assert "Approve 2 cases?" in confirm.text
    assert confirm.text.count(f"</strong>, born on {first.concerned.birth_date:%d/%m/%Y}<br>") == 2
    assert confirm.text.count(f" · {first.copies} copies · ") == 2
    noted = desk.office.do(lambda r: r.accesses.of_application(first.id))
    assert [one.shown for one in noted] == ["case"] * 2
    assert desk.stored(first.code).decision is None

    # One of them is given away between the look and the word.
    changed = await fill(head, f"/desk/cases/{second.code}", f"/desk/cases/{second.code}/take")
    assert changed.status_code == 303
    form = hidden_of(confirm, APPROVE) | picked
    for _ in range(2):  # sent twice, it has one effect
        settled = await head.send(APPROVE, form)
        assert settled.status_code == 200
        assert "1 case approved" in settled.text
        assert "has changed since you read it" in settled.text
    assert desk.office.audit(first.id).count("application_approved") == 1
    assert desk.stored(second.code).decision is desk.stored(third.code).decision is None


async def test_nothing_ticked_and_what_no_list_has(desk: Desk) -> None:
    case, dirty = await desk.case(), await convicted(desk)
    head = await desk.at(HEAD)
    form = hidden_of(await head.get(APPROVE), APPROVE)
    nothing, changed = "Tick at least one case.", "What you ticked has changed meanwhile"
    for fields, said in (
        ({}, nothing),
        ({"case-": "1"}, nothing),
        ({f"case-{case.code}": "x"}, nothing),
        ({f"case-{case.code}": "7"}, changed),
        ({f"case-{dirty}": "1"}, changed),
    ):
        answer = await head.send(APPROVE, form | fields)
        assert (answer.status_code, said in answer.text) == (422, True), fields
    version = str(desk.stored(dirty).version)
    forced = await head.send(APPROVE, form | {"confirmed": "1", f"case-{dirty}": version, "case-000.00.99": "1"})
    assert "0 cases approved" in forced.text
    assert desk.stored(dirty).decision is None
    assert (await head.send(APPROVE, {f"case-{case.code}": "1", "confirmed": "1"})).status_code == 403
    assert desk.stored(case.code).decision is None


async def test_powers_are_lent_seen_by_both_and_taken_back(desk_on_both: Desk) -> None:
    desk = desk_on_both
    desk.register(HA, DUC, HEAD)
    head = await desk.at(HEAD)
    typed = {
        "to": account_of(HA),
        "lender": "me",
        "role": "head",
        "from": "2024-06-03",
        "until": "30/06/2024",
        "act": "Quyết định <b>12</b>/QĐ",
    }
    given = await fill(head, DELEGATIONS, **typed)
    assert (given.status_code, given.headers["location"]) == (303, f"{DELEGATIONS}?done=given")
    mine = (await (await desk.at(HA)).get(DELEGATIONS)).text
    assert "Quyết định &lt;b&gt;12&lt;/b&gt;/QĐ" in mine
    assert "23:59 30/06/2024" in mine
    assert "/end" not in mine
    assert "Quyết định" not in (await (await desk.at(DUC)).get(DELEGATIONS)).text
    ends = re.findall(rf'action="({DELEGATIONS}/[^"]+/end)"', (await head.get(DELEGATIONS)).text)
    assert len(ends) == 1
    assert (await head.get(ends[0])).status_code == 303
    assert (await fill(await desk.at(HA), DELEGATIONS, ends[0]) if ends[0] in mine else None) is None
    token = {"form_token": await (await desk.at(HA)).form_token()}
    assert (await (await desk.at(HA)).send(ends[0], token)).status_code == 403
    assert (await fill(head, DELEGATIONS, ends[0])).headers["location"] == f"{DELEGATIONS}?done=ended"
    assert "taken back" in (await head.get(DELEGATIONS)).text


async def test_what_can_not_be_lent_is_told_at_its_field(desk: Desk) -> None:
    desk.register(HA, DUC, HEAD)
    head = await desk.at(HEAD)
    right = {
        "to": account_of(HA),
        "lender": "me",
        "role": "head",
        "from": "2024-06-03",
        "until": "2024-06-30",
        "act": "Quyết định 12/QĐ",
    }
    for wrong, field in (
        ({"to": ""}, "to"),
        ({"to": account_of(HEAD)}, "to"),
        ({"to": "https://elsewhere.example|x"}, "to"),
        ({"role": "operator"}, "role"),
        ({"role": "caseworker"}, "role"),
        ({"until": "2026-06-30"}, "until"),
        ({"until": "2024-06-01"}, "until"),
        ({"from": "someday"}, "from"),
        ({"act": "x" * 151}, "act"),
        ({"lender": account_of(DUC), "role": "caseworker"}, "number"),
        ({"type": "no_such_type"}, "type"),
    ):
        answer = await fill(head, DELEGATIONS, **(right | wrong))
        assert (answer.status_code, f'href="#{field}"' in answer.text) == (422, True), wrong
        assert 'value="Quyết định 12/QĐ"' in answer.text or "act" in wrong
    assert desk.office.do(lambda r: r.delegations.of_unit("000.00.15.H26", desk.office.at)) == []


async def test_a_declared_relative_closes_the_case(desk: Desk) -> None:
    desk.register(HA, DUC, HEAD)
    case = await desk.case()
    browser, address = await desk.at(HA), f"{DELEGATIONS}/relatives"
    number = case.applicant.personal_id
    assert (await fill(browser, DELEGATIONS, address, relative="12")).status_code == 422
    assert (await fill(browser, DELEGATIONS, address, relative=number)).headers["location"].endswith("declared")
    shown = await browser.get(DELEGATIONS)
    assert "You have declared 1 person." in shown.text
    assert number not in shown.text
    assert "/outcomes/" not in (await browser.get(f"/desk/cases/{case.code}")).text
    await fill(browser, DELEGATIONS, address, relative=number, take_back="1")
    assert "You have declared 0 people." in (await browser.get(DELEGATIONS)).text
