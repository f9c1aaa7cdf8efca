"""What a report says of random policies is true: nothing fires that never fires, and every counter-example is one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuance.fees import CATEGORIES, CHANNELS, FeeFacts, FeePolicy
from issuance.fees.amounts import Amounts, amounts_of
from issuance.fees.analysis import FindingKind, Report, analyse
from issuance.fees.analysis.budget import MAX_STEPS
from issuance.fees.assess import assess
from issuance.fees.facts import EVIDENCE
from issuance.fees.quotas import UNTOUCHED, Quotas
from issuance.fees.reading.read_policy import read_policy
from tests.issuance.fees.analysis.mutants import of_kind, replayed
from tests.issuance.fees.naive.policies import DAYS, books

Json = dict[str, Any]


def policy_of(document: Json) -> FeePolicy:
    given: Json = document["examples"][0]["given"]
    given |= {"received_on": given["submitted_on"], "pages": 1}
    return read_policy(json.dumps(document).encode())


@st.composite
def requests(draw: st.DrawFn) -> FeeFacts:
    submitted = date.fromisoformat(draw(st.sampled_from(DAYS)))
    age = draw(st.sampled_from([None, 0, 15, 16, 17, 59, 60, 150]))
    return FeeFacts(
        document_type=draw(st.sampled_from(["paper", "card"])),
        channel=draw(st.sampled_from(sorted(CHANNELS))),
        copies=draw(st.sampled_from([1, 2, 3, 4, 5, 12, 13, 9_999])),
        categories=draw(st.frozensets(st.sampled_from(sorted(CATEGORIES)), max_size=3)),
        birth_date=None if age is None else date(submitted.year - age, 1, 1),
        level=draw(st.integers(1, 2)),
        submitted_on=submitted,
        residence=draw(st.sampled_from([None, "01", "79"])),
        received_on=submitted + timedelta(draw(st.sampled_from([0, 1, 60, 400]))),
        pages=draw(st.sampled_from([None, 1, 2, 3, 5, 12])),
        delivery=draw(st.sampled_from(["download", "post"])),
        evidence=draw(st.frozensets(st.sampled_from(sorted(EVIDENCE)), max_size=2)),
    )


def deciding_day(policy: FeePolicy, request: FeeFacts) -> date:
    by_receipt = policy.document.deciding_date == "received"
    return (request.received_on if by_receipt else request.submitted_on) or request.submitted_on


def decided(policy: FeePolicy, request: FeeFacts, quotas: Quotas = UNTOUCHED) -> Amounts | None:
    return amounts_of(request, policy, quotas, deciding_day(policy, request))


def report_on(policy: FeePolicy) -> Report:
    """A twentieth of the usual steps: enough for most of these policies, and the others must admit it."""
    return analyse(policy, max_steps=MAX_STEPS // 20)


def policies(most_stages: int) -> st.SearchStrategy[FeePolicy]:
    return books().map(lambda book: policy_of(book[0] | {"stages": book[0]["stages"][:most_stages]}))


POLICIES, ONE_STAGE = policies(3), policies(1)
REQUESTS = requests()
Property = Callable[..., None]
PROPERTIES: dict[str, tuple[Property, tuple[st.SearchStrategy[Any], ...]]] = {}


def of_random(*drawn: st.SearchStrategy[Any]) -> Callable[[Property], Property]:
    """A property of policies and requests that are drawn at random."""

    def register(holds: Property) -> Property:
        PROPERTIES[holds.__name__] = (holds, drawn)
        return holds

    return register


@of_random(POLICIES, st.lists(REQUESTS, min_size=20, max_size=20))
def rules_that_never_fire_or_take_nothing_are_never_met(policy: FeePolicy, asked: list[FeeFacts]) -> None:
    """Without those that never fire no amount changes either."""
    report = report_on(policy)
    dead = {finding.place for finding in of_kind(report, FindingKind.NEVER_FIRES)}
    nothing = {
        finding.place.partition(".effects")[0]
        for finding in of_kind(report, FindingKind.TAKES_NOTHING)
        if finding.severity == "error"
    }
    without = _without(policy, dead)
    for request in asked:
        for fired in assess(request, policy, UNTOUCHED, deciding_day(policy, request)).fired:
            place = f"stages[{fired.stage_id}].rules[{fired.rule_id}]"
            assert place not in dead
            assert not fired.amount or place not in nothing
        assert _due(decided(policy, request)) == _due(decided(without, request))


@of_random(ONE_STAGE, st.lists(REQUESTS, min_size=20, max_size=20))
def rules_that_are_never_better_can_go_without_changing_an_amount(policy: FeePolicy, asked: list[FeeFacts]) -> None:
    """With one stage; with more, rules that give the same in sum may leave other charges to the next."""
    report = report_on(policy)
    idle = {finding.place for finding in of_kind(report, FindingKind.NEVER_BETTER)}
    without = _without(policy, idle)
    for request in asked:
        assert _due(decided(policy, request)) == _due(decided(without, request))


def _without(policy: FeePolicy, places: set[str]) -> FeePolicy:
    stages = tuple(
        replace(
            stage, rules=tuple(rule for rule in stage.rules if f"stages[{stage.id}].rules[{rule.id}]" not in places)
        )
        for stage in policy.document.stages
    )
    return replace(policy, document=replace(policy.document, stages=stages), digest="without")


def _due(amounts: Amounts | None) -> int | None:
    return None if amounts is None else int(amounts.due)


@of_random(POLICIES)
def every_counter_example_and_witness_is_one(policy: FeePolicy) -> None:
    for finding in report_on(policy).findings:
        if finding.case is None:
            continue
        due, after = replayed(policy, finding)
        assert due == finding.case.due_vnd
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


@of_random(POLICIES, st.lists(REQUESTS, min_size=10, max_size=10))
def what_is_proven_to_cost_nothing_costs_nothing(policy: FeePolicy, asked: list[FeeFacts]) -> None:
    report = report_on(policy)
    if not report.is_complete or of_kind(report, FindingKind.COSTS_MORE):
        return
    for request in asked:
        less = decided(policy, request)
        for name, member in [
            *(("categories", each) for each in CATEGORIES),
            *(("evidence", each) for each in EVIDENCE),
        ]:
            more = decided(policy, replace(request, **{name: getattr(request, name) | {member}}))
            assert less is None or more is None or more.due <= less.due


@of_random(POLICIES)
def every_text_is_in_both_languages(policy: FeePolicy) -> None:
    for finding in report_on(policy).findings:
        assert finding.text.vi.strip()
        assert finding.text.en.strip()
        assert "{" not in finding.text.vi + finding.text.en
        assert json.dumps(finding.to_json(), ensure_ascii=False)


@pytest.mark.parametrize("examples", [20, pytest.param(300, marks=pytest.mark.campaign)])
@pytest.mark.parametrize("name", PROPERTIES)
def test_it_holds_of_random_policies(name: str, examples: int) -> None:
    holds, drawn = PROPERTIES[name]
    settings(max_examples=examples, deadline=None)(given(*drawn)(holds))()
