"""The procedures that come with the product: right as a whole, within the legal limits of their document types."""

from __future__ import annotations

from datetime import date

import pytest

from issuance.errors import NoProcedure, UnknownProcedureFact
from issuance.procedure.book import ProcedureBook
from issuance.procedure.check import LegalLimits, check_procedure
from issuance.procedure.conditions import FactValue, parse_condition
from issuance.procedure.document import Ended, Procedure, Step
from issuance.procedure.facts import ProcedureFact, facts_of_request, facts_of_type
from issuance.procedure.limit import Limit
from issuance.procedure.shipped import shipped_procedures

BOOK = ProcedureBook.of(shipped_procedures())
UNIT = "000.00.15.H26"


def days(amount: int) -> Limit:
    return Limit(amount, "working_days")


def told(fact: str) -> dict[str, object]:
    return {"properties": {fact: {"type": "boolean"}}}


SCHEMAS = {
    "criminal_record_form_1": told("lived_abroad"),
    "criminal_record_form_2": told("lived_abroad"),
    "residence_confirmation": {},
    "marital_status_confirmation": told("lived_elsewhere"),
}


class Services:
    """Their legal limits, as their own folders state them."""

    def type_ids(self) -> list[str]:
        return list(SCHEMAS)

    def limits_for(self, type_id: str) -> LegalLimits:
        abroad = parse_condition({"fact": "input.lived_abroad", "equals": True})
        elsewhere = parse_condition({"fact": "input.lived_elsewhere", "equals": True})
        special: dict[str, LegalLimits] = {
            "residence_confirmation": [(None, days(3))],
            "marital_status_confirmation": [(elsewhere, days(23)), (None, days(3))],
        }
        return special.get(type_id, [(abroad, days(15)), (None, days(10))])

    def facts_for(self, type_id: str) -> dict[str, ProcedureFact]:
        return facts_of_type(SCHEMAS[type_id])


@pytest.mark.parametrize("procedure", shipped_procedures(), ids=lambda one: f"{one.id}-{one.version}")
def test_a_shipped_one_is_right(procedure: Procedure) -> None:
    found = check_procedure(procedure, Services(), lambda _: frozenset(("caseworker", "head")))

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
    ],
)
def test_which_one_decides_when(type_id: str, day: date, steps: list[str]) -> None:
    assert [step.id for step in BOOK.in_force(type_id, UNIT, day).steps] == steps


def test_before_the_law_there_is_none() -> None:
    with pytest.raises(NoProcedure):
        BOOK.in_force("criminal_record_form_1", UNIT, date(2010, 6, 30))


def request(**given: object) -> dict[str, FactValue]:
    return facts_of_request(
        told("lived_elsewhere"), given, channel="desk", on_behalf_of=False, requested_by="citizen", copies=1
    )


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
