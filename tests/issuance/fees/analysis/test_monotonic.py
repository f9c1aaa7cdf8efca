"""One more category or paper, or one copy less, never costs more; where it does, the case is shown."""

from __future__ import annotations

from typing import Any

import pytest

from issuance.fees.analysis import Finding, FindingKind, analyse
from tests.issuance.fees.analysis.mutants import of_kind, replayed
from tests.issuance.fees.requests import read, rule, small_policy, stage

STUDENT = {"fact": "categories", "contains": "student"}
CARD = {"fact": "evidence", "contains": "student_card"}


def off(percent: int, charge: str = "fee") -> list[dict[str, Any]]:
    return [{"charge": charge, "percent_off": percent}]


def costly(kind: FindingKind, stages: list[Any], **changes: Any) -> list[Finding]:
    document = small_policy(stages=stages, **changes)
    document["examples"][0]["given"] |= {"received_on": "2024-01-01", "pages": 1}
    policy = read(document)
    findings = of_kind(analyse(policy), kind)
    for finding in findings:
        assert finding.case is not None
        due, after = replayed(policy, finding)
        assert (due, after) == (finding.case.due_vnd, finding.case.due_after_vnd)
        assert after is not None
        assert (after > due) == (kind is FindingKind.COSTS_MORE)
    return findings


def test_a_category_that_shuts_out_a_better_rule_costs_more() -> None:
    (finding,) = costly(
        FindingKind.COSTS_MORE,
        [stage([rule("student", when=STUDENT, effects=off(20)), rule("all", when="always")], "first_match")],
    )
    assert finding.severity == "error"
    assert finding.place == "stages[first].rules[student]"
    assert "“pupil or student”" in finding.text.en


def test_a_paper_that_shuts_out_a_rule_costs_more() -> None:
    (finding,) = costly(FindingKind.COSTS_MORE, [stage([rule("none", when={"not": CARD})])])
    assert finding.place == "stages[first].rules[none]"
    assert "thẻ học sinh, sinh viên" in finding.text.vi


def test_a_paper_that_a_rule_needs_can_shut_out_a_better_one() -> None:
    (finding,) = costly(
        FindingKind.COSTS_MORE,
        [
            stage(
                [rule("paper", when="always", effects=off(10), evidence=["student_card"]), rule("all", when="always")],
                "first_match",
            )
        ],
    )
    assert finding.place == "stages[first].rules[paper]"


def test_the_best_of_one_stage_can_be_worse_in_the_next() -> None:
    """The better rule takes from the copies, which the next stage would have paid anyway."""
    (finding,) = costly(
        FindingKind.COSTS_MORE,
        [
            stage(
                [
                    rule("fee", when="always", effects=[{"charge": "fee", "amount_off": 300}]),
                    rule("copies", when=STUDENT, effects=off(100, "copies")),
                ],
                "best_for_citizen",
            ),
            stage([rule("support", when="always", effects=off(100, "copies"))], own_id="second"),
        ],
    )
    assert finding.place == "stages[first].rules[copies]"
    assert finding.case is not None
    assert finding.case.facts.copies > 4


@pytest.mark.parametrize("pick", ["stack", "best_for_citizen"])
def test_more_rules_for_more_categories_cost_nothing(pick: str) -> None:
    rules = [rule("student", when=STUDENT, effects=off(20)), rule("all", when="always"), rule("paper", when=CARD)]
    assert costly(FindingKind.COSTS_MORE, [stage(rules, pick)]) == []


def test_a_quota_that_is_nearly_used_up_can_make_a_category_dear() -> None:
    limited = {"unit": "amount", "max": 100_000, "scope": "budget_total"}
    (finding,) = costly(
        FindingKind.COSTS_MORE,
        [
            stage(
                [rule("student", when=STUDENT, effects=off(80), quota=limited), rule("all", when="always")],
                "first_match",
            )
        ],
    )
    assert finding.case is not None
    assert finding.case.left == {"student": 1}
    assert "of the quota student, 1 VND are left" in finding.text.en
    assert "hạn mức student còn 1 đồng" in finding.text.vi


def test_of_many_quotas_it_is_told_which_states_were_looked_at() -> None:
    quota = {"unit": "amount", "max": 500, "scope": "budget_total"}
    rules = [rule(f"r{index}", when={"fact": "copies", "gte": index + 1}, quota=quota) for index in range(4)]
    report = analyse(read(small_policy(stages=[stage(rules)])))
    (note,) = of_kind(report, FindingKind.NOT_ANALYSED)
    assert "several of the 4 quotas run out at once" in note.text.en
    assert "4 hạn mức" in note.text.vi
    found = of_kind(report, FindingKind.FEWER_COPIES_COST_MORE)
    assert found
    for finding in found:
        assert finding.case is not None
        untouched = [name for name, left in finding.case.left.items() if left == 500]
        assert not any(f"quota {name}" in finding.text.en for name in untouched)
    assert "1" in finding.text.en


def test_fewer_copies_that_cost_more_are_a_warning() -> None:
    many = rule("many", when={"fact": "copies", "gte": 20}, effects=[*off(100), *off(100, "copies")])
    (finding,) = costly(FindingKind.FEWER_COPIES_COST_MORE, [stage([many])])
    assert finding.severity == "warning"
    assert finding.place == "stages[first].rules[many]"
    assert finding.case is not None
    assert finding.case.after is not None
    assert (finding.case.facts.copies, finding.case.after.copies) == (19, 20)


def test_a_charge_that_only_grows_is_no_finding() -> None:
    assert costly(FindingKind.FEWER_COPIES_COST_MORE, [stage([rule("half", effects=off(50, "copies"))])]) == []


def test_policies_that_decide_by_receipt_are_looked_at_as_well() -> None:
    (finding,) = costly(
        FindingKind.COSTS_MORE,
        [stage([rule("none", when={"all": [{"not": STUDENT}, {"fact": "received_on", "gte": "2024-06-01"}]})])],
        deciding_date="received",
    )
    assert finding.case is not None
    assert finding.case.facts.received_on == finding.case.on


def test_charges_per_page_and_postage_are_looked_at_as_well() -> None:
    charges = [
        {"id": "fee", "label": {"vi": "Phí", "en": "Fee"}, "kind": "per_page", "amount_vnd": 1000, "basis": ["act"]},
        {"id": "copies", "label": {"vi": "Bưu", "en": "Post"}, "kind": "postage", "amount_vnd": 100, "basis": ["act"]},
    ]
    (finding,) = costly(
        FindingKind.COSTS_MORE,
        [stage([rule("none", when={"not": STUDENT}, effects=off(50, "copies"))])],
        charges=charges,
    )
    assert finding.case is not None
    assert finding.case.facts.delivery == "post"
