"""A decision taken again from what is stored of it comes to the same, and a wrong one is found out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from issuance.fees import FeeOutcome, FeePolicy, PolicyBook, assess, from_json, to_json
from issuance.fees.quotas import UNTOUCHED, Quotas
from issuance.fees.replay import decide_again, differences
from tests.issuance.fees.drawn import Case, decisions
from tests.issuance.fees.requests import SHIPPED, paper, read, request, rule, small_policy, stage


@given(decisions())
def test_what_was_decided_is_decided_again(cases: list[Case]) -> None:
    for facts, policy, quotas, on in cases:
        decided = assess(facts, policy, quotas, on)
        version = policy
        if isinstance(policy, PolicyBook) and decided.policy is not None:
            found = policy.by_digest(decided.policy.digest)
            assert found is not None
            version = found
        assert decide_again(decided, version) == decided
        stored = from_json(json.loads(json.dumps(to_json(decided))))
        assert stored == decided
        again = decide_again(stored, version)
        assert again == decided
        assert differences(stored, again) == ()


def test_a_referral_is_taken_again_with_the_book() -> None:
    facts = request("2026-01-01")
    decided = assess(facts, SHIPPED, UNTOUCHED, facts.submitted_on)
    assert decided.outcome is FeeOutcome.REFERRED
    assert decide_again(decided, SHIPPED) == decided


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda s: s["lines"][0].update(due_vnd=999, waived_vnd=1) or _reduce(s, 1), "lines[fee].due_vnd"),
        (lambda s: s["fired"][0].update(amount_vnd=7), "fired[half].amount_vnd"),
        (lambda s: s["not_fired"][0].update(reason="earlier_rule_matched"), "not_fired[never].reason"),
        (lambda s: s["not_fired"][0]["failed"]["actual"][0].update(value=9), "not_fired[never].failed.actual[copies]"),
        (lambda s: s["facts_used"].pop(), "facts_used"),
        (lambda s: s["quota_uses"][0].update(taken=7), "quota_uses[half].taken"),
        (lambda s: s["policy"].update(digest="0" * 64), "policy.digest"),
        (lambda s: s.update(decided_for="2024-06-04"), "decided_for"),
    ],
)
def test_another_result_is_told_by_its_place_and_without_a_value(change: Callable[[Any], Any], place: str) -> None:
    decided = assess(paper(), _policy(), UNTOUCHED, paper().submitted_on)
    stored = to_json(decided)
    change(stored)
    found = differences(from_json(stored), decided)
    assert any(one.startswith(place) for one in found), found
    assert not any("999" in one or "vneid" in one for one in found)


def test_the_versions_of_engine_and_catalogue_dont_count() -> None:
    decided = assess(paper(), _policy(), UNTOUCHED, paper().submitted_on)
    older = replace(decided, engine_version="0", catalogue_digest="0" * 64)
    assert differences(older, decided) == ()


def test_the_order_in_which_older_engines_told_what_did_not_apply_doesnt_count() -> None:
    rules = [rule("a", when="always"), rule("b", when="always"), rule("c", when="always", expr="copies > 5")]
    policy = read(small_policy(stages=[stage(rules, "first_match")]))
    decided = assess(paper(), policy, UNTOUCHED, paper().submitted_on)
    older = replace(decided, not_fired=decided.not_fired[::-1])
    assert older.not_fired != decided.not_fired
    assert differences(older, decided) == ()


def test_another_policy_is_found_out() -> None:
    decided = assess(paper(), _policy(), UNTOUCHED, paper().submitted_on)
    again = decide_again(decided, _policy(percent_off=51))
    assert {"lines[fee].due_vnd", "fired[half].amount_vnd", "policy.digest"} <= set(differences(decided, again))


def test_a_referral_that_would_be_decided_now_differs() -> None:
    quota = {"unit": "copies", "max": 2, "scope": "request"}
    free = rule("free", when="always", effects=[{"charge": "copies", "percent_off": 50}], quota=quota)
    policy = read(small_policy(stages=[stage([free])]))
    referred = assess(paper(), SHIPPED, UNTOUCHED, paper().submitted_on)
    assert referred.outcome is FeeOutcome.REFERRED
    assert {"outcome", "referral"} <= set(differences(referred, decide_again(referred, policy)))


def test_shared_quotas_are_given_back_as_they_were_before_the_decision() -> None:
    shared = {"unit": "amount", "max": 900, "scope": "citizen_per_year", "name": "cap"}
    policy = read(small_policy(stages=[stage([rule("one", quota=shared), rule("other", quota=shared)])]))
    decided = assess(paper(), policy, Quotas({"cap": 600}), paper().submitted_on)
    assert [(use.left, use.taken) for use in decided.quota_uses] == [(600, 500), (100, 100)]
    assert decide_again(decided, policy) == decided


def _policy(percent_off: int = 50) -> FeePolicy:
    quota = {"unit": "amount", "max": 900, "scope": "citizen_per_year"}
    half = rule("half", effects=[{"charge": "fee", "percent_off": percent_off}], quota=quota)
    return read(small_policy(stages=[stage([half, rule("never", when={"fact": "copies", "gte": 100})])]))


def _reduce(stored: Any, amount: int) -> None:
    stored["lines"][0]["reductions"][0]["amount_vnd"] = amount
    stored["totals"].update(waived_vnd=amount, due_vnd=1_000 - amount)
