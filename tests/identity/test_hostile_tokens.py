"""The corpus: every hostile token is refused, for its own reason, and no address that it names is ever asked."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from identity.errors import IdentityError
from identity.verify_token import verify_token
from tests.identity.hostile_tokens import HOSTILE, HOSTILE_OFFICIALS, Case
from tests.identity.issuer import NOW, TestIssuer, trust

CITIZENS, OFFICIALS = TestIssuer(), TestIssuer(people="officials")


@pytest.mark.parametrize(("code", "case"), HOSTILE.values(), ids=HOSTILE)
async def test_hostile_token_is_refused_for_its_reason(code: str, case: Case) -> None:
    await _refused(CITIZENS, case(CITIZENS), code)


@pytest.mark.parametrize(("code", "case"), HOSTILE_OFFICIALS.values(), ids=HOSTILE_OFFICIALS)
async def test_hostile_officials_token_is_refused_for_its_reason(code: str, case: Case) -> None:
    await _refused(OFFICIALS, case(OFFICIALS), code)


async def _refused(issuer: TestIssuer, token: str, code: str) -> None:
    issuers = trust(issuer)
    assert await verify_token(issuer.mint(), issuers, NOW)  # the honest one passes, so the refusal is the case's
    issuer.fetched.clear()
    with pytest.raises(IdentityError) as refusal:
        await verify_token(token, issuers, NOW)
    assert refusal.value.code == code
    assert all(address.startswith(f"{issuer.issuer}/") for address in issuer.fetched)
    _says_nothing_of(token, refusal.value)


def _says_nothing_of(token: str, refusal: IdentityError) -> None:
    """An error may be logged: neither it nor what it chains to holds a piece of the token."""
    assert refusal.__cause__ is None
    assert refusal.__suppress_context__ or refusal.__context__ is None
    said = f"{refusal} {refusal!r} {vars(refusal)}"
    for secret in ("001194", "Minh Anh", "Thu Hà", "evil", "subject-1"):
        assert secret not in said
    assert all(piece not in said for piece in token.split(".") if len(piece) > 20)


@pytest.mark.parametrize("token", [None, 7, b"a.b.c", ["a.b.c"], {"token": "a.b.c"}])
async def test_what_is_no_text_is_malformed(token: Any) -> None:
    with pytest.raises(IdentityError) as refusal:
        await verify_token(token, trust(CITIZENS), NOW)
    assert refusal.value.code == "malformed_token"


async def test_a_token_of_one_issuer_is_not_taken_for_another_s() -> None:
    """Issuer mix-up: the key of one never speaks for the other, not even under the same key name."""
    ours, theirs = TestIssuer("https://ours.example"), TestIssuer("https://theirs.example", "officials")
    assert ours.key_id == theirs.key_id
    issuers = trust(ours, theirs)
    forged = theirs.mint(iss=ours.issuer, birthdate="1994-03-08", acr="level-2")
    with pytest.raises(IdentityError) as refusal:
        await verify_token(forged, issuers, NOW)
    assert refusal.value.code == "bad_signature"


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
CLAIM_NAMES = st.sampled_from([*TestIssuer().claims(), *TestIssuer(people="officials").claims(), "nbf", "azp", "cnf"])


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


SEGMENTS = st.binary(max_size=60).map(_encoded) | st.sampled_from(TestIssuer().mint().split(".")) | st.text(max_size=20)


async def _only_identity_errors(token: str, issuer: TestIssuer) -> None:
    """Accepted, or refused by a leaf of IdentityError; anything else fails the test by itself."""
    refusal: IdentityError | None = None
    try:
        person = await verify_token(token, trust(issuer), NOW)
        assert person.issuer == issuer.issuer
    except IdentityError as raised:
        refusal = raised
    if refusal is not None:
        assert refusal.code != IdentityError.code
        _says_nothing_of(token, refusal)


@given(st.lists(SEGMENTS, max_size=5).map(".".join) | st.text() | st.binary())
async def test_fuzzed_bytes_let_only_our_errors_out(token: str | bytes) -> None:
    with pytest.raises(IdentityError):
        await verify_token(token, trust(CITIZENS), NOW)  # type: ignore[arg-type]  # bytes on purpose


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(CLAIM_NAMES, JSON_VALUES, max_size=4), st.booleans())
async def test_fuzzed_claims_let_only_our_errors_out(claims: dict[str, Any], official: bool) -> None:
    issuer = OFFICIALS if official else CITIZENS
    await _only_identity_errors(issuer.mint(**claims), issuer)


@given(st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "jwk", "x"]), JSON_VALUES, max_size=3))
async def test_fuzzed_headers_let_only_our_errors_out(header: dict[str, Any]) -> None:
    await _only_identity_errors(CITIZENS.mint(header=header), CITIZENS)


@given(st.binary(max_size=200))
async def test_fuzzed_signed_payloads_are_refused(payload: bytes) -> None:
    with pytest.raises(IdentityError):
        await verify_token(CITIZENS.sign(payload), trust(CITIZENS), NOW)
