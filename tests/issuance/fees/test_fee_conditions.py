"""Typed conditions: what they mean, what they refuse, and what an unknown fact does to them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from issuance.fees import FactsRefused, FeeFacts, vietnam_day
from issuance.fees.condition_words import describe_condition
from issuance.fees.conditions import (
    ConditionRefused,
    condition_to_json,
    evaluate,
    first_failing,
    parse_condition,
)
from issuance.fees.facts import age_years, values_of
from tests.issuance.fees.requests import request

VNEID = {"fact": "channel", "eq": "vneid"}
STUDENT = {"fact": "categories", "contains": "student"}
OLD = {"fact": "age_years", "gte": 60}


def holds(source: Any, facts: FeeFacts) -> bool | None:
    return evaluate(parse_condition(source), values_of(facts, facts.submitted_on))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("always", True),
        (VNEID, True),
        ({"fact": "channel", "in": ["portal", "desk"]}, False),
        ({"fact": "copies", "eq": 3}, True),
        ({"fact": "copies", "gte": 4}, False),
        ({"fact": "copies", "lte": 3}, True),
        ({"fact": "copies", "between": [3, 3]}, True),
        ({"fact": "copies", "in": [1, 2]}, False),
        ({"fact": "submitted_on", "between": ["2024-06-01", "2024-06-03"]}, True),
        ({"fact": "submitted_on", "lte": "2024-06-02"}, False),
        ({"fact": "submitted_on", "eq": "2024-06-03"}, True),
        (STUDENT, True),
        ({"fact": "categories", "any_of": ["disabled", "student"]}, True),
        ({"fact": "categories", "any_of": ["disabled"]}, False),
        ({"fact": "level", "gte": 2}, True),
        ({"fact": "document_type", "eq": "criminal_record_form_1"}, True),
        ({"all": [VNEID, STUDENT]}, True),
        ({"all": [VNEID, {"fact": "copies", "eq": 1}]}, False),
        ({"any": [{"fact": "copies", "eq": 1}, STUDENT]}, True),
        ({"any": [{"fact": "copies", "eq": 1}]}, False),
        ({"not": STUDENT}, False),
    ],
)
def test_meaning(source: Any, expected: bool) -> None:
    assert holds(source, request("2024-06-03", categories={"student"})) is expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (OLD, None),
        ({"not": OLD}, None),
        ({"all": [VNEID, OLD]}, None),
        ({"all": [OLD, {"fact": "copies", "eq": 1}]}, False),
        ({"any": [OLD, VNEID]}, True),
        ({"any": [OLD, {"fact": "copies", "eq": 1}]}, None),
        ({"fact": "residence", "eq": "01"}, None),
    ],
)
def test_an_unknown_fact_makes_nothing_true_by_itself(source: Any, expected: bool | None) -> None:
    assert holds(source, request("2024-06-03", birth_date=None)) is expected


def test_the_first_failing_part_is_found_inside_all() -> None:
    source = {"all": [VNEID, {"all": [{"fact": "copies", "gte": 1}, STUDENT]}, OLD]}
    facts = request("2024-06-03")
    failed = first_failing(parse_condition(source), values_of(facts, facts.submitted_on))
    assert condition_to_json(failed) == STUDENT


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"fact": "copys", "eq": 1}, "unknown fact 'copys', did you mean 'copies'?"),
        ({"fact": ["copies"], "eq": 1}, "unknown fact"),
        ({"fact": "channel", "eq": "vneed"}, "unknown value for 'channel' 'vneed', did you mean 'vneid'?"),
        ({"fact": "categories", "contains": "studnt"}, "did you mean 'student'?"),
        ({"fact": "channel", "gte": "vneid"}, "'gte' doesn't go with the fact 'channel'; it takes eq, in"),
        ({"fact": "categories", "eq": "student"}, "it takes contains, any_of"),
        ({"fact": "copies", "eq": "3"}, "'copies' is a whole number"),
        ({"fact": "copies", "eq": True}, "'copies' is a whole number"),
        ({"fact": "copies", "eq": 0}, "'copies' lies between 1 and 9999"),
        ({"fact": "age_years", "lte": 999}, "'age_years' lies between 0 and 150"),
        ({"fact": "submitted_on", "gte": "1/6/2024"}, "is a day such as 2024-06-01"),
        ({"fact": "submitted_on", "gte": "20240601"}, "is a day such as 2024-06-01"),
        ({"fact": "submitted_on", "gte": 20240601}, "is a day such as 2024-06-01"),
        ({"fact": "channel", "eq": 5}, "'channel' is a text"),
        ({"fact": "residence", "eq": ""}, "empty text"),
        ({"fact": "channel"}, "needs exactly one comparison, here are 0"),
        ({"fact": "copies", "gte": 1, "lte": 2}, "needs exactly one comparison, here are 2"),
        ({"fact": "copies", "equals": 1}, "unknown comparison 'equals'"),
        ({"fact": "copies", "in": []}, "needs a list of values"),
        ({"fact": "copies", "in": 3}, "needs a list of values"),
        ({"fact": "copies", "in": [1] * 101}, "at most 100 values"),
        ({"fact": "copies", "between": [1]}, "needs two values"),
        ({"fact": "copies", "between": [5, 1]}, "wrong order"),
        ({"all": []}, "'all' needs a list with at least one condition"),
        ({"any": {}}, "'any' needs a list with at least one condition"),
        ({"nott": VNEID}, "unknown key 'nott', did you mean 'not'?"),
        ({"all": [VNEID], "any": [VNEID]}, "exactly one of the keys all, any, not"),
        ({}, 'a condition is "always" or an object'),
        ("sometimes", 'a condition is "always" or an object'),
        (True, 'a condition is "always" or an object'),
    ],
)
def test_refusals_say_what_is_wrong(source: Any, message: str) -> None:
    with pytest.raises(ConditionRefused) as refused:
        parse_condition(source)
    assert message in str(refused.value)


def test_deep_nesting_is_refused() -> None:
    source: Any = VNEID
    for _ in range(9):
        source = {"not": source}
    with pytest.raises(ConditionRefused, match="nested more than 8 deep"):
        parse_condition(source)


def test_words_in_both_languages() -> None:
    condition = parse_condition({"all": [{"any": [VNEID, STUDENT]}, {"not": OLD}]})
    assert describe_condition(condition, "vi") == (
        "(kênh nộp hồ sơ là ứng dụng VNeID hoặc được xác nhận thuộc diện “học sinh, sinh viên”)"
        " và không phải trường hợp tuổi tròn từ 60 trở lên"
    )
    assert describe_condition(condition, "en") == (
        "(the channel is the VNeID application or the accepted categories include “pupil or student”)"
        " and it is not so that the age in full years is at least 60"
    )


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        (date(2008, 2, 29), date(2023, 2, 28), 14),
        (date(2008, 2, 29), date(2023, 3, 1), 15),
        (date(2008, 2, 29), date(2024, 2, 29), 16),
        (date(2000, 1, 1), date(2000, 1, 1), 0),
    ],
)
def test_age_in_full_years(born: date, on: date, age: int) -> None:
    assert age_years(born, on) == age


def test_a_moment_falls_on_the_day_in_vietnam() -> None:
    assert vietnam_day(datetime(2024, 5, 31, 16, 59, 59, tzinfo=UTC)) == date(2024, 5, 31)
    assert vietnam_day(datetime(2024, 5, 31, 17, 0, tzinfo=UTC)) == date(2024, 6, 1)
    with pytest.raises(FactsRefused, match="time zone"):
        vietnam_day(datetime(2024, 5, 31))  # noqa: DTZ001 - the naive moment is the point


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"channel": "vneidd"}, "did you mean 'vneid'?"),
        ({"copies": 0}, "copies must be between 1 and 9999"),
        ({"copies": 10_000}, "copies must be between 1 and 9999"),
        ({"copies": True}, "copies must be between"),
        ({"categories": {"students"}}, "did you mean 'student'?"),
        ({"birth_date": date(2024, 6, 4)}, "after the day of submission"),
        ({"birth_date": date(1800, 1, 1)}, "more than 150 years back"),
        ({"birth_date": datetime(1990, 1, 1, tzinfo=UTC)}, "days are dates"),
    ],
)
def test_facts_that_cannot_be_true_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(FactsRefused) as refused:
        request("2024-06-03", **changes)
    assert message in str(refused.value)


def test_an_unknown_identity_level_is_refused() -> None:
    with pytest.raises(FactsRefused, match="level must be 1 or 2"):
        FeeFacts("paper", "desk", 1, frozenset(), None, 3, date(2024, 6, 3))
