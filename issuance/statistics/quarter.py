"""Quarters of a year in Vietnam: the days that public figures are told for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

_NAME = re.compile(r"([12][0-9]{3})-Q([1-4])", re.ASCII)
TOLD_QUARTERS = 8
"""How many are told: the one that runs, and those before it."""


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    year: int
    number: int

    @property
    def name(self) -> str:
        """As addresses have it: `2026-Q3`."""
        return f"{self.year}-Q{self.number}"

    @property
    def first(self) -> date:
        return date(self.year, self.number * 3 - 2, 1)

    @property
    def last(self) -> date:
        return self.next.first - timedelta(days=1)

    @property
    def next(self) -> Quarter:
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def previous(self) -> Quarter:
        return quarter_of(self.first - timedelta(days=1))


def quarter_of(day: date) -> Quarter:
    return Quarter(day.year, (day.month + 2) // 3)


def quarter_named(name: str) -> Quarter | None:
    """None for what is no quarter's name."""
    found = _NAME.fullmatch(name)
    return None if found is None else Quarter(int(found[1]), int(found[2]))


def told_quarters(today: date) -> Sequence[Quarter]:
    """The running one first."""
    found = [quarter_of(today)]
    while len(found) < TOLD_QUARTERS:
        found.append(found[-1].previous)
    return found
