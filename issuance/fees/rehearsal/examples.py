"""The cases that a head looks at: of all whose amount changes, the largest differences, one of each kind first."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from issuance.fees.amounts import Amounts
from issuance.fees.assess import assess
from issuance.fees.document import FeePolicy
from issuance.fees.explain import explain
from issuance.fees.facts import FactValue, FeeFacts, values_of
from issuance.fees.quotas import Quotas
from issuance.fees.rehearsal.result import AppliedRule, DecidedExample, ExampleCase
from issuance.fees.wording import Label, Language

EXAMPLES = 10
MAX_KINDS = 2_000
MAX_SENTENCES = 60
_LANGUAGES: tuple[Language, ...] = ("vi", "en")

Kind = tuple[str, frozenset[str], tuple[str, ...], tuple[str, ...]]
"""Channel, categories, the rules that took something before, and those after."""


Decided = tuple[FeePolicy, date, Quotas, Amounts]


@dataclass(frozen=True, slots=True)
class Changed:
    """One case whose amount changes, with all that is needed to decide it again. index: its place among the cases."""

    facts: FeeFacts
    index: int
    difference: int
    before: Decided
    after: Decided

    @property
    def kind(self) -> Kind:
        before, after = (tuple([taken.rule_id for taken in side[3].taken]) for side in (self.before, self.after))
        return self.facts.channel, self.facts.categories, before, after


class Largest:
    """Keeps, of all cases that change one way, the largest of each kind and the ten largest; the earlier of equals."""

    def __init__(self) -> None:
        self._kinds: dict[Kind, tuple[int, Changed]] = {}
        self._heap: list[tuple[int, int, Changed]] = []

    def note(self, changed: Changed) -> None:
        size, kind = abs(changed.difference), changed.kind
        known = self._kinds.get(kind)
        if known is not None:
            largest = changed if size > abs(known[1].difference) else known[1]
            self._kinds[kind] = (known[0] + 1, largest)
        elif len(self._kinds) < MAX_KINDS:
            self._kinds[kind] = (1, changed)
        if len(self._heap) < EXAMPLES:
            heapq.heappush(self._heap, (size, -changed.index, changed))
        elif size > self._heap[0][0]:
            heapq.heapreplace(self._heap, (size, -changed.index, changed))

    def chosen(self) -> list[tuple[Changed, int]]:
        """At most ten, the largest difference first and of equal ones the commonest kind, each with how many are of
        its kind."""
        of_kinds = sorted(((one, alike) for alike, one in self._kinds.values()), key=_largest_first)[:EXAMPLES]
        taken = {one.index for one, _ in of_kinds}
        alike = {one.kind: count for one, count in of_kinds}
        others = [(one, alike.get(one.kind, 1)) for _, _, one in self._heap if one.index not in taken]
        others.sort(key=_largest_first)
        return sorted(of_kinds + others[: EXAMPLES - len(of_kinds)], key=_largest_first)


def _largest_first(entry: tuple[Changed, int]) -> tuple[int, int, int]:
    one, alike = entry
    return -abs(one.difference), -alike, one.index


def example_of(changed: Changed, alike: int) -> ExampleCase:
    """Decide the case once more, this time with everything that explains it."""
    return ExampleCase(
        facts=facts_in_plain(changed.facts),
        difference=changed.difference,
        alike=alike,
        before=_decided(changed.facts, *changed.before),
        after=_decided(changed.facts, *changed.after),
    )


def facts_in_plain(facts: FeeFacts) -> Mapping[str, Any]:
    """The facts by their names in the catalogue, as JSON values; the age on the day of submission, no birth date."""
    return {name: _plain(value) for name, value in values_of(facts, facts.submitted_on).items()}


def _plain(value: FactValue) -> str | int | list[str] | None:
    if isinstance(value, frozenset):
        return sorted(value)
    return value if value is None or isinstance(value, str | int) else value.isoformat()


def _decided(facts: FeeFacts, policy: FeePolicy, on: date, quotas: Quotas, amounts: Amounts) -> DecidedExample:
    assessment = assess(facts, policy, quotas, on)
    return DecidedExample(
        policy_id=policy.id,
        policy_version=policy.version,
        gross=amounts.gross,
        due=amounts.due,
        rules=tuple(AppliedRule(rule_id=taken.rule_id, amount=taken.amount) for taken in amounts.taken),
        explanation={language: _bounded(explain(assessment, language), language) for language in _LANGUAGES},
    )


def _bounded(sentences: list[str], language: Language) -> tuple[str, ...]:
    left_out = len(sentences) - MAX_SENTENCES
    if left_out <= 0:
        return tuple(sentences)
    more = Label(f"… và {left_out} câu nữa.", f"… and {left_out} more sentences.").in_language(language)
    return (*sentences[:MAX_SENTENCES], more)
