"""The scenes of the demonstration, in the order in which they happen."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any

import httpx

from condau.clock import now
from condau.fee_scene import the_council_changes_a_fee
from condau.offline_scanner import OfflineScanner
from condau.records_scene import copies_by_post, who_looked
from condau.settlement_scene import a_working_day, propose
from condau.story import (
    CASEWORKER,
    CITIZEN,
    HEAD,
    LEVEL_1,
    PATIENCE_SECONDS,
    POLL_SECONDS,
    SELF_DEALER,
    STRANGER,
    Story,
    StoryFailed,
    money,
    read_qr,
)
from issuance.fees.facts import vietnam_day
from verification.formats.sd_jwt import select
from verification.verdict import VerdictState

_CREDENTIALS = "/v1/verifications/credential"
DOCUMENT_TYPE = "criminal_record_form_1"
QUOTE_DAYS = {"2024-05-31": 205_000, "2024-06-03": 0, "2025-06-01": 175_000}
REQUEST: dict[str, Any] = {
    "type": DOCUMENT_TYPE,
    "input": {
        "copies": 3,
        "sex": "female",
        "birth_place": "Phường Ngọc Hà, thành phố Hà Nội",
        "nationality": "Việt Nam",
        "permanent_residence": "Số 12, ngõ 34 phố Đội Cấn, phường Ngọc Hà, thành phố Hà Nội",
        "business_management_ban_requested": True,
    },
}


def play(story: Story) -> dict[str, Path]:
    """Play every scene; returns the files it left. Raises StoryFailed at the first thing that goes otherwise."""
    citizen = _citizen_signs_in(story)
    code = _she_applies(story, citizen)
    _the_timeline(story, citizen)
    payer, paid_for = _money_due(story)
    _refusals(story, code)
    desk = _official_settles(story, code)
    files = _she_downloads(story, citizen, code)
    files["labels"] = copies_by_post(story, citizen, code)
    link, scanner = _anyone_checks(story, files)
    _official_revokes(story, desk, code, link, files, scanner)
    who_looked(story, citizen)
    the_council_changes_a_fee(story)
    return files | a_working_day(story, payer, paid_for)


def _citizen_signs_in(story: Story) -> str:
    with story.step("Nguyễn Thị Minh Anh signs in with her electronic identity, in VNeID's app") as say:
        token = story.token(CITIZEN, "vneid-app")
        say("authorization code flow with PKCE; the access token is bound to this service and signed by the provider")
    return token


def _she_applies(story: Story, token: str) -> str:
    with story.step("She asks for a criminal record extract, form 1, with 3 paper copies") as say:
        answer = story.call("POST", "/v1/applications", token, expect=201, json=REQUEST).json()
        fee = answer["fee"]
        say(f"application {answer['code']}, promised for {answer['promised_on']}")
        for line in fee["lines"]:
            gross, waived, due = (money(line[f"{part}_vnd"]) for part in ("gross", "waived", "due"))
            say(f"{line['label']}: {gross}, {waived} waived, {due} due")
        for sentence in fee["explanation"]:
            say(sentence)
        if fee["totals"]["due_vnd"] != 0:
            raise StoryFailed("nothing should be due")
        say("nothing is due: no payment page, a signed receipt of zero is on its way")
    code: str = answer["code"]
    return code


def _the_timeline(story: Story, token: str) -> None:
    with story.step("The same request on other days: the law as data, every amount with its act") as say:
        for day, expected in QUOTE_DAYS.items():
            query = {"type": DOCUMENT_TYPE, "copies": 3, "on": day}
            fee = story.call("GET", "/v1/fees/quote", token, expect=200, params=query).json()
            if fee["totals"]["due_vnd"] != expected:
                raise StoryFailed(f"{day}: expected {expected} VND, got {fee['totals']['due_vnd']}")
            say(f"{day}: {money(fee['totals']['gross_vnd'])} gross, {money(fee['totals']['due_vnd'])} due")


def _money_due(story: Story) -> tuple[str, str]:
    with story.step("Lê Hoàng Dũng asks at the one-stop desk, where no support applies and money is due") as say:
        token = story.token(STRANGER, "one-stop-kiosk")
        request = {**REQUEST, "input": {**REQUEST["input"], "copies": 1, "sex": "male"}}
        answer = story.call("POST", "/v1/applications", token, expect=201, json=request).json()
        if answer["state"] != "payment_asked":
            raise StoryFailed(f"expected to wait for payment, is {answer['state']}")
        payment = answer["payment"]
        say(f"{money(payment['amount_vnd'])} due; application {answer['code']} waits. {payment['instructions']}")
        order = {"memo": payment["memo"], "amount": payment["amount_vnd"]}
        httpx.post(f"{story.outside_url}/gateway/payments", json=order, trust_env=False).raise_for_status()
        paid = story.call("POST", payment["confirm"], token, expect=200, json={}).json()
        say(f"he pays at the simulated provider, which confirms it: {paid['state_name']}")
    return token, answer["code"]


def _refusals(story: Story, code: str) -> None:
    with story.step("A level-1 citizen is refused, and a stranger learns nothing") as say:
        problem = story.call(
            "POST", "/v1/applications", story.token(LEVEL_1, "vneid-app"), expect=401, json=REQUEST
        ).json()
        say(f"level 1: {problem['title']}. {problem['detail']}")
        stranger = story.token(STRANGER, "vneid-app")
        problem = story.call("GET", f"/v1/applications/{code}", stranger, expect=404).json()
        say(f"stranger: 404, {problem['title']}")


def _official_settles(story: Story, code: str) -> str:
    with story.step("The case has an owner, who reads the register's answer and proposes; the head approves") as say:
        desk = story.token(CASEWORKER, "desk")
        path = f"/v1/desk/applications/{code}"
        listed = story.call("GET", "/v1/desk/applications", desk, expect=200).json()
        overdue = [item for item in listed["items"] if item["promised_on"] < vietnam_day(now()).isoformat()]
        say(f"{len(listed['items'])} on the unit's work list, {len(overdue)} overdue, earliest promised date first")
        own = story.token(SELF_DEALER, "desk")
        problem = story.call("POST", f"{path}/refusal", own, expect=403, json={"reason": "Của tôi"}).json()
        say(f"an official in her own case: {problem['title']}")
        case = propose(story, code)
        convictions = case["register_answer"]["convictions"]
        say(f"judicial register {case['register_answer']['reference']}: {len(convictions)} convictions")
        head = story.token(HEAD, "desk")
        approved = story.call("POST", f"{path}/approval", head, expect=200, json={}).json()
        proposed_by, decision = case["application"]["handled_by"]["owner"], approved["application"]["decision"]
        say(f"proposed by {proposed_by}, approved by {decision['by']}")
        say("approved; the document is sealed, timestamped by an outside authority, and issued in the background")
    return head


def _she_downloads(story: Story, token: str, code: str) -> dict[str, Path]:
    with story.step("She downloads the extract, its credential for a wallet, and the receipt") as say:
        files: dict[str, Path] = {}
        for name, resource in (("extract", "document"), ("receipt", "receipt")):
            path = f"/v1/applications/{code}/{resource}"
            response = story.wait_for(path, token, lambda answer: answer.status_code == 200)
            files[name] = story.folder / f"{name}.pdf"
            files[name].write_bytes(response.content)
            digest = hashlib.sha256(response.content).hexdigest()
            say(f"{files[name]}: {len(response.content):,} bytes, SHA-256 {digest[:16]}…")
        credential = story.call("GET", f"/v1/applications/{code}/credential", token, expect=200)
        files["credential"] = story.folder / "extract.sd-jwt"
        files["credential"].write_bytes(credential.content)
        say(f"{files['credential']}: {len(credential.content):,} bytes, an SD-JWT VC of the same facts")
    return files


def _anyone_checks(story: Story, files: dict[str, Path]) -> tuple[str, OfflineScanner]:
    with story.step("An official reads the QR from the rendered page; anyone can check") as say:
        files["page"] = story.folder / "extract.png"
        link = read_qr(files["extract"].read_bytes(), files["page"])
        page = story.call("GET", link.partition("#")[0], expect=200)
        if "text/html" not in page.headers["Content-Type"]:
            raise StoryFailed("the QR's link opens no page")
        say(f"the QR is a link: {link[:48]}… ({len(link)} characters)")
        verdict = _verdict(story, "qr", "/v1/verifications/qr", expect="valid", json={"text": link})
        facts = verdict["facts"]
        say(f"QR: VALID — compare with the identity card: {facts['full_name']}, born {facts['birth_date']}")
        pdf = files["extract"].read_bytes()
        _verdict(story, "pdf", "/v1/verifications/pdf", expect="valid", **_upload(pdf))
        say("PDF: VALID")
        changed = bytearray(pdf)
        changed[len(changed) // 3] ^= 1
        _verdict(
            story, "pdf_one_byte_changed", "/v1/verifications/pdf", expect="not_genuine", **_upload(bytes(changed))
        )
        say("a copy with one byte changed: NOT GENUINE")
        shown = select(files["credential"].read_text("ascii"), ("full_name", "birth_date", "result_line"))
        verdict = _verdict(story, "credential", _CREDENTIALS, expect="valid", json={"credential": shown})
        say(f"credential: VALID — {verdict['facts']['withheld_text']}")
        scanner = OfflineScanner(story)
        _expect(story, "qr_offline", scanner.verdict(link), VerdictState.VALID)
        say("QR without a network, by the signed trust list and status lists downloaded before: VALID")
    return link, scanner


def _official_revokes(
    story: Story, desk: str, code: str, link: str, files: dict[str, Path], scanner: OfflineScanner
) -> None:
    with story.step("The official revokes the extract; every copy of it learns so") as say:
        path = f"/v1/desk/applications/{code}/revocation"
        story.call("POST", path, desk, expect=200, json={"reason": "issued_in_error"})
        _verdict(story, "qr_revoked", "/v1/verifications/qr", expect="revoked", json={"text": link})
        _verdict(
            story, "pdf_revoked", "/v1/verifications/pdf", expect="revoked", **_upload(files["extract"].read_bytes())
        )
        credential = {"credential": files["credential"].read_text("ascii")}
        _verdict(story, "credential_revoked", _CREDENTIALS, expect="revoked", json=credential)
        say("QR, PDF and credential: REVOKED, at once where there is a network")
        started = time.perf_counter()
        while scanner.verdict(link) is not VerdictState.REVOKED:
            if time.perf_counter() - started > PATIENCE_SECONDS:
                raise StoryFailed("the signed status list never said that the document is revoked")
            time.sleep(POLL_SECONDS)
            scanner.update()
        _expect(story, "qr_revoked_offline", scanner.verdict(link), VerdictState.REVOKED)
        waited = time.perf_counter() - started
        say(f"QR without a network: REVOKED as soon as a new status list was signed, {waited:.1f} s later")


def _expect(story: Story, name: str, state: VerdictState, expected: VerdictState) -> None:
    story.verdicts[name] = state.value
    if state is not expected:
        raise StoryFailed(f"{name}: expected {expected}, got {state}")


def _verdict(story: Story, name: str, path: str, *, expect: str, **request: Any) -> dict[str, Any]:
    verdict: dict[str, Any] = story.call("POST", path, expect=200, **request).json()
    story.verdicts[name] = verdict["state"]
    if verdict["state"] != expect:
        raise StoryFailed(f"{name}: expected {expect}, got {verdict['state']} ({verdict['reason']})")
    return verdict


def _upload(pdf: bytes) -> dict[str, Any]:
    return {"content": pdf, "headers": {"Content-Type": "application/pdf"}}
