"""The page of one case, and what officials do from it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from api.reasons import read_reasons
from issuance.application import Application, ApplicationState
from issuance.bring_evidence import bring
from issuance.certificate import CertificateKind
from issuance.deadlines.find import find_all
from issuance.deadlines.rules import DeadlineRules
from issuance.decide_evidence import open_evidence
from issuance.evidence import EvidenceState, PaperFile
from issuance.feedback.questions import ask
from issuance.settlement.stop import stop
from storage.runner import Database
from tests.api.web.desk_office import ALSO_CITIZEN, DUC, HA, HEAD, Desk, account_of, desk_on, fill, hidden_of, open_desk

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


@pytest.fixture
async def desk(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_on(sqlite_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def desk_on_both(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(database, tmp_path) as opened:
        yield opened


def page_of(case: Application) -> str:
    return f"/desk/cases/{case.code}"


async def with_paper(desk: Desk, case: Application) -> str:
    """A paper that the citizen has brought; its id."""
    data = b"%PDF-1.7 a paper"
    digest = hashlib.sha256(data).digest()
    desk.office.papers.store(data, digest)
    file = PaperFile(sha256=digest, media_type="application/pdf", size_bytes=len(data), pages=1)
    citizen = await desk.office.citizen()
    brought = desk.office.do(
        lambda r: bring(
            r, desk.office.catalogue, citizen, case.code, category="disabled", kind="disability_certificate",
            file=file, at=desk.office.at,
        )
    )  # fmt: skip
    return str(brought.id)


async def test_a_case_is_taken_and_approved(desk_on_both: Desk) -> None:
    desk = desk_on_both
    desk.register(HA, DUC, HEAD)
    case = await desk.case()
    owner = case.owner
    assert owner is not None
    head = await desk.at(HEAD)
    done = await fill(head, page_of(case), f"{page_of(case)}/take")
    assert (done.status_code, done.headers["location"]) == (303, f"{page_of(case)}?done=take")
    assert desk.stored(case.code).owner != owner
    shown = await head.get(done.headers["location"])
    assert '<p class="notice" role="status">The case is yours now.</p>' in shown.text
    done = await fill(head, f"{page_of(case)}/outcomes/approve")
    assert (done.status_code, done.headers["location"]) == (303, f"{page_of(case)}?done=step")
    approved = desk.stored(case.code)
    assert approved.decision is not None
    assert approved.decision.by.full_name == "Ngô Quốc Tuấn"
    desk.office.issue(case.id, CertificateKind.RECEIPT)
    certificate = desk.office.issue(case.id)
    text = (await head.get(page_of(case))).text
    assert certificate.number in text
    assert "approved the application" in text
    assert f"{page_of(case)}/revoke" in text
    assert "/outcomes/" not in text


async def test_after_a_deed_the_next_case_of_ones_own_is_a_link_that_shows_nobody(desk: Desk) -> None:
    desk.register(HA, DUC, HEAD)
    first, second, others = [await desk.case() for _ in range(3)]
    head = await desk.at(HEAD)

    async def shown_after(case: Application) -> str:
        done = await fill(head, page_of(case), f"{page_of(case)}/take")
        return (await head.get(done.headers["location"])).text

    assert "Next case" not in await shown_after(first)
    before = desk.office.do(lambda r: r.accesses.of_application(first.id))
    text = await shown_after(second)
    assert f'href="{page_of(first)}">Next case' in text
    assert page_of(others) not in text
    assert desk.office.do(lambda r: r.accesses.of_application(first.id)) == before
    assert "Next case" not in (await head.get(page_of(second))).text


async def test_the_page_tells_all_and_is_noted(desk: Desk) -> None:
    desk.register(HA, DUC, HEAD)
    case = await desk.case(purpose="<b>Xin việc</b>", other_names="<script>x</script>")
    text = (await (await desk.at(HA)).get(page_of(case))).text
    for said in (
        case.applicant.full_name,
        case.applicant.personal_id,
        "Nothing found",
        "submitted the application",
        "10 working days left",
        "Permanent residence",
    ):
        assert said in text, said
    assert "<script>x" not in text
    assert "<b>Xin" not in text
    assert "&lt;b&gt;Xin" in text
    noted = desk.office.do(lambda r: r.accesses.of_application(case.id))
    assert [(one.purpose.value, one.shown, one.reader) for one in noted] == [("settle_case", "case", account_of(HA))]


async def test_a_case_says_first_what_is_left_to_weigh_and_which_times_have_passed(desk: Desk) -> None:
    silent, clean = await desk.case(answered=False), await desk.case()
    head = await desk.at(HEAD)
    assert "A register has still to answer." in (await head.get(page_of(silent))).text
    assert 'class="why"' not in (await head.get(page_of(clean))).text
    desk.office.at = clean.promised_at + timedelta(minutes=30)
    late = (await (await desk.at(HEAD)).get(page_of(clean))).text
    assert "was promised for" in late
    assert "this step should have ended by" in late
    assert " promised for" not in late.replace("was promised for", "")


async def test_a_refusal_has_a_reason_from_the_list_and_own_words(desk: Desk) -> None:
    case = await desk.case()
    browser, address = await desk.at(HA), f"{page_of(case)}/outcomes/refuse"
    nothing = await fill(browser, address, own_words=" \r\n ")
    assert (nothing.status_code, nothing.text.count('href="#reason"')) == (422, 1)
    assert 'aria-invalid="true"' in nothing.text
    for field in ("reason", "own_words"):
        assert f'id="{field}"' in nothing.text
    long = await fill(browser, address, reason="facts_differ", own_words="x" * 1_000)
    assert (long.status_code, 'value="facts_differ" selected' in long.text) == (422, True)
    assert desk.stored(case.code).decision is None
    done = await fill(browser, address, reason="facts_differ", own_words=f"Xem mục 2. {HOSTILE}\u202e")
    assert done.status_code == 303
    decision = desk.stored(case.code).decision
    assert decision is not None
    assert decision.reason == f"Thông tin đã khai không khớp với dữ liệu của cơ quan nhà nước. Xem mục 2. {HOSTILE}"
    shown = (await browser.get(page_of(case))).text
    assert "Xem mục 2." in shown
    assert "<script>alert" not in shown


async def test_an_agencys_own_lists_stand_in_the_forms(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "reasons.toml"
    own = f"[stop]\nmoved.vi = 'Đã chuyển đi. {HOSTILE}'\nmoved.en = 'Has moved.'\n[refuse]\n"
    file.write_text(own, encoding="utf-8")
    state = desk.signing.house.app.state
    state.shared = replace(state.shared, services=replace(state.shared.services, reasons=read_reasons(file)))
    case = await desk.case()
    browser, address = await desk.at(HA), f"{page_of(case)}/outcomes/refuse"
    shown = await browser.get(address)
    assert ('id="reason"' in shown.text, 'id="own_words"' in shown.text) == (False, True)
    nothing = await fill(browser, address, reason="facts_differ")
    assert (nothing.status_code, nothing.text.count('href="#own_words"')) == (422, 1)
    stopped = await fill(browser, f"{page_of(case)}/stop", reason="moved")
    assert stopped.status_code == 303
    decision = desk.stored(case.code).decision
    assert decision is not None
    assert decision.reason == f"Đã chuyển đi. {HOSTILE}"
    assert "<script>alert" not in (await browser.get(page_of(case))).text


async def test_papers_are_asked_for_and_the_clock_stands_still(desk: Desk) -> None:
    case = await desk.case()
    browser, address = await desk.at(HA), f"{page_of(case)}/papers"
    for until in ("", "31/02/2024", "2024-02-30", "0024-06-10", "9999-12-31", "2024-W25-1", "soon"):
        again = await fill(browser, address, reason="residence", until=until)
        assert again.status_code == 422, until
        assert 'value="residence" selected' in again.text
    past = await fill(browser, address, reason="residence", until="01/06/2024")
    assert (past.status_code, "at most 90 days ahead" in past.text) == (422, True)
    assert 'value="01/06/2024"' in past.text
    done = await fill(browser, address, reason="residence", until="20/06/2024", own_words="Bản sao.")
    assert done.headers["location"] == f"{page_of(case)}?done=papers"
    asked = desk.stored(case.code).asked
    assert asked is not None
    assert (asked.text, asked.until.isoformat()) == (
        "Giấy tờ chứng minh nơi cư trú hiện nay. Bản sao.",
        "2024-06-20",
    )
    shown = (await browser.get(page_of(case))).text
    assert "The clock stands still" in shown
    done = await fill(browser, page_of(case), f"{page_of(case)}/resume")
    assert done.status_code == 303
    assert desk.stored(case.code).state is ApplicationState.IN_PROGRESS


async def test_what_changed_meanwhile_is_shown_and_nothing_typed_is_lost(desk: Desk) -> None:
    desk.register(HA, HEAD)
    case = await desk.case()
    browser, address = await desk.at(HA), f"{page_of(case)}/outcomes/refuse"
    form = hidden_of(await browser.get(address), address)
    typed = {"reason": "twice", "own_words": "Hồ sơ số 7 đã có."}
    assert (await fill(await desk.at(HEAD), page_of(case), f"{page_of(case)}/take")).status_code == 303
    changed = await browser.send(address, form | typed)
    assert changed.status_code == 412
    assert "Hồ sơ số 7 đã có." in changed.text
    changed = await browser.send(address, hidden_of(changed, address) | typed)
    assert changed.status_code == 409
    assert "Somebody else has this case" in changed.text

    form = hidden_of(await (await desk.at(HEAD)).get(address), address)
    assert (await fill(await desk.at(HEAD), f"{page_of(case)}/give", official=account_of(HA))).status_code == 303
    changed = await (await desk.at(HEAD)).send(address, form | typed)
    assert changed.status_code == 412
    assert "has changed since you read it" in changed.text
    assert "Hồ sơ số 7 đã có." in changed.text
    assert 'value="twice" selected' in changed.text
    assert "gave the case to Phạm Thu Hà" in changed.text
    assert desk.stored(case.code).decision is None
    again = hidden_of(changed, address)
    assert again["version"] != form["version"]
    assert (await (await desk.at(HEAD)).send(address, again | typed)).status_code == 303
    assert desk.stored(case.code).decision is not None


async def test_a_form_sent_twice_has_one_effect(desk: Desk) -> None:
    case = await desk.case()
    browser, address = await desk.at(HA), f"{page_of(case)}/outcomes/approve"
    form = hidden_of(await browser.get(address), address)
    first, second = await browser.send(address, form), await browser.send(address, form)
    assert (first.status_code, second.status_code) == (303, 303)
    assert desk.office.audit(case.id).count("application_approved") == 1


async def test_forms_of_other_sites_and_without_a_token_do_nothing(desk: Desk) -> None:
    case = await desk.case()
    browser = await desk.at(HA)
    forms = {
        name: hidden_of(await browser.get(f"{page_of(case)}/{name}"), f"{page_of(case)}/{name}")
        for name in ("outcomes/approve", "stop", "papers", "registers")
    }
    before = desk.stored(case.code).version
    for name, form in forms.items():
        for fields, site in ((form, "cross-site"), (form | {"form_token": "x"}, "same-origin"), ({}, "same-origin")):
            answer = await browser.send(f"{page_of(case)}/{name}", fields, site)
            assert answer.status_code == 403, name
    assert desk.stored(case.code).version == before


async def test_a_missing_or_wrong_version_fits_no_case(desk: Desk) -> None:
    case = await desk.case()
    browser = await desk.at(HA)
    for version in ("", "0", "-1", "9" * 30, "1'", "\u0661"):
        answer = await fill(browser, f"{page_of(case)}/stop", reason="no_longer_wanted", version=version)
        assert answer.status_code == 412, version
    assert desk.stored(case.code).decision is None


async def test_unknown_cases_and_those_of_others_look_alike(desk: Desk) -> None:
    case = await desk.case()
    elsewhere = desk.office.do(lambda r: r.applications.save(replace(case, unit="000.00.16.H26")))
    browser = await desk.at(HA)
    unknown = f"{case.code[:-4]}9999"
    for tail in ("", "/take", "/stop", "/outcomes/approve", "/give"):
        answers = [await browser.get(f"/desk/cases/{code}{tail}") for code in (elsewhere.code, unknown)]
        assert [one.status_code for one in answers] == [404, 404], tail
        first, second = (one.text.replace(elsewhere.code, "").replace(unknown, "") for one in answers)
        assert first == second
        assert case.applicant.full_name not in first
    form = {"form_token": await browser.form_token(), "version": "1", "reason": "no_longer_wanted"}
    for code in (elsewhere.code, unknown):
        assert (await browser.send(f"/desk/cases/{code}/stop", form)).status_code == 404
    for path in ("/desk/cases/a%00b", "/desk/cases/x/no-such-deed", "/desk/cases/x/papers/1"):
        assert (await browser.get(path)).status_code in (404, 422)


async def test_every_address_of_a_form_can_be_loaded(desk: Desk) -> None:
    """Reloaded, or in the other language; what cannot be done now leads back to the case."""
    desk.register(HA, DUC, HEAD)
    case = await desk.case()
    head = await desk.at(HEAD)
    for name in ("take", "give", "papers", "resume", "registers", "stop", "fee", "apology", "suspend", "reinstate",
                 "revoke", "outcomes/approve", "outcomes/refuse", "outcomes/no_such"):  # fmt: skip
        answer = await head.get(f"{page_of(case)}/{name}")
        assert answer.status_code in (200, 303), name
        if answer.status_code == 303:
            assert answer.headers["location"] == page_of(case)


async def test_a_head_gives_the_case_to_somebody_of_the_unit(desk: Desk) -> None:
    desk.register(HA, DUC, HEAD)
    case = await desk.case()
    head, address = await desk.at(HEAD), f"{page_of(case)}/give"
    owner = "" if case.owner is None else case.owner.subject_key
    other = next(key for key in (account_of(HA), account_of(DUC)) if key != owner)
    shown = (await head.get(address)).text
    assert f'<option value="{other}"' in shown
    assert f'<option value="{owner}"' not in shown
    assert (await fill(head, address, official="")).status_code == 422
    assert (await fill(head, address, official="https://elsewhere.example|x")).status_code == 409
    assert (await fill(head, address, official=other)).status_code == 303
    given = desk.stored(case.code).owner
    assert given is not None
    assert given.subject_key == other
    stranger = await desk.at(HA if other == account_of(DUC) else DUC)
    closed = await stranger.get(page_of(case))
    assert "Somebody else has this case" in closed.text
    assert "/outcomes/" not in closed.text


async def test_a_paper_is_downloaded_and_decided(desk: Desk) -> None:
    case = await desk.case(client="one-stop-kiosk", answered=False)
    paper = await with_paper(desk, case)
    browser, address = await desk.at(HA), f"{page_of(case)}/papers/{paper}"
    file = await browser.get(f"{address}/file")
    assert (file.status_code, file.content) == (200, b"%PDF-1.7 a paper")
    assert file.headers["content-disposition"].startswith("attachment")
    assert "default-src 'none'" in file.headers["content-security-policy"]
    assert (await fill(browser, address)).status_code == 422
    assert (await fill(browser, address, reason="expired")).headers["location"] == f"{page_of(case)}?done=rejected"
    assert (await browser.get(address)).status_code == 303
    assert "Giấy tờ đã hết giá trị sử dụng." in (await browser.get(page_of(case))).text
    official = await desk.office.official()
    rejected = desk.office.do(lambda r: next(one for one in r.evidence.of_application(case.id) if str(one.id) == paper))
    assert rejected.state is EvidenceState.REJECTED
    assert desk.office.do(lambda r: open_evidence(r, official, case.code, rejected.id)) is not None
    assert (await browser.get(f"{page_of(case)}/papers/{case.id}")).status_code == 404
    own = await (await desk.at(ALSO_CITIZEN)).get(f"{address}/file")
    assert own.status_code == 403


async def test_an_accepted_paper_lowers_the_fee(desk: Desk) -> None:
    case = await desk.case(client="one-stop-kiosk", answered=False)
    paper = await with_paper(desk, case)
    browser, address = await desk.at(HA), f"{page_of(case)}/papers/{paper}"
    done = await fill(browser, address, f"{address}/acceptance")
    assert done.headers["location"] == f"{page_of(case)}?done=accepted"
    assert desk.stored(case.code).amount_due == 5_000  # for the third copy
    assert "Earlier decisions about the fee" in (await browser.get(page_of(case))).text


async def test_a_question_is_answered_once(desk: Desk) -> None:
    case = await desk.case()
    citizen = await desk.office.citizen()
    _, question = desk.office.do(
        lambda r: ask(r, desk.office.rules, citizen, case.code, f"Khi nào xong? {HOSTILE}", desk.office.at)
    )
    browser, address = await desk.at(HA), f"{page_of(case)}/questions/{question.id}"
    listed = await browser.get("/desk/waiting")
    assert "Khi nào xong?" in listed.text
    assert "<script>alert" not in listed.text
    assert (await fill(browser, address, answer="")).status_code == 422
    assert (await fill(browser, address, answer="Ngày 17/6.")).headers["location"] == f"{page_of(case)}?done=answered"
    assert (await browser.get(address)).status_code == 303
    assert "Ngày 17/6." in (await browser.get(page_of(case))).text
    assert "Khi nào xong?" not in (await browser.get("/desk/waiting")).text


async def test_a_referred_fee_is_decided_by_hand(desk: Desk) -> None:
    desk.office.at += timedelta(days=700)
    case = await desk.case(answered=False)
    assert case.amount_due is None
    browser, address = await desk.at(HA), f"{page_of(case)}/fee"
    wrong = await fill(browser, address, due="miễn phí", basis="", fee_reason="Vì thế")
    assert (wrong.status_code, wrong.text.count('class="wrong"')) == (422, 2)
    assert 'value="miễn phí"' in wrong.text
    assert (await fill(browser, address, due="-1", basis="x", fee_reason="y")).status_code == 422
    done = await fill(browser, address, due="150.000", basis="Thông tư 16/2025/TT-BTC", fee_reason="Mức thu trực tuyến")
    assert done.status_code == 303
    assert desk.stored(case.code).amount_due == 150_000


async def test_a_document_is_suspended_reinstated_and_revoked(desk: Desk) -> None:
    case = await desk.office.approved()
    desk.office.issue(case.id, CertificateKind.RECEIPT)
    desk.office.issue(case.id)
    browser = await desk.at(HEAD)
    assert (await fill(browser, f"{page_of(case)}/suspend", status_reason="no_such")).status_code == 422
    assert (await fill(browser, f"{page_of(case)}/suspend", status_reason="under_review")).status_code == 303
    assert "Suspended" in (await browser.get(page_of(case))).text
    assert (await fill(browser, page_of(case), f"{page_of(case)}/reinstate")).status_code == 303
    assert (await fill(browser, f"{page_of(case)}/revoke", status_reason="issued_in_error")).status_code == 303
    text = (await browser.get(page_of(case))).text
    assert "Issued in error" in text
    assert f"{page_of(case)}/revoke" not in text


async def test_a_case_that_ended_meanwhile_is_told(desk: Desk) -> None:
    case = await desk.case()
    browser, address = await desk.at(HA), f"{page_of(case)}/papers"
    form = hidden_of(await browser.get(address), address)
    official = await desk.office.official()
    desk.office.do(lambda r: stop(r, desk.office.rules, case.code, official, "Đã dừng.", desk.office.at))
    answer = await browser.send(address, form | {"reason": "residence", "until": "2024-06-20"})
    assert answer.status_code in (409, 412)
    assert "Stopped" in answer.text


async def test_cash_is_taken_to_the_dong(desk: Desk) -> None:
    case = await desk.case(client="one-stop-kiosk", answered=False)
    assert case.amount_due is not None
    browser, address = await desk.at(HA), f"{page_of(case)}/cash"
    assert f"{case.amount_due:,} VND" in (await browser.get(address)).text
    for amount, status in (("", 422), ("1", 409), ("200.000.000.000", 422)):
        answer = await fill(browser, address, cash=amount)
        assert answer.status_code == status, amount
    assert (await fill(browser, address, cash=f"{case.amount_due:,}")).headers["location"].endswith("?done=cash")
    assert desk.stored(case.code).paid
    assert (await browser.get(address)).status_code == 303


async def test_a_head_signs_off_an_apology_and_notices_are_seen(desk: Desk) -> None:
    case = await desk.case()
    desk.office.at = case.promised_at + timedelta(days=1)
    rules = DeadlineRules(calendar=desk.office.rules.calendar)
    find_all(desk.office.database.run_blocking, rules, lambda: desk.office.at)
    told = await (await desk.at(HA)).get("/desk/waiting")
    seen = re.findall(r'action="(/desk/waiting/[^"]+/seen)"', told.text)
    assert seen
    assert (await fill(await desk.at(HA), "/desk/waiting", seen[0])).status_code == 303
    assert seen[0] not in (await (await desk.at(HA)).get("/desk/waiting")).text

    address = f"{page_of(case)}/apology"
    assert (await (await desk.at(HA)).get(address)).status_code == 303  # it is no caseworker's to sign
    form = {"form_token": await (await desk.at(HA)).form_token(), "version": "1", "new_date": "2024-06-25"}
    assert (await (await desk.at(HA)).send(address, form | {"reason": "workload"})).status_code == 403
    head = await desk.at(HEAD)
    assert f'href="{address}"' in (await head.get("/desk/waiting")).text
    assert (await fill(head, address, reason="workload", new_date="2020-01-01")).status_code == 422
    done = await fill(head, address, reason="workload", new_date="2024-06-25")
    assert done.headers["location"] == f"{page_of(case)}?done=apology"
    assert f'href="{address}"' not in (await head.get("/desk/waiting")).text
