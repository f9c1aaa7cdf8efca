"""Money that goes back to a citizen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from ..fees.document import VND

RefundCause = Literal["evidence_accepted", "withdrawn", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundOrder:
    """An order to pay back what was paid too much; `amount` in VND, above zero.

    At most one for an assessment and a cause. assessment_seq: the assessment by which the money is not due (see
    `StoredAssessment`).
    """

    id: UUID
    application_id: UUID
    assessment_seq: int
    amount: VND
    cause: RefundCause
    opened_by: str
    opened_at: datetime
