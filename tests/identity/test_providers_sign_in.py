"""What each kind of provider is asked, and with what, during a sign-in and about opaque tokens."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from identity.citizen import AssuranceLevel
from identity.errors import AuthenticationTooOld, MisconfiguredIssuer, ProviderUnavailable, TokenNotActive
from identity.fetch import Answer, Ask, basic_authorization
from identity.providers.introspection import MAX_ASKED_AT_ONCE, MAX_WAITING
from identity.trusted_issuer import ClaimNames, Endpoints, OwnClient
from identity.verify_token import require_citizen, verify_token
from tests.identity.issuer import NOW, OMIT
from tests.identity.providers import (
    ACCESS_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    CODE,
    CODE_VERIFIER,
    ISSUER,
    REDIRECT_URI,
    OidcHouse,
    PortalHouse,
    VneidHouse,
    enclose,
    envelope_key,
    pem,
)

BASIC = basic_authorization(CLIENT_ID, CLIENT_SECRET)
FORM = {
    "grant_type": "authorization_code",
    "code": CODE,
    "redirect_uri": REDIRECT_URI,
    "code_verifier": CODE_VERIFIER,
}


def _asks(house: OidcHouse | VneidHouse) -> dict[str, Ask]:
    return {ask.address.removeprefix(f"{ISSUER}/"): ask for ask in house.asked}


@pytest.mark.parametrize("house", [OidcHouse(), VneidHouse()], ids=["oidc", "vneid"])
async def test_a_code_is_redeemed_with_its_verifier_by_a_client_that_shows_who_it_is(house: Any) -> None:
    await house.by_sign_in()
    ask = _asks(house)["token"]
    assert ask.form == FORM
    assert ask.authorization == BASIC


async def test_a_public_client_names_itself_in_the_form() -> None:
    house = OidcHouse(token_kinds=("sign_in",), own_client=OwnClient(client_id=CLIENT_ID))
    await house.by_sign_in()
    assert _asks(house)["token"].form == FORM | {"client_id": CLIENT_ID}
    assert _asks(house)["token"].authorization is None


async def test_user_info_is_asked_only_for_what_is_missing() -> None:
    house = OidcHouse()
    await house.by_sign_in()
    assert "userinfo" not in _asks(house)
    await house.by_sign_in(gender=OMIT)
    assert "userinfo" not in _asks(house), "nobody needs it"
    house.told.clear()
    await house.by_userinfo()
    assert _asks(house)["userinfo"] == Ask(f"{ISSUER}/userinfo", authorization=f"Bearer {ACCESS_TOKEN}")


async def test_what_the_id_token_says_wins() -> None:
    house = OidcHouse()
    house.told["token"] = house.granted(birthdate=OMIT)
    house.told["userinfo"] = {"sub": "subject-1"} | house.person(name="Ai Đó", acr="level-1", nonce="x", sid="y")
    granted = await house.redeem()
    citizen = require_citizen(await house.person_of(granted))
    assert (citizen.full_name, citizen.level) == ("Nguyễn Thị Minh Anh", AssuranceLevel.LEVEL_2)
    assert citizen.birth_date == date(1994, 3, 8)
    assert granted.session_id is None, "user info speaks of the person, not of the session"


async def test_user_info_says_nothing_of_how_one_signed_in() -> None:
    house = OidcHouse()
    house.told["token"] = house.granted(acr=OMIT, birthdate=OMIT, auth_time=OMIT)
    house.told["userinfo"] = {"sub": "subject-1", "auth_time": int(NOW.timestamp())} | house.person()
    granted = await house.redeem()
    assert "acr" not in granted.claims
    assert "auth_time" not in granted.claims


async def test_a_level_that_belongs_to_the_account_may_come_from_user_info() -> None:
    house = OidcHouse(claims=ClaimNames(acr="account_level"))
    house.told["token"] = house.granted()
    house.told["userinfo"] = {"sub": "subject-1", "account_level": "level-2"}
    citizen = require_citizen(await house.person_of(await house.redeem()))
    assert citizen.level is AssuranceLevel.LEVEL_2


async def test_signed_user_info_is_verified() -> None:
    house = OidcHouse()
    told = {"iss": ISSUER, "aud": CLIENT_ID, "sub": "subject-1", "birthdate": "1994-03-08"}
    house.told["token"] = house.granted(birthdate=OMIT)
    house.told["userinfo"] = Answer(200, _sign(house, told), "application/jwt")
    assert require_citizen(await house.person_of(await house.redeem())).birth_date == date(1994, 3, 8)


def _sign(house: OidcHouse, claims: dict[str, Any]) -> bytes:
    return house.sign(json.dumps(claims).encode(), {"typ": OMIT}).encode()


async def test_a_bound_access_token_is_not_sent_without_a_proof() -> None:
    house = OidcHouse()
    house.told["token"] = house.granted(birthdate=OMIT) | {"token_type": "DPoP"}
    house.told["userinfo"] = {"sub": "subject-1"} | house.person()
    assert "birthdate" not in (await house.redeem()).claims
    assert "userinfo" not in _asks(house)


async def test_what_the_issuer_keeps_for_later_is_kept() -> None:
    house = OidcHouse()
    house.told["token"] = house.granted(sid="session-1")
    granted = await house.redeem()
    assert granted.session_id == "session-1"
    assert granted.id_token == house.told["token"]["id_token"]  # type: ignore[index]  # granted() makes a dict
    assert await house.provider().end_session_address() == f"{ISSUER}/end_session"


async def test_an_issuer_says_where_one_signs_in() -> None:
    house = OidcHouse()
    endpoint = await house.provider().authorization()
    assert (endpoint.address, endpoint.names_itself, endpoint.sends_nonce) == (f"{ISSUER}/authorization", False, True)
    house.discovery["authorization_response_iss_parameter_supported"] = True
    assert (await house.provider().authorization()).names_itself
    del house.discovery["authorization_endpoint"]
    with pytest.raises(ProviderUnavailable):
        await house.provider().authorization()


@pytest.mark.parametrize("missing", ["token_endpoint", "introspection_endpoint"])
async def test_an_endpoint_that_nobody_names_is_an_outage(missing: str) -> None:
    house = OidcHouse()
    del house.discovery[missing]
    with pytest.raises(ProviderUnavailable):
        await (house.by_sign_in() if missing == "token_endpoint" else house.by_opaque())


async def test_the_portal_is_asked_for_the_levels_that_count_best_first() -> None:
    levels = {"LoA1": AssuranceLevel.LEVEL_1, "LoA2": AssuranceLevel.LEVEL_2, "LoA3": AssuranceLevel.LEVEL_2}
    endpoint = await PortalHouse(levels=levels).provider().authorization()
    assert endpoint.acr_values == ("LoA2", "LoA3", "LoA1")


async def test_the_portals_names_can_be_set() -> None:
    house = PortalHouse(claims=ClaimNames(personal_id="CCCD", name="HoTen", birthdate="NgaySinh", acr="loginIdp"))
    said = {"CCCD": "001194000001", "HoTen": "Nguyễn Thị Minh Anh", "NgaySinh": "19940308", "loginIdp": "level-2"}
    assert require_citizen(await house.by_jwt(**said)).birth_date == date(1994, 3, 8)


# Opaque tokens.


async def test_an_opaque_token_is_asked_about_by_a_client_that_shows_who_it_is() -> None:
    house = OidcHouse()
    await house.by_opaque()
    assert _asks(house)["introspection"] == Ask(
        f"{ISSUER}/introspection", {"token": "opaque-token", "token_type_hint": "access_token"}, BASIC
    )


async def test_no_answer_about_a_token_is_kept() -> None:
    house = OidcHouse()
    issuers = house.issuers()
    house.told["introspection"] = {"active": True, "token_type": "Bearer"} | house.claims()
    assert await verify_token("opaque-token", issuers, NOW)
    house.told["introspection"] = {"active": False}
    with pytest.raises(TokenNotActive):
        await verify_token("opaque-token", issuers, NOW)


async def test_a_flood_of_invented_tokens_opens_a_bounded_number_of_connections() -> None:
    house = OidcHouse()
    may_answer = asyncio.Event()
    open_now = most_open = 0

    async def slow(ask: Ask) -> Answer:
        nonlocal open_now, most_open
        open_now += 1
        most_open = max(most_open, open_now)
        await may_answer.wait()
        open_now -= 1
        return Answer(200, b'{"active": false}')

    house.told["introspection"] = slow
    provider = house.provider()
    await provider.end_session_address()  # the discovery document is known by then
    flood = [asyncio.create_task(provider.introspect(f"invented-{n}")) for n in range(1000)]
    for _ in range(50):
        await asyncio.sleep(0)
    refused = [task for task in flood if task.done()]
    assert len(refused) == 1000 - MAX_ASKED_AT_ONCE - MAX_WAITING
    assert all(isinstance(task.exception(), ProviderUnavailable) for task in refused)
    assert most_open == MAX_ASKED_AT_ONCE
    may_answer.set()
    outcomes = await asyncio.gather(*flood, return_exceptions=True)
    assert sum(isinstance(outcome, TokenNotActive) for outcome in outcomes) == MAX_ASKED_AT_ONCE + MAX_WAITING
    assert most_open == MAX_ASKED_AT_ONCE
    with pytest.raises(TokenNotActive):
        await provider.introspect("afterwards")


# VNeID.


@pytest.mark.parametrize("written", ["1994-03-08", "19940308", "08/03/1994"])
@pytest.mark.parametrize("level", ["2", 2], ids=["text", "number"])
async def test_vneid_writes_dates_and_levels_in_several_forms(written: str, level: Any) -> None:
    citizen = require_citizen(await VneidHouse().by_sign_in(birthDate=written, accountLevel=level))
    assert (citizen.birth_date, citizen.level) == (date(1994, 3, 8), AssuranceLevel.LEVEL_2)


async def test_vneids_accounts_have_a_name_that_is_not_the_number() -> None:
    one, again = await VneidHouse().by_sign_in(), await VneidHouse().by_sign_in(fullName="Tên Mới")
    another = await VneidHouse().by_sign_in(citizenPid="001194000002")
    elsewhere = await VneidHouse(issuer="https://other.example").by_sign_in()
    assert one.subject == again.subject, "whatever else changes"
    assert len({one.subject, another.subject, elsewhere.subject}) == 3
    assert "194000001" not in one.subject


async def test_vneid_is_told_no_nonce_and_cannot_say_when_one_signed_in() -> None:
    house = VneidHouse()
    endpoint = await house.provider().authorization()
    assert (endpoint.address, endpoint.names_itself, endpoint.sends_nonce) == (f"{ISSUER}/authorization", False, False)
    with pytest.raises(AuthenticationTooOld):
        await house.redeem(max_age_seconds=300)
    assert not house.asked
    assert require_citizen(await house.by_sign_in()).authenticated_at is None


async def test_what_vneid_says_beside_is_not_believed() -> None:
    said = {"auth_time": int(datetime(2024, 6, 3, tzinfo=UTC).timestamp()), "scope": "desk", "sub": "somebody"}
    citizen = require_citizen(await VneidHouse().by_sign_in(**said))
    assert (citizen.authenticated_at, citizen.scopes) == (None, None)
    assert citizen.subject != "somebody"


async def test_vneids_user_info_is_asked_with_the_token_of_this_code() -> None:
    house = VneidHouse()
    house.told["token"] = enclose({"access_token": "of-this-code"})
    house.told["userinfo"] = enclose(house.person())
    await house.redeem()
    assert _asks(house)["userinfo"].authorization == "Bearer of-this-code"


@pytest.mark.parametrize(
    "changes",
    [
        {"envelope_key": None},
        {"envelope_key": b""},
        {"envelope_key": b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"},
        {"envelope_key": pem(envelope_key(1024))},
        {"token_kinds": ("sign_in", "jwt_access_token")},
        {"token_kinds": ("jwt_access_token",)},
        {"people": "officials"},
        {"endpoints": Endpoints()},
        {"endpoints": Endpoints(authorization=f"{ISSUER}/a", token=f"{ISSUER}/t")},
        {"own_client": OwnClient(client_id=CLIENT_ID)},
        {"account_types": ()},
    ],
    ids=[
        "no key",
        "an empty key",
        "a key that is none",
        "a weak key",
        "bearer tokens too",
        "bearer tokens only",
        "officials",
        "no endpoints",
        "no user info",
        "no secret",
        "no account types",
    ],
)
def test_vneid_is_refused_at_start_unless_all_is_there(changes: dict[str, Any]) -> None:
    assert VneidHouse().issuers()
    with pytest.raises(MisconfiguredIssuer) as refusal:
        VneidHouse(**changes).issuers()
    assert "PRIVATE" not in str(refusal.value)


def test_an_envelope_key_of_another_kind_is_refused() -> None:
    with pytest.raises(MisconfiguredIssuer):
        VneidHouse(envelope_key=pem(ec.generate_private_key(ec.SECP256R1()))).issuers()
