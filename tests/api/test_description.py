"""The API's description: complete, with examples that are what the routes really answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from api import examples
from api.bodies import NewBodyRequest
from api.citizen import NewApplication
from api.delegations import DelegationsView, DelegationView, Granted, RelativesView
from api.desk_bulk import BulkView
from api.desk_deadlines import SignedOff
from api.desk_work import FoundView
from api.officials import FeeDecided
from api.prefill import PrefillView
from api.present.agency import AgencyPage, AgencyView
from api.present.apology import DraftedApologyPage, FollowUpsPage
from api.present.application import ApplicationPage, ApplicationView
from api.present.body_request import BodyRequestPage, BodyRequestView
from api.present.credential_type import CredentialTypeView
from api.present.desk import DeskView
from api.present.fee_draft import ActsView, ActView, DraftsView, DraftView, FeePoliciesView, RehearsalView
from api.present.fee_policy import BudgetsView, ComparisonView, PolicyHistoryView, PolicyVersionView
from api.present.procedure import ProcedureCheckView, ProceduresView, ProcedureView
from api.present.question import QuestionPage
from api.present.quote import QuoteView
from api.present.service import ServicesView, ServiceView
from api.present.statistics import StatisticsView
from api.present.timeline import TimelineView
from api.present.units import ImportProgressView, UnitHistoryView, UnitImportView, UnitsView
from api.present.verdict import VerdictView
from tests.api.house import House


async def operations(house: House) -> Iterator[tuple[str, dict[str, Any]]]:
    description = (await house.get("/openapi.json")).json()
    return (
        (f"{method.upper()} {path}", operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    )


async def test_every_operation_is_described_with_an_example(house: House) -> None:
    for name, operation in await operations(house):
        assert operation["summary"], name
        assert operation["description"], name
        successes = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        assert len(successes) == (2 if name in _MAY_TAKE_LONGER else 1), name
        for media_type, content in (one for answer in successes for one in answer["content"].items()):
            if media_type == "application/json":
                assert content["example"], name
            assert "schema" in content, name


async def test_every_refusal_is_a_problem_document(house: House) -> None:
    for name, operation in await operations(house):
        for status, answer in operation["responses"].items():
            if not status.startswith("2"):
                assert list(answer["content"]) == ["application/problem+json"], (name, status)


async def test_signed_in_routes_say_so(house: House) -> None:
    for name, operation in await operations(house):
        _, path = name.split()
        public = not path.startswith("/v1/") or "/verifications/" in path or "/status-lists" in path
        public = public or path == "/v1/fee-policies/schema" or name.startswith("GET /v1/procedures")
        public = public or path in ("/v1/units", "/v1/units/{code}", "/v1/punctuality", "/v1/payments/notices")
        scopes = [_scope_of(name)]
        expected = None if public else [{"bearer": scopes}, {"dpop": scopes}]
        if path == "/v1/fees/quote" and expected is not None:
            expected += [{}]
        assert operation.get("security") == expected, name
        assert ("401" in operation["responses"]) == (not public), name


_MAY_TAKE_LONGER = {"POST /v1/units/imports"}
"""Done when it is answered, or accepted and on its way."""


def _scope_of(name: str) -> str:
    """What an operation asks for, by its name."""
    for part, scope in (
        ("/v1/desk/", "desk"),
        ("/v1/units", "desk"),
        ("/v1/payments/", "desk"),
        ("/v1/fee-policies", "desk"),
        ("/v1/procedures", "desk"),
        ("/v1/statistics", "desk"),
        ("/v1/operations", "desk"),
        ("/v1/bodies/", "desk"),
        ("/v1/agency/", "agency:read"),
    ):
        if part in name:
            return scope
    if name.endswith(
        ("/document", "/document/qr", "/receipt", "/receipt.xml", "/apology", "/credential", "/privacy/export")
    ):
        return "documents:read"
    return "applications:write" if name.startswith("POST") else "applications:read"


async def test_refusals_name_the_headers_that_say_what_helps(house: House) -> None:
    for name, operation in await operations(house):
        for status, header in (("401", "WWW-Authenticate"), ("401", "DPoP-Nonce"), ("429", "Retry-After")):
            if status in operation["responses"]:
                assert header in operation["responses"][status]["headers"], name


async def test_both_schemes_are_described(house: House) -> None:
    schemes = (await house.get("/openapi.json")).json()["components"]["securitySchemes"]

    assert {name: (one["type"], one["scheme"]) for name, one in schemes.items()} == {
        "bearer": ("http", "bearer"),
        "dpop": ("http", "dpop"),
    }


async def test_every_post_that_changes_something_names_its_key(house: House) -> None:
    for name, operation in await operations(house):
        named = {one["name"].lower() for one in operation.get("parameters", [])}
        assert ("idempotency-key" in named) == _changes_something(name), name


def _changes_something(name: str) -> bool:
    asks = name.endswith(("/search", "/procedures/checks")) or "/verifications/" in name
    # The provider's event has an id of its own, which counts once.
    return name.startswith("POST") and not asks and name != "POST /v1/payments/notices"


async def test_every_shape_says_what_it_is(house: House) -> None:
    description = (await house.get("/openapi.json")).json()
    bodies = {
        name: operation["requestBody"]["content"]["application/json"]["schema"]
        for name, operation in await operations(house)
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    }
    framework = {"HTTPValidationError", "ValidationError"}
    shapes = {name: one for name, one in description["components"]["schemas"].items() if name not in framework}

    assert len(bodies) > 5
    assert [name for name, one in (bodies | shapes).items() if not one.get("description")] == []


async def test_every_example_is_of_the_shape_beside_it(house: House) -> None:
    description = (await house.get("/openapi.json")).json()
    contents = {
        f"{name} {status}": content
        for name, operation in await operations(house)
        for status, answer in [("request", operation.get("requestBody", {})), *operation["responses"].items()]
        for media_type, content in answer.get("content", {}).items()
        if media_type == "application/json"
    }
    wrong = []
    for name, content in contents.items():
        schema = {**content["schema"], "components": description["components"]}
        wrong += [f"{name}: {one.message}" for one in Draft202012Validator(schema).iter_errors(content["example"])]

    assert len(contents) > len(description["paths"])
    assert wrong == []


async def test_references_resolve(house: House) -> None:
    description = (await house.get("/openapi.json")).json()

    def references(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            for name, child in node.items():
                # An example may hold a schema with references of its own.
                if name != "example":
                    yield from references(child)
        elif isinstance(node, list):
            for child in node:
                yield from references(child)

    for reference in references(description):
        found: Any = description
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


@pytest.mark.parametrize(
    ("shape", "example"),
    [
        (ServicesView, examples.SERVICES),
        (ServiceView, examples.SERVICE),
        (PrefillView, examples.PREFILL),
        (BodyRequestView, examples.BODY_REQUEST),
        (NewBodyRequest, examples.NEW_BODY_REQUEST),
        (BodyRequestView, examples.BODY_REQUEST_WITHDRAWN),
        (BodyRequestPage, examples.BODY_REQUESTS),
        (QuoteView, examples.QUOTE),
        (ApplicationView, examples.APPLICATION),
        (ApplicationPage, examples.APPLICATION_PAGE),
        (TimelineView, examples.TIMELINE),
        (ApplicationPage, examples.WORK_LIST),
        (FoundView, examples.FOUND_CASES),
        (BulkView, examples.BULK),
        (StatisticsView, examples.STATISTICS),
        (UnitsView, examples.UNITS),
        (UnitHistoryView, examples.UNIT),
        (UnitImportView, examples.UNIT_IMPORT),
        (ImportProgressView, examples.UNIT_IMPORT_PROGRESS),
        (FollowUpsPage, examples.FOLLOW_UPS),
        (DraftedApologyPage, examples.APOLOGIES),
        (SignedOff, examples.APOLOGY_SIGNED_OFF),
        (DeskView, examples.DESK),
        (DelegationView, examples.DELEGATION),
        (DelegationsView, examples.DELEGATIONS),
        (Granted, examples.NEW_DELEGATION),
        (RelativesView, examples.RELATIVES),
        (QuestionPage, examples.QUESTIONS),
        (ApplicationView, examples.APPLICATION_WITH_QUESTION),
        (AgencyView, examples.AGENCY),
        (AgencyPage, examples.AGENCY_PAGE),
        (VerdictView, examples.VERDICT),
        (CredentialTypeView, examples.CREDENTIAL_TYPE),
        (NewApplication, examples.NEW_APPLICATION),
        (FeeDecided, examples.FEE_DECISION),
        (ApplicationView, examples.APPLICATION_WITH_EVIDENCE),
        (ApplicationView, examples.APPLICATION_WITHDRAWN),
        (DeskView, examples.DESK_WITH_EVIDENCE),
        (FeePoliciesView, examples.FEE_POLICIES),
        (PolicyHistoryView, examples.FEE_HISTORY),
        (PolicyVersionView, examples.FEE_VERSION),
        (ComparisonView, examples.FEE_COMPARISON),
        (BudgetsView, examples.FEE_BUDGETS),
        (DraftView, examples.FEE_DRAFT),
        (DraftsView, examples.FEE_DRAFTS),
        (RehearsalView, examples.FEE_REHEARSAL_ASKED),
        (RehearsalView, examples.FEE_REHEARSAL),
        (ActView, examples.FEE_ACT),
        (ProceduresView, examples.PROCEDURES),
        (ProcedureView, examples.PROCEDURE),
        (ProcedureCheckView, examples.PROCEDURE_CHECK),
        (ActsView, examples.FEE_ACTS),
    ],
)
def test_examples_have_the_promised_shape(shape: Any, example: Any) -> None:
    adapter = TypeAdapter(shape)
    read = adapter.validate_python(example, strict=True)

    # What the shape does not know, it drops: nothing may be lost on the way.
    assert adapter.dump_python(read, exclude_unset=True) == example
