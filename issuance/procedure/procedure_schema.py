"""The JSON Schema of a procedure document, for editors and other programs; published as docs/procedure.schema.json."""

from __future__ import annotations

from typing import Any

from issuance.fees.document import MAX_TEXT_CHARACTERS
from issuance.procedure.conditions import MAX_CONDITION_PARTS, MAX_VALUE_CHARACTERS, MAX_VALUES
from issuance.procedure.document import RESERVED_IDS
from issuance.procedure.reading import procedure_adapter

Schema = dict[str, Any]

_DAY: Schema = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_VALUE: Schema = {
    "anyOf": [{"type": "boolean"}, {"type": "integer"}, {"type": "string", "maxLength": MAX_VALUE_CHARACTERS}]
}


def procedure_json_schema() -> Schema:
    """The JSON Schema (2020-12) of a procedure document: its shape, and the rules within one part. What leads from one
    part to another `read_procedure` checks, and the procedure as a whole `check_procedure`."""
    schema = procedure_adapter().json_schema()
    parts: Schema = {"ProcedureDocument": schema, **schema["$defs"]}
    for part in parts.values():
        part.pop("title", None)
        part.pop("description", None)
        _tidy(part)
    for language in ("vi", "en"):
        parts["Label"]["properties"][language] |= {"maxLength": MAX_TEXT_CHARACTERS, "pattern": "\\S"}
    schema["properties"]["id"] |= {"not": {"enum": [*RESERVED_IDS]}}
    schema["$defs"]["Condition"] = _condition()
    parts["Step"]["properties"]["when"] = {"anyOf": [{"$ref": "#/$defs/Condition"}, {"type": "null"}]}
    parts["Step"] |= {
        "if": {"required": ["when"], "properties": {"when": {"type": "object"}}},
        "then": {"required": ["otherwise"], "properties": {"otherwise": {"type": "object"}}},
        "else": {"properties": {"otherwise": {"type": "null"}}},
    }
    for name in ("Onward", "Outcome"):
        parts[name]["oneOf"] = [_only("to", "ends"), _only("ends", "to")]
    parts["Outcome"] |= {
        "if": {"required": ["ends"], "properties": {"ends": {"const": "refused"}}},
        "then": {"required": ["needs"], "properties": {"needs": {"contains": {"const": "reason"}}}},
    }
    parts["Outcome"]["allOf"] = [
        {
            "if": {"required": ["ends"], "properties": {"ends": {"type": "string"}}},
            "then": {"properties": {"returns": {"const": False}}},
        }
    ]
    for part, key in (("Outcome", "needs"), ("Step", "actions")):
        parts[part]["properties"][key]["uniqueItems"] = True
    schema["properties"]["document_types"]["uniqueItems"] = True
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Condau procedure", **schema}


def _only(key: str, other: str) -> Schema:
    return {"required": [key], "properties": {key: {"type": "string"}, other: {"type": "null"}}}


def _tidy(node: object) -> None:
    """Days as they are written; no titles, which only repeat the keys."""
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        node.pop("description", None) if isinstance(node.get("description"), str) else None
        if node.get("format") == "date":
            node.update(_DAY)
        for inner in node.values():
            _tidy(inner)
    elif isinstance(node, list):
        for inner in node:
            _tidy(inner)


def _condition() -> Schema:
    inner = {"$ref": "#/$defs/Condition"}
    several = {"type": "array", "items": inner, "minItems": 1, "maxItems": MAX_CONDITION_PARTS}
    values = {"type": "array", "items": _VALUE, "minItems": 1, "maxItems": MAX_VALUES}
    fact = {"fact": {"type": "string"}}
    return {
        "oneOf": [
            _object({**fact, "equals": _VALUE}),
            _object({**fact, "in": values}),
            *(_object({key: node}) for key, node in (("all", several), ("any", several), ("not", inner))),
        ]
    }


def _object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }
