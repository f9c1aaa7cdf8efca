"""What was ever published, in the order in which it was: a later procedure takes the days of an earlier one from its
own first day on. Nothing of the earlier one is rewritten; on which days it begins anything follows from all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from issuance.errors import NoProcedure
from issuance.fees.document import Days
from issuance.procedure.book import BookEntry, ProcedureBook, share_a_unit
from issuance.procedure.document import Procedure
from verification.verdict import VIETNAM


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedProcedure:
    """A procedure with who published it and when, and where it was taken back, who did so, when and why."""

    procedure: Procedure
    published_at: datetime
    published_by: str
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawal_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """rows: in the order of publication. book: on which days each begins what. Raises ProceduresOverlap where one
    version stands twice."""

    rows: tuple[PublishedProcedure, ...]
    book: ProcedureBook = field(init=False)
    _days: Mapping[str, Days] = field(init=False, repr=False, compare=False)

    @classmethod
    def of(cls, rows: Iterable[PublishedProcedure]) -> Published:
        return cls(tuple(sorted(rows, key=lambda row: (row.published_at, row.procedure.id, row.procedure.version))))

    def __post_init__(self) -> None:
        entries = tuple(_cut(self.rows))
        # A frozen object's derived parts can be set this way only.
        object.__setattr__(self, "book", ProcedureBook(entries))
        object.__setattr__(
            self, "_days", {one.procedure.digest: days for one in entries if (days := one.in_force) is not None}
        )

    def days_of(self, digest: str) -> Days | None:
        """On which days new applications begin with it; None where there are none, or it was never published."""
        return self._days.get(digest)

    def of_id(self, procedure_id: str) -> tuple[PublishedProcedure, ...]:
        """All versions, by their number."""
        found = [row for row in self.rows if row.procedure.id == procedure_id]
        return tuple(sorted(found, key=lambda row: row.procedure.version))

    def moment_after(self, at: datetime) -> datetime:
        """When something is published now: after all that was, whatever a clock says."""
        return max((at, *(row.published_at + timedelta(microseconds=1) for row in self.rows)))

    def with_row(self, row: PublishedProcedure) -> Published:
        """As it will be with this one: a new one, or one that changes in being withdrawn."""
        return Published.of((*(one for one in self.rows if one.procedure.digest != row.procedure.digest), row))


def _cut(rows: Iterable[PublishedProcedure]) -> Iterator[BookEntry]:
    """Each without the days that later ones have taken."""
    later: dict[str, list[tuple[Procedure, Days]]] = {}
    for row in reversed(tuple(rows)):
        entry = BookEntry(row.procedure, row.published_at, row.withdrawn_at)
        own, type_ids = entry.in_force, row.procedure.document.document_types
        if own is not None:
            taken_from = [
                days.first_day
                for type_id in type_ids
                for other, days in later.get(type_id, ())
                if days.overlap(own) and share_a_unit(row.procedure, other)
            ]
            if taken_from:
                ends_at = datetime.combine(min(taken_from), time(), VIETNAM)
                entry = BookEntry(row.procedure, row.published_at, ends_at)
            if (left := entry.in_force) is not None:
                for type_id in type_ids:
                    later.setdefault(type_id, []).append((row.procedure, left))
        yield entry


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """From this day on nothing says how a document type is settled in a unit; unit "": one that has none of its own."""

    type_id: str
    unit: str
    day: date


def left_without(
    before: ProcedureBook, after: ProcedureBook, from_day: date, is_taken: Callable[[str, date], bool]
) -> list[Gap]:
    """What a change of the book would leave without a procedure that has one now.

    is_taken: whether applications for a document type are taken on a day; for others nothing is missed.
    """
    found = []
    for type_id in sorted(before.type_ids()):
        entries = [*before.of_type(type_id), *after.of_type(type_id)]
        days = sorted({from_day, *(day for _, days in entries for day in _turns(days) if day > from_day)})
        units = {"", *(unit for procedure, _ in entries for unit in procedure.document.units or ())}
        for unit in sorted(units):
            lost = (
                day
                for day in days
                if is_taken(type_id, day)
                and _settles(before, type_id, unit, day)
                and not _settles(after, type_id, unit, day)
            )
            if (first := next(lost, None)) is not None:
                found.append(Gap(type_id, unit, first))
    return found


def _turns(days: Days) -> Iterator[date]:
    yield days.first_day
    if days.last_day is not None and days.last_day < date.max:
        yield days.last_day + timedelta(days=1)


def _settles(book: ProcedureBook, type_id: str, unit: str, day: date) -> bool:
    try:
        book.in_force(type_id, unit, day)
    except NoProcedure:
        return False
    return True
