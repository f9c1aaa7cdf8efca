"""Two validators stand behind a check, and the quick one lets nothing pass that the other one would not."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from issuance.documents.catalogue import DocumentType, load_catalogue, shipped_types_folder
from issuance.documents.checks import Check
from issuance.documents.printable import is_printable

FORMATS = FormatChecker(formats=("date",))
FORMATS.checks("printable")(lambda value: not isinstance(value, str) or is_printable(value))
TYPES = list(load_catalogue(shipped_types_folder()))
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([1.0, 2.5, 1e400, -0.0]),
    st.text(max_size=8),
    st.sampled_from(["12\n", "\ud800", "١٢", "2024-02-30", "2024-01-01", "20240101", "2024-W01-1", "001194000001"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inside for place in places(one, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    outer = copy.deepcopy(value)
    inner = outer
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = new
    return outer


@settings(max_examples=300)
@given(st.data())
def test_what_passes_is_what_a_plain_validator_lets_pass(data: st.DataObject) -> None:
    kind: DocumentType = data.draw(st.sampled_from(TYPES))
    plain = Draft202012Validator(kind.content_schema, format_checker=FORMATS)
    content = dict(kind.example_content)
    broken = changed(content, data.draw(st.sampled_from(places(content))), data.draw(VALUES))

    read, problems = Check(kind.content_schema).run(broken)
    assert (problems == []) == plain.is_valid(read)


@pytest.mark.parametrize(
    ("schema", "value", "problem"),
    [
        ({"type": "string", "format": "date"}, "2024-02-30", "wrong_format"),
        ({"type": "string", "format": "printable"}, "\u0007", "wrong_format"),
        ({"type": "integer", "maximum": 3}, 4, "too_big"),
    ],
)
def test_a_refusal_says_why(schema: dict[str, Any], value: object, problem: str) -> None:
    assert Check(schema).run(value)[1] == [("", problem)]
