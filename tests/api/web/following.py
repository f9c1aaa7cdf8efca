"""A citizen who is signed in on the pages, and her applications, brought to any state by the use cases themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import httpx
from starlette.requests import Request

from api.web.cookies import session_secret
from identity.citizen import VerifiedCitizen
from identity.session import resume_session
from identity.verify_token import require_citizen
from issuance.application import Application
from issuance.apply import apply
from issuance.certificate import CertificateKind
from issuance.registers.consult import keep_register_answer
from storage.runner import Database
from tests.api.signing_in import Browser, SigningIn, open_signing_in
from tests.issuance.office import INPUT, TYPE, Office, approve_whole, clean_record


@dataclass
class Following:
    signing: SigningIn
    citizen: VerifiedCitizen

    @property
    def browser(self) -> Browser:
        return self.signing.browser

    @property
    def office(self) -> Office:
        return self.signing.house.office

    def applied(self, channel: str = "vneid", **changed: Any) -> Application:
        """channel: `desk` where money is due."""
        key = (self.citizen.issuer, self.citizen.client_id)
        rules = replace(self.office.rules, channels={key: channel})
        return self.office.do(lambda r: apply(r, rules, self.citizen, TYPE, INPUT | changed, self.office.at))

    async def approved(self, application: Application) -> None:
        office = self.office
        official = await office.official(roles=["caseworker", "head"])
        office.do(lambda r: keep_register_answer(r, application.id, clean_record(office.at), office.at))
        office.do(lambda r: approve_whole(r, office.rules, application.code, official, office.at))

    async def issued(self, **changed: Any) -> Application:
        """With its receipt, all the way to the download."""
        application = self.applied(**changed)
        await self.approved(application)
        self.office.issue(application.id, CertificateKind.RECEIPT)
        self.office.issue(application.id)
        return application

    async def page(self, path: str, status: int = 200) -> str:
        answer = await self.browser.get(path)
        assert answer.status_code == status, answer.text
        return unescape(answer.text)

    async def send(self, path: str, **fields: str) -> httpx.Response:
        """A form with its session's token."""
        return await self.browser.send(path, {"form_token": await self.browser.form_token(), "once": "k1"} | fields)


async def person_of(signing: SigningIn) -> VerifiedCitizen:
    """Who is signed in with the browser."""
    services = signing.house.services
    cookies = "; ".join(f"{name}={value}" for name, value in signing.browser.http.cookies.items())
    request = Request({"type": "http", "headers": [(b"cookie", cookies.encode())]})
    secret = session_secret(request, services.public_url)
    assert secret is not None
    session = await resume_session(
        services.runner.run, services.issuers, secret, services.clock(), services.session_limits
    )
    return require_citizen(session.person)


@asynccontextmanager
async def open_following(sqlite_url: str, folder: Path, **changed: Any) -> AsyncIterator[Following]:
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    async with open_signing_in(database, folder, **changed) as signing:
        await signing.browser.sign_in()
        yield Following(signing, await person_of(signing))
    await database.dispose()
