"""After a theft of a key its documents are the same to their owner, to the desk and to whoever checks them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.runner import Database
from tests.api.house import House, open_house
from verification.trust import KeyPurpose

PDF = {"Content-Type": "application/pdf"}


@pytest.fixture
async def changing(sqlite_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """A house that looks at its key ring anew for every list."""
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    opened: list[House] = []
    async with open_house(database, tmp_path, trust=lambda at: opened[0].office.keys.trust_list(at)) as house:
        opened.append(house)
        yield house
    await database.dispose()


def steal(house: House, purpose: KeyPurpose, since: datetime) -> None:
    ring = house.office.keys
    entries = tuple(
        replace(entry, compromised_from=since) if entry.purpose is purpose else entry for entry in ring.entries
    )
    house.office.keys = replace(ring, entries=entries, sequence=ring.sequence + 1)


async def statuses(house: House, code: str, language: str = "en") -> set[tuple[str, str]]:
    """As its owner sees it, and as the desk does."""
    spoken = {"Accept-Language": language}
    own = (await house.get(f"/v1/applications/{code}", house.citizen() | spoken)).json()["document"]
    desk = (await house.get(f"/v1/desk/applications/{code}", house.official() | spoken)).json()["application"]
    return {(paper["status"], paper["status_name"]) for paper in (own, desk["document"])}


@pytest.mark.parametrize("purpose", [KeyPurpose.PDF, KeyPurpose.QR])
async def test_owner_and_desk_learn_that_the_signature_no_longer_counts(changing: House, purpose: KeyPurpose) -> None:
    house = changing
    code, _ = await house.issued()
    assert await statuses(house, code) == {("valid", "In force")}
    steal(house, purpose, house.office.at - timedelta(days=2))

    ((status, name),) = await statuses(house, code)
    assert (status, "ask for a new document" in name) == ("key_compromised", True)
    ((status, name),) = await statuses(house, code, "vi")
    assert (status, "hãy đề nghị cấp lại" in name) == ("key_compromised", True)
    assert (await house.get(f"/v1/applications/{code}/document", house.citizen())).status_code == 200


async def test_the_public_check_says_the_same_and_accuses_no_holder(changing: House) -> None:
    house = changing
    code, certificate = await house.issued()
    steal(house, KeyPurpose.PDF, house.office.at - timedelta(days=2))
    answer = await house.client.post(
        "/v1/verifications/pdf", content=house.pdf(certificate), headers=PDF | {"Accept-Language": "en"}
    )
    told = answer.json()
    assert (told["state"], told["reason"]) == ("not_genuine", "key_compromised")
    assert {status for status, _ in await statuses(house, code)} == {told["reason"]}
    assert told["title"] == "Not accepted: the signing key was stolen"
    assert "gets a new document" in told["instruction"]
    assert "police" not in told["instruction"]
    vi = await house.client.post(
        "/v1/verifications/pdf", content=house.pdf(certificate), headers=PDF | {"Accept-Language": "vi"}
    )
    assert "công an" not in vi.json()["instruction"]
    assert "cấp lại" in vi.json()["instruction"]


async def test_what_was_issued_before_the_theft_stays_in_force(changing: House) -> None:
    house = changing
    code, _ = await house.issued()
    steal(house, KeyPurpose.PDF, house.office.at + timedelta(hours=1))
    assert await statuses(house, code) == {("valid", "In force")}


async def test_what_was_taken_back_stays_so(changing: House) -> None:
    house = changing
    code, _ = await house.issued()
    steal(house, KeyPurpose.PDF, house.office.at - timedelta(days=2))
    await house.post(f"/v1/desk/applications/{code}/revocation", house.official(), json={"reason": "replaced"})
    assert await statuses(house, code) == {("revoked", "Revoked")}
