"""Typed conditions over the fact catalogue: checked when a policy is read, evaluated with three values.

A fact nobody knows (None) makes a comparison neither true nor false (Kleene's logic), so that `not` over an unknown
fact cannot fire a rule by accident.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast

from issuance.fees.errors import ConditionRefused
from issuance.fees.facts import FACTS, Fact, FactKind, FactValue
from issuance.fees.problem_words import Near, complain

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
Test = Callable[[Mapping[str, FactValue]], bool | None]


def parse_condition(source: object, depth: int = 0) -> Condition:
    """Read a condition as it stands in a policy document. Raises ConditionRefused."""
    if depth > MAX_CONDITION_DEPTH:
        raise _refused("condition_nested", most=MAX_CONDITION_DEPTH)
    if source == "always":
        return Always()
    if not isinstance(source, dict) or not source:
        raise _refused("condition_form")
    if "fact" in source:
        return _parse_comparison(source)
    if len(source) != 1:
        raise _refused("condition_one_key")
    ((key, inner),) = source.items()
    if key == "not":
        return Not(parse_condition(inner, depth + 1))
    if key not in ("all", "any"):
        raise _refused("unknown_key", near=Near(str(key), ("all", "any", "not", "fact")))
    if not isinstance(inner, list) or not inner:
        raise _refused("condition_list", key=key)
    parts = tuple(parse_condition(part, depth + 1) for part in inner)
    return AllOf(parts) if key == "all" else AnyOf(parts)


def _parse_comparison(source: dict[str, object]) -> Compare:
    name = source["fact"]
    if not isinstance(name, str) or name not in FACTS:
        raise _refused("unknown_fact", near=Near(str(name), FACTS))
    fact = FACTS[name]
    others = [key for key in source if key != "fact"]
    for key in others:
        if key not in ALL_OPERATORS:
            raise _refused("unknown_comparison", near=Near(key, ALL_OPERATORS))
    if len(others) != 1:
        raise _refused("one_comparison", fact=name, count=len(others))
    operator = cast("Operator", others[0])
    if operator not in OPERATORS[fact.kind]:
        allowed = ", ".join(OPERATORS[fact.kind])
        raise _refused("comparison_not_for_fact", operator=operator, fact=name, allowed=allowed)
    operand = source[operator]
    if operator in ("in", "any_of", "between"):
        if not isinstance(operand, list) or not operand:
            raise _refused("operand_list", operator=operator)
        if len(operand) > MAX_OPERANDS:
            raise _refused("too_many_operands", operator=operator, most=MAX_OPERANDS)
        operands = tuple(_typed(fact, value) for value in operand)
    else:
        operands = (_typed(fact, operand),)
    if operator == "between":
        if len(operands) != 2:
            raise _refused("between_two")
        low, high = operands
        if low > high:  # type: ignore[operator]  # both have the fact's one type
            raise _refused("between_order")
    return Compare(name, operator, operands)


def _typed(fact: Fact, value: object) -> Scalar:
    if fact.kind is FactKind.NUMBER:
        if isinstance(value, bool) or not isinstance(value, int):
            raise _refused("operand_number", fact=fact.name)
        if not fact.minimum <= value <= fact.maximum:
            raise _refused("operand_outside", fact=fact.name, least=fact.minimum, most=fact.maximum)
        return value
    if not isinstance(value, str):
        raise _refused("operand_day" if fact.kind is FactKind.DAY else "operand_text", fact=fact.name)
    if fact.kind is FactKind.DAY:
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise _refused("operand_day", fact=fact.name) from None
        if day.isoformat() != value:
            raise _refused("operand_day", fact=fact.name)
        return day
    if fact.values is not None and value not in fact.values:
        raise _refused("unknown_value", fact=fact.name, near=Near(value, fact.values))
    if not value:
        raise _refused("operand_empty", fact=fact.name)
    return value


def _refused(code: str, **values: object) -> ConditionRefused:
    return ConditionRefused(complain(code, **values))


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
        case Expression():
            raise TypeError("an expression is no part of a condition; `compile_expression` evaluates it")


def as_test(condition: Condition) -> Test:
    """The condition as one callable that gives for all values what `evaluate` gives, several times as fast."""
    match condition:
        case Compare(fact, operator, operands):
            return _comparison(fact, operator, operands)
        case AllOf(parts):
            return _settled_by(False, tuple(as_test(part) for part in parts))
        case AnyOf(parts):
            return _settled_by(True, tuple(as_test(part) for part in parts))
        case Not(part):
            inner = as_test(part)
            return lambda values: None if (held := inner(values)) is None else not held
        case Always():
            return lambda _values: True
        case Expression():
            raise TypeError("an expression is no part of a condition; `compile_expression` evaluates it")


def _settled_by(settling: bool, tests: tuple[Test, ...]) -> Test:
    """`all` is settled by the first part that is false, `any` by the first that is true."""

    def test(values: Mapping[str, FactValue]) -> bool | None:
        unknown = False
        for inner in tests:
            held = inner(values)
            if held is settling:
                return settling
            if held is None:
                unknown = True
        return None if unknown else not settling

    return test


def _comparison(fact: str, operator: Operator, operands: tuple[Scalar, ...]) -> Test:
    # The catalogue gave fact and operands one type when the policy was read.
    allowed: frozenset[Any] = frozenset(operands)
    low: Any = operands[0]
    high: Any = operands[-1]
    holds: Mapping[Operator, Callable[[Any], bool]] = {
        "eq": lambda actual: actual == low,
        "in": lambda actual: actual in allowed,
        "contains": lambda actual: low in actual,
        "any_of": lambda actual: not allowed.isdisjoint(actual),
        "gte": lambda actual: actual >= low,
        "lte": lambda actual: actual <= high,
        "between": lambda actual: low <= actual <= high,
    }
    chosen = holds[operator]
    return lambda values: None if (actual := values[fact]) is None else chosen(actual)


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


def all_parts(condition: Condition) -> tuple[Condition, ...]:
    """The parts that must all hold, in order; the first that doesn't is what `first_failing` finds."""
    if isinstance(condition, AllOf):
        return tuple(inner for part in condition.parts for inner in all_parts(part))
    return (condition,)


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
        case Expression(_, facts):
            return facts


def condition_to_json(condition: Condition) -> object:
    """The condition as a policy document writes it; `parse_condition` reads it back. An expression, which a document
    writes elsewhere, has the keys `expr` and `facts`."""
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
        case Expression(source, facts):
            return {"expr": source, "facts": sorted(facts)}
