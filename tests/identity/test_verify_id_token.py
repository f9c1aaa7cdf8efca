"""Honest ID tokens and logout tokens are believed, by the letter of OpenID Connect."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from identity.algorithms import ALGORITHMS
from identity.errors import InvalidClaim, TokenExpired, TokenKindNotAccepted
from identity.verify_id_token import verify_id_token
from identity.verify_logout_token import verify_logout_token
from tests.identity.hostile_sign_ins import at_hash
from tests.identity.issuer import AUDIENCE, NOW, OMIT
from tests.identity.providers import ACCESS_TOKEN, CLIENT_ID, NONCE, OidcHouse, PortalHouse


async def _claims(house: OidcHouse, at: datetime = NOW, /, **overrides: Any) -> Any:
    token = house.id_token(**overrides)
    return await verify_id_token(
        token, house.provider(), at, nonce=NONCE, access_token=ACCESS_TOKEN, max_age_seconds=None
    )


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
async def test_at_hash_is_made_with_the_algorithms_own_hash(algorithm: str) -> None:
    bits = "512" if algorithm in ("EdDSA", "Ed25519") else algorithm[-3:]
    claims = await _claims(OidcHouse(algorithm), at_hash=at_hash(ACCESS_TOKEN, f"sha{bits}"))
    assert claims["sub"] == "subject-1"


@pytest.mark.parametrize(
    "honest",
    [
        {},
        {"azp": CLIENT_ID},
        {"aud": [CLIENT_ID]},
        {"aud": [CLIENT_ID, AUDIENCE], "azp": CLIENT_ID},
        {"auth_time": OMIT},
        {"nbf": int(NOW.timestamp())},
    ],
    ids=["plain", "azp", "a list", "two audiences", "no auth_time", "nbf"],
)
async def test_honest_id_tokens_are_believed(honest: dict[str, Any]) -> None:
    for house in (OidcHouse(), PortalHouse()):
        assert (await _claims(house, **honest))["nonce"] == NONCE


async def test_an_at_hash_without_an_access_token_cannot_be_checked() -> None:
    house = OidcHouse()
    token = house.id_token(at_hash=at_hash(ACCESS_TOKEN))
    with pytest.raises(InvalidClaim):
        await verify_id_token(token, house.provider(), NOW, nonce=NONCE, access_token=None, max_age_seconds=None)


@pytest.mark.parametrize("typ", ["JWT", "jwt", "application/jwt", OMIT], ids=["JWT", "jwt", "application/jwt", "none"])
async def test_the_type_of_an_id_token_may_be_left_out(typ: Any) -> None:
    house = OidcHouse()
    token = house.id_token({"typ": typ})
    assert await verify_id_token(token, house.provider(), NOW, nonce=NONCE, access_token=None, max_age_seconds=300), (
        "90 seconds ago is within 300"
    )


async def test_an_id_token_is_judged_with_the_leeway_and_not_beyond() -> None:
    house = OidcHouse(leeway_seconds=30)
    expiry = timedelta(seconds=540 + 30)
    assert await _claims(house, NOW)
    token = house.id_token()
    provider = house.provider()
    arguments: dict[str, Any] = {"nonce": NONCE, "access_token": ACCESS_TOKEN, "max_age_seconds": None}
    assert await verify_id_token(token, provider, NOW + expiry - timedelta(seconds=1), **arguments)
    with pytest.raises(TokenExpired):
        await verify_id_token(token, provider, NOW + expiry, **arguments)


async def test_where_nobody_signs_in_no_id_token_and_no_logout_token_counts() -> None:
    house = OidcHouse(token_kinds=("jwt_access_token", "opaque_access_token"))
    with pytest.raises(TokenKindNotAccepted):
        await _claims(house)
    with pytest.raises(TokenKindNotAccepted):
        await verify_logout_token(house.logout_token(), house.provider(), NOW)


async def test_callers_mistakes_are_told_as_such() -> None:
    house = OidcHouse()
    arguments: dict[str, Any] = {"access_token": None, "max_age_seconds": None}
    with pytest.raises(ValueError, match="time zone"):
        await verify_id_token(house.id_token(), house.provider(), NOW.replace(tzinfo=None), nonce=NONCE, **arguments)
    with pytest.raises(ValueError, match="nonce"):
        await verify_id_token(house.id_token(nonce=""), house.provider(), NOW, nonce="", **arguments)
    with pytest.raises(ValueError, match="time zone"):
        await verify_logout_token(house.logout_token(), house.provider(), NOW.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("changes", "subject", "session_id"),
    [({}, "subject-1", "session-1"), ({"sub": OMIT}, None, "session-1"), ({"sid": OMIT}, "subject-1", None)],
    ids=["both", "a session", "a subject"],
)
async def test_a_logout_token_says_whose_sessions_end(
    changes: Any, subject: str | None, session_id: str | None
) -> None:
    house = OidcHouse(leeway_seconds=30)
    for typ in ("logout+jwt", "application/logout+jwt", "JWT", OMIT):
        ended = await verify_logout_token(house.logout_token({"typ": typ}, **changes), house.provider(), NOW)
        assert (ended.subject, ended.session_id, ended.identifier) == (subject, session_id, "logout-1")
        # a second longer than it could be accepted
        assert ended.keep_until == datetime.fromtimestamp(int(NOW.timestamp()) + 119 + 30 + 1, UTC)
        assert "subject-1" not in repr(ended)
