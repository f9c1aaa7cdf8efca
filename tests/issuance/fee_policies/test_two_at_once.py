"""Whatever two people do at the same moment, the book stays one that decides every case once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pytest

from issuance.errors import DraftHasProblems, IssuanceError, VersionTaken
from issuance.fee_policies.change_of_book import BookChange, entering
from issuance.fee_policies.draft import PolicyDraft
from issuance.fee_policies.schedule import schedule_draft
from issuance.fee_policies.withdraw import withdraw_version
from issuance.fee_policies.write import refuse_taken
from issuance.fees.document import FeePolicy
from issuance.records import Records
from storage.runner import Database
from tests.issuance.fee_policies.drafts import AUTUMN, HANOI, Agency, Person, document


@pytest.fixture
async def another(database_url: str) -> AsyncIterator[Database]:
    """The same database, as another process has it."""
    opened = Database(database_url, clock=lambda: datetime.now(UTC))
    yield opened
    await opened.dispose()


def at_once(
    databases: tuple[Database, Database], one: Callable[[Records], object], other: Callable[[Records], object]
) -> list[BaseException | None]:
    with ThreadPoolExecutor(2) as pool:
        started = [
            pool.submit(database.run_blocking, use_case)
            for database, use_case in zip(databases, (one, other), strict=True)
        ]
        return [each.exception() for each in started]


def schedule(by: Person, draft: PolicyDraft) -> Callable[[Records], object]:
    return lambda r: schedule_draft(r, by.official, draft.id, draft.version, AUTUMN)


async def test_of_two_drafts_of_one_version_one_is_scheduled(
    agency: Agency, author: Person, approver: Person, another: Database
) -> None:
    drafts = [agency.approve(approver, agency.rehearsed(author, document(amount=amount))) for amount in (1_000, 2_000)]
    failed = at_once((agency.database, another), *(schedule(approver, draft) for draft in drafts))
    assert sorted(type(error).__name__ for error in failed) == ["NoneType", "VersionTaken"]
    assert any(isinstance(error, VersionTaken) for error in failed)
    assert agency.deciding(date(2026, 1, 15)) == 3


async def test_of_two_policies_for_the_same_days_one_is_scheduled(
    agency: Agency, author: Person, approver: Person, another: Database
) -> None:
    drafts = [
        agency.approve(approver, agency.rehearsed(author, document(1, policy_id=policy_id)))
        for policy_id in ("one", "other")
    ]
    failed = at_once((agency.database, another), *(schedule(approver, draft) for draft in drafts))
    assert sorted(type(error).__name__ for error in failed) == ["DraftHasProblems", "NoneType"]
    assert any(isinstance(error, DraftHasProblems) for error in failed)
    assert agency.deciding(date(2026, 1, 15)) == 1


async def test_a_change_between_two_looks_into_the_book_is_judged_anew(
    agency: Agency, author: Person, approver: Person, another: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not agency.database.is_postgresql:
        pytest.skip("SQLite has one writer, who sees one book")
    ours, theirs = (
        agency.approve(approver, agency.rehearsed(author, document(1, policy_id=policy_id)))
        for policy_id in ("one", "other")
    )
    tries: list[str] = []

    def meanwhile(records: Records, policy: FeePolicy) -> None:
        tries.append(policy.id)
        if tries == ["one"]:
            another.run_blocking(schedule(approver, theirs))
        refuse_taken(records, policy)

    monkeypatch.setattr("issuance.fee_policies.schedule.refuse_taken", meanwhile)
    with pytest.raises(DraftHasProblems):
        agency.database.run_blocking(schedule(approver, ours))
    assert tries == ["one", "other", "one"]


async def test_scheduling_and_withdrawing_at_once_leave_a_book_of_some_order(
    agency: Agency, author: Person, approver: Person, another: Database
) -> None:
    """Version 3 is withdrawn while version 4 is to end it: either order has its own, unambiguous outcome."""
    agency.scheduled(author, approver, document(3))
    four = agency.approve(approver, agency.rehearsed(author, document(4, "2026-02-01")))

    def withdraw(records: Records) -> None:
        withdraw_version(records, approver.official, HANOI, 3, "wrong", AUTUMN)

    failed = at_once((agency.database, another), schedule(approver, four), withdraw)
    assert failed == [None, None]
    assert agency.days()[2:] == [(4, "2026-02-01", None)]


async def test_scheduled_twice_by_two_it_is_scheduled_once(
    agency: Agency, author: Person, approver: Person, another: Database
) -> None:
    draft = agency.approve(approver, agency.rehearsed(author, document()))
    failed = at_once((agency.database, another), schedule(approver, draft), schedule(author, draft))
    assert [error for error in failed if error is not None and not isinstance(error, IssuanceError)] == []
    assert sum(error is None for error in failed) == 1
    assert len([row for row in agency.office.do(lambda r: r.fee_policies.rows(HANOI)) if row.policy.version == 3]) == 1


async def test_a_book_that_changes_while_it_is_judged_is_judged_anew(
    agency: Agency, author: Person, approver: Person, another: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who comes second has read the entries before the first one's, and would read the book after them."""
    if not agency.database.is_postgresql:
        return  # one writer at a time: nobody comes between
    draft = agency.approve(approver, agency.rehearsed(author, document()))
    judged = []

    def after_somebody_else(*asked: Any) -> BookChange:
        judged.append(len(asked[0]))
        if len(judged) == 1:
            another.run_blocking(schedule(author, draft))
        return entering(*asked)

    monkeypatch.setattr("issuance.fee_policies.schedule.entering", after_somebody_else)
    with pytest.raises(IssuanceError):
        agency.database.run_blocking(schedule(approver, draft))
    assert agency.deciding(date(2026, 1, 15)) == 3
