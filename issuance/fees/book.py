"""The policies that may decide, side by side, on two axes of time: when they apply, and since when that is known."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from issuance.fees.document import Days, FeePolicy
from issuance.fees.errors import PolicyRefused, Problem
from issuance.fees.problem_words import complain

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
    _by_type: Mapping[str, tuple[BookEntry, ...]] = field(init=False, repr=False, compare=False)

    @classmethod
    def of(cls, policies: Iterable[FeePolicy]) -> PolicyBook:
        """A book in which every policy decides on its own days and has always been known."""
        return cls(tuple(BookEntry(policy, policy.document.effective) for policy in policies))

    def __post_init__(self) -> None:
        by_type: dict[str, list[BookEntry]] = {}
        for entry in self.entries:
            for document_type in entry.policy.document.document_types:
                by_type.setdefault(document_type, []).append(entry)
        # Pair by pair within a type only: a city's book holds a thousand types.
        overlaps: dict[tuple[int, int], Problem] = {}
        for document_type in sorted(by_type):
            for one, other in itertools.combinations(by_type[document_type], 2):
                if _known_together(one, other) and one.valid.overlap(other.valid):
                    overlaps.setdefault((id(one), id(other)), _overlap(one, other, document_type))
        if overlaps:
            raise PolicyRefused(*overlaps.values())
        index = {document_type: tuple(entries) for document_type, entries in by_type.items()}
        # A frozen object's derived part can be set this way only.
        object.__setattr__(self, "_by_type", index)

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
            for entry in self._by_type.get(document_type, ())
            if entry.known_to is None
            and (day := entry.policy.deciding_day(submitted_on, received_on)) is not None
            and entry.valid.cover(day)
        )

    def deciding_by_receipt(self, document_type: str) -> tuple[BookEntry, ...]:
        """The entries for this type, among those known now, that decide by the day of receipt."""
        return tuple(
            entry
            for entry in self._by_type.get(document_type, ())
            if entry.known_to is None and entry.policy.document.deciding_date == "received"
        )

    def by_digest(self, digest: str) -> FeePolicy | None:
        return next((entry.policy for entry in self.entries if entry.policy.digest == digest), None)

    def knows(self, document_type: str) -> bool:
        """Whether any version, on any day, is about this type."""
        return document_type in self._by_type


def _overlap(one: BookEntry, other: BookEntry, document_type: str) -> Problem:
    return Problem(
        name_of(other.policy),
        complain("versions_overlap", other=name_of(one.policy), document_type=document_type).in_words(),
    )


def _known_together(one: BookEntry, other: BookEntry) -> bool:
    if one.known_from == one.known_to or other.known_from == other.known_to:
        return False
    return (other.known_to is None or one.known_from < other.known_to) and (
        one.known_to is None or other.known_from < one.known_to
    )


def name_of(policy: FeePolicy) -> str:
    """How messages call a policy version."""
    return f"{policy.id} version {policy.version}"
