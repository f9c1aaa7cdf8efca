"""What the units and their mergers need to remember, as ports."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from issuance.application import Application

from .carried import CarryOver
from .tree import UnitTree
from .unit import Unit


class Units(Protocol):
    """The book of units. A transaction judges by one tree; rows are put one by one, and the whole is checked before."""

    def tree(self) -> UnitTree:
        """All periods of all units; empty where no unit was ever put in. Read anew only when it has changed."""

    def put(self, units: Collection[Unit], at: datetime) -> None:
        """Add each period (code and first day), or replace what stood there.

        Raises ConcurrentChange where somebody else has changed the book since this transaction looked at it."""

    def remove(self, units: Collection[Unit]) -> None:
        """Take periods out. Raises ConcurrentChange as `put` does, and where one of them is not there."""

    def had_applications(self, code: str) -> bool:
        """Has an application ever lain at the unit, and lies there still, whatever became of it?"""

    def open_applications(self) -> Mapping[str, int]:
        """How many applications that have not ended lie at each unit; units without any are left out."""


class CarryOvers(Protocol):
    def open(self, carry_over: CarryOver) -> None:
        """Raises ConcurrentChange where one is under way for this unit and period."""

    def by_id(self, carry_over_id: UUID) -> CarryOver:
        """Raises CarryOverNotFound."""

    def locked(self, carry_over_id: UUID) -> CarryOver:
        """The same, until the commit nobody else's: of two who work at it, one waits. Raises CarryOverNotFound."""

    def save(self, carry_over: CarryOver) -> None:
        """Its progress: to_unit, moved and done_at."""

    def under_way(self) -> Sequence[CarryOver]:
        """Those not done, the oldest first."""

    def newest(self, limit: int) -> Sequence[CarryOver]:
        """Of any state, the newest first."""

    def of_import(self, import_id: UUID) -> Sequence[CarryOver]:
        """By unit; none for an import by which nothing was carried over."""

    def was_done(self, unit: str, ended_on: date) -> bool:
        """Has this period been carried over before?"""

    def take(self, unit: str, submitted_before: datetime, limit: int) -> Sequence[Application]:
        """Applications of the unit that have not ended, locked until the commit: nobody decides them meanwhile.

        Fewer than asked for may come while others wait: those that ended while their locks were waited for."""

    def waiting(self, unit: str, submitted_before: datetime) -> int:
        """How many there are."""

    def let_follow(self, application_ids: Collection[UUID], unit: str) -> None:
        """Let what hangs on these applications be the unit's: open steps, follow-ups not seen, apologies not signed."""
