"""A policy taken apart for its analysis: each rule with its place, its comparisons and its weight."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from issuance.fees.conditions import AllOf, AnyOf, Compare, Condition, Not, evaluate
from issuance.fees.document import FeePolicy, Rule, Stage
from issuance.fees.facts import FactValue


@dataclass(frozen=True, slots=True)
class Ruled:
    """One rule where it stands. comparisons: each once, the need of evidence among them; weight: nodes to look at."""

    stage: Stage
    position: int
    rule: Rule
    comparisons: tuple[Compare, ...]
    weight: int

    @property
    def place(self) -> str:
        return f"stages[{self.stage.id}].rules[{self.rule.id}]"

    @property
    def is_certain(self) -> bool:
        """Whether it fires whenever its typed conditions hold: no expression, no quota that others use up."""
        quota = self.rule.quota
        return self.rule.expr is None and (quota is None or quota.scope == "request")

    def in_force(self, on: date) -> bool:
        return self.rule.dates is None or self.rule.dates.cover(on)

    def holds(self, values: Mapping[str, FactValue], on: date) -> bool:
        """Whether days, typed condition and evidence allow it; what else it needs is `is_certain`'s question."""
        if not self.in_force(on) or evaluate(self.rule.when, values) is not True:
            return False
        needed = needs(self.rule)
        return needed is None or evaluate(needed, values) is True


def needs(rule: Rule) -> Compare | None:
    """The papers that a rule needs, as a condition; None where it needs none."""
    return Compare("evidence", "any_of", rule.evidence) if rule.evidence else None


def rules_of(policy: FeePolicy) -> list[Ruled]:
    """Every rule in the document's order."""
    return [
        taken_apart(stage, position, rule)
        for stage in policy.document.stages
        for position, rule in enumerate(stage.rules)
    ]


def taken_apart(stage: Stage, position: int, rule: Rule) -> Ruled:
    """One rule with what its analysis needs."""
    needed = needs(rule)
    comparisons = [*comparisons_of(rule.when), *(() if needed is None else (needed,))]
    return Ruled(stage, position, rule, tuple(dict.fromkeys(comparisons)), weight_of(rule.when) + 1)


def comparisons_of(condition: Condition) -> Iterator[Compare]:
    match condition:
        case Compare():
            yield condition
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from comparisons_of(part)
        case Not(part):
            yield from comparisons_of(part)


def weight_of(condition: Condition) -> int:
    """How many nodes an evaluation looks at, at most."""
    match condition:
        case Compare(_, _, operands):
            return 1 + len(operands) // 10
        case AllOf(parts) | AnyOf(parts):
            return 1 + sum(weight_of(part) for part in parts)
        case Not(part):
            return 1 + weight_of(part)
    return 1
