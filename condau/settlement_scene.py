"""Scenes of an agency's working day: papers asked for, a question, powers lent, a promise missed, a week in figures."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from condau.clock import now
from condau.story import COLLEAGUE, HEAD, LATE_APPLICANT, Story, StoryFailed
from issuance.fees.facts import vietnam_day
from simulators.people import load_people

_DESK = "/v1/desk/applications"


def a_working_day(story: Story, applicant: str, code: str) -> dict[str, Path]:
    """Play the scenes about an application that was paid for; returns the files they left. Raises StoryFailed.

    applicant: the citizen's token.
    """
    caseworker, head = owner_of(story, code), story.token(HEAD, "desk")
    _papers_are_asked_for(story, applicant, code, caseworker)
    _powers_are_lent(story, code, head)
    letter = _a_promise_was_missed(story, head)
    _figures(story, head)
    return {"apology": letter}


def owner_of(story: Story, code: str) -> str:
    """A token of the official whose turn the case is. Raises StoryFailed where nobody is named."""
    case = story.call("GET", f"{_DESK}/{code}", story.token(HEAD, "desk"), expect=200).json()
    owner = case["turn"]["owner"]
    for one in load_people().officials:
        if owner is not None and owner["account"].endswith(f"|{one.subject}"):
            return story.token(one.username, "desk")
    raise StoryFailed(f"{code} is nobody's")


def propose(story: Story, code: str) -> dict[str, Any]:
    """The caseworker's part: wait until the register has answered, then lay the case before the head."""
    path, desk = f"{_DESK}/{code}", owner_of(story, code)
    case: dict[str, Any] = story.wait_for(path, desk, lambda answer: bool(answer.json().get("register_answer"))).json()
    story.call("POST", f"{path}/outcomes", desk, expect=200, json={"outcome": "propose"})
    return case


def _papers_are_asked_for(story: Story, applicant: str, code: str, caseworker: str) -> None:
    with story.step("The caseworker needs one more paper: the clock stands still until it is there") as say:
        asked = {
            "text": "Đề nghị bổ sung bản chụp giấy xác nhận thông tin cư trú.",
            "until": (vietnam_day(now()) + timedelta(days=14)).isoformat(),
        }
        story.call("POST", f"{_DESK}/{code}/papers-request", caseworker, expect=200, json=asked)
        own = f"/v1/applications/{code}"
        waiting = story.call("GET", own, applicant, expect=200).json()
        say(f"he reads: {waiting['state_name']}: {waiting['asked']['text']}")
        question = {"text": "Tôi nộp bản chụp bằng điện thoại có được không?"}
        answer = story.call("POST", f"{own}/questions", applicant, expect=201, json=question).json()
        asked_about = answer["questions"][-1]
        say(f"he asks a question; an answer is owed by {asked_about['answer_due_at']}")
        path = f"{_DESK}/{code}/questions/{asked_about['id']}/answer"
        story.call("POST", path, caseworker, expect=200, json={"text": "Được, miễn là đọc được rõ."})
        say("the caseworker answers")
        back = story.call("POST", f"{own}/papers-given", applicant, expect=200, json={}).json()
        say(f"he says that it is there: {back['state_name']}, promised for {back['promised_on']}")


def _powers_are_lent(story: Story, code: str, head: str) -> None:
    with story.step("The head lends his powers for a week, with the act cited; the decision shows both names") as say:
        lent = {
            "to": _account(story, COLLEAGUE),
            "role": "head",
            "valid_from": now().isoformat(),
            "valid_until": (now() + timedelta(days=7)).isoformat(),
            "act": "Quyết định số 12/QĐ-CATP (số liệu giả định)",
        }
        granted = story.call("POST", "/v1/desk/delegations", head, expect=201, json=lent).json()
        say(f"{granted['delegator']} lends to {granted['delegate']} until {granted['valid_until']}")
        propose(story, code)
        decided = story.call(
            "POST", f"{_DESK}/{code}/approval", story.token(COLLEAGUE, "desk"), expect=200, json={}
        ).json()
        decision = decided["application"]["decision"]
        if not decision["acting_for"]:
            raise StoryFailed("the decision does not say in whose place it was taken")
        say(f"decided by {decision['by']}, acting for {decision['acting_for']}")


def _a_promise_was_missed(story: Story, head: str) -> Path:
    with story.step("An application is overdue: its owner is told, and the head signs off an apology") as say:
        path = "/v1/desk/apologies"
        story.wait_for(path, head, lambda answer: bool(answer.json().get("items")))
        drafted = story.call("GET", path, head, expect=200).json()["items"][0]
        told = story.call("GET", "/v1/desk/follow-ups", head, expect=200).json()["items"]
        say(f"{drafted['code']} was promised for {drafted['missed_at'][:10]}; {len(told)} follow-ups wait in the unit")
        said = {"reason": "Phải xác minh thêm nơi cư trú trước đây.", "new_date": drafted["proposed_date"]}
        story.call("POST", f"{_DESK}/{drafted['code']}/apology", head, expect=200, json=said)
        applicant = story.token(LATE_APPLICANT, "vneid-app")
        letter = story.wait_for(
            f"/v1/applications/{drafted['code']}/apology", applicant, lambda answer: answer.status_code == 200
        )
        file = story.folder / "apology.pdf"
        file.write_bytes(letter.content)
        say(f"{file}: a sealed letter with the new date, {drafted['proposed_date']}")
    return file


def _figures(story: Story, head: str) -> None:
    with story.step("The head reads the month in figures") as say:
        today = vietnam_day(now())
        period = {"from": (today - timedelta(days=31)).isoformat(), "until": today.isoformat()}
        total = story.call("GET", "/v1/statistics", head, expect=200, params=period).json()["total"]
        say(f"{total['received']} received, {total['settled']} settled, {total['open']} open, {total['late']} late")


def _account(story: Story, username: str) -> str:
    """The account of a demonstration's official, as tokens name it."""
    (subject,) = (one.subject for one in load_people().officials if one.username == username)
    return f"{story.outside_url}/officials|{subject}"
