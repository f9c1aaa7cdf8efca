"""The twelve-digit personal identification number (số định danh cá nhân)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from identity.errors import MalformedPersonalId

_FORM = re.compile(r"[0-9]{12}")


@dataclass(frozen=True, slots=True)
class PersonalId:
    """A number of the right form: 3 digits place of birth registration, 1 century and sex, 2 birth year, 6 random.

    There is no check digit, so the form proves nothing about the person. `repr` and `str` are redacted; ask for
    `.digits` where the plain number is really needed. The place is where the birth was registered, never where the
    person lives.
    Raises MalformedPersonalId.
    """

    digits: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _FORM.fullmatch(self.digits):
            raise MalformedPersonalId

    def __repr__(self) -> str:
        return f"{self.digits[:3]}*********"

    __str__ = __repr__

    @property
    def birth_registration_code(self) -> str:
        """Three digits of the place where the birth was registered (Hanoi 001)."""
        return self.digits[:3]

    @property
    def birth_year(self) -> int:
        """Year of birth as the number writes it: digit 4 counts centuries in pairs from 1900, 5 and 6 the year."""
        return 1900 + 100 * (int(self.digits[3]) // 2) + int(self.digits[4:6])
