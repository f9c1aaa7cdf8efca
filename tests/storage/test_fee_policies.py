"""The policy book in the database: what nobody can change there, and what every process sees."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from issuance.errors import ConcurrentChange
from issuance.fee_policies.draft import BookRow, DraftState, Editor, PolicyDraft, RehearsalState, StoredRehearsal
from issuance.fee_policies.install import ShippedPolicy, ShippedPolicyChanged, install, not_in_the_book
from issuance.fees.book import EVER
from issuance.fees.reading.read_policy import read_policy
from issuance.records import AuditEntry
from storage import fee_tables as t
from storage.records import SqlRecords
from storage.runner import Database
from tests.issuance.fee_policies.drafts import document

NOW = datetime(2025, 11, 3, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
AUTHOR, EDITOR, APPROVER = "https://officials.example|a", "https://officials.example|e", "https://officials.example|p"
PEOPLE = {AUTHOR: "a" * 64, EDITOR: "e" * 64, APPROVER: "b" * 64}
APPROVAL = {"approved_by": APPROVER, "approved_person": PEOPLE[APPROVER], "approved_at": NOW}


def shipped(*sources: bytes) -> list[ShippedPolicy]:
    return [ShippedPolicy(read_policy(source, "test"), source) for source in sources]


FIRST, SECOND = document(1, "2024-01-01", "2024-12-31"), document(2, "2025-01-01")


def a_draft(**changes: Any) -> PolicyDraft:
    policy = read_policy(document(), "test")
    draft = PolicyDraft(
        id=uuid4(),
        policy_id=policy.id,
        policy_version=policy.version,
        source=document(),
        digest=policy.digest,
        state=DraftState.DRAFT,
        author=AUTHOR,
        unit="000.00.15.H26",
        created_at=NOW,
    )
    return replace(draft, **changes)


def editor(subject_key: str) -> Editor:
    return Editor(subject_key=subject_key, person=PEOPLE[subject_key])


def kept(records: SqlRecords, draft: PolicyDraft) -> None:
    """A draft that was written by two, checked and rehearsed, the way it would be."""
    records.fee_policies.add_draft(draft, editor(AUTHOR))
    rehearsal = a_rehearsal(draft)
    records.fee_policies.add_rehearsal(rehearsal)
    saved = records.fee_policies.save_draft(draft, editor(EDITOR))
    saved = records.fee_policies.save_draft(replace(saved, state=DraftState.CHECKED, checked={"errors": 0}))
    records.fee_policies.save_draft(replace(saved, state=DraftState.REHEARSED, rehearsal=rehearsal.id))


def a_rehearsal(draft: PolicyDraft, **changes: Any) -> StoredRehearsal:
    rehearsal = StoredRehearsal(
        id=uuid4(),
        draft_id=draft.id,
        digest=draft.digest,
        plan={"kind": "past", "first_day": "2025-01-01", "last_day": "2025-01-31"},
        state=RehearsalState.ASKED,
        asked_by=AUTHOR,
        asked_at=NOW,
    )
    return replace(rehearsal, **changes)


@pytest.fixture
def rehearsed(database: Database) -> PolicyDraft:
    draft = a_draft()
    database.run_blocking(lambda records: kept(records, draft))
    return database.run_blocking(lambda records: records.fee_policies.draft(draft.id))


def execute(database: Database, statement: sa.Executable) -> None:
    database.run_blocking(lambda records: records._connection.execute(statement))


def change(draft: PolicyDraft, **values: Any) -> sa.Update:
    """As somebody would who owns the tables and no use case."""
    return sa.update(t.fee_policy_drafts).where(t.fee_policy_drafts.c.id == draft.id).values(**values)


def approve(draft: PolicyDraft, **changed: Any) -> sa.Update:
    return change(draft, **({"state": "approved", "approved_digest": draft.digest} | APPROVAL | changed))


def test_four_eyes_are_the_databases_own(database: Database, rehearsed: PolicyDraft) -> None:
    """Whoever owns the tables and no use case meets them too."""
    for one in (AUTHOR, EDITOR):
        with pytest.raises((DBAPIError), match=r"may not approve|approved_by_another"):
            execute(database, approve(rehearsed, approved_by=one, approved_person=PEOPLE[APPROVER]))
        with pytest.raises(DBAPIError, match="may not approve"):
            execute(database, approve(rehearsed, approved_person=PEOPLE[one]))
    # Nor by first making somebody else the author.
    with pytest.raises(DBAPIError, match="may not approve"):
        execute(database, approve(rehearsed, author="https://officials.example|nobody"))
    execute(database, approve(rehearsed))
    for one in (EDITOR, AUTHOR):
        with pytest.raises(DBAPIError, match=r"may not approve|stays as it was"):
            execute(database, change(rehearsed, approved_by=one, approved_person=PEOPLE[one]))


@pytest.mark.parametrize(
    "values",
    [
        {"approved_digest": "0" * 64},
        {"approved_by": None, "approved_person": None, "approved_at": None, "approved_digest": None},
        {"approved_person": None},
        {"checked": None},
        {"rehearsal": None},
        {"state": "rehearsed"},
        {"state": "scheduled"},
    ],
    ids=str,
)
def test_no_approval_by_halves(database: Database, rehearsed: PolicyDraft, values: dict[str, Any]) -> None:
    with pytest.raises(DBAPIError, match=r"ck_fee_policy_drafts_|CHECK constraint|does not move like this"):
        execute(database, approve(rehearsed, **values))


@pytest.mark.parametrize(
    "values",
    [
        {"source": document(amount=1)},
        {"digest": "0" * 64, "approved_digest": "0" * 64},
        {"policy_version": 9},
        {"checked": {"errors": 9}},
        {"rehearsal": uuid4()},
        {"approved_at": LATER},
        {"author": EDITOR},
    ],
    ids=lambda values: "-".join(values),
)
def test_what_is_approved_stays_as_it_was_approved(
    database: Database, rehearsed: PolicyDraft, values: dict[str, Any]
) -> None:
    execute(database, approve(rehearsed))
    with pytest.raises(DBAPIError, match="stays as it was approved"):
        execute(database, change(rehearsed, **values))
    note = {"draft_id": rehearsed.id, "subject_key": "https://officials.example|x", "person": "f" * 64}
    with pytest.raises(DBAPIError, match="stays as it was approved"):
        execute(database, sa.insert(t.fee_policy_editors).values(note))
    # With the approval taken away, it can be written at again.
    none = dict.fromkeys((*APPROVAL, "approved_digest"))
    with pytest.raises(DBAPIError, match=r"ck_fee_policy_drafts_approved_first|CHECK constraint"):
        execute(database, change(rehearsed, **none))
    execute(database, change(rehearsed, state="draft", **none))


def test_a_draft_begins_at_its_beginning_and_does_not_jump(database: Database, rehearsed: PolicyDraft) -> None:
    row = database.run_blocking(lambda r: dict(r._connection.execute(sa.select(t.fee_policy_drafts)).mappings().one()))
    other = row | {"id": uuid4()}
    for values in ({"state": "rehearsed"}, {"state": "approved", "approved_digest": row["digest"], **APPROVAL}):
        with pytest.raises(DBAPIError, match="begins at its beginning"):
            execute(database, sa.insert(t.fee_policy_drafts).values(other | values))
    with pytest.raises(DBAPIError, match="does not move like this"):
        execute(database, change(rehearsed, state="scheduled", approved_digest=row["digest"], **APPROVAL))
    with pytest.raises(DBAPIError, match="never removed"):
        execute(database, sa.delete(t.fee_policy_drafts).where(t.fee_policy_drafts.c.id == rehearsed.id))
    ended = {"withdrawn_by": AUTHOR, "withdrawal_reason": "x"}
    execute(database, change(rehearsed, state="withdrawn", **ended))
    with pytest.raises(DBAPIError, match="does not move like this"):
        execute(database, change(rehearsed, state="draft", withdrawn_by=None, withdrawal_reason=None))


def test_who_has_written_is_not_forgotten(database: Database, rehearsed: PolicyDraft) -> None:
    for statement in (sa.delete(t.fee_policy_editors), sa.update(t.fee_policy_editors).values(person="f" * 64)):
        with pytest.raises(DBAPIError, match="stays"):
            execute(database, statement)
    editors = database.run_blocking(lambda r: r.fee_policies.editors(rehearsed.id))
    assert editors == [editor(AUTHOR), editor(EDITOR)]


def row_of(source: bytes, **changes: Any) -> BookRow:
    policy = read_policy(source, "test")
    row = BookRow(id=uuid4(), policy=policy, valid=policy.document.effective, known_from=NOW, opened_by=APPROVER)
    return replace(row, **changes)


def test_only_what_was_approved_enters_the_book(database: Database, rehearsed: PolicyDraft) -> None:
    row = row_of(document())
    with pytest.raises(DBAPIError, match="only what was approved"):
        database.run_blocking(lambda r: r.fee_policies.open_entry(row, document()))
    execute(database, approve(rehearsed))
    other = row_of(document(amount=1))
    with pytest.raises(DBAPIError, match="only what was approved"):
        database.run_blocking(lambda r: r.fee_policies.open_entry(other, document(amount=1)))
    database.run_blocking(lambda r: r.fee_policies.open_entry(row, document()))
    assert [entry.policy for entry in database.run_blocking(lambda r: r.fee_policies.book()).entries] == [row.policy]


def test_entries_and_documents_are_never_rewritten(database: Database) -> None:
    database.run_blocking(lambda r: install(r, shipped(FIRST, SECOND), NOW))
    e, d, b = t.fee_policy_entries, t.fee_policy_documents, t.fee_policy_book
    for statement, said in (
        (sa.update(e).values(first_day=date(2020, 1, 1)), "closed once and never changed"),
        (sa.update(e).values(last_day=date(2030, 1, 1)), "closed once and never changed"),
        (sa.update(e).values(known_from=NOW), "closed once and never changed"),
        (sa.update(e).values(opened_by="x"), "closed once and never changed"),
        (sa.delete(e), "closed once and never changed"),
        (sa.update(d).values(source=b"{}"), "stays"),
        (sa.delete(d), "stays"),
        (sa.update(b).values(revision=0), "only rises"),
        (sa.delete(b), "only rises"),
    ):
        with pytest.raises(DBAPIError, match=said):
            execute(database, statement)
    closing = {"known_to": LATER, "closed_by": APPROVER, "closing_reason": "x"}
    execute(database, sa.update(e).values(closing))
    for values in (closing | {"closing_reason": "y"}, dict.fromkeys(closing)):
        with pytest.raises(DBAPIError, match="closed once and never changed"):
            execute(database, sa.update(e).values(values))


def test_the_book_is_not_changed_in_the_past(database: Database) -> None:
    database.run_blocking(lambda r: install(r, shipped(FIRST, SECOND), NOW))
    e = t.fee_policy_entries
    (first, second) = database.run_blocking(lambda r: r.fee_policies.rows())
    database.run_blocking(
        lambda r: r.fee_policies.close_entry(
            replace(second, known_to=LATER, closed_by=APPROVER, closing_reason="withdrawn")
        )
    )
    with pytest.raises(DBAPIError, match="never changed in the past"):
        database.run_blocking(
            lambda r: r.fee_policies.close_entry(
                replace(first, known_to=NOW, closed_by=APPROVER, closing_reason="withdrawn")
            )
        )
    late = replace(second, id=uuid4(), known_from=NOW, known_to=None)
    with pytest.raises(DBAPIError, match="never changed in the past"):
        database.run_blocking(lambda r: r.fee_policies.open_entry(late, SECOND))
    closed = {"known_from": LATER, "known_to": LATER, "closed_by": "x", "closing_reason": "x", "opened_by": "x"}
    days = {"first_day": date(2025, 1, 1), "last_day": None}
    with pytest.raises(DBAPIError, match="closed once"):
        execute(database, sa.insert(e).values({"id": uuid4(), "digest": second.policy.digest} | closed | days))
    again = replace(late, known_from=LATER)
    database.run_blocking(lambda r: r.fee_policies.open_entry(again, SECOND))
    with pytest.raises(ConcurrentChange):
        database.run_blocking(
            lambda r: r.fee_policies.close_entry(
                replace(second, known_to=LATER, closed_by=APPROVER, closing_reason="twice")
            )
        )


def test_a_rehearsal_that_is_done_stays(database: Database, rehearsed: PolicyDraft) -> None:
    asked = database.run_blocking(lambda r: r.fee_policies.rehearsal(rehearsed.rehearsal))
    running = replace(asked, state=RehearsalState.RUNNING, done=1, total=2)
    database.run_blocking(lambda r: r.fee_policies.save_rehearsal(running))
    done = replace(asked, state=RehearsalState.DONE, done=2, total=2, result={"cases": 2})
    database.run_blocking(lambda r: r.fee_policies.save_rehearsal(done))
    assert database.run_blocking(lambda r: r.fee_policies.rehearsal(asked.id)) == done
    with pytest.raises(ConcurrentChange):
        database.run_blocking(lambda r: r.fee_policies.save_rehearsal(running))
    for statement in (sa.update(t.fee_rehearsals).values(result={"cases": 3}), sa.delete(t.fee_rehearsals)):
        with pytest.raises(DBAPIError, match="a rehearsal that is done stays"):
            execute(database, statement)
    more = a_rehearsal(rehearsed, done=2, total=1)
    with pytest.raises(IntegrityError, match="progress_plausible"):
        database.run_blocking(lambda r: r.fee_policies.add_rehearsal(more))


def test_shipped_policies_enter_once_and_have_always_been_known(database: Database) -> None:
    policies = shipped(FIRST, SECOND)
    for _ in range(2):
        assert database.run_blocking(lambda r: install(r, policies, NOW)) == []
    rows = database.run_blocking(lambda r: r.fee_policies.rows())
    assert [(row.policy.version, row.known_from, row.opened_by) for row in rows] == [
        (1, EVER, "condau"),
        (2, EVER, "condau"),
    ]
    assert database.run_blocking(lambda r: r.fee_policies.source(policies[0].policy.digest)) == FIRST
    assert database.run_blocking(lambda r: r.fee_policies.source("0" * 64)) is None
    assert database.run_blocking(lambda r: r.fee_policies.rows("nothing")) == []


def test_what_a_later_release_ships_is_known_from_then_on(database: Database) -> None:
    database.run_blocking(lambda r: install(r, shipped(FIRST), NOW))
    database.run_blocking(lambda r: install(r, shipped(FIRST, SECOND), LATER))
    book = database.run_blocking(lambda r: r.fee_policies.book())
    assert [entry.policy.version for entry in book.known_at(NOW).entries] == [1]
    assert [entry.policy.version for entry in book.known_at(LATER).entries] == [1, 2]


def test_a_shipped_policy_gives_way_to_what_decides_already(database: Database) -> None:
    database.run_blocking(lambda r: install(r, shipped(FIRST), NOW))
    overlapping = shipped(document(3, "2024-06-01"))
    for _ in range(2):
        left_out = database.run_blocking(lambda r: install(r, overlapping, LATER))
        assert [policy.version for policy in left_out] == [3]
    assert len(database.run_blocking(lambda r: r.fee_policies.rows())) == 1


def test_a_shipped_version_that_says_something_else_is_refused(database: Database) -> None:
    database.run_blocking(lambda r: install(r, shipped(FIRST), NOW))
    with pytest.raises(ShippedPolicyChanged, match=r"criminal_record_form_1.hanoi version 1.*version of its own"):
        database.run_blocking(lambda r: install(r, shipped(document(1, "2024-01-01", "2024-06-30")), NOW))


def test_a_release_that_counts_on_like_the_agency_gives_way(database: Database, rehearsed: PolicyDraft) -> None:
    """Version 3 is the agency's; the software brings a version 3 of its own. Nobody could mend that at the start."""
    execute(database, approve(rehearsed))
    ours = BookRow(
        id=uuid4(),
        policy=read_policy(document(), "test"),
        valid=read_policy(document(), "test").document.effective,
        known_from=NOW,
        opened_by=AUTHOR,
    )
    database.run_blocking(lambda r: r.fee_policies.open_entry(ours, document()))
    theirs = shipped(document(3, "2024-01-01", "2024-12-31"))
    left_out = database.run_blocking(lambda r: install(r, theirs, LATER))
    assert [policy.digest for policy in left_out] == [theirs[0].policy.digest]
    assert not database.run_blocking(lambda r: not_in_the_book(r.fee_policies.book(), r.fee_policies.rows(), theirs))[0]
    assert [row.policy.digest for row in database.run_blocking(lambda r: r.fee_policies.rows())] == [ours.policy.digest]


@pytest.fixture
async def another(database_url: str) -> AsyncIterator[Database]:
    """The same database, as another process has it."""
    opened = Database(database_url, clock=lambda: NOW)
    yield opened
    await opened.dispose()


async def test_another_process_sees_the_new_book_in_its_next_transaction(database: Database, another: Database) -> None:
    database.run_blocking(lambda r: install(r, shipped(FIRST), NOW))
    held = await another.run(lambda r: r.fee_policies.book())
    assert await another.run(lambda r: r.fee_policies.book()) is held
    database.run_blocking(lambda r: install(r, shipped(FIRST, SECOND), LATER))
    assert len((await another.run(lambda r: r.fee_policies.book())).entries) == 2


def test_what_was_rolled_back_is_not_held(database: Database) -> None:
    database.run_blocking(lambda r: install(r, shipped(FIRST), NOW))

    def fail(records: SqlRecords) -> None:
        install(records, shipped(SECOND), LATER)
        # In the transaction itself the change is seen.
        assert len(records.fee_policies.book().entries) == 2
        raise LookupError

    with pytest.raises(LookupError):
        database.run_blocking(fail)
    assert len(database.run_blocking(lambda r: r.fee_policies.book()).entries) == 1
    # The same number of the book, and another book.
    database.run_blocking(lambda r: install(r, shipped(document(9, "2026-01-01")), LATER))
    assert [entry.policy.version for entry in database.run_blocking(lambda r: r.fee_policies.book()).entries] == [1, 9]


def test_who_judged_by_an_older_book_changes_nothing(database: Database, another: Database) -> None:
    if not database.is_postgresql:
        pytest.skip("SQLite has one writer, who sees everything that was written before")
    tries = []

    def slow(records: SqlRecords) -> None:
        tries.append(len(records.fee_policies.book().entries))
        if len(tries) == 1:
            another.run_blocking(lambda r: install(r, shipped(FIRST), NOW))
        install(records, shipped(SECOND), LATER)

    database.run_blocking(slow)
    assert tries == [0, 1]
    assert len(database.run_blocking(lambda r: r.fee_policies.book()).entries) == 2


def test_installations_that_start_at_once_make_one_book(database: Database, another: Database) -> None:
    policies = shipped(FIRST, SECOND)
    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(one.run_blocking, lambda r: install(r, policies, NOW)) for one in (database, another) * 4]
        assert [each.result() for each in done] == [[]] * 8
    assert len(database.run_blocking(lambda r: r.fee_policies.rows())) == 2


def test_a_draft_comes_back_as_it_was_kept(database: Database, rehearsed: PolicyDraft) -> None:
    newer = a_draft(created_at=LATER)
    database.run_blocking(lambda r: r.fee_policies.add_draft(newer, editor(AUTHOR)))
    assert database.run_blocking(lambda r: r.fee_policies.draft(rehearsed.id)) == rehearsed
    listed = database.run_blocking(lambda r: r.fee_policies.drafts(20))
    assert [(one.id, one.state, one.created_at) for one in listed] == [
        (newer.id, DraftState.DRAFT, LATER),
        (rehearsed.id, DraftState.REHEARSED, NOW),
    ]
    assert database.run_blocking(lambda r: r.fee_policies.drafts(20, newer.id)) == listed[1:]
    with pytest.raises(ConcurrentChange):
        database.run_blocking(lambda r: r.fee_policies.save_draft(replace(newer, version=7)))
    saved = database.run_blocking(lambda r: r.fee_policies.save_draft(newer))
    assert saved == replace(newer, version=1)


Write = Callable[[SqlRecords], object]


def test_writing_and_approving_at_once_leave_one_of_them(
    database: Database, another: Database, rehearsed: PolicyDraft
) -> None:
    """Whoever is second finds the draft changed, whichever of the two it is."""
    approval = {"approved_by": APPROVER, "approved_person": PEOPLE[APPROVER], "approved_at": NOW}
    approved = replace(rehearsed, state=DraftState.APPROVED, approved_digest=rehearsed.digest, **approval)
    edited = replace(rehearsed, state=DraftState.DRAFT, author=APPROVER, checked=None, rehearsal=None)
    writes: tuple[Write, Write] = (
        lambda r: r.fee_policies.save_draft(approved),
        lambda r: r.fee_policies.save_draft(edited, editor(APPROVER)),
    )
    with ThreadPoolExecutor(2) as pool:
        tried = [pool.submit(one.run_blocking, write) for one, write in zip((database, another), writes, strict=True)]
        failed = [each.exception() for each in tried]
    assert sorted(type(error).__name__ for error in failed) == ["ConcurrentChange", "NoneType"]
    found = database.run_blocking(lambda r: r.fee_policies.draft(rehearsed.id))
    assert found.state is (DraftState.APPROVED if failed[0] is None else DraftState.DRAFT)


def test_the_last_rehearsal_of_a_draft(database: Database, rehearsed: PolicyDraft) -> None:
    later = a_rehearsal(rehearsed, asked_at=LATER)
    other = replace(rehearsed, id=uuid4())
    database.run_blocking(lambda r: r.fee_policies.add_rehearsal(later))
    assert database.run_blocking(lambda r: r.fee_policies.last_rehearsal(rehearsed.id)) == later
    assert database.run_blocking(lambda r: r.fee_policies.last_rehearsal(other.id)) is None


def test_what_accounts_have_done_is_read_back_in_order(database: Database) -> None:
    def entry(actor: str, action: str, days: int) -> AuditEntry:
        return AuditEntry(
            at=NOW + timedelta(days=days), actor=actor, action=action, application_id=None, details={"draft": "x"}
        )

    first, second = entry(EDITOR, "fee_draft_written", 0), entry(AUTHOR, "fee_draft_edited", 1)
    others = entry(AUTHOR, "fee_act_kept", 2), entry(APPROVER, "fee_draft_edited", 3)
    for one in (second, first, *others):
        database.run_blocking(lambda r, one=one: r.audit.append(one))
    asked = ("fee_draft_written", "fee_draft_edited")
    assert database.run_blocking(lambda r: r.audit.of_actors([AUTHOR, EDITOR], asked)) == [first, second]
    assert database.run_blocking(lambda r: r.audit.of_actors([], asked)) == []
