"""One line for each request, of fields that are named here and can hold nothing else; and the number it is known by."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .metrics import method_label, route_pattern

logger = logging.getLogger(__name__)

HEADER = "X-Request-Id"
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_MAX_TRACEPARENT = 55
_LIKE_A_PERSONAL_NUMBER = re.compile(r"[0-9]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLine:
    """What is logged of a request. route: a pattern, never the address. client: its name here, where it is known."""

    method: str
    route: str
    status: int
    milliseconds: float
    request_id: str
    client: str | None


class Logged:
    """Gives each request its number, says it in the answer, and logs one line when the answer is over."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_for(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        # Until it begins to answer, it has failed.
        status, started = 500, time.perf_counter()

        async def send_with_number(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_number)
        finally:
            if logger.isEnabledFor(logging.INFO):
                line = AccessLine(
                    method=method_label(scope["method"]),
                    route=route_pattern(scope),
                    status=status,
                    milliseconds=round((time.perf_counter() - started) * 1000, 1),
                    request_id=request_id,
                    client=scope["state"].get("client_id"),
                )
                logger.info("request", extra={"line": line})


def request_id_for(scope: Scope) -> str:
    """The trace that the request belongs to (W3C Trace Context, section 3.2), else a number of our own.

    Twelve digits in a row could be somebody's personal number, written there by whoever sent it: then it is not taken.
    """
    given = Headers(scope=scope).get("traceparent", "")
    found = _TRACEPARENT.fullmatch(given) if len(given) <= _MAX_TRACEPARENT else None
    if found is not None and _LIKE_A_PERSONAL_NUMBER.search(found[1]) is None:
        return found[1]
    return secrets.token_hex(16)


def known_request_id(scope: Mapping[str, Any]) -> str | None:
    """As given above; None where nothing gave one, as in tests of a single layer."""
    found = scope.get("state", {}).get("request_id")
    return found if isinstance(found, str) else None
