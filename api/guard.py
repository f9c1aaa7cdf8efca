"""The outermost layers, as plain ASGI: security headers, bounded bodies, and an answer even where all else failed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import cast

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from issuance.agencies.read_units import MAX_UNITS_BYTES
from issuance.delivery.tracking import MAX_BYTES as MAX_REPORTS_BYTES
from issuance.payments.read_statement import MAX_STATEMENT_BYTES

from .errors import BodyTooLarge, BodyTooSlow
from .services import Limits

Refuse = Callable[[Request, Exception], Response]
UPLOAD_PATHS = frozenset({"/v1/verifications/file", "/v1/verifications/pdf", "/v"})
EVIDENCE_PATH = re.compile(r"(?:/v1)?/applications/[^/]+/evidence")
ACTS_PATH = "/v1/fee-policies/acts"
ACT_PAGES = re.compile(r"/fees/drafts/(?:new|[^/]+/edit/(?:new/)?(?:acts|rules)(?:/[^/]+)?)")
UNITS_PATH, REPORTS_PATH = "/v1/units/imports", "/v1/desk/parcel-reports"
STATEMENT_PAGE, REPORTS_PAGE = "/statements", "/desk/post/reports"
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
    """Reads a request's body whole before the application runs, up to the route's limit, while it goes on coming.

    A declared length over the limit is refused unread, a longer body than declared where it passes the limit. What only
    signed-in people upload is bounded alike and read when the route asks for it: not before it is known who sends it.
    """

    def __init__(self, app: ASGIApp, *, refuse: Refuse, limits: Limits) -> None:
        self._app = app
        self._refuse = refuse
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _is_read_late(scope) and (limit := self._limit_of(scope)) is not None:
            body = _Coming(receive, limit, self._limits)
            await _answered(self._app, scope, body, send, unread=receive, is_read=lambda: body.is_read)
            return
        try:
            limit = self._limit_of(scope)
            if limit is None:
                raise BodyTooLarge
            messages = await _read(_Coming(receive, limit, self._limits))
        except (BodyTooLarge, BodyTooSlow) as error:
            refused = self._refuse(Request(scope), error)
            await _answered(refused, scope, receive, send, unread=receive, is_read=lambda: False)
            return

        async def replay() -> Message:
            return messages.pop(0) if messages else await receive()

        await self._app(scope, replay, send)

    def _limit_of(self, scope: Scope) -> int | None:
        """Bytes at most; None where the declared length is above it already."""
        limits, path = self._limits, scope["path"]
        limit = limits.json_bytes
        if path in UPLOAD_PATHS:
            limit = limits.pdf_bytes + MULTIPART_SLACK_BYTES
        elif path == ACTS_PATH or ACT_PAGES.fullmatch(path):
            limit = limits.act_bytes + MULTIPART_SLACK_BYTES
        elif path in (UNITS_PATH, REPORTS_PATH):
            limit = MAX_UNITS_BYTES if path == UNITS_PATH else MAX_REPORTS_BYTES
        elif EVIDENCE_PATH.fullmatch(path):
            limit = limits.evidence_bytes + MULTIPART_SLACK_BYTES
        elif path in (STATEMENT_PAGE, REPORTS_PAGE):
            file_bytes = MAX_STATEMENT_BYTES if path == STATEMENT_PAGE else MAX_REPORTS_BYTES
            limit = carried_bytes(file_bytes) + MULTIPART_SLACK_BYTES
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdigit() or len(declared) > 18 or int(declared) > limit:
            return None
        return limit


def carried_bytes(file_bytes: int) -> int:
    """The size of a file in a hidden field of the page that asks whether it is to be taken in."""
    return 4 * (file_bytes // 3 + 1)


def _is_read_late(scope: Scope) -> bool:
    path = scope["path"]
    return path in (ACTS_PATH, UNITS_PATH, REPORTS_PATH, STATEMENT_PAGE, REPORTS_PAGE) or any(
        one.fullmatch(path) for one in (EVIDENCE_PATH, ACT_PAGES)
    )


class _Coming:
    """A body as it is received, counted; it has to go on coming from when it is first asked for."""

    def __init__(self, receive: Receive, limit: int, limits: Limits) -> None:
        self._receive = receive
        self._limit = limit
        self._limits = limits
        self._begun: float | None = None
        self._size = 0
        self.is_read = False

    async def __call__(self) -> Message:
        """Raises BodyTooLarge, BodyTooSlow."""
        if self.is_read:
            return await self._receive()
        now = asyncio.get_running_loop().time()
        if self._begun is None:
            self._begun = now
        # Whoever was quick at first may not be silent for long after it.
        since = min(now, self._begun + self._size / self._limits.body_bytes_per_second)
        try:
            async with asyncio.timeout_at(since + self._limits.body_seconds):
                message = await self._receive()
        except TimeoutError:
            raise BodyTooSlow from None
        self._size += len(message.get("body", b""))
        if self._size > self._limit:
            raise BodyTooLarge
        self.is_read = message["type"] != "http.request" or not message.get("more_body", False)
        return message


async def _read(body: _Coming) -> list[Message]:
    """Raises BodyTooLarge, BodyTooSlow."""
    chunks: list[bytes] = []
    while not body.is_read:
        message = await body()
        if message["type"] != "http.request":
            return [message]
        chunks.append(message.get("body", b""))
    return [{"type": "http.request", "body": b"".join(chunks), "more_body": False}]


async def _answered(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, *, unread: Receive, is_read: Callable[[], bool]
) -> None:
    """Have the application answer, where its body may still be on its way; then discard a bounded part of that.

    A connection closed on unread bytes is reset, and most clients then report that instead of the answer they were
    given. So the answer goes out whole, and its end is held back until the rest has come, or came too long.
    """
    held: list[Message] = []

    async def send_but_the_end(message: Message) -> None:
        if is_read():
            pass
        elif message["type"] == "http.response.start":
            # The next request must not begin in the middle of this one's body.
            MutableHeaders(scope=message)["Connection"] = "close"
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            held.append({"type": "http.response.body", "body": b"", "more_body": False})
            message = {**message, "more_body": True}
        await send(message)

    await app(scope, receive, send_but_the_end)
    # Who waits for "100 Continue" has sent nothing yet and now never will.
    if held and "expect" not in Headers(scope=scope):
        await _discard(unread)
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
