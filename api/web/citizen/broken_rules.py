"""What is wrong with a field of a form, in words: the rules' codes as they come from schemas and use cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...languages import Language
from ..texts import N_, translate

_WORDS: Mapping[str, str] = {
    "missing": N_("Fill this in."),
    "too_short": N_("Fill this in."),
    "too_few": N_("Fill this in."),
    "too_long": N_("This is too long."),
    "too_many": N_("These are too many."),
    "too_small": N_("This number is too small."),
    "too_big": N_("This number is too large."),
    "wrong_type": N_("Write a whole number in figures."),
    "not_allowed": N_("Choose one of these."),
    "wrong_format": N_("This is not written in the right way."),
    "printable": N_("This has letters or signs that cannot be printed."),
}
_UNKNOWN = N_("This cannot be accepted.")
_OF_FIELD: Mapping[tuple[str, str], str] = {
    ("child", "wrong_format"): N_("The number has twelve digits."),
    ("post.phone", "wrong_format"): N_("Write a phone number such as 0912345678."),
}


def in_words(problems: Iterable[tuple[str, str]], language: Language) -> dict[str, str]:
    """problems: names of fields with what each breaks. The first of each field counts."""
    told: dict[str, str] = {}
    for name, rule in problems:
        text = _OF_FIELD.get((name, rule)) or _WORDS.get(rule, _UNKNOWN)
        told.setdefault(name, translate(text, language))
    return told
