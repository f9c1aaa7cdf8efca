"""The shipped policies have no faults that an analysis can find; each fault put into them is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from issuance.fees import SHIPPED_POLICIES, FeePolicy
from issuance.fees.analysis import FindingKind, analyse
from issuance.fees.book import name_of
from issuance.fees.reading.read_policy import read_policy
from tests.issuance.fees.analysis.mutants import Json, mutant, of_kind, replayed, rule_of
from tests.issuance.fees.requests import WITH_DEMONSTRATION

VARIANTS = SHIPPED_POLICIES.parent / "policies_variants"


@pytest.mark.parametrize("policy", WITH_DEMONSTRATION.policies, ids=name_of)
def test_the_shipped_policies_are_proven_without_errors_or_warnings(policy: FeePolicy) -> None:
    report = analyse(policy, WITH_DEMONSTRATION.entries)
    assert report.errors == ()
    assert report.warnings == ()
    assert report.is_complete
    # Where facts count at all, so many cases were looked at.
    assert report.cases > (400 if "criminal_record_form" in policy.id else 0)


@pytest.mark.parametrize("file", sorted(VARIANTS.glob("*.json")), ids=lambda file: file.stem)
def test_the_variants_of_a_reading_have_no_errors(file: Path) -> None:
    assert analyse(read_policy(file.read_bytes(), file.name)).errors == ()


def first_match(document: Json) -> None:
    document["stages"][0]["pick"] = "first_match"


def swapped_order(document: Json) -> None:
    """The general rate before the online rate, where the first rule decides."""
    first_match(document)
    rules = document["stages"][0]["rules"]
    names = [rule["id"] for rule in rules]
    one, other = names.index("reduced_online"), names.index("reduced")
    rules[one], rules[other] = rules[other], rules[one]


def online_before_the_exemptions(document: Json) -> None:
    first_match(document)
    rules = document["stages"][0]["rules"]
    rules.insert(0, rules.pop())


def wrong_bound(document: Json) -> None:
    rule_of(document, "exempt_child")["when"] = {
        "all": [{"fact": "age_years", "lte": 15}, {"fact": "age_years", "gte": 16}]
    }


def wrong_year(document: Json) -> None:
    rule = rule_of(document, "online")
    rule["when"] = {"all": [rule["when"], {"fact": "submitted_on", "gte": "2026-01-01"}]}


def dearer_for_students(document: Json) -> None:
    rule = rule_of(document, "online")
    rule["when"] = {"all": [rule["when"], {"not": {"fact": "categories", "contains": "student"}}]}
    rule["effects"] = [{"charge": "fee", "set_to": 50_000}]


def all_copies_free_from_ten(document: Json) -> None:
    rule_of(document, "online")["effects"].append({"charge": "copies", "percent_off": 100})
    rule = rule_of(document, "online")
    rule["when"] = {"all": [rule["when"], {"fact": "copies", "gte": 10}]}


def rate_above_the_fee(document: Json) -> None:
    rule_of(document, "online")["effects"] = [{"charge": "fee", "set_to": 200_000}]


def rate_that_never_counts(document: Json) -> None:
    rule_of(document, "reduced_online")["effects"] = [{"charge": "fee", "set_to": 120_000}]


def disabled_only(document: Json) -> None:
    rule_of(document, "exempt_poor_household")["when"] = {
        "all": [{"fact": "categories", "contains": "disabled"}, {"not": {"fact": "categories", "contains": "disabled"}}]
    }


MUTANTS: list[tuple[Callable[[Json], object], FindingKind, str]] = [
    (swapped_order, FindingKind.NEVER_FIRES, "stages[statutory].rules[reduced_online]"),
    (online_before_the_exemptions, FindingKind.CONFLICT, "stages[statutory].rules[exempt_child]"),
    (wrong_bound, FindingKind.NEVER_FIRES, "stages[statutory].rules[exempt_child]"),
    (wrong_year, FindingKind.NEVER_FIRES, "stages[statutory].rules[online]"),
    (dearer_for_students, FindingKind.COSTS_MORE, "stages[statutory].rules[reduced_online]"),
    (all_copies_free_from_ten, FindingKind.FEWER_COPIES_COST_MORE, "stages[statutory].rules[online]"),
    (rate_above_the_fee, FindingKind.TAKES_NOTHING, "stages[statutory].rules[online].effects[0]"),
    (rate_that_never_counts, FindingKind.NEVER_BETTER, "stages[statutory].rules[reduced_online]"),
    (disabled_only, FindingKind.NEVER_FIRES, "stages[statutory].rules[exempt_poor_household]"),
]


@pytest.mark.parametrize(("change", "kind", "place"), MUTANTS, ids=[change.__name__ for change, _, _ in MUTANTS])
def test_each_fault_put_into_a_shipped_policy_is_found(
    change: Callable[[Json], object], kind: FindingKind, place: str
) -> None:
    policy = mutant(2, change)
    found = of_kind(analyse(policy), kind)
    assert place in [finding.place for finding in found]
    for finding in found:
        if finding.case is not None:
            due, after = replayed(policy, finding)
            assert due == finding.case.due_vnd
            assert after is None or after == finding.case.due_after_vnd


def test_a_counter_example_names_the_facts_the_amounts_and_the_rule() -> None:
    policy = mutant(2, dearer_for_students)
    (finding,) = of_kind(analyse(policy), FindingKind.COSTS_MORE)
    assert finding.severity == "error"
    assert finding.case is not None
    assert finding.case.after is not None
    assert finding.case.after.categories - finding.case.facts.categories == {"student"}
    assert (finding.case.due_vnd, finding.case.due_after_vnd) == (50_000, 80_000)
    assert "50.000 đồng" in finding.text.vi
    assert "80.000 đồng" in finding.text.vi
    assert "học sinh, sinh viên" in finding.text.vi
    assert "reduced_online" in finding.text.vi
    assert "80,000 VND" in finding.text.en


def test_a_proof_names_what_excludes_what() -> None:
    (finding,) = of_kind(analyse(mutant(2, wrong_bound)), FindingKind.NEVER_FIRES)
    assert "“the age in full years is at most 15”" in finding.text.en
    assert "“the age in full years is at least 16”" in finding.text.en
    assert "exclude each other" in finding.text.en
    assert "loại trừ nhau" in finding.text.vi


def test_a_proof_names_the_days_of_the_policy() -> None:
    (finding,) = of_kind(analyse(mutant(2, wrong_year)), FindingKind.NEVER_FIRES)
    assert "2026-01-01" in finding.text.en
    assert "from 2025-04-24 to 2025-12-31" in finding.text.en


def test_a_report_is_plain_json_in_one_language_or_both() -> None:
    report = analyse(mutant(2, dearer_for_students))
    both = json.loads(json.dumps(report.to_json()))
    one = json.loads(json.dumps(report.to_json("vi")))
    assert both["findings"][0]["text"] == {"vi": report.findings[0].text.vi, "en": report.findings[0].text.en}
    assert one["findings"][0]["text"] == report.findings[0].text.vi
    given: dict[str, Any] = one["findings"][0]["case"]["given"]
    assert given["channel"] in ("vneid", "portal")
    assert [finding["severity"] for finding in one["findings"]] == sorted(
        (finding["severity"] for finding in one["findings"]), key=("error", "warning", "note").index
    )
