"""Facts and policy in, decision out: pure, exact in integers, and an answer for every valid request."""

from __future__ import annotations

import functools
from datetime import date

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
    ReferralReason,
)
from issuance.fees.book import PolicyBook
from issuance.fees.conditions import evaluate, fact_names, first_failing
from issuance.fees.document import VND, Charge, Effect, FeePolicy, Rule, Stage, policy_digest
from issuance.fees.errors import FactsRefused
from issuance.fees.facts import FACTS, FactValue, FeeFacts, values_of
from issuance.fees.quotas import Quotas

__all__ = ["ENGINE_VERSION", "FeeAssessment", "FeeFacts", "FeeLine", "FeeOutcome", "assess"]

ENGINE_VERSION = "1"
"""Raised whenever the same facts and policy could come to another amount or trace."""

_ALWAYS_USED = frozenset({"document_type", "copies", "submitted_on"})


def assess(facts: FeeFacts, policy: PolicyBook | FeePolicy, quotas: Quotas, on: date) -> FeeAssessment:
    """Decide what is due, stage by stage, with every rule accounted for.

    policy: a book, of which the version in force now decides, or one version. quotas: what is left of those wider than
    the request. on: the deciding day in Asia/Ho_Chi_Minh, that of submission or of receipt, as the version has it; it
    selects the version, the rules in force and the age. Raises FactsRefused for any other day, and nothing else.
    Where no version applies the outcome is REFERRED, never a guess.
    """
    if on not in (facts.submitted_on, facts.received_on):
        raise FactsRefused("fees are decided by the day of submission or of receipt: `on` is neither")
    if isinstance(policy, FeePolicy):
        candidates = (policy,) if policy.applies(facts.document_type, on) else ()
    else:
        candidates = policy.applicable(facts.document_type, facts.submitted_on, facts.received_on)
    if len(candidates) != 1:
        return _refer(facts, policy, on)
    return _Assessing(candidates[0], facts, on).decide()


def _refer(facts: FeeFacts, policy: PolicyBook | FeePolicy, on: date) -> FeeAssessment:
    known = (
        policy.knows(facts.document_type)
        if isinstance(policy, PolicyBook)
        else facts.document_type in policy.document.document_types
    )
    reason = ReferralReason.NO_VERSION_ON_THIS_DAY if known else ReferralReason.NO_POLICY_FOR_DOCUMENT_TYPE
    return FeeAssessment(
        outcome=FeeOutcome.REFERRED,
        document_type=facts.document_type,
        decided_for=on,
        lines=(),
        fired=(),
        not_fired=(),
        facts_used=(("document_type", facts.document_type), ("submitted_on", facts.submitted_on)),
        citations=(),
        policy=None,
        referral=reason,
        catalogue_digest=catalogue_digest(),
        engine_version=ENGINE_VERSION,
    )


@functools.cache
def catalogue_digest() -> str:
    """SHA-256 (hex) of the fact catalogue's names, kinds, values and bounds; wording doesn't count."""
    return policy_digest(
        {name: [fact.kind.value, sorted(fact.values or ()), fact.minimum, fact.maximum] for name, fact in FACTS.items()}
    )


class _Assessing:
    """The state of one decision: what remains of each charge, and what happened so far."""

    def __init__(self, policy: FeePolicy, facts: FeeFacts, on: date) -> None:
        self.policy = policy
        self.facts = facts
        self.on = on
        self.values = values_of(facts, on)
        self.charges = {charge.id: charge for charge in policy.document.charges}
        self.quantities = {
            charge.id: charge.quantity(facts.copies, facts.pages, facts.delivery) or 0
            for charge in self.charges.values()
        }
        self.remaining = {name: charge.amount_vnd * self.quantities[name] for name, charge in self.charges.items()}
        self.reductions: dict[str, list[FeeReduction]] = {name: [] for name in self.charges}
        self.fired: list[FiredRule] = []
        self.not_fired: list[NotFiredRule] = []

    def decide(self) -> FeeAssessment:
        document = self.policy.document
        for stage in document.stages:
            self._work_through(stage)
        lines = tuple(self._line(charge) for charge in document.charges)
        return FeeAssessment(
            outcome=FeeOutcome.DUE if any(line.due for line in lines) else FeeOutcome.NOTHING_DUE,
            document_type=self.facts.document_type,
            decided_for=self.on,
            lines=lines,
            fired=tuple(self.fired),
            not_fired=tuple(self.not_fired),
            facts_used=tuple(
                (name, value)
                for name, value in self.values.items()
                if name in _ALWAYS_USED or name in self.policy.fact_names
            ),
            citations=self._citations(lines),
            policy=PolicyVersion(
                document.id, document.version, self.policy.digest, document.label, document.demonstration
            ),
            referral=None,
            catalogue_digest=catalogue_digest(),
            engine_version=ENGINE_VERSION,
        )

    def _work_through(self, stage: Stage) -> None:
        matched = [rule for rule in stage.rules if self._holds(rule, stage)]
        if not matched:
            return
        if stage.pick == "stack":
            for rule in matched:
                self._apply(rule, stage, self._taken_off(rule))
            return
        if stage.pick == "first_match":
            first, *later = matched
            self._apply(first, stage, self._taken_off(first))
            self.not_fired.extend(
                NotFiredRule(rule.id, stage.id, rule.label, NotFiredReason.EARLIER_RULE_MATCHED, earlier_rule=first.id)
                for rule in later
            )
            return
        offers = [(rule, self._taken_off(rule)) for rule in matched]
        # max keeps the first of equals, so the document's order decides between rules that give the same.
        best, _ = max(offers, key=lambda offer: sum(offer[1].values()))
        for rule, taken_off in offers:
            if rule is best:
                self._apply(rule, stage, taken_off)
            else:
                self.fired.append(FiredRule(rule.id, stage.id, rule.label, VND(0), rule.basis, outweighed_by=best.id))

    def _holds(self, rule: Rule, stage: Stage) -> bool:
        if rule.dates is not None and not rule.dates.cover(self.on):
            reason = NotFiredReason.NOT_IN_FORCE
            dates = rule.dates
            self.not_fired.append(
                NotFiredRule(rule.id, stage.id, rule.label, reason, first_day=dates.first_day, last_day=dates.last_day)
            )
            return False
        held = evaluate(rule.when, self.values)
        if held is True:
            return True
        reason = NotFiredReason.FACT_NOT_KNOWN if held is None else NotFiredReason.CONDITION_FAILED
        condition = first_failing(rule.when, self.values)
        actual: tuple[tuple[str, FactValue], ...] = tuple(
            (name, self.values[name]) for name in sorted(fact_names(condition))
        )
        failed = FailedCondition(condition, actual)
        self.not_fired.append(NotFiredRule(rule.id, stage.id, rule.label, reason, failed))
        return False

    def _taken_off(self, rule: Rule) -> dict[str, int]:
        """What the rule would take off each charge now, in VND; bounded by what remains and by its quota."""
        quota = rule.quota
        left_in_quota = quota.max if quota is not None and quota.unit == "amount" else None
        taken_off: dict[str, int] = {}
        for effect in rule.effects:
            charge = self.charges[effect.charge]
            open_amount = self.remaining[charge.id]
            if quota is not None and quota.unit == "copies" and charge.above is not None:
                open_amount = min(
                    open_amount, charge.amount_vnd * (charge.quantity(min(self.facts.copies, quota.max), None, "") or 0)
                )
            amount = self._effect_on(effect, open_amount)
            if left_in_quota is not None:
                amount = min(amount, left_in_quota)
                left_in_quota -= amount
            taken_off[charge.id] = amount
        return taken_off

    def _effect_on(self, effect: Effect, open_amount: int) -> int:
        if effect.percent_off is not None:
            share = open_amount * effect.percent_off
            rounded_up = self.policy.document.rounding == "in_favour_of_citizen"
            return -(-share // 100) if rounded_up else share // 100
        if effect.amount_off is not None:
            return min(open_amount, effect.amount_off)
        return max(0, open_amount - (effect.set_to or 0))

    def _apply(self, rule: Rule, stage: Stage, taken_off: dict[str, int]) -> None:
        funder = None if rule.funding is None else Funder(rule.funding.budget, rule.funding.label)
        for charge_id, amount in taken_off.items():
            if amount:
                self.remaining[charge_id] -= amount
                self.reductions[charge_id].append(
                    FeeReduction(rule.id, rule.label, VND(amount), rule.kind, funder, rule.basis)
                )
        total = VND(sum(taken_off.values()))
        self.fired.append(FiredRule(rule.id, stage.id, rule.label, total, rule.basis, outweighed_by=None))

    def _line(self, charge: Charge) -> FeeLine:
        quantity = self.quantities[charge.id]
        return FeeLine(
            charge_id=charge.id,
            label=charge.label,
            quantity=quantity,
            gross=VND(charge.amount_vnd * quantity),
            reductions=tuple(self.reductions[charge.id]),
            due=VND(self.remaining[charge.id]),
            basis=charge.basis,
        )

    def _citations(self, lines: tuple[FeeLine, ...]) -> tuple[Citation, ...]:
        """The acts of the charges and of every rule that fired, in the document's order."""
        refs = {ref for line in lines for ref in line.basis} | {ref for rule in self.fired for ref in rule.basis}
        return tuple(
            Citation(
                id=entry.id,
                kind=entry.kind,
                number=entry.number,
                title=entry.title,
                article=entry.article,
                issued_by=entry.issued_by,
                issued_on=entry.issued_on,
                source_file=entry.source.file,
                source_sha256=entry.source.sha256,
            )
            for entry in self.policy.document.basis
            if entry.id in refs
        )
