"""The memo of an order within the words that payers and banks put around it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from ..records import Records
from .order import MAX_MEMO_CHARACTERS, PaymentOrder

# A memo ends with the day (YYMMDD) and the number of an application's code; before that stands the unit's code.
_END = re.compile(r"(?=\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{4})")
_END_LETTERS = 10
_SHORTEST, _LONGEST = 12, 25
_LONGEST_ALONE = 64 + _END_LETTERS


def memo_candidates(text: str) -> tuple[str, ...]:
    """Everything in a text that could be a memo, whatever its case and whichever signs and blanks stand inside.

    A memo of another length, of a unit whose code is very short or long, is found where nothing else stands around it.
    """
    plain = unicodedata.normalize("NFKC", text[:MAX_MEMO_CHARACTERS]).upper()
    letters = "".join(letter for letter in plain if letter.isascii() and letter.isalnum())
    alone = (letters,) if _END_LETTERS < len(letters) <= _LONGEST_ALONE else ()
    return tuple(dict.fromkeys((*alone, *_windows(letters))))


def _windows(letters: str) -> Iterator[str]:
    for found in _END.finditer(letters):
        end = found.start() + _END_LETTERS
        for length in range(_SHORTEST, min(_LONGEST, end) + 1):
            yield letters[end - length : end]


def order_of_memo(records: Records, text: str) -> PaymentOrder | None:
    """The one order whose memo stands in the text; None where there is none, or more than one."""
    found = records.payments.of_memos(memo_candidates(text))
    # The longer one, where the memo of one unit ends like that of another.
    whole = [one for one in found if not any(one.memo != other.memo and one.memo in other.memo for other in found)]
    return whole[0] if len(whole) == 1 else None
