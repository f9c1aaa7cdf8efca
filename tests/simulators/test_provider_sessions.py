"""The simulated provider's sessions, levels, sign-outs, machines and bound tokens, over real HTTP."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from identity.citizen import VerifiedMachine
from identity.trusted_issuer import TrustedIssuer
from identity.trusted_issuers import TrustedIssuers
from identity.verify_token import verify_token
from simulators.identity_provider import CLIENTS, create_identity_provider, pages_clients
from simulators.identity_provider.clients import MACHINE_CLIENT, MACHINE_SECRET
from simulators.identity_provider.tokens import s256
from simulators.sign_in import SignInFailed, machine_token
from tests.simulators.serving import serve
from tests.simulators.test_identity_provider import RESOURCE, VERIFIER, Clock, clock

__all__ = ["clock"]  # a fixture

SERVICE = "https://condau.example"
CALLBACK = f"{SERVICE}/sign-in/citizens/callback"
Notices = list[tuple[str, str]]


@pytest.fixture
def notices() -> Notices:
    return []


@pytest.fixture
def base_url(clock: Clock, notices: Notices) -> Iterator[str]:
    async def notify(address: str, logout_token: str) -> None:
        notices.append((address, logout_token))

    clients = [*CLIENTS.values(), *pages_clients(SERVICE, {"citizens": "citizens", "officials": "officials"})]
    with serve(
        lambda url: create_identity_provider(url, demo=True, clock=clock, clients=clients, notify=notify)
    ) as served:
        yield served


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


def id_claims(browser: httpx.Client, base_url: str, **asked: str) -> dict[str, Any]:
    """The claims of the ID token of one sign-in by this browser, and the token under `raw`."""
    request = {
        "response_type": "code",
        "scope": "openid",
        "client_id": "condau-pages",
        "redirect_uri": CALLBACK,
        "state": "s",
        "nonce": "n",
        "code_challenge": s256(VERIFIER),
        "code_challenge_method": "S256",
        "login_hint": "nguyen-thi-minh-anh",
        "prompt": "none",
    }
    answer = browser.get(f"{base_url}/citizens/authorize", params=request | asked)
    code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    granted = browser.post(
        f"{base_url}/citizens/token", data=form | {"client_id": "condau-pages", "code_verifier": VERIFIER}
    )
    token = granted.json()["id_token"]
    return {**jwt.decode(token, options={"verify_signature": False}), "raw": token}


def test_a_session_lasts_until_a_fresher_sign_in_is_asked_for(
    base_url: str, browser: httpx.Client, clock: Clock
) -> None:
    first = id_claims(browser, base_url)
    clock.now += timedelta(seconds=100)
    same = id_claims(browser, base_url, max_age="100")
    fresh = id_claims(browser, base_url, max_age="99")

    assert same["auth_time"] == first["auth_time"]
    assert same["sid"] == first["sid"]
    assert fresh["auth_time"] == first["auth_time"] + 100
    assert fresh["sid"] != first["sid"]


def test_another_person_gets_another_session(base_url: str, browser: httpx.Client) -> None:
    sessions = {id_claims(browser, base_url, login_hint=who)["sid"] for who in ("nguyen-thi-minh-anh", "le-hoang-dung")}
    assert len(sessions) == 2


def test_whoever_has_level_2_may_sign_in_at_level_1(base_url: str, browser: httpx.Client) -> None:
    assert id_claims(browser, base_url)["acr"] == "level-2"
    assert id_claims(browser, base_url, simulated_acr="level-1")["acr"] == "level-1"
    assert id_claims(browser, base_url, simulated_acr="level-9")["acr"] == "level-2"
    assert id_claims(browser, base_url, login_hint="tran-van-binh", acr_values="level-2")["acr"] == "level-1"


def test_signing_out_tells_the_applications_of_the_session(
    base_url: str, browser: httpx.Client, clock: Clock, notices: Notices
) -> None:
    signed_in = id_claims(browser, base_url)
    clock.now += timedelta(hours=1)
    asked = {"id_token_hint": signed_in["raw"], "post_logout_redirect_uri": f"{SERVICE}/signed-out", "state": "vi"}
    answer = browser.get(f"{base_url}/citizens/logout", params=asked)

    assert answer.headers["location"] == f"{SERVICE}/signed-out?state=vi"
    ((address, token),) = notices
    assert address == f"{SERVICE}/sign-in/citizens/back-channel-logout"
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["sid"], claims["sub"], claims["aud"]) == (signed_in["sid"], signed_in["sub"], "condau-pages")
    assert jwt.get_unverified_header(token)["typ"] == "logout+jwt"
    assert id_claims(browser, base_url)["sid"] != signed_in["sid"]
    # spent: the session is no more
    browser.get(f"{base_url}/citizens/logout", params=asked)
    assert len(notices) == 1


@pytest.mark.parametrize(
    "asked",
    [
        {"post_logout_redirect_uri": "https://evil.example/"},
        {"post_logout_redirect_uri": "https://evil.example/", "client_id": "condau-pages"},
        {"post_logout_redirect_uri": f"{SERVICE}/signed-out"},
        {"id_token_hint": "x.y.z"},
    ],
)
def test_nobody_is_led_elsewhere_by_signing_out(base_url: str, browser: httpx.Client, asked: dict[str, str]) -> None:
    answer = browser.get(f"{base_url}/citizens/logout", params=asked)
    assert answer.status_code == 400
    assert "location" not in answer.headers


def machines(base_url: str) -> TrustedIssuers:
    return TrustedIssuers(
        [
            TrustedIssuer(
                name="machines",
                issuer=f"{base_url}/machines",
                audiences=(RESOURCE,),
                algorithms=("ES256",),
                people="machines",
            )
        ]
    )


async def test_a_machine_gets_a_token_in_its_own_name(base_url: str, clock: Clock) -> None:
    token = machine_token(f"{base_url}/machines", MACHINE_CLIENT, MACHINE_SECRET, "agency:read")
    machine = await verify_token(token, machines(base_url), clock.now)

    assert isinstance(machine, VerifiedMachine)
    assert (machine.client_id, machine.subject, machine.scopes) == (MACHINE_CLIENT, MACHINE_CLIENT, {"agency:read"})


@pytest.mark.parametrize(
    ("client_id", "secret", "scope"),
    [
        (MACHINE_CLIENT, "guess", "agency:read"),
        (MACHINE_CLIENT, MACHINE_SECRET, "agency:read desk"),
        ("nobody", MACHINE_SECRET, "agency:read"),
        ("đ", MACHINE_SECRET, "agency:read"),
    ],
)
def test_a_machine_without_its_secret_gets_nothing(base_url: str, client_id: str, secret: str, scope: str) -> None:
    with pytest.raises(SignInFailed):
        machine_token(f"{base_url}/machines", client_id, secret, scope)


def test_nobody_signs_in_among_machines(base_url: str) -> None:
    assert httpx.get(f"{base_url}/machines/authorize").status_code == 404
    published = httpx.get(f"{base_url}/machines/.well-known/openid-configuration").json()
    assert not published.keys() & {"authorization_endpoint", "userinfo_endpoint", "end_session_endpoint"}


KEY = ec.generate_private_key(ec.SECP256R1())


def proof(address: str, clock: Clock, *, typ: str = "dpop+jwt", private: bool = False, **changed: Any) -> str:
    jwk = json.loads(ECAlgorithm.to_jwk(KEY if private else KEY.public_key()))
    claims = {"htm": "POST", "htu": address, "iat": int(clock.now.timestamp()), "jti": secrets.token_urlsafe(8)}
    return jwt.encode(claims | changed, KEY, algorithm="ES256", headers={"typ": typ, "jwk": jwk})


def ask_with(base_url: str, proofs: list[str]) -> httpx.Response:
    return httpx.post(
        f"{base_url}/machines/token",
        data={"grant_type": "client_credentials"},
        auth=(MACHINE_CLIENT, MACHINE_SECRET),
        headers=[("DPoP", one) for one in proofs],
    )


def test_a_token_is_bound_to_the_proven_key(base_url: str, clock: Clock) -> None:
    once = proof(f"{base_url}/machines/token", clock)
    granted = ask_with(base_url, [once]).json()
    assert granted["token_type"] == "DPoP"
    jwk = json.loads(ECAlgorithm.to_jwk(KEY.public_key()))
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    thumbprint = s256(json.dumps(members, separators=(",", ":")))
    assert jwt.decode(granted["access_token"], options={"verify_signature": False})["cnf"] == {"jkt": thumbprint}
    assert ask_with(base_url, [once]).json() == {"error": "invalid_dpop_proof"}


@pytest.mark.parametrize(
    "changed",
    [
        {"htm": "GET"},
        {"htu": "https://evil.example/token"},
        {"iat": 1},
        {"iat": "now"},
        {"typ": "JWT"},
        {"private": True},
    ],
)
def test_a_proof_that_does_not_hold_is_refused(base_url: str, clock: Clock, changed: dict[str, Any]) -> None:
    address = f"{base_url}/machines/token"
    answer = ask_with(base_url, [proof(address, clock, **changed)])
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_dpop_proof"})


def test_two_proofs_are_one_too_many(base_url: str, clock: Clock) -> None:
    address = f"{base_url}/machines/token"
    assert ask_with(base_url, [proof(address, clock), proof(address, clock)]).status_code == 400
    assert ask_with(base_url, ["x"]).status_code == 400
