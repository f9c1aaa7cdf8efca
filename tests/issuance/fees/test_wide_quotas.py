"""Quotas that requests share: what a rule finds of them, what it takes, who goes without."""

from __future__ import annotations

from typing import Any

import pytest

from issuance.fees import FeeAssessment, assess
from issuance.fees.assessment import NotFiredReason
from issuance.fees.quotas import NOT_KNOWN, UNTOUCHED, Quotas, claims_of, quota_keys
from tests.issuance.fees.requests import paper, read, rule, small_policy, stage

YEARLY = {"unit": "amount", "max": 600, "scope": "citizen_per_year", "name": "cap"}
COPIES = {"unit": "copies", "max": 10, "scope": "citizen_per_policy_period", "name": "paper"}
ONCE = {"unit": "requests", "max": 2, "scope": "citizen_per_year", "name": "once"}


def decide(*rules: dict[str, Any], quotas: Quotas, copies: int = 1, pick: str = "stack") -> FeeAssessment:
    facts = paper(copies=copies)
    return assess(facts, read(small_policy(stages=[stage(list(rules), pick)])), quotas, facts.submitted_on)


def off(own_id: str, quota: dict[str, Any], charge: str = "fee", percent_off: int = 100) -> dict[str, Any]:
    return rule(own_id, when="always", effects=[{"charge": charge, "percent_off": percent_off}], quota=quota)


def uses(decided: FeeAssessment) -> list[tuple[str, int, int]]:
    return [(use.rule_id, use.left, use.taken) for use in decided.quota_uses]


@pytest.mark.parametrize(("left", "due"), [(5_000, 0), (1_000, 0), (999, 1), (1, 999)])
def test_an_amount_gives_what_is_left(left: int, due: int) -> None:
    decided = decide(off("a", YEARLY), quotas=Quotas({"cap": left}))
    assert decided.due == due
    assert uses(decided) == [("a", left, 1_000 - due)]


@pytest.mark.parametrize("left", [0, -7])
def test_where_nothing_is_left_the_rule_doesnt_fire(left: int) -> None:
    decided = decide(off("a", YEARLY), quotas=Quotas({"cap": left}))
    assert decided.due == 1_000
    assert [(rule.rule_id, rule.reason) for rule in decided.not_fired] == [("a", NotFiredReason.QUOTA_USED_UP)]
    assert uses(decided) == [("a", 0, 0)]


def test_where_nobody_knows_what_is_left_the_rule_doesnt_fire() -> None:
    decided = decide(off("a", YEARLY), quotas=NOT_KNOWN)
    assert [(rule.rule_id, rule.reason) for rule in decided.not_fired] == [("a", NotFiredReason.QUOTA_NOT_KNOWN)]
    assert decided.quota_uses == ()
    assert decide(off("a", YEARLY), quotas=UNTOUCHED).due == 400


def test_amounts_of_one_name_add_up_within_a_decision() -> None:
    decided = decide(off("a", YEARLY, percent_off=50), off("b", YEARLY), off("c", YEARLY), quotas=UNTOUCHED)
    assert uses(decided) == [("a", 600, 500), ("b", 100, 100), ("c", 0, 0)]
    assert [rule.rule_id for rule in decided.not_fired] == ["c"]


def test_a_request_counts_once_however_many_rules_it_meets() -> None:
    decided = decide(off("fee", ONCE), off("copies", ONCE, "copies"), copies=4, quotas=Quotas({"once": 1}))
    assert decided.due == 0
    assert uses(decided) == [("fee", 1, 1), ("copies", 1, 0)]


def test_the_first_copies_are_covered_as_many_as_are_left() -> None:
    # Six copies, of which five are charged; the first four are covered, of them three charged.
    decided = decide(off("a", COPIES, "copies"), copies=6, quotas=Quotas({"paper": 4}))
    assert {line.charge_id: line.due for line in decided.lines}["copies"] == 200
    assert uses(decided) == [("a", 4, 4)]


def test_a_copy_counts_once_however_many_rules_cover_it() -> None:
    half = [off(name, COPIES, "copies", 50) for name in ("a", "b")]
    decided = decide(*half, copies=5, quotas=UNTOUCHED)
    assert {line.charge_id: line.due for line in decided.lines}["copies"] == 100
    assert uses(decided) == [("a", 10, 5), ("b", 10, 0)]


@pytest.mark.parametrize("quota", [YEARLY, ONCE])
def test_a_rule_without_fruit_takes_nothing_of_its_quota(quota: dict[str, Any]) -> None:
    decided = decide(off("a", quota, "copies"), copies=1, quotas=UNTOUCHED)
    assert [rule.amount for rule in decided.fired] == [0]
    assert [use.taken for use in decided.quota_uses] == [0]


def test_an_outweighed_rule_takes_nothing_of_its_quota() -> None:
    decided = decide(off("a", ONCE, percent_off=40), off("b", YEARLY), pick="best_for_citizen", quotas=UNTOUCHED)
    assert [(rule.rule_id, rule.outweighed_by) for rule in decided.fired] == [("a", "b"), ("b", None)]
    assert uses(decided) == [("a", 2, 0), ("b", 600, 600)]


def test_a_quota_can_make_another_rule_the_better_one() -> None:
    rules = off("a", ONCE, percent_off=40), off("b", YEARLY)
    decided = decide(*rules, pick="best_for_citizen", quotas=Quotas({"once": 1, "cap": 399}))
    assert [rule.rule_id for rule in decided.fired if rule.outweighed_by is None] == ["a"]


def test_under_first_match_the_next_rule_stands_in_for_one_that_is_used_up() -> None:
    rules = off("a", YEARLY), off("b", ONCE, percent_off=40), off("c", ONCE)
    decided = decide(*rules, pick="first_match", quotas=Quotas({"once": 1, "cap": 0}))
    assert [(rule.rule_id, rule.reason) for rule in decided.not_fired] == [
        ("a", NotFiredReason.QUOTA_USED_UP),
        ("c", NotFiredReason.EARLIER_RULE_MATCHED),
    ]
    assert uses(decided) == [("a", 0, 0), ("b", 1, 1), ("c", 1, 0)]


def test_what_is_claimed_is_summed_by_quota() -> None:
    policy = read(small_policy(stages=[stage([off("a", YEARLY, percent_off=50), off("b", YEARLY), off("c", ONCE)])]))
    facts = paper()
    decided = assess(facts, policy, UNTOUCHED, facts.submitted_on)
    claims = claims_of(decided, quota_keys(policy, facts.submitted_on, "someone"))
    assert [(claim.key.name, claim.key.person, claim.key.period, claim.taken, claim.max) for claim in claims] == [
        ("cap", "someone", "2024", 600, 600),
        ("once", "someone", "2024", 1, 2),
    ]
