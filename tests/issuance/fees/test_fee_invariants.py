"""What holds for every request and every policy: money is neither made nor lost, and every rule is accounted for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.fees import CATEGORIES, CHANNELS, MAX_COPIES, FeeAssessment, FeeFacts, FeeOutcome, PolicyBook, assess
from issuance.fees.document import FeePolicy
from issuance.fees.explain import explain
from issuance.fees.quotas import UNTOUCHED
from issuance.fees.stored import from_json, to_json
from tests.issuance.fees.requests import FORM_1, SHIPPED, WITH_DEMONSTRATION, read, rule, small_policy, stage, words


@st.composite
def requests(draw: st.DrawFn, document_type: str = FORM_1) -> FeeFacts:
    on = draw(st.dates(date(2016, 12, 1), date(2026, 12, 31)))
    born = draw(st.none() | st.integers(0, 36_000).map(lambda days: on - timedelta(days=days)))
    return FeeFacts(
        document_type,
        draw(st.sampled_from(sorted(CHANNELS))),
        draw(st.integers(1, 30) | st.integers(1, MAX_COPIES)),
        draw(st.frozensets(st.sampled_from(sorted(CATEGORIES)))),
        born,
        draw(st.integers(1, 2)),
        on,
    )


CONDITIONS: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(
        [
            "always",
            {"fact": "channel", "eq": "vneid"},
            {"fact": "channel", "in": ["portal", "desk"]},
            {"fact": "copies", "between": [2, 9]},
            {"fact": "age_years", "gte": 60},
            {"fact": "age_years", "lte": 15},
            {"fact": "categories", "contains": "student"},
            {"fact": "categories", "any_of": ["disabled", "poor_household"]},
            {"fact": "submitted_on", "gte": "2024-06-01"},
            {"fact": "residence", "eq": "01"},
        ]
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=4,
)
QUOTAS = st.none() | st.builds(lambda most: {"unit": "amount", "max": most, "scope": "request"}, st.integers(1, 9_000))


@st.composite
def policies(draw: st.DrawFn) -> FeePolicy:
    """Any policy over two charges: every pick, every effect, quotas, own dates."""
    amounts = st.integers(0, 10_000)

    def effect(charge: str) -> dict[str, Any]:
        way = draw(st.sampled_from(["percent_off", "amount_off", "set_to"]))
        bounds = {"percent_off": st.integers(1, 100), "amount_off": st.integers(1, 10_000), "set_to": amounts}
        return {"charge": charge, way: draw(bounds[way])}

    def some_rule(own_id: str) -> dict[str, Any]:
        charges = draw(st.sampled_from([["fee"], ["copies"], ["fee", "copies"], ["copies", "fee"]]))
        changes: dict[str, Any] = {"when": draw(CONDITIONS), "effects": [effect(charge) for charge in charges]}
        changes["quota"] = draw(QUOTAS)
        if draw(st.booleans()):
            changes |= {"kind": "support", "funding": {"budget": "city", "label": words("ngân sách")}}
        if draw(st.booleans()):
            changes["dates"] = {"first_day": "2024-01-01", "last_day": "2024-12-31"}
        return rule(own_id, **changes)

    stages = [
        stage(
            [some_rule(f"r{outer}-{inner}") for inner in range(draw(st.integers(1, 4)))],
            draw(st.sampled_from(["best_for_citizen", "first_match", "stack"])),
            f"s{outer}",
        )
        for outer in range(draw(st.integers(0, 3)))
    ]
    document = small_policy(
        document_types=[FORM_1],
        effective={"first_day": "2016-01-01", "last_day": None},
        rounding=draw(st.sampled_from(["in_favour_of_citizen", "in_favour_of_budget"])),
        stages=stages,
    )
    document["charges"][0]["amount_vnd"] = draw(amounts)
    document["charges"][1] |= {"amount_vnd": draw(amounts), "above": draw(st.integers(0, 5))}
    return read(document)


def money_is_conserved(decided: FeeAssessment) -> None:
    for line in decided.lines:
        assert line.gross == line.waived + line.due
        assert line.due >= 0
        assert all(entry.amount > 0 for entry in line.reductions)
    totals = decided.totals
    assert totals is not None
    assert totals.gross == totals.waived + totals.due
    assert totals.due == sum(line.due for line in decided.lines)
    assert (decided.outcome is FeeOutcome.DUE) == (totals.due > 0)
    assert totals.waived == sum(fired.amount for fired in decided.fired)


@given(requests(), policies())
def test_money_is_conserved_and_every_rule_is_accounted_for(facts: FeeFacts, policy: FeePolicy) -> None:
    decided = assess(facts, policy, UNTOUCHED, facts.submitted_on)
    money_is_conserved(decided)
    told = [fired.rule_id for fired in decided.fired] + [rule.rule_id for rule in decided.not_fired]
    assert sorted(told) == sorted(rule.id for stage in policy.document.stages for rule in stage.rules)


@given(requests(), policies())
def test_every_decision_is_stored_and_explained(facts: FeeFacts, policy: FeePolicy) -> None:
    decided = assess(facts, policy, UNTOUCHED, facts.submitted_on)
    assert from_json(json.loads(json.dumps(to_json(decided)))) == decided
    for language in ("vi", "en"):
        assert explain(decided, language)  # type: ignore[arg-type]  # a loop variable loses its literal type


@given(requests())
def test_the_shipped_book_answers_every_request(facts: FeeFacts) -> None:
    decided = assess(facts, SHIPPED, UNTOUCHED, facts.submitted_on)
    inside = date(2017, 1, 1) <= facts.submitted_on <= date(2025, 12, 31)
    assert (decided.outcome is not FeeOutcome.REFERRED) == inside
    if inside:
        money_is_conserved(decided)
    assert assess(facts, SHIPPED, UNTOUCHED, facts.submitted_on) == decided


@pytest.mark.parametrize("book", [SHIPPED, WITH_DEMONSTRATION], ids=["shipped", "with demonstration"])
@given(facts=requests())
def test_more_copies_never_cost_less(book: PolicyBook, facts: FeeFacts) -> None:
    if facts.copies == MAX_COPIES:
        return
    fewer = assess(facts, book, UNTOUCHED, facts.submitted_on).totals
    more = assess(replace(facts, copies=facts.copies + 1), book, UNTOUCHED, facts.submitted_on).totals
    if fewer is not None and more is not None:
        assert more.due >= fewer.due
        assert more.gross >= fewer.gross


@pytest.mark.parametrize("book", [SHIPPED, WITH_DEMONSTRATION], ids=["shipped", "with demonstration"])
@given(facts=requests(), category=st.sampled_from(sorted(CATEGORIES)))
def test_one_more_accepted_category_never_costs_more(book: PolicyBook, facts: FeeFacts, category: str) -> None:
    before = assess(facts, book, UNTOUCHED, facts.submitted_on).totals
    after = assess(replace(facts, categories=facts.categories | {category}), book, UNTOUCHED, facts.submitted_on).totals
    if before is not None and after is not None:
        assert after.due <= before.due
