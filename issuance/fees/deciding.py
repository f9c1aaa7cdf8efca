"""The one way through a policy, stage by stage, that both the full assessment and its bare amounts are taken from."""

from __future__ import annotations

from datetime import date
from typing import cast

from issuance.fees.assessment import FeeReduction, FiredRule, NotFiredReason, NotFiredRule, QuotaUse, ReferralReason
from issuance.fees.book import PolicyBook
from issuance.fees.compiled import CompiledPolicy, CompiledRule, CompiledStage, Values, compiled
from issuance.fees.document import FeePolicy, Quota
from issuance.fees.errors import FactsRefused
from issuance.fees.facts import FeeFacts
from issuance.fees.quotas import Quotas


def choose(
    policy: PolicyBook | FeePolicy, document_type: str, submitted_on: date, received_on: date | None
) -> tuple[CompiledPolicy, date] | ReferralReason:
    """The version that decides and its deciding day, or why none does."""
    if isinstance(policy, FeePolicy):
        on = policy.deciding_day(submitted_on, received_on)
        if on is not None and policy.applies(document_type, on):
            return compiled(policy), on
        known = document_type in policy.document.document_types
        last_days = [policy.document.effective.last_day] if on is None else []
    else:
        applicable = policy.applicable(document_type, submitted_on, received_on)
        if len(applicable) == 1:
            on = applicable[0].deciding_day(submitted_on, received_on)
            return compiled(applicable[0]), cast("date", on)
        if applicable:
            return ReferralReason.SEVERAL_VERSIONS_APPLY
        known = policy.knows(document_type)
        by_receipt = policy.deciding_by_receipt(document_type) if received_on is None else ()
        last_days = [entry.valid.last_day for entry in by_receipt]
    if not known:
        return ReferralReason.NO_POLICY_FOR_DOCUMENT_TYPE
    if any(last_day is None or submitted_on <= last_day for last_day in last_days):
        return ReferralReason.DAY_OF_RECEIPT_NOT_KNOWN
    return ReferralReason.NO_VERSION_ON_THIS_DAY


def require_deciding_day(facts: FeeFacts, on: date) -> None:
    """Raises FactsRefused for a day that is neither that of submission nor that of receipt."""
    if on not in (facts.submitted_on, facts.received_on):
        raise FactsRefused("fees are decided by the day of submission or of receipt: `on` is neither")


class Course:
    """How one decision went: what remains of each charge in VND, and what became of each rule."""

    def __init__(self, policy: CompiledPolicy, values: Values, quotas: Quotas, on: date) -> None:
        """values: all facts of the catalogue, with `pages` known where the policy needs them."""
        self._copies = copies = cast("int", values["copies"])
        pages, delivery = cast("int | None", values["pages"]), cast("str", values["delivery"])
        self._quotas = quotas
        self._counted: dict[str, int] = {}
        self.quantities = [charge.quantity(copies, pages, delivery) or 0 for charge in policy.charges]
        self.remaining = [
            charge.amount_vnd * quantity for charge, quantity in zip(policy.charges, self.quantities, strict=True)
        ]
        self.reductions: list[list[FeeReduction]] = [[] for _ in policy.charges]
        self.applied: list[tuple[CompiledRule, int]] = []
        self.fired: list[FiredRule] = []
        self.not_fired: list[NotFiredRule] = []
        self.uses: list[QuotaUse] = []
        self.acts = policy.charge_acts
        for stage in policy.stages:
            if stage.pick == "stack":
                self._stack(stage, values, on)
            else:
                self._pick_one(stage, values, on)

    def _stack(self, stage: CompiledStage, values: Values, on: date) -> None:
        for rule in stage.rules:
            refused, left = rule.in_the_way(values, on), None
            if refused is None and rule.quota is not None:
                refused, left = self._look_up(rule, rule.quota)
            taken = None
            if refused is None:
                taken = self._taken(rule, left)
                self._apply(rule, taken)
            else:
                self.not_fired.append(refused)
            if left is not None:
                self._use(rule, left, taken)

    def _pick_one(self, stage: CompiledStage, values: Values, on: date) -> None:
        matched: list[tuple[CompiledRule, int | None]] = []
        found: list[tuple[CompiledRule, int]] = []
        for rule in stage.rules:
            refused, left = rule.in_the_way(values, on), None
            if refused is None and rule.quota is not None:
                refused, left = self._look_up(rule, rule.quota)
                if left is not None:
                    found.append((rule, left))
            if refused is None and matched and stage.pick == "first_match":
                refused = rule.not_fired(NotFiredReason.EARLIER_RULE_MATCHED, earlier_rule=matched[0][0].id)
            if refused is None:
                matched.append((rule, left))
            else:
                self.not_fired.append(refused)
        picked, taken = None, None
        if matched:
            picked, taken = self._first(*matched[0]) if stage.pick == "first_match" else self._best(matched)
        for rule, left in found:
            self._use(rule, left, taken if rule is picked else None)

    def _first(self, rule: CompiledRule, left: int | None) -> tuple[CompiledRule, list[int]]:
        taken = self._taken(rule, left)
        self._apply(rule, taken)
        return rule, taken

    def _best(self, matched: list[tuple[CompiledRule, int | None]]) -> tuple[CompiledRule, list[int]]:
        best, best_taken = matched[0][0], self._taken(*matched[0])
        if len(matched) > 1:
            most = sum(best_taken)
            for rule, left in matched[1:]:
                taken = self._taken(rule, left)
                # Only more is better, so that the document's order decides between rules that give the same.
                if sum(taken) > most:
                    best, best_taken, most = rule, taken, sum(taken)
        for rule, _ in matched:
            if rule is best:
                self._apply(rule, best_taken)
            else:
                self.acts |= rule.acts
                self.fired.append(rule.outweighed_by(best.id))
        return best, best_taken

    def _taken(self, rule: CompiledRule, left: int | None) -> list[int]:
        """What each effect would take off now, in VND, bounded by what remains and by the rule's quota."""
        vnd_left, copies_left = rule.amount_max, rule.copies_max
        if left is not None and rule.quota is not None:
            if rule.quota.unit == "amount":
                vnd_left = left
            elif rule.quota.unit == "copies":
                copies_left = left
        taken = []
        for effect in rule.effects:
            open_amount = self.remaining[effect.charge]
            if copies_left is not None and (charge := effect.per_copy) is not None:
                covered = charge.quantity(min(self._copies, copies_left), None, "") or 0
                open_amount = min(open_amount, charge.amount_vnd * covered)
            amount = effect.takes(open_amount)
            if vnd_left is not None:
                amount = min(amount, vnd_left)
                vnd_left -= amount
            taken.append(amount)
        return taken

    def _apply(self, rule: CompiledRule, taken: list[int]) -> None:
        total = 0
        for effect, amount in zip(rule.effects, taken, strict=True):
            if amount:
                total += amount
                self.remaining[effect.charge] -= amount
                self.reductions[effect.charge].append(effect.reduction(amount))
        self.acts |= rule.acts
        self.applied.append((rule, total))
        self.fired.append(rule.fired(total))

    def _look_up(self, rule: CompiledRule, quota: Quota) -> tuple[NotFiredRule | None, int | None]:
        """What is left of the rule's quota now, None where nobody knows, and what that objects to the rule."""
        left = self._quotas.left_of(rule.rule)
        if left is None:
            return rule.not_fired(NotFiredReason.QUOTA_NOT_KNOWN), None
        if quota.unit == "amount":
            left = max(0, left - self._counted.get(rule.rule.quota_name, 0))
        return (None if left else rule.not_fired(NotFiredReason.QUOTA_USED_UP)), left

    def _use(self, rule: CompiledRule, left: int, taken: list[int] | None) -> None:
        """Record what the rule found of its quota, and what it used of it. taken: None where it wasn't applied."""
        quota, name = rule.rule.quota, rule.rule.quota_name
        if quota is None:
            raise ValueError("the rule has no quota")
        counted = self._counted.get(name, 0)
        used = 0
        if taken is not None and any(taken):
            if quota.unit == "amount":
                used = sum(taken)
            elif quota.unit == "requests":
                used = max(0, 1 - counted)
            elif any(amount for effect, amount in zip(rule.effects, taken, strict=True) if effect.per_copy):
                # Copies that another rule of this quota covers are counted already.
                used = max(0, min(self._copies, left) - counted)
        self._counted[name] = counted + used
        self.uses.append(QuotaUse(rule.id, name, quota.unit, quota.scope, quota.max, left, used))
