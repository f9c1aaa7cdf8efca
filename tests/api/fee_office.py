"""The people who change fee policies, and a policy on its way through their hands, over HTTP."""

from __future__ import annotations

import asyncio
import copy
import hashlib
import json
from typing import Any
from uuid import UUID

import httpx

from issuance.fee_policies.rehearse import rehearse_draft
from issuance.fees.policy import SHIPPED_POLICIES
from tests.api.house import House

POLICY = "criminal_record_form_1.hanoi"
FORMER = json.loads((SHIPPED_POLICIES / "criminal-record-form-1.2017-01-01.json").read_text(encoding="utf-8"))
"""The version that decides on the office's Monday."""

ACT = "Nghị quyết hạ mức phí còn 150.000 đồng từ ngày 01/7/2024.\n".encode()
POPULATION = {
    "population": {
        "size": 50,
        "seed": 7,
        "document_type": "criminal_record_form_1",
        "first_day": "2024-07-01",
        "last_day": "2024-12-31",
    }
}


def author(house: House, **claims: Any) -> dict[str, str]:
    return house.official(**{"roles": ["fee_author"], "sub": "author", "personal_id": "001085000011"} | claims)


def approver(house: House, **claims: Any) -> dict[str, str]:
    return house.official(**{"roles": ["fee_approver"], "sub": "approver", "personal_id": "001085000012"} | claims)


def cheaper(version: int = 3, first_day: str = "2024-07-01", last_day: str | None = "2025-04-23") -> dict[str, Any]:
    """A version with a base fee of 150,000 VND, by an act of its own."""
    document: dict[str, Any] = copy.deepcopy(FORMER)
    document |= {
        "version": version,
        "label": {"vi": "Phí lý lịch tư pháp số 1 từ tháng 7", "en": "Fee for the extract from July on"},
        "effective": {"first_day": first_day, "last_day": last_day},
        "examples": [
            {
                "name": "tại bộ phận một cửa",
                "given": {"channel": "desk", "copies": 1, "submitted_on": first_day},
                "expect": {"gross_vnd": 150_000, "waived_vnd": 0, "due_vnd": 150_000},
            }
        ],
    }
    document["charges"][0] |= {"amount_vnd": 150_000, "basis": ["resolution-of-july"]}
    document["basis"].append(
        {
            "id": "resolution-of-july",
            "kind": {"vi": "Nghị quyết", "en": "Resolution"},
            "number": "99/2024/NQ-HĐND",
            "title": {"vi": "Về mức phí (giả định)", "en": "On the fee (made up)"},
            "article": None,
            "issued_by": {"vi": "Hội đồng nhân dân thành phố", "en": "The city's People's Council"},
            "issued_on": "2024-05-20",
            "source": {"file": "resolution-of-july.md", "sha256": hashlib.sha256(ACT).hexdigest()},
        }
    )
    for stage in document["stages"]:
        for rule in stage["rules"]:
            if rule["id"].startswith("support"):
                rule["dates"] = {"first_day": first_day, "last_day": "2024-12-31"}
    return document


async def keep_act(house: House, content: bytes = ACT, name: str = "resolution-of-july.md") -> httpx.Response:
    return await house.post("/v1/fee-policies/acts", author(house), files={"file": (name, content)})


async def work_at(house: House, rehearsal: UUID) -> None:
    """The job, as a worker does it: on a thread of its own."""
    office = house.office
    await asyncio.to_thread(rehearse_draft, office.database.run_blocking, office.rules, rehearsal, lambda: office.at)


class DraftInHand:
    """A draft and the ETag of what was read of it last."""

    def __init__(self, house: House, answer: httpx.Response) -> None:
        self.house, self.answer = house, answer
        self.id: str = answer.json()["id"]
        self.path = f"/v1/fee-policies/drafts/{self.id}"

    @property
    def etag(self) -> str:
        return self.answer.headers["etag"]

    @property
    def state(self) -> str:
        return str(self.answer.json()["state"])

    async def read(self) -> None:
        self.answer = await self.house.get(self.path, author(self.house))
        assert self.answer.status_code == 200, self.answer.text

    async def step(self, name: str, who: dict[str, str] | None = None, **request: Any) -> httpx.Response:
        """As it answers; what it shows is the draft in hand from then on."""
        headers = {"If-Match": self.etag} | (who or author(self.house))
        answer = await self.house.post(f"{self.path}/{name}", headers, **request)
        if answer.status_code == 200:
            self.answer = answer
        return answer

    async def rehearsed(self, plan: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask for a rehearsal, do it as a worker would, and read the draft again; what the rehearsal tells."""
        asked = await self.step("rehearsal", json=plan or POPULATION)
        assert asked.status_code == 202, asked.text
        await work_at(self.house, UUID(asked.json()["id"]))
        await self.read()
        told = await self.house.get(asked.headers["location"], author(self.house))
        assert told.status_code == 200, told.text
        found: dict[str, Any] = told.json()
        return found


async def write(house: House, document: dict[str, Any] | None = None) -> DraftInHand:
    """A draft whose acts are stored."""
    kept = await keep_act(house)
    assert kept.status_code == 201, kept.text
    written = await house.post("/v1/fee-policies/drafts", author(house), json=document or cheaper())
    assert written.status_code == 201, written.text
    return DraftInHand(house, written)


async def approved(house: House, document: dict[str, Any] | None = None) -> DraftInHand:
    draft = await write(house, document)
    checked = await draft.step("check")
    assert draft.state == "checked", checked.text
    await draft.rehearsed()
    passed = await draft.step("approval", approver(house))
    assert draft.state == "approved", passed.text
    return draft


async def scheduled(house: House, document: dict[str, Any] | None = None) -> DraftInHand:
    draft = await approved(house, document)
    entered = await draft.step("schedule")
    assert draft.state == "scheduled", entered.text
    return draft
