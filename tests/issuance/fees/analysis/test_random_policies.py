"""What a report says about random policies is true: nothing fires that never fires, and every counter-example is one."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from issuance.fees import CATEGORIES, FeeFacts, FeePolicy
from issuance.fees.amounts import Amounts, amounts_of
from issuance.fees.analysis import FindingKind, analyse
from issuance.fees.assess import assess
from issuance.fees.facts import EVIDENCE
from issuance.fees.quotas import UNTOUCHED, Quotas
from issuance.fees.read_policy import read_policy
from tests.issuance.fees.analysis.mutants import of_kind, replayed
from tests.issuance.fees.naive.policies import DAYS, books, facts

Json = dict[str, Any]
_LISTS = ("categories", "evidence")
_DAYS = ("submitted_on", "received_on", "birth_date")


def policy_of(document: Json) -> FeePolicy:
    given: Json = document["examples"][0]["given"]
    given |= {"received_on": given["submitted_on"], "pages": 1}
    return read_policy(json.dumps(document).encode())


def request_of(plain: Json) -> FeeFacts:
    values = dict(plain)
    for name in _DAYS:
        values[name] = None if values[name] is None else date.fromisoformat(values[name])
    for name in _LISTS:
        values[name] = frozenset(values[name])
    return FeeFacts(**values)


def deciding_day(policy: FeePolicy, request: FeeFacts) -> date:
    by_receipt = policy.document.deciding_date == "received"
    return (request.received_on if by_receipt else request.submitted_on) or request.submitted_on


def decided(policy: FeePolicy, request: FeeFacts, quotas: Quotas = UNTOUCHED) -> Amounts | None:
    return amounts_of(request, policy, quotas, deciding_day(policy, request))


POLICIES = books().map(lambda book: policy_of(book[0]))
REQUESTS = facts().map(request_of)


@settings(max_examples=150)
@given(POLICIES, st.lists(REQUESTS, min_size=20, max_size=20))
def test_a_rule_that_never_fires_fires_in_no_case(policy: FeePolicy, requests: list[FeeFacts]) -> None:
    dead = {finding.place for finding in of_kind(analyse(policy), FindingKind.NEVER_FIRES)}
    for request in requests:
        for fired in assess(request, policy, UNTOUCHED, deciding_day(policy, request)).fired:
            assert f"stages[{fired.stage_id}].rules[{fired.rule_id}]" not in dead


@settings(max_examples=150)
@given(POLICIES, st.lists(REQUESTS, min_size=20, max_size=20))
def test_idle_rules_can_go_without_changing_an_amount(policy: FeePolicy, requests: list[FeeFacts]) -> None:
    report = analyse(policy)
    idle = {
        finding.place
        for finding in report.findings
        if finding.kind in (FindingKind.NEVER_FIRES, FindingKind.NEVER_BETTER)
        or (finding.kind is FindingKind.TAKES_NOTHING and finding.severity == "error")
    }
    stages = []
    for stage in policy.document.stages:
        kept = [rule for rule in stage.rules if f"stages[{stage.id}].rules[{rule.id}]" not in idle]
        if stage.pick == "first_match":
            kept = list(stage.rules)
        stages.append(replace(stage, rules=tuple(kept)))
    without = replace(policy, document=replace(policy.document, stages=tuple(stages)), digest="without")
    for request in requests:
        one, other = decided(policy, request), decided(without, request)
        if _stages_before_are_plain(policy):
            assert (one and one.due) == (other and other.due)


def _stages_before_are_plain(policy: FeePolicy) -> bool:
    """With one stage the amounts are the same; with more, equal sums may come from other charges."""
    return len(policy.document.stages) == 1


@settings(max_examples=150)
@given(POLICIES)
def test_every_counter_example_and_witness_is_one(policy: FeePolicy) -> None:
    for finding in analyse(policy).findings:
        if finding.case is None:
            continue
        due, after = replayed(policy, finding)
        assert due == finding.case.due_vnd or finding.kind is FindingKind.CONFLICT
        if finding.kind is FindingKind.COSTS_MORE:
            assert after == finding.case.due_after_vnd
            assert after is not None
            assert after > due
        if finding.kind is FindingKind.FEWER_COPIES_COST_MORE:
            assert after == finding.case.due_after_vnd
            assert after is not None
            assert after < due
        if finding.kind is FindingKind.CONFLICT:
            assert finding.case.due_after_vnd != finding.case.due_vnd


@settings(max_examples=150)
@given(POLICIES, st.lists(REQUESTS, min_size=10, max_size=10))
def test_what_is_proven_to_cost_nothing_costs_nothing(policy: FeePolicy, requests: list[FeeFacts]) -> None:
    report = analyse(policy)
    if not report.is_complete or of_kind(report, FindingKind.COSTS_MORE):
        return
    for request in requests:
        less = decided(policy, request)
        for name, member in [
            *itertools.product(["categories"], CATEGORIES),
            *itertools.product(["evidence"], EVIDENCE),
        ]:
            more = decided(policy, replace(request, **{name: getattr(request, name) | {member}}))
            assert less is None or more is None or more.due <= less.due


@given(POLICIES, st.sampled_from(DAYS))
def test_every_text_is_in_both_languages(policy: FeePolicy, _day: str) -> None:
    for finding in analyse(policy).findings:
        assert finding.text.vi.strip()
        assert finding.text.en.strip()
        assert "{" not in finding.text.vi + finding.text.en
        assert json.dumps(finding.to_json(), ensure_ascii=False)
