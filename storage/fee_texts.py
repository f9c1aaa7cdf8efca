"""Fee decisions as they are stored: their text, written out once for all alike requests and for both rows of each."""

from __future__ import annotations

from issuance.fees.assessment import FeeAssessment
from issuance.fees.stored import to_json as fee_to_json

from .columns import Encoded, to_json


def fee_text(assessment: FeeAssessment) -> Encoded:
    return assessment.once("stored text", lambda one: Encoded(to_json(fee_to_json(one))))
