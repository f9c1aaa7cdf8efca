"""Every route of the description, everybody, an own, a foreign and an unknown application: who is let in, as one table
states. A route that the table does not know fails."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from identity.citizen import ROLES
from issuance.fees.facts import CATEGORIES, EVIDENCE
from storage.applications import SqlApplications
from storage.runner import Database
from storage.tables import applications, metadata
from tests.api.house import House, open_house
from tests.api.population import KnowsOne

OTHER_UNIT = "000.00.16.H26"
UNKNOWN = "000.00.15.H26-240603-9999"
AN_ID = str(UUID(int=7))
SAMPLES = {
    "type_id": "criminal_record_form_1",
    "policy_id": "no-such-policy",
    "procedure_id": "no_such_procedure",
    "version": "1",
    "number": "1",
    "act_sha256": "0" * 64,
}
UNCOUNTED = {"security_events"}
"""A refusal may be written down there, and nowhere else."""

CITIZENS = frozenset({"citizen 1", "citizen 2"})
OFFICIALS = frozenset(ROLES)
EVERYBODY = ("nobody", "citizen 1", "citizen 2", *sorted(ROLES), "machine")

Who = frozenset[str]
LEVEL_1, LEVEL_2 = CITIZENS, frozenset({"citizen 2"})
DESK, HEAD = frozenset({"caseworker", "head"}), frozenset({"head"})
OPERATOR, ANY_OFFICIAL = frozenset({"operator"}), OFFICIALS
AUTHOR, APPROVER = frozenset({"fee_author"}), frozenset({"fee_approver"})
FEES = AUTHOR | APPROVER
MACHINE, OPEN = frozenset({"machine"}), frozenset(EVERYBODY)

TABLE: Mapping[str, Who] = {
    "GET /v1/services": LEVEL_1,
    "GET /v1/services/{type_id}": LEVEL_1,
    "GET /v1/services/{type_id}/prefill": LEVEL_2,
    "POST /v1/applications": LEVEL_2,
    "GET /v1/accesses": LEVEL_1,
    "GET /v1/privacy/export": LEVEL_2,
    "POST /v1/privacy/erasure-requests": LEVEL_2,
    "GET /v1/applications": LEVEL_1,
    "GET /v1/applications/{code}": LEVEL_2,
    "GET /v1/applications/{code}/timeline": LEVEL_2,
    "GET /v1/applications/{code}/document": LEVEL_2,
    "GET /v1/applications/{code}/document/qr": LEVEL_2,
    "GET /v1/applications/{code}/receipt": LEVEL_2,
    "GET /v1/applications/{code}/receipt.xml": LEVEL_2,
    "GET /v1/applications/{code}/apology": LEVEL_2,
    "GET /v1/applications/{code}/credential": LEVEL_2,
    "GET /v1/applications/{code}/payment-order/qr": LEVEL_2,
    "POST /v1/applications/{code}/payment-confirmations": LEVEL_2,
    "POST /v1/applications/{code}/evidence": LEVEL_2,
    "POST /v1/applications/{code}/questions": LEVEL_2,
    "POST /v1/applications/{code}/papers-given": LEVEL_2,
    "POST /v1/applications/{code}/withdrawal": LEVEL_2,
    "GET /v1/applications/{code}/parcels": LEVEL_2,
    "POST /v1/applications/{code}/parcels": LEVEL_2,
    "POST /v1/applications/{code}/parcels/address": LEVEL_2,
    "POST /v1/applications/{code}/parcels/cancellation": LEVEL_2,
    "POST /v1/payments/notices": OPEN,
    "POST /v1/payments/statements": OPERATOR,
    "POST /v1/desk/applications/{code}/cash-payments": DESK,
    "GET /v1/desk/cash": DESK,
    "GET /v1/desk/applications/{code}/receipt": DESK,
    "GET /v1/desk/payments": DESK,
    "POST /v1/desk/payments/{payment_id}/assignment": HEAD,
    "POST /v1/desk/payments/{payment_id}/allocation": DESK,
    "POST /v1/desk/payments/{payment_id}/refund": DESK,
    "GET /v1/desk/refunds": DESK,
    "POST /v1/desk/refunds/{refund_id}/handed-out": DESK,
    "POST /v1/desk/refunds/{refund_id}/again": DESK,
    "GET /v1/fees/quote": LEVEL_1 | {"nobody"},
    "GET /v1/desk/applications": DESK,
    "POST /v1/desk/applications/search": DESK,
    "POST /v1/desk/bulk": DESK,
    "GET /v1/statistics": DESK | OPERATOR,
    "GET /v1/desk/applications/{code}": DESK,
    "POST /v1/desk/applications/{code}/approval": DESK,
    "POST /v1/desk/applications/{code}/refusal": DESK,
    "POST /v1/desk/applications/{code}/fee-decision": DESK,
    "POST /v1/desk/applications/{code}/revocation": DESK,
    "POST /v1/desk/applications/{code}/suspension": DESK,
    "POST /v1/desk/applications/{code}/reinstatement": DESK,
    "POST /v1/desk/applications/{code}/ownership": DESK,
    "POST /v1/desk/applications/{code}/assignment": HEAD,
    "POST /v1/desk/applications/{code}/outcomes": DESK,
    "POST /v1/desk/applications/{code}/papers-request": DESK,
    "POST /v1/desk/applications/{code}/resumption": DESK,
    "POST /v1/desk/applications/{code}/stop": DESK,
    "POST /v1/desk/applications/{code}/register-questions": DESK,
    "POST /v1/desk/applications/{code}/apology": HEAD,
    "GET /v1/desk/applications/{code}/evidence/{evidence_id}/file": DESK,
    "POST /v1/desk/applications/{code}/evidence/{evidence_id}/acceptance": DESK,
    "POST /v1/desk/applications/{code}/evidence/{evidence_id}/rejection": DESK,
    "POST /v1/desk/applications/{code}/questions/{question_id}/answer": DESK,
    "GET /v1/desk/questions": DESK,
    "GET /v1/desk/parcels": DESK,
    "POST /v1/desk/applications/{code}/prints": DESK,
    "GET /v1/desk/applications/{code}/prints/{print_id}/file": DESK,
    "POST /v1/desk/applications/{code}/parcel-resending": DESK,
    "POST /v1/desk/postal-batches": DESK,
    "GET /v1/desk/postal-batches": DESK,
    "GET /v1/desk/postal-batches/{batch_id}": DESK,
    "GET /v1/desk/postal-batches/{batch_id}/list": DESK,
    "GET /v1/desk/postal-batches/{batch_id}/labels": DESK,
    "POST /v1/desk/parcel-reports": DESK,
    "POST /v1/desk/applications/{code}/handovers": DESK,
    "GET /v1/desk/inbox": DESK,
    "GET /v1/desk/inbox/{handover_id}/document": DESK,
    "POST /v1/desk/inbox/{handover_id}/acknowledgement": DESK,
    "GET /v1/desk/follow-ups": DESK,
    "POST /v1/desk/follow-ups/{follow_up_id}/seen": DESK,
    "GET /v1/desk/apologies": HEAD,
    "GET /v1/desk/delegations": DESK,
    "POST /v1/desk/delegations": HEAD,
    "POST /v1/desk/delegations/{delegation_id}/revocation": HEAD,
    "GET /v1/desk/relatives": DESK,
    "POST /v1/desk/relatives": DESK,
    "POST /v1/desk/relatives/removal": DESK,
    "GET /v1/fee-policies/acts": FEES,
    "POST /v1/fee-policies/acts": AUTHOR,
    "GET /v1/fee-policies/acts/{act_sha256}": FEES,
    "GET /v1/fee-policies/drafts": FEES,
    "POST /v1/fee-policies/drafts": AUTHOR,
    "GET /v1/fee-policies/drafts/{draft_id}": FEES,
    "PUT /v1/fee-policies/drafts/{draft_id}": AUTHOR,
    "GET /v1/fee-policies/drafts/{draft_id}/document": FEES,
    "POST /v1/fee-policies/drafts/{draft_id}/check": FEES,
    "POST /v1/fee-policies/drafts/{draft_id}/rehearsal": FEES,
    "GET /v1/fee-policies/rehearsals/{rehearsal_id}": FEES,
    "POST /v1/fee-policies/drafts/{draft_id}/approval": APPROVER,
    "POST /v1/fee-policies/drafts/{draft_id}/schedule": FEES,
    "POST /v1/fee-policies/drafts/{draft_id}/withdrawal": FEES,
    "GET /v1/fee-policies": ANY_OFFICIAL,
    "GET /v1/fee-policies/schema": OPEN,
    "GET /v1/fee-policies/compare": ANY_OFFICIAL,
    "GET /v1/fee-policies/{policy_id}": ANY_OFFICIAL,
    "GET /v1/fee-policies/{policy_id}/versions/{version}": ANY_OFFICIAL,
    "GET /v1/fee-policies/{policy_id}/budgets": ANY_OFFICIAL,
    "POST /v1/fee-policies/{policy_id}/versions/{version}/withdrawal": APPROVER,
    "GET /v1/punctuality": OPEN,
    "GET /v1/procedures": OPEN,
    "GET /v1/procedures/schema": OPEN,
    "GET /v1/procedures/{procedure_id}/{version}": OPEN,
    "POST /v1/procedures": HEAD | OPERATOR,
    "POST /v1/procedures/checks": HEAD | OPERATOR,
    "POST /v1/procedures/{procedure_id}/{version}/withdrawal": HEAD | OPERATOR,
    "POST /v1/bodies/applications": DESK,
    "GET /v1/bodies/applications": DESK,
    "GET /v1/bodies/applications/{code}": DESK,
    "GET /v1/bodies/applications/{code}/document": DESK,
    "POST /v1/bodies/applications/{code}/withdrawal": DESK,
    "GET /v1/agency/applications": MACHINE,
    "GET /v1/agency/applications/{code}": MACHINE,
    "GET /v1/units": OPEN,
    "GET /v1/units/{code}": OPEN,
    "POST /v1/units/imports": OPERATOR,
    "GET /v1/units/imports/{import_id}": OPERATOR,
    "POST /v1/verifications/qr": OPEN,
    "POST /v1/verifications/number": OPEN,
    "POST /v1/verifications/file": OPEN,
    "POST /v1/verifications/pdf": OPEN,
    "POST /v1/verifications/credential": OPEN,
    "GET /v1/status-lists": OPEN,
    "GET /v1/status-lists/{number}": OPEN,
    "GET /credentials/{type_id}": OPEN,
    "GET /.well-known/jwt-vc-issuer": OPEN,
    "GET /.well-known/jwks.json": OPEN,
    "GET /.well-known/condau-trust-list": OPEN,
    "GET /.well-known/condau-bundle": OPEN,
    "GET /.well-known/security.txt": OPEN,
    "GET /livez": OPEN,
    "GET /readyz": OPEN,
    "GET /v1/operations/health": OPERATOR,
}
QUERIES = {
    "GET /v1/fees/quote": "?type=criminal_record_form_1&copies=1",
    "GET /v1/statistics": "?from=2024-06-01&until=2024-06-30",
    "GET /v1/fee-policies/compare": "?before=a&after=b",
}
ONLY_BODIES = "/v1/bodies/applications"
"""For units that conduct proceedings; ours is none, and is told so whichever case it names."""


@dataclass
class Scene:
    house: House
    operations: Mapping[str, dict[str, Any]]
    own: str
    foreign: str
    sent: int = 0
    _headers: dict[str, dict[str, str]] = field(default_factory=dict)

    def headers(self, who: str) -> dict[str, str]:
        if who not in self._headers:
            self._headers[who] = self._signed_in(who)
        return self._headers[who]

    def _signed_in(self, who: str) -> dict[str, str]:
        if who == "nobody":
            return {}
        if who == "machine":
            return self.house.machine()
        if who in CITIZENS:
            return self.house.citizen(acr=f"level-{who[-1]}")
        return self.house.official(roles=[who])

    async def ask(self, route: str, who: str, code: str) -> tuple[int, str, dict[str, Any]]:
        """Status, problem code, and the whole body without what names this request."""
        method, path = route.split()
        filled = path.format_map({**dict.fromkeys(_names(path), AN_ID), **SAMPLES, "code": code})
        self.sent += 1
        headers = {**self.headers(who), "Idempotency-Key": f"matrix-{self.sent}"}
        if "/drafts/" in path:
            headers["If-Match"] = '"1"'
        body = self.operations[route].get("requestBody", {}).get("content", {})
        request: dict[str, Any] = {}
        if "application/json" in body:
            request["json"] = body["application/json"]["example"]
        elif "multipart/form-data" in body:
            request["files"] = {"file": ("a.pdf", b"%PDF-1.7 x", "application/pdf")}
            request["data"] = {"category": next(iter(CATEGORIES)), "kind": next(iter(EVIDENCE))}
        elif body:
            request["content"] = b"%PDF-1.7 x"
            headers["Content-Type"] = next(iter(body))
        answer = await self.house.client.request(method, filled + QUERIES.get(route, ""), headers=headers, **request)
        is_json = "json" in answer.headers.get("content-type", "")
        found = answer.json() if is_json and answer.content else {}
        if not isinstance(found, dict) or answer.status_code < 400:
            return answer.status_code, "", {}
        found.pop("instance", None)
        return answer.status_code, str(found.get("code", "")), found

    def fingerprint(self) -> list[tuple[Any, ...]]:
        """Of everything stored: how much there is, and every application's version."""
        counts = [
            sa.select(sa.literal(table.name), sa.func.count()).select_from(table)
            for table in metadata.sorted_tables
            if table.name not in UNCOUNTED
        ]
        versions = sa.select(applications.c.code, applications.c.version).order_by(applications.c.code)
        return self.house.office.database.run_blocking(
            lambda records: [
                tuple(row) for query in (sa.union_all(*counts), versions) for row in records._connection.execute(query)
            ]
        )


def in_words(who: Who) -> str:
    """As docs/api.md says it."""
    said = {
        OPEN: "everybody",
        LEVEL_1: "citizen",
        LEVEL_1 | {"nobody"}: "everybody; with a token a citizen",
        LEVEL_2: "citizen, signed in at the document's level",
        ANY_OFFICIAL: "any official",
        MACHINE: "machine",
    }
    return said.get(who, ", ".join(sorted(who)))


def _names(path: str) -> list[str]:
    return [part[1:-1] for part in path.replace(".", "/").split("/") if part.startswith("{")]


@pytest.fixture
async def scene(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Scene]:
    """An application of the citizen in the unit of the officials, and somebody else's in another unit."""
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    async with open_house(database, tmp_path, population_facts=KnowsOne()) as house:
        own = (await house.apply())["code"]
        foreign = (await house.apply(house.citizen(sub="another", personal_id="001195000099")))["code"]
        moved = replace(house.stored(foreign), unit=OTHER_UNIT)
        house.office.do(lambda records: records.applications.save(moved))
        described = house.app.openapi()["paths"]
        operations = {
            f"{method.upper()} {path}": operation
            for path, methods in described.items()
            for method, operation in methods.items()
        }
        yield Scene(house, operations, own, foreign)
    await database.dispose()


def kind_of(who: str) -> str:
    return "citizen" if who in CITIZENS else "official" if who in OFFICIALS else who


def is_for(route: str, kind: str) -> bool:
    return any(kind_of(one) == kind for one in TABLE[route])


async def what_is_closed(scene: Scene, route: str, who: str) -> list[str]:
    """Not as the table states, of all that must be refused: every case to whom the route is closed, and to the others
    those of another unit or person, which look like none at all."""
    wrong = []

    def expect(holds: bool, said: object) -> None:
        if not holds:
            wrong.append(f"{route} as {who}: {said}")

    has_case = "/applications/{code}" in route
    if who in TABLE[route] and ONLY_BODIES not in route:
        if has_case:
            foreign, unknown = [await scene.ask(route, who, code) for code in (scene.foreign, UNKNOWN)]
            expect(foreign == unknown, f"foreign {foreign}, unknown {unknown}")
            expect(foreign[:2] == (404, "application_not_found"), foreign)
        return wrong
    codes = (scene.own, scene.foreign, UNKNOWN) if has_case else (scene.own,)
    answers = [await scene.ask(route, who, code) for code in codes]
    own, foreign, unknown = answers if has_case else answers * 3
    expect(foreign == unknown, f"foreign {foreign}, unknown {unknown}")
    if who in TABLE[route]:
        expect(all(one[:2] == (403, "not_a_procedural_body") for one in answers), answers)
    elif who == "nobody":
        expect(all(one[:2] == (401, "access_token_missing") for one in answers), answers)
    elif not is_for(route, kind_of(who)):
        expect(all(one[:2] == (403, "wrong_kind_of_person") for one in answers), answers)
    elif who in CITIZENS:
        expect(own[:2] == (401, "level_too_low"), own)
    elif has_case and ONLY_BODIES not in route:
        expect(own[:2] == (403, "role_missing"), own)
        expect(foreign[:2] in {(404, "application_not_found"), (403, "role_missing")}, foreign)
    else:
        expect(all(one[:2] == (403, "role_missing") for one in answers), answers)
    return wrong


async def what_is_open(scene: Scene, route: str, who: str) -> list[str]:
    """Not as the table states, of what must not be refused for who asks: the own case of whom the route is for."""
    if who not in TABLE[route] or ONLY_BODIES in route:
        return []
    own = await scene.ask(route, who, scene.own)
    is_let_in = own[0] < 500 and own[0] not in (401, 403) and own[1] != "application_not_found"
    return [] if is_let_in else [f"{route} as {who}: {own}"]


async def check(scene: Scene, who: str, *routes: str) -> list[str]:
    """What is not as the table states; nothing is stored by what is refused."""
    before = scene.fingerprint()
    wrong = [said for route in routes for said in await what_is_closed(scene, route, who)]
    if scene.fingerprint() != before:
        wrong.append(f"a refusal left something behind, of {who} at {', '.join(routes)}")
    return wrong + [said for route in routes for said in await what_is_open(scene, route, who)]


async def test_the_table_names_every_route_and_no_other(scene: Scene) -> None:
    assert scene.operations.keys() == TABLE.keys()


def test_the_guide_states_the_table() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    stated = re.findall(r"^\| `((?:GET|POST|PUT) [^`]+)` \| (.+) \|$", guide, re.MULTILINE)

    assert dict(stated) == {route: in_words(who) for route, who in TABLE.items()}
    assert len(stated) == len(TABLE)


async def test_everybody_is_let_in_where_the_table_says(scene: Scene) -> None:
    """One after the other in one house, where what one person has changed the next ones meet."""
    assert [said for who in EVERYBODY for said in await check(scene, who, *TABLE)] == []


@pytest.mark.campaign
@pytest.mark.parametrize("who", EVERYBODY)
async def test_each_is_let_in_where_the_table_says(scene: Scene, who: str) -> None:
    """Everybody in a house of his own, with a look at what is stored after each route."""
    assert [said for route in TABLE for said in await check(scene, who, route)] == []


async def test_a_hole_would_be_noticed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same check over a desk that does not ask whose unit a case is."""

    def of_any_unit(self: SqlApplications, code: str, unit: str) -> Any:
        return self._one(applications.c.code == code)

    monkeypatch.setattr(SqlApplications, "in_unit", of_any_unit)
    assert await check(scene, "head", "GET /v1/desk/applications/{code}")
    assert await check(scene, "head", "POST /v1/desk/applications/{code}/refusal")


async def test_what_a_refusal_leaves_behind_would_be_noticed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    known = iter(range(9))
    monkeypatch.setattr(scene, "fingerprint", lambda: next(known))
    assert await check(scene, "nobody", "GET /v1/services")
