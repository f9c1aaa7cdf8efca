"""A policy made ready to decide: conditions as callables, and every part of a trace that can come again made once.

Trace objects are frozen, so that decisions share them: for one rule and the same values of the facts that it asks about
there is one `NotFiredRule`. What is handed out is complete and equal to what would be made afresh each time.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from datetime import date
from operator import itemgetter
from typing import Any, cast

from issuance.fees.assessment import (
    Citation,
    FailedCondition,
    FeeAssessment,
    FeeLine,
    FeeReduction,
    FiredRule,
    Funder,
    NotFiredReason,
    NotFiredRule,
    PolicyVersion,
)
from issuance.fees.conditions import Condition, Expression, all_parts, as_test, fact_names
from issuance.fees.document import VND, Charge, Effect, FeePolicy, Rule, Stage
from issuance.fees.errors import ConditionRefused, ExpressionFailed
from issuance.fees.expressions.compile import CompiledExpression, compile_expression
from issuance.fees.facts import FACTS, Fact, FactKind, FactValue
from issuance.fees.kept import Kept

Values = Mapping[str, FactValue]

MAX_COMPILED = 64
MAX_COMBINATIONS = 1_000
"""Of values that a rule asks about: with more of them, one is too seldom met again to be worth keeping."""
MAX_DECISIONS = 500
"""That one policy keeps whole, with their texts about 10 MB; then it starts afresh."""
_ALWAYS_USED = frozenset({"document_type", "copies", "submitted_on"})
_MISSING: Any = object()


class CompiledEffect:
    """One effect. charge: its index. per_copy: the charge, where it is one per copy, which a quota in copies bounds.

    takes: what comes off an open amount.
    """

    def __init__(self, rule: Rule, effect: Effect, charges: tuple[Charge, ...], rounded_up: bool, kept: Kept) -> None:
        self.charge = next(index for index, charge in enumerate(charges) if charge.id == effect.charge)
        charge = charges[self.charge]
        self.per_copy = charge if charge.kind == "per_copy_above" else None
        self.takes = _takes(effect, rounded_up)
        self._rule = rule
        self._kept = kept
        self._made = kept.table()

    def reduction(self, amount: int) -> FeeReduction:
        made: FeeReduction | None = self._made.get(amount)
        return made or self._kept.keep(self._made, amount, self._make(amount))

    def _make(self, amount: int) -> FeeReduction:
        rule = self._rule
        funder = None if rule.funding is None else Funder(rule.funding.budget, rule.funding.label)
        return FeeReduction(rule.id, rule.label, VND(amount), rule.kind, funder, rule.basis)


def _takes(effect: Effect, rounded_up: bool) -> Callable[[int], int]:
    percent, amount, lowest = effect.percent_off, effect.amount_off, effect.set_to or 0
    if percent is not None:
        if rounded_up:
            return lambda open_amount: -(-open_amount * percent // 100)
        return lambda open_amount: open_amount * percent // 100
    if amount is not None:
        return lambda open_amount: min(open_amount, amount)
    return lambda open_amount: max(0, open_amount - lowest)


class CompiledRule:
    """One rule of a stage; `in_the_way` says what its facts and days object, `effects` what it takes off.

    quota: the rule's quota if it is wider than the request. amount_max, copies_max: the bound of one within it.
    acts: the bits of the acts that it cites.
    """

    def __init__(self, rule: Rule, stage: Stage, policy: FeePolicy, kept: Kept) -> None:
        document = policy.document
        rounded_up = document.rounding == "in_favour_of_citizen"
        self.rule = rule
        self.id = rule.id
        self._stage_id = stage.id
        self.acts = _bits(policy, rule.basis)
        self.effects = tuple(
            CompiledEffect(rule, effect, document.charges, rounded_up, kept) for effect in rule.effects
        )
        within = rule.quota if rule.quota is not None and rule.quota.scope == "request" else None
        self.quota = None if within is not None else rule.quota
        self.amount_max = within.max if within is not None and within.unit == "amount" else None
        self.copies_max = within.max if within is not None and within.unit == "copies" else None
        self._parts = tuple((as_test(part), part) for part in all_parts(rule.when))
        self._expression = _expression_of(rule)
        asked = sorted(facts_of(rule))
        self._key_of: Callable[[Values], Hashable] = itemgetter(*asked) if asked else _no_facts
        self._comes_again = math.prod(_number_of_values(FACTS[name]) for name in asked) <= MAX_COMBINATIONS
        self._kept = kept
        self._objections: dict[Hashable, NotFiredRule | None] = kept.table()
        self._fired: dict[Hashable, FiredRule] = kept.table()
        self._not_in_force: NotFiredRule | None = None
        if rule.dates is not None:
            first, last = rule.dates.first_day, rule.dates.last_day
            self._not_in_force = self.not_fired(NotFiredReason.NOT_IN_FORCE, first_day=first, last_day=last)

    def in_the_way(self, values: Values, on: date) -> NotFiredRule | None:
        """Why the rule can't fire, its quota left aside; None where nothing is in its way."""
        if self._not_in_force is not None and not cast("Any", self.rule.dates).cover(on):
            return self._not_in_force
        if not self._comes_again:
            return self._objection(values)
        key = self._key_of(values)
        known: NotFiredRule | None = self._objections.get(key, _MISSING)
        return self._kept.keep(self._objections, key, self._objection(values)) if known is _MISSING else known

    def _objection(self, values: Values) -> NotFiredRule | None:
        held: bool | None = True
        first: Condition | None = None
        for test, part in self._parts:
            part_held = test(values)
            if part_held is not True:
                first = first or part
                held = part_held
                if held is False:
                    break
        if first is not None:
            return self._failed(held, first, values)
        if self.rule.expr is not None:
            condition = Expression(self.rule.expr, _facts_of(self._expression))
            try:
                held = self._holds(values)
            except ExpressionFailed:
                failed = _failed_condition(condition, values)
                return self.not_fired(NotFiredReason.EXPRESSION_FAILED, failed=failed)
            if held is not True:
                return self._failed(held, condition, values)
        if self.rule.evidence and not _set_of(values["evidence"]).intersection(self.rule.evidence):
            return self.not_fired(NotFiredReason.EVIDENCE_MISSING, evidence=self.rule.evidence)
        return None

    def _holds(self, values: Values) -> bool | None:
        if self._expression is None:
            raise ExpressionFailed("the expression can't be read any more")
        return self._expression.evaluate(values)

    def _failed(self, held: bool | None, condition: Condition, values: Values) -> NotFiredRule:
        reason = NotFiredReason.FACT_NOT_KNOWN if held is None else NotFiredReason.CONDITION_FAILED
        return self.not_fired(reason, failed=_failed_condition(condition, values))

    def not_fired(self, reason: NotFiredReason, **why: Any) -> NotFiredRule:
        return NotFiredRule(self.id, self._stage_id, self.rule.label, reason, **why)

    def fired(self, amount: int) -> FiredRule:
        return self._fired.get(amount) or self._kept.keep(self._fired, amount, self._make_fired(amount, None))

    def outweighed_by(self, better: str) -> FiredRule:
        return self._fired.get(better) or self._kept.keep(self._fired, better, self._make_fired(0, better))

    def _make_fired(self, amount: int, better: str | None) -> FiredRule:
        return FiredRule(self.id, self._stage_id, self.rule.label, VND(amount), self.rule.basis, better)


class CompiledStage:
    """A stage's rules, and how it picks among them."""

    def __init__(self, stage: Stage, policy: FeePolicy, kept: Kept) -> None:
        self.pick = stage.pick
        self.rules = tuple(CompiledRule(rule, stage, policy, kept) for rule in stage.rules)


class CompiledPolicy:
    """A policy ready to decide. needs_pages: a charge is per page, so that without their number nothing is decided."""

    def __init__(self, policy: FeePolicy) -> None:
        document = policy.document
        self.policy = policy
        self._kept = Kept()
        self.charges = document.charges
        self.needs_pages = any(charge.kind == "per_page" for charge in document.charges)
        self.stages = tuple(CompiledStage(stage, policy, self._kept) for stage in document.stages)
        self.charge_acts = 0
        for charge in document.charges:
            self.charge_acts |= _bits(policy, charge.basis)
        used = _ALWAYS_USED | policy.fact_names | facts_of_policy(policy)
        self.used = tuple(name for name in FACTS if name in used)
        self._used_of = itemgetter(*self.used)
        self._lines: tuple[dict[int, FeeLine], ...] = tuple(self._kept.table() for _ in document.charges)
        self._citations: dict[int, tuple[Citation, ...]] = self._kept.table()
        self._decisions: dict[Hashable, FeeAssessment] = {}
        self.version = PolicyVersion(
            document.id, document.version, policy.digest, document.label, document.demonstration
        )

    def facts_used(self, values: Values) -> tuple[tuple[str, FactValue], ...]:
        """The facts on which a decision by this policy can depend, in the catalogue's order."""
        return tuple(zip(self.used, self._used_of(values), strict=True))

    def decided_alike(self, values: Values, on: date, decide: Callable[[], FeeAssessment]) -> FeeAssessment:
        """The decision on these facts, made once. Only where it depends on nothing else."""
        key = (on, self._used_of(values))
        made = self._decisions.get(key)
        if made is None:
            if len(self._decisions) >= MAX_DECISIONS:
                self._decisions.clear()
            made = self._decisions[key] = decide()
        return made

    def line(self, index: int, quantity: int, reductions: list[FeeReduction], due: int) -> FeeLine:
        charge = self.charges[index]
        if reductions:
            gross = VND(charge.amount_vnd * quantity)
            return FeeLine(charge.id, charge.label, quantity, gross, tuple(reductions), VND(due), charge.basis)
        made = self._lines[index].get(quantity)
        if made is None:
            made = FeeLine(charge.id, charge.label, quantity, VND(due), (), VND(due), charge.basis)
            self._kept.keep(self._lines[index], quantity, made)
        return made

    def citations(self, acts: int) -> tuple[Citation, ...]:
        """The acts of these bits, in the document's order."""
        made = self._citations.get(acts)
        return self._kept.keep(self._citations, acts, tuple(self._cite(acts))) if made is None else made

    def _cite(self, acts: int) -> Iterator[Citation]:
        for index, entry in enumerate(self.policy.document.basis):
            if acts >> index & 1:
                yield Citation(
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


def facts_of(rule: Rule) -> frozenset[str]:
    """The facts that can be in a rule's way."""
    evidence = frozenset({"evidence"}) if rule.evidence else frozenset()
    return fact_names(rule.when) | _facts_of(_expression_of(rule)) | evidence


def facts_of_policy(policy: FeePolicy) -> frozenset[str]:
    """The facts on which charges, rules and the choice of this version depend."""
    document = policy.document
    used = {"received_on"} if document.deciding_date == "received" else set()
    used.update({"per_page": "pages", "postage": "delivery"}.get(charge.kind, "copies") for charge in document.charges)
    return frozenset(used).union(*(facts_of(rule) for stage in document.stages for rule in stage.rules))


def _bits(policy: FeePolicy, refs: tuple[str, ...]) -> int:
    return sum(1 << index for index, entry in enumerate(policy.document.basis) if entry.id in refs)


def _expression_of(rule: Rule) -> CompiledExpression | None:
    if rule.expr is None:
        return None
    try:
        return compile_expression(rule.expr)
    except ConditionRefused:
        # Stored before the language was narrowed. Such a rule is traced as failed: it gives nothing by accident.
        return None


def _facts_of(expression: CompiledExpression | None) -> frozenset[str]:
    return frozenset() if expression is None else expression.facts


def _failed_condition(condition: Condition, values: Values) -> FailedCondition:
    return FailedCondition(condition, tuple((name, values[name]) for name in sorted(fact_names(condition))))


def _set_of(value: FactValue) -> frozenset[str]:
    return value if isinstance(value, frozenset) else frozenset()


def _number_of_values(fact: Fact) -> int:
    match fact.kind:
        case FactKind.NUMBER:
            return fact.maximum - fact.minimum + 1
        case FactKind.CHOICE:
            return len(fact.values or ())
        case FactKind.SET:
            return int(2 ** len(fact.values or ()))
        case FactKind.DAY:
            # Requests that are decided one after the other come from a year or so.
            return 366
        case FactKind.TEXT:
            return 100


def _no_facts(_values: Values) -> Hashable:
    return None


_compiled: dict[int, CompiledPolicy] = {}
_compiling = threading.Lock()


def compiled(policy: FeePolicy) -> CompiledPolicy:
    """The policy made ready, kept for as long as few others were asked for since."""
    # By identity: an entry holds its policy, so that no other object can have its id meanwhile.
    found = _compiled.get(id(policy))
    if found is None:
        found = CompiledPolicy(policy)
        with _compiling:
            while len(_compiled) >= MAX_COMPILED:
                _compiled.pop(next(iter(_compiled)))
            _compiled[id(policy)] = found
    return found
