"""Fee decisions as they are stored. A submission stores its own twice, in two rows, and writes it out once."""

from __future__ import annotations

from issuance.fees.assessment import FeeAssessment
from issuance.fees.stored import to_json as fee_to_json

from .columns import Encoded, to_json


class FeeTexts:
    """Of one transaction: the text of the last decision that was asked for."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: tuple[FeeAssessment, Encoded] | None = None

    def of(self, assessment: FeeAssessment) -> Encoded:
        last = self._last
        if last is None or last[0] is not assessment:
            last = self._last = assessment, Encoded(to_json(fee_to_json(assessment)))
        return last[1]
