"""What was filled in, to be looked over: before it is sent, afterwards, and at the desk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from issuance.documents.catalogue import DocumentType

from ..languages import Language
from .input_form import ROOT, Field, fields_of


@dataclass(frozen=True, slots=True)
class Shown:
    """text: as it was typed or chosen, "" for what was left empty. answer: of a question that is answered by yes or no,
    for the template to put into words; None for others. is_written: in somebody's own words, which are Vietnamese."""

    label: str
    text: str
    answer: bool | None = None
    is_written: bool = False

    def __repr__(self) -> str:
        return f"Shown({self.label!r}, …)"


def shown_input(fields: Sequence[Field], given: Mapping[str, str], *, is_sent: bool = False) -> Iterator[Shown]:
    """In the form's order; groups and lists as the fields that they consist of.

    is_sent: a question without an answer was left empty. In a form it is a box that was not ticked, which says no.
    """
    for one in fields:
        typed = given.get(one.name, "").strip()
        match one.kind:
            case "group" | "list":
                yield from shown_input(one.fields, given, is_sent=is_sent)
            case "truth":
                yield Shown(one.label, "", typed == "1" if typed or not is_sent else None)
            case "choice":
                yield Shown(one.label, dict(one.options).get(typed, typed))
            case "day":
                yield Shown(one.label, _day(typed))
            case "number":
                yield Shown(one.label, typed)
            case _:
                yield Shown(one.label, typed, is_written=bool(typed))


def stated_input(document_type: DocumentType, data: Mapping[str, Any], language: Language) -> Sequence[Shown]:
    """Of an application. What an earlier schema of its type had stands last, under its own name."""
    if document_type.is_issued_in_batches:
        return ()
    typed, known = as_typed(data), (document_type.input_schema or {}).get("properties", {})
    others = (_unknown(name, value) for name, value in data.items() if name not in known)
    return [*shown_input(fields_of(document_type, typed, language), typed, is_sent=True), *others]


def _unknown(name: str, value: Any) -> Shown:
    label = name.replace("_", " ")
    if isinstance(value, bool):
        return Shown(label, "", value)
    return Shown(label, ", ".join(as_typed({name: value}).values()))


def as_typed(data: Mapping[str, Any], at: str = ROOT) -> dict[str, str]:
    """An input as the form would have it that it came from; the other way round than `fill_in`."""
    typed: dict[str, str] = {}
    for name, value in data.items():
        typed |= _typed(value, f"{at}.{name}")
    return typed


def _typed(value: Any, at: str) -> dict[str, str]:
    match value:
        case None:
            return {}
        case bool():
            return {at: "1" if value else "0"}
        case dict():
            return as_typed(value, at)
        case list():
            return as_typed({str(row): entry for row, entry in enumerate(value)}, at)
        case _:
            return {at: str(value)}


def _day(typed: str) -> str:
    try:
        return date.fromisoformat(typed).strftime("%d/%m/%Y")
    except ValueError:
        return typed
