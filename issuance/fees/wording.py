"""Two languages for everything a citizen reads: labels, amounts and days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

Language = Literal["vi", "en"]


@dataclass(frozen=True, slots=True)
class Label:
    """The same words in Vietnamese and English."""

    # Read by pydantic where a label stands in a policy document.
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    vi: str
    en: str

    def in_language(self, language: Language) -> str:
        return self.vi if language == "vi" else self.en


def number_in_figures(number: int, language: Language) -> str:
    """`205.000` in Vietnamese, `205,000` in English."""
    grouped = f"{number:,}"
    return grouped.replace(",", ".") if language == "vi" else grouped


def amount_in_figures(amount_vnd: int, language: Language) -> str:
    """`205.000 đồng` or `205,000 VND`."""
    return f"{number_in_figures(amount_vnd, language)} {'đồng' if language == 'vi' else 'VND'}"


def day_in_words(day: date, language: Language) -> str:
    """`31/5/2024` as Vietnamese papers write it, `2024-05-31` in English, where the order of day and month misleads."""
    return f"{day.day}/{day.month}/{day.year}" if language == "vi" else day.isoformat()
