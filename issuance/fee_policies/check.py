"""A draft is checked: its examples, its acts, its logic, and how it fits into the book. The report stays with it.

In three steps, because the thinking takes longer than a transaction should: what is to be checked is read, then
examined outside of any transaction, then the report is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from identity.citizen import VerifiedOfficial
from issuance.fees.analysis import analyse
from issuance.fees.analysis.findings import Finding, FindingKind
from issuance.fees.book import PolicyBook
from issuance.fees.document import FeePolicy, Source
from issuance.fees.errors import Problem
from issuance.fees.facts import vietnam_day
from issuance.fees.policy import check_examples, check_sources
from issuance.fees.wording import Label, day_in_words
from issuance.records import DocumentFiles, FileUnreadable, Records

from .change_of_book import BookRefuses, book_of, entering
from .draft import BookRow, DraftState, PolicyDraft
from .open_draft import draft_as_meant, not_ready
from .past import count_past
from .report import finding, lost_act, place_of_source, report_of
from .rights import demand_either
from .trail import note_draft
from .write import read_draft, refuse_taken

_CHECKABLE = frozenset({DraftState.DRAFT, DraftState.CHECKED, DraftState.REHEARSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class ToCheck:
    """All that the checks look at. acts: digests of the stored ones. decisions_since: of requests that were submitted
    on the draft's days already."""

    draft: PolicyDraft
    policy: FeePolicy
    rows: Sequence[BookRow]
    book: PolicyBook
    acts: frozenset[bytes]
    decisions_since: int


def begin_check(records: Records, official: VerifiedOfficial, draft_id: UUID, version: int, at: datetime) -> ToCheck:
    """Raises RoleMissing, DraftNotFound, DraftChanged, DraftNotReady, VersionTaken, PolicyRefused."""
    demand_either(official)
    draft = draft_as_meant(records, draft_id, version)
    if draft.state not in _CHECKABLE:
        raise not_ready(draft, DraftState.CHECKED)
    policy = read_draft(draft.source)
    refuse_taken(records, policy)
    days, today = policy.document.effective, vietnam_day(at)
    since = 0
    if days.first_day <= today:
        last_day = today if days.last_day is None else min(days.last_day, today)
        since = count_past(records, policy.document.document_types, days.first_day, last_day)
    rows = records.fee_policies.rows()
    return ToCheck(
        draft=draft,
        policy=policy,
        rows=rows,
        book=book_of(rows),
        acts=frozenset(act.sha256 for act in records.fee_policies.acts()),
        decisions_since=since,
    )


def examine(subject: ToCheck, files: DocumentFiles, at: datetime) -> Mapping[str, Any]:
    """The report as it is stored: JSON, with every text in both languages. Needs no transaction."""
    policy = subject.policy
    analysed = analyse(policy, [entry for entry in subject.book.entries if entry.known_to is None])
    findings = [
        *(_problem("example", one) for one in check_examples(policy)),
        *_sources(policy, subject.acts, files),
        *_retroactive(subject, at),
        *(one.to_json() for one in _beside_the_book(subject, analysed.findings, at)),
    ]
    return report_of(policy.digest, findings, at, cases=analysed.cases, is_complete=analysed.is_complete)


def keep_check(
    records: Records, official: VerifiedOfficial, subject: ToCheck, report: Mapping[str, Any], at: datetime
) -> PolicyDraft:
    """Store the report. Without errors the draft is CHECKED (or stays REHEARSED), else it is a DRAFT again.

    Raises DraftChanged where somebody has changed the draft meanwhile, RoleMissing, DraftNotFound.
    """
    demand_either(official)
    draft = draft_as_meant(records, subject.draft.id, subject.draft.version)
    if report["errors"]:
        checked = replace(draft, state=DraftState.DRAFT, checked=report, rehearsal=None)
    elif draft.state is DraftState.REHEARSED:
        checked = replace(draft, checked=report)
    else:
        checked = replace(draft, state=DraftState.CHECKED, checked=report)
    saved = records.fee_policies.save_draft(checked)
    note_draft(
        records,
        official.subject_key,
        "fee_draft_checked",
        saved,
        at,
        errors=report["errors"],
        warnings=report["warnings"],
    )
    return saved


def _sources(policy: FeePolicy, acts: frozenset[bytes], files: DocumentFiles) -> Sequence[dict[str, Any]]:
    lost: set[Source] = set()

    def find(source: Source) -> bytes | None:
        sha256 = bytes.fromhex(source.sha256)
        try:
            return files.load(sha256) if sha256 in acts else None
        except FileUnreadable:
            lost.add(source)
            return None

    problems = check_sources(policy, find)
    again = {place_of_source(basis): lost_act(basis) for basis in policy.document.basis if basis.source in lost}
    return [again.get(one.place) or _problem("source", one) for one in problems]


def _beside_the_book(subject: ToCheck, analysed: Sequence[Finding], at: datetime) -> Sequence[Finding]:
    """With the reasons for which the book would refuse the version where the analysis sees none."""
    try:
        entering(subject.rows, subject.policy, subject.draft.author, at)
    except BookRefuses as refused:
        if any(one.kind is FindingKind.OVERLAP and one.severity == "error" for one in analysed):
            return analysed
        # What scheduling would end is no news where it can't be scheduled.
        kept = [one for one in analysed if one.kind is not FindingKind.OVERLAP or one.severity != "note"]
        return [*(Finding(FindingKind.OVERLAP, "error", "effective", one) for one in refused.reasons), *kept]
    return analysed


def _retroactive(subject: ToCheck, at: datetime) -> Iterator[dict[str, Any]]:
    first_day, today = subject.policy.document.effective.first_day, vietnam_day(at)
    since = subject.decisions_since
    if first_day > today or (first_day == today and not since):
        return
    has_passed = first_day < today
    vi, en = ("đã qua", "which has passed") if has_passed else ("là hôm nay", "which is today")
    yield finding(
        "retroactive",
        "warning",
        "effective.first_day",
        Label(
            f"hiệu lực bắt đầu từ ngày {day_in_words(first_day, 'vi')}, {vi}; trong những ngày phiên bản này áp dụng "
            f"đã có {since} quyết định về phí. Các quyết định này không tự thay đổi; chạy thử trên những ngày đó sẽ "
            "cho biết bao nhiêu quyết định khác đi",
            f"it begins on {day_in_words(first_day, 'en')}, {en}; fees that have been decided on its days: {since}. "
            "They don't change by themselves; a rehearsal over those days tells how many would be different",
        ),
    )


def _problem(kind: str, problem: Problem) -> dict[str, Any]:
    return finding(kind, "error", problem.place, problem.text)
