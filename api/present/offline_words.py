"""The words of verdicts as data, for the page that reaches its verdicts itself, also without a network."""

from __future__ import annotations

from typing import Any

from issuance.documents.catalogue import Catalogue
from issuance.fees.wording import Label

from ..languages import Language
from . import file_words
from .verdict import MONTHS
from .verdict_words import FINDINGS, GLOSSES, INSTRUCTIONS, INSTRUCTIONS_FOR, OUTCOMES, TITLES, TITLES_FOR


def offline_words(catalogue: Catalogue, language: Language) -> dict[str, Any]:
    """What `verdict_view` says of a QR code, and of a code in a picture, by the same codes.

    glosses: of known result lines, for readers of English only. months: empty where dates are written in figures.
    """

    def said(label: Label) -> str:
        return label.in_language(language)

    return {
        "titles": {state.value: said(label) for state, label in TITLES.items()},
        "titles_for": {reason: said(label) for reason, label in TITLES_FOR.items()},
        "instructions": {state.value: said(label) for state, label in INSTRUCTIONS.items()},
        "instructions_for": {reason: said(label) for reason, label in INSTRUCTIONS_FOR.items()},
        "findings": {code: said(label) for code, label in FINDINGS.items()},
        "outcomes": {outcome.value: said(label) for outcome, label in OUTCOMES.items()},
        "code_in_file": {
            "titles": {state.value: said(title) for state, (title, _) in file_words.OF_CODE_IN_FILE.items()},
            "instructions": {state.value: said(what) for state, (_, what) in file_words.OF_CODE_IN_FILE.items()},
            "note": said(file_words.NOTE_ON_CODE_IN_FILE),
        },
        "types": {one.id: said(one.name) for one in catalogue},
        "glosses": {} if language == "vi" else {f"{kind}|{line}": gloss for (kind, line), gloss in GLOSSES.items()},
        "months": [] if language == "vi" else list(MONTHS),
    }
