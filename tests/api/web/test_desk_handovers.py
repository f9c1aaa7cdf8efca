"""Documents from unit to unit on the desk's pages: handed over, opened with a note, acknowledged once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from identity.officials_register import RegisteredOfficial
from issuance.agencies.import_units import install_units
from tests.api.test_accesses import recorded
from tests.api.web.desk_office import ALSO_CITIZEN, AUTHOR, DUC, HA, Desk, account_of, desk_on, fill, hidden_of
from tests.issuance.delivery.sending import asked
from tests.issuance.office import UNIT

WHY = "<script>alert(1)</script> Theo văn bản đề nghị số 12."


@pytest.fixture
async def desk(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_on(sqlite_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def there(desk: Desk) -> str:
    """Another unit, of which Đức is an official."""
    desk.office.do(lambda r: install_units(r, desk.office.at))
    tree = desk.office.do(lambda r: r.units.tree())
    unit = next(one.code for one in tree.units_on(desk.office.at.date()) if one.code != UNIT)
    desk.signing.officials[account_of(DUC)] = RegisteredOfficial(
        subject_key=account_of(DUC), unit=unit, roles=frozenset({"caseworker"}), full_name="Hoàng Minh Đức"
    )
    return unit


async def test_a_document_is_handed_over_opened_and_acknowledged_once(desk: Desk, there: str) -> None:
    application = await asked(desk.office)
    sender, receiver = await desk.at(HA), await desk.at(DUC)
    address = f"/desk/handovers/{application.code}"
    for fields, name in (({"unit": ""}, "unit"), ({"unit": there, "reason": " "}, "reason"), ({"unit": "<b>"}, "unit")):
        wrong = await fill(sender, address, **{"reason": WHY, **fields})
        assert wrong.status_code == 422
        assert f'id="{name}-error"' in wrong.text
    itself = await fill(sender, address, unit=UNIT, reason=WHY)
    assert "The document cannot be handed to that unit" in itself.text
    hidden = hidden_of(await sender.get(address)) | {"unit": there, "reason": WHY}
    for _ in range(2):
        assert (await sender.send(address, hidden)).headers["location"] == f"{address}?done=handed"
    assert (await fill(sender, address, unit=there, reason=WHY)).status_code == 422

    shown = await receiver.get("/desk/inbox")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown.text
    assert "<script" not in shown.text
    paths = re.findall(r'href="(/desk/inbox/[0-9a-f-]{36})/document"', shown.text)
    assert len(paths) == 1
    early = await receiver.send(f"{paths[0]}/acknowledgement", {"form_token": await receiver.form_token()})
    assert early.status_code == 409
    assert (await sender.get(f"{paths[0]}/document")).status_code == 404
    led = await receiver.get(f"{paths[0]}/document", headers={"Sec-Fetch-Site": "cross-site"})
    assert (led.status_code, led.headers["location"]) == (303, "/desk/inbox")
    assert recorded(desk.signing.house) == []
    opened = await receiver.get(f"{paths[0]}/document")
    assert opened.headers["content-type"] == "application/pdf"
    assert [(one["shown"], one["unit"]) for one in recorded(desk.signing.house)] == [("document_handed_over", there)]
    done = await fill(receiver, "/desk/inbox", f"{paths[0]}/acknowledgement", note="Đã nhận đủ.")
    assert done.headers["location"] == "/desk/inbox?done=acknowledged"
    assert "Confirm the receipt" not in (await receiver.get("/desk/inbox")).text
    assert "Đã nhận đủ." in (await sender.get(address)).text
    assert (await receiver.get(f"{paths[0]}/acknowledgement")).status_code == 303


async def test_handing_over_is_for_the_desk_and_nobodys_own_case(desk: Desk, there: str) -> None:
    application = await asked(desk.office)
    address = f"/desk/handovers/{application.code}"
    author, own, browser = await desk.at(AUTHOR), await desk.at(ALSO_CITIZEN), await desk.at(HA)
    assert (await author.get("/desk/inbox")).status_code == 403
    assert (await author.get(address)).status_code == 403
    assert (await own.get(address)).status_code == 403
    assert (await (await desk.at(DUC)).get(address)).status_code == 404
    assert (await browser.get("/desk/inbox?cursor=%3Cb%3E")).headers["location"] == "/desk/inbox"
    assert "No document was handed to your unit." in (await browser.get("/desk/inbox")).text
    hidden = hidden_of(await browser.get(address)) | {"unit": there, "reason": WHY}
    assert (await browser.send(address, hidden, site="cross-site")).status_code == 403
    assert (await browser.send(address, {"unit": there, "reason": WHY})).status_code == 403
    assert desk.office.do(lambda r: r.handovers.of_application(application.id)) == []
