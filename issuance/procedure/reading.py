"""Bytes of a procedure document → Procedure, or every reason why not. Sizes are bounded before anything is parsed."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterable, Iterator

from pydantic import TypeAdapter, ValidationError

from issuance.errors import ProcedureRefused
from issuance.fees.document import MAX_TEXT_CHARACTERS
from issuance.fees.problem_words import Near
from issuance.fees.reading.strict_json import Bounds, NotStrict, odd_texts, parse_strictly
from issuance.procedure.document import RESERVED_IDS, Onward, Outcome, Procedure, ProcedureDocument, Step
from issuance.procedure.problems import Found, Place, Problem, complain, place_of
from issuance.procedure.shape_problems import shape_problems

MAX_PROCEDURE_BYTES = 200_000
MAX_PROBLEMS = 100
MAX_NEAR_WORDS = 10
"""Of so many problems a near word is looked for; who has more has no slip of the pen."""

_BOUNDS = Bounds(most_bytes=MAX_PROCEDURE_BYTES, most_values=20_000, most_levels=20)


def read_procedure(source: bytes, name: str = "") -> Procedure:
    """Read one document; `name` begins the place of every problem. Whether the procedure as a whole may be used is
    another question (`check_procedure`): here every reference leads somewhere, there every way leads to an end.

    Raises ProcedureRefused with every problem found, the first hundred.
    """
    try:
        tree = parse_strictly(source, _BOUNDS)
    except NotStrict as refused:
        text = complain(refused.code, **refused.values).in_words()
        raise ProcedureRefused((Problem(refused.code, name, text),)) from None
    odd = ((one.place, complain(one.code, **one.values)) for one in odd_texts(tree, MAX_TEXT_CHARACTERS))
    _refuse_for(odd, name, tree)
    try:
        document = procedure_adapter().validate_json(source, strict=True)
    except ValidationError as refused_shape:
        raise ProcedureRefused(in_words(shape_problems(refused_shape), name, tree)) from None
    _refuse_for(_check_document(document), name, tree)
    return Procedure(document, _canonical_bytes(tree))


def _canonical_bytes(tree: object) -> bytes:
    """Sorted keys, no white space, UTF-8: layout doesn't count and every value does."""
    return json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@functools.cache
def procedure_adapter() -> TypeAdapter[ProcedureDocument]:
    """What turns JSON into a document, and knows its schema."""
    return TypeAdapter(ProcedureDocument)


def in_words(found: Iterable[Found], name: str, tree: object) -> tuple[Problem, ...]:
    """The first hundred problems in both languages, each at its place in the JSON document."""
    problems, searches = [], 0
    for where, complaint in itertools.islice(found, MAX_PROBLEMS):
        text = complaint.in_words(search=searches < MAX_NEAR_WORDS)
        problems.append(Problem(complaint.code, place_of(name, tree, where), text))
        searches += complaint.has_near
    return tuple(problems)


def _refuse_for(found: Iterable[Found], name: str, tree: object) -> None:
    if problems := in_words(found, name, tree):
        raise ProcedureRefused(problems)


def _check_document(document: ProcedureDocument) -> Iterator[Found]:
    ids = [step.id for step in document.steps]
    if document.id in RESERVED_IDS:
        yield ("id",), complain("id_reserved", id=document.id)
    if document.effective.last_day is not None and document.effective.last_day < document.effective.first_day:
        yield ("effective",), complain("days_reversed")
    yield from _repeated(("document_types",), document.document_types)
    yield from _repeated(("units",), document.units or ())
    yield from _repeated(("steps",), ids)
    if document.start not in ids:
        yield ("start",), complain("unknown_step", near=Near(document.start, ids))
    for index, step in enumerate(document.steps):
        yield from _check_step(("steps", index), step, ids)


def _check_step(place: Place, step: Step, ids: list[str]) -> Iterator[Found]:
    yield from _repeated((*place, "actions"), step.actions)
    yield from _repeated((*place, "outcomes"), [outcome.id for outcome in step.outcomes])
    if step.when is not None and step.otherwise is None:
        yield place, complain("otherwise_missing")
    if step.when is None and step.otherwise is not None:
        yield (*place, "otherwise"), complain("otherwise_idle")
    if step.otherwise is not None:
        yield from _check_onward((*place, "otherwise"), step.otherwise, ids)
    ends: set[str] = set()
    for index, outcome in enumerate(step.outcomes):
        inner = (*place, "outcomes", index)
        yield from _check_onward(inner, outcome, ids)
        yield from _repeated((*inner, "needs"), outcome.needs)
        if outcome.ends is None:
            continue
        if outcome.returns:
            yield (*inner, "returns"), complain("returns_ends")
        if outcome.ends in ends:
            yield inner, complain("ends_twice", ends=outcome.ends)
        if outcome.ends == "refused" and "reason" not in outcome.needs:
            yield (*inner, "needs"), complain("refusal_reason")
        ends.add(outcome.ends)


def _check_onward(place: Place, onward: Onward | Outcome, ids: list[str]) -> Iterator[Found]:
    if (onward.to is None) == (onward.ends is None):
        yield place, complain("to_or_ends")
    elif onward.to is not None and onward.to not in ids:
        yield (*place, "to"), complain("unknown_step", near=Near(onward.to, ids))


def _repeated(place: Place, entries: Iterable[str]) -> Iterator[Found]:
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        if entry in seen:
            yield (*place, index), complain("twice", id=entry)
        seen.add(entry)
