"""An agency publishes a procedure, and takes one back. What began with one goes on with it, whatever happens here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from identity.citizen import Role, VerifiedOfficial
from issuance.documents.catalogue import Catalogue
from issuance.errors import ProcedureOver, ProcedureRefused, RoleMissing
from issuance.fees.document import Days
from issuance.fees.facts import vietnam_day
from issuance.fees.wording import Label
from issuance.procedure.check import check_procedure
from issuance.procedure.document import Procedure
from issuance.procedure.problems import Complaint, Found, Problem, complain, place_of
from issuance.procedure.published import Gap, Published, PublishedProcedure, left_without
from issuance.procedure.reading import read_procedure
from issuance.records import AuditEntry, Records

MAX_REASON_CHARACTERS = 2_000
MAX_GAPS_TOLD = 20
SETTLING: tuple[Role, ...] = ("caseworker", "head")
BY_THE_SOFTWARE = "condau"
"""Who published what comes with the program."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Whoever publishes. unit: whose procedures alone; None for an operator, who publishes anybody's."""

    key: str
    unit: str | None

    @classmethod
    def of(cls, official: VerifiedOfficial) -> Publisher:
        """Raises RoleMissing."""
        if "operator" in official.roles:
            return cls(official.subject_key, None)
        if "head" in official.roles:
            return cls(official.subject_key, official.unit)
        raise RoleMissing("procedures are published by heads of units and by operators")

    def may(self, procedure: Procedure) -> bool:
        return self.unit is None or procedure.document.units == (self.unit,)


@dataclass(frozen=True, slots=True)
class Examined:
    """A document and what was found in it by itself. procedure: None where it could not even be read."""

    source: bytes
    procedure: Procedure | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """A published procedure that another one ends. last_day: None where it will not begin anything any more."""

    id: str
    version: int
    last_day: date | None


@dataclass(frozen=True, slots=True)
class Report:
    """What publishing would do. problems: all that speaks against it, and notes that don't."""

    examined: Examined
    problems: tuple[Problem, ...]
    ends: tuple[Ending, ...]

    @property
    def is_publishable(self) -> bool:
        return all(problem.is_note for problem in self.problems)


KnownRoles = Callable[[str], frozenset[Role]] | None


def read_for_publication(source: bytes, name: str = "") -> Examined:
    """The document by itself, without asking anybody; up to a tenth of a second for the largest."""
    try:
        return Examined(source, read_procedure(source, name), ())
    except ProcedureRefused as refused:
        return Examined(source, None, refused.problems)


def roles_known(records: Records, examined: Examined) -> KnownRoles:
    """Who has which role in the units of the document. None where no register of officials is kept."""
    if examined.procedure is None or not records.officials.is_used():
        return None
    found = {
        unit: frozenset(role for role in SETTLING if records.officials.of_unit(unit, role))
        for unit in examined.procedure.document.units or ()
    }
    return found.__getitem__


def check_for_publication(examined: Examined, catalogue: Catalogue, roles: KnownRoles, name: str = "") -> Examined:
    """The document as a whole, beside the catalogue. Up to a second: outside of any transaction."""
    if examined.procedure is None:
        return examined
    return replace(examined, problems=tuple(check_procedure(examined.procedure, catalogue, roles, name)))


def examine(records: Records, catalogue: Catalogue, source: bytes, name: str = "") -> Examined:
    """All three of them, for who has no other work waiting."""
    examined = read_for_publication(source, name)
    return check_for_publication(examined, catalogue, roles_known(records, examined), name)


def report_on(
    records: Records, catalogue: Catalogue, publisher: Publisher, examined: Examined, at: datetime, name: str = ""
) -> Report:
    """What publishing it now would do. Changes nothing."""
    procedure = examined.procedure
    if procedure is None:
        return Report(examined, examined.problems, ())
    before = records.procedures.published()
    # One number stands once: where it is taken there is nothing to compare with.
    is_taken = any(row.procedure.version == procedure.version for row in before.of_id(procedure.id))
    after = before if is_taken else before.with_row(_row(procedure, publisher, before.moment_after(at)))
    tree = procedure.to_json()
    own = tuple(
        Problem(complaint.code, place_of(name, tree, place), complaint.in_words())
        for place, complaint in _placed(before, after, procedure, publisher, catalogue, at)
    )
    return Report(examined, (*examined.problems, *own), _endings(before, after, procedure))


def publish(
    records: Records, catalogue: Catalogue, publisher: Publisher, examined: Examined, at: datetime
) -> PublishedProcedure:
    """From its first day on new applications begin with it; whatever was in force until then ends the day before.

    Raises RoleMissing (of another unit, or of none), ProcedureRefused with the whole report.
    """
    procedure = examined.procedure
    if procedure is not None and not publisher.may(procedure):
        raise RoleMissing("a head publishes procedures of the own unit and no other")
    report = report_on(records, catalogue, publisher, examined, at)
    if procedure is None or not report.is_publishable:
        raise ProcedureRefused(report.problems)
    moment = records.procedures.published().moment_after(at)
    records.procedures.add(procedure, examined.source, publisher.key, moment)
    ended = [
        {"procedure": one.id, "version": one.version, "last_day": one.last_day and one.last_day.isoformat()}
        for one in report.ends
    ]
    note(records, publisher.key, "procedure_published", procedure, at, ended=ended)
    return _row(procedure, publisher, moment)


def withdraw(
    records: Records,
    catalogue: Catalogue,
    publisher: Publisher,
    procedure_id: str,
    version: int,
    reason: str,
    at: datetime,
) -> PublishedProcedure:
    """Nothing begins with it from today on. Where nothing could begin with it so far, the days that it had taken from
    an earlier one are that one's again.

    Raises ProcedureNotFound, RoleMissing, ProcedureOver, ProcedureRefused where a unit would be left
    without any procedure for what it settles; ValueError for an empty or overlong reason.
    """
    if not reason.strip() or len(reason) > MAX_REASON_CHARACTERS:
        raise ValueError(f"a reason of 1 to {MAX_REASON_CHARACTERS} characters is needed")
    before, today = records.procedures.published(), vietnam_day(at)
    procedure = before.book.version(procedure_id, version)
    if not publisher.may(procedure):
        raise RoleMissing("a head withdraws procedures of the own unit and no other")
    row = next(one for one in before.rows if one.procedure.digest == procedure.digest)
    days = before.days_of(procedure.digest)
    if row.withdrawn_at is not None or days is None or (days.last_day is not None and days.last_day < today):
        raise ProcedureOver("its days are over, or it was withdrawn")
    withdrawn = replace(row, withdrawn_at=at, withdrawn_by=publisher.key, withdrawal_reason=reason)
    gaps = left_without(before.book, before.with_row(withdrawn).book, today, _taken(catalogue))
    if gaps:
        raise ProcedureRefused([_gap(gap) for gap in gaps[:MAX_GAPS_TOLD]])
    records.procedures.withdraw(procedure.digest, publisher.key, reason, at)
    note(records, publisher.key, "procedure_withdrawn", procedure, at, reason=reason)
    return withdrawn


def note(records: Records, actor: str, action: str, procedure: Procedure, at: datetime, **more: object) -> None:
    """In the audit trail. more: small JSON values without personal data."""
    details = {"procedure": procedure.id, "version": procedure.version, "digest": procedure.digest, **more}
    records.audit.append(AuditEntry(at=at, actor=actor, action=action, application_id=None, details=details))


def _row(procedure: Procedure, publisher: Publisher, at: datetime) -> PublishedProcedure:
    return PublishedProcedure(procedure=procedure, published_at=at, published_by=publisher.key)


def _placed(
    before: Published,
    after: Published,
    procedure: Procedure,
    publisher: Publisher,
    catalogue: Catalogue,
    at: datetime,
) -> Iterator[Found]:
    """How it fits beside what is published."""
    today, first_day = vietnam_day(at), procedure.document.effective.first_day
    versions = before.of_id(procedure.id)
    if any(row.procedure.digest == procedure.digest for row in before.rows):
        yield (), complain("published_already")
        return
    if any(not publisher.may(row.procedure) for row in versions):
        yield ("id",), complain("id_of_others", id=procedure.id)
    following = 1 + max((row.procedure.version for row in versions), default=0)
    if procedure.version != following:
        yield ("version",), complain("version_next", id=procedure.id, version=following)
    if first_day < today:
        day, earliest = first_day.isoformat(), today.isoformat()
        yield ("effective", "first_day"), complain("first_day_past", day=day, today=earliest)
        return
    for gap in left_without(before.book, after.book, first_day, _taken(catalogue))[:MAX_GAPS_TOLD]:
        yield ("effective",), _left_without(gap)


def _endings(before: Published, after: Published, procedure: Procedure) -> tuple[Ending, ...]:
    def ending(row: PublishedProcedure) -> Ending | None:
        were, are = before.days_of(row.procedure.digest), after.days_of(row.procedure.digest)
        if were == are or row.procedure.digest == procedure.digest:
            return None
        return Ending(row.procedure.id, row.procedure.version, None if are is None else are.last_day)

    return tuple(found for row in before.rows if (found := ending(row)) is not None)


def _taken(catalogue: Catalogue) -> Callable[[str, date], bool]:
    """Whether applications for a type are taken on a day."""
    in_force = {type_id: catalogue.get(type_id).in_force for type_id in catalogue.type_ids()}

    def is_taken(type_id: str, day: date) -> bool:
        period = in_force.get(type_id)
        return period is not None and period.covers(day)

    return is_taken


def _left_without(gap: Gap) -> Complaint:
    unit: Label | str = gap.unit or complain("any_unit").in_words()
    return complain("leaves_without", type=gap.type_id, unit=unit, day=gap.day.isoformat())


def _gap(gap: Gap) -> Problem:
    return Problem("leaves_without", "", _left_without(gap).in_words())


def standing_of(days: Days | None, today: date) -> str:
    """`scheduled`, `in_force` or `over`, of the days on which a procedure begins anything."""
    if days is None or (days.last_day is not None and days.last_day < today):
        return "over"
    return "scheduled" if today < days.first_day else "in_force"
