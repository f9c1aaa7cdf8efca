"""Conditions of a procedure: on which facts of a request a step is taken, and which legal limit counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from issuance.errors import UnknownProcedureFact
from issuance.fees.problem_words import Near
from issuance.procedure.problems import Complaint, complain

FactValue = bool | int | str

MAX_CONDITION_DEPTH = 6
MAX_CONDITION_PARTS = 100
MAX_VALUES = 50
MAX_VALUE_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class Is:
    fact: str
    equals: FactValue


@dataclass(frozen=True, slots=True)
class OneOf:
    fact: str
    values: tuple[FactValue, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition


Condition = Is | OneOf | AllOf | AnyOf | Not


class ConditionRefused(ValueError):
    """A condition that can't be understood; becomes a problem of its document."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint.code)
        self.complaint = complaint


def holds(condition: Condition, facts: Mapping[str, FactValue]) -> bool:
    """Whether the condition is true for these facts. Every part is looked at, so that the order of parts hides nothing.

    Raises UnknownProcedureFact where it speaks about a fact that is not among them: nothing is taken for granted.
    """
    match condition:
        case Is(fact, equals):
            return _same(_known(fact, facts), equals)
        case OneOf(fact, values):
            value = _known(fact, facts)
            return any(_same(value, one) for one in values)
        case AllOf(parts):
            return False not in [holds(part, facts) for part in parts]
        case AnyOf(parts):
            return True in [holds(part, facts) for part in parts]
        case Not(part):
            return not holds(part, facts)


def _known(fact: str, facts: Mapping[str, FactValue]) -> FactValue:
    if fact not in facts:
        raise UnknownProcedureFact(f"nothing is known of the fact {fact!r}")
    return facts[fact]


def _same(one: FactValue, other: FactValue) -> bool:
    # To Python, True is 1.
    return type(one) is type(other) and one == other


def mentioned(condition: Condition) -> Iterator[tuple[str, FactValue]]:
    """Each fact with each value that it is compared with."""
    match condition:
        case Is(fact, equals):
            yield fact, equals
        case OneOf(fact, values):
            yield from ((fact, value) for value in values)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from mentioned(part)
        case Not(part):
            yield from mentioned(part)


def parse_condition(value: object) -> Condition:
    """A condition as it stands in a document. Raises ConditionRefused."""
    condition = _parse(value, 1)
    if _size(condition) > MAX_CONDITION_PARTS:
        raise ConditionRefused(complain("condition_size", most=MAX_CONDITION_PARTS))
    return condition


def _parse(value: object, depth: int) -> Condition:
    if depth > MAX_CONDITION_DEPTH:
        raise ConditionRefused(complain("condition_nested", most=MAX_CONDITION_DEPTH))
    if not isinstance(value, dict):
        raise ConditionRefused(complain("condition_form"))
    if unknown := next((key for key in value if key not in _KEYS), None):
        raise ConditionRefused(complain("unknown_key", near=Near(unknown, _KEYS)))
    match value:
        case {"fact": str(fact), "equals": equals} if len(value) == 2:
            return Is(fact, _value(equals))
        case {"fact": str(fact), "in": values} if len(value) == 2:
            return OneOf(fact, tuple(_value(one) for one in _entries("in", values, MAX_VALUES)))
        case {"all": parts} if len(value) == 1:
            return AllOf(tuple(_parse(part, depth + 1) for part in _entries("all", parts, MAX_CONDITION_PARTS)))
        case {"any": parts} if len(value) == 1:
            return AnyOf(tuple(_parse(part, depth + 1) for part in _entries("any", parts, MAX_CONDITION_PARTS)))
        case {"not": part} if len(value) == 1:
            return Not(_parse(part, depth + 1))
    raise ConditionRefused(complain("condition_form"))


_KEYS = ("fact", "equals", "in", "all", "any", "not")


def _entries(key: str, value: object, most: int) -> list[object]:
    if not isinstance(value, list) or not 1 <= len(value) <= most:
        raise ConditionRefused(complain("condition_list", key=key, most=most))
    return value


def _value(value: object) -> FactValue:
    if isinstance(value, bool | int) or (isinstance(value, str) and len(value) <= MAX_VALUE_CHARACTERS):
        return value
    raise ConditionRefused(complain("condition_value"))


def _size(condition: Condition) -> int:
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return 1 + sum(_size(part) for part in parts)
        case Not(part):
            return 1 + _size(part)
    return 1
