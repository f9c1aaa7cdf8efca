"""A policy document as JSON under an author's hands: finding, putting, moving, copying and removing its parts.

What is changed is always a copy; whether the outcome is a policy, `read_draft` decides.
"""

from __future__ import annotations

import copy
import json
import re
from typing import Any, Literal

from .sent import plain

Document = dict[str, Any]
Part = dict[str, Any]
Kind = Literal["acts", "charges", "stages", "rules", "examples"]
KINDS: tuple[Kind, ...] = ("acts", "charges", "stages", "rules", "examples")
KEYS = {"acts": "basis", "charges": "charges", "stages": "stages", "examples": "examples"}
"""Under which keys of a document its lists stand; rules stand in their stages."""

_NO_ID = re.compile(r"[^a-z0-9]+")
_LONGEST_ID = 40


class PartNotFound(Exception):
    """The draft has no such part (any more)."""


def read(source: bytes) -> Document:
    document: Document = json.loads(source)
    return document


def written(document: Document) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=2).encode()


def new_id(words: str, taken: list[str]) -> str:
    """An identifier that resembles the words and that nobody has: authors never have to think of one."""
    base = _NO_ID.sub("_", plain(words).lower()).strip("_")[:_LONGEST_ID].strip("_") or "part"
    found, number = base, 2
    while found in taken:
        found, number = f"{base}_{number}", number + 1
    return found


def siblings(document: Document, kind: Kind, key: str) -> tuple[list[Part], int]:
    """The list in which a part stands, and where. key: its id, of an example its place. Raises PartNotFound."""
    if kind == "examples":
        found: list[Part] = document["examples"]
        if not re.fullmatch(r"[0-9]{1,3}", key, re.ASCII) or int(key) >= len(found):
            raise PartNotFound
        return found, int(key)
    lists = [stage["rules"] for stage in document["stages"]] if kind == "rules" else [document[KEYS[kind]]]
    for parts in lists:
        for index, part in enumerate(parts):
            if part["id"] == key:
                return parts, index
    raise PartNotFound


def part_of(document: Document, kind: Kind, key: str) -> Part:
    """Raises PartNotFound."""
    parts, index = siblings(document, kind, key)
    return parts[index]


def ids_of(document: Document, kind: Kind) -> list[str]:
    if kind == "rules":
        return [rule["id"] for stage in document["stages"] for rule in stage["rules"]]
    return [part["id"] for part in document[KEYS[kind]]]


def stage_of(document: Document, rule_id: str) -> Part:
    """The stage in which a rule stands. Raises PartNotFound."""
    for stage in document["stages"]:
        if any(rule["id"] == rule_id for rule in stage["rules"]):
            found: Part = stage
            return found
    raise PartNotFound


def put(document: Document, kind: Kind, key: str | None, part: Part) -> Document:
    """With the part in the place of the one of this key, or at the end. Not for rules."""
    changed = copy.deepcopy(document)
    if key is None:
        changed[KEYS[kind]].append(part)
    else:
        parts, index = siblings(changed, kind, key)
        parts[index] = part
    return _with_cited_acts(document, changed)


def put_rule(document: Document, key: str | None, rule: Part, stage: Part) -> Document:
    """With the rule in a stage, which is added where the document has none of its id. A rule that leaves its stage as
    the last one takes the stage away: an empty one is no policy."""
    changed = copy.deepcopy(document)
    target = next((one for one in changed["stages"] if one["id"] == stage["id"]), None)
    if key is not None:
        parts, index = siblings(changed, "rules", key)
        if target is not None and parts is target["rules"]:
            parts[index] = rule
            return _with_cited_acts(document, changed)
        del parts[index]
    if target is None:
        target = {**copy.deepcopy(stage), "rules": []}
        changed["stages"].append(target)
    target["rules"].append(rule)
    _drop_empty(changed)
    return _with_cited_acts(document, changed)


def moved(document: Document, kind: Kind, key: str, by: Literal[-1, 1]) -> Document:
    """One place up or down among its like; as it is where it stands at the end already. Raises PartNotFound."""
    changed = copy.deepcopy(document)
    parts, index = siblings(changed, kind, key)
    other = index + by
    if 0 <= other < len(parts):
        parts[index], parts[other] = parts[other], parts[index]
    return changed


def copied(document: Document, kind: Kind, key: str) -> Document:
    """With a copy behind the part, which says that it is one. Raises PartNotFound."""
    changed = copy.deepcopy(document)
    parts, index = siblings(changed, kind, key)
    twin = copy.deepcopy(parts[index])
    if kind == "examples":
        twin["name"] = f"{twin['name']} (2)"
    else:
        twin["id"] = new_id(twin["id"], ids_of(changed, kind))
        if "label" in twin:
            twin["label"] = {"vi": f"{twin['label']['vi']} (bản sao)", "en": f"{twin['label']['en']} (copy)"}
    for rule in twin.get("rules", ()):
        rule["id"] = new_id(rule["id"], ids_of(changed, "rules"))
    parts.insert(index + 1, twin)
    return changed


def without(document: Document, kind: Kind, key: str) -> Document:
    """Raises PartNotFound."""
    changed = copy.deepcopy(document)
    parts, index = siblings(changed, kind, key)
    del parts[index]
    _drop_empty(changed)
    return _with_cited_acts(document, changed)


def place_of(document: Document, kind: Kind, key: str) -> str:
    """As problems and findings name it: `stages[city_support].rules[students]`, `examples[0]`. Raises PartNotFound."""
    if kind == "rules":
        return f"stages[{stage_of(document, key)['id']}].rules[{key}]"
    return f"{KEYS[kind]}[{key}]"


def citing(document: Document) -> list[tuple[Kind, Part]]:
    """The parts that rest on acts: charges, then rules."""
    rules: list[tuple[Kind, Part]] = [("rules", rule) for stage in document["stages"] for rule in stage["rules"]]
    return [*(("charges", charge) for charge in document["charges"]), *rules]


def _with_cited_acts(before: Document, after: Document) -> Document:
    """Without the acts that have lost what rested on them: a policy names none that nothing cites, and neither could
    its author take away the act first, which something would then miss."""
    was, now = ({act for _, part in citing(one) for act in part["basis"]} for one in (before, after))
    after["basis"] = [act for act in after["basis"] if act["id"] in now or act["id"] not in was]
    return after


def _drop_empty(document: Document) -> None:
    document["stages"] = [stage for stage in document["stages"] if stage["rules"]]
