"""The order to pay as a VietQR code: read back from the picture, and gone when nothing is owed."""

from __future__ import annotations

import io
from typing import Any

import pytest
import typst
import zxingcpp
from PIL import Image
from vietnam_qr_pay import QRPay

from tests.api.house import UNPAID, House
from tests.api.test_payment_desk import comes
from tests.issuance.office import ACCOUNT

DRAW = "#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.picture), width: 5cm)"


def read(picture: bytes) -> str:
    """What a reader finds in a PNG."""
    formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)).convert("L"), formats=formats)
    return str(code.text)


def drawn(svg: bytes) -> bytes:
    """An SVG as another program draws it."""
    png = typst.compile(DRAW.encode(), format="png", ppi=200, sys_inputs={"picture": svg.decode()})
    assert isinstance(png, bytes)
    return png


def as_payer(house: House) -> dict[str, str]:
    return house.citizen(client_id=UNPAID)


async def asked(house: House, **changed: Any) -> tuple[dict[str, Any], str]:
    """An application that waits for money, and the address of its picture."""
    application = await house.apply(as_payer(house), **changed)
    return application, f"/v1/applications/{application['code']}/payment-order/qr"


async def refused(house: House, path: str, headers: dict[str, str]) -> tuple[int, str]:
    answer = await house.get(path, headers)
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("media_type", ["image/png", "image/svg+xml"])
async def test_a_bank_reads_account_amount_and_memo_from_the_picture(house: House, media_type: str) -> None:
    application, path = await asked(house)
    payment = application["payment"]
    assert payment["transfer"] == {
        "bank_bin": ACCOUNT.bank_bin,
        "account": ACCOUNT.number,
        "holder": ACCOUNT.holder,
        "vietqr": payment["transfer"]["vietqr"],
        "picture": path,
    }

    answer = await house.get(path, as_payer(house) | {"Accept": media_type})
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    text = read(answer.content if media_type == "image/png" else drawn(answer.content))
    assert text == payment["transfer"]["vietqr"]
    code = QRPay(text)
    assert code.is_valid
    assert (code.consumer.bank_bin, code.consumer.bank_number) == (ACCOUNT.bank_bin, ACCOUNT.number)
    assert (code.amount, code.additional_data.purpose) == (str(payment["amount_vnd"]), payment["memo"])


async def test_where_a_part_has_come_the_code_asks_for_the_rest(house: House) -> None:
    application, path = await asked(house)
    due, memo = application["payment"]["amount_vnd"], application["payment"]["memo"]
    comes(house, memo, due - 20_000, "FT1")
    payment = (await house.get(f"/v1/applications/{application['code']}", as_payer(house))).json()["payment"]
    assert (payment["amount_vnd"], payment["to_transfer_vnd"]) == (due, 20_000)
    picture = await house.get(path, as_payer(house) | {"Accept": "image/png"})
    assert read(picture.content) == payment["transfer"]["vietqr"]
    assert QRPay(payment["transfer"]["vietqr"]).amount == "20000"
    comes(house, memo, 20_000, "FT2")
    assert house.stored(application["code"]).paid


async def test_the_caller_chooses_the_form_and_is_told_when_nothing_changed(house: House) -> None:
    _, path = await asked(house)
    payer = as_payer(house)

    svg = await house.get(path, payer | {"Accept": "image/png;q=0.5, image/*"})
    assert svg.headers["content-type"] == "image/svg+xml"
    assert "Accept" in svg.headers["vary"].split(", ")
    assert svg.headers["cache-control"] == "private, no-store"
    again = await house.get(path, payer | {"Accept": "image/svg+xml", "If-None-Match": svg.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await house.get(path, payer | {"Accept": "image/png", "If-None-Match": svg.headers["etag"]})
    assert (other.status_code, other.headers["content-type"]) == (200, "image/png")
    assert await refused(house, path, payer | {"Accept": "application/pdf"}) == (406, "picture_not_offered")


async def test_only_who_owes_it_sees_it(house: House) -> None:
    _, path = await asked(house)
    stranger = house.citizen(client_id=UNPAID, sub="another", personal_id="001090000003")
    assert await refused(house, path, stranger) == (404, "application_not_found")


async def test_a_paid_order_has_none_and_one_without_a_fee_never_had(house: House) -> None:
    application, path = await asked(house)
    payment, payer = application["payment"], as_payer(house)
    house.money.received[payment["memo"]] = payment["amount_vnd"]
    paid = await house.post(payment["confirm"], payer)
    assert paid.json()["payment"]["transfer"] is None
    assert await refused(house, path, payer) == (404, "no_payment_code")

    free = await house.apply()
    assert free["payment"] is None
    path = f"/v1/applications/{free['code']}/payment-order/qr"
    assert await refused(house, path, house.citizen()) == (404, "no_payment_code")


async def test_a_withdrawn_application_has_none(house: House) -> None:
    application, path = await asked(house)
    payer = as_payer(house)
    withdrawn = await house.post(f"/v1/applications/{application['code']}/withdrawal", payer)
    assert withdrawn.status_code == 200, withdrawn.text
    assert withdrawn.json()["payment"]["transfer"] is None
    assert await refused(house, path, payer) == (404, "no_payment_code")
