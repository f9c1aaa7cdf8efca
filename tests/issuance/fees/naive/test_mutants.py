"""The comparison would notice: a naive implementation with one thing wrong in it disagrees with the engine."""

from __future__ import annotations

import contextlib
from collections import Counter
from datetime import date, timedelta

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

from tests.issuance.fees.naive.cases import cases
from tests.issuance.fees.naive.naive import Naive
from tests.issuance.fees.naive.test_against_naive import REQUESTS_PER_BOOK, compare
from tests.issuance.fees.naive.truth import NO, Json


class RoundsTheOtherWay(Naive):
    def percentage(self, percent: int, amount: int) -> int:
        whole, rest = divmod(amount * percent, 100)
        return whole + 1 if rest and self.policy["rounding"] == "in_favour_of_budget" else whole


class SharesNoQuota(Naive):
    def quota_name(self, rule: Json) -> str:
        name: str = rule["id"]
        return name

    def left_of(self, rule: Json) -> int | None:
        """What is left is looked up by the right name, what was drawn by the wrong one."""
        if not self.quota_is_wide(rule):
            return super().left_of(rule)
        quota = rule["quota"]
        start = self.quotas["left"].get(super().quota_name(rule), quota["max"] if self.quotas["untouched"] else None)
        return None if start is None else max(0, start - self.drawn.get(rule["id"], 0))

    def note_use(self, rule: Json, found: int | None, taken: int) -> None:
        if self.quota_is_wide(rule):
            self.uses.append({"rule": rule["id"], "name": super().quota_name(rule), "left": found, "taken": taken})


class WorksTheLastStageFirst(Naive):
    def stages(self) -> list[Json]:
        return super().stages()[::-1]


class TakesTheLastOfEquals(Naive):
    def among_equals(self, rules: list[Json]) -> Json:
        return rules[-1]


class TakesTheUnknownForFalse(Naive):
    def truth_of_the_unknown(self) -> str:
        return NO


class EndsADayEarly(Naive):
    def covers(self, days: Json, day: str) -> bool:
        return super().covers(days, day) and (day != days["last_day"] or day == days["first_day"])


class CountsOnlyChargedCopies(Naive):
    """A quota in copies that leaves out those that are free anyway."""

    def worth_of_copies(self, found: int, charge_id: str) -> int:
        charge = self.charges[charge_id]
        if charge["kind"] != "per_copy_above":
            return super().worth_of_copies(found, charge_id)
        return min(found, self.quantity(charge)) * int(charge["amount_vnd"])


class CountsTheRequestForEachRule(Naive):
    """A request, and a copy, used once more by every rule of one quota."""

    def draw_on_quota(self, rule: Json, found: int | None, taken_off: list[tuple[str, int]]) -> int:
        self.counted = {}
        return super().draw_on_quota(rule, found, taken_off)


class HasBirthdaysOfLeapDaysOnTheEve(Naive):
    def birthday(self, born: date, number: int) -> date:
        found = super().birthday(born, number)
        return found if (found.month, found.day) == (born.month, born.day) else found - timedelta(days=1)


class CountsAgesOnSubmission(Naive):
    """Also where the day of receipt decides."""

    def age_in_years(self) -> int | None:
        day, self.day = self.day, self.facts["submitted_on"]
        age = super().age_in_years()
        self.day = day
        return age


MUTANTS = [
    RoundsTheOtherWay,
    SharesNoQuota,
    WorksTheLastStageFirst,
    TakesTheLastOfEquals,
    TakesTheUnknownForFalse,
    EndsADayEarly,
    CountsOnlyChargedCopies,
    CountsTheRequestForEachRule,
    HasBirthdaysOfLeapDaysOnTheEve,
    CountsAgesOnSubmission,
]


MOST_BOOKS = 3_000
"""Where the search for differences ends; all are found within some hundred."""


class AllNoticed(Exception):
    """The engine differs from each of them."""


def test_each_mistake_is_noticed() -> None:
    # Inventing a policy costs more than deciding by it: all mistakes are looked for in the same ones.
    unnoticed = list(MUTANTS)
    pairs: Counter[str] = Counter()

    @seed(20240601)
    @settings(
        max_examples=MOST_BOOKS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(cases(REQUESTS_PER_BOOK))
    def agree(case: tuple[list[Json], list[tuple[Json, Json]]]) -> None:
        for mutant in list(unnoticed):
            if compare(*case, mutant, pairs):
                unnoticed.remove(mutant)
                print(f"{mutant.__name__}: noticed")
        if not unnoticed:
            raise AllNoticed

    with contextlib.suppress(AllNoticed):
        agree()
    assert not unnoticed
