"""How stages pick, effects take off, quotas bound and amounts round, on a policy small enough to follow by eye."""

from __future__ import annotations

from typing import Any

import pytest

from issuance.fees import FeeAssessment, assess
from issuance.fees.assessment import NotFiredReason
from issuance.fees.quotas import UNTOUCHED
from issuance.fees.reading.check_examples import check_examples
from tests.issuance.fees.requests import paper, read, rule, small_policy, stage

ALWAYS = {"when": "always"}


def decide(*stages: dict[str, Any], copies: int = 1, on: str = "2024-06-03", **changes: Any) -> FeeAssessment:
    facts = paper(copies=copies, on=on)
    return assess(facts, read(small_policy(stages=list(stages), **changes)), UNTOUCHED, facts.submitted_on)


def off(own_id: str, charge: str = "fee", **effect_and_more: Any) -> dict[str, Any]:
    ways = {"percent_off", "amount_off", "set_to"}
    effect = {key: value for key, value in effect_and_more.items() if key in ways}
    more = {key: value for key, value in effect_and_more.items() if key not in ways}
    return rule(own_id, **ALWAYS, effects=[{"charge": charge, **effect}], **more)


def test_best_for_citizen_applies_the_rule_that_takes_most_off() -> None:
    decided = decide(
        stage([off("a", amount_off=300), off("b", set_to=400), off("c", percent_off=50)], "best_for_citizen")
    )
    assert decided.due == 400
    assert [(rule.rule_id, rule.amount, rule.outweighed_by) for rule in decided.fired] == [
        ("a", 0, "b"),
        ("b", 600, None),
        ("c", 0, "b"),
    ]


def test_between_equals_the_first_in_the_document_is_applied() -> None:
    decided = decide(stage([off("a", amount_off=500), off("b", percent_off=50)], "best_for_citizen"))
    assert [rule.rule_id for rule in decided.fired if rule.outweighed_by is None] == ["a"]


def test_first_match_leaves_later_rules_alone() -> None:
    decided = decide(stage([off("a", amount_off=1), off("b", percent_off=100)], "first_match"))
    assert decided.due == 999
    assert [(rule.rule_id, rule.reason, rule.earlier_rule) for rule in decided.not_fired] == [
        ("b", NotFiredReason.EARLIER_RULE_MATCHED, "a")
    ]


def test_what_did_not_apply_is_told_in_the_documents_order() -> None:
    rules = off("a", amount_off=1), off("b", percent_off=100), off("c", expr="copies > 5", percent_off=50)
    decided = decide(stage([*rules], "first_match"))
    assert [rule.rule_id for rule in decided.not_fired] == ["b", "c"]


def test_an_example_can_expect_more_than_one_charge_may_cost() -> None:
    policy = small_policy(stages=[stage([off("a", expr="copies < 2", percent_off=1)])])
    policy["charges"][1]["amount_vnd"] = 50_000_000
    policy["examples"][0] |= {
        "given": {"channel": "desk", "copies": 9_999, "submitted_on": "2024-06-03"},
        "expect": {"gross_vnd": 499_900_001_000, "waived_vnd": 0, "due_vnd": 499_900_001_000},
    }
    assert [str(problem) for problem in check_examples(read(policy))] == []


def test_stacked_rules_work_on_what_is_left() -> None:
    assert decide(stage([off("a", percent_off=50), off("b", percent_off=50)], "stack")).due == 250


def test_a_later_stage_works_on_what_is_left() -> None:
    support = off("city", percent_off=100, kind="support", funding={"budget": "city", "label": {"vi": "a", "en": "b"}})
    decided = decide(stage([off("a", set_to=300)], own_id="law"), stage([support], own_id="city"))
    assert [(entry.kind, entry.amount) for entry in decided.lines[0].reductions] == [
        ("reduction", 700),
        ("support", 300),
    ]
    assert decided.due == 0


def test_set_to_never_raises_a_charge() -> None:
    assert decide(stage([off("a", set_to=5_000)])).due == 1_000


def test_a_rule_that_takes_nothing_off_has_fired_but_leaves_no_reduction() -> None:
    decided = decide(stage([off("a", "copies", percent_off=100)]), copies=1)
    assert [(rule.rule_id, rule.amount) for rule in decided.fired] == [("a", 0)]
    assert all(line.reductions == () for line in decided.lines)


@pytest.mark.parametrize(("rounding", "due"), [("in_favour_of_citizen", 669), ("in_favour_of_budget", 670)])
def test_percentages_round_as_the_policy_says(rounding: str, due: int) -> None:
    charges = small_policy()["charges"]
    charges[0]["amount_vnd"] = 999
    # 33% of 999 is 329.67: taken off are 330 or 329.
    decided = decide(stage([off("a", percent_off=33)]), charges=charges, rounding=rounding)
    assert decided.due == due


def test_a_quota_in_vnd_bounds_all_effects_of_its_rule_together() -> None:
    both = rule(
        "both",
        when="always",
        effects=[{"charge": "copies", "percent_off": 100}, {"charge": "fee", "percent_off": 100}],
        quota={"unit": "amount", "max": 450, "scope": "request"},
    )
    decided = decide(stage([both]), copies=4)
    assert {line.charge_id: line.waived for line in decided.lines} == {"copies": 300, "fee": 150}


@pytest.mark.parametrize(("copies", "copies_due"), [(1, 0), (10, 0), (11, 100), (13, 300)])
def test_a_quota_in_copies_counts_the_copies_of_the_request(copies: int, copies_due: int) -> None:
    ten = off("ten", "copies", percent_off=100, quota={"unit": "copies", "max": 10, "scope": "request"})
    decided = decide(stage([ten]), copies=copies)
    assert {line.charge_id: line.due for line in decided.lines}["copies"] == copies_due


def test_half_of_the_copies_in_the_quota() -> None:
    # Copies 2..4 are charged and within the quota of 4: half of 300. Copies 5 and 6 are charged in full.
    half = off("half", "copies", percent_off=50, quota={"unit": "copies", "max": 4, "scope": "request"})
    decided = decide(stage([half]), copies=6)
    assert {line.charge_id: line.due for line in decided.lines}["copies"] == 350


@pytest.mark.parametrize(
    ("on", "due"), [("2024-02-29", 1_000), ("2024-03-01", 500), ("2024-03-31", 500), ("2024-04-01", 1_000)]
)
def test_a_rules_own_days_are_inclusive(on: str, due: int) -> None:
    march = off("march", percent_off=50, dates={"first_day": "2024-03-01", "last_day": "2024-03-31"})
    decided = decide(stage([march]), on=on)
    assert decided.due == due
    if due == 1_000:
        assert decided.not_fired[0].reason is NotFiredReason.NOT_IN_FORCE


def test_only_facts_that_the_policy_speaks_about_are_recorded() -> None:
    by_channel = decide(stage([rule("channel")]))
    assert [name for name, _ in by_channel.facts_used] == ["document_type", "channel", "copies", "submitted_on"]
    assert [name for name, _ in decide(stage([off("a", percent_off=1)])).facts_used] == [
        "document_type",
        "copies",
        "submitted_on",
    ]
