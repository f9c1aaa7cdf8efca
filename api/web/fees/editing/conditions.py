"""Conditions by form: groups (all of, any of) and comparisons, each with fields of its own.

The fields of a part begin with its name: `w` is the whole condition, `w-0` its first part, `w-0-2` the third part of
that. A group has `-kind`, `-not`, `-count`; a comparison `-kind` (`compare`), `-not`, `-fact`, `-op`, `-low`, `-high`,
and a box `-v-…` for each value that the catalogue knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from issuance.fees.conditions import MAX_CONDITION_DEPTH, OPERATORS
from issuance.fees.facts import FACTS, FactKind

from ....languages import Language
from ...texts import N_
from .sent import Fields, day_of, number_of, text_of

ROOT = "w"
_MOST_PARTS = 100
_DEEPEST = MAX_CONDITION_DEPTH // 2
"""Of groups that a button adds. One that does not hold takes two of the levels that a document may have; what an
expert has nested deeper is shown and kept."""
_TICKED = {FactKind.CHOICE, FactKind.SET}
_TYPES = "document_type"
"""Any text by the catalogue of facts; by form a choice of the documents that there are."""

COMPARISONS: Mapping[FactKind, Sequence[tuple[str, str]]] = MappingProxyType(
    {
        FactKind.NUMBER: (
            ("gte", N_("is at least")),
            ("lte", N_("is at most")),
            ("between", N_("is from … to …")),
            ("eq", N_("is exactly")),
            ("in", N_("is one of (commas between)")),
        ),
        FactKind.DAY: (
            ("gte", N_("is on or after")),
            ("lte", N_("is on or before")),
            ("between", N_("is from … to …")),
            ("eq", N_("is exactly")),
        ),
        FactKind.TEXT: (("in", N_("is one of (commas between)")),),
        FactKind.CHOICE: (("in", N_("is one of")),),
        FactKind.SET: (("any_of", N_("has one of")),),
    }
)
GROUPS: Mapping[str, str] = MappingProxyType({"all": N_("all of these hold"), "any": N_("at least one of these holds")})


@dataclass(slots=True)
class Node:
    """A part of a condition as its form has it. negated: it must not hold."""

    kind: Literal["all", "any", "compare"]
    negated: bool = False
    fact: str = ""
    operator: str = ""
    low: str = ""
    high: str = ""
    values: list[str] = field(default_factory=list)
    parts: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A part for the template. choices: values with their words, and whether they are ticked; by: the comparisons that
    its fact allows. input: the kind of its entry fields, or none."""

    name: str
    kind: str
    negated: bool
    fact: str
    operator: str
    low: str
    high: str
    choices: Sequence[tuple[str, str, bool]]
    by: Sequence[tuple[str, str]]
    input: str | None
    parts: Sequence[Shown]
    may_nest: bool


def node_from(condition: Any) -> Node:
    """What a document says, for its form. The outermost part is always a group."""
    node = _node(condition)
    return node if node.kind != "compare" else Node("all", parts=[node])


def _node(condition: Any) -> Node:
    if condition == "always":
        return Node("all")
    if "not" in condition:
        inner = _node(condition["not"])
        inner.negated = not inner.negated
        return inner
    for kind in ("all", "any"):
        if kind in condition:
            return Node(kind, parts=[_node(part) for part in condition[kind]])
    fact = FACTS[condition["fact"]]
    operator = next(key for key in condition if key != "fact")
    operand = condition[operator]
    several = operand if isinstance(operand, list) else [operand]
    texts = [str(one) for one in several]
    if fact.kind in _TICKED or fact.name == _TYPES:
        return Node("compare", fact=fact.name, operator=COMPARISONS[fact.kind][0][0], values=texts)
    if operator == "between":
        return Node("compare", fact=fact.name, operator=operator, low=texts[0], high=texts[1])
    shown = "in" if fact.kind is FactKind.TEXT else operator
    return Node("compare", fact=fact.name, operator=shown, low=", ".join(texts))


def fields_from(node: Node, name: str = ROOT) -> Fields:
    fields: Fields = {f"{name}-kind": node.kind}
    if node.negated:
        fields[f"{name}-not"] = "1"
    if node.kind == "compare":
        fields |= {f"{name}-fact": node.fact, f"{name}-op": node.operator}
        fields |= {f"{name}-low": node.low, f"{name}-high": node.high}
        return fields | {f"{name}-v-{value}": "1" for value in node.values}
    fields[f"{name}-count"] = str(len(node.parts))
    for index, part in enumerate(node.parts):
        fields |= fields_from(part, f"{name}-{index}")
    return fields


def node_of(fields: Mapping[str, str], name: str = ROOT, depth: int = 0) -> Node:
    """What was sent; of what no form of ours sends, the nearest that makes sense."""
    kind = fields.get(f"{name}-kind", "all")
    negated = fields.get(f"{name}-not") == "1"
    if kind == "compare" and name != ROOT:
        before = f"{name}-v-"
        return Node(
            "compare",
            negated,
            fact=text_of(fields, f"{name}-fact"),
            operator=text_of(fields, f"{name}-op"),
            low=text_of(fields, f"{name}-low"),
            high=text_of(fields, f"{name}-high"),
            values=[key.removeprefix(before) for key, value in fields.items() if key.startswith(before) and value],
        )
    count = min(number_of(fields.get(f"{name}-count", "")) or 0, _MOST_PARTS) if depth <= MAX_CONDITION_DEPTH else 0
    parts = [node_of(fields, f"{name}-{index}", depth + 1) for index in range(count)]
    return Node("any" if kind == "any" else "all", negated, parts=parts)


def pressed(node: Node, what: str) -> bool:
    """Do what a button of the form says (`add w-0`, `group w`, `remove w-1`); whether it was one of these."""
    verb, _, name = what.partition(" ")
    if verb not in ("add", "group", "remove") or not name.startswith(ROOT):
        return False
    places = [int(place) for place in name.split("-")[1:] if place.isdigit()]
    above, target = node, node
    for place in places:
        if place >= len(target.parts):
            return True
        above, target = target, target.parts[place]
    if verb == "remove" and target is not node:
        above.parts.pop(places[-1])
    elif verb == "add" and len(target.parts) < _MOST_PARTS:
        target.parts.append(Node("compare", fact="channel"))
    elif verb == "group" and len(places) + 1 < _DEEPEST:
        target.parts.append(Node("any", parts=[Node("compare", fact="channel")]))
    return True


def condition_of(node: Node, types: Mapping[str, str], name: str = ROOT) -> tuple[Any, dict[str, str]]:
    """The condition as documents write it, and what is wrong with it by field, in English for translation."""
    if node.kind == "compare":
        found, problems = _comparison(node, types, name)
    else:
        problems, parts = {}, []
        for index, part in enumerate(node.parts):
            made, wrong = condition_of(part, types, f"{name}-{index}")
            parts.append(made)
            problems |= wrong
        if not parts:
            if name != ROOT:
                problems[f"{name}-kind"] = N_("This group is empty: add a condition to it, or remove it.")
            # Nobody means “never” by leaving out every condition.
            return "always", problems
        found = parts[0] if len(parts) == 1 else {node.kind: parts}
    return ({"not": found} if node.negated else found), problems


def _comparison(node: Node, types: Mapping[str, str], name: str) -> tuple[Any, dict[str, str]]:
    fact = FACTS.get(node.fact)
    if fact is None:
        return "always", {f"{name}-fact": N_("Choose what the condition is about.")}
    known = _documents(node, types) if fact.name == _TYPES else fact.values
    if known is not None:
        chosen = [value for value in known if value in node.values]
        if not chosen:
            return "always", {f"{name}-fact": N_("Tick at least one value.")}
        one, several = ("contains", "any_of") if fact.kind is FactKind.SET else ("eq", "in")
        return {"fact": fact.name, **({one: chosen[0]} if len(chosen) == 1 else {several: chosen})}, {}
    operator = node.operator if node.operator in OPERATORS[fact.kind] else COMPARISONS[fact.kind][0][0]
    if operator == "in":
        return _one_of(node, fact.kind is FactKind.NUMBER, fact.name, name)
    read = number_of if fact.kind is FactKind.NUMBER else day_of
    missing = N_("Enter a whole number.") if fact.kind is FactKind.NUMBER else N_("Enter a day.")
    low = read(node.low)
    if low is None:
        return "always", {f"{name}-low": missing}
    if operator != "between":
        return {"fact": fact.name, operator: low}, {}
    high = read(node.high)
    if high is None:
        return "always", {f"{name}-high": missing}
    return {"fact": fact.name, "between": [low, high]}, {}


def _documents(node: Node, types: Mapping[str, str]) -> Mapping[str, str]:
    """Those that there are, and those that the condition names already."""
    return {**types, **{one: one for one in node.values if one not in types}}


def _one_of(node: Node, are_numbers: bool, fact: str, name: str) -> tuple[Any, dict[str, str]]:
    texts = [text.strip() for text in node.low.split(",") if text.strip()]
    values: list[Any] = [number_of(text) for text in texts] if are_numbers else texts
    if not values or None in values:
        wrong = N_("Enter whole numbers, with commas between.") if are_numbers else N_("Enter at least one code.")
        return "always", {f"{name}-low": wrong}
    return {"fact": fact, **({"eq": values[0]} if len(values) == 1 else {"in": values})}, {}


def shown(node: Node, types: Mapping[str, str], language: Language, name: str = ROOT, depth: int = 0) -> Shown:
    """types: of documents, which are choices here though any text is allowed in a policy."""
    fact = FACTS.get(node.fact)
    by = () if fact is None else COMPARISONS[fact.kind]
    # What was chosen for another fact before may not be there for this one.
    operator = node.operator if node.operator in [one for one, _ in by] else by[0][0] if by else ""
    choices: Sequence[tuple[str, str, bool]] = ()
    input_: str | None = None
    if node.kind == "compare" and fact is not None:
        known = _documents(node, types) if fact.name == _TYPES else fact.values
        if known is None:
            plain_text = fact.kind is FactKind.TEXT or operator == "in"
            input_ = "date" if fact.kind is FactKind.DAY else "text" if plain_text else "number"
        else:
            words = {key: said if isinstance(said, str) else said.in_language(language) for key, said in known.items()}
            choices = [(value, text, value in node.values) for value, text in words.items()]
    return Shown(
        name=name,
        kind=node.kind,
        negated=node.negated,
        fact=node.fact,
        operator=operator,
        low=node.low,
        high=node.high,
        choices=choices,
        by=by,
        input=input_,
        parts=[shown(part, types, language, f"{name}-{index}", depth + 1) for index, part in enumerate(node.parts)],
        may_nest=depth + 1 < _DEEPEST,
    )


def fact_words(language: Language) -> list[tuple[str, str]]:
    """What conditions can be about."""
    return [(fact.name, fact.label.in_language(language)) for fact in FACTS.values()]
