"""A small client of an OpenID provider: the real authorization code flow with PKCE, over HTTP, as a person would."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt

from simulators.identity_provider.clients import CLIENTS
from simulators.identity_provider.tokens import s256


class SignInFailed(Exception):
    """The provider refused, or answered with something that a careful client doesn't accept."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint gave; the tokens don't print."""

    access_token: str = field(repr=False)
    id_token: str = field(repr=False)
    expires_in_seconds: int


def sign_in(
    issuer: str,
    client_id: str,
    person: str,
    redirect_uri: str | None = None,
    timeout_seconds: float = 10.0,
) -> Tokens:
    """Sign a person in and redeem the code (RFC 6749 section 4.1, RFC 7636, RFC 9207).

    person: the username at the provider. redirect_uri: the client's first registered one by default.
    Raises SignInFailed; httpx.HTTPError when the provider can't be reached.
    """
    redirect_uri = redirect_uri or CLIENTS[client_id].redirect_uris[0]
    code_verifier, state, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16), secrets.token_urlsafe(16)
    with httpx.Client(trust_env=False, follow_redirects=False, timeout=timeout_seconds) as http:
        provider = _json(http.get(f"{issuer}/.well-known/openid-configuration"))
        if provider["issuer"] != issuer:
            raise SignInFailed("the discovery document names another issuer")
        answer = http.get(
            provider["authorization_endpoint"],
            params={
                "response_type": "code",
                "scope": CLIENTS[client_id].scope,
                "client_id": client_id,
                "redirect_uri": redirect_uri,
                "state": state,
                "nonce": nonce,
                "code_challenge": s256(code_verifier),
                "code_challenge_method": "S256",
                "login_hint": person,
                "prompt": "none",
            },
        )
        code = _code(answer, issuer, redirect_uri, state)
        granted = _json(
            http.post(
                provider["token_endpoint"],
                data={
                    "grant_type": "authorization_code",
                    "code": code,
                    "redirect_uri": redirect_uri,
                    "client_id": client_id,
                    "code_verifier": code_verifier,
                },
            )
        )
    # straight from the token endpoint, so its signature may go unchecked (OpenID Connect Core 1.0 section 3.1.3.7)
    claims = jwt.decode(granted["id_token"], options={"verify_signature": False})
    if (claims.get("nonce"), claims.get("aud"), claims.get("iss")) != (nonce, client_id, issuer):
        raise SignInFailed("the ID token belongs to another request")
    return Tokens(granted["access_token"], granted["id_token"], granted["expires_in"])


def machine_token(issuer: str, client_id: str, client_secret: str, scope: str, timeout_seconds: float = 10.0) -> str:
    """An access token for a machine in its own name (RFC 6749 section 4.4).

    Raises SignInFailed; httpx.HTTPError when the provider can't be reached.
    """
    with httpx.Client(trust_env=False, follow_redirects=False, timeout=timeout_seconds) as http:
        provider = _json(http.get(f"{issuer}/.well-known/openid-configuration"))
        form = {"grant_type": "client_credentials", "scope": scope}
        granted = _json(http.post(provider["token_endpoint"], data=form, auth=(client_id, client_secret)))
    return str(granted["access_token"])


async def sign_in_async(issuer: str, client_id: str, person: str, redirect_uri: str | None = None) -> Tokens:
    """`sign_in` without blocking the event loop."""
    return await asyncio.to_thread(sign_in, issuer, client_id, person, redirect_uri)


def _json(response: httpx.Response) -> dict[str, Any]:
    if response.status_code != httpx.codes.OK:
        raise SignInFailed(f"{response.request.url.path} answered {response.status_code}")
    answer: dict[str, Any] = response.json()
    return answer


def _code(answer: httpx.Response, issuer: str, redirect_uri: str, state: str) -> str:
    location: str = answer.headers.get("Location", "")
    if not location.startswith(f"{redirect_uri}?"):
        raise SignInFailed(f"{answer.request.url.path} answered {answer.status_code} without coming back")
    returned = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    if returned.get("state") != state or returned.get("iss") != issuer:
        raise SignInFailed("the answer belongs to another request or another issuer")
    if "code" not in returned:
        raise SignInFailed(f"the provider refused: {returned.get('error')}")
    return returned["code"]
