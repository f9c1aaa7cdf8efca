"""What becomes of a fee policy stands in the audit trail, in the transaction of the change itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from issuance.fees.document import FeePolicy
from issuance.records import AuditEntry, Records

from .draft import PolicyDraft


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
