"""What was stated in an application, as officials read it: the fields' names and values in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...languages import Language
from ..texts import N_, translate

_NAMES = {
    "copies": N_("Paper copies"),
    "sex": N_("Sex"),
    "other_names": N_("Other names"),
    "birth_place": N_("Place of birth"),
    "nationality": N_("Nationality"),
    "permanent_residence": N_("Permanent residence"),
    "temporary_residence": N_("Temporary residence"),
    "business_management_ban_requested": N_("Also state bans on managing a business"),
    "lived_abroad": N_("Has lived abroad"),
    "lived_elsewhere": N_("Has lived elsewhere"),
    "married_before": N_("Was married before"),
    "purpose": N_("Purpose"),
    "delivery": N_("How the result is wanted"),
}
_VALUES = {
    "male": N_("Male"),
    "female": N_("Female"),
    "download": N_("To download"),
    "post": N_("By post"),
    "single": N_("Single"),
    "married": N_("Married"),
    "divorced": N_("Divorced"),
    "widowed": N_("Widowed"),
}
_OF_A_LIST = frozenset({"sex", "delivery", "marital_status"})


@dataclass(frozen=True, slots=True)
class Stated:
    """is_vietnamese: a text that somebody wrote; the rest is in the page's language."""

    name: str
    value: str
    is_vietnamese: bool


def stated_in(given: Mapping[str, Any], language: Language) -> Sequence[Stated]:
    """In the order of the known fields, then whatever else there is under its own name."""
    known = [name for name in _NAMES if name in given]
    return [_stated(name, given[name], language) for name in (*known, *(one for one in given if one not in _NAMES))]


def _stated(name: str, value: Any, language: Language) -> Stated:
    label = translate(_NAMES[name], language) if name in _NAMES else name.replace("_", " ")
    words = in_words(name, value, language)
    return Stated(label, words, isinstance(value, str) and name not in _OF_A_LIST)


def in_words(name: str, value: Any, language: Language) -> str:
    """A dash for what was left out."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return translate("Yes", language) if value else translate("No", language)
    if name in _OF_A_LIST and value in _VALUES:
        return translate(_VALUES[value], language)
    if isinstance(value, list):
        return f"{len(value)}"
    return str(value)
