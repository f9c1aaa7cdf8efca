"""Steps that are nobody's: a procedure in force needs a role which no active official of the unit has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from identity.citizen import Role
from issuance.documents.catalogue import Catalogue
from issuance.errors import NoProcedure, NoSuccessor
from issuance.fees.facts import vietnam_day
from issuance.procedure.book import name_of
from issuance.procedure.document import Procedure
from issuance.records import Records
from issuance.settlement.in_force import unit_in_charge


@dataclass(frozen=True, slots=True, order=True)
class Vacancy:
    """procedures: those that need the role there, by id and version."""

    unit: str
    role: Role
    procedures: tuple[str, ...]


def find_vacancies(records: Records, catalogue: Catalogue, at: datetime) -> list[Vacancy]:
    """Of the procedures in force today, at units that go on and of which the register of officials knows somebody.

    Of the others nobody can know: it may be kept for some units only, while elsewhere the tokens' own claims count.
    """
    known = {official.unit for official in records.officials.list()}
    book, tree, today = records.procedures.book(), records.units.tree(), vietnam_day(at)
    settling: set[tuple[str, Procedure]] = set()
    for type_id in catalogue.type_ids():
        for procedure, days in book.of_type(type_id):
            if days.cover(today):
                settling |= {(unit, procedure) for unit in procedure.document.units or ()}
        try:
            unit = unit_in_charge(records, catalogue.get(type_id), today)
            settling.add((unit, book.in_force(type_id, unit, today)))
        except (NoProcedure, NoSuccessor):
            continue
    wanted: dict[tuple[str, Role], set[str]] = {}
    for unit, procedure in settling:
        has_ended = tree.is_known(unit) and all(one.last_day < today for one in tree.periods(unit))
        for step in procedure.steps if unit in known and not has_ended else ():
            wanted.setdefault((unit, step.role), set()).add(name_of(procedure))
    return sorted(
        Vacancy(unit, role, tuple(sorted(names)))
        for (unit, role), names in wanted.items()
        if not records.officials.of_unit(unit, role)
    )
