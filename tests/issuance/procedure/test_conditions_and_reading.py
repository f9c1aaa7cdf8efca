"""Conditions, and what the reader makes of documents: each problem at its place, nothing but ProcedureRefused."""

from __future__ import annotations

import contextlib
import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.errors import ProcedureRefused, UnknownProcedureFact, UnknownStep
from issuance.fees.wording import Label
from issuance.procedure.check import check_procedure
from issuance.procedure.conditions import ConditionRefused, FactValue, holds, parse_condition
from issuance.procedure.document import Procedure
from issuance.procedure.limit import Limit
from issuance.procedure.procedure_schema import procedure_json_schema
from issuance.procedure.reading import MAX_PROCEDURE_BYTES, read_procedure
from issuance.procedure.time_sums import add, can_compare, sum_in_words
from tests.issuance.procedure.made_up import MadeUp, made_up
from tests.issuance.procedure.mutants import MUTATIONS

ROOT = Path(__file__).parents[3]
SCHEMA = procedure_json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
EXAMPLE = next(one for one in map(made_up, range(100)) if len(one.document["steps"]) > 4)

# What leads from one part to another, or is about the whole, no schema sees.
BEYOND_THE_SCHEMA = {
    "outcome_leads_nowhere",
    "begins_nowhere",
    "step_twice",
    "outcome_twice",
    "two_approvals",
    "ends_before_it_begins",
    "letters_in_pieces",
}


def read(document: object) -> Procedure:
    return read_procedure(json.dumps(document).encode(), "a.json")


# --- conditions ---


def test_conditions_hold_or_not() -> None:
    facts: dict[str, FactValue] = {"channel": "desk", "copies": 1, "on_behalf_of": True}
    for condition, expected in (
        ({"fact": "channel", "equals": "desk"}, True),
        ({"fact": "channel", "in": ["vneid", "portal"]}, False),
        ({"fact": "copies", "in": [1, 2]}, True),
        ({"not": {"fact": "on_behalf_of", "equals": True}}, False),
        ({"all": [{"fact": "copies", "equals": 1}, {"fact": "channel", "equals": "vneid"}]}, False),
        ({"any": [{"fact": "copies", "equals": 2}, {"fact": "channel", "equals": "desk"}]}, True),
    ):
        assert holds(parse_condition(condition), facts) is expected


def test_true_is_no_number() -> None:
    assert not holds(parse_condition({"fact": "copies", "equals": True}), {"copies": 1})
    assert not holds(parse_condition({"fact": "on_behalf_of", "in": [1]}), {"on_behalf_of": True})


@pytest.mark.parametrize("key", ["all", "any"])
@pytest.mark.parametrize("value", ["desk", "vneid"])
def test_an_unknown_fact_denies_wherever_it_stands(key: str, value: str) -> None:
    parts = [{"fact": "channel", "equals": value}, {"fact": "weather", "equals": "fine"}]
    for order in (parts, parts[::-1]):
        with pytest.raises(UnknownProcedureFact):
            holds(parse_condition({key: order}), {"channel": "desk"})


def nested(depth: int) -> object:
    return {"fact": "copies", "equals": 1} if depth == 1 else {"not": nested(depth - 1)}


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("always", "condition_form"),
        ({}, "condition_form"),
        ({"fact": "copies"}, "condition_form"),
        ({"fact": 1, "equals": 1}, "condition_form"),
        ({"fact": "copies", "equals": 1, "in": [1]}, "condition_form"),
        ({"all": [], "any": []}, "condition_form"),
        ({"all": []}, "condition_list"),
        ({"fact": "copies", "in": list(range(51))}, "condition_list"),
        ({"fact": "copies", "equals": None}, "condition_value"),
        ({"fact": "copies", "equals": "x" * 101}, "condition_value"),
        ({"facts": "copies", "equals": 1}, "unknown_key"),
        (nested(7), "condition_nested"),
        ({"any": [{"any": [nested(1)] * 20}] * 5}, "condition_size"),
    ],
)
def test_what_is_no_condition(condition: object, code: str) -> None:
    with pytest.raises(ConditionRefused) as refused:
        parse_condition(condition)
    assert refused.value.complaint.code == code
    document = copy.deepcopy(EXAMPLE.document)
    document["steps"][0] |= {"when": condition, "otherwise": {"to": "decide"}}
    with pytest.raises(ProcedureRefused) as refused_document:
        read(document)
    [problem] = refused_document.value.problems
    assert problem.code == code
    assert problem.place == f"a.json: steps[{document['steps'][0]['id']}].when"


def test_conditions_of_the_greatest_depth_are_read() -> None:
    assert holds(parse_condition(nested(6)), {"copies": 2})


# --- bytes ---


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"", "not_json"),
        (b"[]", "no_object"),
        (b"\xff", "not_utf8"),
        (b'{"a": 1, "a": 2}', "key_twice"),
        (b'{"a": NaN}', "number_not_whole"),
        (b'{"a": 1.5}', "number_not_whole"),
        (b'{"a": 1e400}', "number_not_whole"),
        (b'{"a": 1234567890123}', "number_too_long"),
        (b'{"a": "\\ud800"}', "text_unseen_sign"),
        (b'{"a\\u200b": 1}', "text_unseen_sign"),
        (b"[" * 100_000, "too_deep"),
        (b'{"a": [' + b"1," * 30_000 + b"1]}", "too_many_values"),
        (b" " * (MAX_PROCEDURE_BYTES + 1), "too_large"),
        (b"{}", "missing"),
    ],
)
def test_bytes_that_are_no_document(source: bytes, code: str) -> None:
    with pytest.raises(ProcedureRefused) as refused:
        read_procedure(source, "a.json")
    assert {problem.code for problem in refused.value.problems} == {code}
    assert all(problem.place.startswith("a.json") for problem in refused.value.problems)


def test_layout_does_not_count_and_every_value_does() -> None:
    document = EXAMPLE.document
    one = read(document)
    same = read_procedure(json.dumps(dict(reversed(document.items())), indent=3, ensure_ascii=False).encode())
    other = read({**document, "version": 10})

    assert one.digest == same.digest == read_procedure(one.canonical).digest
    assert one.digest != other.digest
    assert one.to_json() == document


def test_all_problems_are_told_at_once_each_at_its_place() -> None:
    document = copy.deepcopy(EXAMPLE.document)
    document["steps"][-1]["outcomes"][0]["to"] = "decide"
    document["steps"][-1]["outcomes"][1]["needs"] = []
    document["start"] = document["start"] + "x"
    with pytest.raises(ProcedureRefused) as refused:
        read(document)

    assert [problem.place for problem in refused.value.problems] == [
        "a.json: start",
        "a.json: steps[decide].outcomes[approve]",
        "a.json: steps[decide].outcomes[refuse].needs",
    ]
    assert "did you mean" in refused.value.problems[0].in_language("en")
    assert "có phải ý là" in refused.value.problems[0].in_language("vi")


def test_very_many_problems_are_cut_short() -> None:
    document = copy.deepcopy(EXAMPLE.document)
    document["steps"] = [{f"key{index}": 1 for index in range(40)}] * 60
    with pytest.raises(ProcedureRefused) as refused:
        read(document)
    assert len(refused.value.problems) == 100


def test_steps_that_pass_on_in_a_circle_end_in_a_refusal() -> None:
    document = copy.deepcopy(EXAMPLE.document)
    document["start"] = "decide"
    document["steps"][-1] |= {"when": {"fact": "channel", "equals": "desk"}, "otherwise": {"to": "decide"}}
    procedure = read(document)
    with pytest.raises(UnknownStep):
        procedure.start_for({"channel": "vneid"})
    assert "circle" in {problem.code for problem in check_procedure(procedure, EXAMPLE.services, None)}


# --- the published schema ---


def test_the_published_file_is_the_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    written = json.dumps(SCHEMA, ensure_ascii=False, indent=2) + "\n"
    assert (ROOT / "docs" / "procedure.schema.json").read_text(encoding="utf-8") == written


def test_every_shipped_one_agrees() -> None:
    files = sorted((ROOT / "issuance" / "procedure" / "procedures").glob("*.json"))
    assert len(files) >= 5
    for file in files:
        assert [error.message for error in VALIDATOR.iter_errors(json.loads(file.read_bytes()))] == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_the_schema_sees_what_the_reader_sees(name: str) -> None:
    document = copy.deepcopy(EXAMPLE.document)
    assert VALIDATOR.is_valid(document)
    MUTATIONS[name][1](document, EXAMPLE)
    try:
        read(document)
    except ProcedureRefused:
        assert VALIDATOR.is_valid(document) == (name in BEYOND_THE_SCHEMA)
    else:
        assert VALIDATOR.is_valid(document)


# --- fuzz ---

SMALL_JSON: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 4_000),
    st.text(max_size=5),
    st.sampled_from(["decide", "receive", "approved", "refused", "reason", "head", "hours", "2024-06-01", "channel"]),
    st.sampled_from([[], {}, ["reason"], {"vi": "a", "en": "b"}, {"fact": "copies", "equals": 2}, {"to": "decide"}]),
    st.sampled_from([{"fact": "x", "in": ["y"]}, {"not": {"fact": "input.urgent", "equals": True}}]),
)


@given(st.data())
def test_nothing_but_a_refusal_gets_out(data: st.DataObject) -> None:
    made = made_up(data.draw(st.integers(0, 300)))
    document = copy.deepcopy(made.document)
    for _ in range(data.draw(st.integers(1, 4))):
        node: Any = document
        while True:
            key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
            if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.integers(0, 3)) == 0:
                break
            node = node[key]
        if isinstance(node, dict) and data.draw(st.booleans()):
            node[data.draw(st.sampled_from(["to", "ends", "when", "otherwise", "returns", "x"]))] = copy.deepcopy(
                data.draw(SMALL_JSON)
            )
        else:
            node[key] = copy.deepcopy(data.draw(SMALL_JSON))
    look_at(json.dumps(document).encode(), made)


@given(st.binary(max_size=60), st.integers(0, 10_000), st.integers(0, 20))
def test_nor_from_broken_bytes(bytes_: bytes, at: int, left_out: int) -> None:
    source = json.dumps(EXAMPLE.document, ensure_ascii=False).encode()
    at %= len(source)
    look_at(source[:at] + bytes_ + source[at + left_out :], EXAMPLE)
    look_at(bytes_, EXAMPLE)


def look_at(source: bytes, made: MadeUp) -> None:
    try:
        procedure = read_procedure(source, "a.json")
    except ProcedureRefused:
        return
    assert VALIDATOR.is_valid(procedure.to_json()), procedure.to_json()
    problems = check_procedure(procedure, made.services, lambda _: frozenset(("caseworker", "head")))
    right = all(problem.is_note for problem in problems)
    facts: dict[str, FactValue] = {"channel": "desk", "copies": 1, "on_behalf_of": False, "requested_by": "citizen"}
    facts |= {"input.lived_abroad": False, "input.urgent": False, "input.purpose": "work", "input.people": 1}
    with contextlib.nullcontext() if right else contextlib.suppress(UnknownStep, UnknownProcedureFact):
        procedure.start_for(facts)
        for step in procedure.steps:
            for outcome in step.outcomes:
                procedure.after(outcome, facts)


# --- sums of time ---


def total(*limits: Limit) -> int:
    hours = 0
    for limit in limits:
        hours = add(hours, limit, "working_days")
    return hours


def test_sums_over_mixed_units_are_on_the_safe_side() -> None:
    day, half = Limit(1, "working_days"), Limit(4, "working_hours")
    assert total(day, day) == 16
    assert total(half, half, day) == 16
    # A day counts from the day after: what was begun of one is lost.
    assert total(half, day, half) == 20
    assert total(half, day, half, day) == 32
    assert total(Limit(2, "calendar_days")) == 16
    assert total(Limit(5, "hours")) == 5
    assert total(Limit(24, "hours")) == 8
    assert total(Limit(30, "hours")) == 16
    assert not can_compare("working_days", "calendar_days")
    assert not can_compare("working_days", "working_hours")
    assert sum_in_words(20, "working_days") == Label("2 ngày làm việc 4 giờ", "2 working days and 4 hours")


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 100))
def test_a_later_beginning_never_ends_earlier(one: int, other: int, amount: int) -> None:
    for unit in ("working_days", "calendar_days", "working_hours", "hours"):
        earlier, later = sorted((one, other))
        assert add(earlier, Limit(amount, unit), "working_days") <= add(later, Limit(amount, unit), "working_days")
