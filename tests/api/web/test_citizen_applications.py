"""The pages on which a citizen follows her applications: what they say, whose they are, what they do once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from api.document_code import code_of_own
from issuance.application import ApplicationState
from issuance.certificate import RevocationReason, SuspensionReason
from issuance.deadlines.find import find_all
from issuance.deadlines.rules import DeadlineRules
from issuance.deadlines.sign_off import sign_off
from issuance.revoke import revoke
from issuance.settlement.act import refuse
from issuance.settlement.ask_papers import ask_papers
from issuance.suspend import reinstate, suspend
from tests.api.web.following import Following, open_following
from tests.identity.simulated import HA, MINH_ANH
from tests.issuance.office import TYPE
from verification.verdict import VerdictState
from verification.verify_qr import verify_qr

PAGES = ("", "/payment", "/withdrawal", "/questions", "/result", "/post", "/qr")
FILES = ("/document", "/credential", "/receipt", "/receipt.xml", "/apology", "/payment.svg", "/payment.png", "/qr.svg")
FORMS = ("/payment", "/papers-given", "/withdrawal", "/questions", "/post", "/post/cancellation")
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
ADDRESS = {
    "recipient": "Nguyễn Thị Minh Anh",
    "phone": "0912345678",
    "street": "Số 12 phố Thợ Nhuộm",
    "commune": "Phường Cửa Nam",
    "province": "Thành phố Hà Nội",
}


@pytest.fixture
async def following(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Following]:
    async with open_following(sqlite_url, tmp_path) as found:
        yield found


async def test_they_are_their_owner_s_alone(following: Following) -> None:
    application = await following.issued()
    code = application.code
    stranger, nobody = following.signing.another(), following.signing.another()
    await stranger.sign_in("le-hoang-dung")
    official = following.signing.another()
    unknown = {
        path: (await stranger.get(f"/applications/000.00.15.H26-240603-9999{path}")).text for path in PAGES + FILES
    }
    for path in PAGES + FILES:
        seen = await stranger.get(f"/applications/{code}{path}")
        assert seen.status_code == 404, path
        assert seen.text == unknown[path].replace("240603-9999", code[-11:]), path
        away = await nobody.get(f"/applications/{code}{path}")
        assert away.status_code == 303
        assert away.headers["location"].startswith("/sign-in?")
    token = {"form_token": await stranger.form_token(), "text": "?", **ADDRESS}
    for path in FORMS:
        assert (await stranger.send(f"/applications/{code}{path}", token)).status_code == 404, path
    assert code not in (await stranger.get("/applications")).text
    assert following.office.do(lambda r: r.questions.of_application(application.id)) == []
    await official.sign_in(HA, "officials")
    assert (await official.get(f"/applications/{code}")).status_code in (403, 404, 303)


async def test_a_form_counts_from_our_pages_alone_and_its_address_can_be_loaded(following: Following) -> None:
    application, browser = following.applied("desk"), following.browser
    code = application.code
    for path in (f"/applications/{code}{form}" for form in FORMS):
        assert (await browser.send(path, {"text": "?"})).status_code == 403, path
        token = {"form_token": await browser.form_token(), "text": "?"}
        assert (await browser.send(path, token, site="cross-site")).status_code == 403, path
        assert (await browser.get(path)).status_code in (200, 303), path
    stored = following.office.do(lambda r: r.applications.by_id(application.id))
    assert stored.state is ApplicationState.PAYMENT_ASKED
    assert (await browser.send("/my-data", {"sure": "1"})).status_code == 403


async def test_level_1_sees_the_list_and_is_led_to_level_2(following: Following) -> None:
    code = following.applied().code
    low = following.signing.another()
    await low.come_back(
        await following.signing.provider.authorize(await low.begin(), MINH_ANH, simulated_acr="level-1")
    )
    assert f"/applications/{code}" in (await low.get("/applications")).text
    for path in (f"/applications/{code}", f"/applications/{code}/qr.svg", "/my-data/export"):
        refused = await low.get(path)
        assert refused.status_code == 401, path
        assert "level=2" in refused.text


async def test_paying(following: Following) -> None:
    application = following.applied("desk")
    money, path = following.signing.house.money, f"/applications/{application.code}"
    assert "Your turn: pay 205,000 VND" in await following.page(path)
    shown = await following.page(f"{path}/payment")
    order = following.office.do(lambda r: r.payments.of_application(application.id))
    assert order is not None
    assert order.memo in shown
    assert (await following.browser.get(f"{path}/payment.svg")).headers["content-type"] == "image/svg+xml"
    kept = await following.browser.get(f"{path}/payment.png")
    assert kept.content.startswith(b"\x89PNG")
    assert kept.headers["content-disposition"].startswith("attachment")

    early = await following.send(f"{path}/payment", once="early")
    assert early.status_code == 409
    assert "The payment has not arrived" in early.text
    assert 'data-etag=""' in early.text, "a page that shows a refusal must not be replaced"
    money.received[order.memo] = 5
    wrong = await following.send(f"{path}/payment", once="wrong")
    assert wrong.status_code == 409
    for part in (wrong.text, await following.page(f"{path}/payment")):
        assert "Pay 204,995 VND" in part
        assert "5 VND of 205,000 VND came so far." in part
    assert "Your turn: pay 204,995 VND" in await following.page(path)
    money.received[order.memo] = int(order.amount)
    paid = await following.send(f"{path}/payment", once="paid")
    assert (paid.status_code, paid.headers["location"]) == (303, f"{path}?done=paid")
    assert "The payment has arrived" in await following.page(f"{path}?done=paid")
    assert "Nothing is to be paid now" in await following.page(f"{path}/payment")
    assert (await following.browser.get(f"{path}/payment.svg")).status_code == 404


async def test_nothing_due_is_never_a_bill(following: Following) -> None:
    path = f"/applications/{following.applied().code}"
    shown = await following.page(path)
    assert "You have nothing to pay." in shown
    assert "06/2024/NQ-HĐND" in shown
    assert f"{path}/payment" not in shown
    assert "Nothing is to be paid now" in await following.page(f"{path}/payment")


async def test_papers_asked_for_and_given(following: Following) -> None:
    application, office = following.applied(), following.office
    path = f"/applications/{application.code}"
    official = await office.official()
    office.do(lambda r: ask_papers(r, office.rules, application.code, official, HOSTILE, date(2024, 6, 20), office.at))
    raw = (await following.browser.get(path)).text
    assert "<script>alert" not in raw
    assert "<img src=x" not in raw
    shown = await following.page(path)
    assert HOSTILE in shown
    assert "Until 20/06/2024" in shown
    assert "Bring the papers asked for" in await following.page("/applications")
    given = await following.send(f"{path}/papers-given")
    assert given.headers["location"] == f"{path}?done=papers"
    again = await following.send(f"{path}/papers-given", once="again")
    assert again.status_code == 409
    assert 'role="alert"' in again.text


async def test_a_question_is_sent_once_and_shown_as_text(following: Following) -> None:
    application = following.applied()
    path = f"/applications/{application.code}/questions"
    empty = await following.send(path, text=" \n ")
    assert empty.status_code == 422
    assert 'href="#text"' in empty.text
    long = await following.send(path, text="x" * 2_001)
    assert long.status_code == 422
    assert "x" * 2_001 in long.text
    for _ in range(2):
        assert (await following.send(path, text=HOSTILE, once="same")).status_code == 303
    asked = following.office.do(lambda r: r.questions.of_application(application.id))
    assert [one.text for one in asked] == [HOSTILE]
    raw = (await following.browser.get(path)).text
    assert "<script>alert" not in raw
    for _ in range(2):
        await following.send(path, text="và nữa", once=f"more-{_}")
    too_many = await following.send(path, text="kept", once="too-many")
    assert too_many.status_code == 409
    assert ">kept</textarea>" in too_many.text


async def test_withdrawing_says_what_follows_and_ends_it(following: Following) -> None:
    path = f"/applications/{following.applied('desk').code}"
    asked = await following.page(f"{path}/withdrawal")
    assert "You need not pay the 205,000 VND any more" in asked
    done = await following.send(f"{path}/withdrawal")
    assert done.headers["location"] == f"{path}?done=withdrawn"
    shown = await following.page(f"{path}?done=withdrawn")
    assert "Your application is withdrawn." in shown
    assert "You withdrew the application" in shown
    assert f"{path}/withdrawal" not in shown
    assert "can no longer be withdrawn" in await following.page(f"{path}/withdrawal")
    twice = await following.send(f"{path}/withdrawal", once="again")
    assert twice.status_code == 409


async def test_what_the_form_said_is_shown_to_its_owner_as_text(following: Following) -> None:
    markup = "a <b>&amp; 'x'"
    path = f"/applications/{following.applied(purpose=markup, business_management_ban_requested=True).code}"
    raw = (await following.browser.get(path)).text
    assert "<b>" not in raw
    shown = " ".join((await following.page(path)).split())
    assert markup in shown
    assert "<dt>Sex</dt><dd>Female</dd>" in shown
    assert re.search(r"<dt>State bans on [^<]*</dt><dd>Yes</dd>", shown)
    assert '<dt>Other names</dt><dd><span class="hint">left empty</span></dd>' in shown


async def test_what_has_ended_leads_to_a_new_one(following: Following) -> None:
    path = f"/applications/{following.applied().code}"
    anew = f'href="/services/{TYPE}"'
    assert anew not in await following.page(path)
    await following.send(f"{path}/withdrawal")
    assert anew in await following.page(path)
    unknown = await following.browser.get("/applications/000.00.15.H26-240603-9999")
    assert '<a class="button" href="/applications">' in unknown.text


async def test_a_refusal_gives_its_reason(following: Following) -> None:
    application, office = following.applied(), following.office
    official = await office.official(roles=["caseworker", "head"])
    office.do(lambda r: refuse(r, office.rules, application.code, official, HOSTILE, office.at))
    raw = (await following.browser.get(f"/applications/{application.code}")).text
    assert "<script>alert" not in raw
    assert '<h2 id="turn">Refused</h2>' in raw
    assert 'data-standing="done" data-tone="bad"' in raw
    assert HOSTILE in await following.page(f"/applications/{application.code}")


async def test_only_a_download_that_the_person_asked_for_returns_the_result(following: Following) -> None:
    application = await following.issued()
    path = f"/applications/{application.code}"

    def state() -> ApplicationState:
        return following.office.do(lambda r: r.applications.by_id(application.id)).state

    assert "Your document is ready" in await following.page(path)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}):
        for file in ("/document", "/credential"):
            away = await following.browser.get(path + file, headers=headers)
            assert (away.status_code, away.headers["location"]) == (303, f"{path}/result")
    head = await following.browser.http.head(f"{path}/document")
    assert (head.status_code, head.content) == (200, b"")
    for file in ("/receipt", "/receipt.xml", "/qr.svg"):
        assert (await following.browser.get(path + file)).status_code == 200
    await following.page(f"{path}/result")
    assert state() is ApplicationState.SETTLED
    taken = await following.browser.get(f"{path}/document", headers={"Sec-Fetch-Site": "same-origin"})
    assert taken.content.startswith(b"%PDF-")
    assert taken.headers["content-disposition"].startswith("attachment")
    assert "no-store" in taken.headers["cache-control"]
    assert state() is ApplicationState.RESULT_RETURNED
    shown = await following.page(path)
    assert "You received the result" in shown
    assert 'href="/s/' in shown


async def test_the_code_on_the_screen_is_the_paper_s_and_goes_with_its_force(following: Following) -> None:
    application, office = await following.issued(), following.office
    path, services = f"/applications/{application.code}", following.signing.house.services
    link = await code_of_own(services, following.citizen, application.code)
    verdict = verify_qr(link, office.keys.trust_list(office.at), None, office.at)
    assert verdict.state is VerdictState.STATUS_UNKNOWN
    assert verdict.facts is not None
    assert verdict.facts.full_name == "Nguyễn Thị Minh Anh"
    official = await office.official(roles=["caseworker", "head"])

    async def shows(code: bool) -> str:
        assert (await following.browser.get(f"{path}/qr.svg")).status_code == (200 if code else 409)
        page = await following.page(f"{path}/qr")
        assert ("Scan me" in page) is code
        assert (f'href="{path}/qr"' in await following.page(f"{path}/result")) is code
        return page

    await shows(code=True)
    office.do(lambda r: suspend(r, application.code, official, SuspensionReason.UNDER_REVIEW, office.at))
    assert "For now nobody should accept it." in await shows(code=False)
    assert f'href="/services/{TYPE}"' not in await following.page(path)
    office.do(lambda r: reinstate(r, application.code, official, office.at))
    await shows(code=True)
    office.do(lambda r: revoke(r, application.code, official, RevocationReason.FACTS_CHANGED, office.at))
    assert "The facts have changed" in await shows(code=False)
    assert "Revoked" in await following.page(path)
    for page in (path, f"{path}/result"):
        shown = await following.page(page)
        assert f'href="/services/{TYPE}"' in shown
        assert f"{path}/post" not in shown
    assert "no copies of it are sent" in await following.page(f"{path}/post")
    assert (await following.send(f"{path}/post", **ADDRESS)).status_code == 409
    assert following.office.do(lambda r: r.parcels.of_application(application.id)) == []


async def test_nothing_is_shown_of_a_document_that_is_not_issued(following: Following) -> None:
    path = f"/applications/{following.applied().code}"
    assert "There is no document yet." in await following.page(f"{path}/result")
    assert "The document is not issued yet." in await following.page(f"{path}/qr")
    for file in ("/document", "/credential", "/receipt", "/receipt.xml", "/apology", "/qr.svg"):
        assert (await following.browser.get(path + file)).status_code == 409, file


async def test_a_page_that_waits_is_told_of_changes_alone(following: Following) -> None:
    application, office = following.applied("desk"), following.office
    path = f"/applications/{application.code}"
    for page in (path, f"{path}/payment", f"{path}/result"):
        first = await following.browser.get(page)
        etag = first.headers["etag"]
        assert f"data-etag='{etag}'" in first.text or etag.strip('"') in first.text
        same = await following.browser.get(page, headers={"If-None-Match": etag})
        assert (same.status_code, same.content) == (304, b"")
        other = await following.browser.get(page, headers={"If-None-Match": etag, "Accept-Language": "vi"})
        assert other.status_code == 200
    etag = (await following.browser.get(path)).headers["etag"]
    await following.send(f"{path}/questions", text="Khi nào?")
    changed = await following.browser.get(path, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    office.at += timedelta(minutes=1)
    still = await following.browser.get(path, headers={"If-None-Match": changed.headers["etag"]})
    assert still.status_code == 304


async def test_the_copies_go_where_she_says(following: Following) -> None:
    path = f"/applications/{(await following.issued()).code}/post"
    wrong = await following.send(path, **ADDRESS | {"phone": "12", "street": f"{HOSTILE}" * 9})
    assert wrong.status_code == 422
    assert 'href="#phone"' in wrong.text
    assert 'href="#street"' in wrong.text
    assert "<script>alert" not in wrong.text
    assert 'value="Phường Cửa Nam"' in wrong.text
    for _ in range(2):
        sent = await following.send(path, **ADDRESS, once="same")
        assert sent.headers["location"] == f"{path}?done=post"
    assert (await following.page(path)).count("Waiting for the copies to be printed") == 1
    again = await following.send(path, **ADDRESS, once="again")
    assert again.status_code == 409
    moved = await following.send(path, **ADDRESS | {"street": "Số 5 ngõ 40"}, change="1", once="moved")
    assert moved.headers["location"] == f"{path}?done=address"
    assert "Số 5 ngõ 40" in await following.page(path)
    assert (await following.send(f"{path}/cancellation", once="no")).headers["location"] == f"{path}?done=cancelled"
    shown = await following.page(path)
    assert "Cancelled" in shown
    assert "Send it once more" in shown
    late = await following.send(f"{path}/cancellation", once="late")
    assert late.status_code == 404
    assert 'value="Số 5 ngõ 40"' in late.text


async def test_an_apology_is_shown_with_what_the_agency_says(following: Following) -> None:
    application, office = following.applied(), following.office
    path = f"/applications/{application.code}"
    office.at += timedelta(days=15)
    await following.browser.sign_in()
    assert "1 day late" in await following.page(path)
    find_all(office.database.run_blocking, DeadlineRules(calendar=office.rules.calendar), lambda: office.at)
    drafted = await following.page(path)
    assert "We apologise" in drafted
    assert "The new date is" not in drafted
    assert "which is past" in drafted
    head = await office.official(sub="head", roles=["head"], personal_id="001180000055")
    reason, new_date = "Phải xác minh nơi cư trú trước đây.", date(2024, 6, 25)
    office.do(lambda r: sign_off(r, office.rules, application.code, head, reason, new_date, office.at))
    signed = await following.page(path)
    assert reason in signed
    assert "The new date is 25/06/2024." in signed
    assert "which is past" not in signed
    assert "The promised time has passed" in signed
    assert "and late" in await following.page("/applications")


async def test_the_list_goes_on_page_by_page(following: Following) -> None:
    assert "You have not asked for any document here yet." in await following.page("/applications")
    codes = []
    for _ in range(22):
        following.office.at += timedelta(seconds=1)
        codes.append(following.applied().code)
    first = await following.page("/applications")
    assert first.index(codes[-1]) < first.index(codes[-2])
    assert codes[0] not in first
    link = first.split('rel="next" href="')[1].split('"')[0]
    second = await following.page(link)
    assert codes[0] in second
    assert codes[-1] not in second
    assert (await following.browser.get("/applications?cursor=<script>")).status_code == 422


async def test_a_notice_is_one_of_ours(following: Following) -> None:
    path = f"/applications/{following.applied().code}"
    assert 'role="status">' not in (await following.page(f"{path}?done=<b>pwned</b>")).replace(
        'id="changed" class="visually-hidden" role="status">', ""
    )
