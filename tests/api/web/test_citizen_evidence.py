"""Papers that a citizen uploads on a page; what is no paper is refused in words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path

import httpx
import pytest

from issuance.application import Application
from issuance.bring_evidence import MAX_PAPERS
from issuance.settlement.ask_papers import ask_papers
from tests.api.house import GENEROUS
from tests.api.papers import a_pdf, a_picture
from tests.api.slowly import slowly, with_file
from tests.api.web.following import Following, open_following
from tests.identity.simulated import BINH

FILED = {"category": "student", "kind": "student_card"}


@pytest.fixture
async def citizen(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Following]:
    async with open_following(sqlite_url, tmp_path) as opened:
        yield opened


async def upload(
    citizen: Following,
    application: Application,
    data: bytes = a_picture(),
    name: str = "card.png",
    site: str = "same-origin",
    **fields: str,
) -> httpx.Response:
    token = {"form_token": await citizen.browser.form_token()} if await citizen.browser.is_signed_in() else {}
    return await citizen.browser.http.post(
        f"/applications/{application.code}/evidence",
        data=token | FILED | fields,
        files={"file": (name, data, "image/png")},
        headers={"Sec-Fetch-Site": site},
    )


def papers(citizen: Following, application: Application) -> list[str]:
    return [one.kind for one in citizen.office.do(lambda r: r.evidence.of_application(application.id))]


async def test_a_paper_is_uploaded_once_and_shown_with_what_became_of_it(citizen: Following) -> None:
    application = citizen.applied("desk")
    path = f"/applications/{application.code}/evidence"
    assert "Pupil or student" in await citizen.page(path)
    for _ in range(2):
        answer = await upload(citizen, application, name='"><script>alert(1)</script>.png', once="k")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?done=evidence")
    page = await citizen.page(f"{path}?done=evidence")
    assert papers(citizen, application) == ["student_card"]
    assert "The paper has been uploaded." in page
    assert "Pupil's or student's card" in page
    assert "Waits for an official" in page
    assert "script>alert" not in page


async def test_the_page_says_what_is_to_be_paid_and_when_all_is_there(citizen: Following) -> None:
    due, free = citizen.applied("desk"), citizen.applied()
    page = await citizen.page(f"/applications/{due.code}/evidence")
    assert "205,000 VND are to be paid, until " in page
    assert f'href="/applications/{due.code}/payment"' in page
    path = f"/applications/{free.code}/evidence"
    assert "to be paid" not in await citizen.page(path)

    official = await citizen.office.official()
    words, until = "Bản chụp giấy xác nhận", date(2024, 6, 20)
    rules, at = citizen.office.rules, citizen.office.at
    citizen.office.do(lambda r: ask_papers(r, rules, free.code, official, words, until, at))
    given = f'action="/applications/{free.code}/papers-given"'
    assert given not in await citizen.page(path)
    assert (await upload(citizen, free, category="application", kind="asked_paper")).status_code == 303
    assert given in await citizen.page(path)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Choose a file."),
        (b"MZ" + bytes(100), "The file is no PDF, PNG or JPEG"),
        (a_picture()[:40], "The file cannot be opened"),
        (a_pdf(21), "The file has more pages than allowed."),
        (b"<html><script>alert(1)</script></html>", "The file is no PDF, PNG or JPEG"),
    ],
    ids=["none", "program", "cut", "long", "page"],
)
async def test_what_is_no_paper_is_said_at_the_field(citizen: Following, data: bytes, words: str) -> None:
    application = citizen.applied("desk")
    answer = await upload(citizen, application, data)
    page = unescape(answer.text)
    assert answer.status_code == 422
    assert f'<a href="#file">{words}' in page
    assert 'value="student_card" selected' in page  # the rest is still chosen
    assert papers(citizen, application) == []


async def test_a_file_that_is_too_large_is_refused_in_words(citizen: Following) -> None:
    application = citizen.applied("desk")
    answer = await upload(citizen, application, bytes(5_200_000))
    assert answer.status_code == 413
    assert "too large" in answer.text
    assert papers(citizen, application) == []


async def test_a_slow_line_is_waited_for_and_a_broken_one_told(sqlite_url: str, tmp_path: Path) -> None:
    limits = replace(GENEROUS, body_seconds=0.5)
    async with open_following(sqlite_url, tmp_path, limits=limits) as citizen:
        application = citizen.applied("desk")
        path = f"/applications/{application.code}/evidence"
        token = {"form_token": await citizen.browser.form_token()}
        body, headers = with_file(token | FILED, "card.png", a_picture() + bytes(40_000))
        for language, words in (("vi", "Đường truyền quá chậm"), ("en", "The connection was too slow for this file")):
            broken = slowly(body, 2, 60)
            answer = await citizen.browser.http.post(f"{path}?lang={language}", content=broken, headers=headers)
            assert (answer.status_code, answer.headers["connection"]) == (408, "close")
            assert f'<a href="#file">{words}' in unescape(answer.text)
        assert papers(citizen, application) == []
        answer = await citizen.browser.http.post(path, content=slowly(body, 4, 0.2), headers=headers)
        assert answer.status_code == 303
        assert papers(citizen, application) == ["student_card"]


async def test_nothing_chosen_and_nothing_known(citizen: Following) -> None:
    application = citizen.applied("desk")
    for fields in ({"kind": ""}, {"category": ""}, {"kind": "../../etc"}, {"category": "rich"}):
        answer = await upload(citizen, application, **fields)
        assert (answer.status_code, papers(citizen, application)) == (422, []), fields
    answer = await upload(citizen, application, category="application", kind="end_of_marriage")
    assert answer.status_code == 422
    assert "The application has no use for that kind of paper." in answer.text


async def test_another_s_application_is_as_unknown_as_none(citizen: Following) -> None:
    application = citizen.applied("desk")
    path = f"/applications/{application.code}/evidence"
    other = citizen.signing.another()
    await other.sign_in(BINH)
    token = await other.form_token()
    answers = [
        await other.http.post(
            f"/applications/{code}/evidence",
            data=FILED | {"form_token": token},
            files={"file": ("card.png", a_picture())},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        for code in (application.code, "000.00.15.H26-240603-9999")
    ]
    assert [one.status_code for one in answers] == [404, 404]
    assert (await other.get(path)).status_code == 404
    assert papers(citizen, application) == []


async def test_only_our_own_form_counts(citizen: Following) -> None:
    application = citizen.applied("desk")
    assert (await upload(citizen, application, site="cross-site")).status_code == 403
    assert (await upload(citizen, application, form_token="x")).status_code == 403
    await citizen.browser.sign_out()
    assert (await upload(citizen, application)).status_code == 401
    assert papers(citizen, application) == []


async def test_no_more_than_it_takes_and_none_once_it_has_ended(citizen: Following) -> None:
    application = citizen.applied("desk")
    path = f"/applications/{application.code}/evidence"
    for number in range(MAX_PAPERS):
        assert (await upload(citizen, application, a_picture(number))).status_code == 303
    assert "as many papers as it takes" in await citizen.page(path)
    answer = await upload(citizen, application, a_picture(99))
    assert answer.status_code == 422
    assert "as many papers as it takes" in answer.text

    assert (await citizen.send(f"/applications/{application.code}/withdrawal")).status_code == 303
    assert "takes no papers any more" in await citizen.page(path)
    ended = await upload(citizen, application, a_picture(100))
    assert ended.status_code == 409
    assert len(papers(citizen, application)) == MAX_PAPERS


async def test_where_no_paper_can_change_anything_none_is_asked_for(citizen: Following) -> None:
    application = citizen.applied("vneid", copies=1)
    assert "No papers are needed for this application." in await citizen.page(
        f"/applications/{application.code}/evidence"
    )
