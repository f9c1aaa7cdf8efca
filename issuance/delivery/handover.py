"""A document that one unit has handed to another, as it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from ..application import Actor, Application


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """A document for a unit. reason: why it gets it, in the sender's words. note: what the receiver said to it."""

    id: UUID
    application_id: UUID
    from_unit: str
    to_unit: str
    reason: str = field(repr=False)
    sent_by: Actor
    sent_at: datetime
    opened_by: Actor | None = None
    opened_at: datetime | None = None
    acknowledged_by: Actor | None = None
    acknowledged_at: datetime | None = None
    note: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HandoverPage:
    handovers: Sequence[tuple[Handover, Application]]
    next_cursor: str | None


class Handovers(Protocol):
    def add(self, handover: Handover) -> None:
        """Raises ConcurrentChange where the same document waits at that unit already."""

    def for_unit(self, handover_id: UUID, unit: str) -> Handover:
        """The receiving unit is part of the query. Raises HandoverNotFound."""

    def inbox(self, unit: str, cursor: str | None, limit: int) -> HandoverPage:
        """What was handed to the unit, newest first. Raises InvalidCursor."""

    def of_application(self, application_id: UUID) -> Sequence[Handover]:
        """Oldest first."""

    def open(self, handover: Handover) -> bool:
        """False where it was opened before; the first opening stands."""

    def acknowledge(self, handover: Handover) -> bool:
        """False where it is acknowledged already."""
