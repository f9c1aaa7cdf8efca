"""The published JSON Schema: what the reader takes it takes, and the shapes that it refuses are refused."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from issuance.fees import PolicyRefused, policy_json_schema
from issuance.fees.conditions import OPERATORS
from issuance.fees.facts import EVIDENCE, FACTS
from issuance.fees.reading.check_examples import check_examples
from issuance.fees.reading.read_policy import policy_adapter
from tests.issuance.fees.requests import read, rule, small_policy, stage
from tests.issuance.fees.test_broken_policies import BROKEN

ROOT = Path(__file__).parents[3]
SHIPPED = sorted((ROOT / "issuance" / "fees").glob("policies*/*.json"))
SCHEMA = policy_json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)

# What only the reader can see: it leads from one part to another, or is about more than one.
BEYOND_THE_SCHEMA = {
    "unknown act",
    "act nobody cites",
    "unknown charge",
    "two effects on a charge",
    "rule beyond the policy",
    "rule open at the end",
    "rule dates in the wrong order",
    "policy dates in the wrong order",
    "charge twice",
    "rule twice in two stages",
    "stage twice",
    "quota in copies without copies",
    "quota in copies with set_to",
    "quotas of one name in other units",
    "quotas of one name of other sizes",
    "quotas of one name in other scopes",
    "quota named like another rule's",
    "expression with an unknown fact",
    "expression with an unknown value",
    "expression of a number",
    "expression that is cut off",
    "example with an unknown quota",
    "example with more left than there is",
    "example without the day of receipt",
    "example without pages",
}


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_published_file_is_the_schema() -> None:
    """As `condau fees schema` writes it."""
    written = json.dumps(SCHEMA, ensure_ascii=False, indent=2) + "\n"
    assert (ROOT / "docs" / "fee-policy.schema.json").read_text(encoding="utf-8") == written


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_every_shipped_policy_agrees(file: Path) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(json.loads(file.read_bytes()))] == []


@pytest.mark.parametrize("name", BROKEN)
def test_a_shape_that_is_refused_is_refused_by_the_schema(name: str) -> None:
    document = copy.deepcopy(small_policy())
    BROKEN[name][0](document)
    assert VALIDATOR.is_valid(document) == (name in BEYOND_THE_SCHEMA)


def test_the_list_of_what_only_the_reader_sees_is_no_longer_than_needed() -> None:
    assert set(BROKEN) >= BEYOND_THE_SCHEMA


SMALL_JSON: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 10_001),
    st.sampled_from(["always", "base", "copies", "vneid", "2024-06-01", "2024-6-1", "", "support", "received", "half"]),
    st.sampled_from([[], {}, ["vneid"], {"vi": "a", "en": "b"}, {"fact": "copies", "eq": 2}, {"not": "always"}]),
)


@given(st.data())
def test_reader_and_schema_agree_about_the_shape(data: st.DataObject) -> None:
    document = small_policy()
    for _ in range(data.draw(st.integers(1, 3))):
        node: Any = document
        while True:
            key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
            if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.integers(0, 3)) == 0:
                break
            node = node[key]
        # A copy: what is drawn once may be drawn again, and is changed here meanwhile.
        node[key] = copy.deepcopy(data.draw(SMALL_JSON))
    try:
        problems = check_examples(read(document))
    except PolicyRefused:
        assert not VALIDATOR.is_valid(document) or _has_the_shape(document), document
        return
    # The facts of an example are read where it is decided.
    if not any(".given" in problem.place for problem in problems):
        assert VALIDATOR.is_valid(document), document


def _has_the_shape(document: Any) -> bool:
    try:
        policy_adapter().validate_json(json.dumps(document), strict=True)
    except ValidationError:
        return False
    return True


def operand(fact_name: str, operator: str) -> Any:
    fact = FACTS[fact_name]
    one: Any = (
        next(iter(fact.values)) if fact.values else {"number": fact.maximum, "day": "2024-06-01"}.get(fact.kind, "x")
    )
    return {"in": [one], "any_of": [one], "between": [one, one]}.get(operator, one)


@pytest.mark.parametrize("name", FACTS)
def test_schema_and_reader_know_the_same_comparisons(name: str) -> None:
    for operator in {operator for operators in OPERATORS.values() for operator in operators}:
        document = small_policy(stages=[stage([rule("half", when={"fact": name, operator: operand(name, operator)})])])
        allowed = operator in OPERATORS[FACTS[name].kind]
        assert VALIDATOR.is_valid(document) == allowed, operator
        if allowed:
            read(document)
        else:
            with pytest.raises(PolicyRefused):
                read(document)


def test_the_schema_speaks_both_languages() -> None:
    parts = {"PolicyDocument": SCHEMA, **SCHEMA["$defs"]}
    for name, part in parts.items():
        vietnamese, english = part["description"].split("\n")
        assert vietnamese != english, name
    assert SCHEMA["$defs"]["Rule"]["properties"]["evidence"]["items"]["enum"] == [*EVIDENCE]
