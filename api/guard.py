"""The outermost layers, as plain ASGI: security headers, bounded bodies, and an answer even where all else failed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import BodyTooLarge, BodyTooSlow
from .services import Limits

Refuse = Callable[[Request, Exception], Response]
UPLOAD_PATHS = frozenset({"/v1/verifications/file", "/v1/verifications/pdf", "/v"})
MULTIPART_SLACK_BYTES = 64 * 1024

NO_CONTENT_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""For answers that are data: whatever a browser makes of them, nothing in them runs or loads."""


LINGER_BYTES = 16 * 1024 * 1024
LINGER_SECONDS = 2.0


class SecureHeaders:
    """Adds the headers that every answer carries, and answers with a problem document when nothing else did."""

    def __init__(self, app: ASGIApp, *, refuse: Refuse, https: bool, revalidated: tuple[str, ...]) -> None:
        """revalidated: where addresses begin whose answers may be kept, and are asked for anew by their ETag."""
        self._app = app
        self._revalidated = revalidated
        self._refuse = refuse
        self._headers = {
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Content-Security-Policy": NO_CONTENT_POLICY,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
            "Cache-Control": "no-store",
        }
        if https:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                if scope["path"].startswith(self._revalidated):
                    headers.setdefault("Cache-Control", "no-cache")
                if nonce := scope.get("state", {}).get("next_proof_nonce"):
                    headers.setdefault("DPoP-Nonce", nonce)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:
            if started:
                raise
            await self._refuse(Request(scope), error)(scope, receive, send_with_headers)


class HeadAsGet:
    """Answers HEAD as GET without the body, Content-Length staying what GET says (RFC 9110 section 9.3.2).

    Not where GET does something: those who look at links before people follow them must not use up a sign-in.
    """

    def __init__(self, app: ASGIApp, *, not_below: tuple[str, ...]) -> None:
        self._app = app
        self._not_below = not_below

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD" or scope["path"].startswith(self._not_below):
            await self._app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        # In place: what the router notes in it, the layers above read.
        scope["method"], scope["method_sent"] = "GET", "HEAD"
        try:
            await self._app(scope, receive, send_without_body)
        finally:
            scope["method"] = "HEAD"


def method_sent(request: Request) -> str:
    """The request's own method, where a handler for GET answers HEAD too."""
    return cast("str", request.scope.get("method_sent", request.method))


class BoundedBody:
    """Reads a request's body whole before the application runs, up to the route's limit and within the time.

    A declared length over the limit is refused unread, a longer body than declared where it passes the limit.
    """

    def __init__(self, app: ASGIApp, *, refuse: Refuse, limits: Limits) -> None:
        self._app = app
        self._refuse = refuse
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                messages = await self._read(scope, receive)
        except (BodyTooLarge, TimeoutError) as error:
            refusal = error if isinstance(error, BodyTooLarge) else BodyTooSlow()
            await _answer_early(self._refuse(Request(scope), refusal), scope, receive, send)
            return

        async def replay() -> Message:
            return messages.pop(0) if messages else await receive()

        await self._app(scope, replay, send)

    async def _read(self, scope: Scope, receive: Receive) -> list[Message]:
        limit = self._limits.json_bytes
        if scope["path"] in UPLOAD_PATHS:
            limit = self._limits.pdf_bytes + MULTIPART_SLACK_BYTES
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdigit() or len(declared) > 18 or int(declared) > limit:
            raise BodyTooLarge
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return [message]
            chunk = cast("bytes", message.get("body", b""))
            size += len(chunk)
            if size > limit:
                raise BodyTooLarge
            chunks.append(chunk)
            if not message.get("more_body", False):
                return [{"type": "http.request", "body": b"".join(chunks), "more_body": False}]


async def _answer_early(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer while the body is still on its way, and discard a bounded part of it.

    A connection closed on unread bytes is reset, and most clients then report that instead of the answer they were
    given. So the answer goes out whole, and its end is held back until the rest has come, or came too long.
    """
    # The next request must not begin in the middle of this one's body.
    response.headers["Connection"] = "close"
    held: list[Message] = []

    async def send_but_the_end(message: Message) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            held.append({"type": "http.response.body", "body": b"", "more_body": False})
            message = {**message, "more_body": True}
        await send(message)

    await response(scope, receive, send_but_the_end)
    # Who waits for "100 Continue" has sent nothing yet and now never will.
    if "expect" not in Headers(scope=scope):
        await _discard(receive)
    for message in held:
        await send(message)


async def _discard(receive: Receive) -> None:
    left = LINGER_BYTES
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            while left > 0:
                message = await receive()
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
                left -= len(message.get("body", b""))
    except TimeoutError:
        return
