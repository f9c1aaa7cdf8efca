"""A form made from a document type's input schema, and the input that such a form was filled in with.

The schema is the form: members in their order, each with what it demands. Beside JSON Schema's own words a member may
have `x-label`, `x-hint` and `x-options`, texts in both languages. A field is called by its place in the input:
`input.birth_place`, `input.subjects.0.name`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from issuance.documents.catalogue import DocumentType

from ..languages import Language

ROOT = "input"
MAX_ROWS = 20
"""Of one list; whoever needs more asks at the desk."""
LONG_LINE = 250

Kind = Literal["line", "text", "choice", "truth", "number", "day", "group", "list"]
_ROW = re.compile(r"\.([0-9]{1,2})(?:\.|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One member of the input as a form has it.

    name: in the form. kind: `group` has its members in `fields`, `list` its rows. options: value and text of a choice.
    is_required: not to be left empty. may_grow: a list that can have one more row.
    """

    name: str
    kind: Kind
    label: str
    hint: str = ""
    is_required: bool = False
    options: Sequence[tuple[str, str]] = ()
    minimum: int | None = None
    maximum: int | None = None
    longest: int | None = None
    fields: Sequence[Field] = ()
    may_grow: bool = False

    @property
    def choices(self) -> Sequence[tuple[str, str, str]]:
        """As the macro `radios` takes them."""
        return [(value, text, "") for value, text in self.options]


@dataclass(frozen=True, slots=True)
class FilledIn:
    """data: as the type's input schema takes it, checked by nobody yet. places: JSON pointers to the forms' names."""

    data: dict[str, Any]
    places: Mapping[str, str]

    def __repr__(self) -> str:
        return "FilledIn(…)"

    def name_at(self, pointer: str) -> str | None:
        """The field at this place of the input, or the nearest one around it; None where there is none."""
        while pointer and pointer not in self.places:
            pointer = pointer.rpartition("/")[0]
        return self.places.get(pointer)


def fields_of(document_type: DocumentType, given: Mapping[str, str], language: Language) -> Sequence[Field]:
    """given: what was typed so far, for the rows that its lists have."""
    return _members(_Reader(document_type, given, language), document_type.input_schema or {}, ROOT)


def fill_in(document_type: DocumentType, given: Mapping[str, str]) -> FilledIn:
    """What was typed as input. Numbers that are none stay texts, so that the schema's own check refuses them."""
    places: dict[str, str] = {}
    schema = document_type.input_schema or {}
    found, _ = _object(_Reader(document_type, given, "en"), schema, ROOT, "", places)
    return FilledIn(found, places)


def choices_of(fields: Sequence[Field]) -> Iterator[str]:
    """The names of those that are answered by choosing."""
    for one in fields:
        if one.kind == "choice":
            yield one.name
        yield from choices_of(one.fields)


def one_more_row(given: Mapping[str, str], name: str) -> dict[str, str]:
    """given, where the list has a row more, which is empty yet."""
    rows = _rows(given, name)
    return {**given, f"{name}.{rows}": ""} if rows < MAX_ROWS else dict(given)


def prefilled_name(member: str) -> str:
    """The form's name for a member of the input."""
    return f"{ROOT}.{member}"


def is_field(name: str) -> bool:
    return name.startswith(f"{ROOT}.")


@dataclass(frozen=True, slots=True)
class _Reader:
    document_type: DocumentType
    given: Mapping[str, str]
    language: Language

    def resolved(self, member: Mapping[str, Any]) -> Mapping[str, Any]:
        """With what it refers to; its own words come first."""
        reference = member.get("$ref")
        if reference is None:
            return member
        found: Any = self.document_type.input_schema or {}
        for part in str(reference).removeprefix("#/").split("/"):
            found = found[part]
        return {**self.resolved(found), **{word: value for word, value in member.items() if word != "$ref"}}

    def words(self, member: Mapping[str, Any], word: str) -> str | None:
        texts = member.get(word)
        return texts.get(self.language) if isinstance(texts, Mapping) else None

    def option(self, member: Mapping[str, Any], value: str) -> str:
        names = member.get("x-options")
        named = names.get(value) if isinstance(names, Mapping) else None
        found = named.get(self.language) if isinstance(named, Mapping) else None
        return found or self.document_type.texts[self.language].get(value) or value.replace("_", " ")


def _members(reader: _Reader, schema: Mapping[str, Any], at: str) -> list[Field]:
    required = schema.get("required", ())
    return [
        _field(reader, reader.resolved(member), f"{at}.{name}", name, name in required)
        for name, member in schema.get("properties", {}).items()
    ]


def _field(reader: _Reader, member: Mapping[str, Any], at: str, name: str, is_required: bool) -> Field:
    label = (
        reader.words(member, "x-label")
        or reader.document_type.texts[reader.language].get(name)
        or name.replace("_", " ").capitalize()
    )
    kind = _kind(member)
    fields: list[Field] = []
    options: list[tuple[str, str]] = []
    if kind == "group":
        fields = _members(reader, member, at)
    elif kind == "list":
        fields = list(_row_fields(reader, member, at, label))
    elif kind == "choice":
        options = [(str(value), reader.option(member, str(value))) for value in member["enum"] if value is not None]
    return Field(
        name=at,
        kind=kind,
        label=label,
        hint=reader.words(member, "x-hint") or "",
        is_required=is_required and kind != "truth",
        options=options,
        minimum=member.get("minimum"),
        maximum=member.get("maximum"),
        longest=member.get("maxLength"),
        fields=fields,
        may_grow=kind == "list" and len(fields) < _most_rows(member),
    )


def _row_fields(reader: _Reader, member: Mapping[str, Any], at: str, label: str) -> Iterator[Field]:
    entry = reader.resolved(member.get("items", {}))
    for row in range(_shown_rows(reader.given, member, at)):
        found = _field(reader, entry, f"{at}.{row}", "", False)
        yield Field(
            name=found.name,
            kind=found.kind,
            label=f"{label} {row + 1}",
            hint=found.hint,
            options=found.options,
            minimum=found.minimum,
            maximum=found.maximum,
            longest=found.longest,
            fields=found.fields,
        )


def _kind(member: Mapping[str, Any]) -> Kind:
    types = member.get("type")
    first = next((one for one in types if one != "null"), None) if isinstance(types, list) else types
    match first:
        case _ if "enum" in member:
            return "choice"
        case "boolean":
            return "truth"
        case "integer" | "number":
            return "number"
        case "object":
            return "group"
        case "array":
            return "list"
        case _ if member.get("format") == "date":
            return "day"
        case _:
            return "text" if member.get("maxLength", LONG_LINE) > LONG_LINE else "line"


def _rows(given: Mapping[str, str], at: str) -> int:
    """How many rows of a list were in the form."""
    found = (_ROW.match(name, len(at)) for name in given if name.startswith(f"{at}."))
    return min(max((int(row[1]) + 1 for row in found if row is not None), default=0), MAX_ROWS)


def _most_rows(member: Mapping[str, Any]) -> int:
    return min(int(member.get("maxItems", MAX_ROWS)), MAX_ROWS)


def _shown_rows(given: Mapping[str, str], member: Mapping[str, Any], at: str) -> int:
    least = max(1, int(member.get("minItems", 0)))
    return min(max(least, _rows(given, at)), _most_rows(member))


def _object(
    reader: _Reader, schema: Mapping[str, Any], at: str, pointer: str, places: dict[str, str]
) -> tuple[dict[str, Any], bool]:
    """And whether all of it was left empty."""
    required = schema.get("required", ())
    found: dict[str, Any] = {}
    is_empty = True
    for name, unresolved in schema.get("properties", {}).items():
        member = reader.resolved(unresolved)
        value = _value(reader, member, f"{at}.{name}", f"{pointer}/{name}", places)
        if value is not None:
            found[name] = value
            is_empty = is_empty and value is False
        elif name in required and _may_be_null(member):
            found[name] = None
    return found, is_empty


def _value(reader: _Reader, member: Mapping[str, Any], at: str, pointer: str, places: dict[str, str]) -> Any:
    """None for what was left empty."""
    places[pointer] = at
    typed = reader.given.get(at, "").strip()
    match _kind(member):
        case "group":
            found, is_empty = _object(reader, member, at, pointer, places)
            return None if is_empty else found
        case "list":
            return _list(reader, member, at, pointer, places)
        case "truth":
            return typed == "1"
        case "number":
            return _number(typed)
        case "line":
            return " ".join(typed.split()) or None
        case _:
            return typed or None


def _list(
    reader: _Reader, member: Mapping[str, Any], at: str, pointer: str, places: dict[str, str]
) -> list[Any] | None:
    """Rows that were left empty are none; the others move up."""
    entry = reader.resolved(member.get("items", {}))
    found: list[Any] = []
    for row in range(_rows(reader.given, at)):
        value = _value(reader, entry, f"{at}.{row}", f"{pointer}/{len(found)}", places)
        if value is not None:
            found.append(value)
    return found or None


def _number(typed: str) -> int | str | None:
    # no more digits than any number of a form has: the conversion of long ones is costly
    if re.fullmatch(r"-?[0-9]{1,15}", typed, re.ASCII):
        return int(typed)
    return typed or None


def _may_be_null(member: Mapping[str, Any]) -> bool:
    types = member.get("type")
    return "null" in types if isinstance(types, list) else types == "null" or None in member.get("enum", ())
