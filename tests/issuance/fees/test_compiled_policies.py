"""A policy made ready decides like one that is read afresh, however long it has been used and by whomever."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from issuance.fees import FeePolicy, assess
from issuance.fees import compiled as module
from issuance.fees.assess import assess_alike
from issuance.fees.compiled import compiled
from issuance.fees.conditions import as_test, evaluate, parse_condition
from issuance.fees.explain import explain
from issuance.fees.facts import values_of
from issuance.fees.kept import MAX_KEPT
from issuance.fees.quotas import NOT_KNOWN, UNTOUCHED, quota_keys
from tests.issuance.fees.drawn import Case, decisions, facts_of
from tests.issuance.fees.naive.cases import facts as requests
from tests.issuance.fees.naive.policies import condition
from tests.issuance.fees.naive.truth import Json
from tests.issuance.fees.requests import paper, read, rule, small_policy, stage


@st.composite
def conditions(draw: st.DrawFn) -> object:
    return condition(draw)


@given(conditions(), requests())
def test_a_condition_as_a_callable_means_the_same(source: object, given: Json) -> None:
    facts = facts_of(given)
    values = values_of(facts, facts.submitted_on)
    parsed = parse_condition(source)
    assert as_test(parsed)(values) is evaluate(parsed, values)


@given(decisions())
def test_what_was_kept_of_other_requests_changes_nothing(cases: list[Case]) -> None:
    for facts, policy, quotas, on in cases:
        afresh = replace(policy)
        assert afresh is not policy
        assert assess(facts, afresh, quotas, on) == assess(facts, policy, quotas, on)


def test_traces_that_say_the_same_are_one_object() -> None:
    policy = _policy()
    one, other = (assess(paper(copies=copies), policy, UNTOUCHED, paper().submitted_on) for copies in (1, 2))
    assert one.not_fired[0] is other.not_fired[0]
    assert one.fired[0] is other.fired[0]
    assert one.citations is other.citations


def test_what_a_policy_keeps_is_bounded() -> None:
    copies_free = rule("copies-free", effects=[{"charge": "copies", "percent_off": 50}])
    policy = read(small_policy(stages=[stage([copies_free, rule("half")])]))
    on = paper().submitted_on
    asked = [paper(copies=copies, channel=channel) for copies in range(1, 9_999, 2) for channel in ("vneid", "desk")]
    first = [assess(facts, policy, UNTOUCHED, on) for facts in asked]
    kept = compiled(policy)._kept
    assert 0 < sum(len(table) for table in kept._tables) <= MAX_KEPT
    # Far more than fits was met on the way: what was forgotten meanwhile is made again.
    assert [assess(facts, policy, UNTOUCHED, on) for facts in asked] == first


def test_alike_requests_share_a_decision_and_its_words() -> None:
    policy, on = _policy(), paper().submitted_on
    born, a_day_later = (paper(birth_date=on.replace(year=1990, day=day)) for day in (1, 2))
    one, other, another = (assess_alike(facts, policy, on) for facts in (born, a_day_later, paper(copies=3)))
    assert one is other == assess(born, policy, UNTOUCHED, on)
    assert another == assess(paper(copies=3), policy, UNTOUCHED, on) != one
    made = [explain(one, "vi"), explain(one, "en")]
    assert made == [explain(assess(born, policy, UNTOUCHED, on), language) for language in ("vi", "en")]
    made[0].clear()
    assert explain(other, "vi")


@given(decisions())
def test_what_is_shared_is_what_would_be_decided_anew(cases: list[Case]) -> None:
    for facts, policy, _, on in cases:
        if isinstance(policy, FeePolicy) and not quota_keys(policy, on, ""):
            assert assess_alike(facts, policy, on) == assess(facts, replace(policy), NOT_KNOWN, on)


def test_decisions_that_are_kept_whole_are_few() -> None:
    policy, on = _policy(), paper().submitted_on
    for copies in range(1, 3 * module.MAX_DECISIONS):
        assess_alike(paper(copies=copies), policy, on)
    assert 0 < len(compiled(policy)._decisions) <= module.MAX_DECISIONS


def test_as_many_policies_are_ready_as_were_asked_for_last() -> None:
    policies = [_policy(version=version) for version in range(1, 2 * module.MAX_COMPILED)]
    ready = [compiled(policy) for policy in policies]
    assert compiled(policies[-1]) is ready[-1]
    assert compiled(policies[0]) is not ready[0]
    assert len(module._compiled) <= module.MAX_COMPILED


def test_threads_share_a_policy() -> None:
    policy = _policy()
    asked = [paper(copies=copies, channel=channel) for copies in range(1, 200) for channel in ("desk", "vneid")]
    alone = [assess(facts, replace(policy), UNTOUCHED, facts.submitted_on) for facts in asked]
    with ThreadPoolExecutor(4) as pool:
        together = pool.map(lambda facts: assess(facts, policy, UNTOUCHED, facts.submitted_on), asked * 5)
    assert list(together) == alone * 5


def _policy(version: int = 1) -> FeePolicy:
    desk = rule("desk", when={"fact": "channel", "eq": "desk"})
    return read(json.loads(json.dumps(small_policy(version=version, stages=[stage([rule("half"), desk])]))))
