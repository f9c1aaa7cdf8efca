"""What is wrong with a form: shortly at its field, and with the field's name where all of it stands together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ....languages import Language
from ...texts import N_, translate

_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "above": N_("Free up to this number of copies or pages"),
        "act_issued_by": N_("Issuing body"),
        "act_issued_on": N_("Date of issue"),
        "amount": N_("Amount in VND"),
        "birth_date": N_("Born on"),
        "charge": N_("Name of the charge"),
        "copies": N_("Paper copies"),
        "due": N_("To pay, in VND"),
        "first_day": N_("First day, included"),
        "funding": N_("Name of the budget"),
        "gross": N_("Charged, in VND"),
        "label": N_("Name"),
        "last_day": N_("Last day, included; empty for an open end"),
        "pages": N_("Pages of the document"),
        "quota_from": N_("Counted from"),
        "received_on": N_("Received on"),
        "submitted_on": N_("Submitted on"),
        "version_number": N_("Number of the version"),
    }
)
"""Of fields whose problems do not say themselves what they are about."""


@dataclass(frozen=True, slots=True)
class Told:
    """By field, in the reader's language."""

    at_fields: Mapping[str, str]
    in_summary: Mapping[str, str]


NOTHING_WRONG = Told({}, {})


def told(problems: Mapping[str, str], language: Language) -> Told:
    """problems: by field, in English for translation."""
    at_fields = {name: translate(text, language) for name, text in problems.items()}
    return Told(at_fields, {name: _with_name(name, text, language) for name, text in at_fields.items()})


def _with_name(field: str, text: str, language: Language) -> str:
    # A budget is chosen, or else named; only of the latter does the problem leave out what it is about.
    name = None if field == "funding" else _NAMES.get(field.removesuffix("_vi").removesuffix("_en"))
    return text if name is None else f"{translate(name, language)}: {text[:1].lower()}{text[1:]}"
