"""An assessment as JSON and back, for the record of the decision. Reading checks the sums again."""

from __future__ import annotations

from datetime import date

from issuance.fees.assessment import (
    Citation,
    FeeAssessment,
    FeeLine,
    FeeOutcome,
    FeeReduction,
    FiredRule,
    Funder,
    PolicyVersion,
    ReferralReason,
)
from issuance.fees.document import VND
from issuance.fees.errors import AssessmentUnreadable
from issuance.fees.stored_reasons import (
    Json,
    day_from_json,
    facts_from_json,
    facts_to_json,
    label_from_json,
    label_to_json,
    not_fired_from_json,
    not_fired_to_json,
    quota_use_from_json,
    quota_use_to_json,
)

ASSESSMENT_SCHEMA = "condau-fee-assessment/1"


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
                "label": label_to_json(rule.label),
                "amount_vnd": rule.amount,
                "basis": list(rule.basis),
                "outweighed_by": rule.outweighed_by,
            }
            for rule in assessment.fired
        ],
        "not_fired": [not_fired_to_json(rule) for rule in assessment.not_fired],
        "facts_used": facts_to_json(assessment.facts_used),
        "citations": [_citation_to_json(citation) for citation in assessment.citations],
        "policy": assessment.policy and _policy_to_json(assessment.policy),
        "referral": assessment.referral and assessment.referral.value,
        "catalogue_digest": assessment.catalogue_digest,
        "engine_version": assessment.engine_version,
        "quota_uses": [quota_use_to_json(use) for use in assessment.quota_uses],
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
                label_from_json(rule["label"]),
                _money(rule["amount_vnd"]),
                tuple(rule["basis"]),
                rule["outweighed_by"],
            )
            for rule in stored["fired"]
        ),
        not_fired=tuple(not_fired_from_json(rule) for rule in stored["not_fired"]),
        facts_used=facts_from_json(stored["facts_used"]),
        citations=tuple(_citation_from_json(citation) for citation in stored["citations"]),
        policy=None if stored["policy"] is None else _policy_from_json(stored["policy"]),
        referral=None if stored["referral"] is None else ReferralReason(stored["referral"]),
        catalogue_digest=stored["catalogue_digest"],
        engine_version=stored["engine_version"],
        # Not there in what was stored before quotas could be wider than a request.
        quota_uses=tuple(quota_use_from_json(use) for use in stored.get("quota_uses", ())),
    )


def _line_to_json(line: FeeLine) -> Json:
    return {
        "charge_id": line.charge_id,
        "label": label_to_json(line.label),
        "quantity": line.quantity,
        "gross_vnd": line.gross,
        "waived_vnd": line.waived,
        "due_vnd": line.due,
        "basis": list(line.basis),
        "reductions": [
            {
                "rule_id": entry.rule_id,
                "label": label_to_json(entry.label),
                "amount_vnd": entry.amount,
                "kind": entry.kind,
                "funding": entry.funding
                and {"budget": entry.funding.budget, "label": label_to_json(entry.funding.label)},
                "basis": list(entry.basis),
            }
            for entry in line.reductions
        ],
    }


def _line_from_json(stored: Json) -> FeeLine:
    line = FeeLine(
        charge_id=stored["charge_id"],
        label=label_from_json(stored["label"]),
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
        label=label_from_json(stored["label"]),
        amount=_money(stored["amount_vnd"]),
        kind=stored["kind"],
        funding=None if funding is None else Funder(funding["budget"], label_from_json(funding["label"])),
        basis=tuple(stored["basis"]),
    )


def _citation_to_json(citation: Citation) -> Json:
    return {
        "id": citation.id,
        "kind": label_to_json(citation.kind),
        "number": citation.number,
        "title": label_to_json(citation.title),
        "article": citation.article and label_to_json(citation.article),
        "issued_by": label_to_json(citation.issued_by),
        "issued_on": citation.issued_on and citation.issued_on.isoformat(),
        "source_file": citation.source_file,
        "source_sha256": citation.source_sha256,
    }


def _citation_from_json(stored: Json) -> Citation:
    return Citation(
        id=stored["id"],
        kind=label_from_json(stored["kind"]),
        number=stored["number"],
        title=label_from_json(stored["title"]),
        article=None if stored["article"] is None else label_from_json(stored["article"]),
        issued_by=label_from_json(stored["issued_by"]),
        issued_on=day_from_json(stored["issued_on"]),
        source_file=stored["source_file"],
        source_sha256=stored["source_sha256"],
    )


def _policy_to_json(policy: PolicyVersion) -> Json:
    return {
        "id": policy.id,
        "version": policy.version,
        "digest": policy.digest,
        "label": label_to_json(policy.label),
        "demonstration": policy.demonstration and label_to_json(policy.demonstration),
    }


def _policy_from_json(stored: Json) -> PolicyVersion:
    demonstration = stored["demonstration"]
    return PolicyVersion(
        id=stored["id"],
        version=stored["version"],
        digest=stored["digest"],
        label=label_from_json(stored["label"]),
        demonstration=None if demonstration is None else label_from_json(demonstration),
    )


def _money(stored: object) -> VND:
    if isinstance(stored, bool) or not isinstance(stored, int):
        raise AssessmentUnreadable("money is integer VND")
    return VND(stored)
