"""What counts once is remembered for as long as it could be brought again, and not for millennia."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.check_time import check_time, keep_until
from identity.errors import IdentityError, TokenAlreadyUsed
from identity.replay import InMemoryRedeemed
from identity.trusted_issuer import OwnClient, TrustedIssuer
from identity.trusted_issuers import TrustedIssuers
from identity.verify_logout_token import verify_logout_token
from identity.verify_token import verify_token
from tests.identity.issuer import NOW, OMIT, TestIssuer, trust

LAST_SECOND = 253_402_300_799  # of the year 9999
NOW_SECONDS = int(NOW.timestamp())
LOGOUT = {"http://schemas.openid.net/event/backchannel-logout": {}}


def _trusted(max_age_seconds: int, leeway_seconds: int) -> TrustedIssuer:
    return TestIssuer(max_age_seconds=max_age_seconds, leeway_seconds=leeway_seconds).trusted


def _is_accepted(claims: dict[str, object], trusted: TrustedIssuer, at: datetime) -> bool:
    try:
        check_time(claims, trusted, int(at.timestamp()))
    except IdentityError:
        return False
    return True


@given(
    issued=st.integers(0, 60),
    lifetime=st.integers(1, 200) | st.just(LAST_SECOND - NOW_SECONDS - 60),
    max_age=st.integers(60, 200) | st.just(30 * 86_400),
    leeway=st.integers(0, 30),
    asked_after_ms=st.integers(0, 300_000),
)
def test_it_is_remembered_while_it_could_be_accepted_and_hardly_longer(
    issued: int, lifetime: int, max_age: int, leeway: int, asked_after_ms: int
) -> None:
    trusted = _trusted(max_age, leeway)
    claims: dict[str, object] = {"iat": NOW_SECONDS + issued, "exp": NOW_SECONDS + issued + lifetime}
    until = keep_until(claims, trusted)
    at = NOW + timedelta(milliseconds=asked_after_ms)
    if _is_accepted(claims, trusted, at):
        assert at < until
    if until.year < 9999:
        assert not _is_accepted(claims, trusted, until)
        assert until - NOW <= timedelta(seconds=issued + min(lifetime, max_age) + leeway + 1)


async def test_a_single_use_token_that_never_expires_is_not_kept_for_ever() -> None:
    kept: list[datetime] = []
    memory = InMemoryRedeemed(lambda: NOW)

    async def redeem(digest: bytes, until: datetime) -> bool:
        kept.append(until)
        return await memory(digest, until)

    issuer = TestIssuer(single_use_tokens=True, max_age_seconds=900, leeway_seconds=30)
    issuers = TrustedIssuers([issuer.trusted], fetch=issuer.fetch, redeem=redeem, clock=lambda: 0.0)
    for exp in (LAST_SECOND, LAST_SECOND - 29, NOW_SECONDS + 10**9):
        token = issuer.mint(exp=exp, jti=f"expires-{exp}")
        assert await verify_token(token, issuers, NOW)
        with pytest.raises(TokenAlreadyUsed):
            await verify_token(token, issuers, NOW)
    assert set(kept) == {NOW + timedelta(seconds=-60 + 900 + 30 + 1)}


async def test_a_logout_token_that_never_expires_is_not_kept_for_ever() -> None:
    issuer = TestIssuer(token_kinds=("sign_in",), own_client=OwnClient(client_id="me"), max_age_seconds=900)
    claims = issuer.claims(aud="me", exp=LAST_SECOND, events=LOGOUT, client_id=OMIT)
    token = issuer.sign(json.dumps(claims).encode(), {"typ": "logout+jwt"})
    logout = await verify_logout_token(token, trust(issuer).provider_of(issuer.issuer), NOW)
    assert logout.keep_until == NOW + timedelta(seconds=-60 + 900 + 30 + 1)


def test_the_end_of_the_calendar_is_the_longest() -> None:
    claims: dict[str, object] = {"iat": LAST_SECOND - 1, "exp": LAST_SECOND}
    assert keep_until(claims, _trusted(3600, 300)) == datetime.fromtimestamp(LAST_SECOND, UTC)
