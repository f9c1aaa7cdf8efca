"""While the database cannot be asked nobody is let in, and everybody is told to come again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from condau.clock import now
from identity.officials_register import nobody_registered
from identity.replay import RedeemOnce
from identity.trusted_issuers import TrustedIssuers
from storage.identity_stores import StoredOfficials, StoredRedeemed
from storage.runner import Database
from tests.api.house import PUBLIC_URL, House, open_house
from tests.identity.issuer import TestIssuer


@pytest.fixture
async def away() -> AsyncIterator[Database]:
    database = Database("postgresql://nobody@127.0.0.1:1/nothing", clock=now)
    yield database
    await database.dispose()


async def answer(
    house: House, issuer: TestIssuer, path: str, headers: dict[str, str], away: Database | None
) -> httpx.Response:
    """To a request that only this issuer's evidence supports; `away` stands for the database of identity alone."""
    redeem: RedeemOnce | None = None if away is None else StoredRedeemed(away)
    issuers = TrustedIssuers(
        [replace(issuer.trusted, single_use_tokens=issuer.people == "citizens")],
        fetch=issuer.fetch,
        redeem=redeem,
        find_official=nobody_registered if away is None else StoredOfficials(away),
    )
    app = create_app(replace(house.services, issuers=issuers))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL) as client:
        return await client.get(path, headers=headers)


@pytest.mark.parametrize("who", ["citizen with a single-use token", "official"])
async def test_nobody_is_let_in_on_the_tokens_word_alone(
    sqlite_url: str, tmp_path: Path, away: Database, who: str
) -> None:
    database = Database(sqlite_url, clock=now)
    async with open_house(database, tmp_path) as house:
        if who == "official":
            issuer, path, headers = house.office.officials, "/v1/desk/applications", house.official()
        else:
            issuer, path, headers = house.office.citizens, "/v1/applications", house.citizen()
        refused = await answer(house, issuer, path, headers, away)
        assert (refused.status_code, refused.json()["code"]) == (503, "store_unavailable")
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert int(refused.headers["Retry-After"]) > 0
        assert (await answer(house, issuer, path, headers, None)).status_code == 200
    await database.dispose()
