"""What another policy would do to many cases: both versions decide each of them, and the differences are added up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from issuance.fees.amounts import Amounts
from issuance.fees.book import PolicyBook
from issuance.fees.facts import FeeFacts, age_years
from issuance.fees.quotas import UNTOUCHED, Quotas
from issuance.fees.rehearsal.examples import Changed, Largest, example_of
from issuance.fees.rehearsal.result import (
    BudgetQuota,
    DecidingVersion,
    Difference,
    Given,
    GroupOfCases,
    Money,
    MonthOfMoney,
    RehearsalResult,
    RuleEffect,
)
from issuance.fees.rehearsal.side import MAX_REMEMBERED, Deciding, Side, rules_of
from issuance.fees.wording import Label

__all__ = ["RehearsalCase", "RehearsalResult", "rehearse"]

PROGRESS_EVERY = 1_000
AGES = ((0, 15), (16, 59), (60, 150))
"""For a first look at who gains and loses; the rules' own bounds decide, not these."""


@dataclass(frozen=True, slots=True)
class RehearsalCase:
    """One request. person: whose quotas it draws on, a blind index or a made-up one; never a number or a name."""

    facts: FeeFacts
    person: str


def rehearse(
    cases: Iterable[RehearsalCase],
    before: PolicyBook,
    after: PolicyBook,
    progress: Callable[[int], None],
    *,
    source: Mapping[str, Any] | None = None,
    max_remembered: int = MAX_REMEMBERED,
) -> RehearsalResult:
    """Decide every case by both books, in their order, and compare.

    Quotas wider than a request are untouched at the first case and are drawn on by each side on its own. progress: is
    told the number of cases done, every thousand and at the end. source: goes into the result as it is. max_remembered:
    whose use of a quota of their own is kept, per side. Memory doesn't grow with the number of cases.
    """
    rehearsing = _Rehearsing(Side(before, max_remembered), Side(after, max_remembered))
    for case in cases:
        rehearsing.take(case)
        if rehearsing.cases % PROGRESS_EVERY == 0:
            progress(rehearsing.cases)
    if rehearsing.cases % PROGRESS_EVERY or not rehearsing.cases:
        progress(rehearsing.cases)
    return rehearsing.result(source)


@dataclass(slots=True)
class _Group:
    cases: int = 0
    gains: int = 0
    gained: int = 0
    losses: int = 0
    lost: int = 0

    def add(self, other: _Group) -> None:
        self.cases += other.cases
        self.gains += other.gains
        self.gained += other.gained
        self.losses += other.losses
        self.lost += other.lost


@dataclass(slots=True)
class _Rehearsing:
    before: Side
    after: Side
    cases: int = 0
    first_day: date | None = None
    last_day: date | None = None
    newly_referred: int = 0
    no_longer_referred: int = 0
    groups: dict[tuple[str, frozenset[str], int | None], _Group] = field(default_factory=dict)
    gaining: Largest = field(default_factory=Largest)
    losing: Largest = field(default_factory=Largest)

    def take(self, case: RehearsalCase) -> None:
        facts, person = case.facts, case.person
        self.cases += 1
        day = facts.submitted_on
        if self.first_day is None or self.last_day is None:
            self.first_day = self.last_day = day
        elif day < self.first_day:
            self.first_day = day
        elif day > self.last_day:
            self.last_day = day
        old, new = self.before.deciding(facts), self.after.deciding(facts)
        old_quotas = self.before.quotas(old, person)
        before = self.before.decide(facts, person, old, old_quotas)
        new_quotas: Quotas = UNTOUCHED
        if new.policy is not None and new.policy is old.policy and not new.wide:
            after = before
        else:
            new_quotas = self.after.quotas(new, person)
            after = self.after.decide(facts, person, new, new_quotas)
        old.tally.count(before)
        new.tally.count(after)
        self._compare(facts, (old, old_quotas, before), (new, new_quotas, after))

    def _compare(
        self,
        facts: FeeFacts,
        before: tuple[Deciding, Quotas, Amounts | None],
        after: tuple[Deciding, Quotas, Amounts | None],
    ) -> None:
        key = (facts.channel, facts.categories, _age_group(facts))
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = _Group()
        group.cases += 1
        (old, old_quotas, was), (new, new_quotas, becomes) = before, after
        if was is None or becomes is None:
            self.newly_referred += becomes is None and was is not None
            self.no_longer_referred += was is None and becomes is not None
            return
        difference = becomes.due - was.due
        if not difference or old.policy is None or new.policy is None:
            return
        changed = Changed(
            facts,
            self.cases,
            difference,
            (old.policy, old.on, old_quotas, was),
            (new.policy, new.on, new_quotas, becomes),
        )
        if difference < 0:
            group.gains += 1
            group.gained -= difference
            self.gaining.note(changed)
        else:
            group.losses += 1
            group.lost += difference
            self.losing.note(changed)

    def result(self, source: Mapping[str, Any] | None) -> RehearsalResult:
        everybody = _Group()
        for group in self.groups.values():
            everybody.add(group)
        referrals = self.newly_referred + self.no_longer_referred
        return RehearsalResult(
            source=source,
            cases=self.cases,
            first_day=self.first_day,
            last_day=self.last_day,
            before=self.before.total(),
            after=self.after.total(),
            gains=Difference(count=everybody.gains, amount=everybody.gained),
            losses=Difference(count=everybody.losses, amount=everybody.lost),
            unchanged=self.cases - everybody.gains - everybody.losses - referrals,
            newly_referred=self.newly_referred,
            no_longer_referred=self.no_longer_referred,
            months=self._months(),
            groups=self._groups(),
            rules=self._rules(),
            quotas=self._quotas(),
            budgets=self._budgets(),
            versions=self._versions(),
            largest_gains=tuple(example_of(one, alike) for one, alike in self.gaining.chosen()),
            largest_losses=tuple(example_of(one, alike) for one, alike in self.losing.chosen()),
            is_exact=self.before.is_exact and self.after.is_exact,
        )

    def _months(self) -> tuple[MonthOfMoney, ...]:
        before, after = self.before.months(), self.after.months()
        return tuple(
            MonthOfMoney(month=month, before=before.get(month, Money()), after=after.get(month, Money()))
            for month in sorted(before.keys() | after.keys())
        )

    def _groups(self) -> tuple[GroupOfCases, ...]:
        found: dict[tuple[str, str], _Group] = {}
        for (channel, categories, age), group in self.groups.items():
            span = "unknown" if age is None else "{}-{}".format(*AGES[age])
            for name in (
                ("channel", channel),
                *(("categories", category) for category in categories or ("none",)),
                ("age_years", span),
            ):
                found.setdefault(name, _Group()).add(group)
        return tuple(
            GroupOfCases(
                fact=fact,
                value=value,
                cases=group.cases,
                gains=Difference(count=group.gains, amount=group.gained),
                losses=Difference(count=group.losses, amount=group.lost),
            )
            for (fact, value), group in sorted(found.items())
        )

    def _rules(self) -> tuple[RuleEffect, ...]:
        """All rules of the versions that decided anything, those too that never fired."""
        before, after = self.before.rules(), self.after.rules()
        # What a later version and the side after says of a rule goes before what an earlier one says.
        latest = {
            (policy.id, rule.id): rule
            for side in (self.before, self.after)
            for policy in sorted(side.policies.values(), key=lambda policy: (policy.id, policy.version))
            for rule in rules_of(policy)
        }
        return tuple(
            RuleEffect(
                policy_id=policy_id,
                rule_id=rule_id,
                label=rule.label,
                kind=rule.kind,
                budget=None if rule.funding is None else rule.funding.budget,
                before=_given(before.get((policy_id, rule_id), (0, 0))),
                after=_given(after.get((policy_id, rule_id), (0, 0))),
            )
            for (policy_id, rule_id), rule in latest.items()
        )

    def _quotas(self) -> tuple[BudgetQuota, ...]:
        before, after = self.before.budgets(), self.after.budgets()
        return tuple(
            BudgetQuota(
                policy_id=key.policy_id,
                name=key.name,
                period=key.period,
                label=(after.get(key) or before[key])[0],
                unit=(after.get(key) or before[key])[1],
                before=before[key][2] if key in before else None,
                after=after[key][2] if key in after else None,
            )
            for key in sorted(before.keys() | after.keys())
        )

    def _budgets(self) -> dict[str, Label]:
        return {
            rule.funding.budget: rule.funding.label
            for side in (self.before, self.after)
            for policy in side.policies.values()
            for rule in rules_of(policy)
            if rule.funding is not None
        }

    def _versions(self) -> tuple[DecidingVersion, ...]:
        before, after = self.before.cases_of_versions(), self.after.cases_of_versions()
        policies = self.before.policies | self.after.policies
        return tuple(
            DecidingVersion(
                policy_id=policy.id,
                version=policy.version,
                digest=policy.digest,
                label=policy.document.label,
                cases_before=before.get(policy.digest, 0),
                cases_after=after.get(policy.digest, 0),
            )
            for policy in sorted(policies.values(), key=lambda policy: (policy.id, policy.version, policy.digest))
        )


def _given(sums: tuple[int, int]) -> Given:
    return Given(fired=sums[0], amount=sums[1])


def _age_group(facts: FeeFacts) -> int | None:
    if facts.birth_date is None:
        return None
    age = age_years(facts.birth_date, facts.submitted_on)
    return next(index for index, (_, last) in enumerate(AGES) if age <= last)
