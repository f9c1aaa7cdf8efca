"""What one person, one address or one page may use up, nobody else goes without."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from api.services import Limits
from storage.runner import Database
from tests.api.house import PUBLIC_URL, House, open_house
from tests.identity.proofs import ProofHolder
from tests.issuance.families import CHILD, Family
from tests.issuance.office import INPUT, TYPE

LIST = "/v1/applications"
BAD = {"Authorization": "Bearer a.b.c"}
ANOTHER: dict[str, Any] = {"sub": "subject-2", "personal_id": "001090000003", "name": "Lê Hoàng Dũng"}


@asynccontextmanager
async def limited(url: str, folder: Path, **limits: Any) -> AsyncIterator[House]:
    database = Database(url, clock=lambda: house.office.at)
    async with open_house(database, folder, replace(Limits(), **limits)) as house:
        yield house
    await database.dispose()


async def test_one_person_does_not_shut_out_the_others_of_an_application(sqlite_url: str, tmp_path: Path) -> None:
    async with limited(sqlite_url, tmp_path, requests_per_person="5/minute") as house:
        statuses = [(await house.get(LIST, house.citizen())).status_code for _ in range(700)]
        elsewhere = await house.get(LIST, house.citizen(client_id="portal"))
        other = await house.get(LIST, house.citizen(**ANOTHER))

    assert statuses == [200] * 5 + [429] * 695
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (429, "too_many_requests")
    assert 1 <= int(elsewhere.headers["retry-after"]) <= 60
    assert other.status_code == 200


async def test_a_machine_has_the_limit_of_its_registration_alone(sqlite_url: str, tmp_path: Path) -> None:
    async with limited(sqlite_url, tmp_path, requests_per_person="2/minute") as house:
        statuses = {(await house.get("/v1/agency/applications", house.machine())).status_code for _ in range(5)}

    assert statuses == {200}


async def test_the_register_of_families_is_not_asked_without_end(sqlite_url: str, tmp_path: Path) -> None:
    body = {"type": TYPE, "input": INPUT, "on_behalf_of": {"personal_id": CHILD.digits}}
    async with limited(sqlite_url, tmp_path, guardian_questions="2/minute") as house:
        object.__setattr__(house.services, "population", Family(house.office))
        answers = [await house.post(LIST, house.citizen(), key=f"k{number}", json=body) for number in range(3)]
        again = await house.post(LIST, house.citizen(), key="k0", json=body)
        own = await house.post(LIST, house.citizen(), json={"type": TYPE, "input": INPUT})

    assert [one.status_code for one in answers] == [201, 201, 429]
    assert again.content == answers[0].content
    assert own.status_code == 201


async def test_evidence_that_nobody_can_verify_is_limited_by_address(sqlite_url: str, tmp_path: Path) -> None:
    async with limited(sqlite_url, tmp_path, refused_evidence="3/minute", trusted_proxies=1) as house:
        here, there = {"X-Forwarded-For": "192.0.2.1:17"}, {"X-Forwarded-For": "192.0.2.2"}
        statuses = [(await house.get(LIST, BAD | here)).status_code for _ in range(5)]
        honest = await house.get(LIST, house.citizen() | {"X-Forwarded-For": "192.0.2.1:18"})
        elsewhere = await house.get(LIST, house.citizen() | there)

    assert statuses == [401, 401, 401, 429, 429]
    assert (honest.status_code, honest.json()["code"]) == (429, "too_many_requests")
    assert elsewhere.status_code == 200


async def test_good_evidence_that_does_not_suffice_is_no_refused_evidence(sqlite_url: str, tmp_path: Path) -> None:
    async with limited(sqlite_url, tmp_path, refused_evidence="1/minute") as house:
        for _ in range(3):
            low = await house.post(LIST, house.citizen(acr="level-1"), json={"type": TYPE, "input": INPUT})
            desk = await house.get("/v1/desk/applications", house.citizen())
            assert (low.status_code, desk.status_code) == (401, 403)


async def test_whoever_asks_too_often_uses_up_no_proof(sqlite_url: str, tmp_path: Path) -> None:
    async with limited(sqlite_url, tmp_path, requests_per_person="2/minute") as house:
        holder, issuers, redeemed = ProofHolder(), house.services.issuers, []
        keep = issuers.redeem

        async def redeem(digest: bytes, until: datetime) -> bool:
            redeemed.append(digest)
            return await keep(digest, until)

        issuers.redeem = redeem
        statuses = [(await house.get(LIST, house.proven(holder, "GET", LIST))).status_code for _ in range(6)]

    assert statuses == [200, 200, 429, 429, 429, 429]
    assert len(redeemed) == 2


async def test_a_stolen_token_without_its_key_spends_nothing_of_its_owner(sqlite_url: str, tmp_path: Path) -> None:
    async with limited(sqlite_url, tmp_path, requests_per_person="2/minute") as house:
        owner = ProofHolder()
        proven = house.proven(owner, "GET", LIST)
        for _ in range(5):
            stolen = proven | {"DPoP": "a.b.c"}
            assert (await house.get(LIST, stolen)).json()["code"] == "invalid_dpop_proof"
        assert (await house.get(LIST, proven)).status_code == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": PUBLIC_URL}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({}, 200),
    ],
)
async def test_pages_of_others_spend_nothing_of_their_visitors(
    sqlite_url: str, tmp_path: Path, sent: dict[str, str], status: int
) -> None:
    form = {"number": "482109375560", "check_code": "7K3M9QW2XD"}
    async with limited(sqlite_url, tmp_path, verifications="1/minute") as house:
        answer = await house.client.post("/v", data=form, headers=sent)
        own = await house.client.post("/v", data=form, headers={"Sec-Fetch-Site": "same-origin"})

    assert answer.status_code == status
    assert own.status_code == (200 if status == 403 else 429)
