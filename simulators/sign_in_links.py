"""One-time links that sign a synthetic person in and show the access token, for trying the service by hand."""

from __future__ import annotations

import secrets

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from .identity_provider.clients import CLIENTS
from .identity_provider.page import SECURITY_HEADERS, refuse, show_token
from .people import SyntheticCitizen, SyntheticOfficial
from .sign_in import sign_in_async


class SignInLinks:
    """Makes links and redeems each once. They live as long as the process: a new start prints new ones."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._open: dict[str, tuple[str, str, str, str]] = {}

    def make(self, client_id: str, person: SyntheticCitizen | SyntheticOfficial) -> str:
        """A link that signs `person` in as the app `client_id` would. A browser gets a page, others the bare token."""
        secret = secrets.token_urlsafe(18)
        self._open[secret] = (CLIENTS[client_id].people, client_id, person.username, person.full_name)
        return f"{self._base_url}/sign-in/{secret}"

    def route(self) -> Route:
        return Route("/sign-in/{secret}", self._redeem, methods=["GET"])

    async def _redeem(self, request: Request) -> Response:
        found = self._open.pop(request.path_params["secret"], None)
        plain = "text/html" not in request.headers.get("accept", "")
        if found is None:
            vi = "Liên kết đã dùng hoặc không tồn tại. Khởi động lại để có liên kết mới."
            en = "This link was used or is unknown. Start the service again for new ones."
            return PlainTextResponse(f"{en}\n", 410) if plain else HTMLResponse(refuse(vi, en), 410, SECURITY_HEADERS)
        realm, client_id, username, full_name = found
        tokens = await sign_in_async(f"{self._base_url}/{realm}", client_id, username)
        if plain:
            return PlainTextResponse(tokens.access_token, headers={"Cache-Control": "no-store"})
        page = show_token(full_name, tokens.access_token, tokens.expires_in_seconds // 60)
        return HTMLResponse(page, headers=SECURITY_HEADERS)
