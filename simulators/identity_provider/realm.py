"""One issuer of the simulated provider: authorization code flow with PKCE, one-time codes."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from simulators.identity_provider.clients import Client
from simulators.identity_provider.page import SECURITY_HEADERS, choose_person, refuse
from simulators.identity_provider.tokens import SignIn, TokenMint, s256
from simulators.people import SyntheticCitizen, SyntheticOfficial

CODE_LIFETIME: Final = timedelta(seconds=60)
MAX_FORM_BYTES: Final = 8192

_S256_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_NO_STORE: Final = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class _Code:
    sign_in: SignIn
    redirect_uri: str
    code_challenge: str


class Realm:
    """`{issuer}/.well-known/openid-configuration`, `/jwks`, `/authorize`, `/token`, `/userinfo`."""

    def __init__(
        self,
        mint: TokenMint,
        people: Iterable[SyntheticCitizen | SyntheticOfficial],
        clients: Mapping[str, Client],
        clock: Callable[[], datetime],
    ) -> None:
        self._mint = mint
        self._people = {person.username: person for person in people}
        self._clients = clients
        self._clock = clock
        self._codes: dict[str, _Code] = {}

    def routes(self) -> list[Route]:
        return [
            Route("/.well-known/openid-configuration", self._discovery),
            Route("/jwks", self._jwks),
            Route("/authorize", self._authorize),
            Route("/token", self._token, methods=["POST"]),
            Route("/userinfo", self._userinfo, methods=["GET", "POST"]),
        ]

    async def _discovery(self, _: Request) -> Response:
        issuer = self._mint.issuer
        return JSONResponse(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "userinfo_endpoint": f"{issuer}/userinfo",
                "jwks_uri": f"{issuer}/jwks",
                "scopes_supported": ["openid"],
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "token_endpoint_auth_methods_supported": ["none"],
                "code_challenge_methods_supported": ["S256"],
                "acr_values_supported": sorted({person.acr for person in self._people.values()}),
                "authorization_response_iss_parameter_supported": True,
                "prompt_values_supported": ["none", "login"],
            }
        )

    async def _jwks(self, _: Request) -> Response:
        return JSONResponse(self._mint.jwks())

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        client = self._clients.get(asked.get("client_id", ""))
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
        person = self._people.get(asked.get("login_hint", ""))
        if asked.get("prompt") != "none":
            shown = {name: value for name, value in asked.items() if name not in ("login_hint", "prompt")}
            return HTMLResponse(choose_person(self._people.values(), shown, client.client_id), 200, SECURITY_HEADERS)
        if person is None:
            return self._redirect(redirect_uri, asked, error="login_required")
        now = self._clock()
        self._forget_expired(now)
        code = secrets.token_urlsafe(32)
        sign_in = SignIn(person, client.client_id, client.scope, asked.get("nonce"), now)
        self._codes[code] = _Code(sign_in, redirect_uri, asked["code_challenge"])
        return self._redirect(redirect_uri, asked, code=code)

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
        if not asked.get("state") or not asked.get("nonce"):
            return "invalid_request"
        if asked.get("resource", self._mint.resource) != self._mint.resource:
            return "invalid_target"
        return None

    def _redirect(self, redirect_uri: str, asked: Mapping[str, str], **answer: str) -> Response:
        if asked.get("state"):
            answer["state"] = asked["state"]
        answer["iss"] = self._mint.issuer  # RFC 9207, against mixing issuers up
        parts = urlsplit(redirect_uri)
        query = urlencode([*parse_qsl(parts.query), *answer.items()])
        return RedirectResponse(urlunsplit(parts._replace(query=query)), 303, _NO_STORE)

    def _forget_expired(self, now: datetime) -> None:
        self._codes = {code: kept for code, kept in self._codes.items() if now - kept.sign_in.at <= CODE_LIFETIME}

    async def _token(self, request: Request) -> Response:
        form = await _read_form(request)
        if form.get("client_id") not in self._clients:
            return JSONResponse({"error": "invalid_client"}, 401, _NO_STORE)
        if form.get("grant_type") != "authorization_code":
            return JSONResponse({"error": "unsupported_grant_type"}, 400, _NO_STORE)
        now = self._clock()
        # taken out before any check: whatever happens, a code is spoken once
        code = self._codes.pop(form.get("code", ""), None)
        if (
            code is None
            or now - code.sign_in.at > CODE_LIFETIME
            or code.sign_in.client_id != form["client_id"]
            or code.redirect_uri != form.get("redirect_uri")
            or not hmac.compare_digest(code.code_challenge, s256(form.get("code_verifier", "")))
        ):
            return JSONResponse({"error": "invalid_grant"}, 400, _NO_STORE)
        if form.get("resource", self._mint.resource) != self._mint.resource:
            return JSONResponse({"error": "invalid_target"}, 400, _NO_STORE)
        access_token = self._mint.access_token(code.sign_in, now)
        return JSONResponse(
            {
                "access_token": access_token,
                "token_type": "Bearer",
                "expires_in": self._mint.access_token_seconds,
                "scope": code.sign_in.scope,
                "id_token": self._mint.id_token(code.sign_in, access_token, now),
            },
            headers=_NO_STORE,
        )

    async def _userinfo(self, request: Request) -> Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        subject = self._mint.subject_of(token, self._clock()) if scheme.lower() == "bearer" else None
        for person in self._people.values():
            if person.subject == subject:
                return JSONResponse({"sub": subject, "acr": person.acr} | person.claims(), headers=_NO_STORE)
        return JSONResponse(
            {"error": "invalid_token"}, 401, _NO_STORE | {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        )


async def _read_form(request: Request) -> dict[str, str]:
    """The form's fields; none of a form that is too large or repeats a field (RFC 6749 section 3.2)."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            return {}
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else {}
