"""Where citizens' applications are told of events: receivers that fail, stall, redirect, and one that goes away."""

from __future__ import annotations

import asyncio
import base64
import random
from collections import Counter
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

LOYAL, FICKLE = "vneid-app", "one-stop-kiosk"
"""Clients that are told; the fickle one says after a while that it is gone."""

PATIENCE_SECONDS = 1.0
"""So long an attempt may take; what is late is later still."""

_GONE_AFTER = 25
_MOODS = ("there",) * 12 + ("error", "away", "busy", "late", "elsewhere", "heard_and_error")
_STATUS = {"error": 500, "away": 503, "busy": 429, "elsewhere": 302, "heard_and_error": 500}


class Receiver:
    """One of them. heard: what came under each id; acknowledged: how often each was answered with 204."""

    def __init__(self, client: str, seed: int) -> None:
        self.client = client
        self.secret = "whsec_" + base64.b64encode(f"{client}, of a town for tests".ljust(32).encode()).decode()
        self.heard: dict[str, bytes] = {}
        self.acknowledged: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.is_calm = self.is_well = False
        self._chance = random.Random(f"{seed}-{client}")

    @property
    def is_gone(self) -> bool:
        return self.client == FICKLE and not self.is_well and len(self.acknowledged) >= _GONE_AFTER

    async def take(self, request: Request) -> Response:
        body = await request.body()
        try:
            Webhook(self.secret).verify(body, dict(request.headers))
        except WebhookVerificationError:
            self.wrong.append(f"an event that nobody signed came to {self.client}")
            return Response(status_code=400)
        name = request.headers["webhook-id"]
        if self.heard.setdefault(name, body) != body:
            self.wrong.append(f"two events under one id came to {self.client}: {name}")
        if self.is_gone:
            return Response(status_code=410)
        mood = "there" if self.is_calm or self.is_well else self._chance.choice(_MOODS)
        if mood == "late":
            await asyncio.sleep(2 * PATIENCE_SECONDS)
        if mood in _STATUS:
            headers = {"Retry-After": "1"} if mood in ("away", "busy") else {}
            return Response(status_code=_STATUS[mood], headers=headers)
        if mood == "there":
            self.acknowledged[name] += 1
        return Response(status_code=204)


class Hooks:
    """The receivers by client, on one ASGI application."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.receivers = {client: Receiver(client, seed) for client in (LOYAL, FICKLE)}
        for one in self.receivers.values():
            secret_file(folder, one.client).write_text(one.secret)
        self.app: Any = Starlette(
            routes=[Route(f"/{one.client}", one.take, methods=["POST"]) for one in self.receivers.values()]
        )

    def calm_down(self) -> None:
        """Nothing fails any more, so that what waits is over in a time that can be waited for; who is gone stays so."""
        for one in self.receivers.values():
            one.is_calm = True

    def get_well(self) -> None:
        """From now on every event is taken."""
        for one in self.receivers.values():
            one.is_well = True


def secret_file(folder: Path, client: str) -> Path:
    return folder / f"{client}.webhook-secret"
