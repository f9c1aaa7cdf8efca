"""An assessment as JSON and back, for the record of the decision. Reading checks the sums again."""

from __future__ import annotations

from datetime import date
from typing import Any, cast, get_args

from issuance.fees.assessment import (
    Citation,
    FailedCondition,
    FeeAssessment,
    FeeLine,
    FeeOutcome,
    FeeReduction,
    FiredRule,
    Funder,
    NotFiredReason,
    NotFiredRule,
    PolicyVersion,
    QuotaUse,
    ReferralReason,
)
from issuance.fees.conditions import Condition, Expression, condition_to_json, parse_condition
from issuance.fees.document import VND, QuotaScope, QuotaUnit
from issuance.fees.errors import AssessmentUnreadable
from issuance.fees.facts import FACTS, FactKind, FactValue
from issuance.fees.wording import Label

ASSESSMENT_SCHEMA = "condau-fee-assessment/1"

Json = dict[str, Any]


def to_json(assessment: FeeAssessment) -> Json:
    """A JSON object (only dict, list, str, int, bool, None) that `from_json` turns into an equal assessment."""
    totals = assessment.totals
    return {
        "schema": ASSESSMENT_SCHEMA,
        "outcome": assessment.outcome.value,
        "document_type": assessment.document_type,
        "decided_for": assessment.decided_for.isoformat(),
        "totals": totals and {"gross_vnd": totals.gross, "waived_vnd": totals.waived, "due_vnd": totals.due},
        "lines": [_line_to_json(line) for line in assessment.lines],
        "fired": [
            {
                "rule_id": rule.rule_id,
                "stage_id": rule.stage_id,
                "label": _label_to_json(rule.label),
                "amount_vnd": rule.amount,
                "basis": list(rule.basis),
                "outweighed_by": rule.outweighed_by,
            }
            for rule in assessment.fired
        ],
        "not_fired": [_not_fired_to_json(rule) for rule in assessment.not_fired],
        "facts_used": _facts_to_json(assessment.facts_used),
        "citations": [_citation_to_json(citation) for citation in assessment.citations],
        "policy": assessment.policy and _policy_to_json(assessment.policy),
        "referral": assessment.referral and assessment.referral.value,
        "catalogue_digest": assessment.catalogue_digest,
        "engine_version": assessment.engine_version,
        "quota_uses": [
            {
                "rule_id": use.rule_id,
                "name": use.name,
                "unit": use.unit,
                "scope": use.scope,
                "max": use.max,
                "left": use.left,
                "taken": use.taken,
            }
            for use in assessment.quota_uses
        ],
    }


def from_json(stored: object) -> FeeAssessment:
    """The assessment that `to_json` wrote. Raises AssessmentUnreadable for anything else, and for wrong sums."""
    if not isinstance(stored, dict) or stored.get("schema") != ASSESSMENT_SCHEMA:
        raise AssessmentUnreadable(f"not {ASSESSMENT_SCHEMA}")
    try:
        assessment = _read(stored)
    except AssessmentUnreadable:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as broken:
        raise AssessmentUnreadable(f"a stored assessment has lost its shape: {type(broken).__name__}") from broken
    if to_json(assessment)["totals"] != stored["totals"]:
        raise AssessmentUnreadable("the stored totals aren't the sums of the lines")
    return assessment


def _read(stored: Json) -> FeeAssessment:
    return FeeAssessment(
        outcome=FeeOutcome(stored["outcome"]),
        document_type=stored["document_type"],
        decided_for=date.fromisoformat(stored["decided_for"]),
        lines=tuple(_line_from_json(line) for line in stored["lines"]),
        fired=tuple(
            FiredRule(
                rule["rule_id"],
                rule["stage_id"],
                _label(rule["label"]),
                _money(rule["amount_vnd"]),
                tuple(rule["basis"]),
                rule["outweighed_by"],
            )
            for rule in stored["fired"]
        ),
        not_fired=tuple(_not_fired_from_json(rule) for rule in stored["not_fired"]),
        facts_used=_facts_from_json(stored["facts_used"]),
        citations=tuple(_citation_from_json(citation) for citation in stored["citations"]),
        policy=None if stored["policy"] is None else _policy_from_json(stored["policy"]),
        referral=None if stored["referral"] is None else ReferralReason(stored["referral"]),
        catalogue_digest=stored["catalogue_digest"],
        engine_version=stored["engine_version"],
        # Not there in what was stored before quotas could be wider than a request.
        quota_uses=tuple(_quota_use(use) for use in stored.get("quota_uses", ())),
    )


def _line_to_json(line: FeeLine) -> Json:
    return {
        "charge_id": line.charge_id,
        "label": _label_to_json(line.label),
        "quantity": line.quantity,
        "gross_vnd": line.gross,
        "waived_vnd": line.waived,
        "due_vnd": line.due,
        "basis": list(line.basis),
        "reductions": [
            {
                "rule_id": entry.rule_id,
                "label": _label_to_json(entry.label),
                "amount_vnd": entry.amount,
                "kind": entry.kind,
                "funding": entry.funding
                and {"budget": entry.funding.budget, "label": _label_to_json(entry.funding.label)},
                "basis": list(entry.basis),
            }
            for entry in line.reductions
        ],
    }


def _line_from_json(stored: Json) -> FeeLine:
    line = FeeLine(
        charge_id=stored["charge_id"],
        label=_label(stored["label"]),
        quantity=stored["quantity"],
        gross=_money(stored["gross_vnd"]),
        reductions=tuple(_reduction_from_json(entry) for entry in stored["reductions"]),
        due=_money(stored["due_vnd"]),
        basis=tuple(stored["basis"]),
    )
    if line.waived != stored["waived_vnd"]:
        raise AssessmentUnreadable(f"line {line.charge_id}: waived isn't the sum of the reductions")
    return line


def _reduction_from_json(stored: Json) -> FeeReduction:
    if stored["kind"] not in ("exemption", "reduction", "support"):
        raise AssessmentUnreadable("a reduction of no known kind")
    funding = stored["funding"]
    return FeeReduction(
        rule_id=stored["rule_id"],
        label=_label(stored["label"]),
        amount=_money(stored["amount_vnd"]),
        kind=stored["kind"],
        funding=None if funding is None else Funder(funding["budget"], _label(funding["label"])),
        basis=tuple(stored["basis"]),
    )


def _not_fired_to_json(rule: NotFiredRule) -> Json:
    return {
        "rule_id": rule.rule_id,
        "stage_id": rule.stage_id,
        "label": _label_to_json(rule.label),
        "reason": rule.reason.value,
        "failed": rule.failed
        and {"condition": condition_to_json(rule.failed.condition), "actual": _facts_to_json(rule.failed.actual)},
        "first_day": rule.first_day and rule.first_day.isoformat(),
        "last_day": rule.last_day and rule.last_day.isoformat(),
        "earlier_rule": rule.earlier_rule,
        "evidence": list(rule.evidence),
    }


def _not_fired_from_json(stored: Json) -> NotFiredRule:
    failed = stored["failed"]
    return NotFiredRule(
        rule_id=stored["rule_id"],
        stage_id=stored["stage_id"],
        label=_label(stored["label"]),
        reason=NotFiredReason(stored["reason"]),
        failed=None
        if failed is None
        else FailedCondition(_condition(failed["condition"]), _facts_from_json(failed["actual"])),
        first_day=_day(stored["first_day"]),
        last_day=_day(stored["last_day"]),
        earlier_rule=stored["earlier_rule"],
        evidence=tuple(stored.get("evidence", ())),
    )


def _condition(stored: Json | str) -> Condition:
    if isinstance(stored, dict) and "expr" in stored:
        return Expression(stored["expr"], frozenset(stored["facts"]))
    return parse_condition(stored)


def _quota_use(stored: Json) -> QuotaUse:
    if stored["unit"] not in get_args(QuotaUnit) or stored["scope"] not in get_args(QuotaScope):
        raise AssessmentUnreadable("a quota of no known kind")
    left, taken = _count(stored["left"]), _count(stored["taken"])
    if taken > left:
        raise AssessmentUnreadable(f"quota {stored['name']}: more was taken than was left")
    return QuotaUse(
        stored["rule_id"], stored["name"], stored["unit"], stored["scope"], _count(stored["max"]), left, taken
    )


def _count(stored: object) -> int:
    if isinstance(stored, bool) or not isinstance(stored, int) or stored < 0:
        raise AssessmentUnreadable("what is left of a quota is a whole number")
    return stored


def _citation_to_json(citation: Citation) -> Json:
    return {
        "id": citation.id,
        "kind": _label_to_json(citation.kind),
        "number": citation.number,
        "title": _label_to_json(citation.title),
        "article": citation.article and _label_to_json(citation.article),
        "issued_by": _label_to_json(citation.issued_by),
        "issued_on": citation.issued_on and citation.issued_on.isoformat(),
        "source_file": citation.source_file,
        "source_sha256": citation.source_sha256,
    }


def _citation_from_json(stored: Json) -> Citation:
    return Citation(
        id=stored["id"],
        kind=_label(stored["kind"]),
        number=stored["number"],
        title=_label(stored["title"]),
        article=None if stored["article"] is None else _label(stored["article"]),
        issued_by=_label(stored["issued_by"]),
        issued_on=_day(stored["issued_on"]),
        source_file=stored["source_file"],
        source_sha256=stored["source_sha256"],
    )


def _policy_to_json(policy: PolicyVersion) -> Json:
    return {
        "id": policy.id,
        "version": policy.version,
        "digest": policy.digest,
        "label": _label_to_json(policy.label),
        "demonstration": policy.demonstration and _label_to_json(policy.demonstration),
    }


def _policy_from_json(stored: Json) -> PolicyVersion:
    demonstration = stored["demonstration"]
    return PolicyVersion(
        id=stored["id"],
        version=stored["version"],
        digest=stored["digest"],
        label=_label(stored["label"]),
        demonstration=None if demonstration is None else _label(demonstration),
    )


def _facts_to_json(facts: tuple[tuple[str, FactValue], ...]) -> list[Json]:
    return [{"fact": name, "value": _value_to_json(value)} for name, value in facts]


def _value_to_json(value: FactValue) -> str | int | list[str] | None:
    if isinstance(value, frozenset):
        return sorted(value)
    return value.isoformat() if isinstance(value, date) else value


def _facts_from_json(stored: list[Json]) -> tuple[tuple[str, FactValue], ...]:
    return tuple((entry["fact"], _value_from_json(entry["fact"], entry["value"])) for entry in stored)


def _value_from_json(name: str, value: object) -> FactValue:
    kind = FACTS[name].kind
    if value is None:
        return None
    if kind is FactKind.SET:
        return frozenset(cast("list[str]", value))
    if kind is FactKind.DAY:
        return date.fromisoformat(cast("str", value))
    return cast("str | int", value)


def _label_to_json(label: Label) -> Json:
    return {"vi": label.vi, "en": label.en}


def _label(stored: Json) -> Label:
    return Label(stored["vi"], stored["en"])


def _day(stored: str | None) -> date | None:
    return None if stored is None else date.fromisoformat(stored)


def _money(stored: object) -> VND:
    if isinstance(stored, bool) or not isinstance(stored, int):
        raise AssessmentUnreadable("money is integer VND")
    return VND(stored)
