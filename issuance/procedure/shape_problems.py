"""What pydantic finds wrong with a procedure's shape, in our words."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from issuance.fees.document import Days
from issuance.fees.problem_words import Near
from issuance.fees.wording import Label
from issuance.procedure import document as doc
from issuance.procedure.limit import Limit
from issuance.procedure.problems import Complaint, Found, Place, complain

_PLAIN = {
    "missing": "missing",
    "int_type": "number_needed",
    "string_type": "text_needed",
    "bool_type": "truth_needed",
    "tuple_type": "list_needed",
    "dataclass_type": "object_needed",
    "day_form": "day_form",
    "no_such_day": "no_such_day",
}
_PARTS: Mapping[str, type] = {
    "name": Label,
    "title": Label,
    "effective": Days,
    "basis": doc.Basis,
    "steps": doc.Step,
    "time_limit": Limit,
    "outcomes": doc.Outcome,
    "otherwise": doc.Onward,
}


def shape_problems(refused: ValidationError) -> Iterator[Found]:
    """Each thing that is wrong, with its place in the JSON document."""
    errors = refused.errors(include_url=False, include_input=False)
    wrong_inside = {error["loc"][:depth] for error in errors for depth in range(len(error["loc"]))}
    for error in errors:
        # A list counts as too short when one of its entries is wrong; the entry's own message is the useful one.
        if error["type"] != "too_short" or error["loc"] not in wrong_inside:
            yield error["loc"], _complaint_about(error["type"], error["loc"], error.get("ctx", {}))


def _complaint_about(kind: str, place: Place, context: dict[str, Any]) -> Complaint:
    if kind in _PLAIN:
        return complain(_PLAIN[kind])
    match kind:
        case "complaint":
            found = context["complaint"]
            return found if isinstance(found, Complaint) else complain("not_allowed")
        case "unexpected_keyword_argument":
            within = next((step for step in reversed(place[:-1]) if isinstance(step, str)), "")
            part = _PARTS.get(within, doc.ProcedureDocument)
            return complain("unknown_key", near=Near(str(place[-1]), [one.name for one in dataclasses.fields(part)]))
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
            return complain("unit_form" if "A-Z" in context["pattern"] else "id_form")
    return complain("not_allowed")
