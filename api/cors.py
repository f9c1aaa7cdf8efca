"""Which pages of others may call the API from a browser: those of registered applications, and no others (Fetch, CORS).

Only /v1 is open to them, and only by what they send themselves: no cookie ever counts there.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OPEN_PATH = "/v1/"
METHODS = "GET, POST, PUT"
REQUEST_HEADERS = "Accept-Language, Authorization, Content-Type, DPoP, Idempotency-Key, If-Match, If-None-Match"
READABLE_HEADERS = "Content-Disposition, Content-Language, DPoP-Nonce, ETag, Location, Retry-After, WWW-Authenticate"
PREFLIGHT_SECONDS = 600
_DEFAULT_PORT = {"http": 80, "https": 443}


def own_origin(public_url: str) -> str:
    """The origin of our own pages, as browsers write it: lower case, without a default port (RFC 6454 section 6.2)."""
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, _DEFAULT_PORT.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


class CrossOrigin:
    """Lets pages of the given origins read the answers, refusals too. The outermost layer but for what counts requests.

    An answer that is open to everybody already, such as a status list, stays as it is.
    """

    def __init__(self, app: ASGIApp, *, origins: frozenset[str]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(OPEN_PATH):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        named = headers.getlist("origin")
        origin = named[0] if len(named) == 1 and named[0] in self._origins else None
        if origin is not None and scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await _preflight(origin)(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _open_to(origin, MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _open_to(origin: str | None, headers: MutableHeaders) -> None:
    if "access-control-allow-origin" in headers:
        return
    # Also where no page asked: a cache must not give this answer to one.
    headers.add_vary_header("Origin")
    if origin is not None:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = READABLE_HEADERS
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"


def _preflight(origin: str) -> Response:
    return Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": REQUEST_HEADERS,
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
            "Vary": "Origin",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
