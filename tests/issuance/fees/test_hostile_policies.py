"""Bytes made to hurt: bounded before they are parsed, refused with a sentence, never executed."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.fees import PolicyRefused
from issuance.fees.conditions import MAX_CONDITION_DEPTH, MAX_OPERANDS
from issuance.fees.errors import Problem
from issuance.fees.expressions.tokens import MAX_EXPRESSION_CHARACTERS, MAX_EXPRESSION_NESTING
from issuance.fees.expressions.words import MAX_EXPRESSION_STEPS
from issuance.fees.policy import check_examples
from issuance.fees.reading.check_policy import MAX_COMPARISONS, MAX_EXPRESSIONS, MAX_LOOKS, MAX_RULES, MAX_STEPS
from issuance.fees.reading.read_policy import (
    MAX_NEAR_WORDS,
    MAX_POLICY_BYTES,
    MAX_POLICY_DEPTH,
    MAX_POLICY_NODES,
    MAX_PROBLEMS,
    read_policy,
)
from tests.issuance.fees.hostile import HOSTILE
from tests.issuance.fees.requests import read, small_policy, words


def refusal(source: bytes) -> str:
    with pytest.raises(PolicyRefused) as refused:
        read_policy(source, "hostile.json")
    assert len(refused.value.problems) <= MAX_PROBLEMS
    return str(refused.value)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_document_made_to_hurt_is_refused_or_answered(name: str) -> None:
    make, message = HOSTILE[name]
    problems: Sequence[Problem]
    try:
        problems = check_examples(read_policy(make()))
    except PolicyRefused as refused:
        problems = refused.problems
    said = "\n".join(str(problem) for problem in problems)
    assert (message in said) if message is not None else not said, said[:500]
    assert len(problems) <= 200
    # Whatever a document holds, what is said about it stays readable.
    assert len(said) < 100_000


def test_the_caps_stand() -> None:
    """Raising one is a decision about everybody's time: look at `python -m benchmarks hostile-policies` first."""
    assert (MAX_POLICY_BYTES, MAX_POLICY_NODES, MAX_POLICY_DEPTH) == (262_144, 10_000, 24)
    assert (MAX_RULES, MAX_COMPARISONS, MAX_CONDITION_DEPTH, MAX_OPERANDS) == (300, 2_000, 8, 100)
    assert (MAX_EXPRESSIONS, MAX_EXPRESSION_CHARACTERS, MAX_EXPRESSION_NESTING) == (10, 500, 12)
    assert (MAX_EXPRESSION_STEPS, MAX_STEPS, MAX_LOOKS) == (2_500, 200_000, 100_000)


def test_near_words_are_looked_for_a_few_times_only(monkeypatch: pytest.MonkeyPatch) -> None:
    searches: list[tuple[str, list[str]]] = []

    def search(word: str, known: list[str], **_: int) -> list[str]:
        searches.append((word, known))
        return []

    monkeypatch.setattr("issuance.fees.problem_words.difflib.get_close_matches", search)
    refusal(HOSTILE["thousands of unknown keys"][0]())
    assert len(searches) == MAX_NEAR_WORDS
    assert all(len(known) <= 32 for _, known in searches)


def test_a_near_word_is_told_however_many_other_problems_stand_before() -> None:
    document = small_policy(rounding=None, version=0, label=None, examplez=[], territory="", time_zone="", currency="")
    charge = document["charges"][0]
    charge |= {"amount_vnd": -1, "kind": "basis", "label": None, "above": -1}
    document["stages"][0]["rules"][0]["when"] = {"fact": "copys", "eq": 1}
    said = refusal(json.dumps(document).encode())
    assert "unknown fact 'copys', did you mean 'copies'?" in said
    assert said.index("copys") > said.index("kind") > 0
    assert len(said[: said.index("copys")].splitlines()) > MAX_NEAR_WORDS


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b"[]", "a policy is a JSON object"),
        (b'"text"', "a policy is a JSON object"),
        (b'{"id": 1, "id": 2}', "the key 'id' stands twice in one object"),
        (b'{"id": 1.5}', "'1.5': numbers are whole; money is integer VND"),
        (b'{"id": 1e400}', "numbers are whole"),
        (b'{"id": NaN}', "numbers are whole"),
        (b'{"id": -Infinity}', "numbers are whole"),
        (b'{"id": ' + b"9" * 5_000 + b"}", "a number with more than 12 digits"),
        (b'{"id": "' + b"x" * MAX_POLICY_BYTES + b'"}', f"larger than {MAX_POLICY_BYTES} bytes"),
        (b"[" * 100_000, f"nested more than {MAX_POLICY_DEPTH} deep"),
        (b'{"a":' * 40_000, f"nested more than {MAX_POLICY_DEPTH} deep"),
        (b"[" + b"0," * 100_000 + b"0]", f"more than {MAX_POLICY_NODES} values"),
        (b'{"a": "\\ud800"}', "a sign that can't be seen (U+D800)"),
        (b'{"a": "\\u202e"}', "a: the text has a sign that can't be seen (U+202E)"),
        (b'{"a": ["\\u0000"]}', "a[0]: the text has a sign that can't be seen (U+0000)"),
        ('{"a": "Tha\u0300nh pho\u0302\u0301"}'.encode(), "a: the text isn't in composed form"),
    ],
    ids=range(19),
)
def test_hostile_bytes_are_refused(source: bytes, message: str) -> None:
    assert message in refusal(source)


@pytest.mark.parametrize(
    "source",
    [b'"' + b'\\"' * 131_000, b'"' * 262_143, b"\\" * 262_143, b'"\\' * 131_000],
    ids=["escaped quotes", "quotes", "backslashes", "both"],
)
def test_unclosed_texts_take_no_quadratic_time(source: bytes) -> None:
    # Were the scan quadratic, each of these would run into the suite's time limit.
    assert "not JSON" in refusal(source)


def test_brackets_inside_texts_are_no_nesting() -> None:
    document = small_policy(label=words("[" * 200 + '\\"{"' * 50))
    assert read(document).document.label.en.startswith("[[[")


def test_a_condition_is_data_and_no_code() -> None:
    document = small_policy()
    document["stages"][0]["rules"][0]["when"] = "__import__('os').abort()"
    assert 'a condition is "always" or an object' in refusal(json.dumps(document).encode())


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_politely(source: bytes) -> None:
    refusal(source)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(st.data(), JSON)
def test_any_value_anywhere_is_accepted_or_refused(data: st.DataObject, value: Any) -> None:
    """Whatever stands in place of one part of a good document, only PolicyRefused comes out."""
    document = small_policy()
    node: Any = document
    while True:
        key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
            break
        node = node[key]
    node[key] = value
    # Any other error than PolicyRefused fails the test.
    with contextlib.suppress(PolicyRefused):
        assert read(document).digest
