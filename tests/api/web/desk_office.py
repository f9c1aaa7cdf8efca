"""A desk with officials at browsers, and cases that wait for them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import httpx

from identity.citizen import Role
from identity.officials_register import RegisteredOfficial
from issuance.application import Application
from simulators.people import load_people
from storage.runner import Database
from tests.api.signing_in import Browser, SigningIn, open_signing_in
from tests.identity.simulated import PROVIDER
from tests.issuance.office import UNIT

HA, DUC, HEAD, ALSO_CITIZEN = "pham-thu-ha", "hoang-minh-duc", "ngo-quoc-tuan", "nguyen-thi-minh-anh-official"
AUTHOR = "dang-thuy-duong"
_HIDDEN = re.compile(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"')


def account_of(username: str) -> str:
    person = next(one for one in load_people().officials if one.username == username)
    return f"{PROVIDER}/officials|{person.subject}"


class Desk:
    """Officials of one unit, each at a browser of his or her own."""

    def __init__(self, signing: SigningIn) -> None:
        self.signing, self.office = signing, signing.house.office
        self._browsers: dict[str, Browser] = {}

    def register(self, *usernames: str) -> None:
        """Put them into the register of officials, so that cases have owners with names."""
        for person in load_people().officials:
            if person.username in usernames:
                roles: frozenset[Role] = frozenset(person.roles)  # type: ignore[arg-type] # of the file, which has ours
                one = RegisteredOfficial(
                    subject_key=account_of(person.username), unit=UNIT, roles=roles, full_name=person.full_name
                )
                self.office.do(lambda r, one=one: r.officials.put(one, self.office.at))  # type: ignore[attr-defined, misc] # of the SQL records

    async def at(self, username: str) -> Browser:
        """The official's browser, signed in; anew where time has passed."""
        known = self._browsers.get(username)
        if known is None or not await known.is_signed_in():
            self._browsers[username] = browser = self.signing.another()
            assert (await browser.sign_in(username, "officials")).status_code == 303
        return self._browsers[username]

    async def case(self, *, answered: bool = True, **changed: Any) -> Application:
        application = await self.office.application(**changed)
        if answered:
            self.signing.house.register_answers(application.code)
        return self.stored(application.code)

    def stored(self, code: str) -> Application:
        return self.signing.house.stored(code)


def hidden_of(answer: httpx.Response, address: str = "") -> dict[str, str]:
    """What the form that is sent to this address carries unseen; of the first one without an address."""
    text = answer.text
    if address:
        start = text.index(f'action="{address}"')
        text = text[start : text.index("</form>", start)]
    return {name: unescape(value) for name, value in reversed(_HIDDEN.findall(text))}


async def fill(browser: Browser, page: str, address: str = "", **fields: str) -> httpx.Response:
    """Open a page, fill in its form and send it, to its own address or the one given."""
    shown = await browser.get(page)
    assert shown.status_code == 200, shown.text
    return await browser.send(address or page, hidden_of(shown, address or page) | fields)


@asynccontextmanager
async def open_desk(database: Database, folder: Path, **changed: Any) -> AsyncIterator[Desk]:
    """changed: other parts of the services."""
    async with open_signing_in(database, folder, **changed) as signing:
        yield Desk(signing)


@asynccontextmanager
async def desk_on(url: str, folder: Path, **changed: Any) -> AsyncIterator[Desk]:
    database = Database(url, clock=lambda: datetime.now(UTC))
    async with open_desk(database, folder, **changed) as desk:
        yield desk
    await database.dispose()
