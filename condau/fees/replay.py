"""Every stored fee decision taken again: the same version, the same facts, and so the same result, or it is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from condau.installation import Ask
from issuance.assessed import StoredAssessment
from issuance.fees.book import PolicyBook
from issuance.fees.document import FeePolicy
from issuance.fees.errors import AssessmentUnreadable, FeeError
from issuance.fees.replay import decide_again, differences
from issuance.records import Records

PAGE = 500
MAX_NAMED = 1_000


@dataclass(frozen=True, slots=True)
class Differing:
    """One decision that comes out otherwise. places: of the assessment, as `lines[fee].due_vnd`; no values, which could
    be personal data. error: a stable code where it can't be decided again at all."""

    application_id: UUID | None
    seq: int
    places: tuple[str, ...]
    error: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "application_id": None if self.application_id is None else str(self.application_id),
            "seq": self.seq,
            "places": list(self.places),
            "error": self.error,
        }


@dataclass(slots=True)
class Replayed:
    """How many decisions were the same, and which were not (the first thousand of them). is_complete: False where the
    rest, after the one named last, could not be read."""

    decisions: int = 0
    same: int = 0
    differing: int = 0
    named: list[Differing] = field(default_factory=list)
    is_complete: bool = True

    @property
    def is_fine(self) -> bool:
        return self.is_complete and self.same == self.decisions

    def note(self, difference: Differing) -> None:
        self.differing += 1
        if len(self.named) < MAX_NAMED:
            self.named.append(difference)

    def to_json(self) -> dict[str, Any]:
        return {
            "decisions": self.decisions,
            "same": self.same,
            "differing": self.differing,
            "is_complete": self.is_complete,
            "differences": [one.to_json() for one in self.named],
        }


def replay(ask: Ask, progress: Callable[[int], None]) -> Replayed:
    """Decide each again from what it says about itself, page by page; memory doesn't grow with their number.

    progress: is told how many are done. Raises RecordsUnavailable.
    """
    result = Replayed()
    after: tuple[UUID | None, int] = (None, 0)
    limit = PAGE
    while True:
        try:
            page, book = ask(_page(after, limit))
        except AssessmentUnreadable as broken:
            if limit > 1:
                # A page is read as a whole: one by one we come as far as the broken one.
                limit = 1
                continue
            result.note(Differing(after[0], after[1], (), broken.code))
            result.is_complete = False
            return result
        for stored in page:
            _one(stored, book, result)
        progress(result.decisions)
        if len(page) < limit:
            return result
        after = (page[-1].application_id, page[-1].seq)


def _page(
    after: tuple[UUID | None, int], limit: int
) -> Callable[[Records], tuple[Sequence[StoredAssessment], PolicyBook]]:
    return lambda records: (records.assessments.after(*after, limit), records.fee_policies.book())


def _one(stored: StoredAssessment, book: PolicyBook, result: Replayed) -> None:
    result.decisions += 1
    version = _version_of(stored, book)
    if version is None:
        result.note(Differing(stored.application_id, stored.seq, (), "fee_policy_not_in_book"))
        return
    try:
        places = differences(stored.assessment, decide_again(stored.assessment, version))
    except FeeError as refused:
        result.note(Differing(stored.application_id, stored.seq, (), refused.code))
        return
    if places:
        result.note(Differing(stored.application_id, stored.seq, places))
    else:
        result.same += 1


def _version_of(stored: StoredAssessment, book: PolicyBook) -> FeePolicy | PolicyBook | None:
    """The version that decided; for a referral the book as it was known then."""
    decided = stored.assessment.policy
    return book.known_at(stored.at) if decided is None else book.by_digest(decided.digest)
