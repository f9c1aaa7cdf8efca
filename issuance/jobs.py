"""Background work, asked for in the transaction that causes it."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol
from uuid import UUID


class JobKind(StrEnum):
    """A kind and an application make one job; asking twice for the same one changes nothing."""

    CONSULT_REGISTER = "consult-register"
    ISSUE_RESULT = "issue-result"
    ISSUE_RECEIPT = "issue-receipt"


class Jobs(Protocol):
    def enqueue(self, kind: JobKind, application_id: UUID) -> None:
        """Runs at least once after the commit, on any worker, until it succeeds. Arguments are ids, never personal data."""
