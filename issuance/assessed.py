"""The fee decisions of an application, one after the other; none is ever changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from .fees.assessment import FeeAssessment

AssessmentCause = Literal["submitted", "evidence_accepted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAssessment:
    """seq: 1 for the decision at submission, then rising. at: when it was taken, and so which book was known."""

    application_id: UUID
    seq: int
    at: datetime
    cause: AssessmentCause
    assessment: FeeAssessment
