"""What a document's types can't say: references that lead somewhere, dates that meet, rules that are complete."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from datetime import date

from issuance.fees.conditions import AllOf, AnyOf, Condition, Not, fact_names
from issuance.fees.document import RESERVED_IDS, PolicyDocument, Quota
from issuance.fees.errors import ConditionRefused
from issuance.fees.expressions.compile import compile_expression
from issuance.fees.problem_words import Near, complain
from issuance.fees.quotas import counted_from
from issuance.fees.reading.check_rules import check_rules, rules_of
from issuance.fees.reading.shape_problems import Found, Place

MAX_RULES = 300
MAX_COMPARISONS = 2_000
MAX_STEPS = 200_000
"""Of all expressions in all examples, as `CompiledExpression.steps` bounds them: about 20 ms."""
MAX_LOOKS = 100_000
"""Of examples at rules and comparisons: to decide all examples takes 25 ms at most. A rule counts for its trace too."""
LOOKS_AT_A_RULE = 20
MAX_EXPRESSIONS = 10
"""To compile one takes up to 4 ms; the checks can't look into them either."""


def check_document(document: PolicyDocument) -> Iterator[Found]:
    """Every problem with a document whose shape is right, each with the place in the JSON document."""
    too_much = list(_check_size(document))
    yield from too_much
    yield from _check_ids(document)
    yield from _check_frame(document)
    yield from _check_charges(document)
    if not too_much:
        yield from check_rules(document)
    yield from _check_quotas(document)
    yield from _check_examples(document)
    if not too_much:
        yield from _check_steps(document)


def facts_of_document(document: PolicyDocument) -> frozenset[str]:
    """The facts on which the amounts can depend: of conditions and expressions, charges, evidence, the deciding day."""
    used = {"received_on"} if document.deciding_date == "received" else set()
    for charge in document.charges:
        used |= {"per_copy_above": {"copies"}, "per_page": {"pages"}, "postage": {"delivery"}}.get(charge.kind, set())
    for _, rule in rules_of(document):
        used |= fact_names(rule.when)
        used |= {"evidence"} if rule.evidence else set()
        used |= set() if rule.expr is None else compile_expression(rule.expr).facts
    return frozenset(used)


def _check_size(document: PolicyDocument) -> Iterator[Found]:
    rules = [rule for _, rule in rules_of(document)]
    if len(rules) > MAX_RULES:
        yield ("stages",), complain("too_many_rules", most=MAX_RULES)
    comparisons = sum(_comparisons(rule.when) for rule in rules)
    if comparisons > MAX_COMPARISONS:
        yield ("stages",), complain("too_many_comparisons", most=MAX_COMPARISONS)
    looks = (LOOKS_AT_A_RULE * len(rules) + comparisons) * len(document.examples)
    if looks > MAX_LOOKS:
        yield ("examples",), complain("looks_of_examples", most=MAX_LOOKS * len(document.examples) // looks)
    if sum(rule.expr is not None for rule in rules) > MAX_EXPRESSIONS:
        yield ("stages",), complain("too_many_expressions", most=MAX_EXPRESSIONS)


def _check_steps(document: PolicyDocument) -> Iterator[Found]:
    sources = [rule.expr for _, rule in rules_of(document) if rule.expr is not None]
    with contextlib.suppress(ConditionRefused):
        # Which expressions can't be read is told at their own places.
        steps = sum(compile_expression(source).steps for source in sources) * len(document.examples)
        if steps > MAX_STEPS:
            yield ("examples",), complain("steps_of_examples", steps=steps, most=MAX_STEPS)


def _comparisons(condition: Condition) -> int:
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return 1 + sum(_comparisons(part) for part in parts)
        case Not(part):
            return 1 + _comparisons(part)
    return 1


def _check_ids(document: PolicyDocument) -> Iterator[Found]:
    yield from _repeated((("basis", index), entry.id) for index, entry in enumerate(document.basis))
    yield from _repeated((("charges", index), entry.id) for index, entry in enumerate(document.charges))
    yield from _repeated((("stages", index), entry.id) for index, entry in enumerate(document.stages))
    yield from _repeated((place, rule.id) for place, rule in rules_of(document))
    yield from _repeated((("document_types", index), entry) for index, entry in enumerate(document.document_types))


def _repeated(entries: Iterable[tuple[Place, str]]) -> Iterator[Found]:
    seen: set[str] = set()
    for place, own_id in entries:
        if own_id in seen:
            yield place, complain("twice", id=own_id)
        seen.add(own_id)


def _check_frame(document: PolicyDocument) -> Iterator[Found]:
    if document.id in RESERVED_IDS:
        yield ("id",), complain("id_reserved", id=document.id)
    last = document.effective.last_day
    if last is not None and last < document.effective.first_day:
        yield ("effective",), complain("days_reversed")
    used = {ref for charge in document.charges for ref in charge.basis}
    used |= {ref for _, rule in rules_of(document) for ref in rule.basis}
    for index, entry in enumerate(document.basis):
        if entry.id not in used:
            yield ("basis", index), complain("act_idle")


def _check_charges(document: PolicyDocument) -> Iterator[Found]:
    acts = {entry.id for entry in document.basis}
    for index, charge in enumerate(document.charges):
        place: Place = ("charges", index)
        if charge.kind in ("base", "postage") and charge.above is not None:
            yield (*place, "above"), complain("base_above", kind=charge.kind)
        if charge.kind == "per_copy_above" and charge.above is None:
            yield place, complain("above_missing")
        for at, ref in enumerate(charge.basis):
            if ref not in acts:
                yield (*place, "basis", at), complain("unknown_act", near=Near(ref, acts))


def _check_quotas(document: PolicyDocument) -> Iterator[Found]:
    """Rules that draw on one quota must say the same about it."""
    first: dict[str, tuple[str, Quota]] = {}
    days: dict[str, date] = {}
    for place, rule in rules_of(document):
        if rule.quota is None or rule.quota.scope == "request":
            continue
        other, quota = first.setdefault(rule.quota_name, (rule.id, rule.quota))
        for part in ("unit", "max", "scope"):
            if getattr(quota, part) != getattr(rule.quota, part):
                yield (*place, "quota", part), complain("quota_differs", name=rule.quota_name, rule=other, part=part)
        day = counted_from(document, rule)
        if rule.quota.scope != "citizen_per_year" and days.setdefault(rule.quota_name, day) != day:
            yield (
                (*place, "quota", "counted_from"),
                complain("quota_differs", name=rule.quota_name, rule=other, part="counted_from"),
            )


def _check_examples(document: PolicyDocument) -> Iterator[Found]:
    sizes = {
        rule.quota_name: rule.quota.max
        for _, rule in rules_of(document)
        if rule.quota is not None and rule.quota.scope != "request"
    }
    per_page = any(charge.kind == "per_page" for charge in document.charges)
    for index, example in enumerate(document.examples):
        given, place = example.given, ("examples", index, "given")
        if document.deciding_date == "received" and given.received_on is None:
            yield place, complain("example_needs_receipt")
        if per_page and given.pages is None:
            yield place, complain("example_needs_pages")
        for name, left in given.left.items():
            if name not in sizes:
                yield (*place, "left", name), complain("unknown_quota", near=Near(name, sizes))
            elif left > sizes[name]:
                yield (*place, "left", name), complain("left_beyond_quota", left=left, max=sizes[name])
