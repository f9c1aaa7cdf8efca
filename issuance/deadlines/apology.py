"""The apology that is owed to a citizen whose promised moment has passed: drafted by itself, signed off by a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from issuance.application import Actor, Application


@dataclass(frozen=True, slots=True, kw_only=True)
class Apology:
    """One for each application, ever. missed_at: the promised moment that has passed. new_date: proposed in a draft,
    promised once it is signed off. reason: in the words that the citizen reads. letter_issued: whether it is sealed.

    signed_for: whose power it was, where signed_by signed it off under a delegation.
    """

    application_id: UUID
    unit: str
    missed_at: datetime
    drafted_at: datetime
    new_date: date
    reason: str | None = None
    signed_by: Actor | None = None
    signed_for: Actor | None = None
    signed_at: datetime | None = None
    letter_issued: bool = False

    @property
    def is_signed(self) -> bool:
        return self.signed_at is not None

    def signed(self, by: Actor, acting_for: Actor | None, reason: str, new_date: date, at: datetime) -> Apology:
        return replace(self, signed_by=by, signed_for=acting_for, reason=reason, new_date=new_date, signed_at=at)


def is_owed(application: Application, missed_at: datetime) -> bool:
    """Whether its time ran on past this promised moment: what had ended or was paused by then is not late, also where
    that became known only later. A body that asked is owed none: it has a duty of its own, and its letter would name
    somebody whom it must not reach."""
    if application.requested_by is not None:
        return False
    if application.closed_at is not None and application.closed_at <= missed_at:
        return False
    return not any(
        pause.began_at <= missed_at and (pause.ended_at is None or missed_at < pause.ended_at)
        for pause in application.pauses
    )


@dataclass(frozen=True, slots=True)
class ApologyLine:
    """A drafted apology as a list shows it. code, type_id: of the application."""

    apology: Apology
    code: str
    type_id: str


@dataclass(frozen=True, slots=True)
class ApologyPage:
    lines: Sequence[ApologyLine]
    next_cursor: str | None


class Apologies(Protocol):
    def draft(self, apology: Apology) -> None:
        """Raises ConcurrentChange where the application has one."""

    def of_application(self, application_id: UUID) -> Apology | None: ...

    def sign(self, apology: Apology) -> None:
        """Raises ConcurrentChange where it is signed off already."""

    def note_letter(self, application_id: UUID) -> None:
        """The letter is sealed."""

    def unsigned(self, unit: str, cursor: str | None, limit: int) -> ApologyPage:
        """What waits for a signature in the unit, the longest waiting first, without what turned out not to be late.
        Raises InvalidCursor."""
