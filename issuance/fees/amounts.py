"""What a decision comes to in figures, without its trace: for rehearsals, which take a hundred thousand at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from issuance.fees.assess import assess
from issuance.fees.assessment import FeeAssessment, FeeReduction, ReductionKind
from issuance.fees.book import PolicyBook
from issuance.fees.document import VND, FeePolicy
from issuance.fees.facts import FeeFacts
from issuance.fees.quotas import Quotas


@dataclass(frozen=True, slots=True)
class Taken:
    """What one rule took off all charges together, in VND, never zero. budget: who pays it; None for the statute's."""

    rule_id: str
    kind: ReductionKind
    budget: str | None
    amount: VND


@dataclass(frozen=True, slots=True)
class Amounts:
    """The amounts of one decision in VND; gross is `due` and all that was `taken`.

    taken: of the rules that took something, in the order in which they were applied. quota_uses: name and amount (in
    the quota's unit, never zero) for each rule that drew on a quota wider than the request, in the same order.
    """

    gross: VND
    due: VND
    taken: tuple[Taken, ...]
    quota_uses: tuple[tuple[str, int], ...]


def amounts_of(facts: FeeFacts, policy: PolicyBook | FeePolicy, quotas: Quotas, on: date) -> Amounts | None:
    """What `assess` would come to with the same arguments; None where it refers the case. Raises FactsRefused."""
    return figures_of(assess(facts, policy, quotas, on))


def figures_of(assessment: FeeAssessment) -> Amounts | None:
    """The same figures, read from an assessment; None when it is a referral."""
    totals = assessment.totals
    if totals is None:
        return None
    reductions: Mapping[str, list[FeeReduction]] = {rule.rule_id: [] for rule in assessment.fired}
    for line in assessment.lines:
        for entry in line.reductions:
            reductions[entry.rule_id].append(entry)
    return Amounts(
        gross=totals.gross,
        due=totals.due,
        taken=tuple(
            Taken(
                rule_id,
                entries[0].kind,
                None if entries[0].funding is None else entries[0].funding.budget,
                VND(sum(entry.amount for entry in entries)),
            )
            for rule_id, entries in reductions.items()
            if entries
        ),
        quota_uses=tuple((use.name, use.taken) for use in assessment.quota_uses if use.taken),
    )
