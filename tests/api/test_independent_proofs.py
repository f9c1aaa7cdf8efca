"""The API as an application sees it that nobody here wrote: npm oidc-provider's tokens, npm dpop's proofs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from identity.clients import Clients, RegisteredClient
from identity.proof_of_possession import ProofNonces, ProofRules
from identity.trusted_issuers import TrustedIssuers, utc_now
from storage.identity_stores import StoredRedeemed
from storage.runner import Database
from tests.api.challenge_fields import challenges_of
from tests.api.house import PUBLIC_URL, House, open_house
from tests.identity.independent_provider import (
    IndependentHolder,
    IndependentProvider,
    independent_holder,
    independent_provider,
)
from tests.identity.independent_sign_in import sign_in

LIST = "/v1/applications"


@pytest.fixture(scope="module")
def provider() -> Iterator[IndependentProvider]:
    with independent_provider() as running:
        yield running


@pytest.fixture(scope="module")
def holder() -> Iterator[IndependentHolder]:
    with independent_holder("Ed25519") as running:
        yield running


@pytest.fixture
async def house(database: Database, tmp_path: Path, provider: IndependentProvider) -> AsyncIterator[House]:
    """One that believes the provider alone, at the real time, and asks for nonces."""
    app = RegisteredClient(
        issuer=provider.issuer,
        client_id="vneid-app",
        name="VNeID",
        scopes=frozenset({"applications:read"}),
        scopes_from="registration",
    )
    issuers = TrustedIssuers(
        [provider.trusted()],
        redeem=StoredRedeemed(database),
        proofs=ProofRules(nonces=ProofNonces(b"only for tests, 32 bytes or more")),
    )
    async with open_house(database, tmp_path, issuers=issuers, clients=Clients([app]), clock=utc_now) as opened:
        yield opened


async def test_a_bound_token_needs_a_proof_with_our_nonce_for_each_request(
    house: House, provider: IndependentProvider, holder: IndependentHolder
) -> None:
    token = sign_in(provider, holder=holder).access_token

    def headers(nonce: str | None = None) -> dict[str, str]:
        proof = holder.prove("GET", PUBLIC_URL + LIST, token, nonce)
        return {"Authorization": f"DPoP {token}", "DPoP": proof}

    asked = await house.get(LIST, headers())
    assert (asked.status_code, asked.json()["code"]) == (401, "use_dpop_nonce")
    assert challenges_of(asked)["DPoP"]["error"] == "use_dpop_nonce"

    accepted = headers(asked.headers["DPoP-Nonce"])
    listed = await house.get(LIST, accepted)
    assert (listed.status_code, listed.json()["items"]) == (200, [])
    again = await house.get(LIST, accepted)
    assert again.status_code == 401
    assert "DPoP" in challenges_of(again)

    stolen = await house.get(LIST, {"Authorization": f"Bearer {token}"})
    assert (stolen.status_code, stolen.json()["code"]) == (401, "proof_of_possession_required")


async def test_an_unbound_token_is_a_bearers(house: House, provider: IndependentProvider) -> None:
    token = sign_in(provider).access_token
    assert (await house.get(LIST, {"Authorization": f"Bearer {token}"})).status_code == 200
    refused = await house.get(LIST, {"Authorization": f"DPoP {token}"})
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_dpop_proof")
