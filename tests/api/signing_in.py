"""A house whose pages sign people in at the simulated provider, and a browser without a screen."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from identity.officials_register import RegisteredOfficial
from storage.runner import Database
from tests.api.house import House, open_house
from tests.identity.simulated import MINH_ANH, SimulatedProvider

HTML = {"Accept": "text/html", "Accept-Language": "en"}


class Browser:
    """Keeps cookies as a browser does, Secure ones on https alone, and follows nothing by itself."""

    def __init__(self, house: House, provider: SimulatedProvider) -> None:
        self.house, self.provider = house, provider
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(house.app), base_url=house.services.public_url, headers=HTML
        )

    async def get(self, path: str, **request: Any) -> httpx.Response:
        return await self.http.get(path, **request)

    async def send(self, path: str, fields: dict[str, str], site: str | None = "same-origin") -> httpx.Response:
        """A form as a browser sends it from a page of `site`."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if site is not None:
            headers["Sec-Fetch-Site"] = site
        return await self.http.post(path, content=urlencode(fields), headers=headers)

    async def begin(self, issuer: str = "citizens", **fields: str) -> str:
        """The address at the provider to which a person is led."""
        answer = await self.send(f"/sign-in/{issuer}", fields)
        assert answer.status_code == 200, answer.text
        return led_to(answer)

    async def come_back(self, address: str) -> httpx.Response:
        return await self.http.get(address)

    async def sign_in(self, person: str = MINH_ANH, issuer: str = "citizens", **fields: str) -> httpx.Response:
        """All the way; the answer to coming back."""
        return await self.come_back(await self.provider.authorize(await self.begin(issuer, **fields), person))

    async def is_signed_in(self) -> bool:
        answer = await self.get("/account")
        assert answer.status_code in (200, 303)
        return answer.status_code == 200

    async def form_token(self) -> str:
        found = re.search(r'name="form_token" value="([^"]+)"', (await self.get("/account")).text)
        assert found is not None
        return found[1]

    async def sign_out(self, site: str | None = "same-origin") -> httpx.Response:
        return await self.send("/sign-out", {"form_token": await self.form_token()}, site)


def led_to(answer: httpx.Response) -> str:
    """Where a page goes on to by itself."""
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', answer.text)
    assert found is not None, answer.text
    return unescape(found[1])


@dataclass
class SigningIn:
    house: House
    provider: SimulatedProvider
    browser: Browser
    officials: dict[str, RegisteredOfficial]

    def another(self) -> Browser:
        """A browser of somebody else."""
        return Browser(self.house, self.provider)

    def pass_time(self, **time: float) -> None:
        self.house.office.at += timedelta(**time)

    def sessions(self) -> int:
        """How many there are; counting ends them."""
        later = self.house.office.at + timedelta(days=1)
        return self.house.office.do(lambda records: records.sessions.forget(seen_before=later, opened_before=later))


@asynccontextmanager
async def open_signing_in(
    database: Database, folder: Path, *, issuers: dict[str, Any] | None = None, **changed: Any
) -> AsyncIterator[SigningIn]:
    """issuers: for `SimulatedProvider.issuers`. changed: other parts of the services."""
    officials: dict[str, RegisteredOfficial] = {}

    async def find(subject_key: str) -> RegisteredOfficial | None:
        return officials.get(subject_key)

    now: list[House] = []
    provider = SimulatedProvider(lambda: now[0].office.at)
    trusted = provider.issuers(find_official=find, **(issuers or {}))
    async with open_house(database, folder, issuers=trusted, **changed) as house:
        now.append(house)
        yield SigningIn(house, provider, Browser(house, provider), officials)
