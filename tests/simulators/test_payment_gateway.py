"""The simulated payment provider: its notices are signed, its refunds are sent once, and it misbehaves on request."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from issuance.errors import GatewayUnavailable, NoticeRefused
from issuance.payments.gateway import HttpPaymentProvider
from issuance.payments.verify_notice import NoticeSecrets, verify_notice
from simulators.payment_gateway import create_payment_gateway
from simulators.payment_notices import NoticeSender
from tests.simulators.serving import serve

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
SECRET = "whsec_" + "b2xk" * 8
Told = list[tuple[dict[str, str], bytes]]


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def gateway(told: Told) -> Iterator[str]:
    async def listen(request: Request) -> Response:
        told.append((dict(request.headers), await request.body()))
        return Response(status_code=202)

    with (
        serve(lambda _: Starlette(routes=[Route("/notices", listen, methods=["POST"])])) as listener,
        serve(
            lambda _: create_payment_gateway(lambda: AT, NoticeSender(f"{listener}/notices", SECRET, lambda: AT))
        ) as url,
    ):
        yield url


def pay(url: str, *faults: str) -> str:
    for kind in faults:
        httpx.post(f"{url}/faults", json={"kind": kind}, trust_env=False).raise_for_status()
    paid = httpx.post(f"{url}/payments", json={"memo": "M", "amount": 5}, trust_env=False)
    return str(paid.raise_for_status().json()["reference"])


def wait_for(told: Told, number: int) -> None:
    until = time.monotonic() + 20
    while len(told) < number and time.monotonic() < until:
        time.sleep(0.01)
    assert len(told) == number


def test_a_notice_names_the_payment_and_may_come_twice_or_forged(gateway: str, told: Told) -> None:
    reference = pay(gateway, "notice_twice")
    wait_for(told, 2)
    notices = [verify_notice(NoticeSecrets((SECRET,)), headers, body, AT) for headers, body in told]
    assert [one.reference for one in notices] == [reference, reference]
    assert notices[0].event_id == notices[1].event_id
    pay(gateway, "notice_forged")
    wait_for(told, 4)
    with pytest.raises(NoticeRefused):
        verify_notice(NoticeSecrets((SECRET,)), *told[-1], AT)


def test_a_refund_is_sent_once_though_its_answer_was_lost(gateway: str) -> None:
    reference, provider = pay(gateway, "no_answer_after_effect"), HttpPaymentProvider(gateway)
    with pytest.raises(GatewayUnavailable):
        provider.refund("key", reference, 5)
    assert provider.refund("key", reference, 5) == "done"
    assert provider.refund("another", reference, 1) == "refused"  # more than came
    sent = httpx.get(f"{gateway}/refunds", trust_env=False).json()["refunds"]
    assert [(one["key"], one["amount"]) for one in sent] == [("key", 5)]
    payment = provider.received_as(reference)
    assert payment is not None
    assert (payment.amount, payment.currency, payment.memo) == (5, "VND", "M")
    assert provider.received_as("nobody's") is None
    provider.close()


@pytest.mark.parametrize("fault", ["error", "garbage"])
def test_a_broken_answer_is_none(gateway: str, fault: str) -> None:
    reference, provider = pay(gateway, fault), HttpPaymentProvider(gateway)
    with pytest.raises(GatewayUnavailable):
        provider.received_as(reference)
    provider.close()


@pytest.mark.parametrize(("status", "is_final"), [(422, True), (409, False), (400, False), (404, False), (500, False)])
def test_only_a_refusal_of_its_own_status_is_final(status: int, is_final: bool) -> None:
    async def answer(_: Request) -> Response:
        return Response(b"{}", status)

    with serve(lambda _: Starlette(routes=[Route("/refunds", answer, methods=["POST"])])) as url:
        provider = HttpPaymentProvider(url)
        if is_final:
            assert provider.refund("key", "R", 5) == "refused"
        else:
            with pytest.raises(GatewayUnavailable):
                provider.refund("key", "R", 5)
        provider.close()
