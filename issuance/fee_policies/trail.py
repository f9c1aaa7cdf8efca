"""What becomes of a fee policy stands in the audit trail, in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from issuance.fees.document import FeePolicy
from issuance.records import AuditEntry, Records

from .draft import PolicyDraft

_OF_DRAFTS = (
    *("fee_draft_written", "fee_draft_edited", "fee_draft_checked", "fee_rehearsal_asked", "fee_draft_approved"),
    *("fee_policy_scheduled", "fee_draft_withdrawn"),
)


def done_to_draft(records: Records, draft_id: UUID, accounts: Iterable[str]) -> Sequence[AuditEntry]:
    """What these accounts have done to a draft, the earliest first."""
    entries = records.audit.of_actors(sorted(set(accounts)), _OF_DRAFTS)
    return [one for one in entries if one.details.get("draft") == str(draft_id)]


def note_draft(records: Records, actor: str, action: str, draft: PolicyDraft, at: datetime, **more: Any) -> None:
    """more: small JSON values without personal data."""
    _note(
        records,
        actor,
        action,
        at,
        draft=str(draft.id),
        digest=draft.digest,
        policy=draft.policy_id,
        version=draft.policy_version,
        state=draft.state.value,
        **more,
    )


def note_policy(records: Records, actor: str, action: str, policy: FeePolicy, at: datetime, **more: Any) -> None:
    """Of a version in the book."""
    _note(records, actor, action, at, digest=policy.digest, policy=policy.id, version=policy.version, **more)


def _note(records: Records, actor: str, action: str, at: datetime, **details: Any) -> None:
    records.audit.append(AuditEntry(at=at, actor=actor, action=action, application_id=None, details=details))
