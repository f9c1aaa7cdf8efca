"""The simulated provider's notices: signed (Standard Webhooks), sent again until somebody takes them, or worse."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx
from standardwebhooks import Webhook

from .payment_faults import PaymentFaults

_ATTEMPTS = 5
_NOBODYS_SECRET = "whsec_" + "AAAA" * 8


class NoticeSender:
    """Tells `url` of each payment. secret: shared with whoever listens, `whsec_…`."""

    def __init__(self, url: str, secret: str, clock: Callable[[], datetime], pause_seconds: float = 0.5) -> None:
        self._url = url
        self._secret = secret
        self._clock = clock
        self._pause_seconds = pause_seconds
        self._running: set[asyncio.Task[None]] = set()
        self._held: dict[str, Any] | None = None

    def announce(self, payment: dict[str, Any], faults: PaymentFaults) -> None:
        """In the background."""
        if faults.has("notice_lost"):
            return
        told = dict(payment)
        if faults.has("notice_wrong_amount"):
            told["amount"] = payment["amount"] * 10
        if faults.has("notice_wrong_currency"):
            told["currency"] = "USD"
        if faults.has("notices_out_of_order"):
            self._held, told_before = told, self._held
            if told_before is None:
                return
            self._start([told, told_before], faults)
            self._held = None
        else:
            self._start([told, told] if faults.has("notice_twice") else [told], faults)

    def _start(self, told: list[dict[str, Any]], faults: PaymentFaults) -> None:
        secret = _NOBODYS_SECRET if faults.has("notice_forged") else self._secret
        task = asyncio.create_task(self._send(told, secret, faults.seconds.get("notice_late", 0)))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _send(self, told: list[dict[str, Any]], secret: str, late_seconds: float) -> None:
        await asyncio.sleep(late_seconds)
        names: dict[str, str] = {}
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            for payment in told:
                # What is told twice has the same id twice.
                name = names.setdefault(payment["reference"], f"evt_{uuid4().hex}")
                body = json.dumps({"type": "payment.received", "data": payment})
                for attempt in range(_ATTEMPTS):
                    if await self._post(client, name, body, secret):
                        break
                    await asyncio.sleep(self._pause_seconds * 2**attempt)

    async def _post(self, client: httpx.AsyncClient, name: str, body: str, secret: str) -> bool:
        at = self._clock()
        headers = {
            "webhook-id": name,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign(name, at, body),
            "content-type": "application/json",
        }
        try:
            return (await client.post(self._url, content=body, headers=headers)).is_success
        except httpx.HTTPError:
            return False
