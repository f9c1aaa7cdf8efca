"""A fee assessment: what is due, who pays the rest, which rules decided and which did not."""

from __future__ import annotations

from typing_extensions import TypedDict

from issuance.fees.assess import FeeAssessment
from issuance.fees.assessment import Citation, FeeLine, FiredRule, NotFiredRule
from issuance.fees.explain import explain, explain_not_fired

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


class NotFiredView(TypedDict):
    """A rule that did not apply: `reason` for programs, `why` for people."""

    rule: str
    label: str
    reason: str
    why: str


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
    explanation: list[str]
    basis: list[BasisView]
    policy: PolicyView | None
    referral: str | None


def fee_view(fee: FeeAssessment, language: Language) -> FeeView:
    totals, policy = fee.totals, fee.policy
    return {
        "outcome": fee.outcome.value,
        "decided_for": fee.decided_for.isoformat(),
        "totals": None
        if totals is None
        else {"gross_vnd": totals.gross, "waived_vnd": totals.waived, "due_vnd": totals.due},
        "lines": [_line(line, language) for line in fee.lines],
        "fired": [_fired(rule, language) for rule in fee.fired],
        "not_fired": [_not_fired(rule, language) for rule in fee.not_fired],
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


def _not_fired(rule: NotFiredRule, language: Language) -> NotFiredView:
    return {
        "rule": rule.rule_id,
        "label": rule.label.in_language(language),
        "reason": rule.reason.value,
        "why": explain_not_fired(rule, language),
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
