"""A draft on its way into the book by pages alone, and whoever must not bring it there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from issuance.fee_policies.draft import DraftState
from tests.api.fee_office import work_at
from tests.api.web.fee_pages import (
    APPROVER,
    AUTHOR,
    CASEWORKER,
    FeePages,
    cheaper,
    fee_pages_on,
    fill,
    hidden_of,
    path_of,
    personal_id_of,
    source_of,
    words,
)
from tests.api.web.filled_form import press


@pytest.fixture
async def pages(sqlite_url: str, tmp_path: Path) -> AsyncIterator[FeePages]:
    async with fee_pages_on(sqlite_url, tmp_path) as found:
        yield found


async def test_from_a_draft_to_what_citizens_pay(pages: FeePages) -> None:
    path = await pages.draft()
    at_author, at_approver = await pages.at(AUTHOR), await pages.at(APPROVER)
    assert await pages.due("2024-07-15") == 200_000

    checked = await fill(at_author, path, f"{path}/check")
    assert (checked.status_code, checked.headers["location"]) == (303, f"{path}?done=checked")
    shown = await at_author.get(f"{path}?done=checked")
    assert "The check is done" in shown.text
    assert "No error" in shown.text
    assert f'href="{path}/rehearsal"' in shown.text

    rehearsal = await pages.rehearse(at_author, path)
    result = await at_author.get(rehearsal)
    assert "The largest gains" in result.text
    assert "150,000 VND" in result.text

    shown = await at_author.get(path)
    assert "Only fee approvers approve." in shown.text
    assert f'href="{path}/approval"' not in shown.text

    decision = await at_approver.get(f"{path}/approval")
    text = words(decision)
    assert "rate: 200,000 VND → 150,000 VND" in text
    assert "What the rehearsal showed" in text
    approved = await at_approver.send(f"{path}/approval", hidden_of(decision, f"{path}/approval"))
    assert approved.headers["location"] == f"{path}?done=approved"
    assert await pages.due("2024-07-15") == 200_000

    to_schedule = await at_author.get(f"{path}/schedule")
    said = words(to_schedule)
    assert "So far Version 1: 01/01/2017 to 23/04/2025" in said
    assert "From now on Version 1: 01/01/2017 to 30/06/2024" in said
    scheduled = await at_author.send(f"{path}/schedule", hidden_of(to_schedule, f"{path}/schedule"))
    assert scheduled.headers["location"] == f"{path}?done=scheduled"
    assert await pages.due("2024-07-15") == 150_000
    assert await pages.due("2024-06-15") == 200_000

    version = await at_author.get("/fees/policies/criminal_record_form_1.hanoi/3")
    assert "Comes into force" in version.text
    history = words(await at_author.get(path))
    assert "Approved Trịnh Văn Sơn" in history
    assert "Put into the book Đào Thị Hương" in history


async def test_a_version_is_taken_back_before_its_first_day(pages: FeePages) -> None:
    path = await pages.rehearsed()
    at_approver = await pages.at(APPROVER)
    await fill(at_approver, f"{path}/approval")
    await fill(at_approver, f"{path}/schedule")
    assert await pages.due("2024-07-15") == 150_000
    version = "/fees/policies/criminal_record_form_1.hanoi/3"
    page = f"{version}/withdrawal"

    shown = await at_approver.get(page)
    assert "Its first day has not come" in shown.text
    without = await fill(at_approver, page, reason=" ")
    assert without.status_code == 422
    assert "Say why" in without.text
    taken = await fill(at_approver, page, reason="Nghị quyết <b>chưa</b> được thông qua.")
    assert taken.headers["location"] == "/fees/policies/criminal_record_form_1.hanoi?done=withdrawn"
    assert await pages.due("2024-07-15") == 200_000
    book = await at_approver.get("/fees/policies/criminal_record_form_1.hanoi")
    assert "Nghị quyết &lt;b&gt;chưa&lt;/b&gt; được thông qua." in book.text
    assert "Nghị quyết &lt;b&gt;chưa" in (await at_approver.get(path)).text
    again = await at_approver.get(page)
    assert "there is nothing to take back" in again.text


@pytest.mark.parametrize("who", [AUTHOR, CASEWORKER])
async def test_only_an_approver_takes_a_version_back(pages: FeePages, who: str) -> None:
    browser = await pages.at(who)
    path = "/fees/policies/criminal_record_form_1.hanoi/1/withdrawal"
    assert (await browser.get(path)).status_code == 403
    token = {"form_token": await browser.form_token(), "reason": "x"}
    assert (await browser.send(path, token)).status_code == 403
    assert await pages.due("2024-06-15") == 200_000


async def test_whoever_has_written_at_it_does_not_approve(pages: FeePages) -> None:
    """The same person through another account too."""
    draft = await pages.written()
    same = await pages.author("another-account", personal_id_of(APPROVER))
    edited = pages.agency.edit(same, draft, source_of(cheaper() | {"territory": "vn-01"}))
    ready = pages.made_ready(same, edited)
    path = path_of(draft)
    browser = await pages.at(APPROVER)
    assert "another person must approve it" in (await browser.get(path)).text
    decision = await browser.get(f"{path}/approval")
    assert f'action="{path}/approval"' not in decision.text

    fields = {"form_token": await browser.form_token(), "version": str(ready.version)}
    refused = await browser.send(f"{path}/approval", fields)
    assert refused.status_code == 403
    assert "another person must approve it" in refused.text
    assert pages.agency.draft(draft.id).state is DraftState.REHEARSED


async def test_an_author_approves_nothing(pages: FeePages) -> None:
    path = await pages.rehearsed()
    browser = await pages.at(AUTHOR)
    fields = hidden_of(await browser.get(path), f"{path}/check")
    assert (await browser.send(f"{path}/approval", fields)).status_code == 403
    assert "Rehearsed" in (await browser.get(path)).text


async def test_a_stale_page_says_so_and_does_nothing(pages: FeePages) -> None:
    draft = await pages.written()
    path = path_of(draft)
    browser = await pages.at(AUTHOR)
    old = hidden_of(await browser.get(path), f"{path}/check")
    changed = cheaper()
    changed["label"]["en"] = "Another name of the fee"
    pages.agency.edit(await pages.author(), draft, source_of(changed))

    answer = await browser.send(f"{path}/check", old)
    assert answer.status_code == 412
    assert "The draft has changed since you opened this page" in answer.text
    assert "Another name of the fee" in answer.text
    assert "Being written" in (await browser.get(path)).text
    # With what the page now shows, it goes on.
    assert (await browser.send(f"{path}/check", hidden_of(answer, f"{path}/check"))).status_code == 303


@pytest.mark.parametrize("version", ["", "99999999999999", "٣"])
async def test_a_form_that_names_no_version_does_nothing(pages: FeePages, version: str) -> None:
    path = await pages.draft()
    browser = await pages.at(AUTHOR)
    fields = hidden_of(await browser.get(path), f"{path}/check") | {"version": version}
    assert (await browser.send(f"{path}/check", fields)).status_code == 412


async def test_sent_twice_it_has_one_effect(pages: FeePages) -> None:
    path = await pages.rehearsed()
    browser = await pages.at(APPROVER)
    fields = hidden_of(await browser.get(f"{path}/approval"), f"{path}/approval")
    first, second = [await browser.send(f"{path}/approval", fields) for _ in range(2)]
    assert first.headers["location"] == second.headers["location"] == f"{path}?done=approved"
    # Another key means another request, and there is nothing left to approve.
    again = await browser.send(f"{path}/approval", fields | {"once": "another-key"})
    assert again.status_code in (409, 412)


@pytest.mark.parametrize("step", ["check", "approval", "withdrawal"])
async def test_no_form_of_another_site_is_taken(pages: FeePages, step: str) -> None:
    path = await pages.rehearsed()
    browser = await pages.at(APPROVER)
    fields = {"version": "3", "reason": "x", "form_token": await browser.form_token()}
    assert (await browser.send(f"{path}/{step}", fields, site="cross-site")).status_code == 403
    assert (await browser.send(f"{path}/{step}", fields | {"form_token": "wrong"})).status_code in (403, 409, 422)
    assert "Rehearsed" in words(await browser.get(path))


async def test_a_draft_is_no_matter_of_others(pages: FeePages) -> None:
    path = await pages.rehearsed()
    at_desk = await pages.at(CASEWORKER)
    for page in ("", "/difference", "/approval", "/schedule", "/withdrawal", "/rehearsal", "/document"):
        assert (await at_desk.get(path + page)).status_code == 403, page
    citizen = pages.desk.signing.another()
    assert (await citizen.get(path)).status_code == 303
    await citizen.sign_in()
    assert (await citizen.get(path)).status_code == 403
    at_author = await pages.at(AUTHOR)
    assert (await at_author.get("/fees/drafts/00000000-0000-4000-8000-000000000000")).status_code == 404


async def test_a_draft_ends_with_a_reason(pages: FeePages) -> None:
    path = await pages.rehearsed()
    browser = await pages.at(APPROVER)
    typed = await fill(browser, f"{path}/withdrawal", reason="x" * 2_001)
    assert typed.status_code == 422
    assert "x" * 2_001 in typed.text
    ended = await fill(browser, f"{path}/withdrawal", reason="<script>alert(1)</script>")
    assert ended.headers["location"] == f"{path}?done=withdrawn"
    shown = await browser.get(path)
    assert "&lt;script&gt;alert(1)" in shown.text
    assert "<script>alert(1)" not in shown.text
    assert (await browser.get(f"{path}/withdrawal")).status_code == 303


async def test_what_the_check_finds_is_told_with_its_place(pages: FeePages) -> None:
    broken = cheaper()
    broken["examples"][0]["expect"]["due_vnd"] = 1
    path = await pages.draft(broken)
    browser = await pages.at(AUTHOR)
    await fill(browser, path, f"{path}/check")
    shown = await browser.get(path)
    assert "1 error" in words(shown)
    assert f'<a href="{path}/edit/examples/0">' in shown.text
    at_approver = await pages.at(APPROVER)
    assert f"{path}/edit" not in (await at_approver.get(path)).text
    assert "They have to be mended" in shown.text
    assert (await browser.get(f"{path}/approval")).status_code == 303


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"kind": "past", "past_first_day": "2024-13-01", "past_last_day": "2024-01-31"}, "Give a day."),
        ({"kind": ""}, "Choose one of the two."),
        ({"kind": "population", "size": "0"}, "Give a whole number from 1 to 1,000,000."),
        ({"kind": "population", "seed": "1e3"}, "Give a whole number."),
        ({"kind": "population", "people": "0"}, "Give a whole number from 1 to 1,000,000."),
        ({"kind": "population", "share-channels-0": "551"}, "must add up to 1,000"),
        ({"kind": "population", "share-ages-1": "-1"}, "Give a whole number from 0 to 1,000."),
        ({"kind": "population", "document_type": "<b>nothing</b>"}, "No rehearsal can be made from this:"),
        ({"kind": "past", "past_first_day": "2024-03-01", "past_last_day": "2024-01-31"}, "lies before first_day"),
    ],
)
async def test_a_plan_that_is_none_is_shown_again(pages: FeePages, fields: dict[str, str], told: str) -> None:
    path = await pages.draft()
    browser = await pages.at(AUTHOR)
    await fill(browser, path, f"{path}/check")
    answer = await fill(browser, f"{path}/rehearsal", **(usual() | {"seed": "4711"} | fields))
    assert answer.status_code == 422
    assert told in words(answer)
    assert "<b>nothing" not in answer.text
    assert fields.get("seed", "4711") in answer.text


async def test_a_rehearsal_of_people_as_the_agency_knows_them(pages: FeePages) -> None:
    path = await pages.draft()
    browser = await pages.at(AUTHOR)
    await fill(browser, path, f"{path}/check")
    own = {"share-channels-0": "1.000", "share-channels-1": "0", "share-channels-2": "", "people": "7"}
    rehearsal = await pages.rehearse(browser, path, **own)
    found = UUID(rehearsal.rsplit("/", 1)[-1])
    plan = pages.house.office.do(lambda r: r.fee_policies.rehearsal(found)).plan
    assert plan["shares"]["channels"] == {"vneid": 1_000}
    assert plan["people"] == 7
    assert "channels" not in plan["invented"]
    assert "ages" in plan["invented"]


async def test_figures_of_a_rehearsal_as_files(pages: FeePages) -> None:
    path = await pages.draft()
    browser = await pages.at(AUTHOR)
    await fill(browser, path, f"{path}/check")
    rehearsal = await pages.rehearse(browser, path)
    page = await browser.get(rehearsal)
    for name in ("payers", "months-before", "months-after", "groups-channel", "groups-categories", "groups-age-years"):
        assert f'href="{rehearsal}/{name}.csv"' in page.text
        answer = await browser.get(f"{rehearsal}/{name}.csv")
        assert answer.headers["content-type"].startswith("text/csv")
        rows = answer.content.decode("utf-8-sig").splitlines()
        assert len(rows) > 1
    assert (await browser.get(f"{rehearsal}/nothing.csv")).status_code == 404
    assert (await (await pages.at(CASEWORKER)).get(f"{rehearsal}/payers.csv")).status_code == 403


async def test_a_rehearsal_under_way_says_so(pages: FeePages) -> None:
    path = await pages.draft()
    browser = await pages.at(AUTHOR)
    await fill(browser, path, f"{path}/check")
    fields: dict[str, Any] = {"kind": "population"}
    asked = await fill(browser, f"{path}/rehearsal", **fields, **usual())
    rehearsal = asked.headers["location"]
    page = await browser.get(rehearsal)
    assert "It waits for its turn." in page.text
    assert "/static/fees/waiting.js" in page.text
    draft = await browser.get(path)
    assert "waits for its turn" in draft.text
    assert draft.text.count(f'href="{rehearsal}"') == 2
    await work_at(pages.house, UUID(rehearsal.rsplit("/", 1)[-1]))
    done = await browser.get(path)
    assert "waits for its turn" not in done.text
    assert f'href="{rehearsal}"' in done.text


async def test_the_history_says_who_did_what_and_when(pages: FeePages) -> None:
    broken = cheaper()
    broken["examples"][0]["expect"]["due_vnd"] = 1
    draft = await pages.written(broken)
    path = path_of(draft)
    at_author, at_approver = await pages.at(AUTHOR), await pages.at(APPROVER)
    await fill(at_approver, path, f"{path}/check")
    await fill(at_author, path, f"{path}/check")
    form = await at_author.get(f"{path}/edit/examples/0")
    for name in ("Một bản", "Một bản tại quầy"):
        typed = {"name": name, "due": "150000", "gross": "150000"}
        saved = await press(at_author, form, f"{path}/edit/examples/0", **typed)
        assert saved.status_code == 303, words(saved)
        form = await at_author.get(f"{path}/edit/examples/0")
    await fill(at_approver, f"{path}/withdrawal", reason="Chưa <i>cần</i>.")
    shown = await at_author.get(path)
    history = words(shown).partition("Who did what")[2]
    told = ["Begun", "Edited Đào Thị Hương", "(2 saves, of which", "Checked Đào Thị Hương", "Withdrawn Trịnh Văn Sơn"]
    places = [history.index(one) for one in told]
    assert places == sorted(places)
    assert "Checked Trịnh Văn Sơn" not in history
    assert "0 errors" in history
    assert "Chưa &lt;i&gt;cần" in shown.text


def usual() -> dict[str, str]:
    return {
        "size": "40",
        "seed": "1",
        "document_type": "criminal_record_form_1",
        "population_first_day": "2024-07-01",
        "population_last_day": "2024-12-31",
    }
