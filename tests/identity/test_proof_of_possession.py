"""A bound token counts with a fresh proof of its key, once, for one request; hostile proofs are refused."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from identity.citizen import Verified
from identity.errors import (
    IdentityError,
    InvalidProofOfPossession,
    ProofAlreadyUsed,
    ProofNonceNeeded,
    ProofOfPossessionRequired,
    TokenAlreadyUsed,
    UnknownConfirmation,
)
from identity.proof_of_possession import BEARER, PROOF_ALGORITHMS, Presentation, ProofNonces, ProofRules
from identity.replay import InMemoryRedeemed, RedeemOnce
from identity.trusted_issuers import TrustedIssuers
from identity.verify_token import verify_token
from storage.identity_stores import StoredRedeemed
from storage.runner import Database, DatabaseOptions
from tests.identity.hostile_proofs import NONCES, OUT_OF_TIME, PROOFS, Case
from tests.identity.issuer import NOW, TestIssuer, encode
from tests.identity.proofs import ADDRESS, METHOD, ProofHolder, presented

ISSUER, HOLDER = TestIssuer(), ProofHolder()
SECRET = b"only for tests, 32 bytes or more"


def believing(
    issuer: TestIssuer = ISSUER, rules: ProofRules | None = None, redeem: RedeemOnce | None = None
) -> TrustedIssuers:
    return TrustedIssuers([issuer.trusted], fetch=issuer.fetch, redeem=redeem, proofs=rules or ProofRules())


async def verify(
    token: str, presentation: Presentation, issuers: TrustedIssuers | None = None, at: datetime = NOW
) -> Verified:
    return await verify_token(token, issuers or believing(), at, presentation)


# what is accepted


@pytest.mark.parametrize("algorithm", PROOF_ALGORITHMS)
async def test_a_bound_token_with_its_proof_is_accepted(algorithm: str) -> None:
    holder = ProofHolder(algorithm)
    token = ISSUER.mint(cnf=holder.confirmation)
    assert (await verify(token, holder.present(token))).issuer == ISSUER.issuer


@pytest.mark.parametrize(
    "written",
    [
        "HTTPS://CONDAU.example:443/v1/applications",
        "https://condau.example/v1/%61pplications",
        "https://condau.example/v1/x/../applications",
        "https://condau.example/./v1/applications?page=2#top",
    ],
)
async def test_the_same_address_may_be_written_differently(written: str) -> None:
    token = ISSUER.mint(cnf=HOLDER.confirmation)
    assert await verify(token, HOLDER.present(token, htu=written))


async def test_harmless_members_and_claims_are_let_through() -> None:
    token = ISSUER.mint(cnf=HOLDER.confirmation)
    jwk = HOLDER.jwk | {"kid": "mine", "use": "sig", "alg": "ES256", "key_ops": ["verify"]}
    claims = {"exp": int(NOW.timestamp()) + 60, "nbf": int(NOW.timestamp()), "nonce": "of another server", "extra": [1]}
    assert await verify(token, presented(HOLDER.prove(token, header={"jwk": jwk}, **claims)))


async def test_time_has_its_leeway_and_no_more() -> None:
    token, issuers = ISSUER.mint(cnf=HOLDER.confirmation), believing()
    for early, late in ((-30, 90),):
        assert await verify(token, HOLDER.present(token), issuers, NOW + timedelta(seconds=early))
        assert await verify(token, HOLDER.present(token), issuers, NOW + timedelta(seconds=late))
        for outside in (early - 1, late + 1):
            with pytest.raises(InvalidProofOfPossession):
                await verify(token, HOLDER.present(token), issuers, NOW + timedelta(seconds=outside))


# how it is brought


async def test_a_bound_token_alone_is_refused() -> None:
    token = ISSUER.mint(cnf=HOLDER.confirmation)
    proof = HOLDER.prove(token)
    as_bearer = Presentation(scheme="bearer", proof=proof, method=METHOD, address=ADDRESS)
    for brought in (BEARER, as_bearer, presented(None)):
        with pytest.raises(ProofOfPossessionRequired):
            await verify(token, brought)
    assert await verify(token, presented(proof))  # and none of those used the proof up


async def test_an_unbound_token_does_not_pass_for_a_bound_one() -> None:
    token = ISSUER.mint()
    assert await verify(token, BEARER)
    with pytest.raises(InvalidProofOfPossession):
        await verify(token, HOLDER.present(token))


@pytest.mark.parametrize(
    "confirmation",
    [
        None,
        {},
        [],
        HOLDER.thumbprint,
        {"x5t#S256": "A" * 43},
        {"jwk": HOLDER.jwk},
        {"jkt": 7},
        {"jkt": None},
        {"jkt": [HOLDER.thumbprint]},
        {"jkt": HOLDER.thumbprint, "x5t#S256": "A" * 43},
    ],
    ids=lambda confirmation: type(confirmation).__name__,
)
async def test_another_confirmation_is_refused_however_it_is_brought(confirmation: object) -> None:
    token = ISSUER.mint(cnf=confirmation)
    for brought in (BEARER, HOLDER.present(token)):
        with pytest.raises(UnknownConfirmation):
            await verify(token, brought)


async def test_a_single_use_token_is_not_used_up_without_the_proof() -> None:
    issuer = TestIssuer(single_use_tokens=True)
    issuers = believing(issuer)
    token = issuer.mint(cnf=HOLDER.confirmation)
    with pytest.raises(InvalidProofOfPossession):
        await verify(token, ProofHolder().present(token), issuers)
    assert await verify(token, HOLDER.present(token), issuers)
    with pytest.raises(TokenAlreadyUsed):
        await verify(token, HOLDER.present(token), issuers)


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("GET", ADDRESS),
        (METHOD, "https://condau.example/v1/officials"),
        (METHOD, "http://condau.example/v1/applications"),
        (METHOD, ""),
        (METHOD, "/v1/applications"),
        ("", ADDRESS),
    ],
)
async def test_a_proof_is_for_one_request(method: str, address: str) -> None:
    token = ISSUER.mint(cnf=HOLDER.confirmation)
    with pytest.raises(InvalidProofOfPossession):
        await verify(token, presented(HOLDER.prove(token), method, address))


async def test_no_proof_is_for_a_request_whose_address_is_not_known() -> None:
    token = ISSUER.mint(cnf=HOLDER.confirmation)
    with pytest.raises(InvalidProofOfPossession):
        await verify(token, presented(HOLDER.prove(token, htu=""), METHOD, ""))


# hostile proofs


@pytest.mark.parametrize(("code", "case"), PROOFS.values(), ids=PROOFS)
@pytest.mark.parametrize("nonces", [None, ProofNonces(SECRET)], ids=["without nonces", "with nonces"])
async def test_hostile_proof_is_refused_for_its_reason(code: str, case: Case, nonces: ProofNonces | None) -> None:
    rules = ProofRules(nonces=nonces)
    token = ISSUER.mint(cnf=HOLDER.confirmation)
    holder = _WithNonce(nonces.issue(NOW) if nonces else None)
    issuers = believing(rules=rules)
    assert await verify(token, holder.present(token), issuers)  # the honest one passes, so the refusal is the case's
    with pytest.raises(IdentityError) as refusal:
        await verify(token, presented(case(holder, token)), issuers)
    assert refusal.value.code == code
    _says_nothing(refusal.value)


@pytest.mark.parametrize(("code", "case"), NONCES.values(), ids=NONCES)
async def test_a_proof_without_a_fresh_nonce_is_told_one(code: str, case: Case) -> None:
    nonces = ProofNonces(SECRET)
    issuers = believing(rules=ProofRules(nonces=nonces))
    token = ISSUER.mint(cnf=HOLDER.confirmation)
    with pytest.raises(ProofNonceNeeded) as refusal:
        await verify(token, presented(case(HOLDER, token)), issuers)
    assert refusal.value.code == code
    assert await verify(token, HOLDER.present(token, nonce=refusal.value.nonce), issuers)


class _WithNonce(ProofHolder):
    """HOLDER's key; a proof repeats the nonce, where there is one."""

    def __init__(self, nonce: str | None) -> None:
        super().__init__()
        self.private_key, self._nonce = HOLDER.private_key, nonce

    def claims(self, token: str, at: datetime = NOW, **overrides: Any) -> dict[str, Any]:
        return super().claims(token, at, **({"nonce": self._nonce} if self._nonce else {}) | overrides)


def _changed(holder: ProofHolder, **members: Any) -> tuple[dict[str, Any], ProofHolder]:
    return holder.jwk | members, holder


def _exponent_of_a_modulus() -> tuple[dict[str, Any], ProofHolder]:
    rsa = ProofHolder("RS256")
    return _changed(rsa, e=rsa.jwk["n"])


def _half_an_edwards_key() -> tuple[dict[str, Any], ProofHolder]:
    edwards = ProofHolder("EdDSA")
    return _changed(edwards, x=edwards.jwk["x"][:22])


# keys that an issuer that does not look may bind a token to, with somebody who signs as if by them
WEAK_KEYS: dict[str, Callable[[], tuple[dict[str, Any], ProofHolder]]] = {
    "RSA of 1,024 bits": lambda: _changed(ProofHolder("RS256", rsa_bits=1024)),
    "RSA with exponent 1": lambda: _changed(ProofHolder("RS256"), e="AQ"),
    "RSA with exponent 3": lambda: _changed(ProofHolder("RS256"), e="Aw"),
    "RSA with an even exponent": lambda: _changed(ProofHolder("RS256"), e="AQAA"),
    "RSA with an exponent as large as a modulus": _exponent_of_a_modulus,
    "RSA with modulus zero": lambda: _changed(ProofHolder("RS256"), n="AA"),
    "a point beside the curve": lambda: _changed(HOLDER, y=HOLDER.jwk["x"]),
    "the point at the origin": lambda: _changed(HOLDER, x="A" * 43, y="A" * 43),
    "a point of another curve": lambda: _changed(ProofHolder("ES384"), crv="P-256"),
    "an unknown curve": lambda: _changed(HOLDER, crv="secp256k1"),
    "coordinates that are numbers": lambda: _changed(HOLDER, x=1, y=2),
    "coordinates that are no base64url": lambda: _changed(HOLDER, x="?" * 43),
    "coordinates beyond ASCII": lambda: _changed(HOLDER, x="ệ" * 43),
    "an Edwards key with half its bytes": _half_an_edwards_key,
    "an Edwards key for key agreement": lambda: _changed(ProofHolder("EdDSA"), crv="X25519"),
    "a shared secret": lambda: ({"kty": "oct", "k": "AAAA"}, HOLDER),
    "a kind that is a list": lambda: _changed(HOLDER, kty=["EC"]),
    "no kind": lambda: ({"k": "AAAA"}, HOLDER),
}


@pytest.mark.parametrize("make", WEAK_KEYS.values(), ids=WEAK_KEYS)
async def test_a_token_bound_to_a_weak_key_is_refused(make: Callable[[], tuple[dict[str, Any], ProofHolder]]) -> None:
    jwk, holder = make()
    members = {name: value for name, value in jwk.items() if name in ("crv", "e", "k", "kty", "n", "x", "y")}
    written = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    token = ISSUER.mint(cnf={"jkt": encode(hashlib.sha256(written.encode()).digest())})
    with pytest.raises(InvalidProofOfPossession):
        await verify(token, presented(holder.prove(token, header={"jwk": jwk})))


def _says_nothing(refusal: IdentityError) -> None:
    """An error may be logged: neither it nor what it chains to holds a piece of the proof."""
    assert refusal.__cause__ is None
    assert refusal.__suppress_context__ or refusal.__context__ is None
    said = f"{refusal} {refusal!r} {vars(refusal)}"
    for piece in ("proof-", "evil", "condau.example", HOLDER.thumbprint, HOLDER.jwk["x"]):
        assert piece not in said


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
BOUND = ISSUER.mint(cnf=HOLDER.confirmation)


async def _only_refused(proof: str) -> None:
    with pytest.raises(IdentityError) as refusal:
        await verify(BOUND, presented(proof))
    assert refusal.value.code == InvalidProofOfPossession.code
    _says_nothing(refusal.value)


@given(st.text() | st.lists(st.sampled_from(HOLDER.prove(BOUND).split(".")) | st.text(max_size=9)).map(".".join))
async def test_fuzzed_text_lets_only_our_errors_out(proof: str) -> None:
    if proof.count(".") == 2 and proof in HOLDER.prove(BOUND):
        return
    await _only_refused(proof)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(["jti", "htm", "htu", "iat", "ath"]), JSON_VALUES, min_size=1))
async def test_fuzzed_claims_let_only_our_errors_out(claims: dict[str, Any]) -> None:
    if set(claims) == {"jti"} and isinstance(claims["jti"], str):
        return  # any bounded text is a good identifier
    await _only_refused(HOLDER.prove(BOUND, **claims))


@given(st.dictionaries(st.sampled_from(["typ", "alg", "jwk", "kid", "x"]), JSON_VALUES, min_size=1))
async def test_fuzzed_headers_let_only_our_errors_out(header: dict[str, Any]) -> None:
    await _only_refused(HOLDER.prove(BOUND, header=header))


@given(st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "d", "n", "e"]), JSON_VALUES, min_size=1))
async def test_fuzzed_keys_let_only_our_errors_out(members: dict[str, Any]) -> None:
    if not members.keys() <= {"n", "e"}:  # those say nothing in an elliptic key
        await _only_refused(HOLDER.prove(BOUND, header={"jwk": HOLDER.jwk | members}))


@given(st.sampled_from(range(3)), st.integers(min_value=0), st.sampled_from("AEIMQUYcgkosw048-_."))
async def test_no_changed_character_is_accepted(segment: int, position: int, sign: str) -> None:
    segments = HOLDER.prove(BOUND).split(".")
    old = segments[segment]
    position %= len(old)
    segments[segment] = old[:position] + sign + old[position + 1 :]
    if segments[segment] != old:
        await _only_refused(".".join(segments))


# nonces


async def test_nonces_are_accepted_by_everyone_with_the_secret() -> None:
    token = ISSUER.mint(cnf=HOLDER.confirmation)
    nonce = ProofNonces(SECRET).issue(NOW)
    same = ProofRules(nonces=ProofNonces(SECRET))
    assert await verify(token, HOLDER.present(token, nonce=nonce), believing(rules=same))
    stranger = ProofRules(nonces=ProofNonces(b"another secret, 32 bytes or more"))
    with pytest.raises(ProofNonceNeeded):
        await verify(token, HOLDER.present(token, nonce=nonce), believing(rules=stranger))


async def test_a_nonce_runs_out() -> None:
    nonces = ProofNonces(SECRET, lifetime_seconds=20)
    issuers = believing(rules=ProofRules(nonces=nonces))
    token = ISSUER.mint(cnf=HOLDER.confirmation)
    nonce = nonces.issue(NOW)
    later = NOW + timedelta(seconds=20)
    assert await verify(token, HOLDER.present(token, later, nonce=nonce), issuers, later)
    later += timedelta(seconds=1)
    with pytest.raises(ProofNonceNeeded):
        await verify(token, HOLDER.present(token, later, nonce=nonce), issuers, later)


@pytest.mark.parametrize(("code", "case"), OUT_OF_TIME.values(), ids=OUT_OF_TIME)
async def test_a_nonce_tells_the_time_where_a_clock_is_wrong(code: str, case: Case) -> None:
    """RFC 9449 section 4.3, check 11: telephones' clocks are often wrong."""
    token = ISSUER.mint(cnf=HOLDER.confirmation)
    with pytest.raises(InvalidProofOfPossession) as refusal:
        await verify(token, presented(case(HOLDER, token)), believing())
    assert refusal.value.code == code
    nonces = ProofNonces(SECRET)
    issuers = believing(rules=ProofRules(nonces=nonces))
    proof = case(_WithNonce(nonces.issue(NOW)), token)
    assert await verify(token, presented(proof), issuers)
    for later in (NOW, NOW + timedelta(seconds=nonces.lifetime_seconds)):
        with pytest.raises(ProofAlreadyUsed):
            await verify(token, presented(proof), issuers, later)


# once


async def test_a_proof_counts_once_for_its_key() -> None:
    issuers = believing()
    token = ISSUER.mint(cnf=HOLDER.confirmation)
    brought = HOLDER.present(token, jti="the-same")
    assert await verify(token, brought, issuers)
    with pytest.raises(ProofAlreadyUsed):
        await verify(token, brought, issuers)
    with pytest.raises(ProofAlreadyUsed):
        await verify(token, HOLDER.present(token, jti="the-same", extra=1), issuers)
    other = ProofHolder()
    token = ISSUER.mint(cnf=other.confirmation)
    assert await verify(token, other.present(token, jti="the-same"), issuers)


async def test_a_used_proof_is_kept_for_longer_than_it_could_be_accepted() -> None:
    kept: list[datetime] = []

    async def redeem(_: bytes, until: datetime) -> bool:
        kept.append(until)
        return True

    token = ISSUER.mint(cnf=HOLDER.confirmation)
    rules = ProofRules(max_age_seconds=45, leeway_seconds=15)
    last = NOW + timedelta(seconds=60)
    assert await verify(token, HOLDER.present(token), believing(rules=rules, redeem=redeem), last)
    with pytest.raises(InvalidProofOfPossession):
        await verify(token, HOLDER.present(token), believing(rules=rules), last + timedelta(seconds=1))
    assert kept[0] > last + timedelta(seconds=1)


@pytest.mark.parametrize("rules", [{"max_age_seconds": 0}, {"leeway_seconds": -1}, {"leeway_seconds": 301}])
def test_rules_that_make_no_sense_are_refused(rules: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        ProofRules(**rules)  # type: ignore[arg-type]  # both are numbers


REPLAYS, THREADS = 1_000, 32


def _accepted_replays(redeem_of_a_thread: Callable[[], tuple[RedeemOnce, Callable[[], Awaitable[None]]]]) -> int:
    """How often one proof is accepted by threads that begin at once, each with an event loop and a view of its own."""
    token = ISSUER.mint(cnf=HOLDER.confirmation)
    brought = HOLDER.present(token)
    ready = threading.Barrier(THREADS)

    async def replay(times: int) -> int:
        redeem, close = redeem_of_a_thread()
        issuers = believing(redeem=redeem)
        accepted = 0
        try:
            ready.wait(60)
            for _ in range(times):
                with contextlib.suppress(ProofAlreadyUsed):
                    await verify(token, brought, issuers)
                    accepted += 1
        finally:
            await close()
        return accepted

    shares = [len(range(thread, REPLAYS, THREADS)) for thread in range(THREADS)]
    assert sum(shares) == REPLAYS
    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(lambda times: asyncio.run(replay(times)), shares))


def test_of_1_000_replays_of_a_proof_in_32_threads_one_is_accepted(database_url: str) -> None:
    """As many processes would: each with connections of its own."""

    def redeem() -> tuple[RedeemOnce, Callable[[], Awaitable[None]]]:
        options = DatabaseOptions(pool_size=1, worker_pool_size=1)
        database = Database(database_url, clock=lambda: NOW, options=options)
        return StoredRedeemed(database), database.dispose

    assert _accepted_replays(redeem) == 1


def test_of_1_000_replays_of_a_proof_in_32_threads_one_is_accepted_without_a_database() -> None:
    shared = InMemoryRedeemed(lambda: NOW)

    async def close() -> None:
        """Nothing was opened."""

    assert _accepted_replays(lambda: (shared, close)) == 1
