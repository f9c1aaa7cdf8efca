"""Rules that can never apply: what proves it, and what must not be taken for a proof."""

from __future__ import annotations

from typing import Any

import pytest

from issuance.fees.analysis import Finding, FindingKind, analyse
from tests.issuance.fees.analysis.mutants import of_kind
from tests.issuance.fees.requests import read, rule, small_policy, stage

STUDENT = {"fact": "categories", "contains": "student"}
VNEID = {"fact": "channel", "eq": "vneid"}


def never(*rules: dict[str, Any], pick: str = "stack", **changes: Any) -> list[Finding]:
    report = analyse(read(small_policy(stages=[stage(list(rules), pick)], **changes)))
    return of_kind(report, FindingKind.NEVER_FIRES)


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ({"all": [VNEID, {"fact": "channel", "in": ["portal", "desk"]}]}, "exclude each other"),
        ({"all": [{"all": [VNEID, STUDENT]}, {"not": STUDENT}]}, "exclude each other"),
        ({"fact": "document_type", "eq": "another"}, "the document type is another"),
        ({"fact": "submitted_on", "gte": "2025-01-01"}, "never holds within the days"),
        ({"not": "always"}, "every case"),
        ({"all": [{"fact": "copies", "lte": 3}, {"fact": "copies", "between": [4, 9]}]}, "exclude each other"),
        ({"fact": "received_on", "lte": "2023-12-31"}, "the day of receipt"),
        (
            {"all": [{"fact": "submitted_on", "gte": "2024-06-02"}, {"fact": "received_on", "lte": "2024-06-01"}]},
            "excl",
        ),
        (
            {
                "all": [
                    {"any": [VNEID, STUDENT]},
                    {"any": [{"not": VNEID}, {"fact": "level", "eq": 1}]},
                    {"not": STUDENT},
                    {"fact": "level", "eq": 2},
                ]
            },
            "distinguishable cases",
        ),
        ({"all": [{"not": {"fact": "residence", "eq": "01"}}, {"fact": "residence", "in": ["01"]}]}, "exclude"),
    ],
)
def test_conditions_that_never_hold_are_proven_so(when: object, said: str) -> None:
    (finding,) = never(rule("never", when=when))
    assert finding.severity == "error"
    assert finding.place == "stages[first].rules[never]"
    assert said in finding.text.en
    assert "không bao giờ được áp dụng" in finding.text.vi


@pytest.mark.parametrize(
    "when",
    [
        "always",
        STUDENT,
        {"fact": "copies", "eq": 9_999},
        {"fact": "copies", "between": [7, 7]},
        {"fact": "age_years", "eq": 0},
        {"fact": "age_years", "gte": 150},
        {"fact": "residence", "eq": "01"},
        {"not": {"fact": "residence", "in": ["01", "99", "another_one", "0"]}},
        {"fact": "submitted_on", "eq": "2024-02-29"},
        {"fact": "submitted_on", "gte": "2024-12-31"},
        {"fact": "received_on", "gte": "2030-01-01"},
        {"not": {"fact": "received_on", "lte": "2024-12-31"}},
        {"fact": "pages", "gte": 3},
        {"all": [STUDENT, {"fact": "categories", "contains": "disabled"}]},
        {"all": [{"fact": "categories", "any_of": ["student", "disabled"]}, {"not": STUDENT}]},
        {"all": [{"fact": "evidence", "contains": "student_card"}, {"fact": "delivery", "eq": "post"}]},
    ],
)
def test_conditions_that_hold_somewhere_are_left_alone(when: object) -> None:
    assert never(rule("some", when=when)) == []


def test_the_days_of_a_rule_and_those_of_its_condition_must_meet() -> None:
    dates = {"first_day": "2024-06-01", "last_day": "2024-06-30"}
    early = {"fact": "submitted_on", "lte": "2024-05-31"}
    (finding,) = never(rule("early", when={"all": [VNEID, early]}, dates=dates))
    assert "from 2024-06-01 to 2024-06-30" in finding.text.en
    assert "từ 1/6/2024 đến hết 30/6/2024" in finding.text.vi
    assert never(rule("late", when={"fact": "submitted_on", "lte": "2024-06-01"}, dates=dates)) == []


def test_papers_that_a_rule_needs_count_as_a_condition() -> None:
    without = {"not": {"fact": "evidence", "any_of": ["student_card", "merit_certificate"]}}
    (finding,) = never(rule("needs", when=without, evidence=["student_card"]))
    assert finding.severity == "error"
    assert never(rule("needs", when=without, evidence=["disability_certificate"])) == []


def test_under_first_match_a_wider_rule_before_takes_every_case() -> None:
    (finding,) = never(
        rule("online", when={"fact": "channel", "in": ["vneid", "portal"]}), rule("vneid"), pick="first_match"
    )
    assert finding.place == "stages[first].rules[vneid]"
    assert "(online)" in finding.text.en
    assert "comes first" in finding.text.en


def test_under_first_match_several_rules_together_may_take_every_case() -> None:
    (finding,) = never(
        rule("young", when={"fact": "copies", "lte": 5}),
        rule("old", when={"fact": "copies", "gte": 4}),
        rule("rest", when=STUDENT),
        pick="first_match",
    )
    assert finding.place == "stages[first].rules[rest]"
    assert "one of the earlier rules" in finding.text.en


def test_the_age_nobody_knows_is_a_case_of_its_own() -> None:
    """Together the two cover every age, but not a person whose birth date isn't known."""
    young, old = {"fact": "age_years", "lte": 59}, {"fact": "age_years", "gte": 60}
    assert never(rule("young", when=young), rule("old", when=old), rule("rest", when=VNEID), pick="first_match") == []


@pytest.mark.parametrize(
    "uncertain",
    [
        {"dates": {"first_day": "2024-01-01", "last_day": "2024-12-30"}},
        {"evidence": ["student_card"]},
        {"expr": "copies >= 1"},
        {"quota": {"unit": "requests", "max": 1, "scope": "citizen_per_year"}},
    ],
    ids=["days", "papers", "expression", "quota"],
)
def test_an_earlier_rule_that_may_fail_otherwise_proves_nothing(uncertain: dict[str, Any]) -> None:
    assert never(rule("earlier", when="always", **uncertain), rule("later"), pick="first_match") == []


@pytest.mark.parametrize("pick", ["stack", "best_for_citizen"])
def test_elsewhere_an_earlier_rule_takes_nothing_away(pick: str) -> None:
    assert never(rule("earlier", when="always"), rule("later"), pick=pick) == []


def test_a_rule_with_an_expression_is_never_proven() -> None:
    report = analyse(read(small_policy(stages=[stage([rule("some", expr="copies >= 3")])])))
    (note,) = of_kind(report, FindingKind.NOT_ANALYSED)
    assert note.place == "stages[first].rules[some].expr"
    assert "not proven" in note.text.en or "Nothing that hangs on it is proven" in note.text.en
    assert not report.is_complete
    assert report.errors == ()


def test_what_an_expression_can_not_mend_is_found_all_the_same() -> None:
    impossible = {"all": [VNEID, {"fact": "channel", "eq": "desk"}]}
    (finding,) = never(rule("never", when=impossible, expr="copies >= 3"))
    assert finding.place == "stages[first].rules[never]"
