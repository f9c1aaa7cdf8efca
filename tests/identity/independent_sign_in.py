"""What an application and a browser do with the independent provider, until there are tokens."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

from tests.identity.independent_provider import (
    AGENCY_SECRET,
    CALLBACK,
    SERVICE,
    IndependentHolder,
    IndependentProvider,
)
from tests.identity.issuer import encode


@dataclass(frozen=True)
class Granted:
    """What the token endpoint gave, and when."""

    access_token: str = field(repr=False)
    token_type: str
    id_token: str | None = field(repr=False)
    at: datetime


@dataclass(frozen=True)
class Code:
    """An authorization code with what its sign-in was begun with."""

    code: str
    code_verifier: str
    nonce: str
    redirect_uri: str
    cookies: httpx.Cookies = field(repr=False)


def sign_in(
    provider: IndependentProvider, *, person: str = "minh-anh", holder: IndependentHolder | None = None
) -> Granted:
    """The application's tokens by authorization code and PKCE; bound to the holder's key where there is one."""
    code = obtain_code(provider, person=person, client_id="vneid-app", redirect_uri=CALLBACK, scope="openid documents")
    form = {
        "grant_type": "authorization_code",
        "code": code.code,
        "client_id": "vneid-app",
        "redirect_uri": CALLBACK,
        "code_verifier": code.code_verifier,
    }
    return _ask_for_token(provider, form, holder)


def client_credentials(provider: IndependentProvider, holder: IndependentHolder | None = None) -> Granted:
    """A token for an agency's machine (RFC 6749 section 4.4)."""
    form = {"grant_type": "client_credentials", "scope": "documents"}
    return _ask_for_token(provider, form, holder, httpx.BasicAuth("agency", _form_encoded(AGENCY_SECRET)))


@dataclass(frozen=True)
class Machine:
    """An agency's machine that obtains one token after another, at the provider whose token endpoint this is."""

    token_endpoint: str
    client: httpx.AsyncClient

    @classmethod
    @asynccontextmanager
    async def of(cls, provider: IndependentProvider) -> AsyncIterator[Machine]:
        """With connections of its own."""
        auth = httpx.BasicAuth("agency", _form_encoded(AGENCY_SECRET))
        async with httpx.AsyncClient(auth=auth, trust_env=False) as client:
            yield cls(f"{provider.address}/token", client)

    async def obtain(self) -> str:
        """A new access token."""
        form = {"grant_type": "client_credentials", "scope": "documents"}
        response = await self.client.post(self.token_endpoint, data=form)
        token: str = response.raise_for_status().json()["access_token"]
        return token


def obtain_code(
    provider: IndependentProvider,
    *,
    person: str | None = None,
    client_id: str = "condau",
    redirect_uri: str = SERVICE["redirect_uris"][0],
    scope: str = "openid profile",
    **parameters: str,
) -> Code:
    """Follow the provider wherever it leads until it comes back to the application."""
    verifier, state, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16), secrets.token_urlsafe(16)
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": scope,
        "state": state,
        "nonce": nonce,
        "code_challenge": encode(hashlib.sha256(verifier.encode()).digest()),
        "code_challenge_method": "S256",
        **({"login_hint": person} if person else {}),
        **parameters,
    }
    with httpx.Client(trust_env=False) as browser:
        response = browser.get(discovery(provider)["authorization_endpoint"], params=query)
        for _ in range(10):
            location = urljoin(str(response.url), response.headers.get("Location", ""))
            if location.startswith(redirect_uri):
                break
            assert response.is_redirect, response.text
            response = browser.get(location)
        answer = parse_qs(urlsplit(location).query)
        assert answer["state"] == [state]
        assert answer["iss"] == [provider.issuer]
        return Code(answer["code"][0], verifier, nonce, redirect_uri, browser.cookies)


def sign_out(code: Code, end_session_endpoint: str, id_token: str, state: str) -> str:
    """Sign out in the browser of that sign-in, agree, and tell where it leads (RP-Initiated Logout 1.0)."""
    query = {
        "id_token_hint": id_token,
        "post_logout_redirect_uri": SERVICE["post_logout_redirect_uris"][0],
        "state": state,
    }
    with httpx.Client(trust_env=False, cookies=code.cookies) as browser:
        page = browser.get(end_session_endpoint, params=query).text
        action, xsrf = (re.findall(rf'{name}="([^"]*)"', page) for name in ("action", "value"))
        agreed = browser.post(action[0], data={"xsrf": xsrf[0], "logout": "yes"})
        return agreed.headers["Location"]


def revoke(provider: IndependentProvider, granted: Granted) -> None:
    """The application gives its access token back (RFC 7009)."""
    form = {"token": granted.access_token, "client_id": "vneid-app"}
    assert httpx.post(discovery(provider)["revocation_endpoint"], data=form, trust_env=False).is_success


def discovery(provider: IndependentProvider) -> dict[str, Any]:
    """What it publishes about itself."""
    document: dict[str, Any] = httpx.get(f"{provider.address}/.well-known/openid-configuration", trust_env=False).json()
    return document


def _ask_for_token(
    provider: IndependentProvider,
    form: dict[str, str],
    holder: IndependentHolder | None,
    auth: httpx.BasicAuth | None = None,
) -> Granted:
    address = discovery(provider)["token_endpoint"]
    headers = {"DPoP": holder.prove("POST", address)} if holder else {}
    response = httpx.post(address, data=form, headers=headers, auth=auth, trust_env=False)
    assert response.is_success, response.text
    tokens = response.json()
    return Granted(tokens["access_token"], tokens["token_type"], tokens.get("id_token"), datetime.now(UTC))


def _form_encoded(secret: str) -> str:
    return str(httpx.QueryParams({"": secret}))[1:]
