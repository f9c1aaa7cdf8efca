"""What a policy would do, found before anybody is charged by it: proofs, witnesses and counter-examples. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from issuance.fees.analysis.anew import begun_anew
from issuance.fees.analysis.budget import MAX_STEPS, Budget
from issuance.fees.analysis.conflicts import conflicts_in, expressions_in
from issuance.fees.analysis.findings import SEVERITIES, Case, Finding, FindingKind, Report, Severity
from issuance.fees.analysis.fruitless import never_better, taking_nothing
from issuance.fees.analysis.monotonic import growing_costs
from issuance.fees.analysis.never_fires import always_overtaken, never_firing
from issuance.fees.analysis.overlaps import beside_others
from issuance.fees.analysis.phrases import both
from issuance.fees.analysis.remarks import remarks_on
from issuance.fees.analysis.subject import Ruled, rules_of
from issuance.fees.book import BookEntry
from issuance.fees.document import FeePolicy

__all__ = ["MAX_FINDINGS", "Case", "Finding", "FindingKind", "Report", "Severity", "analyse", "check_overlaps"]

MAX_FINDINGS = 100
"""Of one part of the analysis; who has read a hundred knows enough."""


def analyse(policy: FeePolicy, others: Sequence[BookEntry] = (), *, max_steps: int = MAX_STEPS) -> Report:
    """Look at one checked policy, and at how it would stand beside the entries of a book (those known now).

    max_steps: bounds each of the four parts of the work by a count; what is left out is told. Never raises.
    """
    rules = rules_of(policy)
    budgets = [Budget(max_steps=max_steps) for _ in range(4)]
    firing, order, fruit, growth = budgets
    found = [*_first(expressions_in(rules)), *_first(beside_others(policy, others))]
    dead = _first(never_firing(policy, rules, firing))
    dead += _first(
        finding for stage in _stages(rules, "first_match") for finding in always_overtaken(policy, stage, firing)
    )
    dead_places = {finding.place for finding in dead if finding.kind is FindingKind.NEVER_FIRES}
    alive = [ruled for ruled in rules if ruled.place not in dead_places]
    found += dead
    found += _first(
        finding for stage in _stages(alive, "first_match") for finding in conflicts_in(policy, stage, order)
    )
    found += _first(taking_nothing(policy, alive, fruit))
    found += _first(
        finding for stage in _stages(alive, "best_for_citizen") for finding in never_better(policy, stage, fruit)
    )
    found += _first(growing_costs(policy, rules, growth))
    found += _first(remarks_on(policy, rules))
    found += _first(begun_anew(policy, rules, others))
    return Report(
        findings=tuple(sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))),
        cases=sum(budget.cases for budget in budgets),
        is_complete=not any(finding.kind is FindingKind.NOT_ANALYSED for finding in found),
    )


def check_overlaps(policy: FeePolicy, others: Sequence[BookEntry]) -> tuple[Finding, ...]:
    """Only how a version would stand beside the entries of a book: for the moment of scheduling."""
    return tuple(_first(beside_others(policy, others)))


def _stages(rules: Sequence[Ruled], pick: str) -> Iterator[list[Ruled]]:
    """The rules of each stage that picks in this way, where there are several."""
    by_stage: dict[str, list[Ruled]] = {}
    for ruled in rules:
        if ruled.stage.pick == pick:
            by_stage.setdefault(ruled.stage.id, []).append(ruled)
    yield from (stage for stage in by_stage.values() if len(stage) > 1)


def _first(findings: Iterable[Finding]) -> list[Finding]:
    shown: list[Finding] = []
    for finding in findings:
        if len(shown) == MAX_FINDINGS:
            text = both(
                "Còn những điểm khác cùng loại; chỉ {count} điểm đầu được nêu.",
                "There is more of this kind; only the first {count} are told.",
                count=MAX_FINDINGS,
            )
            shown.append(Finding(FindingKind.NOT_ANALYSED, "note", "", text))
            break
        shown.append(finding)
    return shown
