"""The JSON Schema of a policy document, for editors and other programs; published as docs/fee-policy.schema.json."""

from __future__ import annotations

from typing import Any

from issuance.fees.conditions import MAX_OPERANDS, OPERATORS
from issuance.fees.document import MAX_TEXT_CHARACTERS, RESERVED_IDS
from issuance.fees.facts import EVIDENCE, FACTS, Fact, FactKind
from issuance.fees.reading.policy_schema_words import KEY_WORDS, PART_WORDS
from issuance.fees.reading.read_policy import policy_adapter
from issuance.fees.wording import Label

Schema = dict[str, Any]

_DAY: Schema = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_INTEGER: Schema = {"type": "integer"}


def policy_json_schema() -> Schema:
    """The JSON Schema (2020-12) of a policy document: its shape, the facts and values of the catalogue, the rules
    within one part. What leads from one part to another, `read_policy` checks."""
    schema = policy_adapter().json_schema()
    parts: Schema = {"PolicyDocument": schema, **schema["$defs"]}
    for part in parts.values():
        part.pop("title", None)
        part.pop("description", None)
        for own in part["properties"].values():
            _tidy(own)
    _narrow(parts)
    schema["$defs"]["Condition"] = parts["Condition"] = _condition()
    for name, words in PART_WORDS.items():
        parts[name]["description"] = _both(words)
    for path, words in KEY_WORDS.items():
        part_name, key = path.split(".")
        parts[part_name]["properties"][key]["description"] = _both(words)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Condau fee policy", **schema}


def _both(words: Label) -> str:
    return f"{words.vi}.\n{words.en}."


def _tidy(node: object) -> None:
    """Days as they are written; no titles, which only repeat the keys."""
    if isinstance(node, dict):
        node.pop("title", None)
        if node.get("format") == "date":
            node.update(_DAY)
        for inner in node.values():
            _tidy(inner)
    elif isinstance(node, list):
        for inner in node:
            _tidy(inner)


def _narrow(parts: Schema) -> None:
    """What the types of Python don't say."""
    for language in ("vi", "en"):
        parts["Label"]["properties"][language] |= {"maxLength": MAX_TEXT_CHARACTERS, "pattern": "\\S"}
    parts["PolicyDocument"]["properties"]["id"] |= {"not": {"enum": [*RESERVED_IDS]}}
    rule, given, quota = parts["Rule"], parts["Given"]["properties"], parts["Quota"]
    rule["properties"]["when"] = {"$ref": "#/$defs/Condition"}
    rule["properties"]["evidence"] |= {"items": {"enum": [*EVIDENCE]}, "uniqueItems": True}
    rule |= _if(
        {"kind": {"const": "support"}},
        then={"required": ["funding"], "properties": {"funding": {"type": "object"}}},
        otherwise={"properties": {"funding": {"type": "null"}}},
    )
    parts["Charge"]["allOf"] = [
        _if(
            {"kind": {"const": "per_copy_above"}},
            then={"required": ["above"], "properties": {"above": _INTEGER}},
        ),
        _if({"kind": {"enum": ["base", "postage"]}}, then={"properties": {"above": {"type": "null"}}}),
    ]
    ways = ("percent_off", "amount_off", "set_to")
    parts["Effect"]["oneOf"] = [{"required": [way], "properties": {way: _INTEGER}} for way in ways]
    quota |= _if(
        {"scope": {"const": "request"}},
        then={"properties": {"unit": {"enum": ["copies", "amount"]}, "name": {"type": "null"}}},
    )
    for name in ("copies", "pages", "level"):
        fact = FACTS[name]
        for node in (given[name], *given[name].get("anyOf", ())):
            if node.get("type") == "integer":
                node |= {"minimum": fact.minimum, "maximum": fact.maximum}
    for name in ("channel", "delivery"):
        given[name] |= {"enum": [*(FACTS[name].values or ())]}
    for name in ("categories", "evidence"):
        given[name]["items"] = {"enum": [*(FACTS[name].values or ())]}
    given["left"]["additionalProperties"] = False


def _if(properties: Schema, then: Schema, otherwise: Schema | None = None) -> Schema:
    found: Schema = {"if": {"properties": properties}, "then": then}
    return found if otherwise is None else found | {"else": otherwise}


def _condition() -> Schema:
    inner = {"$ref": "#/$defs/Condition"}
    several = {"type": "array", "items": inner, "minItems": 1}
    return {
        "oneOf": [
            {"const": "always"},
            *(_comparison(fact) for fact in FACTS.values()),
            *(_object({key: node}) for key, node in (("all", several), ("any", several), ("not", inner))),
        ]
    }


def _comparison(fact: Fact) -> Schema:
    value = _value(fact)
    several = {"type": "array", "items": value, "minItems": 1, "maxItems": MAX_OPERANDS}
    shapes = {"in": several, "any_of": several, "between": several | {"minItems": 2, "maxItems": 2}}
    comparisons: Schema = {str(operator): shapes.get(operator, value) for operator in OPERATORS[fact.kind]}
    return {
        **_object({"fact": {"const": fact.name}, **comparisons}, required=["fact"]),
        "minProperties": 2,
        "maxProperties": 2,
        "description": _both(fact.label),
    }


def _value(fact: Fact) -> Schema:
    if fact.kind is FactKind.NUMBER:
        return _INTEGER | {"minimum": fact.minimum, "maximum": fact.maximum}
    if fact.kind is FactKind.DAY:
        return _DAY
    return {"type": "string", "minLength": 1} if fact.values is None else {"enum": [*fact.values]}


def _object(properties: Schema, required: list[str] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties] if required is None else required,
        "additionalProperties": False,
    }
