"""One visit of an application to one step: who had it, from when to when, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from identity.citizen import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class StepVisit:
    """seq: counted from 1 in each application. owner_key: whose it is now, or was last; None for everybody of the unit
    in this role. outcome: an outcome of the step, or how the application ended without one (`withdrawn`, `stopped`,
    `unpaid`); set together with left_at. by_key: who brought it about; acting_for_key: whose place he or she took.
    """

    application_id: UUID
    seq: int
    unit: str
    type_id: str
    procedure_id: str
    step: str
    role: Role
    owner_key: str | None
    entered_at: datetime
    due_at: datetime | None
    left_at: datetime | None = None
    outcome: str | None = None
    by_key: str | None = None
    acting_for_key: str | None = None


class StepVisits(Protocol):
    """At most one visit of an application is open; the database holds that."""

    def open(self, visit: StepVisit) -> None:
        """`seq` is given here, whatever the visit says. Raises ConcurrentChange where another one is open."""

    def current(self, application_id: UUID) -> StepVisit | None:
        """The open one."""

    def change(self, visit: StepVisit) -> None:
        """Store unit, owner and due time of the open visit; harmless where none is open."""

    def close(
        self, application_id: UUID, *, at: datetime, outcome: str, by_key: str, acting_for_key: str | None = None
    ) -> None:
        """Close the open visit; harmless where none is open."""

    def of_application(self, application_id: UUID) -> Sequence[StepVisit]:
        """Oldest first."""
