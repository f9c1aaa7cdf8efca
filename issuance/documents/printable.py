"""The characters that an issued page can show: one set for all inputs, so that nothing fails only at printing."""

import unicodedata

MAX_WORD_LETTERS = 30
"""Longer words without a space would run out of a field's column; the longest Vietnamese syllable has 7 letters."""

_VIETNAMESE = "ƠơƯư" + "".join(map(chr, range(0x1EA0, 0x1EFA)))
_LATIN = "".join(map(chr, (*range(0x20, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x180))))
# ŉ, ſ and ı don't survive the way to capitals and back, ŀ and Ŀ are taken apart by readers.
PRINTABLE = frozenset(_LATIN + _VIETNAMESE + "–—‘’“”…₫") - set("ŉſıĿŀ")
"""Basic Latin, Latin-1, Latin Extended-A and the Vietnamese letters: both text faces hold every one of them."""


def normalised(text: str) -> str:
    """NFC, the form in which texts are compared, digested and printed."""
    return unicodedata.normalize("NFC", text)


def is_printable(text: str) -> bool:
    """True when every character is in the set and no word is too long to break. Control and bidi signs never are."""
    return PRINTABLE.issuperset(text) and all(len(word) <= MAX_WORD_LETTERS for word in text.split(" "))
