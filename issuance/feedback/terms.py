"""On which terms people ask and are asked."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from uuid import UUID

from issuance.procedure.limit import Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackTerms:
    """open_questions: of one application that may wait for an answer at once. answer_within: how soon one is due.

    survey_days: how long a survey stays open. survey_secret: known to this installation alone; empty where nobody is
    asked how it was.
    """

    open_questions: int = 3
    answer_within: Limit = field(default_factory=lambda: Limit(2, "working_days"))
    survey_days: int = 30
    survey_secret: bytes = field(default=b"", repr=False)

    def survey_token(self, application_id: UUID) -> str:
        """43 letters that open the one survey of this application: whoever lacks the secret can neither make them nor
        tell whose they are."""
        if not self.survey_secret:
            raise ValueError("nobody is asked here")
        digest = hmac.new(self.survey_secret, application_id.bytes, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
