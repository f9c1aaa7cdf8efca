"""A token of a real provider that nobody here wrote is accepted; tampered with, it is not."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest

from identity.citizen import AssuranceLevel, VerifiedCitizen
from identity.errors import (
    BadSignature,
    IdentityError,
    TokenExpired,
    TokenNotYetValid,
    UntrustedIssuer,
    WrongAudience,
    WrongTokenType,
)
from identity.trusted_issuer import TrustedIssuer
from identity.trusted_issuers import TrustedIssuers
from identity.verify_token import verify_token
from simulators.identity_provider.tokens import s256
from tests.identity.independent_provider import independent_provider

RESOURCE = "https://condau.example/api"
REDIRECT_URI = "https://vneid.example/callback"


@dataclass(frozen=True)
class Granted:
    issuer: str
    access_token: str
    id_token: str
    at: datetime


def trusted(issuer: str, audience: str = RESOURCE) -> TrustedIssuers:
    return TrustedIssuers(
        [
            TrustedIssuer(
                name="independent",
                issuer=issuer,
                audiences=(audience,),
                algorithms=("ES256",),
                people="citizens",
                levels={"level-2": AssuranceLevel.LEVEL_2},
            )
        ]
    )


@pytest.fixture(scope="module")
def granted() -> Iterator[Granted]:
    """Tokens by authorization code and PKCE, following the provider wherever it leads until it comes back."""
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    with independent_provider() as issuer, httpx.Client(trust_env=False) as browser:
        discovery = browser.get(f"{issuer}/.well-known/openid-configuration").json()
        response = browser.get(
            discovery["authorization_endpoint"],
            params={
                "response_type": "code",
                "client_id": "vneid-app",
                "redirect_uri": REDIRECT_URI,
                "scope": "openid documents",
                "resource": RESOURCE,
                "state": state,
                "code_challenge": s256(verifier),
                "code_challenge_method": "S256",
                "login_hint": "minh-anh",
            },
        )
        for _ in range(10):
            location = urljoin(str(response.url), response.headers.get("Location", ""))
            if location.startswith(REDIRECT_URI):
                break
            assert response.is_redirect, response.text
            response = browser.get(location)
        answer = parse_qs(urlsplit(location).query)
        assert answer["state"] == [state]
        assert answer["iss"] == [issuer]
        tokens = browser.post(
            discovery["token_endpoint"],
            data={
                "grant_type": "authorization_code",
                "code": answer["code"][0],
                "client_id": "vneid-app",
                "redirect_uri": REDIRECT_URI,
                "code_verifier": verifier,
                "resource": RESOURCE,
            },
        ).json()
        yield Granted(issuer, tokens["access_token"], tokens["id_token"], datetime.now(UTC))


async def test_its_token_becomes_a_verified_citizen(granted: Granted) -> None:
    citizen = await verify_token(granted.access_token, trusted(granted.issuer), granted.at)
    assert isinstance(citizen, VerifiedCitizen)
    assert citizen.subject_key == f"{granted.issuer}|minh-anh"
    assert (citizen.full_name, citizen.birth_date) == ("Nguyễn Thị Minh Anh", date(1994, 3, 8))
    assert (citizen.level, citizen.client_id) == (AssuranceLevel.LEVEL_2, "vneid-app")


async def test_no_changed_character_is_accepted(granted: Granted) -> None:
    issuers = trusted(granted.issuer)
    token = granted.access_token
    for position in range(len(token)):
        changed = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
        with pytest.raises(IdentityError):
            await verify_token(changed, issuers, granted.at)


async def test_another_tokens_signature_is_refused(granted: Granted) -> None:
    signing_input, _ = granted.access_token.rsplit(".", 1)
    _, foreign_signature = granted.id_token.rsplit(".", 1)
    with pytest.raises(BadSignature):
        await verify_token(f"{signing_input}.{foreign_signature}", trusted(granted.issuer), granted.at)


async def test_its_id_token_is_refused(granted: Granted) -> None:
    with pytest.raises(WrongTokenType):
        await verify_token(granted.id_token, trusted(granted.issuer), granted.at)


async def test_its_token_is_refused_out_of_time_and_place(granted: Granted) -> None:
    issuers = trusted(granted.issuer)
    with pytest.raises(TokenExpired):
        await verify_token(granted.access_token, issuers, granted.at + timedelta(hours=1))
    with pytest.raises(TokenNotYetValid):
        await verify_token(granted.access_token, issuers, granted.at - timedelta(hours=1))
    with pytest.raises(WrongAudience):
        await verify_token(granted.access_token, trusted(granted.issuer, "https://other.example"), granted.at)
    with pytest.raises(UntrustedIssuer):
        await verify_token(granted.access_token, trusted("https://issuer.example"), granted.at)
