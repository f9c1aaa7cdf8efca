"""A question about an application, as it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from ..application import Actor, Application


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked, until when an answer is due, and the answer with whoever gave it."""

    id: UUID
    application_id: UUID
    text: str = field(repr=False)
    asked_at: datetime
    due_at: datetime
    answer: str | None = field(default=None, repr=False)
    answered_by: Actor | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """One that waits, with the application that it is about."""

    question: Question
    application: Application


@dataclass(frozen=True, slots=True)
class QuestionsPage:
    questions: Sequence[OpenQuestion]
    next_cursor: str | None


class Questions(Protocol):
    def add(self, question: Question) -> None: ...

    def of_application(self, application_id: UUID) -> Sequence[Question]:
        """Oldest first."""

    def answer(self, question: Question) -> bool:
        """False where it is answered already, and then nothing changes."""

    def open_of_unit(self, unit: str, cursor: str | None, limit: int) -> QuestionsPage:
        """Unanswered ones about applications that are the unit's now, the earliest due first. Raises InvalidCursor."""

    def overdue(self, at: datetime, limit: int) -> Sequence[Question]:
        """Unanswered ones that were due before, the earliest first."""
