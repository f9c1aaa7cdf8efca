"""What was approved enters the book, and decides from its first day on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from identity.citizen import VerifiedOfficial
from issuance.errors import DraftChanged, DraftHasProblems
from issuance.fees.document import FeePolicy
from issuance.records import Records

from .change_of_book import BookChange, BookRefuses, book_of, entering
from .draft import BookRow, DraftState, PolicyDraft
from .open_draft import demand_move, draft_as_meant, moved
from .report import finding, report_of
from .rights import demand_either
from .trail import note_draft, note_policy
from .write import read_draft, refuse_taken


def schedule_draft(
    records: Records, official: VerifiedOfficial, draft_id: UUID, version: int, at: datetime
) -> PolicyDraft:
    """Put an approved draft into the book. The version before it ends on the day before its first.

    A first day that has passed is allowed: what was decided since stays as it was decided.
    Raises RoleMissing, DraftNotFound, DraftChanged, DraftNotReady, VersionTaken; DraftHasProblems where the book has
    changed since the check and another policy, or a later version, decides on some of its days.
    """
    demand_either(official)
    draft = draft_as_meant(records, draft_id, version)
    demand_move(draft, DraftState.SCHEDULED)
    policy = read_draft(draft.source)
    if policy.digest != draft.approved_digest:
        raise DraftChanged("the document is not the one that was approved")
    rows = records.fee_policies.rows()
    refuse_taken(records, policy)
    try:
        change = entering(rows, policy, official.subject_key, at)
    except BookRefuses as refused:
        findings = [finding("overlap", "error", "effective", reason) for reason in refused.reasons]
        raise DraftHasProblems(report_of(policy.digest, findings, at)) from None
    enter(records, rows, change, {policy.digest: draft.source})
    scheduled = records.fee_policies.save_draft(moved(draft, DraftState.SCHEDULED))
    note_draft(records, official.subject_key, "fee_policy_scheduled", scheduled, at, **_days(policy))
    for row in change.closed:
        note_policy(records, official.subject_key, "fee_policy_superseded", row.policy, at, by=policy.version)
    return scheduled


def enter(records: Records, rows: Sequence[BookRow], change: BookChange, sources: dict[str, bytes]) -> None:
    """Store a change. rows: of the whole book, by which it was judged. sources: the documents that are not in the book
    yet, by digest. Raises ConcurrentChange."""
    # An ambiguous book would refuse every request: it is made here first, and refused here.
    change.made_to(book_of(rows))
    for row in change.closed:
        records.fee_policies.close_entry(row)
    for row in change.opened:
        source = sources.get(row.policy.digest) or records.fee_policies.source(row.policy.digest)
        if source is None:
            raise LookupError("a version of the book without its document")
        records.fee_policies.open_entry(row, source)


def _days(policy: FeePolicy) -> dict[str, str | None]:
    effective = policy.document.effective
    last_day = None if effective.last_day is None else effective.last_day.isoformat()
    return {"first_day": effective.first_day.isoformat(), "last_day": last_day}
