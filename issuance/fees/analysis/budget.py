"""How much an analysis may look at, counted and not timed, so that the same document always gets the same answer."""

from __future__ import annotations

from collections.abc import Sequence

from issuance.fees.analysis.cases import Cases, cases_of
from issuance.fees.analysis.days import TooManyCases, day_points
from issuance.fees.analysis.subject import Ruled
from issuance.fees.document import Charge, FeePolicy

MAX_CASES = 50_000
"""Of one claim. A policy like the shipped ones has some thousand."""
MAX_STEPS = 2_000_000
"""Nodes of conditions looked at for all claims of one kind; about a second."""


class Budget:
    """What is left to look at for one kind of claim. cases: how many were looked at so far."""

    def __init__(self, max_cases: int = MAX_CASES, max_steps: int = MAX_STEPS) -> None:
        self.max_cases = max_cases
        self.steps_left = max_steps
        self.cases = 0

    def cases_of(
        self, policy: FeePolicy, rules: Sequence[Ruled], charges: Sequence[Charge] = (), extra_weight: int = 0
    ) -> list[Cases]:
        """The cases that the rules can tell apart, paid for; extra_weight: what else is done with each case.

        Raises TooManyCases: for this claim, or because earlier claims have used up the steps.
        """
        comparisons = sum(1 + len(ruled.comparisons) for ruled in rules)
        self._pay(1, 10 + comparisons)
        days = day_points(policy.document, rules)
        self._pay(len(days), 10 + comparisons)
        spaces = cases_of(policy, days, rules, charges)
        count = sum(space.count for space in spaces)
        if count > self.max_cases:
            raise TooManyCases(count)
        self._pay(count, 2 + extra_weight + sum(ruled.weight for ruled in rules))
        self.cases += count
        return spaces

    @property
    def is_spent(self) -> bool:
        """Whether hardly anything can still be looked at."""
        return self.steps_left < 10_000

    def _pay(self, count: int, weight: int) -> None:
        if count * weight > self.steps_left:
            raise TooManyCases(count)
        self.steps_left -= count * weight
