"""Birth dates in the forms that providers write them, turned into the one that is read here."""

from __future__ import annotations

import re
from typing import Final, Literal

DateForm = Literal["yyyy-mm-dd", "yyyymmdd", "dd/mm/yyyy"]

_FORMS: Final[dict[DateForm, re.Pattern[str]]] = {
    "yyyy-mm-dd": re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"),
    "yyyymmdd": re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"),
    "dd/mm/yyyy": re.compile(r"(?P<day>[0-9]{2})/(?P<month>[0-9]{2})/(?P<year>[0-9]{4})"),
}


def to_iso(value: object, forms: tuple[DateForm, ...]) -> str:
    """The date as yyyy-mm-dd if it is written in one of the forms, else an empty text, which no reader accepts.

    Only the form is looked at: a 30th of February stays one, and is refused where claims are read.
    """
    for form in forms:
        written = _FORMS[form].fullmatch(value) if isinstance(value, str) else None
        if written is not None:
            return f"{written['year']}-{written['month']}-{written['day']}"
    return ""
