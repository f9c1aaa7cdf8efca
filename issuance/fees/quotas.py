"""Quotas wider than one request: which one a rule draws on, what is left of it, what an assessment takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from issuance.fees.assessment import FeeAssessment
from issuance.fees.document import FeePolicy, PolicyDocument, Quota, QuotaScope, Rule


@dataclass(frozen=True, slots=True, order=True)
class QuotaKey:
    """One quota that requests share.

    person: whose it is, a blind index of the personal number; empty for a budget's total. period: the calendar year
    (`2026`) of a yearly quota, else the day from which it is counted.
    """

    policy_id: str
    name: str
    scope: QuotaScope
    person: str
    period: str


@dataclass(frozen=True, slots=True)
class QuotaClaim:
    """What one assessment takes of one quota, and the quota's size by the policy that decided."""

    key: QuotaKey
    taken: int
    max: int


@dataclass(frozen=True, slots=True)
class Quotas:
    """What is left of each quota, by its name, when a decision is taken.

    A quota that is not named here is not known, and its rules do not fire; with `untouched` it is full instead, as for
    a quote that nobody has signed in for.
    """

    left: Mapping[str, int] = field(default_factory=dict)
    untouched: bool = False

    def left_of(self, rule: Rule) -> int | None:
        """What is left of a rule's quota, never below zero; None where nobody knows."""
        if rule.quota is None:
            raise ValueError("the rule has no quota")
        left = self.left.get(rule.quota_name, rule.quota.max if self.untouched else None)
        return None if left is None else max(0, left)


UNTOUCHED = Quotas(untouched=True)
NOT_KNOWN = Quotas()


def quota_keys(policy: FeePolicy, on: date, person: str) -> Mapping[str, QuotaKey]:
    """The quotas that rules of this policy draw on beyond the request, by name, for one person on the deciding day."""
    keys = {}
    for stage in policy.document.stages:
        for rule in stage.rules:
            if rule.quota is None or rule.quota.scope == "request":
                continue
            keys[rule.quota_name] = QuotaKey(
                policy_id=policy.id,
                name=rule.quota_name,
                scope=rule.quota.scope,
                person="" if rule.quota.scope == "budget_total" else person,
                period=_period(rule.quota, counted_from(policy.document, rule), on),
            )
    return keys


def counted_from(document: PolicyDocument, rule: Rule) -> date:
    """The day from which the quota of a rule is counted, where it is one for the period or of a budget."""
    if rule.quota is not None and rule.quota.counted_from is not None:
        return rule.quota.counted_from
    return (rule.dates or document.effective).first_day


def _period(quota: Quota, first_day: date, on: date) -> str:
    return str(on.year) if quota.scope == "citizen_per_year" else first_day.isoformat()


def quota_sizes(policy: FeePolicy) -> Mapping[str, int]:
    """The size of each of them, by name."""
    return {
        rule.quota_name: rule.quota.max
        for stage in policy.document.stages
        for rule in stage.rules
        if rule.quota is not None and rule.quota.scope != "request"
    }


def claims_of(assessment: FeeAssessment, keys: Mapping[str, QuotaKey]) -> list[QuotaClaim]:
    """What the assessment takes, summed by quota and in one order for everybody, so that two never wait for each
    other crosswise."""
    taken: dict[str, int] = {}
    sizes: dict[str, int] = {}
    for use in assessment.quota_uses:
        taken[use.name] = taken.get(use.name, 0) + use.taken
        sizes[use.name] = use.max
    return sorted(
        (QuotaClaim(keys[name], amount, sizes[name]) for name, amount in taken.items() if amount),
        key=lambda claim: claim.key,
    )
