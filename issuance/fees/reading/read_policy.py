"""Bytes of a policy document → FeePolicy, or every reason why not. Sizes are bounded before anything is parsed."""

from __future__ import annotations

import functools
import itertools
import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter, ValidationError

from issuance.fees.document import MAX_TEXT_CHARACTERS, FeePolicy, PolicyDocument, policy_digest
from issuance.fees.errors import PolicyRefused, Problem
from issuance.fees.problem_words import Complaint, complain
from issuance.fees.reading.check_policy import check_document, facts_of_document
from issuance.fees.reading.shape_problems import Found, Place, shape_problems

MAX_POLICY_BYTES = 262_144
MAX_POLICY_NODES = 10_000
MAX_POLICY_DEPTH = 24
MAX_INTEGER_DIGITS = 12
MAX_PROBLEMS = 100
MAX_NEAR_WORDS = 10
"""Of so many problems a near word is looked for; who has more has no slip of the pen."""

# An unclosed string counts as one to the end: were it no match, every later quote would be tried as a beginning.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_STRUCTURE = re.compile(rb"[\[\]{},]")
_FOREIGN_LETTER = re.compile(r"[^\W\d_a-zA-Z\u00AA-\u024F\u1E00-\u1EFF]")
_WORD = re.compile(r"[^\W\d_]+")


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
    if len(source) > MAX_POLICY_BYTES:
        raise _refusal(name, "too_large", most=MAX_POLICY_BYTES)
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
        raise _refusal(name, "not_utf8") from None
    except json.JSONDecodeError as broken:
        raise _refusal(name, "not_json", line=broken.lineno, column=broken.colno) from None
    except _Unwritable as refused:
        raise PolicyRefused(Problem(name, refused.complaint.in_words())) from None
    if not isinstance(tree, dict):
        raise _refusal(name, "no_object")
    if problems := _problems(_odd_texts(tree, ()), name, tree):
        raise PolicyRefused(*problems)
    return tree


def _refusal(name: str, code: str, **values: object) -> PolicyRefused:
    return PolicyRefused(Problem(name, complain(code, **values).in_words()))


def _bound_structure(source: bytes, name: str) -> None:
    """Count depth and nodes in the bytes, so that no parser ever sees what is too deep or too large for it."""
    depth = 0
    for nodes, sign in enumerate(_STRUCTURE.findall(_STRING.sub(b"", source))):
        if sign in b"[{":
            depth += 1
        elif sign in b"]}":
            depth -= 1
        if depth > MAX_POLICY_DEPTH:
            raise _refusal(name, "too_deep", most=MAX_POLICY_DEPTH)
        if nodes >= MAX_POLICY_NODES:
            raise _refusal(name, "too_many_values", most=MAX_POLICY_NODES)


class _Unwritable(ValueError):
    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint.code)
        self.complaint = complaint


def _object_without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Unwritable(complain("key_twice", key=key[:40]))
            seen.add(key)
    return found


def _bounded_integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_INTEGER_DIGITS:
        raise _Unwritable(complain("number_too_long", most=MAX_INTEGER_DIGITS))
    return int(digits)


def _refuse_number(text: str) -> object:
    raise _Unwritable(complain("number_not_whole", number=text[:20]))


def _odd_texts(node: object, where: Place) -> list[Found]:
    """Texts that look like something they are not."""
    if isinstance(node, dict):
        inner: list[tuple[str | int, object]] = [*node.items()]
        own = [found for key in node if (found := _oddity(key)) is not None]
    elif isinstance(node, list):
        inner, own = [*enumerate(node)], []
    elif isinstance(node, str):
        odd = _oddity(node)
        return [] if odd is None else [(where, odd)]
    else:
        return []
    return [
        *((where, complaint) for complaint in own),
        *(found for key, value in inner for found in _odd_texts(value, (*where, key))),
    ]


def _oddity(text: str) -> Complaint | None:
    """Not composed (NFC), invisible or directional signs, or letters of two scripts in one word."""
    if text.isascii() and text.isprintable():
        return None
    if len(text) > MAX_TEXT_CHARACTERS:
        # To compose a text takes the square of the length of its marks.
        return complain("text_too_long", most=MAX_TEXT_CHARACTERS)
    if not unicodedata.is_normalized("NFC", text):
        return complain("text_not_composed")
    unseen = next((sign for sign in text if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn")), None)
    if unseen is not None:
        return complain("text_unseen_sign", sign=f"{ord(unseen):04X}")
    if _FOREIGN_LETTER.search(text) is None:
        return None
    for word in _WORD.findall(text):
        foreign = _FOREIGN_LETTER.search(word)
        if foreign is not None and _FOREIGN_LETTER.sub("", word):
            return complain("text_mixed_letters", word=word[:40], sign=f"{ord(foreign.group()):04X}")
    return None


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
