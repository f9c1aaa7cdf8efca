"""The register and the payment provider over real HTTP: what they say is taken exactly, and nonsense is no answer."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from issuance.errors import GatewayUnavailable, RegisterUnavailable
from issuance.payments.gateway import HttpPaymentGateway
from issuance.registers.ask import MAX_ANSWER_BYTES
from issuance.registers.judicial import HttpJudicialRegister, RegisterAnswer
from simulators.judicial_register import create_judicial_register
from simulators.payment_gateway import create_payment_gateway
from tests.simulators.serving import serve

AT = datetime(2024, 6, 3, 2, 0, tzinfo=UTC)
MINH_ANH = {"personal_id": "001194000001", "full_name": "Nguyễn Thị Minh Anh", "birth_date": date(1994, 3, 8)}
ANSWER: dict[str, Any] = {
    "personal_id": "001194000001",
    "reference": "TTLLTP-1",
    "answered_at": "2024-06-03T09:00:00+07:00",
    "convictions": [],
    "business_bans": [],
}


@pytest.fixture
def register() -> Iterator[HttpJudicialRegister]:
    with serve(lambda _: create_judicial_register(lambda: AT)) as url:
        client = HttpJudicialRegister(url)
        yield client
        client.close()


def test_a_clean_record_and_a_conviction(register: HttpJudicialRegister) -> None:
    assert register.look_up(**MINH_ANH).convictions == ()
    convicted = register.look_up(**(MINH_ANH | {"personal_id": "001080000666"}))
    assert [conviction.judged_on for conviction in convicted.convictions] == [date(2021, 6, 17)]
    assert RegisterAnswer.from_json(convicted.to_json()) == convicted


def answering(body: bytes, status: int = 200) -> Callable[[str], Starlette]:
    async def answer(request: Request) -> Response:
        return Response(body, status, media_type="application/json")

    return lambda _: Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])


def changed(**fields: Any) -> bytes:
    return json.dumps(ANSWER | fields).encode()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (changed(personal_id="001194000002"), 200),
        (changed(answered_at="2024-06-03T09:00:00"), 200),
        (changed(convictions=[{"court": "x"}]), 200),
        (changed(convictions=None), 200),
        (changed(reference=7), 200),
        (b"[]", 200),
        (b"not json", 200),
        (changed(reference="x" * MAX_ANSWER_BYTES), 200),
        (changed(), 500),
        (changed(), 302),
    ],
)
def test_no_answer_is_made_of_nonsense(body: bytes, status: int) -> None:
    with serve(answering(body, status)) as url:
        client = HttpJudicialRegister(url)
        with pytest.raises(RegisterUnavailable) as refused:
            client.look_up(**MINH_ANH)
        client.close()
    assert "001194" not in str(refused.value)


def test_nobody_there() -> None:
    client = HttpJudicialRegister("http://127.0.0.1:9", timeout_seconds=1)
    with pytest.raises(RegisterUnavailable):
        client.look_up(**MINH_ANH)
    client.close()


def test_a_payment_is_found_by_its_memo() -> None:
    async def ask(url: str) -> None:
        gateway = HttpPaymentGateway(url)
        assert await gateway.find("0000015H262406030001") == []
        async with httpx.AsyncClient(trust_env=False) as payer:
            await payer.post(f"{url}/payments", json={"memo": "0000015H262406030001", "amount": 205_000})
        (payment,) = await gateway.find("0000015H262406030001")
        await gateway.close()
        assert (payment.amount, payment.received_at) == (205_000, AT)

    with serve(lambda _: create_payment_gateway(lambda: AT)) as url:
        asyncio.run(ask(url))


def test_a_provider_that_drips_its_headers_is_away() -> None:
    gone = asyncio.Event()

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not writer.is_closing():
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.01)
        writer.close()
        gone.set()

    async def ask() -> None:
        async with await asyncio.start_server(drip, "127.0.0.1", 0) as server:
            host, port = server.sockets[0].getsockname()
            gateway = HttpPaymentGateway(f"http://{host}:{port}", timeout_seconds=0.3)
            with pytest.raises(GatewayUnavailable):
                await asyncio.wait_for(gateway.find("M"), 20)
            await gateway.close()
            await gone.wait()

    asyncio.run(ask())


PAYMENT = {"memo": "M", "amount": 205_000, "reference": "R", "received_at": "2024-06-03T09:00:00+07:00"}


def listed(**changed: object) -> bytes:
    return json.dumps({"payments": [PAYMENT | changed]}).encode()


@pytest.mark.parametrize(
    "body",
    [
        listed(amount="205000"),
        listed(amount=205_000.0),
        listed(amount=True),
        listed(amount=0),
        listed(amount=-205_000),
        listed(amount=10**16),
        listed(received_at="2024-06-03T09:00:00"),
        listed(received_at="0001-01-01T00:00:00+14:00"),
        listed(received_at="9999-12-31T23:59:59-14:00"),
        listed(reference="two words"),
        listed(reference=7),
        listed(currency="vnd"),
        listed(memo=None),
        listed(memo="nul \0"),
        json.dumps(PAYMENT).encode(),
        b'{"payments": {}}',
        b'{"payments": [7]}',
        b"{}",
        b"null",
        b"<html>",
    ],
)
def test_no_payment_is_made_of_nonsense(body: bytes) -> None:
    async def ask(url: str) -> None:
        gateway = HttpPaymentGateway(url)
        with pytest.raises(GatewayUnavailable):
            await gateway.find("M")
        await gateway.close()

    with serve(answering(body)) as url:
        asyncio.run(ask(url))
