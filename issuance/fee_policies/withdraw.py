"""A draft, or a version in the book, is taken back, for a reason that stays."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from identity.citizen import VerifiedOfficial
from issuance.records import Records

from .change_of_book import leaving
from .draft import DraftState, PolicyDraft
from .open_draft import draft_as_meant, moved
from .rights import demand_approver, demand_either
from .schedule import enter
from .trail import note_draft, note_policy

MAX_REASON_CHARACTERS = 2_000


def withdraw_draft(
    records: Records, official: VerifiedOfficial, draft_id: UUID, version: int, reason: str, at: datetime
) -> PolicyDraft:
    """End a draft. One that is scheduled is withdrawn as a version in the book, see `withdraw_version`.

    Raises RoleMissing, DraftNotFound, DraftChanged, DraftNotReady, NothingToWithdraw; ValueError for an empty or
    overlong reason.
    """
    demand_either(official)
    _demand_reason(reason)
    draft = draft_as_meant(records, draft_id, version)
    if draft.state is DraftState.SCHEDULED:
        withdraw_version(records, official, draft.policy_id, draft.policy_version, reason, at)
        return records.fee_policies.draft(draft_id)
    return _end(records, official, draft, reason, at)


def withdraw_version(
    records: Records, official: VerifiedOfficial, policy_id: str, policy_version: int, reason: str, at: datetime
) -> None:
    """Take a version out of the book.

    Not in force yet: it never will be, and its days go back to the version before it. In force: today is its last day,
    and what comes after is referred to officials until another version decides. Raises RoleMissing (an approver's
    matter), FeePolicyNotFound, NothingToWithdraw; ValueError for an empty or overlong reason.
    """
    demand_approver(official)
    _demand_reason(reason)
    rows = records.fee_policies.rows()
    change = leaving(rows, policy_id, policy_version, official.subject_key, reason, at)
    enter(records, rows, change, {})
    policy = change.closed[0].policy
    last_day = next((row.valid.last_day for row in change.opened if row.policy.digest == policy.digest), None)
    note_policy(
        records,
        official.subject_key,
        "fee_policy_withdrawn",
        policy,
        at,
        reason=reason,
        last_day=None if last_day is None else last_day.isoformat(),
    )
    for draft in records.fee_policies.scheduled_drafts(policy.digest):
        _end(records, official, draft, reason, at)


def _end(records: Records, official: VerifiedOfficial, draft: PolicyDraft, reason: str, at: datetime) -> PolicyDraft:
    withdrawn = moved(draft, DraftState.WITHDRAWN, withdrawn_by=official.subject_key, withdrawal_reason=reason)
    saved = records.fee_policies.save_draft(withdrawn)
    note_draft(records, official.subject_key, "fee_draft_withdrawn", saved, at, was=draft.state.value, reason=reason)
    return saved


def _demand_reason(reason: str) -> None:
    if not reason.strip() or len(reason) > MAX_REASON_CHARACTERS:
        raise ValueError(f"a reason of 1 to {MAX_REASON_CHARACTERS} characters is needed")
