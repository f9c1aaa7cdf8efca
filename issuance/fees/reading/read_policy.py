"""Bytes of a policy document → FeePolicy, or every reason why not. Sizes are bounded before anything is parsed."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter, ValidationError

from issuance.fees.document import MAX_TEXT_CHARACTERS, FeePolicy, PolicyDocument, policy_digest
from issuance.fees.errors import PolicyRefused, Problem
from issuance.fees.problem_words import complain
from issuance.fees.reading.check_policy import check_document, facts_of_document
from issuance.fees.reading.shape_problems import Found, shape_problems
from issuance.fees.reading.strict_json import Bounds, NotStrict, odd_texts, parse_strictly

MAX_POLICY_BYTES = 262_144
MAX_POLICY_NODES = 10_000
MAX_POLICY_DEPTH = 24
MAX_PROBLEMS = 100
MAX_NEAR_WORDS = 10
"""Of so many problems a near word is looked for; who has more has no slip of the pen."""

_BOUNDS = Bounds(most_bytes=MAX_POLICY_BYTES, most_values=MAX_POLICY_NODES, most_levels=MAX_POLICY_DEPTH)


def read_policy(source: bytes, name: str = "") -> FeePolicy:
    """Read and check one document; `name` begins the place of every problem. Its acts' files and its examples are not
    looked at here (`check_sources`, `check_examples`).

    Raises PolicyRefused with every problem found, the first hundred.
    """
    tree = _parse(source, name)
    try:
        document = policy_adapter().validate_json(source, strict=True)
    except ValidationError as refused:
        raise PolicyRefused(*_problems(shape_problems(refused), name, tree)) from None
    if problems := _problems(check_document(document), name, tree):
        raise PolicyRefused(*problems)
    return FeePolicy(document, policy_digest(tree), facts_of_document(document))


@functools.cache
def policy_adapter() -> TypeAdapter[PolicyDocument]:
    """What turns JSON into a document, and knows its schema."""
    return TypeAdapter(PolicyDocument)


def _problems(found: Iterable[Found], name: str, tree: object) -> list[Problem]:
    # Wording a problem takes time, and a hostile document has thousands of problems.
    problems, searches = [], 0
    for where, complaint in itertools.islice(found, MAX_PROBLEMS):
        problems.append(Problem(place_of(name, tree, where), complaint.in_words(search=searches < MAX_NEAR_WORDS)))
        searches += complaint.has_near
    return problems


def _parse(source: bytes, name: str) -> object:
    try:
        tree = parse_strictly(source, _BOUNDS)
    except NotStrict as refused:
        raise PolicyRefused(Problem(name, complain(refused.code, **refused.values).in_words())) from None
    odd = ((one.place, complain(one.code, **one.values)) for one in odd_texts(tree, MAX_TEXT_CHARACTERS))
    if problems := _problems(odd, name, tree):
        raise PolicyRefused(*problems)
    return tree


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
