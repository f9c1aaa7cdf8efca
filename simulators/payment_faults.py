"""How a simulated payment provider misbehaves, on request."""

from __future__ import annotations

import asyncio
from typing import Literal, get_args

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

PaymentFault = Literal[
    "slow",
    "error",
    "garbage",
    "no_answer_after_effect",
    "paid_twice",
    "refuse_refund",
    "notice_lost",
    "notice_twice",
    "notice_late",
    "notices_out_of_order",
    "notice_forged",
    "notice_wrong_amount",
    "notice_wrong_currency",
]


class PaymentFaults:
    """Those that are set, with their seconds: how slow it is, or how late a notice comes.

    no_answer_after_effect: a refund is sent, and whoever asked for it gets an error. paid_twice: each payment comes
    once more, under another reference. notices_out_of_order: each waits for the one after it.
    """

    def __init__(self) -> None:
        self.seconds: dict[PaymentFault, float] = {}

    def has(self, fault: PaymentFault) -> bool:
        return fault in self.seconds

    async def before(self) -> Response | None:
        """Wait where it is slow; the broken answer where there is to be one."""
        await asyncio.sleep(self.seconds.get("slow", 0))
        if self.has("error"):
            return JSONResponse({"code": "internal"}, 500)
        if self.has("garbage"):
            return Response(b'{"payments": [{"amount": "', media_type="application/json")
        return None

    async def after(self) -> Response | None:
        if not self.has("no_answer_after_effect"):
            return None
        await asyncio.sleep(self.seconds["no_answer_after_effect"])
        return JSONResponse({"code": "gateway_timeout"}, 504)

    def route(self) -> Route:
        """`POST /faults` with kind, seconds and on (false: not any more); kind null with on false: none any more."""
        return Route("/faults", self._set, methods=["POST"])

    async def _set(self, request: Request) -> Response:
        asked = await request.json()
        kind = asked.get("kind")
        if kind is None:
            self.seconds.clear()
        elif kind not in get_args(PaymentFault):
            return JSONResponse({"error": "unknown kind"}, 422)
        elif asked.get("on", True):
            self.seconds[kind] = float(asked.get("seconds", 0))
        else:
            self.seconds.pop(kind, None)
        return JSONResponse({}, 200)
