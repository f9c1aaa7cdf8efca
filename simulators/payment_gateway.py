"""A simulated payment provider: somebody pays under a memo, and whoever asks for the memo learns so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


def create_payment_gateway(clock: Callable[[], datetime]) -> Starlette:
    """An ASGI app: `POST /payments {memo, amount}` pays, `GET /payments/{memo}` asks."""
    received: dict[str, dict[str, object]] = {}

    async def pay(request: Request) -> Response:
        payment = await request.json()
        received[payment["memo"]] = {
            "memo": payment["memo"],
            "amount": payment["amount"],
            "reference": f"SIM{uuid4().hex[:12].upper()}",
            "received_at": clock().isoformat(),
        }
        return JSONResponse(received[payment["memo"]], status_code=201)

    async def find(request: Request) -> Response:
        payment = received.get(request.path_params["memo"])
        return JSONResponse(payment) if payment else JSONResponse({"code": "unknown_memo"}, status_code=404)

    return Starlette(
        routes=[Route("/payments", pay, methods=["POST"]), Route("/payments/{memo}", find, methods=["GET"])]
    )
