"""Signing out at the provider, which tells every application of that session (RP-Initiated and Back-Channel Logout)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from simulators.identity_provider.authorize import SESSION_COOKIE
from simulators.identity_provider.page import SECURITY_HEADERS, refuse, say
from simulators.identity_provider.read_form import read_form
from simulators.identity_provider.sessions import ProviderSession

if TYPE_CHECKING:
    from simulators.identity_provider.realm import Realm

NOTICE_SECONDS: Final = 5.0
Notify = Callable[[str, str], Awaitable[None]]
"""Brings a logout token to an application's address."""


async def notify_over_http(address: str, logout_token: str) -> None:
    """Back-Channel Logout 1.0 section 2.5; an application that doesn't answer keeps nobody signed in here."""
    async with httpx.AsyncClient(trust_env=False, timeout=NOTICE_SECONDS) as http:
        with contextlib.suppress(httpx.HTTPError):
            await http.post(address, data={"logout_token": logout_token})


class LogoutEndpoint:
    """Ends the session that `id_token_hint` or the browser's cookie names."""

    def __init__(self, realm: Realm, notify: Notify) -> None:
        self._realm = realm
        self._notify = notify

    async def answer(self, request: Request) -> Response:
        asked = dict(request.query_params) if request.method == "GET" else await read_form(request)
        hint = self._realm.mint.hinted(asked["id_token_hint"]) if "id_token_hint" in asked else None
        client_id = hint[0] if hint else asked.get("client_id", "")
        client = self._realm.clients.get(client_id)
        back = asked.get("post_logout_redirect_uri")
        if (
            ("id_token_hint" in asked and hint is None)
            or asked.get("client_id", client_id) != client_id
            or (back is not None and (client is None or back not in client.after_logout_uris))
        ):
            page = refuse("Yêu cầu đăng xuất không hợp lệ.", "The request to sign out is not in order.")
            return HTMLResponse(page, 400, SECURITY_HEADERS)
        session = self._realm.sessions.find(request.cookies.get(SESSION_COOKIE))
        session_id = hint[1] if hint else session.session_id if session else None
        ended = self._realm.sessions.end(session_id) if session_id else None
        if ended is not None:
            await self._tell(ended)
        response: Response = HTMLResponse(say("Đã đăng xuất", "Signed out"), 200, SECURITY_HEADERS)
        if back is not None:
            query = f"?{urlencode({'state': asked['state']})}" if "state" in asked else ""
            response = RedirectResponse(f"{back}{query}", 303)
        response.delete_cookie(SESSION_COOKIE, path=urlsplit(self._realm.mint.issuer).path)
        return response

    async def _tell(self, session: ProviderSession) -> None:
        """One notice to each application that has tokens of this session."""
        at = self._realm.clock()
        mint, subject = self._realm.mint, session.person.subject
        notices = [
            (client.logout_uri, mint.logout_token(client.client_id, subject, session.session_id, at))
            for client in self._realm.clients.values()
            if client.client_id in session.client_ids and client.logout_uri is not None
        ]
        await asyncio.gather(*(self._notify(address, token) for address, token in notices))
