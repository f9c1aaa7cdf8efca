"""Which part of a unit's work list is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .application import ApplicationState

Due = Literal["overdue", "soon", "paused"]

OPEN_STATES = (
    ApplicationState.NEWLY_REGISTERED,
    ApplicationState.RECEIVED,
    ApplicationState.IN_PROGRESS,
    ApplicationState.MORE_PAPERS_ASKED,
    ApplicationState.PAYMENT_ASKED,
)
"""Those that a work list can be asked for: the others have ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFilter:
    """What the entries have in common; None asks nothing.

    Without a state and without `paused` the list has what waits for an official; with them also what waits for the
    citizen. owner: a subject key; unowned: nobody has it yet. due: `overdue` and `soon` by `now` and `soon_before`, and
    never what is paused. submitted_before is not included.
    """

    state: ApplicationState | None = None
    type_id: str | None = None
    step: str | None = None
    owner: str | None = None
    unowned: bool = False
    due: Due | None = None
    submitted_from: datetime | None = None
    submitted_before: datetime | None = None
    now: datetime | None = None
    soon_before: datetime | None = None

    def __post_init__(self) -> None:
        if self.due in ("overdue", "soon") and (self.now is None or self.soon_before is None):
            raise ValueError("what is overdue or due soon depends on the time")
        if self.owner is not None and self.unowned:
            raise ValueError("what nobody has is nobody's")

    @property
    def name(self) -> str:
        """The same for the same question, whenever it is asked; empty where everything is asked for."""
        asked = (
            self.state,
            self.type_id,
            self.step,
            self.owner,
            self.unowned or None,
            self.due,
            self.submitted_from,
            self.submitted_before,
        )
        return repr([None if one is None else str(one) for one in asked]) if any(asked) else ""


EVERYTHING = WorkFilter()
