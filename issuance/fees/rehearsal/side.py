"""One side of a rehearsal: which version decides each case, what it takes of quotas, and the sums of it all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from issuance.fees.amounts import Amounts, amounts_of
from issuance.fees.book import PolicyBook
from issuance.fees.document import FeePolicy, QuotaUnit, Rule
from issuance.fees.facts import FeeFacts
from issuance.fees.quotas import UNTOUCHED, QuotaKey, Quotas, quota_keys, quota_sizes
from issuance.fees.rehearsal.result import BudgetShare, Money, QuotaDrawn
from issuance.fees.wording import Label

MAX_REMEMBERED = 500_000
"""Of how many people (times quotas) one side remembers what they used: some 60 MB."""
_MAX_DAYS_REMEMBERED = 20_000


@dataclass(slots=True)
class Tally:
    """The sums of one month and one version (or of what no version decides). rules: times fired and VND, by id."""

    decided: int = 0
    referred: int = 0
    gross: int = 0
    due: int = 0
    rules: dict[str, list[int]] = field(default_factory=dict)

    def count(self, amounts: Amounts | None) -> None:
        if amounts is None:
            self.referred += 1
            return
        self.decided += 1
        self.gross += amounts.gross
        self.due += amounts.due
        rules = self.rules
        for taken in amounts.taken:
            sums = rules.get(taken.rule_id)
            if sums is None:
                rules[taken.rule_id] = [1, taken.amount]
            else:
                sums[0] += 1
                sums[1] += taken.amount


@dataclass(frozen=True, slots=True)
class Deciding:
    """What decides all cases of a document type with the same days. policy: None where they are referred.

    wide: the quotas beyond the request, with their sizes; a person's stand here without the person.
    """

    policy: FeePolicy | None
    on: date
    tally: Tally
    wide: tuple[tuple[str, QuotaKey, int], ...]


@dataclass(slots=True)
class _Drawn:
    label: Label
    unit: QuotaUnit
    size: int
    taken: int = 0
    last_drawn_on: date | None = None
    used_up_on: date | None = None


class Side:
    """Decides cases one after the other and remembers no more of them than their sums."""

    def __init__(self, book: PolicyBook, max_remembered: int = MAX_REMEMBERED) -> None:
        self.book = book
        self.policies: dict[str, FeePolicy] = {}
        self.is_exact = True
        self._max_remembered = max_remembered
        self._deciding: dict[tuple[str, date, date | None], Deciding] = {}
        self._tallies: dict[tuple[str, str | None], Tally] = {}
        self._budgets: dict[QuotaKey, _Drawn] = {}
        self._people: dict[int, int] = {}

    def deciding(self, facts: FeeFacts) -> Deciding:
        key = (facts.document_type, facts.submitted_on, facts.received_on)
        found = self._deciding.get(key)
        if found is None:
            if len(self._deciding) >= _MAX_DAYS_REMEMBERED:
                self._deciding.clear()
            found = self._deciding[key] = self._find(facts)
        return found

    def quotas(self, deciding: Deciding, person: str) -> Quotas:
        """What is left for this person now."""
        if not deciding.wide:
            return UNTOUCHED
        return Quotas({name: size - self._used(key, person) for name, key, size in deciding.wide})

    def decide(self, facts: FeeFacts, person: str, deciding: Deciding, quotas: Quotas) -> Amounts | None:
        """The figures; what they take of quotas is taken. None where the case is referred."""
        if deciding.policy is None:
            return None
        amounts = amounts_of(facts, deciding.policy, quotas, deciding.on)
        if amounts is not None and amounts.quota_uses:
            self._draw(deciding, person, amounts.quota_uses)
        return amounts

    def months(self) -> dict[str, Money]:
        """The sums by month."""
        by_month: dict[str, list[tuple[str | None, Tally]]] = {}
        for (month, digest), tally in self._tallies.items():
            by_month.setdefault(month, []).append((digest, tally))
        return {month: self._money(tallies) for month, tallies in by_month.items()}

    def total(self) -> Money:
        return self._money((digest, tally) for (_, digest), tally in self._tallies.items())

    def rules(self) -> dict[tuple[str, str], tuple[int, int]]:
        """How often each rule fired and what it gave, by policy and rule, all versions together."""
        sums: dict[tuple[str, str], tuple[int, int]] = {}
        for (_, digest), tally in self._tallies.items():
            if digest is None:
                continue
            for rule_id, (fired, amount) in tally.rules.items():
                key = (self.policies[digest].id, rule_id)
                before = sums.get(key, (0, 0))
                sums[key] = (before[0] + fired, before[1] + amount)
        return sums

    def cases_of_versions(self) -> dict[str, int]:
        """How many cases each version has decided, by its digest."""
        counts: dict[str, int] = {}
        for (_, digest), tally in self._tallies.items():
            if digest is not None:
                counts[digest] = counts.get(digest, 0) + tally.decided + tally.referred
        return counts

    def budgets(self) -> Mapping[QuotaKey, tuple[Label, QuotaUnit, QuotaDrawn]]:
        """What became of the quotas that all share."""
        return {
            key: (
                drawn.label,
                drawn.unit,
                QuotaDrawn(
                    size=drawn.size,
                    taken=drawn.taken,
                    last_drawn_on=drawn.last_drawn_on,
                    used_up_on=drawn.used_up_on if drawn.taken >= drawn.size else None,
                ),
            )
            for key, drawn in self._budgets.items()
        }

    def _find(self, facts: FeeFacts) -> Deciding:
        candidates = self.book.applicable(facts.document_type, facts.submitted_on, facts.received_on)
        if len(candidates) != 1:
            return Deciding(None, facts.submitted_on, self._tally(facts.submitted_on, None), ())
        policy = candidates[0]
        by_receipt = policy.document.deciding_date == "received"
        on = facts.received_on if by_receipt and facts.received_on is not None else facts.submitted_on
        self.policies[policy.digest] = policy
        sizes = quota_sizes(policy)
        wide = tuple((name, key, sizes[name]) for name, key in quota_keys(policy, on, "").items())
        # The first rule of several that share a quota gives it its label.
        rules = {rule.quota_name: rule for rule in reversed(list(rules_of(policy))) if rule.quota is not None}
        for name, key, size in wide:
            if key.scope == "budget_total":
                rule = rules[name]
                if rule.quota is not None:
                    self._budgets.setdefault(key, _Drawn(rule.label, rule.quota.unit, size))
        return Deciding(policy, on, self._tally(on, policy.digest), wide)

    def _tally(self, on: date, digest: str | None) -> Tally:
        return self._tallies.setdefault((f"{on.year:04}-{on.month:02}", digest), Tally())

    def _used(self, key: QuotaKey, person: str) -> int:
        if key.scope == "budget_total":
            return self._budgets[key].taken
        return self._people.get(hash((key, person)), 0)

    def _draw(self, deciding: Deciding, person: str, uses: tuple[tuple[str, int], ...]) -> None:
        wide = {name: (key, size) for name, key, size in deciding.wide}
        for name, taken in uses:
            key, size = wide[name]
            if key.scope == "budget_total":
                drawn = self._budgets[key]
                drawn.taken += taken
                drawn.size = size
                drawn.last_drawn_on = deciding.on
                if drawn.taken >= size and drawn.used_up_on is None:
                    drawn.used_up_on = deciding.on
                continue
            # 64 bits for a person: among half a million, two that meet are one chance in a hundred million.
            whose = hash((key, person))
            if whose in self._people or len(self._people) < self._max_remembered:
                self._people[whose] = self._people.get(whose, 0) + taken
            else:
                self.is_exact = False

    def _money(self, tallies: Iterable[tuple[str | None, Tally]]) -> Money:
        payers = {
            (digest, rule.id): rule.funding.budget
            for digest, policy in self.policies.items()
            for rule in rules_of(policy)
            if rule.funding is not None
        }
        decided = referred = gross = due = remitted = 0
        budgets: dict[str, int] = {}
        for digest, tally in tallies:
            decided, referred = decided + tally.decided, referred + tally.referred
            gross, due = gross + tally.gross, due + tally.due
            for rule_id, (_, amount) in tally.rules.items():
                budget = payers.get((digest or "", rule_id))
                if budget is None:
                    remitted += amount
                else:
                    budgets[budget] = budgets.get(budget, 0) + amount
        return Money(
            decided=decided,
            referred=referred,
            gross=gross,
            waived=remitted + sum(budgets.values()),
            remitted=remitted,
            budgets=tuple(BudgetShare(budget=name, amount=budgets[name]) for name in sorted(budgets)),
            due=due,
        )


def rules_of(policy: FeePolicy) -> Iterator[Rule]:
    """In the order of the document."""
    return (rule for stage in policy.document.stages for rule in stage.rules)
