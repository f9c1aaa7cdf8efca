"""Bytes of a policy document → FeePolicy, or every reason why not. Sizes are bounded before anything is parsed."""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from typing import Any

from pydantic import TypeAdapter, ValidationError

from issuance.fees import document as doc
from issuance.fees.check_policy import check_document
from issuance.fees.conditions import fact_names
from issuance.fees.document import FeePolicy, PolicyDocument, policy_digest
from issuance.fees.errors import PolicyRefused, Problem
from issuance.fees.facts import did_you_mean

MAX_POLICY_BYTES = 262_144
MAX_POLICY_NODES = 20_000
MAX_POLICY_DEPTH = 24
MAX_INTEGER_DIGITS = 12
MAX_PROBLEMS = 100

# An unclosed string counts as one to the end: were it no match, every later quote would be tried as a beginning.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_STRUCTURE = re.compile(rb"[\[\]{},]")


def read_policy(source: bytes, name: str) -> FeePolicy:
    """Read and check one document; `name` begins the place of every problem. Its basis files are not looked at here.

    Raises PolicyRefused with every problem found, the first hundred.
    """
    tree = _parse(source, name)
    try:
        document = _adapter().validate_json(source, strict=True)
    except ValidationError as refused:
        raise PolicyRefused(*_problems_of(refused, name, tree)) from None
    problems = [Problem(place_of(name, tree, where), text) for where, text in check_document(document)[:MAX_PROBLEMS]]
    if problems:
        raise PolicyRefused(*problems)
    names = frozenset[str]().union(*(fact_names(rule.when) for stage in document.stages for rule in stage.rules))
    return FeePolicy(document, policy_digest(tree), names)


def policy_json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a policy document; what it can't say, `read_policy` checks."""
    return _adapter().json_schema()


@functools.cache
def _adapter() -> TypeAdapter[PolicyDocument]:
    return TypeAdapter(PolicyDocument)


def _parse(source: bytes, name: str) -> object:
    if len(source) > MAX_POLICY_BYTES:
        raise PolicyRefused(Problem(name, f"larger than {MAX_POLICY_BYTES} bytes"))
    _bound_structure(source, name)
    try:
        tree: object = json.loads(
            source.decode("utf-8"),
            object_pairs_hook=_object_without_duplicates,
            parse_int=_bounded_integer,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except UnicodeDecodeError:
        raise PolicyRefused(Problem(name, "not UTF-8")) from None
    except json.JSONDecodeError as broken:
        raise PolicyRefused(Problem(name, f"not JSON: {broken.msg} (line {broken.lineno})")) from None
    except _Unwritable as refused:
        raise PolicyRefused(Problem(name, str(refused))) from None
    if not isinstance(tree, dict):
        raise PolicyRefused(Problem(name, "a policy is a JSON object"))
    problems = [Problem(place_of(name, tree, where), text) for where, text in _odd_texts(tree, ())[:MAX_PROBLEMS]]
    if problems:
        raise PolicyRefused(*problems)
    return tree


def _bound_structure(source: bytes, name: str) -> None:
    """Count depth and nodes in the bytes, so that no parser ever sees what is too deep or too large for it."""
    depth = 0
    for nodes, sign in enumerate(_STRUCTURE.findall(_STRING.sub(b"", source))):
        if sign in b"[{":
            depth += 1
        elif sign in b"]}":
            depth -= 1
        if depth > MAX_POLICY_DEPTH:
            raise PolicyRefused(Problem(name, f"nested more than {MAX_POLICY_DEPTH} deep"))
        if nodes >= MAX_POLICY_NODES:
            raise PolicyRefused(Problem(name, f"more than {MAX_POLICY_NODES} values"))


class _Unwritable(ValueError):
    pass


def _object_without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Unwritable(f"the key '{key[:40]}' stands twice in one object")
            seen.add(key)
    return found


def _bounded_integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_INTEGER_DIGITS:
        raise _Unwritable(f"a number with more than {MAX_INTEGER_DIGITS} digits")
    return int(digits)


def _refuse_number(text: str) -> object:
    raise _Unwritable(f"'{text[:20]}': numbers are whole; money is integer VND")


def _odd_texts(node: object, where: tuple[str | int, ...]) -> list[tuple[tuple[str | int, ...], str]]:
    """Texts that look like something they are not: not composed (NFC), or with invisible or directional signs."""
    if isinstance(node, dict):
        inner: list[tuple[str | int, object]] = [*node.items()]
    elif isinstance(node, list):
        inner = [*enumerate(node)]
    elif isinstance(node, str):
        if not unicodedata.is_normalized("NFC", node):
            return [(where, "the text isn't in composed form (Unicode NFC)")]
        odd = next((sign for sign in node if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn")), None)
        return [] if odd is None else [(where, f"the text has a sign that can't be seen (U+{ord(odd):04X})")]
    else:
        return []
    return [found for key, value in inner for found in _odd_texts(value, (*where, key))]


def place_of(name: str, tree: object, where: tuple[str | int, ...]) -> str:
    """`file.json: stages[city_support].rules[support_fee].when`: list entries go by their id where they have one."""
    shown = ""
    node: Any = tree
    for step in where:
        node = node[step] if (isinstance(node, dict) and step in node) or _has_entry(node, step) else None
        if isinstance(step, int):
            own_id = node.get("id") if isinstance(node, dict) else None
            shown += f"[{own_id[:64] if isinstance(own_id, str) and own_id else step}]"
        else:
            shown += f".{step[:64]}" if shown else step[:64]
    return f"{name}: {shown}" if shown else name


def _has_entry(node: object, step: str | int) -> bool:
    return isinstance(node, list) and isinstance(step, int) and step < len(node)


_KNOWN_KEYS: frozenset[str] = frozenset(
    key
    for part in vars(doc).values()
    if isinstance(part, type) and part.__module__ == doc.__name__
    for key in getattr(part, "__dataclass_fields__", ())
)

_PLAIN = {
    "missing": "this key is missing",
    "int_type": "a whole number is needed",
    "string_type": "a text is needed",
    "tuple_type": "a list is needed",
    "dataclass_type": "an object is needed",
}


def _problems_of(refused: ValidationError, name: str, tree: object) -> list[Problem]:
    # Wording a problem takes a search for near words; a hostile document has thousands of problems.
    errors = refused.errors(include_url=False)[:MAX_PROBLEMS]
    wrong_inside = {error["loc"][:depth] for error in errors for depth in range(len(error["loc"]))}
    # A list counts as too short when one of its entries is wrong; the entry's own message is the useful one.
    useful = (error for error in errors if not (error["type"] == "too_short" and error["loc"] in wrong_inside))
    return [Problem(place_of(name, tree, error["loc"]), _in_plain_words(error)) for error in useful]


def _in_plain_words(error: Any) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind == "unexpected_keyword_argument":
        return f"unknown key{did_you_mean(str(error['loc'][-1]), _KNOWN_KEYS)}"
    if kind == "literal_error":
        return f"must be {context['expected']}"
    if kind == "too_short":
        return f"at least {context['min_length']} entry is needed"
    if kind == "string_pattern_mismatch":
        return f"doesn't have the form {context['pattern']}"
    return str(error["msg"])
