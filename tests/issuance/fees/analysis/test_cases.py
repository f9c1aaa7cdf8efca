"""One case of each class: requests are what their cases say, and every request belongs to a case."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from issuance.fees import FeeFacts, FeePolicy
from issuance.fees.analysis.budget import Budget
from issuance.fees.analysis.cases import Situation, request_of
from issuance.fees.analysis.days import DayPoint
from issuance.fees.analysis.subject import rules_of
from issuance.fees.facts import FACTS, values_of
from tests.issuance.fees.analysis.test_random_policies import ONE_STAGE, deciding_day, requests
from tests.issuance.fees.requests import read, rule, small_policy, stage

LEAP_DAYS = st.sampled_from(
    [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1), date(2023, 2, 28), date(2023, 3, 1)]
)


@given(LEAP_DAYS | st.dates(date(1900, 1, 1), date(2100, 12, 31)), st.integers(0, 150))
def test_a_request_has_the_age_of_its_case(on: date, age: int) -> None:
    values = dict.fromkeys(FACTS) | {"document_type": "paper", "channel": "desk", "copies": 1, "level": 2}
    request = request_of(Situation(DayPoint(on, on, None), values | {"age_years": age, "delivery": "download"}))
    assert request is not None
    assert values_of(request, on)["age_years"] == age


def test_the_cases_of_a_rule_are_counted() -> None:
    when = {
        "all": [
            {"fact": "channel", "in": ["vneid", "portal"]},
            {"fact": "categories", "any_of": ["student", "disabled"]},
            {"not": {"fact": "categories", "contains": "disabled"}},
            {"fact": "age_years", "between": [16, 59]},
            {"fact": "copies", "lte": 3},
        ]
    }
    policy = read(small_policy(stages=[stage([rule("some", when=when)])]))
    (cases,) = Budget().cases_of(policy, rules_of(policy))
    # Two channels, two categories each there or not, two ages and none, two numbers of copies.
    assert cases.count == 2 * 4 * 3 * 2
    assert len(list(cases)) == cases.count


@given(ONE_STAGE, requests())
def test_every_request_is_seen_by_a_rule_as_one_of_its_cases(policy: FeePolicy, request: FeeFacts) -> None:
    on = deciding_day(policy, request)
    if not policy.applies(request.document_type, on):
        return
    values = values_of(request, on)
    for ruled in rules_of(policy):
        held = {
            ruled.holds(case.values, space.day.on) for space in Budget().cases_of(policy, [ruled]) for case in space
        }
        assert ruled.holds(values, on) in held


def test_the_day_after_the_last_is_no_case() -> None:
    policy = read(small_policy(stages=[stage([rule("some", when={"fact": "submitted_on", "lte": "2024-12-31"})])]))
    days = [cases.day.on for cases in Budget().cases_of(policy, rules_of(policy))]
    assert days == [date(2024, 1, 1)]
    assert days[0] + timedelta(days=365) == date(2024, 12, 31)
