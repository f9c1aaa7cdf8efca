"""The web application over a real office: real verifier, runner, keys and renderer, asked through ASGI."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.services import Limits, Services, StatusListForm
from issuance.application import Application
from issuance.certificate import STATUS_LIST_SIZE, Certificate, CertificateKind
from issuance.fees.document import VND
from issuance.payments.order import ReceivedPayment
from issuance.registers.consult import keep_register_answer
from signing.status_list import seal_status_list, seal_status_list_cwt
from signing.trust_list import seal_trust_list
from storage.runner import Database
from tests.identity.issuer import trust
from tests.identity.proofs import ProofHolder
from tests.issuance.office import CLIENTS, INPUT, MONDAY, TYPE, Office, clean_record
from verification.register import DocumentStatus
from verification.trust import KeyPurpose

PUBLIC_URL = "https://condau.example"
STATUS_LIST_SECONDS = 30
UNPAID = "one-stop-kiosk"
"""An app of a channel for which no support applies, so that money is due."""

GENEROUS = Limits(
    verifications="10000/minute",
    quotes="10000/minute",
    sign_ins="10000/minute",
    requests_per_person="10000/minute",
    guardian_questions="10000/minute",
    refused_evidence="10000/minute",
)

_keys = itertools.count(1)


class Money:
    """A payment gateway whose books the test writes."""

    def __init__(self) -> None:
        self.received: dict[str, int] = {}
        self.asked: list[str] = []

    async def find(self, memo: str) -> Sequence[ReceivedPayment]:
        self.asked.append(memo)
        amount = self.received.get(memo)
        if amount is None:
            return []
        reference = f"FT-{amount}-{memo}"
        return [ReceivedPayment(memo=memo, amount=VND(amount), provider_reference=reference, received_at=MONDAY)]


class SignedLists:
    """Status lists under the office's own key; counts how often it signs."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.signed = 0

    def publish(
        self, number: int, entries: Mapping[int, DocumentStatus], at: datetime, form: StatusListForm = "jwt"
    ) -> bytes:
        self.signed += 1
        key = self.office.keys.active(KeyPurpose.STATUS, at)
        uri, lifetime, ttl = f"{PUBLIC_URL}/v1/status-lists/{number}", 3600, 2 * STATUS_LIST_SECONDS
        if form == "cwt":
            return seal_status_list_cwt(entries, STATUS_LIST_SIZE, key, uri, at, lifetime, ttl)
        return seal_status_list(entries, STATUS_LIST_SIZE, key, uri, at, lifetime, ttl).encode()


class SignedTrustLists:
    """The office's own keys as a signed trust list; counts how often it signs."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.signed = 0

    def publish(self, at: datetime) -> str:
        self.signed += 1
        key = self.office.keys.active(KeyPurpose.TRUST_LIST, at)
        return seal_trust_list(self.office.keys.trust_list(at), key, PUBLIC_URL, at, timedelta(days=7))


@dataclass
class House:
    office: Office
    services: Services
    app: FastAPI
    client: httpx.AsyncClient
    money: Money
    lists: SignedLists

    def citizen(self, **claims: Any) -> dict[str, str]:
        """The headers of a citizen's request."""
        return {"Authorization": f"Bearer {self.office.citizens.mint(self.office.at, **claims)}"}

    def official(self, **claims: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.office.officials.mint(self.office.at, **claims)}"}

    def machine(self, **claims: Any) -> dict[str, str]:
        """The headers of an agency's machine."""
        claims = {"client_id": "one-stop-system", "sub": "one-stop-system"} | claims
        return {"Authorization": f"Bearer {self.office.machines.mint(self.office.at, **claims)}"}

    def proven(self, holder: ProofHolder, method: str, path: str, **proof: Any) -> dict[str, str]:
        """The headers of a citizen's request with a token that is bound to the holder's key, and the proof of it.

        proof: claims of the proof to be changed.
        """
        token = self.office.citizens.mint(self.office.at, cnf=holder.confirmation)
        proof = {"htm": method, "htu": PUBLIC_URL + path} | proof
        return {"Authorization": f"DPoP {token}", "DPoP": holder.prove(token, self.office.at, **proof)}

    async def get(self, path: str, headers: dict[str, str] | None = None, **request: Any) -> httpx.Response:
        return await self.client.get(path, headers=headers, **request)

    async def post(
        self, path: str, headers: dict[str, str] | None = None, *, key: str | None = None, **request: Any
    ) -> httpx.Response:
        """With an Idempotency-Key of its own, or the one given."""
        once = {"Idempotency-Key": key or f"test-{next(_keys)}"}
        return await self.client.post(path, headers=once | (headers or {}), **request)

    async def apply(self, headers: dict[str, str] | None = None, **changed: Any) -> dict[str, Any]:
        answer = await self.post(
            "/v1/applications", headers or self.citizen(), json={"type": TYPE, "input": INPUT | changed}
        )
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def register_answers(self, code: str) -> Application:
        """The judicial register answers, as the worker would have asked it."""
        application = self.stored(code)
        answer = clean_record(self.office.at)
        self.office.do(lambda records: keep_register_answer(records, application.id, answer, self.office.at))
        return application

    async def issued(self, headers: dict[str, str] | None = None) -> tuple[str, Certificate]:
        """The code of an application that went all the way, and its document."""
        code = (await self.apply(headers))["code"]
        application = self.register_answers(code)
        official = self.official(roles=["caseworker", "head"])
        approved = await self.post(f"/v1/desk/applications/{code}/approval", official)
        while approved.status_code == 409 and approved.json()["code"] == "outcome_not_offered":
            onward = {"outcome": approved.json()["outcomes"][0]}
            done = await self.post(f"/v1/desk/applications/{code}/outcomes", official, json=onward)
            assert done.status_code == 200, done.text
            approved = await self.post(f"/v1/desk/applications/{code}/approval", official)
        assert approved.status_code == 200, approved.text
        self.office.issue(application.id, CertificateKind.RECEIPT)
        return code, self.office.issue(application.id)

    def stored(self, code: str) -> Application:
        return self.office.do(lambda records: records.applications.in_unit(code, "000.00.15.H26"))

    def pdf(self, certificate: Certificate) -> bytes:
        assert certificate.sha256 is not None
        return self.office.files.load(certificate.sha256)


async def _usable() -> bool:
    return True


def services_of(office: Office, money: Money, lists: SignedLists, limits: Limits) -> Services:
    return Services(
        runner=office.database,
        rules=office.rules,
        issuers=trust(office.citizens, office.officials, office.machines),
        clients=CLIENTS,
        trust=office.keys.trust_list,
        status_lists=lists,
        trust_lists=SignedTrustLists(office),
        files=office.files,
        papers=office.papers,
        gateway=money,
        clock=lambda: office.at,
        public_url=PUBLIC_URL,
        status_list_seconds=STATUS_LIST_SECONDS,
        readiness={"keys": _usable},
        security_contact="mailto:security@condau.example",
        limits=limits,
    )


@asynccontextmanager
async def open_house(
    database: Database, folder: Path, limits: Limits | None = None, **changed: Any
) -> AsyncIterator[House]:
    """limits: generous unless the test is about them. changed: other parts of the services."""
    office, money = Office(database, folder), Money()
    lists = SignedLists(office)
    services = services_of(office, money, lists, limits or GENEROUS)
    services = replace(services, **changed)
    app = create_app(services)
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers={"Accept-Language": "en"}) as client:
        yield House(office, services, app, client, money, lists)


@asynccontextmanager
async def served(house: House, port: int = 0) -> AsyncIterator[str]:
    """The application on a port of the loopback: a free one, or the one given."""
    server = uvicorn.Server(uvicorn.Config(house.app, host="127.0.0.1", port=port, log_level="error", lifespan="off"))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event to wait for
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await running
