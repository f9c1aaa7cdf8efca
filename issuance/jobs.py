"""Background work: asked for in the transaction that causes it, done in named steps that survive a crash."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol, TypeVar
from uuid import UUID

T = TypeVar("T")


class JobKind(StrEnum):
    """A kind and an application (or a rehearsal, a merger, a notice of a payment, a refund) make one job; asking twice
    for it changes nothing.
    """

    CONSULT_REGISTER = "consult-register"
    ISSUE_RESULT = "issue-result"
    ISSUE_RECEIPT = "issue-receipt"
    ISSUE_APOLOGY = "issue-apology"
    ARCHIVE_RESULT = "archive-result"
    ARCHIVE_RECEIPT = "archive-receipt"
    ARCHIVE_APOLOGY = "archive-apology"
    REHEARSE_POLICY = "rehearse-policy"
    CARRY_OVER = "carry-over"
    SEND_NOTICES = "send-notices"
    CONFIRM_PAYMENT = "confirm-payment"
    SEND_REFUND = "send-refund"


class Jobs(Protocol):
    def enqueue(self, kind: JobKind, application_id: UUID) -> None:
        """Runs at least once after the commit, on any worker, until it succeeds. Arguments are ids alone."""


class StepRunner(Protocol):
    def __call__(self, name: str, act: Callable[[], T]) -> T:
        """Run one step of a job; once done, its result is remembered and a resumed job does not run it again.

        Results are stored with the job: small JSON, never personal data. A step may run more than once when the
        process dies inside it, so each step is harmless when repeated.
        """


JobHandler = Callable[[UUID, StepRunner], None]
"""Does the job for one application; raising means that it is tried again later."""
