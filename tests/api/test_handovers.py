"""From unit to unit over HTTP."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from issuance.agencies.import_units import install_units
from storage.ledger_tables import accesses
from tests.api.house import House
from tests.issuance.office import UNIT

DESK = ["caseworker", "head"]
WHY = {"reason": "Theo văn bản đề nghị số 12."}


@pytest.fixture
def there(house: House) -> str:
    """Another unit of the installation."""
    house.office.do(lambda records: install_units(records, house.office.at))
    tree = house.office.do(lambda records: records.units.tree())
    return next(unit.code for unit in tree.units_on(house.office.at.date()) if unit.code != UNIT)


async def test_a_document_goes_from_unit_to_unit(house: House, there: str) -> None:
    code, certificate = await house.issued()
    sender, receiver = house.official(roles=DESK), house.official(roles=DESK, unit=there, sub="receiver")
    sent = await house.post(f"/v1/desk/applications/{code}/handovers", sender, json={"to_unit": there, **WHY})
    assert (sent.status_code, sent.json()["links"]) == (201, {})
    (shown,) = (await house.get("/v1/desk/inbox", receiver)).json()["items"]
    assert (shown["application"], shown["reason"], shown["opened_at"]) == (code, WHY["reason"], None)
    assert (await house.get("/v1/desk/inbox", sender)).json()["items"] == []
    path = f"/v1/desk/inbox/{shown['id']}"
    early = await house.post(f"{path}/acknowledgement", receiver, json={})
    assert (early.status_code, early.json()["code"]) == (409, "handover_settled")
    for stranger in (sender, house.official(roles=DESK, unit="000.00.16.H26")):
        answer = await house.get(shown["links"]["document"], stranger)
        assert (answer.status_code, answer.json()["code"]) == (404, "handover_not_found")
    opened = await house.get(shown["links"]["document"], receiver)
    assert opened.content == house.pdf(certificate)
    (shown,) = (await house.get("/v1/desk/inbox", receiver)).json()["items"]
    done = await house.post(shown["links"]["acknowledgement"], receiver, json={"note": "Đã nhận đủ."})
    assert (done.status_code, done.json()["note"]) == (200, "Đã nhận đủ.")
    assert "acknowledgement" not in done.json()["links"]
    recorded = house.office.database.run_blocking(
        lambda r: r._connection.execute(sa.select(accesses.c.shown, accesses.c.unit)).all()
    )
    assert ("document_handed_over", there) in [tuple(row) for row in recorded]


async def test_pages_of_an_inbox(house: House, there: str) -> None:
    codes = []
    for _ in range(3):
        code, _certificate = await house.issued()
        codes.append(code)
        sender = house.official(roles=DESK)
        await house.post(f"/v1/desk/applications/{code}/handovers", sender, json={"to_unit": there, **WHY})
    receiver = house.official(roles=DESK, unit=there, sub="receiver")
    first = (await house.get("/v1/desk/inbox?limit=2", receiver)).json()
    second = (await house.get(first["next"], receiver)).json()
    assert sorted(one["application"] for one in first["items"] + second["items"]) == codes
    assert second["next"] is None


async def test_where_a_document_cannot_go(house: House, there: str) -> None:
    code, _ = await house.issued()
    sender, path = house.official(roles=DESK), f"/v1/desk/applications/{code}/handovers"
    for unit in (UNIT, "999.99.99.X99"):
        answer = await house.post(path, sender, json={"to_unit": unit, **WHY})
        assert (answer.status_code, answer.json()["code"]) == (409, "handover_refused")
    assert (await house.post(path, sender, key="k", json={"to_unit": there, **WHY})).status_code == 201
    assert (await house.post(path, sender, key="k", json={"to_unit": there, **WHY})).status_code == 201
    again = await house.post(path, sender, json={"to_unit": there, **WHY})
    assert (again.status_code, again.json()["code"]) == (409, "already_handed_over")
