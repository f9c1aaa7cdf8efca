"""Rehearsals as background work: asked for, done, begun anew after a crash, overtaken by an edit."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import pytest

from issuance.errors import ConcurrentChange, DraftNotReady
from issuance.evidence import Evidence, EvidenceState
from issuance.fee_policies.draft import DraftState, PolicyDraft, RehearsalState, StoredRehearsal
from issuance.fee_policies.past import PAGE, past_cases
from issuance.fee_policies.rehearse import ask_rehearsal, rehearse_draft
from issuance.fees.rehearsal.population import PopulationRefused
from issuance.jobs import JobKind
from issuance.records import Records
from storage.worker import Worker
from tests.issuance.fee_policies.drafts import AUTUMN, PAST, POPULATION, Agency, Person, document
from tests.issuance.fee_policies.killed_rehearsal import rehearse_and_die
from tests.issuance.office import TYPE
from tests.processes import Forked
from tests.storage.people import OFFICIAL
from tests.storage.workers import QUICK, wait_until

T = TypeVar("T")


@pytest.fixture
def checked(agency: Agency, author: Person) -> PolicyDraft:
    return agency.check(author, agency.write(author, document()))


def run(agency: Agency, rehearsal_id: UUID, transact: Any = None) -> StoredRehearsal:
    rehearse_draft(
        transact or agency.database.run_blocking, agency.office.rules, rehearsal_id, lambda: agency.office.at
    )
    return stored(agency, rehearsal_id)


def stored(agency: Agency, rehearsal_id: UUID) -> StoredRehearsal:
    return agency.office.do(lambda r: r.fee_policies.rehearsal(rehearsal_id))


def overdue(agency: Agency) -> list[UUID]:
    later = agency.database.clock() + timedelta(hours=1)
    jobs = agency.database.run_blocking(lambda r: r.overdue_jobs(changed_before=later))
    return [job for kind, job in jobs if kind is JobKind.REHEARSE_POLICY]


@pytest.mark.parametrize("after", [1, 2, 3, 4])
def test_a_rehearsal_that_was_killed_is_begun_anew_and_counts_nothing_twice(
    agency: Agency, author: Person, checked: PolicyDraft, database_url: str, after: int
) -> None:
    """Killed after it was read, after it has begun, and after some of its progress was told."""
    asked = agency.ask(author, checked, POPULATION)
    dying = Forked(rehearse_and_die, database_url, str(asked), str(after))
    assert dying.wait() == -signal.SIGKILL
    dying.close()
    left = stored(agency, asked)
    done = {1: 0, 2: 0, 3: 1_000, 4: 2_000}[after]
    state = RehearsalState.ASKED if after == 1 else RehearsalState.RUNNING
    assert (left.state, left.done, left.result) == (state, done, None)
    assert overdue(agency) == [asked]
    assert agency.draft(checked.id).state is DraftState.CHECKED

    finished = run(agency, asked)
    assert (finished.state, finished.done, finished.total) == (RehearsalState.DONE, 2_500, 2_500)
    assert finished.result is not None
    assert finished.result["cases"] == 2_500
    assert overdue(agency) == []
    rehearsed = agency.draft(checked.id)
    assert (rehearsed.state, rehearsed.rehearsal) == (DraftState.REHEARSED, asked)
    # Once more, as a job may run: nothing changes.
    assert run(agency, asked) == finished
    assert agency.draft(checked.id) == rehearsed


async def test_progress_is_told_while_it_runs(agency: Agency, author: Person, checked: PolicyDraft) -> None:
    asked = agency.ask(author, checked, POPULATION)
    seen: list[tuple[str, int, int]] = []

    def transact(use_case: Callable[[Records], T]) -> T:
        answer = agency.database.run_blocking(use_case)
        now = stored(agency, asked)
        seen.append((now.state, now.done, now.total))
        return answer

    run(agency, asked, transact)
    assert seen[0] == ("asked", 0, 0)
    assert seen[1:] == [("running", done, 2_500) for done in (0, 1_000, 2_000, 2_500)] + [("done", 2_500, 2_500)]


async def test_a_worker_does_it(agency: Agency, author: Person, checked: PolicyDraft) -> None:
    asked = agency.ask(author, checked, POPULATION)

    def rehearse(rehearsal_id: UUID, step: Any) -> None:
        step("rehearse", lambda: run(agency, rehearsal_id) and None)

    worker = Worker(agency.database, {JobKind.REHEARSE_POLICY: rehearse}, QUICK)
    worker.start()
    try:
        wait_until(lambda: agency.draft(checked.id).state is DraftState.REHEARSED)
    finally:
        worker.stop()
    assert stored(agency, asked).state is RehearsalState.DONE


async def test_what_was_edited_meanwhile_is_not_rehearsed(agency: Agency, author: Person, checked: PolicyDraft) -> None:
    first, second = agency.ask(author, checked, POPULATION), agency.ask(author, checked, POPULATION)
    edits: Iterator[bytes] = iter([document(amount=1)])

    def transact(use_case: Callable[[Records], T]) -> T:
        answer = agency.database.run_blocking(use_case)
        if stored(agency, first).done and (source := next(edits, None)):
            agency.edit(author, agency.draft(checked.id), source)
        return answer

    # Edited while it runs: the result is one of what was written before, and the draft stays a draft.
    assert run(agency, first, transact).state is RehearsalState.DONE
    edited = agency.draft(checked.id)
    assert (edited.state, edited.rehearsal) == (DraftState.DRAFT, None)
    # Edited before it runs.
    failed = run(agency, second)
    assert (failed.state, failed.error) == (RehearsalState.FAILED, "draft_changed")
    assert overdue(agency) == []


async def test_a_book_that_has_changed_refuses(
    agency: Agency, author: Person, approver: Person, checked: PolicyDraft
) -> None:
    asked = agency.ask(author, checked, POPULATION)
    agency.scheduled(author, approver, document(1, policy_id="another"))
    failed = run(agency, asked)
    assert (failed.state, failed.error) == (RehearsalState.FAILED, "fee_policy_overlaps")


async def test_two_at_once_finish_it_once(agency: Agency, author: Person, checked: PolicyDraft) -> None:
    asked = agency.ask(author, checked, POPULATION)
    finished: list[StoredRehearsal] = []

    def transact(use_case: Callable[[Records], T]) -> T:
        answer = agency.database.run_blocking(use_case)
        if stored(agency, asked).done and not finished:
            finished.append(stored(agency, asked))
            finished[0] = run(agency, asked)
        return answer

    with pytest.raises(ConcurrentChange):
        run(agency, asked, transact)
    assert stored(agency, asked) == finished[0]
    assert run(agency, asked) == finished[0]


@pytest.mark.parametrize(
    "plan",
    [
        {},
        {"kind": "future"},
        {"kind": "past"},
        {"kind": "past", "first_day": "2025-01-02", "last_day": "2025-01-01"},
        {"kind": "past", "first_day": "1925-01-01", "last_day": "2025-01-01"},
        {"kind": "past", "first_day": "x", "last_day": None},
        PAST | {"size": 1},
        POPULATION | {"size": 0},
        POPULATION | {"size": 10**9},
        POPULATION | {"unknown": 1},
    ],
    ids=str,
)
async def test_a_plan_that_makes_no_sense_is_refused(
    agency: Agency, author: Person, checked: PolicyDraft, plan: dict[str, Any]
) -> None:
    with pytest.raises(PopulationRefused):
        agency.ask(author, checked, plan)


async def test_only_what_was_checked_is_rehearsed(agency: Agency, author: Person) -> None:
    draft = agency.write(author, document())
    with pytest.raises(DraftNotReady):
        agency.office.do(lambda r: ask_rehearsal(r, author.official, draft.id, draft.version, PAST, AUTUMN))


async def test_past_requests_come_in_their_order_with_what_was_known_of_them(
    agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("issuance.fee_policies.past.PAGE", 2)
    assert PAGE == 500
    office, submitted = agency.office, []
    office.at = AUTUMN - timedelta(days=20)
    for copies in range(1, 6):
        submitted.append(await office.application(client="one-stop-kiosk", copies=copies))
        office.at += timedelta(days=1)
    paper = Evidence(
        id=submitted[0].id,
        application_id=submitted[0].id,
        category="disabled",
        kind="disability_certificate",
        sha256=b"\x01" * 32,
        media_type="application/pdf",
        size_bytes=1,
        uploaded_at=office.at,
        state=EvidenceState.SUBMITTED,
    )
    accepted = replace(paper, state=EvidenceState.ACCEPTED, decided_by=OFFICIAL, decided_at=office.at)
    office.do(lambda r: r.evidence.add(paper))
    office.do(lambda r: r.evidence.decide(accepted))
    first_day, last_day = (AUTUMN - timedelta(days=20)).date(), (AUTUMN - timedelta(days=17)).date()
    cases = list(past_cases(office.do, office.rules, [TYPE, "a-type-of-the-past"], first_day, last_day))
    assert [case.facts.copies for case in cases] == [1, 2, 3, 4]
    assert (cases[0].facts.categories, cases[0].facts.evidence) == ({"disabled"}, {"disability_certificate"})
    assert cases[1].facts.categories == frozenset()
    assert {case.person for case in cases} == {office.rules.person_index(submitted[0].applicant.personal_id)}
    assert submitted[0].applicant.personal_id not in repr(cases)
