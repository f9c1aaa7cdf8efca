"""Typed conditions over the fact catalogue: checked when a policy is read, evaluated with three values.

A fact nobody knows (None) makes a comparison neither true nor false (Kleene's logic), so that `not` over an unknown
fact cannot fire a rule by accident.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

from issuance.fees.facts import FACTS, Fact, FactKind, FactValue, did_you_mean

Operator = Literal["eq", "in", "contains", "any_of", "gte", "lte", "between"]
Scalar = str | int | date

OPERATORS: Mapping[FactKind, tuple[Operator, ...]] = {
    FactKind.TEXT: ("eq", "in"),
    FactKind.CHOICE: ("eq", "in"),
    FactKind.NUMBER: ("eq", "in", "gte", "lte", "between"),
    FactKind.DAY: ("eq", "gte", "lte", "between"),
    FactKind.SET: ("contains", "any_of"),
}
ALL_OPERATORS = ("eq", "in", "contains", "any_of", "gte", "lte", "between")
MAX_OPERANDS = 100
MAX_CONDITION_DEPTH = 8


class ConditionRefused(ValueError):
    """A condition that cannot be understood; the message is for the author. Becomes a Problem of the document."""


@dataclass(frozen=True, slots=True)
class Always:
    """True for every request; written `"always"`, since an empty condition is refused."""


@dataclass(frozen=True, slots=True)
class Compare:
    """One fact against one or more values; `operands` has one entry, two for `between`, any for `in` and `any_of`."""

    fact: str
    operator: Operator
    operands: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition


@dataclass(frozen=True, slots=True)
class Expression:
    """A rule's `expr`, in CEL; `facts` are the facts of the catalogue that it names. Stands in no `when`."""

    source: str
    facts: frozenset[str]


Condition = Always | Compare | AllOf | AnyOf | Not | Expression


def parse_condition(source: object, depth: int = 0) -> Condition:
    """Read a condition as it stands in a policy document. Raises ConditionRefused."""
    if depth > MAX_CONDITION_DEPTH:
        raise ConditionRefused(f"conditions are nested more than {MAX_CONDITION_DEPTH} deep")
    if source == "always":
        return Always()
    if not isinstance(source, dict) or not source:
        raise ConditionRefused('a condition is "always" or an object such as {"fact": "channel", "eq": "vneid"}')
    if "fact" in source:
        return _parse_comparison(source)
    if len(source) != 1:
        raise ConditionRefused("a condition without 'fact' has exactly one of the keys all, any, not")
    ((key, inner),) = source.items()
    if key == "not":
        return Not(parse_condition(inner, depth + 1))
    if key not in ("all", "any"):
        raise ConditionRefused(f"unknown key{did_you_mean(str(key), ('all', 'any', 'not', 'fact'))}")
    if not isinstance(inner, list) or not inner:
        raise ConditionRefused(f"'{key}' needs a list with at least one condition")
    parts = tuple(parse_condition(part, depth + 1) for part in inner)
    return AllOf(parts) if key == "all" else AnyOf(parts)


def _parse_comparison(source: dict[str, object]) -> Compare:
    name = source["fact"]
    if not isinstance(name, str) or name not in FACTS:
        raise ConditionRefused(f"unknown fact{did_you_mean(str(name), FACTS)}")
    fact = FACTS[name]
    others = [key for key in source if key != "fact"]
    for key in others:
        if key not in ALL_OPERATORS:
            raise ConditionRefused(f"unknown comparison{did_you_mean(key, ALL_OPERATORS)}")
    if len(others) != 1:
        raise ConditionRefused(f"a condition on '{name}' needs exactly one comparison, here are {len(others)}")
    operator = cast("Operator", others[0])
    if operator not in OPERATORS[fact.kind]:
        allowed = ", ".join(OPERATORS[fact.kind])
        raise ConditionRefused(f"'{operator}' doesn't go with the fact '{name}'; it takes {allowed}")
    operand = source[operator]
    if operator in ("in", "any_of", "between"):
        if not isinstance(operand, list) or not operand:
            raise ConditionRefused(f"'{operator}' needs a list of values")
        if len(operand) > MAX_OPERANDS:
            raise ConditionRefused(f"'{operator}' takes at most {MAX_OPERANDS} values")
        operands = tuple(_typed(fact, value) for value in operand)
    else:
        operands = (_typed(fact, operand),)
    if operator == "between":
        if len(operands) != 2:
            raise ConditionRefused("'between' needs two values, the lowest and the highest")
        low, high = operands
        if low > high:  # type: ignore[operator]  # both have the fact's one type
            raise ConditionRefused("'between' has its values in the wrong order")
    return Compare(name, operator, operands)


def _typed(fact: Fact, value: object) -> Scalar:
    if fact.kind is FactKind.NUMBER:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ConditionRefused(f"'{fact.name}' is a whole number")
        if not fact.minimum <= value <= fact.maximum:
            raise ConditionRefused(f"'{fact.name}' lies between {fact.minimum} and {fact.maximum}")
        return value
    if not isinstance(value, str):
        raise ConditionRefused(
            f"'{fact.name}' is a {'day such as 2024-06-01' if fact.kind is FactKind.DAY else 'text'}"
        )
    if fact.kind is FactKind.DAY:
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise ConditionRefused(f"'{fact.name}' is a day such as 2024-06-01") from None
        if day.isoformat() != value:
            raise ConditionRefused(f"'{fact.name}' is a day such as 2024-06-01")
        return day
    if fact.values is not None and value not in fact.values:
        raise ConditionRefused(f"unknown value for '{fact.name}'{did_you_mean(value, fact.values)}")
    if not value:
        raise ConditionRefused(f"'{fact.name}' can't be compared with an empty text")
    return value


def evaluate(condition: Condition, values: Mapping[str, FactValue]) -> bool | None:
    """True, False, or None when it hangs on a fact that nobody knows."""
    match condition:
        case Compare(fact, operator, operands):
            return _compare(values[fact], operator, operands)
        case AllOf(parts):
            unknown = False
            for part in parts:
                held = evaluate(part, values)
                if held is False:
                    return False
                unknown = unknown or held is None
            return None if unknown else True
        case AnyOf(parts):
            unknown = False
            for part in parts:
                held = evaluate(part, values)
                if held is True:
                    return True
                unknown = unknown or held is None
            return None if unknown else False
        case Not(part):
            held = evaluate(part, values)
            return None if held is None else not held
        case Always():
            return True


def _compare(actual: FactValue, operator: Operator, operands: tuple[Scalar, ...]) -> bool | None:
    if actual is None:
        return None
    if isinstance(actual, frozenset):
        return any(operand in actual for operand in operands)
    if operator in ("eq", "in"):
        return actual in operands
    # The catalogue gave fact and operands one type when the policy was read.
    if operator == "gte":
        return actual >= operands[0]  # type: ignore[operator]  # one type, see above
    if operator == "lte":
        return actual <= operands[0]  # type: ignore[operator]  # one type, see above
    return operands[0] <= actual <= operands[1]  # type: ignore[operator]  # one type, see above


def first_failing(condition: Condition, values: Mapping[str, FactValue]) -> Condition:
    """The first part that did not hold, found by descending into `all`; other conditions fail as a whole."""
    if isinstance(condition, AllOf):
        for part in condition.parts:
            if evaluate(part, values) is not True:
                return first_failing(part, values)
    return condition


def fact_names(condition: Condition) -> frozenset[str]:
    """The facts that a condition speaks about."""
    match condition:
        case Compare(fact, _, _):
            return frozenset({fact})
        case AllOf(parts) | AnyOf(parts):
            return frozenset().union(*(fact_names(part) for part in parts))
        case Not(part):
            return fact_names(part)
        case Always():
            return frozenset()


def condition_to_json(condition: Condition) -> object:
    """The condition as a policy document writes it; `parse_condition` reads it back."""
    match condition:
        case Compare(fact, operator, operands):
            plain = [operand.isoformat() if isinstance(operand, date) else operand for operand in operands]
            return {"fact": fact, operator: plain if operator in ("in", "any_of", "between") else plain[0]}
        case AllOf(parts):
            return {"all": [condition_to_json(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [condition_to_json(part) for part in parts]}
        case Not(part):
            return {"not": condition_to_json(part)}
        case Always():
            return "always"
