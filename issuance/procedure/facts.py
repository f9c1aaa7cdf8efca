"""What the conditions of a procedure can speak about: four facts of every request, and members of a type's input.

Of the input only what is known for every request: booleans (absent means false), and integers and enumerated texts that
the type's input schema requires.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from issuance.fees.facts import CHANNELS, MAX_COPIES
from issuance.procedure.conditions import FactValue

_MOST = 10**12
INPUT = "input."


@dataclass(frozen=True, slots=True)
class ProcedureFact:
    """One fact. `values` are those of a choice; `minimum..maximum` bounds a number."""

    kind: Literal["truth", "number", "choice"]
    values: tuple[str, ...] = ()
    minimum: int = 0
    maximum: int = 0


FACTS: Mapping[str, ProcedureFact] = MappingProxyType(
    {
        "channel": ProcedureFact("choice", tuple(CHANNELS)),
        "on_behalf_of": ProcedureFact("truth"),
        "requested_by": ProcedureFact("choice", ("citizen", "body")),
        "copies": ProcedureFact("number", (), 1, MAX_COPIES),
    }
)


def facts_of_type(input_schema: Mapping[str, Any]) -> dict[str, ProcedureFact]:
    """All that conditions about a document type with this input schema (JSON Schema) can speak about."""
    required = input_schema.get("required", ())
    found = dict(FACTS)
    for name, member in input_schema.get("properties", {}).items():
        fact = _fact_of(member) if isinstance(member, Mapping) else None
        if fact is not None and (fact.kind == "truth" or name in required):
            found[INPUT + name] = fact
    return found


def _fact_of(member: Mapping[str, Any]) -> ProcedureFact | None:
    if member.get("type") == "boolean":
        return ProcedureFact("truth")
    if member.get("type") == "integer":
        return ProcedureFact("number", (), member.get("minimum", -_MOST), member.get("maximum", _MOST))
    values = member.get("enum", ())
    if values and all(isinstance(value, str) for value in values):
        return ProcedureFact("choice", tuple(values))
    return None


def facts_of_request(
    input_schema: Mapping[str, Any],
    given: Mapping[str, Any],
    *,
    channel: str,
    on_behalf_of: bool,
    requested_by: Literal["citizen", "body"],
    copies: int,
) -> dict[str, FactValue]:
    """The facts of one request. given: its input, valid by the schema."""
    facts: dict[str, FactValue] = {
        "channel": channel,
        "on_behalf_of": on_behalf_of,
        "requested_by": requested_by,
        "copies": copies,
    }
    for name, fact in facts_of_type(input_schema).items():
        if name.startswith(INPUT):
            member = name.removeprefix(INPUT)
            if fact.kind == "truth":
                facts[name] = given.get(member) is True
            elif member in given:
                facts[name] = given[member]
    return facts
