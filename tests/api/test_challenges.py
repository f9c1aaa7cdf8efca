"""Every refusal of a person or an application says what would be accepted, in the words of the standards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from api.challenge import add_challenges, challenges
from api.errors import AccessTokenMissing, AuthorizationAmbiguous
from api.problem_table import PROBLEMS
from identity.citizen import AssuranceLevel
from identity.errors import (
    AuthenticationTooOld,
    IdentityError,
    InvalidClaim,
    LevelTooLow,
    MissingClaim,
    ProofNonceNeeded,
    ScopeMissing,
    SessionEnded,
)
from identity.proof_of_possession import PROOF_ALGORITHMS
from tests.api.challenge_fields import challenges_of, read_challenges
from tests.api.house import House
from tests.identity.issuer import OMIT, TestIssuer, trust
from tests.identity.proofs import ProofHolder
from tests.issuance.office import INPUT, TYPE

ISSUERS = trust(TestIssuer())
_MADE: dict[type[Exception], Callable[[], Exception]] = {
    LevelTooLow: lambda: LevelTooLow(AssuranceLevel.LEVEL_2, AssuranceLevel.LEVEL_1, "https://issuer.example"),
    AuthenticationTooOld: lambda: AuthenticationTooOld(300),
    ScopeMissing: lambda: ScopeMissing("desk"),
    ProofNonceNeeded: lambda: ProofNonceNeeded("a-nonce"),
    MissingClaim: lambda: MissingClaim("sub"),
    InvalidClaim: lambda: InvalidClaim("sub"),
}
REFUSED_PEOPLE = [error for error, kind in PROBLEMS.items() if kind.status in (401, 403)]
EXPECTED = {
    "access_token_missing": None,
    "session_ended": None,
    "invalid_dpop_proof": "invalid_dpop_proof",
    "dpop_proof_already_used": "invalid_dpop_proof",
    "use_dpop_nonce": "use_dpop_nonce",
    "level_too_low": "insufficient_user_authentication",
    "authentication_too_old": "insufficient_user_authentication",
}


def made(error: type[Exception]) -> Exception:
    return _MADE.get(error, error)()


@pytest.mark.parametrize("scheme", ["Bearer", "DPoP"])
@pytest.mark.parametrize("error", REFUSED_PEOPLE, ids=lambda error: error.__name__)
def test_every_401_and_403_carries_both_challenges_and_one_error_at_most(error: type[Exception], scheme: str) -> None:
    kind = PROBLEMS[error]
    found = read_challenges(challenges(made(error), kind.status, scheme, ISSUERS))

    assert list(found) == ["Bearer", "DPoP"]
    assert all(one["realm"] == "condau" for one in found.values())
    assert found["DPoP"]["algs"].split() == list(PROOF_ALGORITHMS)
    said = {name: one["error"] for name, one in found.items() if "error" in one}
    if kind.status == 403:
        expected = "insufficient_scope" if error is ScopeMissing else None
    else:
        expected = EXPECTED.get(kind.code, "invalid_token")
    assert list(said.values()) == ([expected] if expected else [])
    if expected:
        about_proof = expected in ("invalid_dpop_proof", "use_dpop_nonce")
        assert list(said) == ["DPoP" if about_proof else scheme]


def test_the_table_has_refusals_of_people_to_look_at() -> None:
    assert len(REFUSED_PEOPLE) > 30
    assert {ScopeMissing, LevelTooLow, SessionEnded, AccessTokenMissing} < set(REFUSED_PEOPLE)


@pytest.mark.parametrize("error", [e for e, kind in PROBLEMS.items() if kind.status not in (401, 403)])
def test_what_has_nothing_to_do_with_who_asks_challenges_nobody(error: type[Exception]) -> None:
    if error is not AuthorizationAmbiguous:
        assert challenges(error.__new__(error), PROBLEMS[error].status, "Bearer", ISSUERS) == []


def test_descriptions_are_fixed_sentences() -> None:
    """No message that was given to an error, and no name that it holds, comes into a header."""
    for error in (IdentityError("from a token"), MissingClaim("from a token"), InvalidClaim("from a token")):
        assert "from a token" not in "".join(challenges(error, 401, "Bearer", ISSUERS))


def test_levels_are_asked_for_in_the_issuers_own_words_the_best_first() -> None:
    issuers = trust(
        TestIssuer(
            levels={
                "urn:low": AssuranceLevel.LEVEL_1,
                "urn:high": AssuranceLevel.LEVEL_2,
                'un"writable': AssuranceLevel.LEVEL_2,
                "two words": AssuranceLevel.LEVEL_2,
            }
        )
    )

    def values(required: AssuranceLevel, issuer: str = "https://issuer.example") -> str | None:
        error = LevelTooLow(required, AssuranceLevel.LEVEL_1, issuer)
        return read_challenges(challenges(error, 401, "DPoP", issuers))["DPoP"].get("acr_values")

    assert values(AssuranceLevel.LEVEL_2) == "urn:high"
    assert values(AssuranceLevel.LEVEL_1) == "urn:high urn:low"
    assert values(AssuranceLevel.LEVEL_2, "https://gone.example") is None


def test_a_nonce_is_told_in_its_own_header() -> None:
    response = Response()
    request = Request({"type": "http", "headers": [(b"authorization", b"dpop x")]})
    add_challenges(response, request, ProofNonceNeeded("a-nonce"), 401, ISSUERS)

    assert response.headers["dpop-nonce"] == "a-nonce"
    assert len(response.headers.getlist("www-authenticate")) == 2


async def test_a_level_that_does_not_suffice_over_http(house: House) -> None:
    answer = await house.post("/v1/applications", house.citizen(acr="level-1"), json={"type": TYPE, "input": INPUT})

    assert answer.status_code == 401
    assert challenges_of(answer)["Bearer"] == {
        "realm": "condau",
        "error": "insufficient_user_authentication",
        "error_description": "A higher level of electronic identification is needed.",
        "acr_values": "level-2",
    }


async def test_a_missing_scope_over_http(house: House) -> None:
    answer = await house.get("/v1/applications", house.citizen(scope="applications:write openid"))
    said = challenges_of(answer)["Bearer"]

    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert (said["error"], said["scope"]) == ("insufficient_scope", "applications:read")


async def test_without_a_token_the_ways_in_are_named_and_no_error(house: House) -> None:
    answer = await house.get("/v1/applications")

    assert answer.status_code == 401
    assert challenges_of(answer) == {
        "Bearer": {"realm": "condau"},
        "DPoP": {"realm": "condau", "algs": " ".join(PROOF_ALGORITHMS)},
    }


REFUSED: list[tuple[str, dict[str, Any], int, str, str | None]] = [
    ("a stranger's issuer", {"iss": "https://evil.example"}, 401, "untrusted_issuer", "invalid_token"),
    ("expired", {"iat": 1_000, "exp": 2_000}, 401, "token_expired", "invalid_token"),
    ("another service's", {"aud": "https://other.example"}, 401, "wrong_audience", "invalid_token"),
    ("without subject", {"sub": OMIT}, 401, "missing_claim", "invalid_token"),
    ("an unknown level", {"acr": "level-9"}, 401, "invalid_claim", "invalid_token"),
    ("bound, without proof", {"cnf": {"jkt": "x" * 43}}, 401, "proof_of_possession_required", "invalid_token"),
    ("bound in another way", {"cnf": {"x5t#S256": "x" * 43}}, 401, "unknown_confirmation", "invalid_token"),
    ("an unregistered app", {"client_id": "stray"}, 403, "unknown_client", None),
    ("no scope at all", {"scope": OMIT}, 403, "scope_missing", "insufficient_scope"),
]


@pytest.mark.parametrize(
    ("claims", "status", "code", "error"), [one[1:] for one in REFUSED], ids=[r[0] for r in REFUSED]
)
async def test_refused_tokens_over_http(
    house: House, claims: dict[str, Any], status: int, code: str, error: str | None
) -> None:
    answer = await house.get("/v1/applications", house.citizen(**claims))

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert challenges_of(answer)["Bearer"].get("error") == error
    assert "error" not in challenges_of(answer)["DPoP"]


async def test_the_error_stands_at_the_scheme_that_was_used(house: House) -> None:
    headers = house.proven(ProofHolder(), "GET", "/v1/applications")
    house.office.at = house.office.at.replace(year=2025)
    said = challenges_of(await house.get("/v1/applications", headers))

    assert said["DPoP"]["error"] == "invalid_token"
    assert "error" not in said["Bearer"]
