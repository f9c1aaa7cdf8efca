"""A simulated payment provider: somebody pays under a memo, whoever asks learns so, and it sends money back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .payment_faults import PaymentFaults
from .payment_notices import NoticeSender

_REFUSED = 422


class Books:
    """What the provider has received, by reference, and what it has sent back, by the key of who asked."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.received: dict[str, dict[str, Any]] = {}
        self.sent_back: dict[str, dict[str, Any]] = {}
        self._clock = clock

    def pay(self, asked: dict[str, Any]) -> dict[str, Any]:
        payment = {
            "memo": asked["memo"],
            "amount": asked["amount"],
            "currency": asked.get("currency", "VND"),
            "reference": asked.get("reference", f"SIM{uuid4().hex[:12].upper()}"),
            "received_at": self._clock().isoformat(),
        }
        self.received[payment["reference"]] = payment
        return payment

    def left_of(self, reference: str) -> int:
        back = sum(one["amount"] for one in self.sent_back.values() if one["reference"] == reference)
        return int(self.received[reference]["amount"] - back)


def create_payment_gateway(clock: Callable[[], datetime], notices: NoticeSender | None = None) -> Starlette:
    """An ASGI app.

    `POST /payments {memo, amount, currency?, reference?}` pays; `GET /payments?memo=` and `GET /payments/{reference}`
    ask; `POST /refunds {reference, amount}` with an Idempotency-Key sends back, once for each key; `GET /refunds` has
    all that was sent back; `POST /faults` makes it misbehave (see PaymentFaults). notices: tells somebody of payments.
    """
    books, faults = Books(clock), PaymentFaults()

    async def pay(request: Request) -> Response:
        payment = books.pay(await request.json())
        if faults.has("paid_twice"):
            books.pay({**payment, "reference": f"SIM{uuid4().hex[:12].upper()}"})
        if notices is not None:
            notices.announce(payment, faults)
        return JSONResponse(payment, status_code=201)

    async def find(request: Request) -> Response:
        broken = await faults.before()
        memo = request.query_params.get("memo", "")
        listed = [one for one in books.received.values() if memo and memo in one["memo"]]
        return broken or JSONResponse({"payments": listed})

    async def show(request: Request) -> Response:
        broken = await faults.before()
        payment = books.received.get(request.path_params["reference"])
        unknown = JSONResponse({"code": "unknown_payment"}, status_code=404)
        return broken or (unknown if payment is None else JSONResponse(payment))

    async def send_back(request: Request) -> Response:
        broken = await faults.before()
        if broken is not None:
            return broken
        key, asked = request.headers.get("idempotency-key", ""), await request.json()
        if not key:
            return JSONResponse({"code": "no_key"}, status_code=400)
        known = books.sent_back.get(key)
        if known is not None:
            return JSONResponse(known)
        if (
            faults.has("refuse_refund")
            or asked["reference"] not in books.received
            or not 0 < asked["amount"] <= books.left_of(asked["reference"])
        ):
            return JSONResponse({"code": "refund_refused"}, status_code=_REFUSED)
        books.sent_back[key] = {"reference": asked["reference"], "amount": asked["amount"], "state": "sent"}
        return await faults.after() or JSONResponse(books.sent_back[key], status_code=201)

    async def all_sent_back(_: Request) -> Response:
        return JSONResponse({"refunds": [{"key": key, **one} for key, one in books.sent_back.items()]})

    return Starlette(
        routes=[
            Route("/payments", pay, methods=["POST"]),
            Route("/payments", find, methods=["GET"]),
            Route("/payments/{reference}", show, methods=["GET"]),
            Route("/refunds", send_back, methods=["POST"]),
            Route("/refunds", all_sent_back, methods=["GET"]),
            faults.route(),
        ]
    )
