"""The checks of a document's rules: their acts, days, effects, quotas, papers and expressions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from issuance.fees.document import Charge, Days, PolicyDocument, Rule
from issuance.fees.errors import ConditionRefused
from issuance.fees.expressions.compile import compile_expression
from issuance.fees.facts import EVIDENCE
from issuance.fees.problem_words import Near, complain
from issuance.fees.reading.shape_problems import Found, Place


def rules_of(document: PolicyDocument) -> Iterator[tuple[Place, Rule]]:
    """The rules of all stages, each with its place in the JSON document."""
    for outer, stage in enumerate(document.stages):
        for inner, rule in enumerate(stage.rules):
            yield ("stages", outer, "rules", inner), rule


def check_rules(document: PolicyDocument) -> Iterator[Found]:
    """Every problem of every rule by itself."""
    acts = {entry.id for entry in document.basis}
    charges = {charge.id: charge for charge in document.charges}
    for place, rule in rules_of(document):
        for index, ref in enumerate(rule.basis):
            if ref not in acts:
                yield (*place, "basis", index), complain("unknown_act", near=Near(ref, acts))
        yield from _check_dates(document.effective, place, rule)
        yield from _check_effects(charges, place, rule)
        yield from _check_quota(charges, place, rule)
        yield from _check_evidence(place, rule)
        yield from _check_expression(place, rule)
        if rule.kind == "support" and rule.funding is None:
            yield place, complain("funding_missing")
        if rule.kind != "support" and rule.funding is not None:
            yield (*place, "funding"), complain("funding_idle", kind=rule.kind)


def _check_dates(effective: Days, place: Place, rule: Rule) -> Iterator[Found]:
    if rule.dates is None:
        return
    if rule.dates.last_day is not None and rule.dates.last_day < rule.dates.first_day:
        yield (*place, "dates"), complain("days_reversed")
    elif not effective.contain(rule.dates):
        yield (*place, "dates"), complain("rule_days_beyond")


def _check_effects(charges: Mapping[str, Charge], place: Place, rule: Rule) -> Iterator[Found]:
    seen: set[str] = set()
    for index, effect in enumerate(rule.effects):
        here: Place = (*place, "effects", index)
        if effect.charge not in charges:
            yield (*here, "charge"), complain("unknown_charge", near=Near(effect.charge, charges))
        if effect.charge in seen:
            yield here, complain("two_effects", charge=effect.charge)
        seen.add(effect.charge)
        if sum(way is not None for way in (effect.percent_off, effect.amount_off, effect.set_to)) != 1:
            yield here, complain("one_way")


def _check_quota(charges: Mapping[str, Charge], place: Place, rule: Rule) -> Iterator[Found]:
    quota = rule.quota
    if quota is None:
        return
    here: Place = (*place, "quota")
    if quota.scope == "request" and quota.unit == "requests":
        yield (*here, "unit"), complain("quota_request_requests")
    if quota.scope == "request" and quota.name is not None:
        yield (*here, "name"), complain("quota_request_name")
    if quota.scope in ("request", "citizen_per_year") and quota.counted_from is not None:
        yield (*here, "counted_from"), complain("quota_counted_from")
    if quota.unit == "copies":
        per_copy = [
            effect
            for effect in rule.effects
            if effect.charge in charges and charges[effect.charge].kind == "per_copy_above"
        ]
        if not per_copy:
            yield (*here, "unit"), complain("quota_copies_charge")
        # Down to an amount for all copies together: nobody could say which of them the quota has covered.
        if any(effect.set_to is not None for effect in per_copy):
            yield (*here, "unit"), complain("quota_copies_set_to")


def _check_evidence(place: Place, rule: Rule) -> Iterator[Found]:
    seen: set[str] = set()
    for index, paper in enumerate(rule.evidence):
        if paper not in EVIDENCE:
            yield (*place, "evidence", index), complain("unknown_evidence", near=Near(paper, EVIDENCE))
        if paper in seen:
            yield (*place, "evidence", index), complain("twice", id=paper)
        seen.add(paper)


def _check_expression(place: Place, rule: Rule) -> Iterator[Found]:
    if rule.expr is None:
        return
    try:
        compile_expression(rule.expr)
    except ConditionRefused as refused:
        yield (*place, "expr"), refused.complaint
