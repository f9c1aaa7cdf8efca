"""How the first operator of a new installation gets in: once, in time, and only while nobody else can."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from issuance.agencies.import_units import install_units
from issuance.errors import FirstRunClosed
from issuance.first_operator import LIFETIME, FirstRunLinks, register_first_operator
from storage.runner import Database
from storage.tables import audit
from tests.api.signing_in import SigningIn, open_signing_in
from tests.identity.simulated import HA

LINKS = FirstRunLinks(lambda: b"k" * 32)
UNIT = "000.00.15.H26"


@pytest.fixture
async def signing(database_url: str, tmp_path: Path) -> AsyncIterator[SigningIn]:
    database = Database(database_url, clock=lambda: datetime.now(UTC))
    issuers = {"changed": {"officials": {"unit_and_roles": "register"}}}
    async with open_signing_in(database, tmp_path, issuers=issuers, first_run=LINKS) as found:
        found.house.office.do(lambda records: install_units(records, found.house.office.at))
        yield found
    await database.dispose()


async def sign_in_from(signing: SigningIn, token: str, unit: str = UNIT) -> tuple[int, str]:
    answer = await signing.another().sign_in(HA, "officials", return_to=f"/first-run/{token}/{unit}")
    return answer.status_code, answer.headers.get("location", "")


async def test_the_link_makes_one_operator_once(signing: SigningIn) -> None:
    office, browser = signing.house.office, signing.browser
    token = LINKS.make(office.at)
    chosen = await browser.get(f"/first-run/{token}?unit={UNIT}&lang=en")
    assert chosen.status_code == 200
    assert f'name="return_to" value="/first-run/{token}/{UNIT}"' in chosen.text

    assert await sign_in_from(signing, token) == (303, "/sign-in?lang=en&return_to=%2Foperation")
    (operator,) = office.do(lambda records: records.officials.list())
    assert (operator.unit, operator.roles, operator.is_active) == (UNIT, frozenset({"operator"}), True)
    assert operator.full_name == "Phạm Thu Hà"
    noted = office.do(lambda records: records._connection.execute(sa.select(audit.c.action, audit.c.actor)).all())
    assert ("first_operator_registered", operator.subject_key) in noted

    assert (await browser.get(f"/first-run/{token}")).status_code == 404
    assert (await sign_in_from(signing, token))[0] == 404
    signing.officials[operator.subject_key] = operator
    back = await browser.sign_in(HA, "officials", return_to="/operation")
    assert back.headers["location"] == "/operation"
    assert (await browser.get("/operation")).status_code == 200


@pytest.mark.parametrize("wrong", ["old", "other", "cut", "none", "unit"])
async def test_no_other_link_opens(signing: SigningIn, wrong: str) -> None:
    at = signing.house.office.at
    good = LINKS.make(at)
    token = {
        "old": LINKS.make(at - LIFETIME),
        "other": FirstRunLinks(lambda: b"x" * 32).make(at),
        "cut": good[:-1],
        "none": "1",
        "unit": good,
    }[wrong]
    if wrong != "unit":
        assert (await signing.browser.get(f"/first-run/{token}")).status_code == 404
    status, _ = await sign_in_from(signing, token, "000.00.99.H99" if wrong == "unit" else UNIT)
    assert status == 404
    assert signing.house.office.do(lambda records: records.officials.list()) == []


async def test_a_sign_in_from_elsewhere_registers_nobody(signing: SigningIn) -> None:
    answer = await signing.browser.sign_in(HA, "officials", return_to="/account")
    assert answer.status_code == 403
    assert signing.house.office.do(lambda records: records.officials.list()) == []


async def test_of_two_at_once_one_becomes_it(signing: SigningIn) -> None:
    database, at = signing.house.services.runner, signing.house.office.at
    tokens = [LINKS.make(at), LINKS.make(at + timedelta(minutes=1))]

    async def become(name: str) -> bool:
        try:
            await database.run(
                lambda records: register_first_operator(
                    records,
                    records.redeemed,
                    LINKS,
                    tokens[int(name[-1]) % 2],
                    subject_key=f"https://id.example|{name}",
                    full_name=name,
                    unit=UNIT,
                    at=at,
                )
            )
        except FirstRunClosed:
            return False
        return True

    assert sorted(await asyncio.gather(*(become(f"official-{n}") for n in range(5)))) == [False] * 4 + [True]
    assert len(signing.house.office.do(lambda records: records.officials.list())) == 1


def test_a_link_tells_nothing_and_ends() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    assert LINKS.check(LINKS.make(at), at + LIFETIME - timedelta(seconds=1)) == at + LIFETIME
    with pytest.raises(FirstRunClosed):
        LINKS.check(LINKS.make(at), at + LIFETIME)
    assert "kkkk" not in repr(LINKS)
