"""Tokens that are bound to a key, over HTTP: `Authorization: DPoP` and the proof beside it (RFC 9449 section 7)."""

from __future__ import annotations

from typing import Any

import pytest

from identity.proof_nonces import ProofNonces
from identity.proof_of_possession import ProofRules
from tests.api.challenge_fields import challenges_of
from tests.api.house import House
from tests.identity.issuer import OMIT
from tests.identity.proofs import ProofHolder
from tests.issuance.office import INPUT, TYPE

LIST = "/v1/applications"


async def test_a_bound_token_with_its_proof_is_accepted(house: House) -> None:
    holder = ProofHolder()
    listed = await house.get(LIST + "?limit=2", house.proven(holder, "GET", LIST))
    created = await house.post(LIST, house.proven(holder, "POST", LIST), json={"type": TYPE, "input": INPUT})

    assert (listed.status_code, created.status_code) == (200, 201)
    shown = created.headers["location"]
    assert (await house.get(shown, house.proven(holder, "GET", shown))).status_code == 200


async def test_an_address_counts_as_it_was_sent(house: House) -> None:
    """An escaped colon names another resource than a colon; what the server makes of a path is not what was signed."""
    holder = ProofHolder()
    sent = "/v1/applications/a%3Ab"
    right = await house.get(sent, house.proven(holder, "GET", sent))
    wrong = await house.get(sent, house.proven(holder, "GET", "/v1/applications/a:b"))

    assert (right.status_code, right.json()["code"]) == (404, "application_not_found")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_dpop_proof")


@pytest.mark.parametrize(
    ("method", "path", "changed"),
    [
        ("POST", LIST, {}),
        ("GET", "/v1/services", {}),
        ("GET", LIST, {"htu": "https://elsewhere.example/v1/applications"}),
        ("GET", LIST, {"ath": "x"}),
        ("GET", LIST, {"jti": OMIT}),
        ("GET", LIST, {"iat": 1_000}),
    ],
)
async def test_a_proof_of_something_else_is_refused(
    house: House, method: str, path: str, changed: dict[str, Any]
) -> None:
    answer = await house.get(LIST, house.proven(ProofHolder(), method, path, **changed))

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_dpop_proof")
    assert challenges_of(answer)["DPoP"]["error"] == "invalid_dpop_proof"


async def test_a_proof_counts_once(house: House) -> None:
    headers = house.proven(ProofHolder(), "GET", LIST)

    assert (await house.get(LIST, headers)).status_code == 200
    again = await house.get(LIST, headers)
    assert (again.status_code, again.json()["code"]) == (401, "dpop_proof_already_used")


async def test_a_bound_token_is_no_bearer_token_and_the_other_way_round(house: House) -> None:
    bound = house.proven(ProofHolder(), "GET", LIST)
    as_bearer = bound | {"Authorization": bound["Authorization"].replace("DPoP ", "Bearer ")}
    unbound = bound | {"Authorization": house.citizen()["Authorization"].replace("Bearer ", "DPoP ")}

    refused = await house.get(LIST, as_bearer)
    assert (refused.status_code, refused.json()["code"]) == (401, "proof_of_possession_required")
    assert (await house.get(LIST, unbound)).json()["code"] == "invalid_dpop_proof"
    without = await house.get(LIST, {"Authorization": bound["Authorization"]})
    assert without.json()["code"] == "proof_of_possession_required"


async def test_two_proofs_are_none(house: House) -> None:
    """Also beside a token that needs none: somebody tries what passes."""
    for headers in (house.proven(ProofHolder(), "GET", LIST), house.citizen() | {"DPoP": "a.b.c"}):
        fields = [*headers.items(), ("DPoP", headers["DPoP"])]
        answer = await house.client.get(LIST, headers=fields)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_dpop_proof")


async def test_both_schemes_at_once_are_one_too_many(house: House) -> None:
    bound = house.proven(ProofHolder(), "GET", LIST)
    answer = await house.client.get(LIST, headers=[*bound.items(), *house.citizen().items()])

    assert (answer.status_code, answer.json()["code"]) == (400, "authorization_ambiguous")
    assert challenges_of(answer)["DPoP"]["error"] == "invalid_request"


async def test_a_nonce_is_asked_for_told_and_then_accepted_until_it_runs_out(house: House) -> None:
    house.services.issuers.proofs = ProofRules(nonces=ProofNonces(b"n" * 32, lifetime_seconds=300))
    holder = ProofHolder()
    refused = await house.get(LIST, house.proven(holder, "GET", LIST))

    assert (refused.status_code, refused.json()["code"]) == (401, "use_dpop_nonce")
    assert challenges_of(refused)["DPoP"]["error"] == "use_dpop_nonce"
    nonce = refused.headers["dpop-nonce"]
    answered = await house.get(LIST, house.proven(holder, "GET", LIST, nonce=nonce))
    assert answered.status_code == 200
    # The next one comes with the answer, so that nobody has to be refused for it again.
    assert answered.headers["dpop-nonce"] == ProofNonces(b"n" * 32).issue(house.office.at)
    invented = await house.get(LIST, house.proven(holder, "GET", LIST, nonce=nonce[:-1] + "_"))
    assert invented.json()["code"] == "use_dpop_nonce"
    # A token that needs no proof needs no nonce.
    unbound = await house.get(LIST, house.citizen())
    assert unbound.status_code == 200
    assert "dpop-nonce" not in unbound.headers
