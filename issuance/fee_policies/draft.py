"""A fee policy that is being changed: what was written, how far it has come, who did what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

from ..fees.document import Days, FeePolicy


class DraftState(StrEnum):
    """How far a draft has come; what was scheduled is active or superseded by the day alone (see `Standing`)."""

    DRAFT = "draft"
    CHECKED = "checked"
    REHEARSED = "rehearsed"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    WITHDRAWN = "withdrawn"


_S = DraftState
LEGAL_MOVES: Mapping[DraftState, frozenset[DraftState]] = MappingProxyType(
    {
        _S.DRAFT: frozenset({_S.CHECKED, _S.WITHDRAWN}),
        _S.CHECKED: frozenset({_S.DRAFT, _S.CHECKED, _S.REHEARSED, _S.WITHDRAWN}),
        _S.REHEARSED: frozenset({_S.DRAFT, _S.CHECKED, _S.REHEARSED, _S.APPROVED, _S.WITHDRAWN}),
        _S.APPROVED: frozenset({_S.DRAFT, _S.SCHEDULED, _S.WITHDRAWN}),
        _S.SCHEDULED: frozenset({_S.WITHDRAWN}),
        _S.WITHDRAWN: frozenset(),
    }
)
"""Every edit leads back to DRAFT; an approval is gone with it."""


class Standing(StrEnum):
    """What a version in the book is on a day: not in force yet, in force, or ended (superseded or withdrawn)."""

    SCHEDULED = "scheduled"
    ACTIVE = "active"
    SUPERSEDED = "superseded"


def standing_of(valid: Days, on: date) -> Standing:
    """on: a day in Asia/Ho_Chi_Minh."""
    if on < valid.first_day:
        return Standing.SCHEDULED
    return Standing.ACTIVE if valid.cover(on) else Standing.SUPERSEDED


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDraft:
    """One draft. `version` rises with every stored change (If-Match), so that two changes at once cannot both win.

    source: the document as written, bytes of JSON that `read_policy` reads without its files; digest: of that document.
    author: the account that edited it last. checked: the report of the last check, of this digest. rehearsal: the last
    rehearsal of this digest. approved_person: a blind index of the approver's personal number, as at `Editor`.
    approved_digest: what the approval binds; equal to `digest` or None.
    """

    id: UUID
    policy_id: str
    policy_version: int
    source: bytes
    digest: str
    state: DraftState
    author: str
    unit: str
    created_at: datetime
    checked: Mapping[str, Any] | None = None
    rehearsal: UUID | None = None
    approved_by: str | None = None
    approved_person: str | None = None
    approved_at: datetime | None = None
    approved_digest: str | None = None
    withdrawn_by: str | None = None
    withdrawal_reason: str | None = None
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSummary:
    """What a list says of a draft, as at `PolicyDraft`: a hundred documents of 256 KB are not read for it."""

    id: UUID
    policy_id: str
    policy_version: int
    digest: str
    state: DraftState
    author: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """Somebody who has written at a draft. person: a blind index of the personal number, since one person may hold two
    accounts."""

    subject_key: str
    person: str


class RehearsalState(StrEnum):
    ASKED = "asked"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRehearsal:
    """A rehearsal of one digest, its progress (`done` of `total` cases; total is 0 until it is known) and its result.

    plan: what is rehearsed: {"kind": "past", "first_day", "last_day"} or {"kind": "population", "size", "seed", …}.
    """

    id: UUID
    draft_id: UUID
    digest: str
    plan: Mapping[str, Any]
    state: RehearsalState
    asked_by: str
    asked_at: datetime
    done: int = 0
    total: int = 0
    result: Mapping[str, Any] | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRow:
    """An entry of the policy book as it is stored; see `issuance.fees.book.BookEntry` for the two axes of time.

    opened_by, closed_by: accounts, or `condau` for shipped policies.
    """

    id: UUID
    policy: FeePolicy
    valid: Days
    known_from: datetime
    opened_by: str
    known_to: datetime | None = None
    closed_by: str | None = None
    closing_reason: str | None = None

    def is_known(self, at: datetime) -> bool:
        return self.known_from <= at and (self.known_to is None or at < self.known_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAct:
    """The file of a legal act, kept by its digest in the folder of documents."""

    sha256: bytes
    name: str
    media_type: str
    size_bytes: int
    added_by: str
    added_at: datetime
