"""What a decision comes to in figures, without its trace: for rehearsals, which take a hundred thousand at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from issuance.fees.assessment import ReductionKind, ReferralReason
from issuance.fees.book import PolicyBook
from issuance.fees.deciding import Course, choose, require_deciding_day
from issuance.fees.document import VND, FeePolicy, Rule
from issuance.fees.facts import FeeFacts, values_of
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
    require_deciding_day(facts, on)
    chosen = choose(policy, facts.document_type, facts.submitted_on, facts.received_on)
    if isinstance(chosen, ReferralReason):
        return None
    version, day = chosen
    if version.needs_pages and facts.pages is None:
        return None
    course = Course(version, values_of(facts, day), quotas, day)
    due = sum(course.remaining)
    return Amounts(
        gross=VND(due + sum(amount for _, amount in course.applied)),
        due=VND(due),
        taken=tuple(_taken(rule.rule, amount) for rule, amount in course.applied if amount),
        quota_uses=tuple((use.name, use.taken) for use in course.uses if use.taken),
    )


def _taken(rule: Rule, amount: int) -> Taken:
    return Taken(rule.id, rule.kind, None if rule.funding is None else rule.funding.budget, VND(amount))
