"""The simulated provider plays by the rules that the service relies on, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from identity.citizen import ROLES, AssuranceLevel, VerifiedCitizen, VerifiedOfficial
from identity.errors import WrongTokenType
from identity.personal_id import PersonalId
from identity.trusted_issuer import TrustedIssuer
from identity.trusted_issuers import TrustedIssuers
from identity.verify_token import verify_token
from simulators.identity_provider import NotInDemoMode, create_identity_provider
from simulators.identity_provider.tokens import s256
from simulators.people import People, load_people
from simulators.sign_in import SignInFailed, sign_in, sign_in_async
from tests.simulators.serving import serve

RESOURCE = "https://condau.example/api"
VERIFIER = "v" * 43


class Clock:
    """Wall time that a test may push forward."""

    def __init__(self) -> None:
        self.now = datetime(2024, 6, 3, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def base_url(clock: Clock) -> Iterator[str]:
    with serve(lambda base_url: create_identity_provider(base_url, demo=True, clock=clock)) as served:
        yield served


def trusted(base_url: str) -> TrustedIssuers:
    levels = {"level-1": AssuranceLevel.LEVEL_1, "level-2": AssuranceLevel.LEVEL_2}
    return TrustedIssuers(
        TrustedIssuer(
            name=people,
            issuer=f"{base_url}/{people}",
            audiences=(RESOURCE,),
            algorithms=("ES256",),
            people=people,
            levels=levels,
        )
        for people in ("citizens", "officials")
    )


def request(**changes: str | None) -> dict[str, str]:
    """An authorization request in order, changed as the test wants; None leaves a parameter out."""
    asked = {
        "response_type": "code",
        "scope": "openid",
        "client_id": "vneid-app",
        "redirect_uri": "https://vneid.example/callback",
        "state": "s",
        "nonce": "n",
        "code_challenge": s256(VERIFIER),
        "code_challenge_method": "S256",
        "login_hint": "nguyen-thi-minh-anh",
        "prompt": "none",
    } | changes
    return {name: value for name, value in asked.items() if value is not None}


def authorize(base_url: str, **changes: str | None) -> dict[str, str]:
    """What comes back to the client's redirect address."""
    response = httpx.get(f"{base_url}/citizens/authorize", params=request(**changes))
    assert response.status_code == 303
    assert response.headers["Location"].startswith("https://vneid.example/callback?")
    return {name: value[0] for name, value in parse_qs(urlsplit(response.headers["Location"]).query).items()}


def redeem(base_url: str, code: str, /, **changes: str) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": "https://vneid.example/callback",
        "client_id": "vneid-app",
        "code_verifier": VERIFIER,
    }
    return httpx.post(f"{base_url}/citizens/token", data=form | changes)


async def test_the_code_flow_ends_in_a_verified_citizen(base_url: str, clock: Clock) -> None:
    tokens = await sign_in_async(f"{base_url}/citizens", "vneid-app", "nguyen-thi-minh-anh")
    citizen = await verify_token(tokens.access_token, trusted(base_url), clock.now)
    assert isinstance(citizen, VerifiedCitizen)
    assert (citizen.full_name, citizen.personal_id.digits) == ("Nguyễn Thị Minh Anh", "001194000001")
    assert (citizen.level, citizen.client_id) == (AssuranceLevel.LEVEL_2, "vneid-app")
    assert tokens.access_token not in repr(tokens)


async def test_the_code_flow_ends_in_a_verified_official(base_url: str, clock: Clock) -> None:
    tokens = await sign_in_async(f"{base_url}/officials", "desk", "pham-thu-ha")
    official = await verify_token(tokens.access_token, trusted(base_url), clock.now)
    assert isinstance(official, VerifiedOfficial)
    assert (official.full_name, official.unit, official.roles) == ("Phạm Thu Hà", "000.00.15.H26", {"caseworker"})


async def test_everyone_can_sign_in_and_is_verified(base_url: str, clock: Clock) -> None:
    issuers, people = trusted(base_url), load_people()
    for realm, client_id, accounts in (
        ("citizens", "portal", people.citizens),
        ("officials", "desk", people.officials),
    ):
        for account in accounts:
            tokens = await sign_in_async(f"{base_url}/{realm}", client_id, account.username)
            person = await verify_token(tokens.access_token, issuers, clock.now)
            assert person.subject == account.subject
            assert person.full_name == account.full_name


async def test_an_id_token_is_not_taken_for_an_access_token(base_url: str, clock: Clock) -> None:
    tokens = await sign_in_async(f"{base_url}/citizens", "vneid-app", "tran-van-binh")
    with pytest.raises(WrongTokenType):
        await verify_token(tokens.id_token, trusted(base_url), clock.now)
    claims = jwt.decode(tokens.id_token, options={"verify_signature": False})
    assert claims["aud"] == "vneid-app"
    assert not claims.keys() & {"personal_id", "birthdate", "gender"}


def test_the_register_s_facts_are_in_no_answer(base_url: str) -> None:
    minh_anh = load_people().citizens[0]
    tokens = sign_in(f"{base_url}/citizens", "vneid-app", minh_anh.username)
    claims = jwt.decode(tokens.access_token, options={"verify_signature": False})
    answer = httpx.get(
        f"{base_url}/citizens/userinfo", headers={"Authorization": f"Bearer {tokens.access_token}"}
    ).json()
    assert answer["sub"] == claims["sub"] == minh_anh.subject
    assert answer["name"] == minh_anh.full_name
    for told in (str(claims), str(answer)):
        assert minh_anh.register.birth_place not in told
        assert minh_anh.register.permanent_residence not in told


def test_user_info_wants_a_valid_token(base_url: str, clock: Clock) -> None:
    token = sign_in(f"{base_url}/citizens", "vneid-app", "le-hoang-dung").access_token
    other = sign_in(f"{base_url}/officials", "desk", "pham-thu-ha").access_token
    for authorization in ("", "Bearer", "Bearer x.y.z", f"Basic {token}", f"Bearer {other}"):
        response = httpx.get(f"{base_url}/citizens/userinfo", headers={"Authorization": authorization})
        assert response.status_code == 401
    clock.now += timedelta(seconds=600)
    response = httpx.get(f"{base_url}/citizens/userinfo", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 401


def test_a_code_is_redeemed_once(base_url: str) -> None:
    code = authorize(base_url)["code"]
    assert redeem(base_url, code).status_code == 200
    again = redeem(base_url, code)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})


def test_a_code_lives_for_sixty_seconds(base_url: str, clock: Clock) -> None:
    in_time, too_late = authorize(base_url)["code"], authorize(base_url)["code"]
    clock.now += timedelta(seconds=60)
    assert redeem(base_url, in_time).status_code == 200
    clock.now += timedelta(seconds=1)
    assert redeem(base_url, too_late).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"code_verifier": "đ" * 43}, "invalid_grant"),
        ({"redirect_uri": "https://evil.example/"}, "invalid_grant"),
        ({"client_id": "portal"}, "invalid_grant"),
        ({"client_id": "desk"}, "invalid_client"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"resource": "https://other.example"}, "invalid_target"),
        ({"code": "guess"}, "invalid_grant"),
        ({"padding": "x" * 9000}, "invalid_client"),
    ],
)
def test_a_code_is_redeemed_only_by_who_asked_for_it(base_url: str, changes: dict[str, str], error: str) -> None:
    response = redeem(base_url, authorize(base_url)["code"], **changes)
    assert response.status_code in (400, 401)
    assert response.json() == {"error": error}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"nonce": None}, "invalid_request"),
        ({"resource": "https://other.example"}, "invalid_target"),
        ({"login_hint": "nobody"}, "login_required"),
        ({"login_hint": "pham-thu-ha"}, "login_required"),
    ],
)
def test_a_request_out_of_order_comes_back_with_the_reason(
    base_url: str, changes: dict[str, str | None], error: str
) -> None:
    answer = authorize(base_url, **changes)
    assert answer["error"] == error
    assert answer["iss"] == f"{base_url}/citizens"
    assert "code" not in answer


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"},
        {"client_id": "desk"},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "https://vneid.example/callback/"},
        {"redirect_uri": "https://vneid.example/callback?x=1"},
        {"redirect_uri": None},
    ],
)
def test_nothing_is_redirected_to_an_address_that_is_not_registered(
    base_url: str, changes: dict[str, str | None]
) -> None:
    response = httpx.get(f"{base_url}/citizens/authorize", params=request(**changes))
    assert response.status_code == 400
    assert "Location" not in response.headers


def test_the_page_lists_the_people_and_each_link_signs_in(base_url: str) -> None:
    page = httpx.get(f"{base_url}/citizens/authorize", params=request(prompt=None, login_hint=None, state='"><script>'))
    assert page.status_code == 200
    assert "<script>" not in page.text
    assert all(citizen.full_name in page.text for citizen in load_people().citizens)
    assert "Phạm Thu Hà" not in page.text
    link = page.text.split('<li><a href="')[1].split('"')[0].replace("&amp;", "&")
    response = httpx.get(f"{base_url}/citizens/authorize{link}")
    answer = parse_qs(urlsplit(response.headers["Location"]).query)
    assert answer["state"] == ['"><script>']
    assert redeem(base_url, answer["code"][0]).status_code == 200


def test_sign_in_tells_why_it_failed(base_url: str) -> None:
    with pytest.raises(SignInFailed, match="login_required"):
        sign_in(f"{base_url}/citizens", "vneid-app", "nobody")
    with pytest.raises(SignInFailed, match="without coming back"):
        sign_in(f"{base_url}/citizens", "vneid-app", "le-hoang-dung", "https://evil.example/")


@pytest.mark.parametrize("demo", [False, None, 1, "true"])
def test_it_is_barred_outside_demo_mode(demo: Any, clock: Clock) -> None:
    with pytest.raises(NotInDemoMode):
        create_identity_provider("http://127.0.0.1:1", demo=demo, clock=clock)


async def test_other_people_may_be_given(clock: Clock) -> None:
    shipped = load_people()
    elsewhere = replace(shipped.officials[0], unit="000.00.99.H26")
    people = People(shipped.citizens, (elsewhere,))
    with serve(lambda url: create_identity_provider(url, demo=True, clock=clock, people=people)) as base_url:
        tokens = await sign_in_async(f"{base_url}/officials", "desk", elsewhere.username)
        official = await verify_token(tokens.access_token, trusted(base_url), clock.now)
    assert isinstance(official, VerifiedOfficial)
    assert official.unit == "000.00.99.H26"


def test_the_synthetic_people_are_consistent() -> None:
    people = load_people()
    accounts = [*people.citizens, *people.officials]
    assert len({account.username for account in accounts}) == len(accounts)
    assert len({account.subject for account in accounts}) == len(accounts)
    assert len({citizen.personal_id for citizen in people.citizens}) == len(people.citizens)
    for citizen in people.citizens:
        # Digit 4 states century and sex, in pairs from 1900; digits 5 and 6 the year of birth.
        digits = PersonalId(citizen.personal_id).digits
        century_and_sex, year = int(digits[3]), int(digits[4:6])
        assert 1900 + 100 * (century_and_sex // 2) + year == int(citizen.birth_date[:4])
        assert century_and_sex % 2 == (citizen.sex == "female")
    self_dealer = next(official for official in people.officials if official.username.endswith("-official"))
    assert self_dealer.personal_id == people.citizens[0].personal_id
    assert {role for official in people.officials for role in official.roles} == ROLES
