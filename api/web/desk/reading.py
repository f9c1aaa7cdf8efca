"""Reads what officials have typed, and gathers what is wrong with it for the page to show."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from issuance.fees.wording import Label

from ...languages import Language
from ...reasons import words_chosen
from ..texts import translate

MAX_VERSION = 999_999_999
_LINE_ENDS = re.compile(r"\r\n?")
# Controls and what turns the direction of writing: no paper prints them.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Reading:
    """problems: by the field's name, in the reader's language. What was read with a problem is of no use."""

    fields: Mapping[str, str] = field(repr=False)
    language: Language
    problems: dict[str, str] = field(default_factory=dict)

    def version(self) -> int:
        """Of the case that the page had shown. One that is none of ours fits no case."""
        text = self.fields.get("version", "")
        return int(text) if text.isascii() and text.isdigit() and int(text) <= MAX_VERSION else -1

    def text(self, name: str, most: int, *, missing: str) -> str:
        """Not empty, in NFC. missing: what is said where it is."""
        return self._bounded(name, tidy(self.fields.get(name, "")), most, missing)

    def reason(self, listed: Mapping[str, Label], most: int = 1_000) -> str:
        """The one chosen from the list with the official's own words; one of the two is enough."""
        own = tidy(self.fields.get("own_words", ""))
        if listed:
            place, missing = "reason", translate("Choose from the list, or write it in your own words.", self.language)
        else:
            place, missing = "own_words", translate("Write it in your own words.", self.language)
        return self._bounded(place, words_chosen(listed, self.fields.get("reason", ""), own), most, missing)

    def one_of(self, name: str, known: Collection[str], *, missing: str) -> str:
        value = self.fields.get(name, "")
        if value not in known:
            self.problems[name] = missing
        return value

    def day(self, name: str) -> date:
        """As browsers send it, or `31/12/2026`, as it is typed where a browser has no field for days."""
        text = self.fields.get(name, "").strip()
        typed = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", text, re.ASCII)
        if typed:
            text = f"{typed[3]}-{int(typed[2]):02}-{int(typed[1]):02}"
        try:
            # other forms of ISO 8601 are read by Python too, and typed by nobody
            found = date.fromisoformat(text) if re.fullmatch(r"2\d{3}-\d{2}-\d{2}", text, re.ASCII) else None
        except ValueError:
            found = None
        if found is not None:
            return found
        self.problems[name] = translate("Type a day, such as 31/12/2026.", self.language)
        return date.min

    def amount(self, name: str, most: int) -> int:
        """In đồng; points and spaces between the thousands are left out."""
        text = re.sub(r"[ .,\u00a0]", "", self.fields.get(name, "")).removesuffix("đ").removesuffix("₫")
        if re.fullmatch(r"[0-9]{1,10}", text) and int(text) <= most:
            return int(text)
        self.problems[name] = translate("Type an amount in đồng, such as 200,000.", self.language)
        return 0

    def _bounded(self, name: str, text: str, most: int, missing: str) -> str:
        if not text:
            self.problems[name] = missing
        elif len(text) > most:
            self.problems[name] = translate("This is too long: at most %(most)s letters.", self.language) % {
                "most": most
            }
        return text


def tidy(text: str) -> str:
    """In NFC, with plain line ends, without what nobody sees, nothing around it."""
    return _UNSEEN.sub("", _LINE_ENDS.sub("\n", unicodedata.normalize("NFC", text))).strip()
