"""What another policy would do to many cases: both versions decide each of them, and the differences are added up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from issuance.fees.book import PolicyBook
from issuance.fees.facts import FeeFacts
from issuance.fees.rehearsed import RehearsalResult

__all__ = ["RehearsalCase", "RehearsalResult", "rehearse"]

PROGRESS_EVERY = 1_000


@dataclass(frozen=True, slots=True)
class RehearsalCase:
    """One request. person: whose quotas it draws on, a blind index or a made-up one; never a number or a name."""

    facts: FeeFacts
    person: str


def rehearse(
    cases: Iterable[RehearsalCase],
    before: PolicyBook,
    after: PolicyBook,
    progress: Callable[[int], None],
    *,
    source: Mapping[str, Any] | None = None,
) -> RehearsalResult:
    """Decide every case by both books, in their order, and compare.

    Quotas wider than a request are untouched at the first case and are drawn on by each side on its own. progress: is
    told the number of cases done, every thousand and at the end. source: goes into the result as it is. Memory
    doesn't grow with the number of cases, only up to a bound with that of the people.
    """
    raise NotImplementedError
