"""One authority as it is for a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from issuance.fees.wording import Label
from issuance.procedure.working_time import OfficeHours


class UnitKind(StrEnum):
    """What sort of authority it is. A town (thị trấn) is a commune; a town of a district's rank (thị xã) a district."""

    CITY = "city"
    DEPARTMENT = "department"
    DISTRICT = "district"
    COMMUNE = "commune"
    WARD = "ward"
    PROCEDURAL_BODY = "procedural_body"
    """A court, a procuracy or an investigating body: it may demand form 2 of the criminal record extract."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit in one period of its life; a unit that is renamed or moved in the tree has several of these.

    valid_until: the last day, included; None: no end is known. successor: the unit that takes over what is open when
    this one ends. hours: None means the installation's. is_synthetic: the name, or which unit succeeds, is made up or
    estimated. That no two periods of a code overlap, and that parent and successor exist, is what UnitTree checks.
    """

    code: str
    name: Label
    kind: UnitKind
    parent: str | None = None
    valid_from: date
    valid_until: date | None = None
    successor: str | None = None
    hours: OfficeHours | None = None
    is_synthetic: bool = False

    @property
    def last_day(self) -> date:
        """`valid_until`, or the last day that there is."""
        return self.valid_until or date.max

    def is_open_on(self, day: date) -> bool:
        """Does the unit exist on that day? Its office hours are another matter."""
        return self.valid_from <= day <= self.last_day
