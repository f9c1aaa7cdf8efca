"""Sign-ins and questions to issuers: every hostile ID token, logout token and answer is refused for its own reason."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from identity.errors import IdentityError
from identity.proof_of_possession import BEARER
from identity.verify_logout_token import verify_logout_token
from identity.verify_token import verify_token
from tests.identity import hostile_answers as answers
from tests.identity import hostile_sign_ins as sign_ins
from tests.identity.hostile_sign_ins import Case
from tests.identity.issuer import NOW, OMIT
from tests.identity.proofs import ProofHolder
from tests.identity.provider_contract import says_nothing
from tests.identity.providers import ACCESS_TOKEN, ISSUER, House, OidcHouse, PortalHouse, VneidHouse, enclose

OIDC, PORTAL, VNEID = OidcHouse(), PortalHouse(), VneidHouse()
FORMER = OidcHouse(jwt_type="JWT")


async def _code_of(attempt: Any, house: House) -> str:
    """How an attempt is refused. Whatever happens, nobody but the issuer is asked, and the error tells no secret."""
    try:
        await attempt
    except IdentityError as refusal:
        raised = refusal
    else:
        return "accepted"
    says_nothing(raised, house)
    assert {urlsplit(ask.address).netloc for ask in house.asked} <= {urlsplit(ISSUER).netloc}
    return raised.code


async def _redeemed_with(house: OidcHouse, id_token: str, **changes: Any) -> str:
    house.told = {"token": house.granted() | {"id_token": id_token}}
    return await _code_of(house.redeem(**changes), house)


@pytest.mark.parametrize(("code", "case"), sign_ins.ID_TOKENS.values(), ids=sign_ins.ID_TOKENS)
async def test_hostile_id_token_is_refused(code: str, case: Case) -> None:
    assert await _redeemed_with(OIDC, OIDC.id_token()) == "accepted"
    assert await _redeemed_with(OIDC, case(OIDC)) == code


async def test_the_portal_refuses_them_all() -> None:
    for name, (code, case) in sign_ins.ID_TOKENS.items():
        assert (name, await _redeemed_with(PORTAL, case(PORTAL))) == (name, code)
    assert await _redeemed_with(PORTAL, PORTAL.id_token()) == "accepted"


@pytest.mark.parametrize(("code", "case"), sign_ins.AGED_ID_TOKENS.values(), ids=sign_ins.AGED_ID_TOKENS)
async def test_hostile_id_token_is_no_fresh_sign_in(code: str, case: Case) -> None:
    assert await _redeemed_with(OIDC, OIDC.id_token(), max_age_seconds=300) == "accepted"
    assert await _redeemed_with(OIDC, case(OIDC), max_age_seconds=300) == code


@pytest.mark.parametrize(("code", "case"), sign_ins.LOGOUT_TOKENS.values(), ids=sign_ins.LOGOUT_TOKENS)
async def test_hostile_logout_token_is_refused(code: str, case: Case) -> None:
    for house in (OIDC, PORTAL):
        provider = house.provider()
        assert (await verify_logout_token(house.logout_token(), provider, NOW)).session_id == "session-1"
        assert await _code_of(verify_logout_token(case(house), provider, NOW), house) == code


async def test_vneid_ends_no_sessions() -> None:
    provider = VNEID.provider()
    assert await _code_of(verify_logout_token(OIDC.logout_token(), provider, NOW), VNEID) == "unknown_key"


# Kinds of tokens: none passes for another, not even where their types say nothing.


LOOKS_LIKE_ONE = {"nonce": OMIT, "jti": "jti-1", "azp": "condau"}
OURS = "https://condau.example/api"
ID_TOKENS: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "with at_hash": {"nonce": OMIT, "at_hash": sign_ins.at_hash(ACCESS_TOKEN)},
    "with c_hash": {"nonce": OMIT, "c_hash": "x"},
    "with all that an access token has": LOOKS_LIKE_ONE,
    "for us, too": LOOKS_LIKE_ONE | {"aud": ["condau", OURS]},
    "for us, marked by typ": LOOKS_LIKE_ONE | {"aud": OURS, "typ": "ID"},
    "for us, marked by token_use": LOOKS_LIKE_ONE | {"aud": OURS, "token_use": "id"},
}


@pytest.mark.parametrize("house", [OIDC, PORTAL, FORMER], ids=["oidc", "national_portal", "older than RFC 9068"])
@pytest.mark.parametrize("claims", ID_TOKENS.values(), ids=ID_TOKENS)
async def test_an_id_token_is_no_access_token(house: OidcHouse, claims: dict[str, Any]) -> None:
    assert await _code_of(verify_token(house.id_token(**claims), house.issuers(), NOW), house) == "wrong_token_type"
    untyped = house.id_token({"typ": OMIT}, **claims)
    assert await _code_of(verify_token(untyped, house.issuers(), NOW), house) == "wrong_token_type"


async def test_an_id_token_without_any_sign_lacks_what_access_tokens_have() -> None:
    token = FORMER.id_token(nonce=OMIT)
    assert await _code_of(verify_token(token, FORMER.issuers(), NOW), FORMER) == "missing_claim"


@pytest.mark.parametrize("typ", ["logout+jwt", "JWT", OMIT], ids=["typed", "JWT", "untyped"])
async def test_a_logout_token_is_no_access_token(typ: Any) -> None:
    for house in (OIDC, PORTAL, FORMER):
        token = house.logout_token({"typ": typ}, aud="https://condau.example/api", client_id="vneid-app")
        assert await _code_of(verify_token(token, house.issuers(), NOW), house) == "wrong_token_type"


async def test_an_access_token_of_an_old_issuer_is_one() -> None:
    for marks in ({}, {"typ": "Bearer"}, {"token_use": "access"}):
        assert await verify_token(FORMER.mint(header={"typ": "JWT"}, **marks), FORMER.issuers(), NOW)


async def test_a_bound_access_token_of_an_old_issuer_may_say_so_and_must_be_bound() -> None:
    holder = ProofHolder()
    bound = FORMER.mint(header={"typ": "JWT"}, typ="DPoP", cnf=holder.confirmation)
    assert await verify_token(bound, FORMER.issuers(), NOW, holder.present(bound))
    assert await _code_of(verify_token(bound, FORMER.issuers(), NOW), FORMER) == "proof_of_possession_required"
    to_nothing = FORMER.mint(header={"typ": "JWT"}, typ="DPoP")
    for presented in (BEARER, holder.present(to_nothing)):
        attempt = verify_token(to_nothing, FORMER.issuers(), NOW, presented)
        assert await _code_of(attempt, FORMER) == "wrong_token_type"


# Answers.


@pytest.mark.parametrize(("code", "made"), answers.INTROSPECTION.values(), ids=answers.INTROSPECTION)
async def test_hostile_introspection_is_refused(code: str, made: answers.Made) -> None:
    OIDC.told = {"introspection": {"active": True, "token_type": "Bearer"} | OIDC.claims()}
    assert await verify_token("opaque", OIDC.issuers(), NOW)
    OIDC.told = {"introspection": made(OIDC)}
    assert await _code_of(verify_token("opaque", OIDC.issuers(), NOW), OIDC) == code


@pytest.mark.parametrize(
    "marks",
    [
        {"token_type": "Bearer"},
        {"token_type": "bearer", "typ": "Bearer", "token_use": "access_token"},
        {"typ": "Bearer"},
        {"typ": "at+jwt"},
        {"token_use": "access"},
    ],
)
async def test_an_issuer_says_in_some_way_that_it_is_an_access_token(marks: dict[str, str]) -> None:
    OIDC.told = {"introspection": {"active": True} | OIDC.claims() | marks}
    assert await verify_token("opaque", OIDC.issuers(), NOW)


@pytest.mark.parametrize("marks", [{"token_type": "DPoP"}, {"typ": "DPoP"}, {"token_type": "DPoP", "typ": "DPoP"}])
async def test_an_issuer_says_that_an_access_token_is_bound(marks: dict[str, str]) -> None:
    holder = ProofHolder()
    OIDC.told = {"introspection": {"active": True} | OIDC.claims(cnf=holder.confirmation) | marks}
    assert await verify_token("opaque", OIDC.issuers(), NOW, holder.present("opaque"))
    assert await _code_of(verify_token("opaque", OIDC.issuers(), NOW), OIDC) == "proof_of_possession_required"


@pytest.mark.parametrize(("code", "made"), answers.TOKEN_ANSWERS.values(), ids=answers.TOKEN_ANSWERS)
async def test_hostile_token_answer_is_refused(code: str, made: answers.Made) -> None:
    for house in (OIDC, PORTAL):
        house.told = {"token": house.granted()}
        assert await _code_of(house.redeem(), house) == "accepted"
        house.told = {"token": made(house)}
        assert await _code_of(house.redeem(), house) == code


@pytest.mark.parametrize(("code", "made"), answers.USER_INFO.values(), ids=answers.USER_INFO)
async def test_hostile_user_info_is_refused(code: str, made: answers.Made) -> None:
    for house in (OIDC, PORTAL):
        house.told = {}
        assert await house.by_userinfo()
        house.told = {"userinfo": made(house)}
        assert await _code_of(house.by_userinfo(), house) == code


@pytest.mark.parametrize(("code", "made"), answers.ENVELOPES.values(), ids=answers.ENVELOPES)
async def test_hostile_envelope_is_refused(code: str, made: Any) -> None:
    VNEID.told = {}
    assert await VNEID.by_sign_in()
    VNEID.told = {"userinfo": made(VNEID)}
    assert await _code_of(VNEID.by_sign_in(), VNEID) == code


@pytest.mark.parametrize(("code", "made"), answers.TOKEN_ENVELOPES.values(), ids=answers.TOKEN_ENVELOPES)
async def test_hostile_token_envelope_is_refused(code: str, made: Any) -> None:
    VNEID.told = {"token": made(VNEID), "userinfo": enclose(VNEID.person())}
    VNEID.asked.clear()
    assert await _code_of(VNEID.by_sign_in(), VNEID) == code
    assert [urlsplit(ask.address).path for ask in VNEID.asked] == ["/token"]
