"""Who has been told of which deadline: each is told once, and told anew only where a pause has moved it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class FollowUpKind(StrEnum):
    DUE_SOON = "due_soon"
    STEP_OVERDUE = "step_overdue"
    OVERDUE = "overdue"
    QUESTION_OVERDUE = "question_overdue"
    PAPERS_OVERDUE = "papers_overdue"


class Level(StrEnum):
    """Whom it is for: the owner, or the heads of the owner's unit."""

    OWNER = "owner"
    HEAD = "head"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """What somebody was told about an application's deadline.

    to_key: whose turn it was; None for everybody of the unit in the step's role, or for the unit's heads. escalates_at:
    when the heads are told as well, None where they are not.
    """

    id: UUID
    application_id: UUID
    unit: str
    kind: FollowUpKind
    level: Level
    due_at: datetime
    to_key: str | None
    found_at: datetime
    seen_at: datetime | None = None
    escalates_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DueCase:
    """An application whose owner has not been told of this deadline yet."""

    application_id: UUID
    unit: str
    owner_key: str | None
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Escalation:
    """A follow-up that its owner's head is to be told of by now. still_late: whether the application runs with the same
    deadline; paused: whether its clock stands still, so that nobody is told for now."""

    follow_up: FollowUp
    still_late: bool


@dataclass(frozen=True, slots=True)
class FollowUpLine:
    """A follow-up as a list shows it. code, type_id: of the application."""

    follow_up: FollowUp
    code: str
    type_id: str


@dataclass(frozen=True, slots=True)
class FollowUpPage:
    lines: Sequence[FollowUpLine]
    next_cursor: str | None


class FollowUps(Protocol):
    def due_soon(
        self, after: datetime, until: datetime, limit: int, *, units: Collection[str], are_left_out: bool
    ) -> Sequence[DueCase]:
        """Running applications promised from `after` to `until` (both included), the earliest first: of these units,
        or of all but these."""

    def overdue(self, at: datetime, limit: int) -> Sequence[DueCase]:
        """Running applications whose promised moment has passed, and those that were late when their time stopped."""

    def step_overdue(self, at: datetime, limit: int) -> Sequence[DueCase]:
        """Running applications whose step's moment has passed."""

    def papers_overdue(self, today: date, limit: int) -> Sequence[DueCase]:
        """Applications that wait for papers, past the day until which they were asked for, and whose owner has not been
        told since they were asked for. due_at: since when the clock stands still for it."""

    def questions_overdue(self, at: datetime, limit: int) -> Sequence[DueCase]:
        """Applications with a question whose answer is overdue, by its due time; those that have ended too."""

    def escalating(self, at: datetime, limit: int) -> Sequence[Escalation]:
        """What the heads are to be told by now; nothing of applications whose clock stands still."""

    def add(self, follow_ups: Collection[FollowUp]) -> None:
        """Raises ConcurrentChange where one of them was told meanwhile."""

    def end_escalation(self, follow_up_ids: Collection[UUID]) -> None:
        """The heads have been told, or need not be."""

    def of_official(
        self, unit: str, subject_key: str, roles: Collection[str], cursor: str | None, limit: int, *, whole_unit: bool
    ) -> FollowUpPage:
        """What the official has not seen yet, newest first: told to him or her, of applications that are his or hers,
        or of the unit's that nobody has yet in one of these roles. whole_unit: all of the unit's.

        Raises InvalidCursor."""

    def see(
        self, follow_up_id: UUID, unit: str, subject_key: str, roles: Collection[str], at: datetime, *, whole_unit: bool
    ) -> bool:
        """Note that it was seen; False where the official has no such follow-up. Harmless when repeated."""
