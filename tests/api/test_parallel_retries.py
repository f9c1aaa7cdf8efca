"""Everything that takes an Idempotency-Key, many times at once under one key: one effect, and one answer."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from api.app import create_app
from issuance.certificate import CertificateKind
from storage.payment_tables import received_payments
from storage.runner import Database
from tests.api.fee_office import cheaper
from tests.api.house import UNPAID, House, open_house
from tests.api.papers import a_picture
from tests.api.procedure_office import own_procedure
from tests.api.test_every_route import AN_ID, SAMPLES, TABLE, UNKNOWN
from tests.api.twice import Twice
from tests.issuance.office import INPUT, TYPE

APPLICATIONS, DESK = "/v1/applications", "/v1/desk/applications"
A_CASE, A_DESK_CASE = f"{APPLICATIONS}/{{code}}", f"{DESK}/{{code}}"


@pytest.fixture
async def twice(
    request: pytest.FixtureRequest, sqlite_template: Path, database: Database, tmp_path: Path
) -> AsyncIterator[Twice]:
    """Once on SQLite; many times on either, where on PostgreSQL a second process stands beside the first."""
    file = tmp_path / "once.sqlite"
    shutil.copyfile(sqlite_template, file)
    once = Database(f"sqlite:///{file}", clock=lambda: datetime.now(UTC))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(once.dispose)
        first = await stack.enter_async_context(open_house(once, tmp_path / "once"))
        # The same people come to both.
        issuers = first.services.issuers
        second = await stack.enter_async_context(open_house(database, tmp_path / "often", issuers=issuers))
        others = []
        if database.is_postgresql:
            beside = Database(database.address.dbos_url, clock=database.clock)
            stack.push_async_callback(beside.dispose)
            others.append(create_app(replace(second.services, runner=beside)))
        yield Twice(first, second, request.param, others)


A_FEW, MANY = 6, 50
often = pytest.mark.parametrize(
    ("database_url", "twice"),
    [
        ("postgresql", A_FEW),
        pytest.param("sqlite", MANY, marks=pytest.mark.campaign),
        pytest.param("postgresql", MANY, marks=pytest.mark.campaign),
    ],
    indirect=True,
)


@often
async def test_everything_has_one_effect(twice: Twice) -> None:
    await _cases(twice)
    await _money_and_papers(twice)
    await _documents(twice)
    await _people(twice)
    await _policies_and_procedures(twice)
    await _everything_else(twice)
    assert twice.sent == _with_a_key(twice.once)
    assert {route.removeprefix("POST ") for route in twice.succeeded} >= SUCCEED


SUCCEED = {
    APPLICATIONS,
    *(f"{A_CASE}/{what}" for what in ("payment-confirmations", "evidence", "questions", "papers-given", "withdrawal")),
    *(f"{A_CASE}/{what}" for what in ("parcels", "parcels/address", "parcels/cancellation")),
    *(f"{A_DESK_CASE}/{what}" for what in ("approval", "refusal", "outcomes", "ownership", "stop", "papers-request")),
    *(f"{A_DESK_CASE}/{what}" for what in ("resumption", "register-questions", "prints", "cash-payments")),
    *(f"{A_DESK_CASE}/{what}" for what in ("suspension", "reinstatement", "revocation")),
    *(f"{A_DESK_CASE}/evidence/{{evidence_id}}/{what}" for what in ("acceptance", "rejection")),
    f"{A_DESK_CASE}/questions/{{question_id}}/answer",
    *(f"/v1/desk/payments/{{payment_id}}/{what}" for what in ("allocation", "refund")),
    "/v1/desk/bulk",
    "/v1/desk/relatives",
    "/v1/desk/relatives/removal",
    "/v1/fee-policies/drafts",
    "/v1/fee-policies/drafts/{draft_id}/check",
    "/v1/fee-policies/drafts/{draft_id}/withdrawal",
    "/v1/procedures",
    "/v1/procedures/{procedure_id}/{version}/withdrawal",
}
"""Of these the one effect is seen; the others are refused here, and leave as much behind many times as once."""


async def _cases(twice: Twice) -> None:
    head = _head(twice)
    code = await _apply(twice)
    await twice.post(f"{A_DESK_CASE}/ownership", head, names={"code": code})
    await twice.post(f"{A_DESK_CASE}/papers-request", head, names={"code": code}, json=_papers())
    await twice.post(f"{A_CASE}/papers-given", _citizen(twice), names={"code": code})
    await twice.post(f"{A_DESK_CASE}/papers-request", head, names={"code": code}, json=_papers())
    await twice.post(f"{A_DESK_CASE}/resumption", head, names={"code": code})
    await twice.post(f"{A_DESK_CASE}/register-questions", head, names={"code": code})
    asked = await twice.post(f"{A_CASE}/questions", _citizen(twice), names={"code": code}, json={"text": "Bao giờ?"})
    ids = _each(asked, lambda body: body["questions"][-1]["id"])
    answer = f"{A_DESK_CASE}/questions/{{question_id}}/answer"
    await twice.post(answer, head, names={"code": code, "question_id": ids}, json={"text": "Ngày mai."})
    await twice.post(f"{A_DESK_CASE}/stop", head, names={"code": code}, json={"reason": "Lý do"})
    await twice.post(f"{A_CASE}/withdrawal", _citizen(twice), names={"code": await _apply(twice)})
    refused = await _apply(twice)
    await twice.post(f"{A_DESK_CASE}/refusal", head, names={"code": refused}, json={"reason": "Lý do"})
    outcome = {"outcome": "refuse", "reason": "Lý do"}
    await twice.post(f"{A_DESK_CASE}/outcomes", head, names={"code": await _apply(twice)}, json=outcome)
    code = await _apply(twice)
    address = _example(twice, f"{A_CASE}/parcels")
    await twice.post(f"{A_CASE}/parcels", _citizen(twice), names={"code": code}, json=address)
    await twice.post(f"{A_CASE}/parcels/address", _citizen(twice), names={"code": code}, json=address)
    await twice.post(f"{A_CASE}/parcels/cancellation", _citizen(twice), names={"code": code})
    codes = [await _apply(twice) for _ in range(2)]
    await twice.post("/v1/desk/bulk", head, json={"action": "take", "codes": codes})


async def _money_and_papers(twice: Twice) -> None:
    payer, head = _citizen(twice, client_id=UNPAID), _head(twice)
    code = await _apply(twice, payer)
    for number, (decision, said) in enumerate((("rejection", {"reason": "Lý do"}), ("acceptance", {}))):
        brought = await twice.post(
            f"{A_CASE}/evidence",
            payer,
            names={"code": code},
            files={"file": ("card.png", a_picture(number))},
            data={"category": "student", "kind": "student_card"},
        )
        papers = _each(brought, lambda body: _undecided(body["evidence"]))
        path = f"{A_DESK_CASE}/evidence/{{evidence_id}}/{decision}"
        await twice.post(path, head, names={"code": code, "evidence_id": papers}, json=said)
    await _pays(twice, payer, code)
    await twice.post(f"{A_CASE}/payment-confirmations", payer, names={"code": code})
    at_the_desk = await _apply(twice, payer)
    cash = _example(twice, f"{A_DESK_CASE}/cash-payments") | {"amount_vnd": 205_000}
    await twice.post(f"{A_DESK_CASE}/cash-payments", head, names={"code": at_the_desk}, json=cash)
    cheaper_one = await _apply(twice, payer, copies=1)
    for what, said in (("allocation", {"code": cheaper_one, "reason": "Lý do"}), ("refund", {"reason": "Lý do"})):
        # Kept though it is refused, and once: it fits another's order, and not its own.
        code = await _apply(twice, payer)
        await _pays(twice, payer, code, more=-5_000)
        await twice.post(f"{A_CASE}/payment-confirmations", payer, names={"code": code})
        payments = {"payment_id": _waiting(twice)}
        await twice.post(f"/v1/desk/payments/{{payment_id}}/{what}", head, names=payments, json=said)


async def _documents(twice: Twice) -> None:
    code, head = await _apply(twice), _head(twice)
    for house in (twice.once, twice.often):
        house.register_answers(code)
    approved = await twice.post(f"{A_DESK_CASE}/approval", head, names={"code": code})
    assert approved[0].status_code == 200, approved[0].text
    for house in (twice.once, twice.often):
        for kind in (CertificateKind.RECEIPT, CertificateKind.RESULT):
            house.office.issue(house.stored(code).id, kind)
    await twice.post(f"{A_DESK_CASE}/prints", head, names={"code": code}, json={"copies": 1})
    await twice.post(f"{A_DESK_CASE}/suspension", head, names={"code": code}, json={"reason": "under_review"})
    await twice.post(f"{A_DESK_CASE}/reinstatement", head, names={"code": code})
    await twice.post(f"{A_DESK_CASE}/revocation", head, names={"code": code}, json={"reason": "issued_in_error"})


async def _people(twice: Twice) -> None:
    head = _head(twice)
    await twice.post("/v1/desk/relatives", head, json={"personal_id": "001190000077"})
    await twice.post("/v1/desk/relatives/removal", head, json={"personal_id": "001190000077"})


async def _policies_and_procedures(twice: Twice) -> None:
    operator = _official(twice, roles=["operator"])
    published = await twice.post("/v1/procedures", operator, json=own_procedure())
    assert published[0].status_code == 201, published[0].text
    document = {"procedure_id": published[0].json()["id"], "version": "1"}
    path = "/v1/procedures/{procedure_id}/{version}/withdrawal"
    await twice.post(path, operator, names=document, json={"reason": "Lý do"})
    author = _official(twice, roles=["fee_author"])
    drafts = _each(await twice.post("/v1/fee-policies/drafts", author, json=cheaper()), lambda body: body["id"])
    for step, version, said in (("check", 0, {}), ("withdrawal", 1, {"reason": "Lý do"})):
        headers = author | {"If-Match": f'"{version}"'}
        await twice.post(f"/v1/fee-policies/drafts/{{draft_id}}/{step}", headers, names={"draft_id": drafts}, json=said)


async def _everything_else(twice: Twice) -> None:
    """With the description's own examples, of things that are not there."""
    described = twice.once.app.openapi()["paths"]
    for route in sorted(_with_a_key(twice.once) - twice.sent):
        path = route.removeprefix("POST ")
        names = dict.fromkeys(_names(path), AN_ID) | SAMPLES | {"code": UNKNOWN}
        content = described[path]["post"].get("requestBody", {}).get("content", {})
        request: dict[str, Any] = {}
        headers = dict(_allowed(twice, route))
        if "/drafts/" in path:
            headers["If-Match"] = '"1"'
        if "application/json" in content:
            request["json"] = content["application/json"]["example"]
        elif "multipart/form-data" in content:
            request["files"] = {"file": ("a.pdf", b"%PDF-1.7 x", "application/pdf")}
        elif content:
            kind = next(iter(content))
            request["content"] = content[kind].get("example", "").encode()
            headers["Content-Type"] = kind
        await twice.post(path, headers, names=names, **request)


async def _pays(twice: Twice, payer: dict[str, str], code: str, more: int = 0) -> None:
    for house in (twice.once, twice.often):
        order = (await house.get(f"{APPLICATIONS}/{code}", payer)).json()["payment"]
        house.money.received[order["memo"]] = order["amount_vnd"] + more


def _waiting(twice: Twice) -> tuple[str, str]:
    """The payment that somebody has to look at."""

    def find(records: Any) -> str:
        question = sa.select(received_payments.c.id).where(received_payments.c.state == "waiting")
        return str(records._connection.execute(question).scalars().one())

    first, second = (house.office.database.run_blocking(find) for house in (twice.once, twice.often))
    return first, second


def _example(twice: Twice, path: str) -> dict[str, Any]:
    """The body that the description shows."""
    content = twice.once.app.openapi()["paths"][path]["post"]["requestBody"]["content"]
    shown: dict[str, Any] = content["application/json"]["example"]
    return shown


def _with_a_key(house: House) -> set[str]:
    return {
        f"POST {path}"
        for path, methods in house.app.openapi()["paths"].items()
        for one in methods.get("post", {}).get("parameters", ())
        if one["name"].lower() == "idempotency-key"
    }


def _names(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def _allowed(twice: Twice, route: str) -> dict[str, str]:
    who = sorted(TABLE[route])
    if "citizen 2" in who:
        return _citizen(twice)
    return twice.once.machine() if "machine" in who else _official(twice, roles=who)


def _each(answers: Any, of: Any) -> tuple[str, str]:
    first, second = (of(one.json()) for one in answers)
    return first, second


def _papers() -> dict[str, str]:
    return {"text": "Giấy xác nhận cư trú", "until": "2024-06-20"}


def _undecided(papers: list[dict[str, Any]]) -> str:
    return next(str(paper["id"]) for paper in papers if paper["state"] == "submitted")


async def _apply(twice: Twice, headers: dict[str, str] | None = None, **changed: Any) -> str:
    body = {"type": TYPE, "input": INPUT | changed}
    first, second = await twice.post(APPLICATIONS, headers or _citizen(twice), json=body)
    assert first.status_code == 201, first.text
    assert first.json()["code"] == second.json()["code"]
    return str(first.json()["code"])


def _citizen(twice: Twice, **claims: Any) -> dict[str, str]:
    return twice.once.citizen(**claims)


def _official(twice: Twice, **claims: Any) -> dict[str, str]:
    return twice.once.official(**claims)


def _head(twice: Twice) -> dict[str, str]:
    return _official(twice, roles=["caseworker", "head"])
