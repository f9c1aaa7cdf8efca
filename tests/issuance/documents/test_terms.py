"""On which terms the shipped services are offered: limits, papers, days, and procedures that fit them."""

from datetime import date
from typing import Any

import pytest

from issuance.documents.catalogue import Catalogue, DocumentType
from issuance.documents.errors import ServiceNotInForce
from issuance.errors import UnknownProcedureFact
from issuance.procedure.check import NOTES, check_procedure
from issuance.procedure.document import Procedure
from issuance.procedure.facts import facts_of_request
from issuance.procedure.limit import Limit
from issuance.procedure.shipped import shipped_procedures


def facts(document_type: DocumentType, **given: Any) -> dict[str, Any]:
    return facts_of_request(
        document_type.input_schema or {},
        {"copies": 1} | given,
        channel="vneid",
        on_behalf_of=False,
        requested_by="citizen",
        copies=1,
    )


@pytest.mark.parametrize(
    ("type_id", "given", "days"),
    [
        ("criminal_record_form_1", {}, 10),
        ("criminal_record_form_1", {"lived_abroad": False}, 10),
        ("criminal_record_form_1", {"lived_abroad": True}, 15),
        ("criminal_record_form_2", {"lived_abroad": True}, 15),
        ("residence_confirmation", {}, 3),
        ("marital_status_confirmation", {}, 3),
        ("marital_status_confirmation", {"lived_elsewhere": True}, 23),
    ],
)
def test_the_legal_limit_depends_on_what_is_asked(
    catalogue: Catalogue, type_id: str, given: dict[str, Any], days: int
) -> None:
    one = catalogue.get(type_id)
    assert one.limit_for(facts(one, **given)) == Limit(days, "working_days")
    assert one.limits[-1] == (None, one.time_limit)


def test_a_limit_is_not_guessed_where_a_fact_is_missing(form_1: DocumentType) -> None:
    with pytest.raises(UnknownProcedureFact):
        form_1.limit_for({"channel": "vneid"})


def test_who_was_married_brings_the_paper_that_ended_it(catalogue: Catalogue) -> None:
    one = catalogue.get("marital_status_confirmation")
    assert one.papers_for(facts(one)) == ()
    (paper,) = one.papers_for(facts(one, married_before=True))
    assert (paper.kind, paper.required) == ("end_of_marriage", True)


def test_a_service_takes_applications_from_its_first_day_on(form_1: DocumentType, catalogue: Catalogue) -> None:
    form_1.require_in_force(date(2010, 7, 1))
    with pytest.raises(ServiceNotInForce):
        form_1.require_in_force(date(2010, 6, 30))
    with pytest.raises(ServiceNotInForce):
        catalogue.get("receipt").require_in_force(date(2024, 6, 3))


def test_form_2_is_for_the_person_and_for_bodies_alone(catalogue: Catalogue) -> None:
    assert catalogue.get("criminal_record_form_2").who_may_ask == ("self", "procedural_body")
    assert catalogue.get("criminal_record_form_2").sources == ("judicial_register_complete",)


@pytest.mark.parametrize("procedure", shipped_procedures(), ids=lambda one: f"{one.id}-{one.version}")
def test_the_shipped_procedures_fit_the_shipped_services(catalogue: Catalogue, procedure: Procedure) -> None:
    assert [one for one in check_procedure(procedure, catalogue, None) if one.code not in NOTES] == []


def test_every_service_has_a_procedure_of_the_name_that_it_gives(catalogue: Catalogue) -> None:
    named = {procedure.id for procedure in shipped_procedures()}
    assert {catalogue.get(type_id).procedure_id for type_id in catalogue.type_ids()} <= named
