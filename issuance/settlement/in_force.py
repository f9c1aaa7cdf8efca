"""Which unit, whose hours and which procedure an application has on a day."""

from __future__ import annotations

from datetime import date

from ..application import Application, ProcedureRef
from ..documents.catalogue import DocumentType
from ..errors import UnknownUnit
from ..procedure.document import Procedure
from ..procedure.working_time import STANDARD_HOURS, OfficeHours
from ..records import Records


def unit_in_charge(records: Records, document_type: DocumentType, day: date) -> str:
    """The unit that settles this type on that day (Asia/Ho_Chi_Minh). Raises NoSuccessor."""
    return records.units.tree().in_charge(document_type.unit_code, day)


def hours_of(records: Records, unit: str, day: date) -> OfficeHours:
    """The unit's opening hours; of one that says nothing of them, or has ended that day, the usual ones."""
    try:
        found = records.units.tree().on(unit, day)
    except UnknownUnit:
        return STANDARD_HOURS
    return found.hours or STANDARD_HOURS


def procedure_to_begin(records: Records, document_type: DocumentType, unit: str, day: date) -> Procedure:
    """The procedure with which an application of that day begins. Raises NoProcedure."""
    return records.procedures.book().in_force(document_type.id, unit, day)


def procedure_of(records: Records, application: Application) -> Procedure:
    """The version with which the application began, whatever was published since. Raises ProcedureNotFound."""
    return records.procedures.of(application.procedure)


def reference_to(procedure: Procedure) -> ProcedureRef:
    return ProcedureRef(id=procedure.id, version=procedure.version, digest=procedure.digest)
