"""What pydantic finds wrong with a document's shape, in our words."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_type_hints

from pydantic import ValidationError

from issuance.fees import document as doc
from issuance.fees.problem_words import Complaint, Near, complain
from issuance.fees.wording import Label

Place = tuple[str | int, ...]
Found = tuple[Place, Complaint]


def _keys_of(part: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(part))


def _classes_in(hint: object) -> Iterator[type]:
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        yield hint
    for inner in get_args(hint):
        yield from _classes_in(inner)


def _keys_below(part: type) -> Iterator[tuple[str, tuple[str, ...]]]:
    for key, hint in get_type_hints(part).items():
        # Conditions hold one another without end, and refuse their own keys.
        for inner in () if key == "when" else _classes_in(hint):
            yield key, _keys_of(inner)
            yield from _keys_below(inner)


# No key leads to objects of two kinds, so that the last key of a place says what stands there.
_KEYS_BELOW: Mapping[str, tuple[str, ...]] = dict(_keys_below(doc.PolicyDocument))
_KEYS_OF_THE_DOCUMENT = _keys_of(doc.PolicyDocument)
_PLAIN = {
    "missing": "missing",
    "int_type": "number_needed",
    "string_type": "text_needed",
    "tuple_type": "list_needed",
    "dataclass_type": "object_needed",
    "dict_type": "object_needed",
    "day_form": "day_form",
    "no_such_day": "no_such_day",
}
_FORMS = {"[a-z0-9][a-z0-9_.-]": "id_form", "[A-Za-z0-9]": "file_form", "[0-9a-f]{64}": "sha256_form"}


def shape_problems(refused: ValidationError) -> Iterator[Found]:
    """Each thing that is wrong, with its place in the JSON document."""
    errors = refused.errors(include_url=False, include_input=False)
    wrong_inside = {error["loc"][:depth] for error in errors for depth in range(len(error["loc"]))}
    for error in errors:
        # A list counts as too short when one of its entries is wrong; the entry's own message is the useful one.
        if error["type"] != "too_short" or error["loc"] not in wrong_inside:
            # A key that is wrong itself is told at the place of its object.
            place = error["loc"][:-2] if error["loc"][-1:] == ("[key]",) else error["loc"]
            yield place, _complaint_about(error["type"], error["loc"], error.get("ctx", {}))


def _complaint_about(kind: str, place: Place, context: dict[str, Any]) -> Complaint:
    if kind in _PLAIN:
        return complain(_PLAIN[kind])
    match kind:
        case "complaint":
            found = context["complaint"]
            return found if isinstance(found, Complaint) else complain("not_allowed")
        case "unexpected_keyword_argument":
            within = next((step for step in reversed(place[:-1]) if isinstance(step, str)), "")
            return complain("unknown_key", near=Near(str(place[-1]), _KEYS_BELOW.get(within, _KEYS_OF_THE_DOCUMENT)))
        case "literal_error":
            expected = str(context["expected"])
            return complain("one_of", expected=Label(expected.replace(" or ", " hoặc "), expected))
        case "too_short":
            return complain("at_least_entries", least=context["min_length"])
        case "too_long":
            return complain("at_most_entries", most=context["max_length"])
        case "greater_than_equal":
            return complain("not_below", least=context["ge"])
        case "less_than_equal":
            return complain("not_above", most=context["le"])
        case "string_too_short":
            return complain("text_empty")
        case "string_too_long":
            return complain("text_too_long", most=context["max_length"])
        case "both_languages":
            return complain("both_languages", most=context["most"])
        case "string_pattern_mismatch":
            form = context["pattern"].removeprefix("^")
            return complain(next(code for begin, code in _FORMS.items() if form.startswith(begin)))
    return complain("not_allowed")
