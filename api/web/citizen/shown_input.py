"""What was filled in, to be looked over before it is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from .input_form import Field


@dataclass(frozen=True, slots=True)
class Shown:
    """text: as it was typed or chosen, "" for what was left empty. answer: of a question that is answered by yes or no,
    for the template to put into words; None for others."""

    label: str
    text: str
    answer: bool | None = None

    def __repr__(self) -> str:
        return f"Shown({self.label!r}, …)"


def shown_input(fields: Sequence[Field], given: Mapping[str, str]) -> Iterator[Shown]:
    """In the form's order; groups and lists as the fields that they consist of."""
    for one in fields:
        typed = given.get(one.name, "").strip()
        match one.kind:
            case "group" | "list":
                yield from shown_input(one.fields, given)
            case "truth":
                yield Shown(one.label, "", typed == "1")
            case "choice":
                yield Shown(one.label, dict(one.options).get(typed, typed))
            case "day":
                yield Shown(one.label, _day(typed))
            case _:
                yield Shown(one.label, typed)


def _day(typed: str) -> str:
    try:
        return date.fromisoformat(typed).strftime("%d/%m/%Y")
    except ValueError:
        return typed
