"""Which steps of the procedures in force are nobody's, and of which units that is not said."""

from __future__ import annotations

import json
from datetime import timedelta

from identity.citizen import Role
from identity.officials_register import RegisteredOfficial
from issuance.procedure.reading import read_procedure
from issuance.procedure.vacant_steps import find_vacancies
from tests.api.procedure_office import own_procedure
from tests.issuance.agencies.trees import unit
from tests.issuance.office import MONDAY, UNIT, Office

ENDING = "000.00.77.H26"


def register(office: Office, name: str, unit: str, *roles: Role, is_active: bool = True) -> None:
    entry = RegisteredOfficial(
        subject_key=f"https://officials.example|{name}", unit=unit, roles=frozenset(roles), is_active=is_active
    )
    office.database.run_blocking(lambda records: records.officials.put(entry, MONDAY))


def vacancies(office: Office) -> list[tuple[str, Role]]:
    found = office.do(lambda records: find_vacancies(records, office.catalogue, office.at))
    return [(one.unit, one.role) for one in found]


async def test_a_role_that_nobody_holds_is_named_until_somebody_does(office: Office) -> None:
    assert vacancies(office) == []
    register(office, "one", UNIT, "caseworker")
    assert vacancies(office) == [(UNIT, "head")]
    register(office, "two", UNIT, "head")
    assert vacancies(office) == []
    # Who stands in it and may not act any more leaves a step that is nobody's.
    register(office, "two", UNIT, "head", is_active=False)
    assert vacancies(office) == [(UNIT, "head")]


async def test_nothing_is_said_of_units_of_which_the_register_knows_nobody(office: Office) -> None:
    register(office, "one", "000.00.77.H26", "caseworker")
    assert vacancies(office) == []


async def test_a_unit_that_has_ended_needs_nobody_any_more(office: Office) -> None:
    source = json.dumps(own_procedure(1, "2024-01-01", units=[ENDING])).encode()
    procedure = read_procedure(source)
    office.database.run_blocking(lambda records: records.procedures.add(procedure, source, "head", MONDAY))
    office.database.run_blocking(lambda records: records.units.put([unit(ENDING)], MONDAY))
    register(office, "one", ENDING, "caseworker")
    assert vacancies(office) == [(ENDING, "head")]
    yesterday = unit(ENDING, until=MONDAY.date() - timedelta(days=1))
    office.database.run_blocking(lambda records: records.units.put([yesterday], MONDAY))
    assert vacancies(office) == []
