"""The cases that the conditions of some rules can tell apart, one of each; and requests made from them.

Facts fall into classes: a number between two bounds, a place that no condition names, categories that always stand
together. Conditions can't distinguish members of a class, so one case of each combination stands for all requests.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from issuance.fees.analysis.days import DayPoint
from issuance.fees.analysis.subject import Ruled
from issuance.fees.conditions import Compare, evaluate
from issuance.fees.document import Charge, FeePolicy
from issuance.fees.errors import FactsRefused
from issuance.fees.facts import FACTS, MAX_AGE_YEARS, Fact, FactKind, FactValue, FeeFacts

_ADULT_YEARS = 35
_MAX_SIGNATURES = 100_000
_OTHER_TEXTS = ("99", "another_one")
_FIRST = {"level": 2, "channel": "desk", "delivery": "download"}
"""What a witness shows where it may choose."""


@dataclass(frozen=True, slots=True)
class Situation:
    """One case as conditions see it: the values of the facts that somebody mentions, on a deciding day."""

    day: DayPoint
    values: Mapping[str, FactValue]


@dataclass(frozen=True, slots=True)
class Cases:
    """Cases of a day, one after the other: the product of each fact's classes. `count` is known without making any."""

    day: DayPoint
    axes: tuple[tuple[str, tuple[FactValue, ...]], ...]
    defaults: Mapping[str, FactValue]

    @property
    def count(self) -> int:
        return math.prod(len(points) for _, points in self.axes)

    def __iter__(self) -> Iterator[Situation]:
        names = [name for name, _ in self.axes]
        # The last axis of a product turns fastest: what stands first in each axis is seen first in all.
        for chosen in itertools.product(*(points for _, points in self.axes)):
            yield Situation(self.day, {**self.defaults, **dict(zip(names, chosen, strict=True))})


def cases_of(
    policy: FeePolicy, days: Sequence[DayPoint], rules: Sequence[Ruled], charges: Sequence[Charge] = ()
) -> list[Cases]:
    """All cases that these rules can tell apart, by day. Only rules in force on a day divide that day's cases.

    charges: with them, numbers of copies and pages are also taken at and beside every number at which their amounts
    bend, and the way of delivery where postage is due.
    """
    spaces = []
    for day in days:
        in_force = [ruled for ruled in rules if ruled.in_force(day.on)]
        by_fact: dict[str, list[Compare]] = {}
        for compare in dict.fromkeys(compare for ruled in in_force for compare in ruled.comparisons):
            by_fact.setdefault(compare.fact, []).append(compare)
        axes = {}
        for name, comparisons in by_fact.items():
            if name not in ("submitted_on", "received_on"):
                axes[name] = _points(policy, FACTS[name], comparisons)
        if charges:
            axes |= _amount_axes(charges, in_force, by_fact)
        # Sets vary slowest, so that the first witness has as few categories and papers as can be.
        ordered = sorted(axes.items(), key=lambda axis: FACTS[axis[0]].kind is not FactKind.SET)
        spaces.append(Cases(day, tuple(ordered), _defaults(policy, day)))
    return spaces


def _defaults(policy: FeePolicy, day: DayPoint) -> dict[str, FactValue]:
    return {
        "document_type": policy.document.document_types[0],
        "channel": "desk",
        "copies": 1,
        "categories": frozenset(),
        "age_years": None,
        "level": 2,
        "submitted_on": day.submitted_on,
        "residence": None,
        "received_on": day.received_on,
        "pages": None,
        "delivery": "download",
        "evidence": frozenset(),
    }


def _points(policy: FeePolicy, fact: Fact, comparisons: Sequence[Compare]) -> tuple[FactValue, ...]:
    if fact.kind is FactKind.NUMBER:
        return _numbers(policy, fact, comparisons)
    if fact.kind is FactKind.SET:
        members = _one_of_each(fact.values or (), comparisons)
        return tuple(
            frozenset(chosen)
            for size in range(len(members) + 1)
            for chosen in itertools.combinations(sorted(members), size)
        )
    if fact.name == "document_type":
        return tuple(_one_of_each(policy.document.document_types, comparisons))
    if fact.kind is FactKind.CHOICE:
        found = _one_of_each(fact.values or (), comparisons)
        return tuple(sorted(found, key=lambda value: value != _FIRST.get(fact.name)))
    named = dict.fromkeys(str(operand) for compare in comparisons for operand in compare.operands)
    other = next(text for text in itertools.chain(_OTHER_TEXTS, map(str, itertools.count())) if text not in named)
    return (None, *_one_of_each([other, *named], comparisons))


def _one_of_each(values: Iterable[str], comparisons: Sequence[Compare]) -> list[str]:
    """Values that stand in the same comparisons are one class. Members of a set that stand in none are left out."""
    standing: dict[str, list[int]] = {}
    for index, compare in enumerate(comparisons):
        for operand in dict.fromkeys(compare.operands):
            standing.setdefault(str(operand), []).append(index)
    first: dict[tuple[int, ...], str] = {}
    for value in values:
        first.setdefault(tuple(standing.get(value, ())), value)
    if comparisons and FACTS[comparisons[0].fact].kind is FactKind.SET:
        first.pop((), None)
    return list(first.values())


def starts_of(comparisons: Iterable[Compare]) -> Iterator[int]:
    """Numbers at which the truth of a comparison can change: each begins a class that ends before the next."""
    for compare in comparisons:
        numbers = [operand for operand in compare.operands if isinstance(operand, int)]
        if compare.operator == "gte":
            yield numbers[0]
        elif compare.operator == "lte":
            yield numbers[0] + 1
        elif compare.operator == "between":
            yield from (numbers[0], numbers[1] + 1)
        else:
            yield from (start for number in numbers for start in (number, number + 1))


def _numbers(policy: FeePolicy, fact: Fact, comparisons: Sequence[Compare]) -> tuple[FactValue, ...]:
    # Who is born 150 years before the submission may be a year older on the day of receipt.
    older = fact.name == "age_years" and policy.document.deciding_date == "received"
    most = MAX_AGE_YEARS + 1 if older else fact.maximum
    starts = sorted({fact.minimum, *(start for start in starts_of(comparisons) if fact.minimum <= start <= most)})
    ends = [*(start - 1 for start in starts[1:]), most]
    wanted = _ADULT_YEARS if fact.name == "age_years" else _FIRST.get(fact.name, fact.minimum)
    wanted = wanted if isinstance(wanted, int) else fact.minimum
    found = [max(start, min(wanted, end)) for start, end in zip(starts, ends, strict=True)]
    found.sort(key=lambda number: abs(number - wanted))
    if len(found) * sum(len(compare.operands) for compare in comparisons) <= _MAX_SIGNATURES:
        first: dict[tuple[bool | None, ...], int] = {}
        for number in found:
            first.setdefault(tuple(evaluate(compare, {fact.name: number}) for compare in comparisons), number)
        found = list(first.values())
    return (*found, None) if fact.name in ("age_years", "pages") else tuple(found)


def _amount_axes(
    charges: Sequence[Charge], rules: Sequence[Ruled], by_fact: Mapping[str, Sequence[Compare]]
) -> dict[str, tuple[FactValue, ...]]:
    axes: dict[str, tuple[FactValue, ...]] = {}
    for name, kind in (("copies", "per_copy_above"), ("pages", "per_page")):
        counted = [charge for charge in charges if charge.kind == kind]
        if counted:
            starts = {*starts_of(by_fact.get(name, ())), *_bends(counted, rules)}
            beside = {number for start in starts for number in (start - 1, start)}
            inside = (number for number in beside if FACTS[name].minimum <= number <= FACTS[name].maximum)
            axes[name] = tuple(sorted({FACTS[name].minimum, *inside, FACTS[name].maximum}))
    if any(charge.kind == "postage" for charge in charges):
        axes["delivery"] = ("download", "post")
    return axes


def _bends(charges: Sequence[Charge], rules: Sequence[Ruled]) -> Iterator[int]:
    """Numbers of copies or pages at which an amount can begin, or stop, to grow: after those that are free, and where
    a quota or an amount off is used up."""
    for charge in charges:
        free = charge.above or 0
        yield from (free + 1, free + 2)
        for ruled in rules:
            quota = ruled.rule.quota
            if quota is not None and quota.unit == "copies":
                yield quota.max + 1
            sizes = [quota.max] if quota is not None and quota.unit == "amount" else []
            for effect in ruled.rule.effects:
                if effect.charge == charge.id:
                    sizes.extend(size for size in (effect.amount_off, effect.set_to) if size)
                    if effect.percent_off is not None and quota is not None and quota.unit == "amount":
                        sizes.append(-(-quota.max * 100 // effect.percent_off))
            if charge.amount_vnd:
                yield from (free + size // charge.amount_vnd + 1 for size in sizes)


def request_of(situation: Situation) -> FeeFacts | None:
    """A request of this class; None where no person could make it, as one born after the submission."""
    values, day = situation.values, situation.day
    age = values["age_years"]
    for born in (None,) if age is None else _birth_dates(int(str(age)), day.on):
        try:
            return FeeFacts(
                document_type=str(values["document_type"]),
                channel=str(values["channel"]),
                copies=int(str(values["copies"])),
                categories=_members(values["categories"]),
                birth_date=born,
                level=int(str(values["level"])),
                submitted_on=day.submitted_on,
                residence=None if values["residence"] is None else str(values["residence"]),
                received_on=day.received_on,
                pages=None if values["pages"] is None else int(str(values["pages"])),
                delivery=str(values["delivery"]),
                evidence=_members(values["evidence"]),
            )
        except FactsRefused:
            continue
    return None


def _members(value: FactValue) -> frozenset[str]:
    return value if isinstance(value, frozenset) else frozenset()


def _birth_dates(age: int, on: date) -> Iterator[date]:
    """The first and the last day on which one is born who has this age."""
    is_leap_day = (on.month, on.day) == (2, 29)
    if on.year - age > 1:
        year = on.year - age - 1
        yield date(year, 3, 1) if is_leap_day else on.replace(year=year) + timedelta(days=1)
    if on.year - age >= 1:
        yield date(on.year - age, 2, 28) if is_leap_day else on.replace(year=on.year - age)
