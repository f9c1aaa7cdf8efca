"""One table answers for every error: none is forgotten, none is invented, all speak both languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from api import app  # noqa: F401 - loads every package below, and with them every error
from api.errors import ApiError
from api.problem_table import BY_SLUG, INTERNAL, PROBLEMS, ProblemType, problem_of
from identity.errors import IdentityError
from issuance.documents.errors import DocumentError
from issuance.errors import IssuanceError
from issuance.fees.errors import FeeError
from signing.errors import SigningError
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
    assert [slug for slug, count in Counter(one.slug for one in PROBLEMS.values()).items() if count > 1] == []
    assert len(BY_SLUG) == len(PROBLEMS)


@pytest.mark.parametrize("kind", PROBLEMS.values(), ids=lambda kind: kind.slug)
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
