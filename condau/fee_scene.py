"""A scene of its own: the council changes a fee, and two officials bring the change into force without a programmer."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from condau.story import FEE_APPROVER, FEE_AUTHOR, Story, StoryFailed, money

POLICY = "criminal_record_form_1.hanoi"
FIRST_DAY = "2027-01-01"
SUPPORT_FOR_COPIES = 30_000
REHEARSED = 5_000
ACT_ID = "resolution-of-the-story"
ACT = (
    "# Nghị quyết của câu chuyện trình diễn\n\n"
    "Văn bản này do phần trình diễn đặt ra; không cơ quan nào ban hành.\n\n"
    "Từ ngày 01/01/2027, hỗ trợ bản giấy tối đa 30.000 đồng một hồ sơ.\n"
)
_DRAFTS = "/v1/fee-policies/drafts"


def the_council_changes_a_fee(story: Story) -> None:
    """Written, checked, rehearsed, approved by another, scheduled. Raises StoryFailed."""
    author, approver = story.token(FEE_AUTHOR, "desk"), story.token(FEE_APPROVER, "desk")
    with story.step("The council lowers the support for copies; Đào Thị Hương writes that down as data") as say:
        newest = _newest_version(story, author)
        document = _changed(newest)
        act = story.call(
            "POST", "/v1/fee-policies/acts", author, expect=201, files={"file": ("resolution.md", ACT.encode())}
        ).json()
        say(f"the act's file is kept under its SHA-256, {act['sha256'][:16]}…")
        broken = json.loads(json.dumps(document).replace('"fact": "channel"', '"fact": "chanel"', 1))
        problem = story.call("POST", _DRAFTS, author, expect=422, json=broken).json()
        say(
            "a slip of the pen is told at its place: "
            + "; ".join(f"{p['place']}: {p['text']}" for p in problem["problems"])
        )
        draft = story.call("POST", _DRAFTS, author, expect=201, json=document)
        path = f"{_DRAFTS}/{draft.json()['id']}"
        compared = {"before": newest["digest"], "after": draft.json()["id"]}
        changes = story.call("GET", "/v1/fee-policies/compare", author, expect=200, params=compared).json()["changes"]
        for change in changes:
            if not change["place"].startswith("examples"):
                say(f"changed: {change['text']}")
    with story.step("The draft is checked over every case, and rehearsed on invented requests of a month") as say:
        checked = _step(story, author, path, "check", draft.headers["ETag"])
        report = checked.json()["check"]
        say(f"{report['cases']:,} distinguishable cases: {report['errors']} errors, {report['warnings']} warnings")
        plan = {
            "size": REHEARSED,
            "seed": 1,
            "document_type": "criminal_record_form_1",
            "first_day": FIRST_DAY,
            "last_day": "2027-01-31",
        }
        asked = story.call(
            "POST",
            f"{path}/rehearsal",
            author,
            expect=202,
            json={"population": plan},
            headers={"If-Match": checked.headers["ETag"]},
        )
        answer = story.wait_for(
            asked.headers["Location"], author, lambda one: one.json()["state"] in ("done", "failed")
        )
        if answer.json()["state"] != "done":
            raise StoryFailed(f"the rehearsal has failed: {answer.json()['error']}")
        for sentence in answer.json()["summary"]:
            say(sentence)
    with story.step("She may not approve it herself; Trịnh Văn Sơn does, and it enters the book") as say:
        tag = story.call("GET", path, author, expect=200).headers["ETag"]
        problem = story.call("POST", f"{path}/approval", author, expect=403, json={}, headers={"If-Match": tag}).json()
        say(f"the author: {problem['title']}")
        approved = _step(story, approver, path, "approval", tag)
        scheduled = _step(story, approver, path, "schedule", approved.headers["ETag"]).json()
        say(
            f"version {scheduled['version']}: {scheduled['state_name']}, binding the digest {scheduled['digest'][:16]}…"
        )
        for day, support in (("2026-12-31", 50_000), (FIRST_DAY, SUPPORT_FOR_COPIES)):
            query = {"type": "criminal_record_form_1", "copies": 14, "channel": "vneid", "age": 30, "on": day}
            fee = story.call("GET", "/v1/fees/quote", expect=200, params=query).json()
            due = fee["totals"]["due_vnd"]
            if due != 12 * 5_000 - support:
                raise StoryFailed(f"{day}: expected {12 * 5_000 - support} VND, got {due}")
            say(f"14 copies asked for on {day}: {money(due)} due")


def _newest_version(story: Story, token: str) -> dict[str, Any]:
    history = story.call("GET", f"/v1/fee-policies/{POLICY}", token, expect=200).json()
    number = max(entry["version"] for entry in history["entries"])
    version: dict[str, Any] = story.call(
        "GET", f"/v1/fee-policies/{POLICY}/versions/{number}", token, expect=200
    ).json()
    return version


def _changed(newest: dict[str, Any]) -> dict[str, Any]:
    """The newest version with the smaller support from the first day of the story's resolution on."""
    document: dict[str, Any] = json.loads(json.dumps(newest["document"]))
    document["version"] += 1
    document["effective"] = {"first_day": FIRST_DAY, "last_day": None}
    document["label"] = {
        "vi": "TRÌNH DIỄN: phí lý lịch tư pháp số 1 tại Hà Nội từ 01/01/2027",
        "en": "DEMONSTRATION: fee for the criminal record extract form 1 in Hanoi from 1 January 2027",
    }
    act = {
        "id": ACT_ID,
        "kind": {"vi": "Nghị quyết", "en": "Resolution"},
        "number": "00/2026/NQ-HĐND",
        "title": {"vi": "Nghị quyết của câu chuyện trình diễn", "en": "The resolution of the demonstration's story"},
        "article": None,
        "issued_by": {"vi": "không cơ quan nào (trình diễn)", "en": "nobody (a demonstration)"},
        "issued_on": None,
        "source": {"file": "resolution.md", "sha256": hashlib.sha256(ACT.encode()).hexdigest()},
    }
    document["basis"] = [entry for entry in document["basis"] if entry["id"] != ACT_ID] + [act]
    for rule in (rule for stage in document["stages"] for rule in stage["rules"] if rule["id"] == "support_copies"):
        rule["label"] = {
            "vi": "Hỗ trợ bản giấy, tối đa 30.000 đồng một hồ sơ",
            "en": "Support for paper copies, at most 30,000 VND per request",
        }
        rule["quota"]["max"] = SUPPORT_FOR_COPIES
        rule["basis"] = [ACT_ID]
    for example in document["examples"]:
        example["given"]["submitted_on"] = FIRST_DAY
    return document


def _step(story: Story, token: str, path: str, step: str, tag: str) -> Any:
    return story.call("POST", f"{path}/{step}", token, expect=200, json={}, headers={"If-Match": tag})
