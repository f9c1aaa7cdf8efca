"""The bare amounts of a decision are those of its full assessment."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given

from issuance.fees import FactsRefused, FeeAssessment, FeeReduction, assess
from issuance.fees.amounts import Amounts, Taken, amounts_of
from issuance.fees.document import VND
from issuance.fees.quotas import UNTOUCHED
from tests.issuance.fees.drawn import Case, decisions
from tests.issuance.fees.requests import SHIPPED, request


def figures_of(assessment: FeeAssessment) -> Amounts | None:
    """The figures of an assessment, added up from its lines; None when it is a referral."""
    totals = assessment.totals
    if totals is None:
        return None
    reductions: Mapping[str, list[FeeReduction]] = {rule.rule_id: [] for rule in assessment.fired}
    for line in assessment.lines:
        for entry in line.reductions:
            reductions[entry.rule_id].append(entry)
    return Amounts(
        gross=totals.gross,
        due=totals.due,
        taken=tuple(
            Taken(
                rule_id,
                entries[0].kind,
                None if entries[0].funding is None else entries[0].funding.budget,
                VND(sum(entry.amount for entry in entries)),
            )
            for rule_id, entries in reductions.items()
            if entries
        ),
        quota_uses=tuple((use.name, use.taken) for use in assessment.quota_uses if use.taken),
    )


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
