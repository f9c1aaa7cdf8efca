"""JSON Schema (2020-12) checks whose findings are places and rule codes, never values."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError, ValidationError

from issuance.documents.errors import BrokenDocumentType
from issuance.documents.printable import is_printable, normalised

MAX_DEPTH = 8
MAX_PROBLEMS = 50

_RULES = {
    "required": "missing",
    "additionalProperties": "unknown_field",
    "unevaluatedProperties": "unknown_field",
    "type": "wrong_type",
    "const": "not_allowed",
    "enum": "not_allowed",
    "minimum": "too_small",
    "maximum": "too_big",
    "minLength": "too_short",
    "maxLength": "too_long",
    "minItems": "too_few",
    "maxItems": "too_many",
    "pattern": "wrong_format",
    "format": "wrong_format",
}

_formats = FormatChecker(formats=("date",))


@_formats.checks("printable")
def _printable(value: object) -> bool:
    return not isinstance(value, str) or is_printable(value)


class Check:
    """A compiled schema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Raises BrokenDocumentType when this isn't a valid schema."""
        try:
            Draft202012Validator.check_schema(dict(schema))
        except SchemaError as error:
            raise BrokenDocumentType(f"not a JSON Schema: {error.message}") from error
        self._validator = Draft202012Validator(schema, format_checker=_formats)
        # Says yes or no forty times as fast, and no a little more often: digits are 0 to 9, a text ends where it ends.
        self._quick = jsonschema_rs.Draft202012Validator(
            dict(schema),
            formats={name: partial(_formats.conforms, format=name) for name in _formats.checkers}
            | {"printable": _printable},
            validate_formats=True,
        )

    def run(self, data: object) -> tuple[Any, list[tuple[str, str]]]:
        """Return the normalised copy of `data` and its problems; an empty list means that it conforms."""
        try:
            copy = normalised_copy(data)
        except _TooDeep:
            return None, [("", "too_deep")]
        if self._passes_quickly(copy):
            return copy, []
        found = {problem for error in self._validator.iter_errors(copy) for problem in _problems(error)}
        return copy, sorted(found)[:MAX_PROBLEMS]

    def _passes_quickly(self, data: object) -> bool:
        try:
            return self._quick.is_valid(data)
        except UnicodeEncodeError:  # half of a surrogate pair; the other one has words for it
            return False


class _TooDeep(Exception):
    pass


def normalised_copy(data: object, depth: int = 0) -> Any:
    """Copy JSON data with every text in NFC and whole floats as integers, as JSON Schema takes 3.0 for an integer."""
    if depth > MAX_DEPTH:
        raise _TooDeep
    if isinstance(data, str):
        return normalised(data)
    if isinstance(data, float) and data.is_integer():
        return int(data)
    if isinstance(data, Mapping):
        return {key: normalised_copy(value, depth + 1) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [normalised_copy(value, depth + 1) for value in data]
    return data


def _problems(error: ValidationError) -> list[tuple[str, str]]:
    # Every part of the path was named by the schema or is an index: unknown names end at their parent.
    place = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in error.absolute_path)
    rule = _RULES.get(str(error.validator), "invalid")
    if rule == "missing" and isinstance(error.instance, Mapping):
        required = error.validator_value if isinstance(error.validator_value, list) else []
        return [(f"{place}/{name}", rule) for name in required if name not in error.instance]
    return [(place, rule)]
