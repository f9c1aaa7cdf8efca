"""The characters that an issued page can show: one set for all inputs, so that nothing fails only at printing."""

import re
import unicodedata

MAX_WORD_TENTHS_EM = 200
"""A field's column holds 24 em of bold capitals; a word that is wider would leave the page. 25 usual letters fit."""

_WIDE = frozenset("WMÆŒĦ@%—…")
_WIDE_TENTHS, _LETTER_TENTHS, _OTHER_TENTHS = 10, 8, 6

_SURELY_FITS = 10
"""Letters: none is wider than one em, and none of the set becomes more than two as a capital."""

_VIETNAMESE = "ƠơƯư" + "".join(map(chr, range(0x1EA0, 0x1EFA)))
_LATIN = "".join(map(chr, (*range(0x20, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x180))))
# ŉ, ſ and ı don't survive the way to capitals and back, ŀ and Ŀ are taken apart by readers.
PRINTABLE = frozenset(_LATIN + _VIETNAMESE + "–—‘’“”…₫") - set("ŉſıĿŀ")
"""Basic Latin, Latin-1, Latin Extended-A and the Vietnamese letters: both text faces hold every one of them."""

_SHORT_WORD = f"[{re.escape(''.join(sorted(PRINTABLE - {' '})))}]{{0,{_SURELY_FITS}}}"
_of_short_words = re.compile(f"{_SHORT_WORD}(?: {_SHORT_WORD})*").fullmatch


def normalised(text: str) -> str:
    """NFC, the form in which texts are compared, digested and printed."""
    return unicodedata.normalize("NFC", text)


def is_printable(text: str) -> bool:
    """True when every character is in the set and no word too wide for a line. Control and bidi signs never are."""
    # Nearly every text has nothing but short words, which one look tells.
    return _of_short_words(text) is not None or (
        PRINTABLE.issuperset(text) and all(_fits(word) for word in text.split(" "))
    )


def _fits(word: str) -> bool:
    return len(word) <= _SURELY_FITS or _tenths_em(word) <= MAX_WORD_TENTHS_EM


def _tenths_em(word: str) -> int:
    """An upper bound of the word's width, in capitals because names are printed so."""
    return sum(
        _WIDE_TENTHS if letter in _WIDE else _LETTER_TENTHS if letter.isalpha() else _OTHER_TENTHS
        for letter in word.upper()
    )
