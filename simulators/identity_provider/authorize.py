"""The authorization endpoint: whom to sign in as, by a page or by `login_hint` with `prompt=none`."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from simulators.identity_provider.clients import Client
from simulators.identity_provider.codes import Code
from simulators.identity_provider.page import CHOSEN_LEVEL, LOW_LEVEL, SECURITY_HEADERS, choose_person, refuse
from simulators.identity_provider.sessions import ProviderSession
from simulators.identity_provider.tokens import SignIn
from simulators.people import SyntheticCitizen, SyntheticOfficial

if TYPE_CHECKING:
    from simulators.identity_provider.realm import Realm

SESSION_COOKIE: Final = "simulated-session"
_S256_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_NO_STORE: Final = {"Cache-Control": "no-store"}


class AuthorizeEndpoint:
    """RFC 6749 section 4.1.1 with PKCE required; every answer names the issuer (RFC 9207)."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm

    async def answer(self, request: Request) -> Response:
        asked = dict(request.query_params)
        client = self._realm.clients.get(asked.get("client_id", ""))
        redirect_uri = asked.get("redirect_uri", "")
        if (
            client is None
            or redirect_uri not in client.redirect_uris
            or len(asked) != len(request.query_params.multi_items())
        ):
            # redirecting to an address that isn't registered would hand codes to whoever wrote the link
            page = refuse("Ứng dụng hoặc địa chỉ chuyển tiếp chưa đăng ký.", "Unknown application or redirect address.")
            return HTMLResponse(page, 400, SECURITY_HEADERS)
        problem = self._problem_with(asked)
        if problem is not None:
            return self._redirect(redirect_uri, asked, error=problem)
        if asked.get("prompt") != "none":
            shown = {n: value for n, value in asked.items() if n not in ("login_hint", "prompt", CHOSEN_LEVEL)}
            page = choose_person(self._realm.people.values(), shown, client.client_id)
            return HTMLResponse(page, 200, SECURITY_HEADERS)
        person = self._realm.people.get(asked.get("login_hint", ""))
        if person is None:
            return self._redirect(redirect_uri, asked, error="login_required")
        return self._sign_in(request, asked, client, person)

    def _sign_in(
        self, request: Request, asked: Mapping[str, str], client: Client, person: SyntheticCitizen | SyntheticOfficial
    ) -> Response:
        now = self._realm.clock()
        acr = LOW_LEVEL if asked.get(CHOSEN_LEVEL) == LOW_LEVEL else person.acr
        session = self._realm.sessions.find(request.cookies.get(SESSION_COOKIE))
        secret = None
        if session is None or not _serves(session, person, acr, asked.get("max_age"), now):
            secret, session = self._realm.sessions.open(person, acr, now)
        session.client_ids.add(client.client_id)
        code = secrets.token_urlsafe(32)
        scope = " ".join(one for one in client.scope.split() if one in asked["scope"].split())
        sign_in = SignIn(person, client.client_id, scope, asked.get("nonce"), session.at, acr, session.session_id)
        self._realm.codes.keep(code, Code(sign_in, asked["redirect_uri"], asked["code_challenge"], now))
        response = self._redirect(asked["redirect_uri"], asked, code=code)
        if secret is not None:
            path = urlsplit(self._realm.mint.issuer).path
            response.set_cookie(SESSION_COOKIE, secret, path=path, httponly=True, samesite="lax")
        return response

    def _problem_with(self, asked: Mapping[str, str]) -> str | None:
        """The error code of RFC 6749 section 4.1.2.1 and RFC 8707 section 2, None when the request is in order."""
        if asked.get("response_type") != "code":
            return "unsupported_response_type"
        if "openid" not in asked.get("scope", "").split():
            return "invalid_scope"
        if asked.get("code_challenge_method") != "S256" or not _S256_CHALLENGE.fullmatch(
            asked.get("code_challenge", "")
        ):
            return "invalid_request"
        if not asked.get("state") or not asked.get("nonce") or not asked.get("max_age", "0").isdecimal():
            return "invalid_request"
        if asked.get("resource", self._realm.mint.resource) != self._realm.mint.resource:
            return "invalid_target"
        return None

    def _redirect(self, redirect_uri: str, asked: Mapping[str, str], **answer: str) -> Response:
        if asked.get("state"):
            answer["state"] = asked["state"]
        answer["iss"] = self._realm.mint.issuer  # RFC 9207, against mixing issuers up
        parts = urlsplit(redirect_uri)
        query = urlencode([*parse_qsl(parts.query), *answer.items()])
        return RedirectResponse(urlunsplit(parts._replace(query=query)), 303, _NO_STORE)


def _serves(
    session: ProviderSession,
    person: SyntheticCitizen | SyntheticOfficial,
    acr: str,
    max_age: str | None,
    now: datetime,
) -> bool:
    """Whether the session stands for this sign-in; otherwise the person signs in anew, which is `auth_time` then."""
    fresh = max_age is None or (now - session.at).total_seconds() <= int(max_age)
    return session.person is person and session.acr == acr and fresh
