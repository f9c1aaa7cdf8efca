"""The life of a policy, from the first draft to the day on which it decides, and every step that is not allowed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from issuance.errors import (
    DraftChanged,
    DraftHasProblems,
    DraftNotFound,
    DraftNotReady,
    FeePolicyNotFound,
    NothingToWithdraw,
    RoleMissing,
    SameAuthor,
    VersionTaken,
)
from issuance.fee_policies.draft import DraftState, PolicyDraft, Standing, standing_of
from issuance.fee_policies.open_draft import list_acts, list_drafts, open_draft
from issuance.fee_policies.withdraw import withdraw_draft, withdraw_version
from issuance.fees.errors import PolicyRefused
from storage import fee_drafts
from tests.issuance.fee_policies.drafts import HANOI, POPULATION, Agency, Person, document
from tests.issuance.office import TYPE

JANUARY = date(2026, 1, 15)
SHIPPED_DAYS = [(1, "2017-01-01", "2025-04-23"), (2, "2025-04-24", "2025-12-31")]


def changed(source: bytes, **changes: Any) -> bytes:
    return json.dumps(json.loads(source) | changes, ensure_ascii=False).encode()


async def test_from_a_draft_to_the_day_on_which_it_decides(agency: Agency, author: Person, approver: Person) -> None:
    installed = agency.audit()
    assert agency.deciding(JANUARY) is None
    draft = agency.write(author, document())
    assert (draft.state, draft.version, draft.policy_id, draft.policy_version) == (DraftState.DRAFT, 0, HANOI, 3)

    checked = agency.check(author, draft)
    assert checked.state is DraftState.CHECKED
    assert checked.checked is not None
    assert (checked.checked["errors"], checked.checked["digest"]) == (0, draft.digest)

    rehearsed = agency.rehearse(author, checked, POPULATION)
    assert rehearsed.state is DraftState.REHEARSED
    rehearsal = agency.office.do(lambda r: r.fee_policies.rehearsal(rehearsed.rehearsal))
    assert (rehearsal.state, rehearsal.done, rehearsal.total) == ("done", 2_500, 2_500)
    assert rehearsal.result is not None
    assert rehearsal.result["no_longer_referred"] == 2_500

    approved = agency.approve(approver, rehearsed)
    assert (approved.approved_by, approved.approved_digest) == (approver.official.subject_key, draft.digest)
    assert agency.deciding(JANUARY) is None

    scheduled = agency.schedule(author, approved)
    assert scheduled.state is DraftState.SCHEDULED
    assert agency.deciding(JANUARY) == 3
    assert agency.days() == [*SHIPPED_DAYS, (3, "2026-01-01", None)]
    (entry,) = [entry for entry in agency.book().entries if entry.policy.version == 3]
    assert standing_of(entry.valid, date(2025, 12, 31)) is Standing.SCHEDULED
    assert standing_of(entry.valid, date(2026, 1, 1)) is Standing.ACTIVE
    who = {"author": author.official.subject_key, "approver": approver.official.subject_key}
    assert agency.audit()[len(installed) :] == [
        (who["author"], "fee_draft_written"),
        (who["author"], "fee_draft_checked"),
        (who["author"], "fee_rehearsal_asked"),
        ("condau", "fee_draft_rehearsed"),
        (who["approver"], "fee_draft_approved"),
        (who["author"], "fee_policy_scheduled"),
    ]


async def test_a_version_ends_the_one_before_it_and_the_past_knows_nothing_of_it(
    agency: Agency, author: Person, approver: Person
) -> None:
    before = agency.office.at
    agency.office.at += timedelta(days=1)
    agency.scheduled(author, approver, document(3, "2025-12-01"))
    assert agency.days() == [SHIPPED_DAYS[0], (2, "2025-04-24", "2025-11-30"), (3, "2025-12-01", None)]
    december = date(2025, 12, 15)
    assert agency.deciding(december) == 3
    assert agency.deciding(december, known_at=before) == 2


async def test_a_corrected_version_replaces_one_from_its_first_day_on(
    agency: Agency, author: Person, approver: Person
) -> None:
    agency.scheduled(author, approver, document(3))
    agency.scheduled(author, approver, document(4, amount=140_000))
    assert agency.days() == [*SHIPPED_DAYS, (4, "2026-01-01", None)]
    closed = [row for row in agency.office.do(lambda r: r.fee_policies.rows()) if row.known_to is not None]
    assert [(row.policy.version, row.closing_reason) for row in closed] == [(3, "superseded by version 4")]


async def test_a_first_day_that_has_passed_is_allowed_and_the_check_warns(
    agency: Agency, author: Person, approver: Person
) -> None:
    agency.office.at -= timedelta(days=10)
    await agency.office.application(client="one-stop-kiosk")
    agency.office.at += timedelta(days=10)
    draft = agency.check(author, agency.write(author, document(3, "2025-10-01")))
    assert draft.checked is not None
    (warning,) = [found for found in draft.checked["findings"] if found["kind"] == "retroactive"]
    assert "which has passed; fees that have been decided on its days: 1." in warning["text"]["en"]
    assert "đã có 1 quyết định" in warning["text"]["vi"]
    rehearsed = agency.rehearse(author, draft)
    rehearsal = agency.office.do(lambda r: r.fee_policies.rehearsal(rehearsed.rehearsal))
    assert rehearsal.result is not None
    assert (rehearsal.result["cases"], rehearsal.result["gains"]["count"]) == (1, 1)
    agency.schedule(approver, agency.approve(approver, rehearsed))
    assert agency.deciding(date(2025, 10, 24)) == 3


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (("2025-11-03", None), "which is today; fees that have been decided on its days: 1."),
        (("2025-11-04", None), None),
        # Only its own days: what was decided after them is another version's.
        (("2025-10-01", "2025-10-31"), "which has passed; fees that have been decided on its days: 0."),
    ],
)
async def test_only_the_days_on_which_it_decides_are_told(
    agency: Agency, author: Person, days: tuple[str, str | None], said: str | None
) -> None:
    await agency.office.application(client="one-stop-kiosk")
    draft = agency.check(author, agency.write(author, document(3, *days)))
    assert draft.checked is not None
    warnings = [found["text"]["en"] for found in draft.checked["findings"] if found["kind"] == "retroactive"]
    assert len(warnings) == (said is not None)
    assert said is None or said in warnings[0]


async def test_an_edit_leads_back_to_the_beginning_and_takes_the_approval_away(
    agency: Agency, author: Person, approver: Person
) -> None:
    approved = agency.approve(approver, agency.rehearsed(author, document()))
    assert agency.edit(author, approved, approved.source) == approved  # nothing is edited
    edited = agency.edit(author, approved, document(amount=1_000))
    assert edited.state is DraftState.DRAFT
    assert (edited.checked, edited.rehearsal, edited.approved_by, edited.approved_digest) == (None,) * 4
    assert agency.audit()[-1] == (author.official.subject_key, "fee_draft_edited")
    with pytest.raises(DraftNotReady):
        agency.schedule(approver, edited)


async def test_nobody_approves_what_he_has_written(agency: Agency) -> None:
    both = await agency.person("both", "fee_author", "fee_approver")
    other = await agency.author("other")
    same_person = await agency.person("second-account", "fee_approver", number=both.official.personal_id.digits)
    draft = agency.rehearsed(both, document())
    for one in (both, same_person):
        with pytest.raises(SameAuthor):
            agency.approve(one, draft)
    # Somebody else goes on writing: who has written before stays one who wrote.
    edited = agency.edit(other, draft, document(amount=1_000))
    again = agency.rehearse(other, agency.check(other, edited))
    for one in (both, same_person):
        with pytest.raises(SameAuthor):
            agency.approve(one, again)
    assert agency.approve(await agency.approver(), again).approved_by is not None


async def test_who_has_approved_and_then_writes_may_not_approve_again(agency: Agency, author: Person) -> None:
    both = await agency.person("both", "fee_author", "fee_approver")
    approved = agency.approve(both, agency.rehearsed(author, document()))
    edited = agency.edit(both, approved, document(amount=1_000))
    again = agency.rehearse(author, agency.check(author, edited))
    with pytest.raises(SameAuthor):
        agency.approve(both, again)


Step = Callable[[Agency, Person, Person, PolicyDraft], PolicyDraft]
STEPS: dict[str, Step] = {
    "check": lambda agency, author, _, draft: agency.check(author, draft),
    "rehearse": lambda agency, author, _, draft: agency.rehearse(author, draft),
    "approve": lambda agency, _, approver, draft: agency.approve(approver, draft),
    "schedule": lambda agency, _, approver, draft: agency.schedule(approver, draft),
    "edit": lambda agency, author, _, draft: agency.edit(author, draft, changed(draft.source, territory="vn-other")),
    "withdraw": lambda agency, author, _, draft: agency.office.do(
        lambda r: withdraw_draft(r, author.official, draft.id, draft.version, "a mistake", agency.office.at)
    ),
}
WAY = ("check", "rehearse", "approve", "schedule")
ALLOWED = {
    "draft": {"check", "edit", "withdraw"},
    "checked": {"check", "rehearse", "edit", "withdraw"},
    "rehearsed": {"check", "rehearse", "approve", "edit", "withdraw"},
    "approved": {"schedule", "edit", "withdraw"},
    "scheduled": set(),
    "withdrawn": set(),
}


@pytest.mark.parametrize("state", ALLOWED)
async def test_only_the_steps_that_a_state_allows(agency: Agency, author: Person, approver: Person, state: str) -> None:
    for name in STEPS.keys() - ALLOWED[state]:
        if (state, name) == ("scheduled", "withdraw"):
            continue  # an approver's matter, below
        draft = agency.write(author, document(policy_id=f"policy-{name}", document_type=f"type-{name}"))
        for step in WAY[: list(ALLOWED).index(state)] if state != "withdrawn" else ("withdraw",):
            draft = STEPS[step](agency, author, approver, draft)
        assert draft.state == state
        refused = (DraftNotReady, VersionTaken) if (state, name) == ("scheduled", "check") else DraftNotReady
        with pytest.raises(refused):
            STEPS[name](agency, author, approver, draft)
        assert agency.draft(draft.id) == draft


async def test_only_what_was_seen_is_changed(agency: Agency, author: Person, approver: Person) -> None:
    draft = agency.write(author, document())
    agency.check(author, draft)
    for step in STEPS.values():
        with pytest.raises(DraftChanged):
            step(agency, author, approver, draft)


async def test_every_step_needs_its_role(agency: Agency, author: Person, approver: Person) -> None:
    nobody = await agency.person("nobody", "head", "caseworker", "operator")
    draft = agency.rehearsed(author, document())
    approved = agency.approve(approver, agency.rehearsed(author, document(policy_id="other", document_type="other")))
    at = agency.office.at
    for steps in (
        lambda: agency.write(nobody, document()),
        lambda: agency.write(approver, document()),
        lambda: agency.edit(approver, draft, document(amount=1)),
        lambda: agency.check(nobody, draft),
        lambda: agency.ask(nobody, draft),
        lambda: agency.approve(author, draft),
        lambda: agency.schedule(nobody, approved),
        lambda: agency.office.do(lambda r: withdraw_draft(r, nobody.official, draft.id, draft.version, "x", at)),
        lambda: agency.office.do(lambda r: withdraw_version(r, author.official, HANOI, 2, "x", at)),
        lambda: agency.office.do(lambda r: open_draft(r, nobody.official, draft.id)),
        lambda: agency.office.do(lambda r: list_drafts(r, nobody.official, 20)),
        lambda: agency.office.do(lambda r: list_acts(r, nobody.official)),
    ):
        with pytest.raises(RoleMissing):
            steps()
    listed = agency.office.do(lambda r: list_drafts(r, approver.official, 20))
    assert {one.id for one in listed} == {draft.id, approved.id}
    with pytest.raises(DraftNotFound):
        agency.office.do(lambda r: open_draft(r, author.official, uuid4()))


async def test_what_cannot_be_read_is_not_kept(agency: Agency, author: Person) -> None:
    with pytest.raises(PolicyRefused) as refused:
        agency.write(author, changed(document(), charges=[]))
    assert [problem.place for problem in refused.value.problems] == ["charges"]
    with pytest.raises(PolicyRefused):
        agency.write(author, b"{")
    draft = agency.write(author, document())
    with pytest.raises(PolicyRefused):
        agency.edit(author, draft, b"{")
    assert agency.draft(draft.id) == draft


async def test_a_version_is_never_written_anew(agency: Agency, author: Person, approver: Person) -> None:
    with pytest.raises(VersionTaken):
        agency.write(author, document(2))
    first, second = (agency.rehearsed(author, document(amount=amount)) for amount in (1_000, 2_000))
    agency.schedule(approver, agency.approve(approver, first))
    with pytest.raises(VersionTaken):
        agency.approve(approver, second)
    with pytest.raises(VersionTaken):
        agency.edit(author, second, document(2))


async def test_errors_keep_a_draft_a_draft_and_say_where(agency: Agency, author: Person) -> None:
    wrong = json.loads(document())
    wrong["examples"][0]["expect"] = {"gross_vnd": 1, "waived_vnd": 0, "due_vnd": 1}
    wrong["basis"][0] = wrong["basis"][0] | {"source": {"file": "none.pdf", "sha256": "0" * 64}}
    draft = agency.check(author, agency.write(author, json.dumps(wrong).encode()))
    assert draft.state is DraftState.DRAFT
    assert draft.checked is not None
    errors = [found for found in draft.checked["findings"] if found["severity"] == "error"]
    assert draft.checked["errors"] == len(errors) == 2
    assert [found["place"].partition("]")[0] for found in errors] == ["examples[0", "basis[circular-16-2025"]
    assert all(found["text"]["vi"] and found["text"]["en"] for found in errors)
    with pytest.raises(DraftNotReady):
        agency.ask(author, draft)


async def test_another_policy_and_a_later_version_are_not_pushed_aside(
    agency: Agency, author: Person, approver: Person
) -> None:
    agency.scheduled(author, approver, document(3))
    for source, said in (
        (document(1, policy_id="another"), "another"),
        (document(4, "2025-12-01"), "version 3 begins on 2026-01-01"),
    ):
        draft = agency.check(author, agency.write(author, source))
        assert draft.state is DraftState.DRAFT
        assert draft.checked is not None
        errors = [found["text"]["en"] for found in draft.checked["findings"] if found["severity"] == "error"]
        assert len(errors) == 1
        assert said in errors[0] or "criminal_record_form_1.hanoi" in errors[0]
    # Until the later one begins there is room.
    assert agency.scheduled(author, approver, document(5, "2025-12-01", "2025-12-31")).state is DraftState.SCHEDULED


async def test_what_was_checked_may_be_stale_when_it_is_scheduled(
    agency: Agency, author: Person, approver: Person
) -> None:
    ready = agency.approve(approver, agency.rehearsed(author, document(1, policy_id="another")))
    agency.scheduled(author, approver, document(3))
    with pytest.raises(DraftHasProblems) as refused:
        agency.schedule(approver, ready)
    assert "already" in refused.value.report["findings"][0]["text"]["en"]
    assert agency.draft(ready.id) == ready


def withdrawn(agency: Agency, approver: Person, version: int, reason: str = "the council repealed it") -> None:
    agency.office.do(lambda r: withdraw_version(r, approver.official, HANOI, version, reason, agency.office.at))


async def test_a_version_withdrawn_before_its_day_gives_the_days_back(
    agency: Agency, author: Person, approver: Person
) -> None:
    draft = agency.scheduled(author, approver, document(3, "2025-12-01"))
    agency.office.at += timedelta(days=1)
    withdrawn(agency, approver, 3)
    assert agency.days() == SHIPPED_DAYS
    ended = agency.draft(draft.id)
    assert (ended.state, ended.withdrawal_reason) == (DraftState.WITHDRAWN, "the council repealed it")
    assert agency.deciding(date(2025, 12, 15), known_at=agency.office.at - timedelta(days=1)) == 3
    with pytest.raises(NothingToWithdraw):
        withdrawn(agency, approver, 3)
    # Its number is taken for good, its days are free.
    with pytest.raises(VersionTaken):
        agency.write(author, document(3))
    agency.scheduled(author, approver, document(4, "2025-12-01"))


async def test_a_correction_withdrawn_before_its_day_brings_the_corrected_version_back(
    agency: Agency, author: Person, approver: Person
) -> None:
    agency.scheduled(author, approver, document(3))
    agency.scheduled(author, approver, document(4))
    withdrawn(agency, approver, 4)
    assert agency.days() == [*SHIPPED_DAYS, (3, "2026-01-01", None)]


async def test_days_that_something_else_took_since_are_not_given_back(
    agency: Agency, author: Person, approver: Person
) -> None:
    agency.scheduled(author, approver, document(3, "2025-12-01"))
    agency.scheduled(author, approver, document(4, "2026-02-01"))
    withdrawn(agency, approver, 2)  # in force: it ends today
    withdrawn(agency, approver, 3)
    assert agency.days() == [SHIPPED_DAYS[0], (2, "2025-04-24", "2025-11-03"), (4, "2026-02-01", None)]


async def test_days_go_back_only_up_to_the_next_version(agency: Agency, author: Person, approver: Person) -> None:
    agency.scheduled(author, approver, document(3))
    agency.scheduled(author, approver, document(4, "2026-02-01"))
    agency.scheduled(author, approver, document(5, "2026-03-01"))
    withdrawn(agency, approver, 4)
    assert agency.days()[2:] == [(3, "2026-01-01", "2026-02-28"), (5, "2026-03-01", None)]


async def test_the_order_in_which_versions_are_taken_back_does_not_matter(
    agency: Agency, author: Person, approver: Person
) -> None:
    agency.scheduled(author, approver, document(3))
    agency.scheduled(author, approver, document(4, "2026-02-01"))
    agency.scheduled(author, approver, document(5, "2026-03-01"))
    agency.scheduled(author, approver, document(6, "2026-04-01"))
    for version in (4, 5, 6):
        withdrawn(agency, approver, version)
    assert agency.days()[2:] == [(3, "2026-01-01", None)]


async def test_a_temporary_version_that_never_began_leaves_no_gap(
    agency: Agency, author: Person, approver: Person
) -> None:
    agency.scheduled(author, approver, document(3))
    agency.scheduled(author, approver, document(4, "2026-02-01", "2026-06-30"))
    withdrawn(agency, approver, 4)
    assert agency.days()[2:] == [(3, "2026-01-01", None)]


async def test_days_that_another_policy_has_taken_are_not_given_back(
    agency: Agency, author: Person, approver: Person
) -> None:
    agency.scheduled(author, approver, document(3))
    agency.scheduled(author, approver, document(4, "2026-02-01", "2026-06-30"))
    agency.scheduled(author, approver, document(1, "2026-08-01", policy_id="other"))
    withdrawn(agency, approver, 4)
    assert agency.days()[2:] == [(3, "2026-01-01", "2026-07-31"), (1, "2026-08-01", None)]


async def test_a_version_withdrawn_while_in_force_ends_today(agency: Agency, author: Person, approver: Person) -> None:
    draft = agency.scheduled(author, approver, document(3))
    agency.office.at += timedelta(days=90)
    approver = await agency.approver()
    withdrawn(agency, approver, 3)
    assert agency.days() == [*SHIPPED_DAYS, (3, "2026-01-01", "2026-02-01")]
    assert agency.draft(draft.id).state is DraftState.WITHDRAWN
    for version in (3, 2):
        with pytest.raises(NothingToWithdraw):
            withdrawn(agency, approver, version)
    with pytest.raises(FeePolicyNotFound):
        withdrawn(agency, approver, 9)
    with pytest.raises(ValueError, match="reason"):
        withdrawn(agency, approver, 2, reason=" ")


async def test_a_withdrawal_reads_no_draft_but_its_own(
    agency: Agency, author: Person, approver: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = agency.scheduled(author, approver, document(3))
    for version in (4, 5):
        agency.write(author, document(version))
    read: list[UUID] = []
    whole = fee_drafts._draft_from_row

    def note(row: sa.RowMapping) -> PolicyDraft:
        read.append(row["id"])
        return whole(row)

    monkeypatch.setattr(fee_drafts, "_draft_from_row", note)
    withdrawn(agency, approver, 3)
    assert read == [mine.id]
    agency.office.do(lambda r: list_drafts(r, approver.official, 20))
    assert read == [mine.id]


async def test_a_scheduled_draft_is_withdrawn_by_an_approver_alone(
    agency: Agency, author: Person, approver: Person
) -> None:
    draft = agency.scheduled(author, approver, document(3))
    at = agency.office.at

    def withdraw(by: Person) -> PolicyDraft:
        return agency.office.do(lambda r: withdraw_draft(r, by.official, draft.id, draft.version, "wrong", at))

    with pytest.raises(RoleMissing):
        withdraw(author)
    assert withdraw(approver).state is DraftState.WITHDRAWN
    assert agency.days() == SHIPPED_DAYS


async def test_a_request_costs_what_the_new_version_says_from_its_day_on(
    agency: Agency, author: Person, approver: Person
) -> None:
    agency.scheduled(author, approver, document(3))
    agency.office.at += timedelta(days=57)
    last_of_year = await agency.office.application(client="one-stop-kiosk", copies=1)
    agency.office.at += timedelta(days=2)
    new_year = await agency.office.application(client="one-stop-kiosk", copies=1)
    assert (last_of_year.amount_due, new_year.amount_due) == (200_000, 150_000)
    assert new_year.type_id == TYPE
