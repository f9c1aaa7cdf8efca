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
