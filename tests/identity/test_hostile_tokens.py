"""The corpus against every kind of provider: each hostile token is refused, for its own reason, and no address that it
names is ever asked."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from identity.errors import IdentityError
from identity.providers import PROVIDERS
from identity.trusted_issuers import TrustedIssuers
from identity.verify_token import verify_token
from tests.identity import hostile_claims, hostile_keys, hostile_signatures, hostile_tokens
from tests.identity.hostile import Case, Corpus
from tests.identity.hostile_keys import HOSTILE_KEY_ID, HOSTILE_KEY_SETS, Publish
from tests.identity.issuer import NOW, TestIssuer, trust
from tests.identity.providers import ISSUER, OidcHouse, PortalHouse, VneidHouse

SECTIONS: dict[str, Corpus] = {
    "form": hostile_tokens.FORM,
    "json": hostile_tokens.JSON,
    "header": hostile_tokens.HEADER,
    "type": hostile_tokens.TYPE,
    "issuer": hostile_claims.ISSUER,
    "algorithm": hostile_signatures.ALGORITHM,
    "key id": hostile_signatures.KEY_ID,
    "signature": hostile_signatures.SIGNATURE | hostile_signatures.ES256,
    "time": hostile_claims.TIME,
    "audience": hostile_claims.AUDIENCE,
    "person": hostile_claims.PERSON,
}
CORPUS = {f"{section}: {name}": case for section, corpus in SECTIONS.items() for name, case in corpus.items()}


class OnlyJwt(OidcHouse):
    def __init__(self, algorithm: str = "ES256", **changes: Any) -> None:
        super().__init__(algorithm, **{"token_kinds": ("jwt_access_token",)} | changes)


class Old(OnlyJwt):
    """An issuer older than RFC 9068: the type says nothing."""

    def __init__(self) -> None:
        super().__init__(jwt_type="JWT")

    def sign(self, payload: bytes, header: Mapping[str, Any] | None = None) -> str:
        return super().sign(payload, {"typ": "JWT"} | dict(header or {}))


class Portal(PortalHouse):
    """The portal, told in standard words what to say in its own."""

    def __init__(self) -> None:
        super().__init__(token_kinds=("jwt_access_token",))

    def claims(self, at: Any = NOW, **overrides: Any) -> dict[str, Any]:
        if "birthdate" in overrides:
            overrides["birthdate"] = _other_form(overrides["birthdate"])
        return super().claims(at, **{self.names.get(name, name): value for name, value in overrides.items()})


def _other_form(value: Any) -> Any:
    """A date that is good, but for its form, is so in the other form as well; anything else stays as it is."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return value.replace("-", "")
    if isinstance(value, str) and re.fullmatch(r"[0-9]{8}", value):
        return f"{value[:4]}-{value[4:6]}-{value[6:]}"
    return value


JWT, OLD, PORTAL, BOTH = OnlyJwt(), Old(), Portal(), OidcHouse()
CITIZENS, OFFICIALS = TestIssuer(), TestIssuer(people="officials")


@pytest.mark.parametrize(("code", "case"), CORPUS.values(), ids=CORPUS)
async def test_hostile_token_is_refused_for_its_reason(code: str, case: Case) -> None:
    await _refused(JWT, case(JWT), code)


@pytest.mark.parametrize("section", SECTIONS)
async def test_the_portal_refuses_them_all(section: str) -> None:
    issuers = PORTAL.issuers()
    assert await verify_token(PORTAL.mint(), issuers, NOW)
    for name, (code, case) in SECTIONS[section].items():
        assert (name, await _code_of(case(PORTAL), issuers)) == (name, code)
    assert await verify_token(PORTAL.mint(), issuers, NOW)
    _nobody_else_was_asked(PORTAL)


@pytest.mark.parametrize(("code", "case"), hostile_claims.OFFICIAL.values(), ids=hostile_claims.OFFICIAL)
async def test_hostile_officials_token_is_refused_for_its_reason(code: str, case: Case) -> None:
    await _refused(OFFICIALS, case(OFFICIALS), code)


# where the type says nothing, these are honest, or are refused for what they look like instead
ELSEWHERE = {"no typ": "accepted", "typ of an ID token": "accepted", "aud is the client": "wrong_token_type"}


@pytest.mark.parametrize("section", SECTIONS)
async def test_an_old_issuer_refuses_them_all(section: str) -> None:
    issuers = OLD.issuers()
    for name, (code, case) in SECTIONS[section].items():
        expected = ELSEWHERE.get(name, code)
        assert (name, await _code_of(case(OLD), issuers)) == (name, expected)
    assert await verify_token(OLD.mint(), issuers, NOW)
    _nobody_else_was_asked(OLD)


@pytest.mark.parametrize("section", SECTIONS)
async def test_an_issuer_of_opaque_tokens_is_never_shown_a_jwt(section: str) -> None:
    """What looks like an opaque token is asked about, and not active; all the rest is refused as elsewhere."""
    issuers = BOTH.issuers()
    for name, (code, case) in SECTIONS[section].items():
        token = case(BOTH)
        opaque = re.fullmatch(r"(?!eyJ.*[.])[A-Za-z0-9_~+/-]+[.]?[A-Za-z0-9_~+/-]*=*", token) and len(token) <= 8192
        BOTH.asked.clear()
        assert (name, await _code_of(token, issuers)) == (name, "token_not_active" if opaque else code)
        shown = [dict(ask.form or {}).get("token") for ask in BOTH.asked if ask.address.endswith("/introspection")]
        assert shown == ([token] if opaque else [])
        _nobody_else_was_asked(BOTH)


@pytest.mark.parametrize("section", SECTIONS)
async def test_no_bearer_token_is_evidence_of_vneid(section: str) -> None:
    """Whatever is brought in its name: refused by the wall, or as a kind of evidence that it isn't. Nobody is asked."""
    house, signer = VneidHouse(), TestIssuer(ISSUER)
    issuers = house.issuers()
    for name, (code, case) in SECTIONS[section].items():
        wall = section in ("form", "json", "header", "issuer") and not _says_when(name)
        expected = code if wall or code == "malformed_token" else "token_kind_not_accepted"
        assert (name, await _code_of(case(signer), issuers)) == (name, expected)
    assert not house.asked


def _says_when(name: str) -> bool:
    """The one case among those of JSON that is good JSON: a time that no reader of times accepts."""
    return name == "a huge exponent, read as infinity"


async def test_an_honest_looking_bearer_token_is_no_evidence_of_vneid() -> None:
    with pytest.raises(IdentityError) as refusal:
        await verify_token(TestIssuer(ISSUER).mint(), VneidHouse().issuers(), NOW)
    assert refusal.value.code == "token_kind_not_accepted"


BY_ALGORITHM = [
    pytest.param(algorithm, code, case, id=f"{algorithm}: {name}")
    for algorithm, corpus in hostile_signatures.BY_ALGORITHM.items()
    for name, (code, case) in (hostile_signatures.SIGNATURE | corpus).items()
]
SIGNERS = {algorithm: OnlyJwt(algorithm) for algorithm in hostile_signatures.BY_ALGORITHM}


@pytest.mark.parametrize(("algorithm", "code", "case"), BY_ALGORITHM)
async def test_hostile_signature_is_refused(algorithm: str, code: str, case: Case) -> None:
    await _refused(SIGNERS[algorithm], case(SIGNERS[algorithm]), code)


KEYS = [
    pytest.param(algorithm, code, publish, id=f"{algorithm}: {name}")
    for algorithm, keys in hostile_keys.BY_ALGORITHM.items()
    for name, (code, publish) in keys.items()
]


@pytest.mark.parametrize(("algorithm", "code", "publish"), KEYS)
async def test_hostile_key_is_never_used(algorithm: str, code: str, publish: Publish) -> None:
    """The honest key beside it still serves."""
    issuer = OnlyJwt(algorithm)
    honest = issuer.mint()
    issuer.jwks["keys"] += publish(issuer)
    issuers = issuer.issuers()
    assert await verify_token(honest, issuers, NOW)
    with pytest.raises(IdentityError) as refusal:
        await verify_token(_signed_somehow(issuer), issuers, NOW)
    assert refusal.value.code == code
    _nobody_else_was_asked(issuer)


def _signed_somehow(issuer: TestIssuer) -> str:
    """By the hostile key; where it is of another kind than the algorithm, by a signature of nothing."""
    try:
        return issuer.mint(header={"kid": HOSTILE_KEY_ID})
    except (TypeError, AttributeError):
        head, payload, _ = OnlyJwt(issuer.algorithm).mint(header={"kid": HOSTILE_KEY_ID}).split(".")
        return f"{head}.{payload}.{'A' * 86}"


@pytest.mark.parametrize("name", [n for n in hostile_keys.OKP if n.startswith("small order")])
async def test_a_key_of_small_order_would_verify_what_nobody_signed(name: str) -> None:
    """Why such keys are refused: with the signature (1, 0) they verify some messages, and two of them all."""
    issuer = OnlyJwt("EdDSA")
    issuer.jwks["keys"] += hostile_keys.OKP[name][1](issuer)
    for attempt in range(8):
        head, payload, _ = issuer.mint(header={"kid": HOSTILE_KEY_ID}, jti=f"jti-{attempt}").split(".")
        forged = base64.urlsafe_b64encode(b"\1" + bytes(63)).rstrip(b"=").decode()
        with pytest.raises(IdentityError) as refusal:
            await verify_token(f"{head}.{payload}.{forged}", issuer.issuers(), NOW)
        assert refusal.value.code == "unusable_key"


@pytest.mark.parametrize("raw", HOSTILE_KEY_SETS.values(), ids=HOSTILE_KEY_SETS)
async def test_a_hostile_key_set_is_no_key_set(raw: bytes) -> None:
    issuer = OnlyJwt()
    issuer.told["jwks"] = raw
    with pytest.raises(IdentityError) as refusal:
        await verify_token(issuer.mint(), issuer.issuers(), NOW)
    assert refusal.value.code == "provider_unavailable"
    _nobody_else_was_asked(issuer)


def test_the_corpus_is_as_large_as_it_should_be_and_covers_every_kind() -> None:
    assert len(CORPUS) >= 150
    assert {"oidc", "national_portal", "vneid"} == PROVIDERS.keys(), "a new kind needs its run of the corpus above"


async def _code_of(token: str, issuers: TrustedIssuers) -> str:
    """The code of the refusal, which says nothing of the token."""
    try:
        await verify_token(token, issuers, NOW)
    except IdentityError as refusal:
        raised = refusal
    else:
        return "accepted"
    _says_nothing_of(token, raised)
    return raised.code


async def _refused(issuer: TestIssuer, token: str, code: str) -> None:
    issuers = _issuers(issuer)
    assert await verify_token(issuer.mint(), issuers, NOW)  # the honest one passes, so the refusal is the case's
    issuer.fetched.clear()
    with pytest.raises(IdentityError) as refusal:
        await verify_token(token, issuers, NOW)
    assert refusal.value.code == code
    _nobody_else_was_asked(issuer)
    _says_nothing_of(token, refusal.value)


def _issuers(issuer: TestIssuer) -> TrustedIssuers:
    return issuer.issuers() if isinstance(issuer, OidcHouse) else trust(issuer)


def _nobody_else_was_asked(issuer: TestIssuer) -> None:
    asked = [*issuer.fetched, *(ask.address for ask in getattr(issuer, "asked", ()))]
    assert {urlsplit(address).netloc for address in asked} <= {urlsplit(issuer.issuer).netloc}


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


@settings(deadline=None)
@given(st.lists(SEGMENTS, max_size=5).map(".".join) | st.text() | st.binary())
async def test_fuzzed_bytes_let_only_our_errors_out(token: str | bytes) -> None:
    with pytest.raises(IdentityError):
        await verify_token(token, trust(CITIZENS), NOW)  # type: ignore[arg-type]  # bytes on purpose


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.dictionaries(CLAIM_NAMES, JSON_VALUES, max_size=4), st.booleans())
async def test_fuzzed_claims_let_only_our_errors_out(claims: dict[str, Any], official: bool) -> None:
    issuer = OFFICIALS if official else CITIZENS
    await _only_identity_errors(issuer.mint(**claims), issuer)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "jwk", "x"]), JSON_VALUES, max_size=3))
async def test_fuzzed_headers_let_only_our_errors_out(header: dict[str, Any]) -> None:
    await _only_identity_errors(CITIZENS.mint(header=header), CITIZENS)


@settings(deadline=None)
@given(st.binary(max_size=200))
async def test_fuzzed_signed_payloads_are_refused(payload: bytes) -> None:
    with pytest.raises(IdentityError):
        await verify_token(CITIZENS.sign(payload), trust(CITIZENS), NOW)
