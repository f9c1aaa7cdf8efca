"""What a provider announces: signed, counted once, and never believed."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from issuance.fees.document import VND
from issuance.jobs import JobKind
from issuance.payments.confirm_notice import confirm_notice
from issuance.payments.order import ReceivedPayment
from issuance.payments.verify_notice import MAX_NOTICE_BYTES, NoticeSecrets
from storage.runner import Database
from tests.api.house import UNPAID, House, open_house
from tests.issuance.payments.providers import Provider

PATH = "/v1/payments/notices"


def secret_of(letter: str) -> str:
    return "whsec_" + base64.b64encode(letter.encode() * 32).decode()


OLD, NEW, FORGED = secret_of("o"), secret_of("n"), secret_of("f")


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(database, tmp_path, notice_secrets=NoticeSecrets((OLD, NEW))) as opened:
        yield opened


def signed(body: str, event: str, at: datetime, secret: str = NEW) -> dict[str, str]:
    return {
        "webhook-id": event,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(event, at, body),
        "content-type": "application/json",
    }


def told(reference: str = "FT1", **data: object) -> str:
    return json.dumps({"type": "payment.received", "data": {"reference": reference, **data}})


async def send(house: House, body: str, headers: dict[str, str]) -> httpx.Response:
    return await house.client.post(PATH, content=body, headers=headers)


def open_notices(house: House) -> int:
    later = house.office.at + timedelta(days=1)
    overdue = house.office.database.run_blocking(lambda r: r.overdue_jobs(changed_before=later))
    return sum(kind is JobKind.CONFIRM_PAYMENT for kind, _ in overdue)


def work(house: House, provider: Provider) -> None:
    """As the worker does with what is announced."""
    office, later = house.office, house.office.at + timedelta(days=1)
    for kind, notice_id in office.database.run_blocking(lambda r: r.overdue_jobs(changed_before=later)):
        if kind is JobKind.CONFIRM_PAYMENT:
            # A day later, so that what the provider does not know is given up.
            confirm_notice(office.do, office.rules, provider, notice_id, lambda: later)


async def owed(house: House) -> tuple[str, str, int]:
    """Code, memo and amount of an application that waits for money."""
    application = await house.apply(house.citizen(client_id=UNPAID))
    payment = application["payment"]
    return application["code"], payment["memo"], payment["amount_vnd"]


def a_payment(house: House, memo: str, amount: int, reference: str = "FT1", currency: str = "VND") -> ReceivedPayment:
    return ReceivedPayment(
        memo=memo, amount=VND(amount), provider_reference=reference, received_at=house.office.at, currency=currency
    )


async def test_it_is_on_record_and_the_provider_decides(house: House) -> None:
    code, memo, amount = await owed(house)
    body = told(amount=1, memo="another", currency="USD")
    first = await send(house, body, signed(body, "evt_1", house.office.at))
    again = await send(house, body, signed(body, "evt_1", house.office.at, OLD))
    assert (first.status_code, first.json()) == (202, {"is_new": True})
    assert (again.status_code, again.json()) == (202, {"is_new": False})
    assert not house.stored(code).paid  # nothing is believed
    work(house, Provider({"FT1": a_payment(house, memo, amount)}))
    assert house.stored(code).paid


async def test_fifty_at_once_are_one(house: House) -> None:
    code, memo, amount = await owed(house)
    body = told()
    headers = signed(body, "evt_1", house.office.at)
    answers = await asyncio.gather(*(send(house, body, headers) for _ in range(50)))
    assert {one.status_code for one in answers} == {202}
    assert sum(one.json()["is_new"] for one in answers) == 1
    # Under other ids it is another event of the same payment.
    for number in range(2, 5):
        await send(house, body, signed(body, f"evt_{number}", house.office.at))
    work(house, Provider({"FT1": a_payment(house, memo, amount)}))
    application = house.stored(code)
    assert house.office.audit(application.id).count("payment_confirmed") == 1
    (balance,) = house.office.do(lambda r: r.received_payments.balance())
    assert (balance.came, balance.charged, balance.waiting) == (amount, amount, 0)


async def test_what_the_provider_does_not_tell_of_is_charged_to_nobody(house: House) -> None:
    """Announced in the wrong order, with wrong amounts and currencies, of payments that there are and that are not."""
    code, memo, amount = await owed(house)
    for number, reference in enumerate(("FT3", "FT2", "FT404", "FT1")):
        body = told(reference, memo=memo, amount=amount, currency="VND")
        assert (await send(house, body, signed(body, f"evt_{number}", house.office.at))).status_code == 202
    books = (
        a_payment(house, memo, amount - 1, "FT1"),
        a_payment(house, memo, amount * 10, "FT2"),
        a_payment(house, memo, amount, "FT3", "USD"),
    )
    work(house, Provider({one.provider_reference: one for one in books}))
    assert not house.stored(code).paid
    assert open_notices(house) == 0
    balances = house.office.do(lambda r: r.received_payments.balance())
    assert all(one.is_even and one.charged == 0 and one.came == one.waiting for one in balances)
    assert {one.currency for one in balances} == {"VND", "USD"}


def forged(at: datetime) -> list[tuple[str, dict[str, str]]]:
    body = told()
    good = signed(body, "evt_1", at)
    signature = good["webhook-signature"]
    changed: list[dict[str, str]] = [
        signed(body, "evt_1", at, FORGED),
        good | {"webhook-id": "evt_2"},
        good | {"webhook-timestamp": str(int(at.timestamp()) + 1)},
        signed(body, "evt_1", at - timedelta(minutes=5, seconds=1)),
        signed(body, "evt_1", at + timedelta(minutes=5, seconds=1)),
        good | {"webhook-timestamp": ""},
        good | {"webhook-timestamp": "nan"},
        good | {"webhook-timestamp": "9" * 12},
        good | {"webhook-timestamp": f"{at.timestamp()}"},
        good | {"webhook-signature": ""},
        good | {"webhook-signature": "v1"},
        good | {"webhook-signature": "v1,"},
        good | {"webhook-signature": "v1,%%%"},
        good | {"webhook-signature": signature.replace("v1,", "v2,")},
        good | {"webhook-signature": signature.lower()},
        good | {"webhook-signature": " ".join(["v1,AAAA"] * 10 + [signature])},
        {name: value for name, value in good.items() if name != "webhook-id"},
    ]
    texts = ("{}", "[]", "not json", '{"type": "payment.received"}', told("two words"), told("x" * 129))
    return [
        *((body, headers) for headers in changed),
        (told("FT2"), good),
        (body + " ", good),
        *((text, signed(text, "evt_1", at)) for text in texts if text != "{}"),
    ]


async def test_what_is_forged_stale_or_broken_is_refused(house: House) -> None:
    for body, headers in forged(house.office.at):
        answer = await send(house, body, headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "notice_refused"), (body, headers)
    long = told(memo="x" * MAX_NOTICE_BYTES)
    assert (await send(house, long, signed(long, "evt_1", house.office.at))).status_code == 413
    assert open_notices(house) == 0


async def test_several_signatures_and_other_events(house: House) -> None:
    body = told()
    headers = signed(body, "evt_1", house.office.at)
    headers["webhook-signature"] = f"v1a,abc v1,AAAA {headers['webhook-signature']}"
    assert (await send(house, body, headers)).json() == {"is_new": True}
    other = json.dumps({"type": "refund.sent", "data": {}})
    assert (await send(house, other, signed(other, "evt_2", house.office.at))).json() == {"is_new": False}
    assert open_notices(house) == 1


@pytest.mark.parametrize("secret", ["whsec_", "whsec_%%%", "whsec_" + base64.b64encode(b"short").decode()])
def test_a_secret_that_is_none_is_refused_and_never_told(secret: str) -> None:
    with pytest.raises(ValueError, match="a secret for notices") as refused:
        NoticeSecrets((secret,))
    assert base64.b64encode(b"short").decode() not in str(refused.value)
    assert "AAAA" not in repr(NoticeSecrets((NEW,)))


async def test_without_any_secret_nothing_is_taken(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url, clock=lambda: datetime.now().astimezone())
    async with open_house(database, tmp_path) as house:
        body = told()
        assert (await send(house, body, signed(body, "evt_1", house.office.at))).status_code == 400
    await database.dispose()
