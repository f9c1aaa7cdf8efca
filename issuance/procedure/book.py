"""The published procedures: which one is in force for a document type, a unit and a day."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from issuance.errors import NoProcedure, ProcedureNotFound, ProceduresOverlap
from issuance.fees.document import Days
from issuance.fees.facts import vietnam_day
from issuance.procedure.document import Procedure
from issuance.procedure.problems import Problem, complain

EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when a shipped procedure is published: longer than any installation."""


@dataclass(frozen=True, slots=True)
class BookEntry:
    """A procedure with the moment of its publication, and that of its withdrawal, which may lie ahead."""

    procedure: Procedure
    published_at: datetime = EVER
    withdrawn_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.published_at.tzinfo is None or (self.withdrawn_at is not None and self.withdrawn_at.tzinfo is None):
            raise ValueError("a moment without a time zone falls on no certain day")

    @property
    def in_force(self) -> Days | None:
        """The days on which new applications begin with it: its own, not before the day of its publication, and
        no longer on the day of its withdrawal (Asia/Ho_Chi_Minh). None where there are none."""
        own = self.procedure.document.effective
        first, last = max(own.first_day, vietnam_day(self.published_at)), own.last_day
        if self.withdrawn_at is not None:
            until = vietnam_day(self.withdrawn_at) - timedelta(days=1)
            last = until if last is None else min(last, until)
        return None if last is not None and last < first else Days(first, last)


@dataclass(frozen=True, slots=True)
class ProcedureBook:
    """All procedures that were ever published. A unit's own procedure goes before one for any unit.

    Raises ProceduresOverlap when two would apply to the same document type, unit and day, or one version stands twice.
    """

    entries: tuple[BookEntry, ...]
    _by_type: Mapping[str, tuple[tuple[BookEntry, Days], ...]] = field(init=False, repr=False, compare=False)
    _by_digest: Mapping[str, Procedure] = field(init=False, repr=False, compare=False)
    _by_version: Mapping[tuple[str, int], Procedure] = field(init=False, repr=False, compare=False)

    @classmethod
    def of(cls, procedures: Iterable[Procedure]) -> ProcedureBook:
        """A book of procedures that have always been published."""
        return cls(tuple(BookEntry(procedure) for procedure in procedures))

    def __post_init__(self) -> None:
        by_type: dict[str, list[tuple[BookEntry, Days]]] = {}
        by_version: dict[tuple[str, int], Procedure] = {}
        problems = []
        for entry in self.entries:
            procedure = entry.procedure
            if (procedure.id, procedure.version) in by_version:
                problems.append(Problem("version_twice", name_of(procedure), complain("version_twice").in_words()))
            by_version[procedure.id, procedure.version] = procedure
            days = entry.in_force
            if days is not None:
                for type_id in procedure.document.document_types:
                    by_type.setdefault(type_id, []).append((entry, days))
        for type_id in sorted(by_type):
            for (one, days), (other, other_days) in itertools.combinations(by_type[type_id], 2):
                if days.overlap(other_days) and share_a_unit(one.procedure, other.procedure):
                    problems.append(_overlap(one.procedure, other.procedure, type_id))
        if problems:
            raise ProceduresOverlap(problems)
        # A frozen object's derived parts can be set this way only.
        object.__setattr__(self, "_by_type", {type_id: tuple(found) for type_id, found in by_type.items()})
        object.__setattr__(self, "_by_digest", {one.digest: one for one in by_version.values()})
        object.__setattr__(self, "_by_version", by_version)

    def in_force(self, type_id: str, unit: str, day: date) -> Procedure:
        """The procedure with which an application of this day (Asia/Ho_Chi_Minh) begins. Raises NoProcedure."""
        general = None
        for entry, days in self._by_type.get(type_id, ()):
            if days.cover(day):
                units = entry.procedure.document.units
                if units is None:
                    general = entry.procedure
                elif unit in units:
                    return entry.procedure
        if general is None:
            raise NoProcedure(f"no procedure for {type_id!r} in {unit!r} on {day.isoformat()}")
        return general

    def type_ids(self) -> Collection[str]:
        """All document types for which one is in force on some day."""
        return self._by_type.keys()

    def of_type(self, type_id: str) -> Sequence[tuple[Procedure, Days]]:
        """All that are in force for a document type, each with its days."""
        return [(entry.procedure, days) for entry, days in self._by_type.get(type_id, ())]

    def by_digest(self, digest: str) -> Procedure:
        """One that was ever published, withdrawn ones too: what began with it goes on with it.

        Raises ProcedureNotFound.
        """
        if digest not in self._by_digest:
            raise ProcedureNotFound(f"no procedure with the digest {digest[:64]!r}")
        return self._by_digest[digest]

    def version(self, procedure_id: str, version: int) -> Procedure:
        """One that was ever published, withdrawn ones too. Raises ProcedureNotFound."""
        if (procedure_id, version) not in self._by_version:
            raise ProcedureNotFound(f"no procedure {procedure_id[:64]!r} version {version}")
        return self._by_version[procedure_id, version]


def name_of(procedure: Procedure) -> str:
    """How messages call a version."""
    return f"{procedure.id} version {procedure.version}"


def share_a_unit(one: Procedure, other: Procedure) -> bool:
    """Whether both would be in force side by side: a unit's own and one for any unit are not."""
    if one.document.units is None or other.document.units is None:
        return one.document.units is other.document.units
    return not set(one.document.units).isdisjoint(other.document.units)


def _overlap(one: Procedure, other: Procedure, type_id: str) -> Problem:
    text = complain("versions_overlap", other=name_of(one), type=type_id).in_words()
    return Problem("versions_overlap", name_of(other), text)
