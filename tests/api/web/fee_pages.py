"""Officials who write and approve fee rules, each at a browser, and drafts in their hands."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from issuance.fee_policies.acts import keep_act
from issuance.fee_policies.draft import DraftState, PolicyDraft
from simulators.people import load_people
from tests.api.fee_office import ACT, cheaper, work_at
from tests.api.signing_in import Browser
from tests.api.web.desk_office import HA, Desk, desk_on, fill, hidden_of
from tests.issuance.fee_policies.drafts import Agency, Person

__all__ = ["ACT", "APPROVER", "AUTHOR", "CASEWORKER", "FeePages", "cheaper", "fee_pages_on", "fill", "hidden_of"]

POPULATION = {
    "kind": "population",
    "size": 40,
    "seed": 7,
    "document_type": "criminal_record_form_1",
    "first_day": "2024-07-01",
    "last_day": "2024-12-31",
}
AUTHOR, APPROVER, CASEWORKER = "dao-thi-huong", "trinh-van-son", HA


def personal_id_of(username: str) -> str:
    return next(one.personal_id for one in load_people().officials if one.username == username)


def source_of(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def path_of(draft: PolicyDraft) -> str:
    return f"/fees/drafts/{draft.id}"


class FeePages:
    def __init__(self, desk: Desk) -> None:
        self.desk, self.house = desk, desk.signing.house
        self.agency = Agency(self.house.office)
        desk.register(AUTHOR, APPROVER, CASEWORKER)

    async def at(self, username: str) -> Browser:
        return await self.desk.at(username)

    async def written(self, document: dict[str, Any] | None = None, **author: Any) -> PolicyDraft:
        """A draft by somebody whose browser is elsewhere, with its act kept. author: another name, or
        another personal number."""
        person = await self.author(**author)
        self.keep_act(person)
        return self.agency.write(person, source_of(document or cheaper()))

    async def author(self, name: str = "author", number: str | None = None) -> Person:
        return await self.agency.person(name, "fee_author", number=number)

    def keep_act(self, by: Person) -> None:
        office, digest = self.house.office, sha256(ACT).digest()
        office.files.store(ACT, digest)
        office.do(
            lambda r: keep_act(r, by.official, "resolution-of-july.md", "text/markdown", digest, len(ACT), office.at)
        )

    async def draft(self, document: dict[str, Any] | None = None) -> str:
        """The path of a draft that was only written."""
        return path_of(await self.written(document))

    async def rehearse(self, browser: Browser, path: str, **fields: str) -> str:
        """Ask for a rehearsal by the form and do it as a worker would; its path."""
        plan = {
            "kind": "population",
            "size": "40",
            "seed": "7",
            "document_type": "criminal_record_form_1",
            "population_first_day": "2024-07-01",
            "population_last_day": "2024-12-31",
        }
        asked = await fill(browser, f"{path}/rehearsal", **(plan | fields))
        assert asked.status_code == 303, asked.text
        found: str = asked.headers["location"]
        await work_at(self.house, UUID(found.rsplit("/", 1)[-1]))
        return found

    async def rehearsed(self, document: dict[str, Any] | None = None) -> str:
        """The path of a draft that only waits for an approver."""
        draft = await self.written(document)
        return path_of(self.made_ready(await self.author(), draft))

    def made_ready(self, by: Person, draft: PolicyDraft) -> PolicyDraft:
        ready = self.agency.rehearse(by, self.agency.check(by, draft), POPULATION)
        assert ready.state is DraftState.REHEARSED, ready.checked
        return ready

    async def due(self, on: str) -> int:
        """What the live quote says to a citizen."""
        query = {"type": "criminal_record_form_1", "copies": 1, "channel": "desk", "age": 30, "on": on}
        answer = await self.house.get("/v1/fees/quote", params=query)
        assert answer.status_code == 200, answer.text
        due: int = answer.json()["totals"]["due_vnd"]
        return due


@asynccontextmanager
async def fee_pages_on(url: str, folder: Path, **changed: Any) -> AsyncIterator[FeePages]:
    async with desk_on(url, folder, **changed) as desk:
        yield FeePages(desk)


def words(answer: httpx.Response) -> str:
    """The page's text without its marks, blanks drawn together."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", answer.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))
