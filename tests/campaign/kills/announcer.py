"""The payment provider's notices, told to whichever API process answers; among them forged, stale and false ones."""

from __future__ import annotations

import asyncio
import base64
import json
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from simulators.payment_faults import PaymentFaults
from simulators.payment_notices import NoticeSender

_SECRET = "whsec_" + base64.b64encode(b"the provider, of a town for tests").decode()
_NOBODYS = "whsec_" + base64.b64encode(b"somebody else, of no town anywhere").decode()
_KINDS = ("plain", "plain", "twice", "forged_first", "stale_first", "wrong_amount", "wrong_currency", "late")
_PAUSE_SECONDS = 0.2
_STALE = timedelta(minutes=10)


class Announcer(NoticeSender):
    """Each payment is announced under one id until somebody takes it. sent: all ids; accepted: those that were taken.

    addresses: of the API processes, as soon as somebody knows them.
    """

    def __init__(self, folder: Path, clock: Callable[[], datetime], seed: int) -> None:
        super().__init__("", _SECRET, clock)
        secret_file(folder).write_text(_SECRET)
        self.addresses: Sequence[str] = ()
        self.sent: set[str] = set()
        self.accepted: set[str] = set()
        self.wrong: list[str] = []
        self._now = clock
        self._chance = random.Random(f"{seed}-announcer")

    @property
    def is_done(self) -> bool:
        return not self._running

    def announce(self, payment: dict[str, Any], faults: PaymentFaults) -> None:
        task = asyncio.create_task(self._tell(dict(payment), self._chance.choice(_KINDS)))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _tell(self, told: dict[str, Any], kind: str) -> None:
        if kind == "wrong_amount":
            told["amount"] *= 10
        if kind == "wrong_currency":
            told["currency"] = "USD"
        if kind == "late":
            await asyncio.sleep(1)
        name = f"evt_{uuid4().hex}"
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            if kind in ("forged_first", "stale_first"):
                await self._try_to_deceive(client, told, kind)
            self.sent.add(name)
            for _ in range(2 if kind == "twice" else 1):
                while True:
                    if await self._is_taken(client, name, told, _SECRET, self._now):
                        break
                    await asyncio.sleep(_PAUSE_SECONDS)
                self.accepted.add(name)

    async def _try_to_deceive(self, client: httpx.AsyncClient, told: dict[str, Any], kind: str) -> None:
        secret, clock = (_NOBODYS, self._now) if kind == "forged_first" else (_SECRET, lambda: self._now() - _STALE)
        if await self._is_taken(client, f"evt_{kind}_{uuid4().hex}", told, secret, clock):
            self.wrong.append(f"a notice was accepted that is {kind.removesuffix('_first')}")

    async def _is_taken(
        self,
        client: httpx.AsyncClient,
        name: str,
        told: dict[str, Any],
        secret: str,
        clock: Callable[[], datetime],
    ) -> bool:
        url = f"{self._chance.choice(self.addresses)}/v1/payments/notices"
        body = json.dumps({"type": "payment.received", "data": told})
        return await NoticeSender(url, secret, clock)._post(client, name, body, secret)


def secret_file(folder: Path) -> Path:
    return folder / "payment-notices.secret"
