"""The audit entry of what an official does with a case; under a delegation it names both."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..application import Application
from ..delegations.authority import Authority
from ..records import AuditEntry, Records


def audit(records: Records, application: Application, by: Authority, action: str, at: datetime, **details: Any) -> None:
    """details: no personal data, and no words that people write."""
    lent = {}
    if by.delegation is not None:
        lent = {"acting_for": by.delegation.delegator.subject_key, "delegation": str(by.delegation.id)}
    records.audit.append(
        AuditEntry(
            at=at,
            actor=by.actor.subject_key,
            action=action,
            application_id=application.id,
            details={"unit": application.unit, "state": application.state, **details, **lent},
        )
    )
