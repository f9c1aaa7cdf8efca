"""A form made from a schema gives back what was filled in, for every type that there is and some that there may be."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web.input_form import Field, fields_of, fill_in, one_more_row
from api.web.shown_input import Shown, as_typed, shown_input, stated_input
from issuance.documents.catalogue import DocumentType, load_catalogue, shipped_types_folder
from issuance.documents.errors import InvalidInput
from tests.issuance.office import INPUT, TYPE, shipped_catalogue

ASKED_FOR = [one for one in shipped_catalogue() if one.who_may_ask and not one.is_issued_in_batches]
NESTED = shipped_catalogue().get("school_transcript")


def every(fields: Any) -> Iterator[Field]:
    for one in fields:
        yield one
        yield from every(one.fields)


@pytest.mark.parametrize("one", ASKED_FOR, ids=lambda one: one.id)
def test_each_question_of_a_shipped_type_has_words_in_both_languages(one: DocumentType) -> None:
    vietnamese, english = (list(every(fields_of(one, {}, language))) for language in ("vi", "en"))

    assert [field.name for field in vietnamese] == [field.name for field in english]
    for field, other in zip(vietnamese, english, strict=True):
        member = (one.input_schema or {})["properties"][field.name.removeprefix("input.")]
        assert set(member["x-label"]) == {"vi", "en"}
        assert field.label != other.label
        assert all(text != value for value, text in field.options)


@pytest.mark.parametrize("one", [*ASKED_FOR, NESTED], ids=lambda one: one.id)
def test_an_example_that_was_typed_is_the_example(one: DocumentType) -> None:
    example = dict(one.example_input or {})
    filled = fill_in(one, as_typed(example))

    assert one.check_input(filled.data) is not None
    assert said(filled.data) == said(example)


def said(data: dict[str, Any]) -> dict[str, Any]:
    """What was answered by more than leaving a field alone."""
    return {name: value for name, value in data.items() if value is not None and value is not False}


_texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=8)
_subjects = st.lists(
    st.fixed_dictionaries(
        {"name": _texts, "first_term": _texts, "second_term": _texts, "whole_year": _texts},
    ),
    min_size=1,
    max_size=8,
)


@given(_subjects, st.sets(st.integers(0, 12), max_size=4))
def test_rows_come_back_in_their_order_whatever_was_left_empty_between(
    subjects: list[dict[str, str]], empty: set[int]
) -> None:
    rows, given_rows = iter(subjects), {}
    places = [row for row in range(len(subjects) + len(empty)) if row not in empty][: len(subjects)]
    for row in places:
        given_rows |= as_typed(next(rows), f"input.subjects.{row}")
    filled = fill_in(NESTED, given_rows)

    assert filled.data["subjects"] == subjects
    for row, place in enumerate(places):
        assert filled.name_at(f"/subjects/{row}/name") == f"input.subjects.{place}.name"
    assert filled.name_at("/subjects/0/name/0") == f"input.subjects.{places[0]}.name"
    assert filled.name_at("") is None


@given(
    st.sampled_from([*ASKED_FOR, NESTED]),
    st.dictionaries(
        st.one_of(
            st.sampled_from(["input.copies", "input.sex", "input.subjects.3", "input.subjects.99999999.name"]),
            st.from_regex(r"input(\.[a-z0-9_]{1,12}){1,5}", fullmatch=True),
        ),
        st.text(max_size=30),
        max_size=12,
    ),
)
def test_whatever_was_sent_is_read_and_shown(one: DocumentType, sent: dict[str, str]) -> None:
    filled = fill_in(one, sent)
    fields = fields_of(one, sent, "vi")

    assert set(filled.data) <= set((one.input_schema or {})["properties"])
    assert len(list(every(fields))) < 300
    assert list(shown_input(fields, sent))
    try:
        one.check_input(filled.data)
    except InvalidInput as error:
        named = {filled.name_at(pointer) for pointer, _ in error.problems}
        assert named - {None} <= {field.name for field in every(fields)} | set(filled.places.values())


def test_numbers_that_are_none_are_the_schema_s_to_refuse() -> None:
    sent = as_typed(INPUT)
    for text in ("3.5", "drei", "٣", "1" * 400, "1e3"):
        filled = fill_in(shipped_catalogue().get(TYPE), sent | {"input.copies": text})
        with pytest.raises(InvalidInput) as refused:
            shipped_catalogue().get(TYPE).check_input(filled.data)
        assert ("/copies", "wrong_type") in refused.value.problems


def test_a_list_grows_by_a_row_up_to_its_most() -> None:
    sent: dict[str, str] = {}
    for rows in range(1, 16):
        (subjects,) = (one for one in fields_of(NESTED, sent, "en") if one.kind == "list")
        assert (len(subjects.fields), subjects.may_grow) == (max(rows - 1, 1), True)
        sent = one_more_row(sent, "input.subjects")
    sent = one_more_row(one_more_row(sent, "input.subjects"), "input.subjects")
    (subjects,) = (one for one in fields_of(NESTED, sent, "en") if one.kind == "list")
    assert (len(subjects.fields), subjects.may_grow) == (16, False)
    assert "subjects" not in fill_in(NESTED, sent).data


def test_what_was_stated_has_the_words_of_the_type_and_nothing_is_left_out() -> None:
    one = shipped_catalogue().get(TYPE)
    stated = stated_input(one, {**INPUT, "of_long_ago": {"here": ["Hà Nội", "Huế"]}, "was_so": True}, "en")
    assert [row.label for row in stated[:-2]] == [field.label for field in fields_of(one, {}, "en")]
    assert stated[-2:] == [Shown("of long ago", "Hà Nội, Huế"), Shown("was so", "", True)]
    written = [row.text for row in stated if row.is_written]
    assert INPUT["permanent_residence"] in written
    assert all(row.text == "" or not row.text.isascii() for row in stated if row.is_written)


def test_what_nobody_answered_is_told_from_a_no() -> None:
    one = shipped_catalogue().get("marital_status_confirmation")

    def answers(given: dict[str, Any]) -> list[bool | None]:
        (married_before,) = (field.label for field in fields_of(one, {}, "en") if field.name == "input.married_before")
        return [row.answer for row in stated_input(one, given, "en") if row.label == married_before]

    assert answers({"purpose": "x"}) == [None]
    assert answers({"purpose": "x", "married_before": False}) == [False]
    assert answers({"purpose": "x", "married_before": True}) == [True]


def test_a_type_with_days_groups_and_long_texts(tmp_path: Path) -> None:
    types = tmp_path / "types"
    shutil.copytree(shipped_types_folder(), types)
    path = types / "residence_confirmation" / "schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    schema["properties"] |= {
        "since": {"type": "string", "format": "date"},
        "story": {"type": ["string", "null"], "maxLength": 2000},
        "landlord": {
            "type": "object",
            "x-label": {"vi": "Chủ nhà", "en": "Landlord"},
            "required": ["name"],
            "properties": {"name": {"type": "string"}, "is_family": {"type": "boolean"}},
        },
    }
    path.write_text(json.dumps(schema), encoding="utf-8")
    one = load_catalogue(types).get("residence_confirmation")
    kinds = {field.name: field.kind for field in every(fields_of(one, {}, "en"))}

    assert kinds["input.since"] == "day"
    assert kinds["input.story"] == "text"
    assert kinds["input.landlord"] == "group"
    assert kinds["input.landlord.is_family"] == "truth"
    sent = {
        "input.copies": "1",
        "input.since": "2020-02-29",
        "input.landlord.name": " An   Bình ",
        "input.landlord.is_family": "1",
        "input.story": "one\ntwo",
    }
    filled = fill_in(one, sent)
    assert one.check_input(filled.data) == {
        "copies": 1,
        "since": "2020-02-29",
        "landlord": {"name": "An Bình", "is_family": True},
        "story": "one\ntwo",
    }
    assert "29/02/2020" in [row.text for row in shown_input(fields_of(one, sent, "en"), sent)]
    assert "landlord" not in fill_in(one, {"input.copies": "1"}).data
