"""One table answers for every error: none is forgotten, none is invented, all speak both languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from api import app  # noqa: F401 - loads every package below, and with them every error
from api.errors import ApiError, InternalError
from api.problem_table import BY_SLUG, INTERNAL, PROBLEMS, ProblemType, problem_of
from identity.errors import IdentityError
from issuance.documents.errors import DocumentError
from issuance.errors import IssuanceError
from issuance.fees.errors import FeeError
from signing.errors import PermitAlreadyRedeemed, SigningError
from tests.api.house import House
from verification.verdict import VerificationError

BASES = (ApiError, IdentityError, IssuanceError, DocumentError, FeeError, SigningError, VerificationError)


def leaves(kind: type[Exception]) -> Iterator[type[Exception]]:
    below = kind.__subclasses__()
    if not below:
        yield kind
    for one in below:
        yield from leaves(one)


def test_the_table_holds_every_leaf_and_nothing_else() -> None:
    assert set(PROBLEMS) == {leaf for base in BASES for leaf in leaves(base)}


def test_one_address_means_one_thing() -> None:
    for_callers = [kind for kind in PROBLEMS.values() if kind.status != INTERNAL]

    assert [slug for slug, count in Counter(one.slug for one in for_callers).items() if count > 1] == []
    assert len(BY_SLUG) == len(for_callers) + 1


def test_faults_of_ours_look_alike() -> None:
    """Which part failed is no caller's business; and whatever is answered with 500 is said to be our fault."""
    faults = {error: kind for error, kind in PROBLEMS.items() if kind.status == INTERNAL}

    assert len(faults) > 20
    assert set(faults.values()) == {PROBLEMS[InternalError]}
    assert PermitAlreadyRedeemed in faults


async def test_the_page_of_problems_names_each_once(house: House) -> None:
    page = (await house.get("/problems")).text

    assert page.count('class="problem"') == len(BY_SLUG)
    assert page.count("The service has failed") == 1
    assert "permit" not in page
    assert (await house.get("/problems/permit-already-redeemed")).status_code == 404


@pytest.mark.parametrize("kind", BY_SLUG.values(), ids=lambda kind: kind.slug)
def test_words_are_there_in_both_languages(kind: ProblemType) -> None:
    for label in (kind.title, *([kind.advice] if kind.advice else [])):
        assert label.vi.strip()
        assert label.en.strip()
        assert label.en.isascii() or "“" in label.en
    assert 400 <= kind.status <= 599
    assert kind.slug == kind.slug.lower()
    assert "_" not in kind.slug


def test_a_token_s_refusal_is_called_here_as_the_verifier_calls_it() -> None:
    refusals = [error for error in leaves(IdentityError) if issubclass(error, IdentityError)]

    assert [PROBLEMS[error].code for error in refusals] == [error.code for error in refusals]


def test_what_comes_unforeseen_is_our_fault() -> None:
    assert problem_of(RuntimeError()).code == "internal_error"
    assert problem_of(RuntimeError()).status == INTERNAL


def test_words_help_with_what_is_wrong() -> None:
    """An app's developer learns what to change, a person what to do first."""
    said = {kind.code: kind.advice.in_language("en") for kind in PROBLEMS.values() if kind.advice is not None}

    for part in ("htm", "htu", "ath", "jti", "Authorization: Bearer"):
        assert part in said["invalid_dpop_proof"]
    assert "Authorization: DPoP" in said["proof_of_possession_required"]
    assert said["level_too_low"].index("Sign in again") < said["level_too_low"].index("police")
    assert "agencies" in said["wrong_kind_of_person"]
