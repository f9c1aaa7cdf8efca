"""What a request would cost, before anybody asks for anything."""

from __future__ import annotations

from datetime import datetime

from .assess_fee import assess_fee
from .fees.assess import FeeAssessment, FeeFacts
from .records import Records


def quote(
    records: Records, facts: FeeFacts, *, person: str | None, at: datetime, known_at: datetime | None = None
) -> FeeAssessment:
    """The decision that these facts would lead to; nothing is stored and nothing reserved.

    person: by the rules' person index, whose quotas are then as far used as they are; None where nobody has signed in:
    a person's quotas count as untouched. What is left of budgets is what is left now, in either case.
    known_at: by the policies as they were known at that moment, never later than `at`; None: as they are known now.
    """
    book = records.fee_policies.book()
    if known_at is not None:
        # Nobody knows what will be known.
        book = book.known_at(min(known_at, at))
    return assess_fee(records, book, facts, person=person).assessment
