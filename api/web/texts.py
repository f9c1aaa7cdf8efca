"""The pages' words: English in templates and handlers, Vietnamese in the catalogues of `locales/vi`.

One catalogue for each group of pages: `site` for what all share, then a file for each of the other groups. They are
read as they are written (gettext's PO), so no compiled file can be older than its text.
"""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from ..languages import Language

GROUPS = ("site", "citizen", "desk", "fees", "statistics", "verify")
CATALOGUES = Path(__file__).parent / "locales"


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a text that a template translates later."""
    return text


@cache
def translations(language: Language) -> NullTranslations:
    """What turns the texts of templates into one language; English ones stay as they are."""
    if language == "en":
        return NullTranslations()
    found = Translations()
    for group in GROUPS:
        with (CATALOGUES / language / f"{group}.po").open("rb") as file:
            catalogue = read_po(file, locale=language)
        compiled = BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        found.merge(Translations(compiled))
    # what is merged keeps the plurals of the first; Vietnamese has one form for any number
    found.plural = lambda _: 0
    return found


def translate(text: str, language: Language) -> str:
    """One text that `N_` marked."""
    return translations(language).gettext(text)
