"""The procedures that come with the product: right as a whole, within the legal limits of their document types."""

from __future__ import annotations

from datetime import date

import pytest

from issuance.errors import NoProcedure, UnknownProcedureFact
from issuance.procedure.book import ProcedureBook
from issuance.procedure.check import check_procedure
from issuance.procedure.conditions import FactValue
from issuance.procedure.document import Ended, Procedure, Step
from issuance.procedure.facts import FACTS, facts_of_request
from issuance.procedure.shipped import shipped_procedures
from tests.issuance.office import shipped_catalogue

BOOK = ProcedureBook.of(shipped_procedures())
UNIT = "000.00.15.H26"


@pytest.mark.parametrize("procedure", shipped_procedures(), ids=lambda one: f"{one.id}-{one.version}")
def test_a_shipped_one_is_right(procedure: Procedure) -> None:
    found = check_procedure(procedure, shipped_catalogue(), lambda _: frozenset(("caseworker", "head")))

    assert [problem.code for problem in found] == ["roles_unknown"]
    assert all(problem.is_note for problem in found)


@pytest.mark.parametrize(
    ("type_id", "day", "steps"),
    [
        ("criminal_record_form_1", date(2025, 2, 28), ["review"]),
        ("criminal_record_form_1", date(2025, 3, 1), ["review", "decision"]),
        ("criminal_record_form_2", date(2025, 2, 28), ["review", "decision"]),
        ("residence_confirmation", date(2025, 7, 1), ["check", "decision"]),
        ("marital_status_confirmation", date(2025, 7, 1), ["intake", "verify", "decision"]),
        ("school_transcript", date(2025, 7, 1), ["check", "decision"]),
    ],
)
def test_which_one_decides_when(type_id: str, day: date, steps: list[str]) -> None:
    assert [step.id for step in BOOK.in_force(type_id, UNIT, day).steps] == steps


def test_before_the_law_there_is_none() -> None:
    with pytest.raises(NoProcedure):
        BOOK.in_force("criminal_record_form_1", UNIT, date(2010, 6, 30))


def request(**given: object) -> dict[str, FactValue]:
    schema = shipped_catalogue().get("marital_status_confirmation").input_schema or {}
    facts = facts_of_request(schema, given, channel="desk", on_behalf_of=False, requested_by="citizen", copies=1)
    return {name: fact for name, fact in facts.items() if name in (*FACTS, "input.lived_elsewhere")}


def test_every_service_has_its_procedure_and_no_procedure_is_for_nothing() -> None:
    catalogue = shipped_catalogue()
    today = date(2026, 1, 5)
    for type_id in catalogue.type_ids():
        procedure = BOOK.in_force(type_id, catalogue.get(type_id).unit_code, today)
        assert procedure.id == catalogue.get(type_id).procedure_id
    assert {one for each in BOOK.entries for one in each.procedure.document.document_types} == set(catalogue.type_ids())


def test_a_service_takes_applications_only_on_days_that_its_procedure_covers() -> None:
    for type_id in shipped_catalogue().type_ids():
        document_type = shipped_catalogue().get(type_id)
        assert document_type.in_force is not None
        assert BOOK.in_force(type_id, document_type.unit_code, document_type.in_force.first_day)


def test_who_never_lived_elsewhere_needs_no_asking_there() -> None:
    procedure = BOOK.in_force("marital_status_confirmation", UNIT, date(2026, 1, 5))
    forward = procedure.step("intake").outcome("forward")
    assert forward is not None

    def after(facts: dict[str, FactValue]) -> str:
        found = procedure.after(forward, facts)
        assert isinstance(found, Step)
        return found.id

    assert after(request()) == "decision"
    assert after(request(lived_elsewhere=False)) == "decision"
    assert after(request(lived_elsewhere=True)) == "verify"
    with pytest.raises(UnknownProcedureFact):
        procedure.enter("verify", {})


def test_how_a_step_ends() -> None:
    procedure = BOOK.version("criminal_record_form_1", 2)
    review, decision = procedure.steps
    approval, refusal = procedure.approving(decision), procedure.refusing(review)

    assert procedure.approving(review) is None
    assert approval is not None
    assert approval.needs == ("register_answers", "fee_settled")
    assert refusal is not None
    assert refusal.needs == ("reason",)
    assert procedure.after(approval, {}) == Ended("approved")
    assert procedure.start_for({}) is review
