"""Rules between which only their order decides, and rules that give nothing."""

from __future__ import annotations

from typing import Any

import pytest

from issuance.fees.analysis import Finding, FindingKind, analyse
from tests.issuance.fees.analysis.mutants import of_kind, replayed
from tests.issuance.fees.requests import read, rule, small_policy, stage

STUDENT = {"fact": "categories", "contains": "student"}


def found(kind: FindingKind, *rules: dict[str, Any], pick: str, **changes: Any) -> list[Finding]:
    return of_kind(analyse(read(small_policy(stages=[stage(list(rules), pick)], **changes))), kind)


def off(percent: int, charge: str = "fee") -> list[dict[str, Any]]:
    return [{"charge": charge, "percent_off": percent}]


def test_two_rules_that_hold_at_once_with_other_amounts_are_told_with_a_witness() -> None:
    rules = [rule("vneid"), rule("student", when=STUDENT, effects=off(30))]
    policy = read(small_policy(stages=[stage(rules, "first_match")]))
    (finding,) = of_kind(analyse(policy), FindingKind.CONFLICT)
    assert finding.severity == "warning"
    assert finding.place == "stages[first].rules[student]"
    assert finding.case is not None
    assert finding.case.facts.channel == "vneid"
    assert finding.case.facts.categories == {"student"}
    assert (finding.case.due_vnd, finding.case.due_after_vnd) == (500, 700)
    assert replayed(policy, finding)[0] == 500
    assert "500 VND" in finding.text.en
    assert "700 đồng" in finding.text.vi
    assert "ứng dụng VNeID" in finding.text.vi


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"when": STUDENT}, {"when": {"not": STUDENT}, "effects": off(30)}),
        ({"when": STUDENT}, {"when": "always"}),
        ({"dates": {"first_day": "2024-01-01", "last_day": "2024-03-31"}}, {"effects": off(9)}),
        ({"when": STUDENT, "expr": "copies > 3"}, {"effects": off(9)}),
        ({"when": STUDENT, "effects": [{"charge": "fee", "amount_off": 500}]}, {"when": "always"}),
    ],
    ids=["never at once", "the same effects", "other days", "an expression", "the same amount"],
)
def test_what_is_no_conflict(one: dict[str, Any], other: dict[str, Any]) -> None:
    if "dates" in one:
        other = other | {"dates": {"first_day": "2024-04-01", "last_day": "2024-12-31"}}
    assert found(FindingKind.CONFLICT, rule("one", **one), rule("other", **other), pick="first_match") == []


def test_a_rule_with_an_expression_that_comes_first_leaves_no_conflict_behind() -> None:
    rules = [
        rule("first", when="always", expr="copies >= 1", effects=off(90)),
        rule("vneid"),
        rule("student", when=STUDENT, effects=off(30)),
    ]
    assert found(FindingKind.CONFLICT, *rules, pick="first_match") == []


def test_a_witness_is_decided_by_the_earlier_rule_of_the_whole_policy() -> None:
    rules = [
        rule("first", when="always", expr="copies < 3", effects=off(90)),
        rule("copies", when={"fact": "copies", "gte": 2}),
        rule("student", when=STUDENT, effects=off(30)),
    ]
    policy = read(small_policy(stages=[stage(rules, "first_match")]))
    (finding,) = of_kind(analyse(policy), FindingKind.CONFLICT)
    assert finding.case is not None
    assert replayed(policy, finding)[0] == finding.case.due_vnd


def test_amounts_that_differ_only_for_many_copies_are_found() -> None:
    bounded = {"unit": "amount", "max": 700, "scope": "request"}
    (finding,) = found(
        FindingKind.CONFLICT,
        rule("bounded", when=STUDENT, effects=off(100, "copies"), quota=bounded),
        rule("all", when="always", effects=off(100, "copies")),
        pick="first_match",
    )
    assert finding.case is not None
    assert finding.case.facts.copies >= 9
    assert finding.case.due_after_vnd == 1000


@pytest.mark.parametrize("pick", ["stack", "best_for_citizen"])
def test_where_the_order_decides_nothing_there_is_no_conflict(pick: str) -> None:
    assert found(FindingKind.CONFLICT, rule("one"), rule("other", when=STUDENT, effects=off(30)), pick=pick) == []


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        (off(30), off(50)),
        (off(50), [{"charge": "fee", "set_to": 500}]),
        ([{"charge": "fee", "set_to": 600}], [{"charge": "fee", "amount_off": 400}]),
        (off(20), [*off(20), *off(10, "copies")]),
        ([{"charge": "copies", "amount_off": 10}], off(100, "copies")),
        ([{"charge": "copies", "set_to": 10}], [{"charge": "copies", "set_to": 0}]),
    ],
)
def test_a_rule_that_another_always_betters_is_told(worse: list[Any], better: list[Any]) -> None:
    rules = (
        rule("worse", when={"fact": "channel", "eq": "vneid"}, effects=worse),
        rule("better", when={"fact": "channel", "in": ["vneid", "desk"]}, effects=better),
    )
    (finding,) = found(FindingKind.NEVER_BETTER, *rules, pick="best_for_citizen")
    assert finding.severity == "warning"
    assert finding.place == "stages[first].rules[worse]"
    assert "(better)" in finding.text.en


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"effects": off(30)}, {"effects": off(50), "when": STUDENT}),
        ({"effects": off(30)}, {"effects": off(50), "quota": {"unit": "amount", "max": 10, "scope": "request"}}),
        ({"effects": off(50, "copies")}, {"effects": [{"charge": "copies", "amount_off": 300}]}),
        ({"effects": off(30, "copies")}, {"effects": off(90)}),
        ({"effects": off(30)}, {"effects": off(50), "expr": "copies > 1"}),
        ({"effects": off(30)}, {"effects": off(50), "quota": {"unit": "requests", "max": 1, "scope": "budget_total"}}),
    ],
)
def test_a_rule_that_is_sometimes_better_is_left_alone(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert found(FindingKind.NEVER_BETTER, rule("one", **one), rule("other", **other), pick="best_for_citizen") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"effects": [{"charge": "fee", "set_to": 1_000}]},
        {"effects": off(50, "copies"), "quota": {"unit": "copies", "max": 1, "scope": "request"}},
        {"effects": off(50, "copies"), "when": {"fact": "copies", "lte": 1}},
        {"effects": [{"charge": "copies", "set_to": 999_800}]},
    ],
    ids=["the whole fee", "free copies", "no paid copy", "every copy"],
)
def test_a_rule_that_takes_nothing_off_is_an_error(changes: dict[str, Any]) -> None:
    (finding,) = found(FindingKind.TAKES_NOTHING, rule("idle", **changes), pick="stack")
    assert finding.severity == "error"
    assert finding.place == "stages[first].rules[idle].effects[0]"


def test_one_effect_of_several_that_takes_nothing_is_a_warning() -> None:
    (finding,) = found(
        FindingKind.TAKES_NOTHING,
        rule("half", effects=[*off(50), {"charge": "copies", "set_to": 999_800}]),
        pick="stack",
    )
    assert finding.severity == "warning"
    assert finding.place == "stages[first].rules[half].effects[1]"


def test_the_last_paid_copy_counts() -> None:
    assert (
        found(FindingKind.TAKES_NOTHING, rule("last", effects=[{"charge": "copies", "set_to": 999_799}]), pick="stack")
        == []
    )
