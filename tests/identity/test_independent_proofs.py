"""Tokens that a real provider binds to a key, with proofs by a library that nobody here wrote (RFC 9449)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from identity.citizen import Verified
from identity.errors import (
    InvalidProofOfPossession,
    ProofAlreadyUsed,
    ProofNonceNeeded,
    ProofOfPossessionRequired,
)
from identity.proof_of_possession import BEARER, Presentation, ProofNonces, ProofRules
from identity.trusted_issuers import TrustedIssuers
from identity.verify_token import require_citizen, require_machine, verify_token
from tests.identity.independent_provider import (
    IndependentHolder,
    IndependentProvider,
    independent_holder,
    independent_provider,
)
from tests.identity.independent_sign_in import Granted, client_credentials, sign_in

METHOD, ADDRESS = "POST", "https://condau.example/v1/applications"


@pytest.fixture(scope="module", params=["jwt", "opaque"])
def provider(request: pytest.FixtureRequest) -> Iterator[IndependentProvider]:
    with independent_provider(access_tokens=request.param) as running:
        yield running


@pytest.fixture(scope="module", params=["ES256", "RS256", "PS256", "Ed25519"])
def holder(request: pytest.FixtureRequest) -> Iterator[IndependentHolder]:
    with independent_holder(request.param) as running:
        yield running


@pytest.fixture(scope="module")
def bound(provider: IndependentProvider, holder: IndependentHolder) -> Granted:
    """A person's token that the provider bound to the holder's key."""
    return sign_in(provider, holder=holder)


def believing(provider: IndependentProvider, rules: ProofRules | None = None, **settings: object) -> TrustedIssuers:
    kinds = ("jwt_access_token", "opaque_access_token")
    return TrustedIssuers([provider.trusted(token_kinds=kinds, **settings)], proofs=rules or ProofRules())


def proven(proof: str | None, method: str = METHOD, address: str = ADDRESS) -> Presentation:
    return Presentation(scheme="dpop", proof=proof, method=method, address=address)


async def verify(granted: Granted, issuers: TrustedIssuers, presented: Presentation, at: datetime) -> Verified:
    return await verify_token(granted.access_token, issuers, at, presented)


async def test_a_bound_token_with_its_proof_is_accepted_once(
    provider: IndependentProvider, holder: IndependentHolder, bound: Granted
) -> None:
    assert bound.token_type == "DPoP"
    issuers = believing(provider)
    presented = proven(holder.prove(METHOD, ADDRESS, bound.access_token))
    assert require_citizen(await verify(bound, issuers, presented, bound.at)).subject == "minh-anh"
    with pytest.raises(ProofAlreadyUsed):
        await verify(bound, issuers, presented, bound.at)


async def test_the_same_token_as_bearer_is_refused(
    provider: IndependentProvider, holder: IndependentHolder, bound: Granted
) -> None:
    proof = holder.prove(METHOD, ADDRESS, bound.access_token)
    as_bearer = Presentation(scheme="bearer", proof=proof, method=METHOD, address=ADDRESS)
    for presented in (BEARER, as_bearer, proven(None)):
        with pytest.raises(ProofOfPossessionRequired):
            await verify(bound, believing(provider), presented, bound.at)


async def test_a_proof_for_something_else_is_refused(
    provider: IndependentProvider, holder: IndependentHolder, bound: Granted
) -> None:
    issuers = believing(provider)
    token = bound.access_token
    with independent_holder() as thief:
        proofs = [
            thief.prove(METHOD, ADDRESS, token),
            holder.prove("GET", ADDRESS, token),
            holder.prove(METHOD, f"{ADDRESS}/1", token),
            holder.prove(METHOD, ADDRESS, token + "x"),
            holder.prove(METHOD, ADDRESS),
        ]
    for proof in proofs:
        with pytest.raises(InvalidProofOfPossession):
            await verify(bound, issuers, proven(proof), bound.at)


async def test_a_proof_for_an_unbound_token_is_refused(
    provider: IndependentProvider, holder: IndependentHolder
) -> None:
    granted = sign_in(provider)
    presented = proven(holder.prove(METHOD, ADDRESS, granted.access_token))
    with pytest.raises(InvalidProofOfPossession):
        await verify(granted, believing(provider), presented, granted.at)
    assert await verify(granted, believing(provider), BEARER, granted.at)


async def test_a_proof_repeats_our_nonce(
    provider: IndependentProvider, holder: IndependentHolder, bound: Granted
) -> None:
    issuers = believing(provider, ProofRules(nonces=ProofNonces(b"only for tests, 32 bytes or more")))
    with pytest.raises(ProofNonceNeeded) as refusal:
        await verify(bound, issuers, proven(holder.prove(METHOD, ADDRESS, bound.access_token)), bound.at)
    proof = holder.prove(METHOD, ADDRESS, bound.access_token, refusal.value.nonce)
    assert await verify(bound, issuers, proven(proof), bound.at)


async def test_a_machines_token_can_be_bound(provider: IndependentProvider, holder: IndependentHolder) -> None:
    granted = client_credentials(provider, holder)
    issuers = believing(provider, people="machines", levels={})
    presented = proven(holder.prove(METHOD, ADDRESS, granted.access_token))
    assert require_machine(await verify(granted, issuers, presented, granted.at)).client_id == "agency"
    with pytest.raises(ProofOfPossessionRequired):
        await verify(granted, issuers, BEARER, granted.at)
