"""Whatever a document says, the work is bounded by counts, and what was left out is told."""

from __future__ import annotations

from typing import Any

from issuance.fees import CATEGORIES
from issuance.fees.analysis import MAX_FINDINGS, FindingKind, analyse
from issuance.fees.analysis.budget import MAX_CASES, MAX_STEPS, Budget
from issuance.fees.analysis.never_fires import never_firing
from issuance.fees.analysis.subject import rules_of
from issuance.fees.facts import EVIDENCE
from tests.issuance.fees.analysis.mutants import of_kind
from tests.issuance.fees.requests import read, rule, small_policy, stage


def many_facts() -> dict[str, Any]:
    """One condition over every fact: more cases than anybody counts through."""
    return {
        "all": [
            *({"not": {"fact": "categories", "contains": category}} for category in CATEGORIES),
            *({"not": {"fact": "evidence", "contains": paper}} for paper in EVIDENCE),
            {"not": {"fact": "copies", "in": [3, 5, 7, 9, 11, 13]}},
            {"not": {"fact": "age_years", "between": [20, 30]}},
            {"fact": "channel", "eq": "vneid"},
            {"fact": "level", "eq": 2},
        ]
    }


def test_more_cases_than_the_cap_are_counted_and_nothing_is_proven() -> None:
    report = analyse(read(small_policy(stages=[stage([rule("some", when=many_facts())])])))
    notes = of_kind(report, FindingKind.NOT_ANALYSED)
    assert {"", "stages[first].rules[some]"} <= {note.place for note in notes}
    # Categories, papers, then two classes each of copies, channels and levels, and of ages, which may not be known.
    count = 2**6 * 2**6 * 2 * 2 * 2 * 3
    assert f"{count:,}" in notes[0].text.en
    assert f"{count:,}".replace(",", ".") in notes[0].text.vi
    assert count > MAX_CASES
    assert not report.is_complete
    assert report.errors == ()


def test_a_counter_example_is_shown_even_where_nothing_can_be_proven() -> None:
    """The category alone changes the amount: fewer facts are enough to show it."""
    student = rule("student", when={"not": {"fact": "categories", "contains": "student"}})
    wide = [
        rule(f"{name}-{least}", when={"fact": name, "gte": least})
        for name in ("copies", "age_years", "pages")
        for least in range(2, 42)
    ]
    report = analyse(read(small_policy(stages=[stage([student, *wide])])))
    assert not report.is_complete
    assert [finding.place for finding in of_kind(report, FindingKind.COSTS_MORE)] == ["stages[first].rules[student]"]


def test_two_hundred_rules_are_looked_at_within_the_cap() -> None:
    rules = [
        rule(
            f"r{index}", when={"all": [{"fact": "copies", "gte": index + 1}, {"fact": "age_years", "lte": index % 140}]}
        )
        for index in range(200)
    ]
    report = analyse(read(small_policy(stages=[stage(rules, "first_match")])))
    assert not report.is_complete
    assert report.cases <= 4 * MAX_STEPS
    # From the 140th on each has an earlier one with the same ages and fewer copies.
    overtaken = {f"stages[first].rules[r{index}]" for index in range(140, 200)}
    assert {finding.place for finding in of_kind(report, FindingKind.NEVER_FIRES)} == overtaken


def test_two_hundred_conflicting_rules_are_told_up_to_a_number() -> None:
    rules = [
        rule(f"r{index}", when={"fact": "age_years", "lte": 100}, effects=[{"charge": "fee", "amount_off": index + 1}])
        for index in range(200)
    ]
    rules += [rule("last", when={"fact": "age_years", "lte": 99}, effects=[{"charge": "fee", "percent_off": 99}])]
    report = analyse(read(small_policy(stages=[stage(rules[:200], "first_match")])))
    # All but the first never come to their turn: these are told, up to the cap, and not each pair as well.
    assert len(of_kind(report, FindingKind.NEVER_FIRES)) == MAX_FINDINGS
    assert not report.is_complete


def test_thousands_of_days_are_not_multiplied() -> None:
    on = [{"fact": "submitted_on", "eq": f"2024-{1 + index // 28:02}-{1 + index % 28:02}"} for index in range(330)]
    received = [{"fact": "received_on", "eq": f"2025-{1 + index // 28:02}-{1 + index % 28:02}"} for index in range(330)]
    report = analyse(read(small_policy(stages=[stage([rule("days", when={"any": [*on, *received]})])])))
    assert not report.is_complete
    assert report.errors == ()


def test_steps_that_are_used_up_stop_the_rest() -> None:
    policy = read(small_policy(stages=[stage([rule(f"r{index}") for index in range(50)])]))
    budget = Budget(max_steps=1_000)
    found = list(never_firing(policy, rules_of(policy), budget))
    assert 0 < len(found) < 50
    assert {finding.kind for finding in found} == {FindingKind.NOT_ANALYSED}
    assert 0 <= budget.steps_left < 1_000


def test_the_same_document_always_gets_the_same_report() -> None:
    document = small_policy(stages=[stage([rule("some", when=many_facts()), rule("other")], "first_match")])
    assert analyse(read(document)) == analyse(read(document))
