"""Application codes: the unit's, a day's, and four digits that count them (Circular 01/2018/TT-VPCP, art. 19)."""

from __future__ import annotations

from datetime import date

MAX_CODES_PER_UNIT_AND_DAY = 9_999
CODE_DAYS_AHEAD = 30
"""How many days further on a code may lie where those of all days before are used up."""


def application_code(unit: str, day: date, number: int) -> str:
    """`unit-YYMMDD-number`. day: of the submission, or one after it where that day's codes were used up."""
    if not 1 <= number <= MAX_CODES_PER_UNIT_AND_DAY:
        raise ValueError("a code counts from 1 to 9,999")
    return f"{unit}-{day:%y%m%d}-{number:04d}"
