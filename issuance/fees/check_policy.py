"""What a document's types can't say: references that lead somewhere, dates that meet, rules that are complete."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from issuance.fees.document import Charge, PolicyDocument, Rule
from issuance.fees.facts import did_you_mean

Place = tuple[str | int, ...]
Found = tuple[Place, str]


def check_document(document: PolicyDocument) -> list[Found]:
    """Every problem with a document whose shape is right, each with the place in the JSON document."""
    return [*_check_ids(document), *_check_frame(document), *_check_charges(document), *_check_rules(document)]


def _check_ids(document: PolicyDocument) -> Iterator[Found]:
    yield from _repeated((("basis", index), entry.id) for index, entry in enumerate(document.basis))
    yield from _repeated((("charges", index), entry.id) for index, entry in enumerate(document.charges))
    yield from _repeated((("stages", index), entry.id) for index, entry in enumerate(document.stages))
    yield from _repeated((place, rule.id) for place, rule in _rules(document))
    yield from _repeated((("document_types", index), entry) for index, entry in enumerate(document.document_types))


def _repeated(entries: Iterable[tuple[Place, str]]) -> Iterator[Found]:
    seen: set[str] = set()
    for place, own_id in entries:
        if own_id in seen:
            yield place, f"'{own_id}' stands here twice"
        seen.add(own_id)


def _check_frame(document: PolicyDocument) -> Iterator[Found]:
    last = document.effective.last_day
    if last is not None and last < document.effective.first_day:
        yield ("effective",), "the last day lies before the first"
    used = {ref for charge in document.charges for ref in charge.basis}
    used |= {ref for _, rule in _rules(document) for ref in rule.basis}
    for index, entry in enumerate(document.basis):
        if entry.id not in used:
            yield ("basis", index), "nothing cites this act"


def _check_charges(document: PolicyDocument) -> Iterator[Found]:
    for index, charge in enumerate(document.charges):
        place: Place = ("charges", index)
        if charge.kind == "base" and charge.above is not None:
            yield (*place, "above"), "a base charge is due once; 'above' goes with per_copy_above"
        if charge.kind == "per_copy_above" and charge.above is None:
            yield place, "per_copy_above needs 'above': the number of copies that are included"
        yield from _check_basis(document, place, charge.basis)


def _check_rules(document: PolicyDocument) -> Iterator[Found]:
    charges = {charge.id: charge for charge in document.charges}
    for place, rule in _rules(document):
        yield from _check_basis(document, place, rule.basis)
        yield from _check_dates(document, place, rule)
        yield from _check_effects(charges, place, rule)
        yield from _check_quota(charges, place, rule)
        if rule.kind == "support" and rule.funding is None:
            yield place, "support is paid by a budget: 'funding' is missing"
        if rule.kind != "support" and rule.funding is not None:
            yield (*place, "funding"), f"no budget pays for a statutory {rule.kind}; with a budget it is a support"


def _check_basis(document: PolicyDocument, place: Place, refs: tuple[str, ...]) -> Iterator[Found]:
    known = {entry.id for entry in document.basis}
    for index, ref in enumerate(refs):
        if ref not in known:
            yield (*place, "basis", index), f"unknown act{did_you_mean(ref, known)}"


def _check_dates(document: PolicyDocument, place: Place, rule: Rule) -> Iterator[Found]:
    if rule.dates is None:
        return
    if rule.dates.last_day is not None and rule.dates.last_day < rule.dates.first_day:
        yield (*place, "dates"), "the last day lies before the first"
    elif not document.effective.contain(rule.dates):
        yield (*place, "dates"), "the rule's days reach beyond the days on which the policy is effective"


def _check_effects(charges: dict[str, Charge], place: Place, rule: Rule) -> Iterator[Found]:
    seen: set[str] = set()
    for index, effect in enumerate(rule.effects):
        here: Place = (*place, "effects", index)
        if effect.charge not in charges:
            yield (*here, "charge"), f"unknown charge{did_you_mean(effect.charge, charges)}"
        if effect.charge in seen:
            yield here, f"the rule has two effects on the charge '{effect.charge}'"
        seen.add(effect.charge)
        if sum(way is not None for way in (effect.percent_off, effect.amount_off, effect.set_to)) != 1:
            yield here, "an effect has exactly one of percent_off, amount_off, set_to"


def _check_quota(charges: dict[str, Charge], place: Place, rule: Rule) -> Iterator[Found]:
    quota = rule.quota
    if quota is None:
        return
    here: Place = (*place, "quota")
    if quota.scope != "request":
        yield (
            (*here, "scope"),
            f"the scope '{quota.scope}' is known, but needs a record of what was already used, "
            "which this version doesn't keep; only 'request' can be active",
        )
    elif quota.unit == "requests":
        yield (*here, "unit"), "one request is always one request: a quota in requests needs a wider scope"
    elif quota.unit == "copies":
        per_copy = [
            effect for effect in rule.effects if effect.charge in charges and charges[effect.charge].above is not None
        ]
        if not per_copy:
            yield (*here, "unit"), "a quota in copies needs an effect on a charge per copy"
        if any(effect.set_to is not None for effect in per_copy):
            yield (*here, "unit"), "a quota in copies doesn't go with set_to: use percent_off or amount_off"


def _rules(document: PolicyDocument) -> Iterator[tuple[Place, Rule]]:
    for outer, stage in enumerate(document.stages):
        for inner, rule in enumerate(stage.rules):
            yield ("stages", outer, "rules", inner), rule
