"""Money at the desk over HTTP: cash, what waits, refunds, statements."""

from __future__ import annotations

from typing import Any

import pytest

from issuance.fees.document import VND
from issuance.payments.order import ReceivedPayment
from issuance.payments.take_payment import take_payment
from tests.api.house import UNPAID, House
from tests.api.test_accesses import recorded

REASON = {"reason": "Đã đối chiếu chứng từ"}


async def owed(house: House) -> dict[str, Any]:
    return await house.apply(house.citizen(client_id=UNPAID))


def comes(house: House, memo: str, amount: int, reference: str) -> str:
    payment = ReceivedPayment(memo=memo, amount=VND(amount), provider_reference=reference, received_at=house.office.at)
    return str(house.office.do(lambda r: take_payment(r, house.office.rules, payment, house.office.at)).payment.id)


async def test_cash_is_taken_once_and_to_the_dong(house: House) -> None:
    application, official = await owed(house), house.official()
    path, amount = f"/v1/desk/applications/{application['code']}/cash-payments", application["payment"]["amount_vnd"]
    wrong = await house.post(path, official, json={"amount_vnd": amount - 1})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "payment_mismatch")
    taken = await house.post(path, official, json={"amount_vnd": amount}, key="cash")
    assert (taken.status_code, taken.json()["state"]) == (201, "received")
    assert (await house.post(path, official, json={"amount_vnd": amount}, key="cash")).json() == taken.json()
    twice = await house.post(path, official, json={"amount_vnd": amount})
    assert (twice.status_code, twice.json()["code"]) == (409, "payment_not_asked")
    day = (await house.get("/v1/desk/cash", house.official(roles=["head"]))).json()
    assert (day["taken_vnd"], day["officials"][0]["payments"]) == (amount, 1)
    assert (await house.get("/v1/desk/cash", house.official(sub="another"))).json()["officials"] == []


async def test_nobody_takes_cash_for_an_own_application(house: House) -> None:
    application = await owed(house)
    own = house.official(personal_id=house.stored(application["code"]).applicant.personal_id)
    path, amount = f"/v1/desk/applications/{application['code']}/cash-payments", application["payment"]["amount_vnd"]
    assert (await house.post(path, own, json={"amount_vnd": amount})).json()["code"] == "self_dealing"
    comes(house, application["payment"]["memo"], 1, "FT1")
    assert (await house.get("/v1/desk/payments", own)).json()["items"] == []


async def test_what_waits_is_seen_allocated_and_ordered_back(house: House) -> None:
    application, official = await owed(house), house.official()
    amount, memo = application["payment"]["amount_vnd"], application["payment"]["memo"]
    nameless = comes(house, "không ghi nội dung", amount - 5_000, "FT1")
    part = comes(house, memo, 5_000, "FT2")
    other = comes(house, "nộp hai lần", 7_000, "FT3")
    first = (await house.get("/v1/desk/payments?limit=2", official)).json()
    second = (await house.get(first["next"], official)).json()
    assert {one["id"] for one in (*first["items"], *second["items"])} == {nameless, part, other}
    assert len(first["items"]) == 2
    assert second["next"] is None
    view = (await house.get(f"/v1/applications/{application['code']}", house.citizen(client_id=UNPAID))).json()
    assert (view["payment"]["waiting_vnd"], view["payment"]["paid_vnd"]) == (5_000, 0)

    path = f"/v1/desk/payments/{nameless}/allocation"
    said = REASON | {"code": application["code"]}
    assert (await house.post(path, official, json=said)).json()["code"] == "payment_mismatch"
    done = await house.post(path, official, json=said | {"together_with": [part]})
    assert (done.status_code, done.json()["state"]) == (200, "charged")
    assert house.stored(application["code"]).paid
    again = await house.post(f"/v1/desk/payments/{part}/refund", official, json=REASON)
    assert (again.status_code, again.json()["code"]) == (409, "payment_not_waiting")

    refund = (await house.post(f"/v1/desk/payments/{other}/refund", official, json=REASON)).json()
    assert (refund["amount"], refund["way"], refund["state"]) == (7_000, "gateway", "ordered")
    assert (await house.get("/v1/desk/payments", official)).json()["items"] == []
    early = await house.post(f"/v1/desk/refunds/{refund['id']}/handed-out", official, json=REASON)
    assert (early.status_code, early.json()["code"]) == (409, "refund_not_open")
    (balance,) = house.office.do(lambda r: r.received_payments.balance())
    assert (balance.charged, balance.refunded, balance.waiting) == (amount, 7_000, 0)


async def test_a_memo_that_names_no_application_is_not_seen_without_a_trace(house: House) -> None:
    comes(house, "Nguyễn Thị Minh Anh nộp tiền", 7_000, "FT1")
    page = await house.get("/v1/desk/payments", house.official())
    assert "Minh Anh" in page.text
    (noted,) = recorded(house)
    assert (noted["shown"], noted["whose"]) == ("waiting_payments", 0)


async def test_other_payments_are_named_by_their_ids(house: House) -> None:
    application, official = await owed(house), house.official()
    path = f"/v1/desk/payments/{comes(house, 'x', 1_000, 'FT1')}/allocation"
    for odd in ("-" * 36, "0" * 36, "8c2f6a10-5d3e-4b7a-9f21-0c4d5e6f7a8-"):
        said = REASON | {"code": application["code"], "together_with": [odd]}
        assert (await house.post(path, official, json=said)).status_code == 422


async def test_cash_goes_back_over_the_desk(house: House) -> None:
    application, official = await owed(house), house.official()
    code, amount = application["code"], application["payment"]["amount_vnd"]
    await house.post(f"/v1/desk/applications/{code}/cash-payments", official, json={"amount_vnd": amount})
    citizen = house.citizen(client_id=UNPAID)
    await house.post(f"/v1/applications/{code}/withdrawal", citizen)
    (refund,) = (await house.get("/v1/desk/refunds", official)).json()["items"]
    assert (refund["way"], refund["code"], refund["amount"]) == ("desk", code, amount)
    done = await house.post(refund["links"]["handed_out"], official, json=REASON)
    assert done.json()["state"] == "done"
    day = (await house.get("/v1/desk/cash", house.official(roles=["head"]))).json()
    assert (day["taken_vnd"], day["handed_out_vnd"]) == (amount, amount)
    assert [(one["amount_vnd"], one["code"]) for one in day["entries"]] == [(amount, code), (-amount, code)]
    other = house.official(sub="another", roles=["caseworker"])
    assert (await house.get("/v1/desk/cash", other)).json()["entries"] == []
    view = (await house.get(f"/v1/applications/{code}", citizen)).json()
    assert (view["payment"]["refunded_vnd"], view["refunds"][0]["state"]) == (amount, "done")


async def test_another_unit_knows_nothing_of_it(house: House) -> None:
    payment = comes(house, "x", 1_000, "FT1")
    stranger = house.official(unit="000.00.16.H26")
    answer = await house.post(f"/v1/desk/payments/{payment}/refund", stranger, json=REASON)
    assert (answer.status_code, answer.json()["code"]) == (404, "payment_not_found")


@pytest.mark.parametrize("is_preview", [True, False])
async def test_a_statement_is_looked_at_or_taken_in(house: House, is_preview: bool) -> None:
    application, operator = await owed(house), house.official(roles=["operator"])
    payment = application["payment"]
    csv = (
        "date,reference,amount,currency,memo\n"
        f"03/06/2024,B1,{payment['amount_vnd']},VND,NGUYEN VAN A {payment['memo'].lower()} nop phi\n"
        "03/06/2024,B2,1000,VND,x\n03/06/2024,B3,-500,VND,phi\n"
    )
    headers = operator | {"Content-Type": "text/csv"}
    path = f"/v1/payments/statements?dry_run={str(is_preview).lower()}"
    for number in range(2):
        answer = await house.post(path, headers, content=csv.encode())
        is_known = number == 1 and not is_preview
        assert answer.json() == {
            "is_preview": is_preview,
            "charged": 0 if is_known else 1,
            "waiting": 0 if is_known else 1,
            "known": 2 if is_known else 0,
            "outgoing": 1,
            "waiting_lines": [] if is_known else [3],
        }
    assert house.stored(application["code"]).paid is not is_preview
    broken = await house.post(path, headers, content=csv.encode() + b"x\n")
    assert (broken.status_code, broken.json()["problems"][0]["place"]) == (422, "5")
