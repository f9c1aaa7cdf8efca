"""A fee assessment: what is due, who pays the rest, which rules decided and which did not."""

from __future__ import annotations

from typing_extensions import TypedDict

from issuance.fees.assess import FeeAssessment
from issuance.fees.assessment import Citation, FeeLine, FiredRule, NotFiredRule, QuotaUse
from issuance.fees.explain import explain, why_not_fired
from issuance.fees.facts import EVIDENCE

from ..languages import Language


class ReductionView(TypedDict):
    """`kind`: exemption, reduction, or support; only support has a budget that pays it (`funded_by`)."""

    rule: str
    label: str
    kind: str
    amount_vnd: int
    funded_by: str | None
    basis: list[str]


class LineView(TypedDict):
    """One charge: gross = waived + due, integer VND."""

    charge: str
    label: str
    quantity: int
    gross_vnd: int
    reductions: list[ReductionView]
    waived_vnd: int
    due_vnd: int
    basis: list[str]


class TotalsView(TypedDict):
    """All lines together: gross = waived + due, integer VND."""

    gross_vnd: int
    waived_vnd: int
    due_vnd: int


class FiredView(TypedDict):
    """A rule that applied, and what it takes off. `outweighed_by`: the better one that counted in its place."""

    rule: str
    label: str
    amount_vnd: int
    outweighed_by: str | None
    basis: list[str]


class PaperKindView(TypedDict):
    """A kind of paper, as evidence is called when it is brought."""

    kind: str
    name: str


class NotFiredView(TypedDict):
    """A rule that did not apply: `reason` for programs, `why` for people.

    `papers`: one of which would have to be accepted, where that is what is missing.
    """

    rule: str
    label: str
    reason: str
    why: str
    papers: list[PaperKindView]


class QuotaUseView(TypedDict):
    """What a rule found left of a quota that requests share, and what it took; in `unit`: copies, requests or VND."""

    quota: str
    rule: str
    unit: str
    scope: str
    max: int
    left: int
    taken: int


class BasisView(TypedDict):
    """An act that charges and rules cite by `id`."""

    id: str
    number: str
    title: str
    article: str | None
    issued_by: str
    issued_on: str | None


class PolicyView(TypedDict):
    """Exactly which policy decided; `demonstration` is set where it is none of the city's."""

    id: str
    version: int
    digest: str
    label: str
    demonstration: str | None


class FeeView(TypedDict):
    """`outcome`: due, nothing_due or referred; a referred fee has no totals until an official decides it."""

    outcome: str
    decided_for: str
    totals: TotalsView | None
    lines: list[LineView]
    fired: list[FiredView]
    not_fired: list[NotFiredView]
    quotas: list[QuotaUseView]
    explanation: list[str]
    basis: list[BasisView]
    policy: PolicyView | None
    referral: str | None


def fee_view(fee: FeeAssessment, language: Language) -> FeeView:
    policy = fee.policy
    return {
        "outcome": fee.outcome.value,
        "decided_for": fee.decided_for.isoformat(),
        "totals": totals_view(fee),
        "lines": [_line(line, language) for line in fee.lines],
        "fired": [_fired(rule, language) for rule in fee.fired],
        "not_fired": [
            _not_fired(rule, why, language)
            for rule, why in zip(fee.not_fired, why_not_fired(fee, language), strict=True)
        ],
        "quotas": [_quota_use(use) for use in fee.quota_uses],
        "explanation": explain(fee, language),
        "basis": [_basis(act, language) for act in fee.citations],
        "policy": None
        if policy is None
        else {
            "id": policy.id,
            "version": policy.version,
            "digest": policy.digest,
            "label": policy.label.in_language(language),
            "demonstration": None if policy.demonstration is None else policy.demonstration.in_language(language),
        },
        "referral": None if fee.referral is None else fee.referral.value,
    }


def totals_view(fee: FeeAssessment) -> TotalsView | None:
    """None where an official decides."""
    totals = fee.totals
    if totals is None:
        return None
    return {"gross_vnd": totals.gross, "waived_vnd": totals.waived, "due_vnd": totals.due}


def _line(line: FeeLine, language: Language) -> LineView:
    return {
        "charge": line.charge_id,
        "label": line.label.in_language(language),
        "quantity": line.quantity,
        "gross_vnd": line.gross,
        "reductions": [
            {
                "rule": one.rule_id,
                "label": one.label.in_language(language),
                "kind": one.kind,
                "amount_vnd": one.amount,
                "funded_by": None if one.funding is None else one.funding.label.in_language(language),
                "basis": list(one.basis),
            }
            for one in line.reductions
        ],
        "waived_vnd": line.waived,
        "due_vnd": line.due,
        "basis": list(line.basis),
    }


def _fired(rule: FiredRule, language: Language) -> FiredView:
    return {
        "rule": rule.rule_id,
        "label": rule.label.in_language(language),
        "amount_vnd": rule.amount,
        "outweighed_by": rule.outweighed_by,
        "basis": list(rule.basis),
    }


def _not_fired(rule: NotFiredRule, why: str, language: Language) -> NotFiredView:
    return {
        "rule": rule.rule_id,
        "label": rule.label.in_language(language),
        "reason": rule.reason.value,
        "why": why,
        "papers": [{"kind": kind, "name": _paper_name(kind, language)} for kind in rule.evidence],
    }


def _paper_name(kind: str, language: Language) -> str:
    # An old decision may name a kind that the catalogue has no more.
    return EVIDENCE[kind].in_language(language) if kind in EVIDENCE else kind


def _quota_use(use: QuotaUse) -> QuotaUseView:
    return {
        "quota": use.name,
        "rule": use.rule_id,
        "unit": use.unit,
        "scope": use.scope,
        "max": use.max,
        "left": use.left,
        "taken": use.taken,
    }


def _basis(act: Citation, language: Language) -> BasisView:
    return {
        "id": act.id,
        "number": act.number,
        "title": act.title.in_language(language),
        "article": None if act.article is None else act.article.in_language(language),
        "issued_by": act.issued_by.in_language(language),
        "issued_on": None if act.issued_on is None else act.issued_on.isoformat(),
    }
