"""The measured services, each in a process: `python -m benchmarks.served ours|housed|bare <database> <folder>`.

`ours` is the real application. `bare` is what a first FastAPI tutorial would make of it, with the same token check: one
handler, one insert. `housed` is that handler as a route of the real application: behind its limits, headers, figures
and log, with its token dependency and its strict body. No background worker runs beside any: jobs are enqueued and
stay. It prints one line of JSON (port, path and tokens) when it is ready, and serves until SIGTERM.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import sqlalchemy as sa
import uvicorn
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse

from api import citizen as citizens_routes
from api.app import create_app
from api.authentication import CitizenWrites
from api.citizen import NewApplication
from api.read_body import body_of
from api.services import Limits
from condau.running import listen
from identity.citizen import VerifiedCitizen
from identity.clients import Clients
from identity.trusted_issuers import TrustedIssuers
from identity.verify_token import require_citizen, verify_token
from storage.engines import Address, async_engine, blocking_engine
from storage.runner import Database
from tests.api.house import Money, SignedLists, services_of
from tests.identity.issuer import TestIssuer, trust
from tests.issuance.office import MONDAY, Office
from tests.storage.ledger_keys import a_ledger_key
from tests.storage.vaults import a_vault

CITIZENS = 50
"""Each was born in another year, so that fees are decided for as many ages."""
CREATED = 201
PATHS = {"ours": "/v1/applications", "housed": "/v1/requests", "bare": "/v1/applications"}
UNLIMITED = 1_000_000
"""Requests a minute: the limits are there and count, but nobody reaches them."""

_table = sa.Table(
    "requests",
    sa.MetaData(),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("subject_key", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("input", sa.Text, nullable=False),
    sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
)
Insert = Callable[[Mapping[str, Any]], Awaitable[None]]


def ours(database_url: str, folder: Path) -> tuple[FastAPI, TestIssuer]:
    """The application over an office of its own."""
    database = Database(database_url, clock=lambda: datetime.now(UTC), vault=a_vault(), ledger_key=a_ledger_key())
    database.migrate()
    office = Office(database, folder)
    services = services_of(office, Money(), SignedLists(office), Limits(requests_per_person=f"{UNLIMITED}/minute"))
    clients = Clients(replace(client, requests_per_minute=UNLIMITED) for client in services.clients)
    return create_app(replace(services, clients=clients)), office.citizens


def housed(database_url: str, folder: Path) -> tuple[FastAPI, TestIssuer]:
    """The application with one route more: the person whom our dependency admits, the body as we read it, a row."""
    insert = _insert_on(Address.parse(database_url))

    @citizens_routes.router.post("/requests", status_code=CREATED)
    async def submit(
        citizen: CitizenWrites, asked: Annotated[NewApplication, Depends(body_of(NewApplication))]
    ) -> JSONResponse:
        row = _row(citizen, asked.type, asked.input)
        await insert(row)
        return JSONResponse({"id": str(row["id"])}, CREATED)

    return ours(database_url, folder)


def bare(database_url: str, folder: Path) -> tuple[FastAPI, TestIssuer]:
    """One handler: check the token, insert a row, answer. The connections are set up as ours are."""
    issuer = TestIssuer()
    issuers: TrustedIssuers = trust(issuer)
    insert = _insert_on(Address.parse(database_url))
    app = FastAPI()

    @app.post("/v1/applications")
    async def submit(request: Request) -> JSONResponse:
        token = request.headers["authorization"].removeprefix("Bearer ")
        citizen = require_citizen(await verify_token(token, issuers, MONDAY))
        asked = await request.json()
        row = _row(citizen, asked["type"], asked["input"])
        await insert(row)
        return JSONResponse({"id": str(row["id"])}, CREATED)

    return app, issuer


def _row(citizen: VerifiedCitizen, type_id: str, given: object) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "subject_key": citizen.subject_key,
        "type": type_id,
        "input": json.dumps(given, ensure_ascii=False),
        "submitted_at": datetime.now(UTC),
    }


def _insert_on(address: Address) -> Insert:
    statement = sa.insert(_table)
    blocking = blocking_engine(address)
    _table.metadata.create_all(blocking)
    if not address.is_postgresql:
        writer = ThreadPoolExecutor(max_workers=1)

        def write(row: Mapping[str, Any]) -> None:
            with blocking.begin() as connection:
                connection.execute(statement, row)

        return lambda row: asyncio.get_running_loop().run_in_executor(writer, write, row)
    blocking.dispose()
    engine = async_engine(address, pool_size=10)

    async def insert(row: Mapping[str, Any]) -> None:
        async with engine.begin() as connection:
            await connection.execute(statement, row)

    return insert


def main() -> None:
    kind, database_url, folder = sys.argv[1:]
    app, citizens = {"ours": ours, "housed": housed, "bare": bare}[kind](database_url, Path(folder))
    listening = listen(0)
    tokens = [
        citizens.mint(
            MONDAY,
            sub=f"subject-{n}",
            personal_id=f"001194{n:06d}",
            birthdate=f"{1950 + n}-05-20",
            jti=f"jti-{n}",
        )
        for n in range(CITIZENS)
    ]
    ready = {"port": listening.getsockname()[1], "path": PATHS[kind], "tokens": tokens}
    print(json.dumps(ready), flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run([listening])


if __name__ == "__main__":
    main()
