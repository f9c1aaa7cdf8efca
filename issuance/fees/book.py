"""The policies that may decide, side by side, on two axes of time: when they apply, and since when that is known."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from issuance.fees.document import Days, FeePolicy
from issuance.fees.errors import PolicyRefused, Problem

EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when a shipped policy is known: longer than any installation."""


@dataclass(frozen=True, slots=True)
class BookEntry:
    """A policy that decides on the days `valid`, as it was known from one moment to another (exclusive; None: still).

    `valid` lies within the document's own days and may end earlier, where a later version or a withdrawal ended it.
    """

    policy: FeePolicy
    valid: Days
    known_from: datetime = EVER
    known_to: datetime | None = None

    def is_known(self, at: datetime) -> bool:
        return self.known_from <= at and (self.known_to is None or at < self.known_to)


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """Checked policies.

    Raises PolicyRefused when two that are known at once would decide the same document type on the same day.
    """

    entries: tuple[BookEntry, ...]

    @classmethod
    def of(cls, policies: Iterable[FeePolicy]) -> PolicyBook:
        """A book in which every policy decides on its own days and has always been known."""
        return cls(tuple(BookEntry(policy, policy.document.effective) for policy in policies))

    def __post_init__(self) -> None:
        problems = []
        for one, other in itertools.combinations(self.entries, 2):
            if not _known_together(one, other):
                continue
            shared = sorted(set(one.policy.document.document_types) & set(other.policy.document.document_types))
            if shared and one.valid.overlap(other.valid):
                problems.append(
                    Problem(
                        name_of(other.policy),
                        f"overlaps with {name_of(one.policy)}: on some days both decide '{shared[0]}'",
                    )
                )
        if problems:
            raise PolicyRefused(*problems)

    @property
    def policies(self) -> tuple[FeePolicy, ...]:
        """Every policy that is or was in the book, each once, in the order of the entries."""
        return tuple({entry.policy.digest: entry.policy for entry in self.entries}.values())

    def known_at(self, at: datetime) -> PolicyBook:
        """The book as it was known at that moment; all its entries have always been known to it."""
        return PolicyBook(tuple(BookEntry(entry.policy, entry.valid) for entry in self.entries if entry.is_known(at)))

    def applicable(self, document_type: str, submitted_on: date, received_on: date | None) -> tuple[FeePolicy, ...]:
        """What now decides this type, each version by its own deciding day (Asia/Ho_Chi_Minh).

        None: refer to an official. More than one, where versions decide by different days: refer as well.
        """
        return tuple(
            entry.policy
            for entry in self.entries
            if entry.known_to is None
            and document_type in entry.policy.document.document_types
            and (day := submitted_on if entry.policy.document.deciding_date == "submitted" else received_on) is not None
            and entry.valid.cover(day)
        )

    def by_digest(self, digest: str) -> FeePolicy | None:
        return next((entry.policy for entry in self.entries if entry.policy.digest == digest), None)

    def knows(self, document_type: str) -> bool:
        """Whether any version, on any day, is about this type."""
        return any(document_type in entry.policy.document.document_types for entry in self.entries)


def _known_together(one: BookEntry, other: BookEntry) -> bool:
    return (other.known_to is None or one.known_from < other.known_to) and (
        one.known_to is None or other.known_from < one.known_to
    )


def name_of(policy: FeePolicy) -> str:
    """How messages call a policy version."""
    return f"{policy.id} version {policy.version}"
