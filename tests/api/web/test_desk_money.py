"""Money at the desk's pages: what waits is allocated, given or ordered back; refunds, the cash of a day, statements."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from identity.citizen import VerifiedOfficial
from issuance.application import Application, ApplicationState
from issuance.certificate import CertificateKind
from issuance.fees.document import VND
from issuance.payments.cash import take_cash
from issuance.payments.order import PaymentSource, ReceivedPayment
from issuance.payments.read_statement import MAX_STATEMENT_BYTES
from issuance.payments.take_payment import take_payment
from issuance.withdraw import withdraw
from tests.api.house import UNPAID
from tests.api.signing_in import Browser
from tests.api.test_accesses import recorded
from tests.api.web.desk_office import ALSO_CITIZEN, AUTHOR, DUC, HA, HEAD, Desk, account_of, desk_on, fill, hidden_of

OPERATOR = "bui-khanh-linh"
REASON = {"reason": "Đã đối chiếu chứng từ"}
EVIL = "<script>alert(1)</script> nộp phí"


@pytest.fixture
async def desk(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_on(sqlite_url, tmp_path) as opened:
        yield opened


async def owed(desk: Desk) -> tuple[Application, Any]:
    """An application that waits for its payment, and its order."""
    application = await desk.case(client=UNPAID, answered=False)
    order = desk.office.do(lambda r: r.payments.of_application(application.id))
    assert order is not None
    return application, order


def comes(desk: Desk, memo: str, amount: int, reference: str) -> str:
    office = desk.office
    payment = ReceivedPayment(memo=memo, amount=VND(amount), provider_reference=reference, received_at=office.at)
    return str(office.do(lambda r: take_payment(r, office.rules, payment, office.at)).payment.id)


def state_of(desk: Desk, payment_id: str) -> str:
    return desk.office.do(lambda r: r.received_payments.by_id(UUID(payment_id))).state.value


async def test_what_waits_is_seen_noted_and_pays_an_order_together(desk: Desk) -> None:
    application, order = await owed(desk)
    nameless = comes(desk, EVIL, order.amount - 5_000, "FT1")
    part = comes(desk, order.memo, 5_000, "FT2")
    browser = await desk.at(HA)
    shown = await browser.get("/desk/money")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; nộp phí" in shown.text
    assert shown.text.count("<script") == 0
    assert f'/desk/cases/{application.code}"' in shown.text
    assert "Less than is due; 200,000 VND is missing" in shown.text
    assert "The memo names no application" in shown.text
    (noted,) = recorded(desk.signing.house)
    assert (noted["shown"], noted["purpose"], noted["whose"]) == ("waiting_payments", "payments", 1)

    address = f"/desk/money/payments/{nameless}"
    alone = await fill(browser, address, f"{address}/allocation", code=application.code, **REASON)
    assert alone.status_code == 422
    assert "The payments come to 200,000 VND; this application owes 205,000 VND." in alone.text
    assert REASON["reason"] in alone.text  # nothing typed is lost
    fields = hidden_of(alone, f"{address}/allocation") | REASON | {"code": application.code, f"with:{part}": "1"}
    for _ in range(2):
        done = await browser.send(f"{address}/allocation", fields)
        assert (done.status_code, done.headers["location"]) == (303, "/desk/money?done=allocation")
    assert desk.stored(application.code).paid
    assert [state_of(desk, one) for one in (nameless, part)] == ["charged", "charged"]
    assert "No payment waits for your unit." in (await browser.get("/desk/money?done=allocation")).text
    gone = await browser.get(address)
    assert gone.status_code == 409
    assert "This payment has been dealt with" in gone.text


async def test_what_pays_together_is_offered_however_much_waits(desk: Desk) -> None:
    application, order = await owed(desk)
    part = comes(desk, order.memo, order.amount - 5_000, "FT1")
    for number in range(21):
        comes(desk, "x", 1_000, f"FTX{number}")
    rest = comes(desk, order.memo, 4_000, "FT2")
    browser = await desk.at(HA)
    shown = await browser.get(f"/desk/money/payments/{part}")
    assert f'name="with:{rest}"' in shown.text
    assert "1,000 VND is missing" in shown.text
    assert f'value="{application.code}"' in shown.text


async def test_money_that_can_pay_nothing_is_asked_back_first(desk: Desk) -> None:
    _, order = await owed(desk)
    comes(desk, order.memo, order.amount, "FT1")
    twice = comes(desk, order.memo, order.amount, "FT2")
    browser = await desk.at(HA)
    shown = await browser.get(f"/desk/money/payments/{twice}")
    assert "The application is paid already" in shown.text
    assert f'action="/desk/money/payments/{twice}/refund"' in shown.text
    (to_order,) = re.findall(r'<a href="([^"]+)">Let it pay an order<', shown.text)
    other = await browser.get(to_order)
    assert f'value="{order.memo}"' not in other.text
    assert f'action="/desk/money/payments/{twice}/allocation"' in other.text


async def test_codes_and_reasons_are_asked_for_at_their_fields(desk: Desk) -> None:
    payment = comes(desk, "x", 1_000, "FT1")
    paid = await desk.case()
    browser, address = await desk.at(HA), f"/desk/money/payments/{payment}"
    for code, said in (
        ("", "Type the code of the application."),
        ("000.00.15.H26-990101-0001", "Your unit has no such application."),
        ("mã hồ sơ", "Your unit has no such application."),
        (paid.code, "This application waits for no payment."),
    ):
        answer = await fill(browser, address, f"{address}/allocation", code=code, **REASON)
        assert answer.status_code == 422, code
        assert f'<p class="wrong" id="code-error">{said}</p>' in answer.text
    empty = await fill(browser, f"{address}/refund", reason=" ")
    assert empty.status_code == 422
    assert 'id="reason-error"' in empty.text
    assert state_of(desk, payment) == "waiting"


async def test_a_payment_is_ordered_back_once(desk: Desk) -> None:
    payment = comes(desk, "nộp hai lần", 7_000, "FT3")
    browser, address = await desk.at(HA), f"/desk/money/payments/{payment}/refund"
    fields = hidden_of(await browser.get(address), address) | REASON
    assert (await browser.send(address, fields)).headers["location"] == "/desk/money?done=refund"
    assert (await browser.send(address, fields)).status_code == 303
    again = await browser.send(address, fields | {"once": "another"})
    assert again.status_code == 409
    (balance,) = desk.office.do(lambda r: r.received_payments.balance())
    assert (balance.refunded, balance.waiting) == (7_000, 0)


async def test_who_hands_money_out_reads_whose_it_is(desk: Desk) -> None:
    office = desk.office
    payment = ReceivedPayment(
        memo=EVIL,
        amount=VND(7_000),
        provider_reference="B1",
        received_at=office.at,
        source=PaymentSource.STATEMENT,
    )
    kept = office.do(lambda r: take_payment(r, office.rules, payment, office.at)).payment
    browser = await desk.at(HA)
    assert (await fill(browser, f"/desk/money/payments/{kept.id}/refund", **REASON)).status_code == 303
    listed = await browser.get("/desk/money/refunds")
    before = len(recorded(desk.signing.house))
    shown = await browser.get(re.findall(r'href="(/desk/money/refunds/[0-9a-f-]{36})"', listed.text)[0])
    assert "&lt;script&gt;alert(1)&lt;/script&gt; nộp phí" in shown.text
    assert "<script" not in shown.text
    assert "Bank statement, 03/06/2024" in shown.text
    noted = recorded(desk.signing.house)
    assert (len(noted) - before, noted[-1]["shown"]) == (1, "open_refunds")


async def test_heads_give_payments_and_others_then_leave_them(desk: Desk) -> None:
    desk.register(HA, DUC, HEAD)
    payment = comes(desk, "x", 1_000, "FT1")
    address = f"/desk/money/payments/{payment}/assignment"
    caseworker = await desk.at(HA)
    assert (await caseworker.get(address)).headers["location"] == f"/desk/money/payments/{payment}"
    head = await desk.at(HEAD)
    nobody = await fill(head, address, official="", **REASON)
    assert 'id="official-error"' in nobody.text
    stranger = await fill(head, address, official="https://issuer.example|nobody", **REASON)
    assert stranger.status_code == 422
    given = await fill(head, address, official=account_of(DUC), **REASON)
    assert given.headers["location"] == "/desk/money?done=assignment"
    listed = (await caseworker.get("/desk/money")).text
    assert "Hoàng Minh Đức" in listed
    assert "/desk/money/payments/" not in listed
    closed = await caseworker.get(f"/desk/money/payments/{payment}")
    assert closed.status_code == 409
    assert "A head of the unit can give it to you." in closed.text
    assert (await (await desk.at(DUC)).get(f"/desk/money/payments/{payment}")).status_code == 200


async def test_only_the_desk_and_nobody_for_an_own_application(desk: Desk) -> None:
    _, order = await owed(desk)
    payment = comes(desk, order.memo, 1_000, "FT1")
    author = await desk.at(AUTHOR)
    for path in ("", "/refunds", "/cash", f"/payments/{payment}"):
        assert (await author.get(f"/desk/money{path}")).status_code == 403, path
    own = await desk.at(ALSO_CITIZEN)
    assert "No payment waits for your unit." in (await own.get("/desk/money")).text
    for path in ("", "/refund"):
        closed = await own.get(f"/desk/money/payments/{payment}{path}")
        assert closed.status_code == 403
        assert order.memo not in closed.text
    unknown = await own.get("/desk/money/payments/00000000-0000-4000-8000-000000000000")
    assert unknown.status_code == 404
    assert (await own.get("/desk/money?cursor=%3Cb%3E")).headers["location"] == "/desk/money"


async def test_cash_goes_back_over_the_desk_and_stands_in_the_closing(desk: Desk) -> None:
    desk.register(HA)
    application, order = await owed(desk)
    office = desk.office
    official: VerifiedOfficial = await office.official(roles=["caseworker"])
    office.do(lambda r: take_cash(r, office.rules, official, application.code, order.amount, office.at))
    citizen = await office.citizen(client_id=UNPAID)
    office.do(lambda r: withdraw(r, citizen, application.code, office.at))
    assert desk.stored(application.code).state is ApplicationState.WITHDRAWN
    browser = await desk.at(HA)
    listed = await browser.get("/desk/money/refunds")
    address = re.findall(r'href="(/desk/money/refunds/[0-9a-f-]{36})"', listed.text)[0]
    assert (await fill(browser, address)).status_code == 422
    refused = await fill(browser, address, again="1", **REASON)
    assert refused.status_code == 409
    assert "Nothing is to be done about this refund" in refused.text
    done = await fill(browser, address, **REASON)
    assert done.headers["location"] == "/desk/money/refunds?done=handed-out"
    assert (await browser.get(address)).status_code == 409
    assert "No refund waits for your unit." in (await browser.get("/desk/money/refunds")).text

    own = await browser.get("/desk/money/cash")
    assert "Phạm Thu Hà" in own.text
    assert own.text.count(f'href="/desk/cases/{application.code}"') == 1  # a colleague has taken it
    whole = await (await desk.at(HEAD)).get("/desk/money/cash")
    assert "The unit as a whole" in whole.text
    assert whole.text.count(f'href="/desk/cases/{application.code}"') == 2
    other = await browser.get("/desk/money/cash?on=2020-01-01")
    assert "No cash was taken or handed out on this day." in other.text
    assert (await browser.get("/desk/money/cash?on=%3Cb%3E")).status_code == 422


async def test_the_counter_prints_the_receipt_of_its_own_unit_and_says_so(desk: Desk) -> None:
    application, order = await owed(desk)
    office, code = desk.office, application.code
    browser, address = await desk.at(HA), f"/desk/money/receipts/{code}"
    assert (await browser.get(address)).status_code == 409
    official = await office.official(roles=["caseworker"])
    office.do(lambda r: take_cash(r, office.rules, official, code, order.amount, office.at))
    office.issue(application.id, CertificateKind.RECEIPT)
    shown = await browser.get(f"/desk/cases/{code}")
    assert f'href="{address}"' in shown.text
    before = len(recorded(desk.signing.house))
    led = await browser.get(address, headers={"Sec-Fetch-Site": "cross-site"})
    assert led.headers["location"] == f"/desk/cases/{code}"
    receipt = await browser.get(address)
    assert (receipt.status_code, receipt.headers["content-type"]) == (200, "application/pdf")
    assert receipt.content.startswith(b"%PDF")
    assert [one["shown"] for one in recorded(desk.signing.house)[before:]] == ["receipt"]
    assert (await (await desk.at(AUTHOR)).get(address)).status_code == 403
    assert (await (await desk.at(ALSO_CITIZEN)).get(address)).status_code == 403
    assert (await browser.get("/desk/money/receipts/000.00.15.H26-990101-0001")).status_code == 404


async def brought(
    browser: Browser, address: str, *, data: bytes | None = None, site: str = "same-origin", **fields: str
) -> httpx.Response:
    """A file as its page sends it, or the form by which it is confirmed."""
    files = {"file": ("tệp<b>.csv", data, "text/csv")} if data is not None else {"x": (None, "")}
    return await browser.http.post(address, data=fields, files=files, headers={"Sec-Fetch-Site": site})


async def test_a_statement_is_seen_first_and_taken_in_once(desk: Desk) -> None:
    application, order = await owed(desk)
    csv = (
        "date,reference,amount,currency,memo\n"
        f"03/06/2024,B1,{order.amount},VND,NGUYEN VAN A {order.memo.lower()} nop phi\n"
        "03/06/2024,B2,1000,VND,x\n03/06/2024,B3,-500,VND,phi\n"
    ).encode()
    browser = await desk.at(OPERATOR)
    seen = await brought(browser, "/statements", data=csv, **hidden_of(await browser.get("/statements")))
    assert seen.status_code == 200, seen.text
    assert "Nothing has been stored yet." in seen.text
    assert "line 3" in seen.text
    assert not desk.stored(application.code).paid
    fields = hidden_of(seen)
    for _ in range(2):
        taken = await brought(browser, "/statements", **fields)
        assert "The statement was taken in" in taken.text
    assert desk.stored(application.code).paid
    again = hidden_of(await brought(browser, "/statements", data=csv, **hidden_of(taken)))
    assert re.search(r"Known before.*?<dd>2</dd>", (await brought(browser, "/statements", **again)).text, re.S)


async def test_statements_that_are_none_are_told_line_by_line(desk: Desk) -> None:
    browser = await desk.at(OPERATOR)
    hidden = hidden_of(await browser.get("/statements"))
    broken = await brought(browser, "/statements", data=b"date,reference,amount,memo\n<b>,B1,x,y\n", **hidden)
    assert broken.status_code == 422
    assert broken.text.count('<th scope="row">2</th>') == 2
    odd_letters = await brought(browser, "/statements", data="date,memo\n".encode("utf-16"), **hidden)
    assert "The file is not encoded in UTF-8; in a spreadsheet, save it as “CSV UTF-8”." in odd_letters.text
    assert "<table" not in odd_letters.text
    for data, status in ((b"", 422), (b"\xff\xfe", 422), (b"x" * (MAX_STATEMENT_BYTES + 1), 413)):
        assert (await brought(browser, "/statements", data=data, **hidden)).status_code == status
    for carried in ("<no base64>", "é", "A"):
        odd = await brought(browser, "/statements", **(hidden | {"carried": carried}))
        assert odd.status_code == 400, carried


async def test_statements_are_for_operators_and_our_own_form(desk: Desk) -> None:
    operator = await desk.at(OPERATOR)
    hidden = hidden_of(await operator.get("/statements"))
    data = b"date,reference,amount,memo\n03/06/2024,B1,1000,x\n"
    assert (await brought(operator, "/statements", data=data, site="cross-site", **hidden)).status_code == 403
    assert (await brought(operator, "/statements", data=data, once="1", form_token="wrong")).status_code == 403
    head = await desk.at(HEAD)
    assert (await head.get("/statements")).status_code == 403
    token = await head.form_token()
    assert (await brought(head, "/statements", carried="eA==", form_token=token)).status_code == 403
    assert (await brought(desk.signing.another(), "/statements", data=data, **hidden)).status_code in (303, 401, 403)
    assert desk.office.do(lambda r: r.received_payments.balance()) == []


async def test_forms_of_others_do_nothing(desk: Desk) -> None:
    payment = comes(desk, "x", 1_000, "FT1")
    browser, address = await desk.at(HA), f"/desk/money/payments/{payment}"
    fields = hidden_of(await browser.get(f"{address}/refund"), f"{address}/refund") | REASON
    assert (await browser.send(f"{address}/refund", fields, site="cross-site")).status_code == 403
    assert (await browser.send(f"{address}/refund", REASON)).status_code == 403
    assert state_of(desk, payment) == "waiting"
