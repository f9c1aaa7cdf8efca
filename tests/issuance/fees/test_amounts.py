"""The bare amounts of a decision are those of its full assessment."""

from __future__ import annotations

import pytest
from hypothesis import given

from issuance.fees import FactsRefused, assess
from issuance.fees.amounts import Amounts, Taken, amounts_of, figures_of
from issuance.fees.document import VND
from issuance.fees.quotas import UNTOUCHED
from tests.issuance.fees.drawn import Case, decisions
from tests.issuance.fees.requests import SHIPPED, request


@given(decisions())
def test_both_ways_come_to_the_same(cases: list[Case]) -> None:
    for facts, policy, quotas, on in cases:
        assert amounts_of(facts, policy, quotas, on) == figures_of(assess(facts, policy, quotas, on))


def test_a_supported_request_in_figures() -> None:
    facts = request("2024-06-03")
    assert amounts_of(facts, SHIPPED, UNTOUCHED, facts.submitted_on) == Amounts(
        gross=VND(205_000),
        due=VND(0),
        taken=(
            Taken("support_fee", "support", "hanoi_city", VND(200_000)),
            Taken("support_copies", "support", "hanoi_city", VND(5_000)),
        ),
        quota_uses=(),
    )


def test_a_referred_request_has_none_and_a_wrong_day_is_refused() -> None:
    facts = request("2026-01-01")
    assert amounts_of(facts, SHIPPED, UNTOUCHED, facts.submitted_on) is None
    with pytest.raises(FactsRefused):
        amounts_of(facts, SHIPPED, UNTOUCHED, facts.submitted_on.replace(day=2))
